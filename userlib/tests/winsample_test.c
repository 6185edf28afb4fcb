// SPDX-License-Identifier: MIT
/*
 * A program as they are written for Windows, with all the habits that those
 * have, in the hope that it compiles and works without a change. Below it, what
 * our tests need.
 */
#include <winsock2.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

#pragma comment(lib, "iphlpapi.lib")
#pragma comment(lib, "ws2_32.lib")

static int windows_main(int argc, char **argv);

#define main windows_main

static char program_output[1024];
static size_t program_output_len;
#define printf(...) \
	(program_output_len += (size_t)snprintf(program_output + program_output_len, \
		sizeof(program_output) - program_output_len, __VA_ARGS__))

int __cdecl main(int argc, char **argv)
{
	HANDLE icmp;
	unsigned long target = INADDR_NONE;
	DWORD replies = 0;
	char Payload[32] = "Some bytes to come back";
	LPVOID Buffer = NULL;
	DWORD BufferSize = 0;

	if (argc != 2) {
		printf("usage: %s ADDRESS\n", argv[0]);
		return 1;
	}
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

#undef main
#undef printf

#include <unistd.h>

#include "tap.h"

static int run_program(const char *address)
{
	char name[] = "program", argument[32];
	char *argv[3] = { name, argument, NULL };

	snprintf(argument, sizeof(argument), "%s", address);
	program_output_len = 0;
	return windows_main(2, argv);
}

TEST(windows_program_compiles_unchanged)
{
	CHECK_EQ(run_program("not an address"), 1);
	CHECK(!strcmp(program_output, "usage: program ADDRESS\n"));
}

TEST(windows_program_says_why_there_is_no_handle)
{
	if (access("/dev/icmpecho", F_OK) == 0)
		SKIP("there is a device");
	CHECK_EQ(run_program("127.0.0.1"), 1);
	CHECK(!strcmp(program_output, "no handle, error 50\n"));
}

TEST(windows_program_pings)
{
	if (access("/dev/icmpecho", F_OK) != 0)
		SKIP("there is no device");
	CHECK_EQ(run_program("127.0.0.1"), 0);
	CHECK(strstr(program_output, "1 replies\nfrom 127.0.0.1\nstatus 0\n"));
}

/* Other ways to write an address that Windows programs have. */
TEST(address_can_be_taken_apart)
{
	IN_ADDR addr;
	u_long number = inet_addr("1.2.3.4");
	SOCKADDR_IN sockaddr;

	addr.s_addr = number;
	CHECK_EQ(addr.S_un.S_un_b.s_b1, 1);
	CHECK_EQ(addr.S_un.S_un_b.s_b4, 4);
	CHECK_EQ(addr.S_un.S_un_w.s_w1, htons(0x0102));
	CHECK_EQ(addr.S_un.S_addr, htonl(0x01020304));
	sockaddr.sin_addr = addr;
	CHECK(!strcmp(inet_ntoa(sockaddr.sin_addr), "1.2.3.4"));
	CHECK_EQ(*(u_long *)&sockaddr.sin_addr, number);
}
