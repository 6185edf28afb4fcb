// SPDX-License-Identifier: MIT
/*
 * The way to a host, of either family, with requests for all hops at once.
 *
 *	traceroute [-m HOPS] [-q QUERIES] [-w TIMEOUT_MS] HOST
 *
 * Exits with 0 if the host has answered, 1 if not, 2 if nothing could be sent.
 */
#include <errno.h>
#include <getopt.h>
#include <icmpecho.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_HOPS	64
#define MAX_QUERIES	8
#define PAYLOAD_LEN	32

static struct icmpecho_echo echoes[MAX_HOPS * MAX_QUERIES];
/* What became of each, in the same order. */
static struct icmpecho_completion outcomes[MAX_HOPS * MAX_QUERIES];
static unsigned char records[MAX_HOPS * MAX_QUERIES * ICMPECHO_RECORD_LEN(PAYLOAD_LEN)]
	__attribute__((aligned(8)));

static const char usage[] =
	"usage: traceroute [-m HOPS] [-q QUERIES] [-w TIMEOUT_MS] HOST\n"
	"       traceroute --help | --version\n"
	"Exit status: 0 if the host has answered, 1 if not, 2 on failure.\n";

static unsigned int hops = 30, queries = 3, timeout_ms = 1000;

static int failed(const char *what)
{
	fprintf(stderr, "traceroute: %s: %s\n", what, icmpecho_strerror(errno));
	return -1;
}

static int parse_number(const char *text, unsigned long min, unsigned long max,
			unsigned int *number)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	*number = (unsigned int)value;
	return *text >= '0' && *text <= '9' && !*end && !errno && value >= min &&
	       value <= max ? 0 : -1;
}

/* What became of a request that got no reply. */
static const char *outcome(const struct icmpecho_completion *c)
{
	return c->flags & ICMPECHO_LOCAL ? icmpecho_strerror(c->error) :
					   icmpecho_strstatus(c->status);
}

static int make_echoes(const char *host)
{
	static const char payload[PAYLOAD_LEN] = "traceroute";
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *info;
	unsigned int i;
	int error;

	error = getaddrinfo(host, NULL, &hints, &info);
	if (error) {
		fprintf(stderr, "traceroute: %s: %s\n", host, gai_strerror(error));
		return -1;
	}
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

static int submit(const struct icmpecho *handle, unsigned int count)
{
	unsigned int sent = 0;
	int n;

	while (sent < count) {
		n = icmpecho_submit(handle, echoes + sent, count - sent);
		if (n < 0 && errno != EINTR)
			return failed("send");
		if (n > 0)
			sent += (unsigned int)n;
	}
	return 0;
}

static int collect(const struct icmpecho *handle, unsigned int count)
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

/* Returns whether the way ends here. */
static int print_hop(const struct icmpecho_completion *c)
{
	const struct icmpecho_completion *previous = NULL;
	unsigned int i;
	int ends = 0;

	printf("%2zu", (size_t)(c - outcomes) / queries + 1);
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
	unsigned int hop;
	int ret;

	if (!handle) {
		fprintf(stderr, "traceroute: %s\n", icmpecho_strerror_open(errno));
		return 2;
	}
	ret = make_echoes(host);
	if (!ret)
		ret = submit(handle, hops * queries);
	if (!ret)
		ret = collect(handle, hops * queries);
	icmpecho_close(handle);
	if (ret)
		return 2;
	if (outcomes[0].flags & ICMPECHO_LOCAL) {
		fprintf(stderr, "traceroute: not sent: %s\n", outcome(&outcomes[0]));
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
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option, bad = 0;

	while ((option = getopt_long(argc, argv, "m:q:w:", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("traceroute (icmpecho) %s\n", icmpecho_version());
			return 0;
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
