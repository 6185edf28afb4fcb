// SPDX-License-Identifier: MIT
/*
 * A ping in the style of a Windows program: IcmpSendEcho().
 *
 *	win32-ping ADDRESS [COUNT]
 */
#include <winsock2.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

#ifndef ICMPECHO_VERSION
#define ICMPECHO_VERSION "of unknown version"
#endif

#define TIMEOUT_MS 1000

#define USAGE "usage: win32-ping ADDRESS [COUNT]\n" \
	"       win32-ping --help | --version\n" \
	"Exit status: 0 if all were answered, 1 if not, 2 on failure.\n"

static BOOL ping(HANDLE icmp, IPAddr destination)
{
	char request[] = "abcdefghijklmnopqrstuvwabcdefghi";
	/* Room for the reply and as many bytes of data as the request has. */
	char buffer[sizeof(ICMP_ECHO_REPLY) + sizeof(request)];
	ICMP_ECHO_REPLY reply;
	struct in_addr from;

	if (!IcmpSendEcho(icmp, destination, request, sizeof(request) - 1, NULL,
			  buffer, sizeof(buffer), TIMEOUT_MS)) {
		if (GetLastError() == IP_REQ_TIMED_OUT)
			printf("Request timed out.\n");
		else
			printf("Failed with error %u.\n", GetLastError());
		return FALSE;
	}
	memcpy(&reply, buffer, sizeof(reply));
	from.S_un.S_addr = reply.Address;
	if (reply.Status != IP_SUCCESS) {
		printf("Reply from %s: status %u.\n", inet_ntoa(from), reply.Status);
		return FALSE;
	}
	printf("Reply from %s: bytes=%u time%s%ums TTL=%u\n", inet_ntoa(from), reply.DataSize,
	       reply.RoundTripTime ? "=" : "<",
	       reply.RoundTripTime ? reply.RoundTripTime : 1, reply.Options.Ttl);
	return TRUE;
}

int __cdecl main(int argc, char **argv)
{
	int count = argc == 3 ? atoi(argv[2]) : 1, answered = 0, i;
	IPAddr destination;
	HANDLE icmp;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(USAGE, stdout);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("win32-ping (icmpecho) " ICMPECHO_VERSION "\n");
		return 0;
	}
	if (argc < 2 || argc > 3 || argv[1][0] == '-') {
		fputs(USAGE, stderr);
		return 2;
	}
	destination = inet_addr(argv[1]);
	if (destination == INADDR_NONE) {
		fprintf(stderr, "win32-ping: %s is not an IPv4 address\n", argv[1]);
		return 2;
	}
	icmp = IcmpCreateFile();
	if (icmp == INVALID_HANDLE_VALUE) {
		fprintf(stderr, "win32-ping: IcmpCreateFile failed with error %u\n",
			GetLastError());
		return 2;
	}
	for (i = 0; i < count; i++)
		answered += ping(icmp, destination);
	IcmpCloseHandle(icmp);
	return answered == count ? 0 : 1;
}
