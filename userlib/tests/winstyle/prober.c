// SPDX-License-Identifier: MIT
/*
 * Driven by APCs: one handle for each family, a request for each address and
 * TTL in flight at once, no thread and no event.
 *
 *	prober MAX_TTL ADDRESS...
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <winternl.h>
#define PIO_APC_ROUTINE_DEFINED
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>
#include <stdlib.h>

#include "mingw.h"

#define MAX_PROBES 64
#define PAYLOAD 48

typedef struct {
	const char *target;
	int ttl;
	BOOL v6;
	BOOL done;
	DWORD count;
	DWORD status;
	char from[64];
	ICMP_ECHO_REPLY *reply;
	ICMPV6_ECHO_REPLY *reply6;
	DWORD reply_size;
} probe_t;

static probe_t probes[MAX_PROBES];
static LONG in_flight;

static void take_reply(probe_t *probe)
{
	probe->count = IcmpParseReplies(probe->reply, sizeof(ICMP_ECHO_REPLY));
	probe->status = probe->count ? probe->reply->Status : GetLastError();
	if (probe->count)
		inet_ntop(AF_INET, &probe->reply->Address, probe->from, sizeof(probe->from));
}

static void take_reply6(probe_t *probe)
{
	probe->count = Icmp6ParseReplies(probe->reply6, sizeof(ICMPV6_ECHO_REPLY));
	probe->status = probe->count ? probe->reply6->Status : GetLastError();
	if (probe->count)
		inet_ntop(AF_INET6, probe->reply6->Address.sin6_addr, probe->from,
			  sizeof(probe->from));
}

static VOID NTAPI on_reply(PVOID context, PIO_STATUS_BLOCK status, ULONG reserved)
{
	probe_t *probe = (probe_t *)context;

	(void)status;
	(void)reserved;
	if (probe->v6)
		take_reply6(probe);
	else
		take_reply(probe);
	probe->done = TRUE;
	InterlockedDecrement(&in_flight);
}

static DWORD send_probe(HANDLE icmp, HANDLE icmp6, probe_t *probe)
{
	IP_OPTION_INFORMATION options;
	struct sockaddr_in6 source, target;
	char payload[PAYLOAD];
	IPAddr address;

	/* On the stack: the library must copy it before it returns. */
	memset(payload, probe->ttl, sizeof(payload));
	memset(&options, 0, sizeof(options));
	options.Ttl = (UCHAR)probe->ttl;
	memset(&source, 0, sizeof(source));
	memset(&target, 0, sizeof(target));
	source.sin6_family = AF_INET6;
	target.sin6_family = AF_INET6;
	if (probe->v6) {
		inet_pton(AF_INET6, probe->target, &target.sin6_addr);
		probe->reply_size = sizeof(ICMPV6_ECHO_REPLY) + PAYLOAD;
		probe->reply6 = (ICMPV6_ECHO_REPLY *)calloc(1, probe->reply_size);
		return Icmp6SendEcho2(icmp6, NULL, on_reply, probe, &source, &target, payload,
				      PAYLOAD, &options, probe->reply6, probe->reply_size, 2000);
	}
	inet_pton(AF_INET, probe->target, &address);
	probe->reply_size = sizeof(ICMP_ECHO_REPLY) + PAYLOAD;
	probe->reply = (ICMP_ECHO_REPLY *)calloc(1, probe->reply_size);
	return IcmpSendEcho2(icmp, NULL, on_reply, probe, address, payload, PAYLOAD, &options,
			     probe->reply, probe->reply_size, 2000);
}

int main(int argc, char **argv)
{
	HANDLE icmp = IcmpCreateFile(), icmp6 = Icmp6CreateFile();
	int max_ttl = argc > 2 ? atoi(argv[1]) : 0, n = 0, i, ttl;
	WSADATA data;

	if (icmp == INVALID_HANDLE_VALUE || icmp6 == INVALID_HANDLE_VALUE) {
		printf("no handle: %lu\n", (unsigned long)GetLastError());
		return 2;
	}
	WSAStartup(MAKEWORD(2, 2), &data);
	for (i = 2; i < argc; i++) {
		for (ttl = 1; ttl <= max_ttl && n < MAX_PROBES; ttl++, n++) {
			probes[n].target = argv[i];
			probes[n].v6 = strchr(argv[i], ':') != NULL;
			probes[n].ttl = ttl;
			if (send_probe(icmp, icmp6, &probes[n]) == 0 &&
			    GetLastError() == ERROR_IO_PENDING) {
				InterlockedIncrement(&in_flight);
			} else {
				probes[n].done = TRUE;
				probes[n].status = GetLastError();
			}
		}
	}
	while (in_flight > 0)
		SleepEx(10000, TRUE);
	for (i = 0; i < n; i++)
		printf("%s ttl %d: %lu from %s\n", probes[i].target, probes[i].ttl,
		       (unsigned long)probes[i].status,
		       probes[i].count ? probes[i].from : "nobody");
	for (i = 0; i < n; i++) {
		free(probes[i].reply);
		free(probes[i].reply6);
	}
	IcmpCloseHandle(icmp);
	IcmpCloseHandle(icmp6);
	WSACleanup();
	return 0;
}
