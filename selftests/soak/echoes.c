// SPDX-License-Identifier: GPL-2.0
/*
 * Random requests. Most are as a program would make them. The others have each member of
 * struct icmpecho_echo set, so that they go by the socket, in fragments, with options, to
 * groups, or are refused.
 */
#include <net/if.h>

#include "soak.h"
#include "inject.h"
#include "netns6.h"
#include "random.h"

#define LONGEST	9000

/* Behind the world are networks that world.c makes answer in these ways. */
static const char *const hosts[] = {
	WORLD, WORLD, WORLD, WORLD6, WORLD6, WORLD6,
	NEAR, NEAR6, "127.0.0.1", "::1",
	"10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1", "10.5.0.1",
	"2001:db8:a1::1", "2001:db8:a2::1", "2001:db8:a3::1", "2001:db8:a4::1",
	"192.0.2.77", "2001:db8:1::77", "192.0.2.255", "255.255.255.255", "224.0.0.1",
	WORLD_LL, "ff02::1", "2001:db8:1::", "0.0.0.0", "::", "::ffff:192.0.2.2",
};

static const unsigned char record_route[40] = { 7, 39, 4 };
static const unsigned char time_stamps[40] = { 68, 40, 5 };
static const unsigned char loose_route[8] = { 1, 131, 7, 4, 192, 0, 2, 2 };
static const unsigned char malformed[4] = { 7, 200, 4 };

static const struct {
	const unsigned char *bytes;
	unsigned int len;
} options[] = {
	{ record_route, sizeof(record_route) },
	{ time_stamps, sizeof(time_stamps) },
	{ loose_route, sizeof(loose_route) },
	{ malformed, sizeof(malformed) },
};

static unsigned char payload[65536];

static bool one_in(__u32 n)
{
	return !random_below(n);
}

static void make_payload(struct icmpecho_echo *echo)
{
	__u32 len = random_below(one_in(4) ? 1500 : 57);

	if (one_in(50))
		len = random_below(one_in(10) ? sizeof(payload) : LONGEST);
	echo->payload = u64_ptr(payload);
	echo->payload_len = len;
	echo->reply_capacity = one_in(4) ? random_below(4000) : 56;
}

static void make_timeout(struct icmpecho_echo *echo)
{
	switch (random_below(8)) {
	case 0:
		echo->timeout_ns = random_below(2) * NS_PER_MS;
		break;
	case 1:
		echo->timeout_ns = NEVER_NS;
		break;
	case 2:
		echo->timeout_ns = random_below(5000) * NS_PER_MS;
		break;
	default:
		echo->timeout_ns = random_below(200) * NS_PER_MS;
	}
}

static void make_flags(struct icmpecho_echo *echo, int event)
{
	if (one_in(8))
		echo->flags |= ICMPECHO_DONT_FRAGMENT;
	if (one_in(8))
		echo->flags |= ICMPECHO_NEED_ROUTE;
	if (one_in(4))
		echo->flags |= ICMPECHO_QUOTE;
	if (event >= 0 && one_in(4)) {
		echo->flags |= ICMPECHO_EVENTFD;
		echo->eventfd = event;
	}
}

/* What makes it extraordinary */
static void make_odd(struct icmpecho_echo *echo)
{
	unsigned int i;

	if (one_in(4))
		set_address(echo->src, echo->family == AF_INET ? NEAR : NEAR6);
	if (one_in(4))
		echo->ifindex = one_in(4) ? random_below(20) : if_nametoindex("near0");
	if (one_in(8))
		echo->mark = 7;
	if (one_in(4))
		echo->max_replies = 1 + random_below(4);
	if (one_in(4))
		echo->tos = random_below(256);
	if (echo->family == AF_INET && one_in(3)) {
		i = random_below(ARRAY_SIZE(options));
		echo->options = u64_ptr(options[i].bytes);
		echo->options_len = options[i].len;
	}
}

void echoes_make(struct icmpecho_echo *echo, int event)
{
	*echo = echo_to(hosts[random_below(ARRAY_SIZE(hosts))]);
	make_payload(echo);
	make_timeout(echo);
	make_flags(echo, event);
	if (echo->family == AF_INET6 && (echo->dst[0] == 0xff || echo->dst[0] == 0xfe))
		echo->scope_id = if_nametoindex("near0");
	echo->ttl = one_in(4) ? 1 + random_below(3) : 0;
	if (one_in(4))
		make_odd(echo);
}
