// SPDX-License-Identifier: MIT
/*
 * Pings until Ctrl+C or a key, then says how many.
 *
 *	console ADDRESS
 */
#include <winsock2.h>
#include <windows.h>
#include <conio.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

static LONG stop;
static HANDLE wakeup;

static BOOL WINAPI ctrl_handler(DWORD type)
{
	if (type != CTRL_C_EVENT && type != CTRL_BREAK_EVENT)
		return FALSE;
	InterlockedExchange(&stop, 1);
	SetEvent(wakeup);
	return TRUE;
}

static BOOL stopped(void)
{
	return InterlockedCompareExchange(&stop, 0, 0) != 0;
}

static BOOL ping(HANDLE icmp, IPAddr address)
{
	char data[32] = "until a key is hit", buffer[sizeof(ICMP_ECHO_REPLY) + 32 + 8];
	PICMP_ECHO_REPLY reply = (PICMP_ECHO_REPLY)buffer;

	if (!IcmpSendEcho(icmp, address, data, sizeof(data), NULL, buffer, sizeof(buffer), 1000))
		return FALSE;
	return reply->Status == IP_SUCCESS;
}

int __cdecl main(int argc, char **argv)
{
	unsigned int sent = 0, received = 0;
	char text[64];
	HANDLE icmp;

	if (argc != 2)
		return 2;
	wakeup = CreateEvent(NULL, FALSE, FALSE, NULL);
	if (!SetConsoleCtrlHandler(ctrl_handler, TRUE))
		return 2;
	icmp = IcmpCreateFile();
	if (icmp == INVALID_HANDLE_VALUE)
		return 2;
	while (!stopped()) {
		if (_kbhit()) {
			_getch();
			break;
		}
		sent++;
		received += ping(icmp, inet_addr(argv[1]));
		WaitForSingleObject(wakeup, 50);
	}
	strcpy_s(text, sizeof(text), sent == received ? "all" : "not all");
	printf("%s answered, stopped by %s\n", sent ? text : "none",
	       stopped() ? "Ctrl+C" : "a key");
	SetConsoleCtrlHandler(ctrl_handler, FALSE);
	IcmpCloseHandle(icmp);
	CloseHandle(wakeup);
	return sent && sent == received ? 0 : 1;
}
