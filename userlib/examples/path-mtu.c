// SPDX-License-Identifier: MIT
/*
 * Prints the path MTU: the length of the longest packet that reaches a host of either
 * family in one piece.
 *
 *	path-mtu [-w TIMEOUT_MS] HOST
 *
 * A router that cannot forward a packet reports how long it may be, which makes the
 * search short. Where no such report arrives, it is a binary search.
 * Exits with 0 if the path MTU was found, 1 if not, 2 if no session could be opened.
 */
#include <icmpecho.h>

#define PROGRAM "path-mtu"
#include "example.h"

/* That of an IPv6 packet, whose length field does not count the IP header. */
#define MAX_PAYLOAD	65527
#define TRIES		3

static unsigned char payload[MAX_PAYLOAD];
static unsigned char record[ICMPECHO_RECORD_LEN(0)] __attribute__((aligned(8)));

static const char usage[] =
	"usage: path-mtu [-w TIMEOUT_MS] HOST\n"
	"       path-mtu --help | --version\n"
	"Exit status: 0 if it is known, 1 if not, 2 if no session could be opened.\n";

static int make_echo(struct icmpecho_echo *echo, const char *host, unsigned long timeout_ms)
{
	struct addrinfo *info = look_up(host);
	int error;

	if (!info)
		return -1;
	error = icmpecho_echo_sockaddr(echo, info->ai_addr, info->ai_addrlen, payload, 0,
				       (uint64_t)timeout_ms * 1000000);
	freeaddrinfo(info);
	if (error)
		return failed(host);
	echo->flags = ICMPECHO_DONT_FRAGMENT | ICMPECHO_NEED_ROUTE;
	/* No bytes of the answer are needed. */
	echo->reply_capacity = 0;
	return 0;
}

/*
 * Sends @len bytes of payload and returns the completion, or NULL. A packet that was lost
 * looks like one that is too big, so only TRIES timeouts in a row count.
 */
static const struct icmpecho_completion *
try(const struct icmpecho *handle, struct icmpecho_echo *echo, uint32_t len)
{
	const struct icmpecho_completion *c = NULL;
	int i;

	echo->payload_len = len;
	for (i = 0; i < TRIES; i++) {
		if (icmpecho_send(handle, echo, record, sizeof(record), NULL) < 0)
			return NULL;
		c = icmpecho_next_completion(record, sizeof(record), NULL);
		if (!c || c->status != ICMPECHO_STATUS_TIMED_OUT)
			break;
	}
	return c;
}

/* Length of the headers: the packet is this much longer than its payload. */
static uint32_t header_len(const struct icmpecho_echo *echo)
{
	return (echo->family == AF_INET6 ? 40 : 20) + 8;
}

/* The limit of the IP header's length field, whatever the interface's MTU. */
static int64_t longest_payload(const struct icmpecho *handle, const struct icmpecho_echo *echo)
{
	struct icmpecho_info info;

	if (icmpecho_get_info(handle, &info))
		return failed("info");
	return echo->family == AF_INET6 ? info.max_payload6 : info.max_payload;
}

/*
 * Returns the longest payload that passes, or -1. At each step @low is known to pass, and
 * nothing above @high does.
 */
static int64_t search(const struct icmpecho *handle, struct icmpecho_echo *echo)
{
	int64_t longest = longest_payload(handle, echo);
	uint32_t low = 0, high = (uint32_t)longest, len, mtu;
	const struct icmpecho_completion *c;

	if (longest < 0 || longest > MAX_PAYLOAD)
		return -1;

	c = try(handle, echo, 0);
	if (!c || c->status != ICMPECHO_STATUS_SUCCESS) {
		if (!c)
			return failed("send");
		fprintf(stderr, PROGRAM ": %s%s\n", c->flags & ICMPECHO_LOCAL ? "not sent: " : "",
			outcome(c));
		return -1;
	}
	for (len = 1500 - header_len(echo); low < high; len = (low + high + 1) / 2) {
		c = try(handle, echo, len);
		if (!c)
			return failed("send");
		if (c->status == ICMPECHO_STATUS_SUCCESS) {
			low = len;
			continue;
		}
		high = len - 1;
		mtu = c->status == ICMPECHO_STATUS_PACKET_TOO_BIG ? c->info : 0;
		if (mtu >= low + header_len(echo) && mtu <= high + header_len(echo)) {
			/* The reported MTU counts if a packet of this length passes. */
			high = mtu - header_len(echo);
			c = try(handle, echo, high);
			if (c && c->status == ICMPECHO_STATUS_SUCCESS)
				low = high;
		}
	}
	return low;
}

int main(int argc, char **argv)
{
	unsigned long timeout_ms = 1000;
	struct icmpecho_echo echo;
	struct icmpecho *handle;
	int64_t len = -1;
	int option, bad = 0;

	while ((option = next_option(argc, argv, "w:", usage)) != -1) {
		switch (option) {
		case 'w':
			bad |= parse_number(optarg, 1, UINT32_MAX, &timeout_ms);
			break;
		default:
			bad = 1;
		}
	}
	if (bad || optind != argc - 1) {
		fputs(usage, stderr);
		return 2;
	}
	handle = icmpecho_open();
	if (!handle) {
		fprintf(stderr, PROGRAM ": %s\n", icmpecho_strerror_open(errno));
		return 2;
	}
	if (!make_echo(&echo, argv[optind], timeout_ms))
		len = search(handle, &echo);
	icmpecho_close(handle);
	if (len < 0)
		return 1;
	printf("%lld\n", (long long)len + header_len(&echo));
	return 0;
}
