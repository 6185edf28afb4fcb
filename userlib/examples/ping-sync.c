// SPDX-License-Identifier: MIT
/*
 * Sends one echo request to an IPv4 or IPv6 host and waits for it: the smallest use of
 * libicmpecho.
 *
 *	ping-sync [-t TTL] [-s SIZE] [-W TIMEOUT_MS] HOST
 *
 * Exits with 0 for a reply, 1 for an ICMP error or a time-out, 2 if the request
 * could not be sent.
 */
#include <icmpecho.h>
#include <inttypes.h>
#include <string.h>

#define PROGRAM "ping-sync"
#include "example.h"

#define MAX_PAYLOAD 65507

static unsigned char payload[MAX_PAYLOAD];
static unsigned char record[ICMPECHO_RECORD_LEN(MAX_PAYLOAD)] __attribute__((aligned(8)));

static const char usage[] =
	"usage: ping-sync [-t TTL] [-s SIZE] [-W TIMEOUT_MS] HOST\n"
	"       ping-sync --help | --version\n"
	"Exit status: 0 for a reply, 1 for an ICMP error or a time-out, 2 on failure.\n";

static int print_outcome(const struct icmpecho_completion *c)
{
	struct sockaddr_storage address;
	socklen_t len = icmpecho_completion_from(c, &address);
	char from[NI_MAXHOST] = "";

	getnameinfo((struct sockaddr *)&address, len, from, sizeof(from), NULL, 0, NI_NUMERICHOST);
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
	int ret = 2;

	if (!handle) {
		fprintf(stderr, PROGRAM ": %s\n", icmpecho_strerror_open(errno));
		return 2;
	}
	if (icmpecho_send(handle, echo, record, sizeof(record), NULL) < 0) {
		failed("send");
	} else {
		c = icmpecho_next_completion(record, sizeof(record), NULL);
		if (c)
			ret = print_outcome(c);
		else
			failed("record");
	}
	icmpecho_close(handle);
	return ret;
}

static int make_echo(struct icmpecho_echo *echo, const char *host, uint32_t size,
		     uint64_t timeout_ns)
{
	struct addrinfo *info = look_up(host);
	int error;

	if (!info)
		return -1;
	error = icmpecho_echo_sockaddr(echo, info->ai_addr, info->ai_addrlen, payload, size,
				       timeout_ns);
	freeaddrinfo(info);
	return error ? failed(host) : 0;
}

int main(int argc, char **argv)
{
	unsigned long ttl = 0, size = 56, timeout_ms = 1000;
	struct icmpecho_echo echo;
	int option, bad = 0;

	while ((option = next_option(argc, argv, "t:s:W:", usage)) != -1) {
		switch (option) {
		case 't':
			bad |= parse_number(optarg, 0, 255, &ttl);
			break;
		case 's':
			bad |= parse_number(optarg, 0, MAX_PAYLOAD, &size);
			break;
		case 'W':
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

	memset(payload, 'x', size);
	if (make_echo(&echo, argv[optind], (uint32_t)size, (uint64_t)timeout_ms * 1000000) < 0)
		return 2;
	echo.ttl = (uint8_t)ttl;
	echo.flags = ICMPECHO_NEED_ROUTE;
	return ping(&echo);
}
