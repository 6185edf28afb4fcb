// SPDX-License-Identifier: MIT
/*
 * A program as authors write it for Windows, with all their habits. It must compile and
 * work unchanged. winsample_test.c runs it without a device, scripts/device-tests with
 * one and an installed library.
 */
#include <winsock2.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

#pragma comment(lib, "iphlpapi.lib")
#pragma comment(lib, "ws2_32.lib")

int __cdecl main(int argc, char **argv)
{
	HANDLE icmp;
	unsigned long target = INADDR_NONE;
	DWORD replies = 0;
	char Payload[32] = "Some bytes to come back";
	LPVOID Buffer = NULL;
	DWORD BufferSize = 0;

	if (argc == 2)
		target = inet_addr(argv[1]);
	if (target == INADDR_NONE) {
		printf("usage: %s ADDRESS\n", argv[0]);
		return 1;
	}

	icmp = IcmpCreateFile();
	if (icmp == INVALID_HANDLE_VALUE) {
		printf("no handle, error %ld\n", GetLastError());
		return 1;
	}

	BufferSize = sizeof(ICMP_ECHO_REPLY) + sizeof(Payload);
	Buffer = (VOID *)malloc(BufferSize);
	if (Buffer == NULL) {
		printf("no memory\n");
		return 1;
	}

	replies = IcmpSendEcho(icmp, target, Payload, sizeof(Payload), NULL, Buffer, BufferSize,
			       1000);
	if (replies != 0) {
		PICMP_ECHO_REPLY first = (PICMP_ECHO_REPLY)Buffer;
		struct in_addr who;
		who.S_un.S_addr = first->Address;
		printf("%ld replies\n", replies);
		printf("from %s\n", inet_ntoa(who));
		printf("status %ld\n", first->Status);
		printf("time %ld ms\n", first->RoundTripTime);
	} else {
		printf("no reply, error %ld\n", GetLastError());
		free(Buffer);
		IcmpCloseHandle(icmp);
		return 1;
	}
	IcmpCloseHandle(icmp);
	free(Buffer);
	return 0;
}
