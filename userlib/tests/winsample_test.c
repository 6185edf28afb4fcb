// SPDX-License-Identifier: MIT
/* What winsample.c does without a device, and addresses as it writes them. */
#include <winsock2.h>
#include <stdio.h>

static int windows_main(int argc, char **argv);

#define main windows_main

static char program_output[1024];
static size_t program_output_len;
#define printf(...) \
	(program_output_len += (size_t)snprintf(program_output + program_output_len, \
		sizeof(program_output) - program_output_len, __VA_ARGS__))

#include "winsample.c"

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

/* Other ways in which programs for Windows take an address apart. */
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
