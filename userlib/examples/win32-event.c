// SPDX-License-Identifier: MIT
/*
 * Asynchronous echo requests in the style of a Windows program: IcmpSendEcho2() sends to
 * all addresses at once, with an event for each. The answers are printed in the order
 * of the arguments.
 *
 *	win32-event ADDRESS...
 */
#include <winsock2.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

#ifndef ICMPECHO_VERSION
#define ICMPECHO_VERSION "of unknown version"
#endif

#define TIMEOUT_MS	1000
#define REQUEST_SIZE	32
#define REPLY_SIZE	(sizeof(ICMP_ECHO_REPLY) + REQUEST_SIZE)

#define USAGE "usage: win32-event ADDRESS...\n" \
	"       win32-event --help | --version\n" \
	"Exit status: 0 if all answered, 1 if not, 2 on failure.\n"

struct probe {
	const char *target;
	HANDLE event;
	ICMP_ECHO_REPLY *replies;	/* belongs to the request until the event is set */
};

/* Returns TRUE if the request is in flight. */
static BOOL start(HANDLE icmp, struct probe *probe, const char *target)
{
	char request[REQUEST_SIZE] = "asynchronous";
	IPAddr destination = inet_addr(target);

	probe->target = target;
	probe->event = CreateEvent(NULL, FALSE, FALSE, NULL);
	probe->replies = (ICMP_ECHO_REPLY *)malloc(REPLY_SIZE);
	if (!probe->event || !probe->replies) {
		printf("%s: out of memory or handles\n", target);
		return FALSE;
	}
	IcmpSendEcho2(icmp, probe->event, NULL, NULL, destination, request, sizeof(request), NULL,
		      probe->replies, REPLY_SIZE, TIMEOUT_MS);
	if (GetLastError() != ERROR_IO_PENDING) {
		printf("%s: IcmpSendEcho2 failed with error %u\n", target, GetLastError());
		return FALSE;
	}
	printf("%s: request is on its way\n", target);
	return TRUE;
}

static BOOL finish(struct probe *probe)
{
	struct in_addr from;

	if (WaitForSingleObject(probe->event, INFINITE) != WAIT_OBJECT_0) {
		printf("%s: wait failed with error %u\n", probe->target, GetLastError());
		return FALSE;
	}
	if (!IcmpParseReplies(probe->replies, REPLY_SIZE)) {
		printf("%s: event set, %s (%u)\n", probe->target,
		       GetLastError() == IP_REQ_TIMED_OUT ? "request timed out" : "no reply",
		       GetLastError());
		return FALSE;
	}
	from.S_un.S_addr = probe->replies->Address;
	printf("%s: event set, status %u from %s, %u bytes, %u ms\n", probe->target,
	       probe->replies->Status, inet_ntoa(from), probe->replies->DataSize,
	       probe->replies->RoundTripTime);
	return probe->replies->Status == IP_SUCCESS;
}

int main(int argc, char **argv)
{
	int count = argc - 1, started, answered = 0, i;
	struct probe *probes;
	HANDLE icmp;

	if (count == 1 && !strcmp(argv[1], "--help")) {
		fputs(USAGE, stdout);
		return 0;
	}
	if (count == 1 && !strcmp(argv[1], "--version")) {
		printf("win32-event (icmpecho) " ICMPECHO_VERSION "\n");
		return 0;
	}
	if (count < 1 || argv[1][0] == '-') {
		fputs(USAGE, stderr);
		return 2;
	}
	icmp = IcmpCreateFile();
	if (icmp == INVALID_HANDLE_VALUE) {
		fprintf(stderr, "win32-event: IcmpCreateFile failed with error %u\n",
			GetLastError());
		return 2;
	}
	probes = (struct probe *)calloc((size_t)count, sizeof(*probes));
	if (!probes)
		return 2;
	for (started = 0; started < count; started++) {
		if (!start(icmp, &probes[started], argv[started + 1]))
			break;
	}
	/* Requests in flight still complete. */
	IcmpCloseHandle(icmp);

	for (i = 0; i < started; i++)
		answered += finish(&probes[i]);
	for (i = 0; i < count; i++) {
		if (probes[i].event)
			CloseHandle(probes[i].event);
		free(probes[i].replies);
	}
	free(probes);
	return answered == count ? 0 : 1;
}
