// SPDX-License-Identifier: MIT
/*
 * One echo request, waited for: the smallest use of libicmpecho.
 *
 *	ping-sync [-t TTL] [-s SIZE] [-W TIMEOUT_MS] ADDRESS
 *
 * Exits with 0 for a reply, 1 for an ICMP error or a time-out, 2 if the request
 * could not be sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <icmpecho.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PAYLOAD 65507

static unsigned char payload[MAX_PAYLOAD];
static unsigned char record[ICMPECHO_RECORD_LEN(MAX_PAYLOAD)] __attribute__((aligned(8)));

static int usage(void)
{
	fputs("usage: ping-sync [-t TTL] [-s SIZE] [-W TIMEOUT_MS] ADDRESS\n", stderr);
	return 2;
}

/* errno at the time of the call says why. */
static int failed(const char *what)
{
	fprintf(stderr, "ping-sync: %s: %s\n", what, icmpecho_strerror(errno));
	return 2;
}

static int parse_number(const char *text, unsigned long max, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number <= max ? 0 : -1;
}

static int print_outcome(const struct icmpecho_completion *c)
{
	char from[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, c->from, from, sizeof(from));
	if (c->status == ICMPECHO_STATUS_SUCCESS) {
		printf("reply from %s: %" PRIu32 " bytes, ttl %u, %.3f ms\n", from, c->wire_len,
		       c->ttl, (double)c->rtt_ns / 1e6);
		return 0;
	}
	if (c->flags & ICMPECHO_LOCAL)
		printf("not sent: %s\n", icmpecho_strerror(c->error));
	else if (c->type)
		printf("%s: from %s, %.3f ms\n", icmpecho_strstatus(c->status), from,
		       (double)c->rtt_ns / 1e6);
	else
		printf("%s\n", icmpecho_strstatus(c->status));
	return 1;
}

static int ping(const struct icmpecho_echo *echo)
{
	struct icmpecho *handle = icmpecho_open();
	const struct icmpecho_completion *c;
	int ret;

	if (!handle)
		return failed("open");
	if (icmpecho_send(handle, echo, record, sizeof(record), NULL) < 0) {
		ret = failed("send");
	} else {
		c = icmpecho_next_completion(record, sizeof(record), NULL);
		ret = c ? print_outcome(c) : failed("record");
	}
	icmpecho_close(handle);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned long ttl = 0, size = 56, timeout_ms = 1000;
	struct icmpecho_echo echo;
	struct in_addr dst;
	int option, bad = 0;

	while ((option = getopt(argc, argv, "t:s:W:")) != -1) {
		switch (option) {
		case 't':
			bad |= parse_number(optarg, 255, &ttl);
			break;
		case 's':
			bad |= parse_number(optarg, MAX_PAYLOAD, &size);
			break;
		case 'W':
			bad |= parse_number(optarg, UINT32_MAX, &timeout_ms);
			break;
		default:
			return usage();
		}
	}
	if (bad || optind != argc - 1 || inet_pton(AF_INET, argv[optind], &dst) != 1)
		return usage();

	memset(payload, 'x', size);
	icmpecho_echo_ipv4(&echo, dst, payload, (uint32_t)size, (uint64_t)timeout_ms * 1000000);
	echo.ttl = (uint8_t)ttl;
	echo.flags = ICMPECHO_NEED_ROUTE;
	return ping(&echo);
}
