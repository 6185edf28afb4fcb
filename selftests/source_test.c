// SPDX-License-Identifier: GPL-2.0
/*
 * An answer comes to the address that its request left from, whether that was
 * asked for or chosen by the system, and by whichever way it was sent. A packet to
 * another address of this host, or an error about a packet from there, is somebody
 * else's.
 *
 * As in forgery.h, after each forged packet comes the right one with another
 * TTL, and that one must be what the completion tells of.
 */
#include "kselftest_harness.h"

#include <net/if.h>

#include "family.h"
#include "icmpecho_test.h"
#include "netns6.h"
#include "parameter.h"

#define FORGED_TTL 99
#define RIGHT_TTL 33

/* The aliases of family.h */
#define ALIAS "192.0.2.10"
#define ALIAS6 "2001:db8:1::10"

static struct record record;
static unsigned char payload[4000];

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

static struct packet request, right, forged;

FIXTURE(way)
{
	int fd;
	int injector;
	const struct family *family;
};

FIXTURE_VARIANT(way)
{
	struct way way;
};

#define WAY(name, ...) FIXTURE_VARIANT_ADD(way, name) { .way = { __VA_ARGS__ } }

WAY(ipv4_straight, .dst = BEYOND, .len = 56);
WAY(ipv4_straight_with_a_source, .dst = BEYOND, .len = 56, .src = ALIAS);
WAY(ipv4_by_socket, .dst = BEYOND, .len = 56, .by_socket = true);
WAY(ipv4_by_socket_with_a_source, .dst = BEYOND, .len = 56, .by_socket = true, .src = ALIAS);
WAY(ipv4_in_fragments, .dst = BEYOND, .len = 3000);
WAY(ipv4_with_options, .dst = BEYOND, .len = 56, .options = { 1, 1, 1, 1 }, .options_len = 4);
/* Loose, by WORLD to BEYOND: it leaves from the address that belongs to WORLD. */
#define BY_WORLD { 131, 11, 4, 192, 0, 2, 2, 198, 51, 100, 2 }
WAY(ipv4_along_a_source_route, .dst = BEYOND, .len = 56, .options = BY_WORLD, .options_len = 11);
WAY(ipv4_to_a_group, .dst = "224.0.0.1", .len = 56, .from = BEYOND);
WAY(ipv4_to_a_group_with_a_source, .dst = "224.0.0.1", .len = 56, .from = BEYOND, .src = ALIAS);
WAY(ipv4_to_a_network, .dst = "192.0.2.255", .len = 56, .from = WORLD);

WAY(ipv6_straight, .dst = BEYOND6, .len = 56);
WAY(ipv6_straight_with_a_source, .dst = BEYOND6, .len = 56, .src = ALIAS6);
WAY(ipv6_by_socket, .dst = BEYOND6, .len = 56, .by_socket = true);
WAY(ipv6_by_socket_with_a_source, .dst = BEYOND6, .len = 56, .by_socket = true, .src = ALIAS6);
WAY(ipv6_in_fragments, .dst = BEYOND6, .len = 3000);
WAY(ipv6_on_the_link, .dst = WORLD_LL, .len = 56);
WAY(ipv6_to_a_group, .dst = "ff02::1", .len = 56, .from = WORLD_LL);
WAY(ipv6_to_a_group_with_a_source, .dst = "ff02::1", .len = 56, .from = WORLD_LL, .src = ALIAS6);
WAY(ipv6_to_any_router, .dst = "2001:db8:2::", .len = 56, .from = BEYOND6);

/* The header of the ICMP message in a whole packet, or in a first fragment */
static const unsigned char *find_icmp(const struct packet *packet)
{
	if (packet->ip.version == 4)
		return packet->bytes + packet->ip.ihl * 4;
	return packet->bytes + 40 + (packet->ip6.nexthdr == IPPROTO_FRAGMENT ? 8 : 0);
}

static bool is_request(const struct packet *packet)
{
	if (packet->ip.version == 4)
		return packet->ip.protocol == IPPROTO_ICMP &&
		       *find_icmp(packet) == ICMP_ECHO;
	return packet->len > 56 && *find_icmp(packet) == ICMPV6_ECHO_REQUEST &&
	       (packet->ip6.nexthdr == IPPROTO_ICMPV6 ||
		packet->ip6.nexthdr == IPPROTO_FRAGMENT);
}

/* Take the request's headers, as if it were not in fragments. */
static void take_request(int injector)
{
	errno = ETIMEDOUT;
	if (!injector_find(injector, &request, PATIENCE_NS / NS_PER_MS, is_request))
		die("no echo request came out of near");
	if (request.ip.version == 6) {
		memmove(packet_icmp(&request), find_icmp(&request), 8);
		request.ip6.nexthdr = IPPROTO_ICMPV6;
	}
	request.len = request.len - packet_icmp_len(&request) + 8;
}

FIXTURE_SETUP(way)
{
	struct pair pair = netns_pair6();

	self->family = strchr(variant->way.dst, ':') ? &ipv6_family : &ipv4_family;
	netns_sysctl("ipv6/icmp/echo_ignore_multicast", "1");
	link_add_address("near0", self->family->alias_on_link);
	link_add_route_on_link("224.0.0.0/4", "near0");
	/* Each destination has a source of its own. */
	if (self->family == &ipv4_family)
		ip_batch("route replace default via " WORLD " src " ALIAS "\n");
	self->injector = injector_open(pair.world, "world0", self->family->family);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	submit(_metadata, self->fd, &variant->way);
	take_request(self->injector);
}

FIXTURE_TEARDOWN(way)
{
	close(self->fd);
}

/* Send the forged packet and the right one. Only the right one may complete the request. */
static void expect_right_one(struct __test_metadata *_metadata, FIXTURE_DATA(way) *self)
{
	*ip_ttl(right.bytes) = RIGHT_TTL;
	*ip_ttl(forged.bytes) = FORGED_TTL;
	packet_seal(&right);
	packet_seal(&forged);
	injector_send(self->injector, &forged);
	injector_send(self->injector, &right);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(RIGHT_TTL, record.c.ttl);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

/* Change @address to the one of near that the request did not leave from. */
static void set_other_address(void *address, const struct family *family)
{
	set_address(address, family->alias);
	if (!memcmp(address, ip_source(request.bytes), family->address_len))
		set_address(address, family->near);
}

/* Forge an error about a packet of the other address. */
static void forge_error(const struct family *family)
{
	family_error(family, &right, &request, family->unreachable);
	forged = right;
	set_other_address(ip_source(packet_quote(&forged)), family);
}

TEST_F(way, reply_to_another_of_our_addresses_is_ignored)
{
	packet_reply(&right, &request);
	set_address(ip_source(right.bytes), variant->way.from ?: variant->way.dst);
	forged = right;
	set_other_address(ip_destination(forged.bytes), self->family);
	expect_right_one(_metadata, self);
}

TEST_F(way, error_about_another_of_our_addresses_is_ignored)
{
	forge_error(self->family);
	set_other_address(ip_destination(forged.bytes), self->family);
	expect_right_one(_metadata, self);
}

TEST_F(way, error_to_us_about_another_of_our_addresses_is_ignored)
{
	forge_error(self->family);
	expect_right_one(_metadata, self);
}

TEST_HARNESS_MAIN
