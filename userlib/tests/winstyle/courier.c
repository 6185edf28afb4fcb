// SPDX-License-Identifier: MIT
/*
 * One thread sends all requests and gets the answers, all by APCs: the first thread
 * passes it orders by QueueUserAPC(), and gets the answers in the same way.
 *
 *	courier ADDRESS...
 */
#include <winsock2.h>
#include <windows.h>
#include <winternl.h>
#define PIO_APC_ROUTINE_DEFINED
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct _ORDER {
	const char *address;
	DWORD status;
	char buffer[sizeof(ICMP_ECHO_REPLY) + 32 + 8];
} ORDER, *PORDER;

static HANDLE icmp, customer;
static BOOL closing;
static int answered;

static VOID CALLBACK deliver(ULONG_PTR parameter)
{
	PORDER order = (PORDER)parameter;

	printf("%s: %lu\n", order->address, (unsigned long)order->status);
	answered++;
}

static VOID NTAPI on_reply(PVOID context, PIO_STATUS_BLOCK block, ULONG reserved)
{
	PORDER order = (PORDER)context;

	(void)block;
	(void)reserved;
	if (IcmpParseReplies(order->buffer, sizeof(order->buffer)))
		order->status = ((PICMP_ECHO_REPLY)order->buffer)->Status;
	else
		order->status = GetLastError();
	QueueUserAPC(deliver, customer, (ULONG_PTR)order);
}

static VOID CALLBACK take_order(ULONG_PTR parameter)
{
	PORDER order = (PORDER)parameter;
	char data[32] = "by courier";

	IcmpSendEcho2(icmp, NULL, on_reply, order, inet_addr(order->address), data, sizeof(data),
		      NULL, order->buffer, sizeof(order->buffer), 300);
	if (GetLastError() == ERROR_IO_PENDING)
		return;
	order->status = GetLastError();
	QueueUserAPC(deliver, customer, parameter);
}

static VOID CALLBACK close_shop(ULONG_PTR unused)
{
	(void)unused;
	closing = TRUE;
}

static DWORD WINAPI courier(LPVOID unused)
{
	(void)unused;
	while (!closing)
		SleepEx(INFINITE, TRUE);
	return 0;
}

int main(int argc, char **argv)
{
	HANDLE thread;
	PORDER orders;
	int i;

	if (argc < 2)
		return 2;
	icmp = IcmpCreateFile();
	orders = (PORDER)calloc(argc, sizeof(*orders));
	if (icmp == INVALID_HANDLE_VALUE || !orders)
		return 2;
	DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &customer,
			0, FALSE, DUPLICATE_SAME_ACCESS);
	thread = CreateThread(NULL, 0, courier, NULL, 0, NULL);
	/* One order at a time, so that the answers come in this order. */
	for (i = 1; i < argc; i++) {
		orders[i].address = argv[i];
		QueueUserAPC(take_order, thread, (ULONG_PTR)&orders[i]);
		while (answered < i)
			SleepEx(INFINITE, TRUE);
	}
	QueueUserAPC(close_shop, thread, 0);
	WaitForSingleObject(thread, INFINITE);
	printf("%d answered\n", answered);
	CloseHandle(thread);
	CloseHandle(customer);
	IcmpCloseHandle(icmp);
	free(orders);
	return 0;
}
