// SPDX-License-Identifier: MIT
/*
 * Prints the routers on the path to a host of either family. The requests to all hops
 * are in flight at once.
 *
 *	traceroute [-m HOPS] [-q QUERIES] [-w TIMEOUT_MS] HOST
 *
 * Exits with 0 if the host has answered, 1 if not, 2 if nothing could be sent.
 */
#include <icmpecho.h>
#include <string.h>

#define PROGRAM "traceroute"
#include "example.h"

#define MAX_HOPS	64
#define MAX_QUERIES	8
#define PAYLOAD_LEN	32

static struct icmpecho_echo echoes[MAX_HOPS * MAX_QUERIES];
/* The completion of each, in the same order. */
static struct icmpecho_completion outcomes[MAX_HOPS * MAX_QUERIES];
static unsigned char records[MAX_HOPS * MAX_QUERIES * ICMPECHO_RECORD_LEN(PAYLOAD_LEN)]
	__attribute__((aligned(8)));

static const char usage[] =
	"usage: traceroute [-m HOPS] [-q QUERIES] [-w TIMEOUT_MS] HOST\n"
	"       traceroute --help | --version\n"
	"Exit status: 0 if the host has answered, 1 if not, 2 on failure.\n";

static unsigned long hops = 30, queries = 3, timeout_ms = 1000;

static int make_echoes(const char *host)
{
	static const char payload[PAYLOAD_LEN] = "traceroute";
	struct addrinfo *info = look_up(host);
	unsigned long i;
	int error = 0;

	if (!info)
		return -1;
	for (i = 0; i < hops * queries; i++) {
		error = icmpecho_echo_sockaddr(&echoes[i], info->ai_addr, info->ai_addrlen,
					       payload, sizeof(payload),
					       (uint64_t)timeout_ms * 1000000);
		echoes[i].ttl = (uint8_t)(1 + i / queries);
		echoes[i].user_data = i;
		echoes[i].flags = ICMPECHO_NEED_ROUTE;
	}
	freeaddrinfo(info);
	return error ? failed(host) : 0;
}

static int submit(const struct icmpecho *handle, unsigned long count)
{
	unsigned long sent = 0;
	int n;

	while (sent < count) {
		n = icmpecho_submit(handle, echoes + sent, (uint32_t)(count - sent));
		if (n < 0 && errno != EINTR)
			return failed("send");
		if (n > 0)
			sent += (unsigned long)n;
	}
	return 0;
}

static int collect(const struct icmpecho *handle, uint32_t count)
{
	const struct icmpecho_completion *c;
	int n, i;

	while (count) {
		n = icmpecho_reap(handle, records, sizeof(records), count, count,
				  ICMPECHO_FOREVER);
		if (n < 0 && errno != EINTR)
			return failed("collect");
		for (i = 0, c = NULL; i < n; i++) {
			c = icmpecho_next_completion(records, sizeof(records), c);
			if (!c)
				return failed("record");
			outcomes[c->user_data] = *c;
			count--;
		}
	}
	return 0;
}

static void print_from(const struct icmpecho_completion *c)
{
	struct sockaddr_storage from;
	socklen_t len = icmpecho_completion_from(c, &from);
	char text[NI_MAXHOST];

	if (!getnameinfo((struct sockaddr *)&from, len, text, sizeof(text), NULL, 0,
			 NI_NUMERICHOST))
		printf("  %s", text);
}

/* Returns whether the path ends here. */
static int print_hop(const struct icmpecho_completion *c)
{
	const struct icmpecho_completion *previous = NULL;
	unsigned long i;
	int ends = 0;

	printf("%2lu", (unsigned long)(c - outcomes) / queries + 1);
	for (i = 0; i < queries; i++, c++) {
		if (!c->type && c->status != ICMPECHO_STATUS_SUCCESS) {
			printf(c->status == ICMPECHO_STATUS_TIMED_OUT ? "  *" : "  %s",
			       outcome(c));
			continue;
		}
		if (!previous || memcmp(previous->from, c->from, sizeof(c->from)))
			print_from(c);
		printf("  %.3f ms", (double)c->rtt_ns / 1e6);
		if (c->status != ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT)
			ends = 1;
		if (c->status != ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT &&
		    c->status != ICMPECHO_STATUS_SUCCESS)
			printf(" (%s)", icmpecho_strstatus(c->status));
		previous = c;
	}
	printf("\n");
	return ends;
}

static int trace(const char *host)
{
	struct icmpecho *handle = icmpecho_open();
	unsigned long hop;
	int ret;

	if (!handle) {
		fprintf(stderr, PROGRAM ": %s\n", icmpecho_strerror_open(errno));
		return 2;
	}
	ret = make_echoes(host);
	if (!ret)
		ret = submit(handle, hops * queries);
	if (!ret)
		ret = collect(handle, (uint32_t)(hops * queries));
	icmpecho_close(handle);
	if (ret)
		return 2;
	if (outcomes[0].flags & ICMPECHO_LOCAL) {
		fprintf(stderr, PROGRAM ": not sent: %s\n", outcome(&outcomes[0]));
		return 2;
	}
	for (hop = 0; hop < hops; hop++) {
		if (print_hop(&outcomes[hop * queries]))
			return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	int option, bad = 0;

	while ((option = next_option(argc, argv, "m:q:w:", usage)) != -1) {
		switch (option) {
		case 'm':
			bad |= parse_number(optarg, 1, MAX_HOPS, &hops);
			break;
		case 'q':
			bad |= parse_number(optarg, 1, MAX_QUERIES, &queries);
			break;
		case 'w':
			bad |= parse_number(optarg, 0, UINT32_MAX, &timeout_ms);
			break;
		default:
			bad = 1;
		}
	}
	if (bad || optind != argc - 1) {
		fputs(usage, stderr);
		return 2;
	}
	return trace(argv[optind]);
}
