// SPDX-License-Identifier: GPL-2.0
/*
 * An answer comes to the address that its request left from, whether that was
 * asked for or chosen by the system, and by whichever way it was sent. A packet to
 * another address of this host, or an error about a packet from there, is somebody
 * else's.
 *
 * As in forgery_test.c, after each forged packet comes the right one with another
 * TTL, and that one must be what the completion tells of.
 */
#include "kselftest_harness.h"

#include <linux/ip.h>
#include <net/if.h>

#include "icmpecho_test.h"
#include "netns6.h"
#include "inject.h"
#include "inject6.h"

#define PLAIN "/sys/module/icmpecho/parameters/fast_path"
#define FORGED_TTL 99
#define RIGHT_TTL 33

/* Other addresses of near, and a host that reports errors */
#define ALIAS "192.0.2.10"
#define ALIAS6 "2001:db8:1::10"
#define REPORTER "203.0.113.1"
#define REPORTER6 "2001:db8:5::1"

static struct record record;
static unsigned char payload[4000];

static void send_plain(bool plain)
{
	int fd = open(PLAIN, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, plain ? "Y" : "N", 1) != 1)
		die("%s", PLAIN);
	close(fd);
}

/**
 * struct way - what decides how a request is sent
 * @dst: its destination
 * @src: its source, or NULL for the system's choice
 * @by_socket: not straight to the IP layer, though it could
 * @len: length of its payload: more than 1472 takes fragments
 * @options: IP options
 * @options_len: length of those
 * @from: who answers, if not @dst
 */
struct way {
	const char *dst;
	const char *src;
	bool by_socket;
	unsigned int len;
	unsigned char options[16];
	unsigned int options_len;
	const char *from;
};

static struct icmpecho_echo echo_by(const struct way *way)
{
	struct icmpecho_echo echo = echo_with(way->dst, payload, way->len);

	if (way->src)
		inet_pton(echo.family, way->src, echo.src);
	if (echo.family == AF_INET6)
		echo.scope_id = if_nametoindex("near0");
	echo.options = way->options_len ? u64_ptr(way->options) : 0;
	echo.options_len = way->options_len;
	echo.timeout_ns = NEVER_NS;
	return echo;
}

static void submit(struct __test_metadata *_metadata, int fd, const struct way *way)
{
	struct icmpecho_echo echo = echo_by(way);

	send_plain(!way->by_socket);
	ASSERT_EQ(1, echo_submit(fd, &echo, 1));
	send_plain(true);
}

static void expect_right_one(struct __test_metadata *_metadata, int fd)
{
	ASSERT_EQ(1, reap_one(fd, &record));
	EXPECT_EQ(RIGHT_TTL, record.c.ttl);
	EXPECT_EQ(0, reap_now(fd, &record));
}

static struct packet request, right, forged;

FIXTURE(ipv4)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(ipv4)
{
	struct way way;
};

#define WAY(name, ...) FIXTURE_VARIANT_ADD(ipv4, name) { .way = { __VA_ARGS__ } }

WAY(straight, .dst = BEYOND, .len = 56);
WAY(straight_with_a_source, .dst = BEYOND, .len = 56, .src = ALIAS);
WAY(by_socket, .dst = BEYOND, .len = 56, .by_socket = true);
WAY(by_socket_with_a_source, .dst = BEYOND, .len = 56, .by_socket = true, .src = ALIAS);
WAY(in_fragments, .dst = BEYOND, .len = 3000);
WAY(with_options, .dst = BEYOND, .len = 56, .options = { 1, 1, 1, 1 }, .options_len = 4);
/* Loose, by WORLD to BEYOND: it leaves from the address that belongs to WORLD. */
#define BY_WORLD { 131, 11, 4, 192, 0, 2, 2, 198, 51, 100, 2 }
WAY(along_a_source_route, .dst = BEYOND, .len = 56, .options = BY_WORLD, .options_len = 11);
WAY(to_a_group, .dst = "224.0.0.1", .len = 56, .from = BEYOND);
WAY(to_a_group_with_a_source, .dst = "224.0.0.1", .len = 56, .from = BEYOND, .src = ALIAS);
WAY(to_a_network, .dst = "192.0.2.255", .len = 56, .from = WORLD);

FIXTURE_SETUP(ipv4)
{
	struct pair pair = netns_pair();

	link_add_address("near0", ALIAS "/24");
	link_add_route_on_link("224.0.0.0/4", "near0");
	/* Each destination has a source of its own. */
	ip_batch("route replace default via " WORLD " src " ALIAS "\n");
	self->injector = injector_open(pair.world, "world0");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	submit(_metadata, self->fd, &variant->way);
	injector_request(self->injector, &request);
}

FIXTURE_TEARDOWN(ipv4)
{
	close(self->fd);
}

/* The address of near that the request did not leave from */
static in_addr_t other_address(void)
{
	in_addr_t alias = inet_addr(ALIAS);

	return request.ip.saddr == alias ? inet_addr(NEAR) : alias;
}

static void send_both(int injector)
{
	right.ip.ttl = RIGHT_TTL;
	forged.ip.ttl = FORGED_TTL;
	packet_seal(&right);
	packet_seal(&forged);
	injector_send(injector, &forged);
	injector_send(injector, &right);
}

TEST_F(ipv4, reply_to_another_of_our_addresses_is_ignored)
{
	request.len = request.ip.ihl * 4 + 8;
	packet_reply(&right, &request);
	right.ip.saddr = inet_addr(variant->way.from ?: variant->way.dst);
	forged = right;
	forged.ip.daddr = other_address();
	send_both(self->injector);
	expect_right_one(_metadata, self->fd);
}

TEST_F(ipv4, error_about_another_of_our_addresses_is_ignored)
{
	packet_error(&right, &request, REPORTER, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH);
	forged = right;
	forged.ip.daddr = other_address();
	packet_quote(&forged)->saddr = other_address();
	send_both(self->injector);
	expect_right_one(_metadata, self->fd);
}

TEST_F(ipv4, error_to_us_about_another_of_our_addresses_is_ignored)
{
	packet_error(&right, &request, REPORTER, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH);
	forged = right;
	packet_quote(&forged)->saddr = other_address();
	send_both(self->injector);
	expect_right_one(_metadata, self->fd);
}

static struct packet6 request6, right6, forged6;

FIXTURE(ipv6)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(ipv6)
{
	struct way way;
};

#define WAY6(name, ...) FIXTURE_VARIANT_ADD(ipv6, name) { .way = { __VA_ARGS__ } }

WAY6(straight, .dst = BEYOND6, .len = 56);
WAY6(straight_with_a_source, .dst = BEYOND6, .len = 56, .src = ALIAS6);
WAY6(by_socket, .dst = BEYOND6, .len = 56, .by_socket = true);
WAY6(by_socket_with_a_source, .dst = BEYOND6, .len = 56, .by_socket = true, .src = ALIAS6);
WAY6(in_fragments, .dst = BEYOND6, .len = 3000);
WAY6(on_the_link, .dst = WORLD_LL, .len = 56);
WAY6(to_a_group, .dst = "ff02::1", .len = 56, .from = WORLD_LL);
WAY6(to_a_group_with_a_source, .dst = "ff02::1", .len = 56, .from = WORLD_LL, .src = ALIAS6);
WAY6(to_any_router, .dst = "2001:db8:2::", .len = 56, .from = BEYOND6);

/* Where the ICMPv6 header of a whole packet or of a first fragment is */
static unsigned int icmp_offset6(const struct ipv6hdr *ip)
{
	return sizeof(*ip) + (ip->nexthdr == IPPROTO_FRAGMENT ? 8 : 0);
}

static bool is_request6(const void *bytes, unsigned int len)
{
	const struct ipv6hdr *ip = bytes;
	const unsigned char *icmp = (const unsigned char *)bytes + icmp_offset6(ip);

	return len > 56 && *icmp == ICMPV6_ECHO_REQUEST &&
	       (ip->nexthdr == IPPROTO_ICMPV6 || ip->nexthdr == IPPROTO_FRAGMENT);
}

/* The request's headers, as if it were not in fragments */
static void take_request6(int injector)
{
	errno = ETIMEDOUT;
	if (!injector_read(injector, request6.bytes, sizeof(request6.bytes),
			   PATIENCE_NS / NS_PER_MS, is_request6))
		die("no echo request came out of near");
	memmove(&request6.ip + 1, request6.bytes + icmp_offset6(&request6.ip), 8);
	request6.ip.nexthdr = IPPROTO_ICMPV6;
	request6.icmp_off = sizeof(request6.ip);
	request6.len = request6.icmp_off + 8;
}

FIXTURE_SETUP(ipv6)
{
	struct pair pair = netns_pair6();

	netns_sysctl("ipv6/icmp/echo_ignore_multicast", "1");
	link_add_address("near0", ALIAS6 "/64");
	self->injector = injector6_open(pair.world, "world0");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	submit(_metadata, self->fd, &variant->way);
	take_request6(self->injector);
}

FIXTURE_TEARDOWN(ipv6)
{
	close(self->fd);
}

static struct in6_addr other_address6(void)
{
	struct in6_addr near, alias;

	set_address6(&near, NEAR6);
	set_address6(&alias, ALIAS6);
	return memcmp(&request6.ip.saddr, &alias, sizeof(alias)) ? alias : near;
}

static void send_both6(int injector)
{
	right6.ip.hop_limit = RIGHT_TTL;
	forged6.ip.hop_limit = FORGED_TTL;
	packet6_seal(&right6);
	packet6_seal(&forged6);
	injector6_send(injector, &forged6);
	injector6_send(injector, &right6);
}

TEST_F(ipv6, reply_to_another_of_our_addresses_is_ignored)
{
	packet6_reply(&right6, &request6);
	set_address6(&right6.ip.saddr, variant->way.from ?: variant->way.dst);
	forged6 = right6;
	forged6.ip.daddr = other_address6();
	send_both6(self->injector);
	expect_right_one(_metadata, self->fd);
}

TEST_F(ipv6, error_about_another_of_our_addresses_is_ignored)
{
	packet6_error(&right6, &request6, REPORTER6, ICMPV6_DEST_UNREACH, 3);
	forged6 = right6;
	forged6.ip.daddr = other_address6();
	packet6_quote(&forged6)->saddr = other_address6();
	send_both6(self->injector);
	expect_right_one(_metadata, self->fd);
}

TEST_F(ipv6, error_to_us_about_another_of_our_addresses_is_ignored)
{
	packet6_error(&right6, &request6, REPORTER6, ICMPV6_DEST_UNREACH, 3);
	forged6 = right6;
	packet6_quote(&forged6)->saddr = other_address6();
	send_both6(self->injector);
	expect_right_one(_metadata, self->fd);
}

TEST_HARNESS_MAIN
