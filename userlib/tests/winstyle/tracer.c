// SPDX-License-Identifier: MIT
/*
 * A thread for each of 30 hops, all in IcmpSendEcho2() on one handle.
 *
 *	tracer HOST
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <process.h>
#include <stdio.h>

#define MAX_HOPS 30
#define ROUNDS 2

struct hop {
	int ttl;
	HANDLE icmp;
	IPAddr target;
};

static struct {
	IPAddr address;
	DWORD status;
	int answers;
} hops[MAX_HOPS];

static CRITICAL_SECTION lock;

static unsigned WINAPI trace_thread(void *param)
{
	struct hop *hop = (struct hop *)param;
	IP_OPTION_INFORMATION options;
	char data[64], reply_buffer[8192];
	ICMP_ECHO_REPLY *reply = (ICMP_ECHO_REPLY *)reply_buffer;
	DWORD replies;
	int i;

	memset(data, 32, sizeof(data));
	options.Ttl = (UCHAR)hop->ttl;
	options.Tos = 0;
	options.Flags = IP_FLAG_DF;
	options.OptionsSize = 0;
	options.OptionsData = NULL;
	for (i = 0; i < ROUNDS; i++) {
		replies = IcmpSendEcho2(hop->icmp, NULL, NULL, NULL, hop->target, data,
					sizeof(data), &options, reply_buffer, sizeof(reply_buffer),
					1000);
		EnterCriticalSection(&lock);
		if (replies) {
			hops[hop->ttl - 1].address = reply->Address;
			hops[hop->ttl - 1].status = reply->Status;
			hops[hop->ttl - 1].answers++;
		} else {
			hops[hop->ttl - 1].status = GetLastError();
		}
		LeaveCriticalSection(&lock);
	}
	_endthreadex(0);
	return 0;
}

static BOOL resolve(const char *name, IPAddr *address)
{
	struct addrinfo hints, *result;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_INET;
	if (getaddrinfo(name, NULL, &hints, &result) != 0)
		return FALSE;
	*address = ((struct sockaddr_in *)result->ai_addr)->sin_addr.s_addr;
	freeaddrinfo(result);
	return TRUE;
}

static void print_hops(void)
{
	struct in_addr addr;
	int i;

	for (i = 0; i < MAX_HOPS; i++) {
		addr.s_addr = hops[i].address;
		printf("%d %s status %lu, %d answers\n", i + 1, inet_ntoa(addr),
		       (unsigned long)hops[i].status, hops[i].answers);
		if (hops[i].status == IP_SUCCESS)
			break;
	}
}

int main(int argc, char **argv)
{
	struct hop params[MAX_HOPS];
	HANDLE threads[MAX_HOPS], icmp;
	IPAddr target;
	WSADATA data;
	int i;

	if (argc != 2 || WSAStartup(MAKEWORD(2, 2), &data) || !resolve(argv[1], &target))
		return 2;
	icmp = IcmpCreateFile();
	if (icmp == INVALID_HANDLE_VALUE)
		return 2;
	InitializeCriticalSection(&lock);
	for (i = 0; i < MAX_HOPS; i++) {
		params[i].ttl = i + 1;
		params[i].icmp = icmp;
		params[i].target = target;
		threads[i] = (HANDLE)_beginthreadex(NULL, 0, trace_thread, &params[i], 0, NULL);
	}
	WaitForMultipleObjects(MAX_HOPS, threads, TRUE, INFINITE);
	for (i = 0; i < MAX_HOPS; i++)
		CloseHandle(threads[i]);
	print_hops();
	DeleteCriticalSection(&lock);
	IcmpCloseHandle(icmp);
	WSACleanup();
	return 0;
}
