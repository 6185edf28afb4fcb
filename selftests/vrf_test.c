// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual routing: what an address is, and who may send to it, depends on the
 * routing table of the very packet, not on the main one. By either way to send.
 */
#include "kselftest_harness.h"

#include <net/if.h>

#include "icmpecho_test.h"
#include "netns6.h"
#include "parameter.h"
#include "rights.h"
#include "inject.h"

#define NETWORK "192.0.2.255"
/* A broadcast address in the main table; in the VRF a host like any other */
#define ELSEWHERE "203.0.113.255"

static struct record record;
static struct packet packet;
static unsigned char payload[2000];

FIXTURE(vrf)
{
	int fd;
	int injector;
	__u32 port;
	__u32 red;
};

FIXTURE_VARIANT(vrf)
{
	bool plain;
};

FIXTURE_VARIANT_ADD(vrf, straight) { .plain = true };
FIXTURE_VARIANT_ADD(vrf, by_socket) { .plain = false };

/* The world answers, to a broadcast, too. */
static void let_world_answer(int world)
{
	netns_enter(world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	netns_sysctl("ipv6/icmp/echo_ignore_all", "0");
}

FIXTURE_SETUP(vrf)
{
	struct pair pair = netns_pair6();

	let_world_answer(pair.world);
	self->injector = injector_open(pair.world, "world0", AF_INET);
	netns_enter(pair.near);
	near_into_vrf();
	ip_batch("route add " ELSEWHERE " via " WORLD " vrf red\n"
		 "link add elsewhere type dummy\n"
		 "addr add 203.0.113.1/24 brd + dev elsewhere\n"
		 "link set elsewhere up\n");
	self->port = if_nametoindex("near0");
	self->red = if_nametoindex("red");
	send_plain(variant->plain);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(vrf)
{
	send_plain(true);
	close(self->fd);
}

static void expect_answer(struct __test_metadata *_metadata, int fd,
			  const struct icmpecho_echo *echo, const char *from)
{
	unsigned char address[16] = {};

	inet_pton(echo->family, from, address);
	ASSERT_EQ(0, echo_send(fd, echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status)
		TH_LOG("%s: error %u", from, record.c.error);
	EXPECT_EQ(0, memcmp(address, record.c.from, sizeof(address)));
}

TEST_F(vrf, source_is_taken_by_port_and_by_vrf)
{
	struct icmpecho_echo echo = echo_to(WORLD), echo6 = echo_to(WORLD6);
	__u32 through[] = { self->port, self->red };
	unsigned int i;

	inet_pton(AF_INET, NEAR, echo.src);
	inet_pton(AF_INET6, NEAR6, echo6.src);
	for (i = 0; i < ARRAY_SIZE(through); i++) {
		echo.ifindex = through[i];
		echo6.ifindex = through[i];
		expect_answer(_metadata, self->fd, &echo, WORLD);
		expect_answer(_metadata, self->fd, &echo6, WORLD6);
	}
}

TEST_F(vrf, source_of_nobody_is_eaddrnotavail)
{
	struct icmpecho_echo echo = echo_to(WORLD), echo6 = echo_to(WORLD6);

	echo.ifindex = self->red;
	echo6.ifindex = self->red;
	inet_pton(AF_INET, WORLD, echo.src);
	inet_pton(AF_INET6, WORLD6, echo6.src);
	EXPECT_EQ(-EADDRNOTAVAIL, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(-EADDRNOTAVAIL, echo_send(self->fd, &echo6, &record));
}

TEST_F(vrf, broadcast_is_answered)
{
	struct icmpecho_echo echo = echo_to(NETWORK);

	echo.ifindex = self->port;
	expect_answer(_metadata, self->fd, &echo, WORLD);
	echo.ifindex = self->red;
	expect_answer(_metadata, self->fd, &echo, WORLD);
	/* In fragments */
	echo = echo_with(NETWORK, payload, sizeof(payload));
	echo.ifindex = self->port;
	expect_answer(_metadata, self->fd, &echo, WORLD);
}

TEST_F(vrf, broadcast_without_rights_is_eperm_and_not_sent)
{
	struct icmpecho_echo small = echo_to(NETWORK);
	struct icmpecho_echo large = echo_with(NETWORK, payload, sizeof(payload));
	int fd;

	small.ifindex = self->port;
	large.ifindex = self->port;
	capset_net_raw(false, true);
	fd = echo_open();
	EXPECT_EQ(-EPERM, echo_send(self->fd, &small, &record));
	EXPECT_EQ(-EPERM, echo_send(self->fd, &large, &record));
	EXPECT_EQ(-EPERM, echo_send(fd, &small, &record));
	capset_net_raw(true, true);
	/* Now it is the opener who lacks them. */
	EXPECT_EQ(-EPERM, echo_send(fd, &small, &record));
	EXPECT_EQ(-EPERM, echo_send(fd, &large, &record));
	EXPECT_FALSE(injector_next(self->injector, &packet, 0));
	close(fd);
}

TEST_F(vrf, broadcast_address_of_another_table_needs_no_rights)
{
	struct icmpecho_echo echo = echo_to(ELSEWHERE);
	int fd;

	/* Else the first table for all is one that knows no VRF. */
	ip_batch("rule add pref 32765 table local\n"
		 "rule del pref 0\n");
	echo.ifindex = self->red;
	capset_net_raw(false, false);
	fd = echo_open();
	ASSERT_EQ(1, echo_submit(fd, &echo, 1));
	injector_request(self->injector, &packet);
	EXPECT_EQ(inet_addr(ELSEWHERE), packet.ip.daddr);
	echo.ifindex = 0;
	EXPECT_EQ(-EPERM, echo_submit(fd, &echo, 1));
	close(fd);
}

/* As ping: by the port, which is a link. The VRF is not a link. */
TEST_F(vrf, link_local_destination_is_answered_on_a_port)
{
	struct icmpecho_echo echo = echo_to(WORLD_LL);

	echo.scope_id = self->port;
	expect_answer(_metadata, self->fd, &echo, WORLD_LL);
	EXPECT_EQ(self->port, record.c.ifindex);
	EXPECT_EQ(self->port, record.c.scope_id);
	inet_pton(AF_INET6, NEAR_LL, echo.src);
	expect_answer(_metadata, self->fd, &echo, WORLD_LL);

	echo.scope_id = self->red;
	memset(echo.src, 0, sizeof(echo.src));
	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(ENETUNREACH, record.c.error);
}

TEST_F(vrf, own_addresses_are_answered)
{
	struct icmpecho_echo echo = echo_to(NEAR), echo6 = echo_to(NEAR6);

	echo.ifindex = self->red;
	echo6.ifindex = self->red;
	expect_answer(_metadata, self->fd, &echo, NEAR);
	expect_answer(_metadata, self->fd, &echo6, NEAR6);
	echo6 = echo_to(NEAR_LL);
	echo6.scope_id = self->port;
	expect_answer(_metadata, self->fd, &echo6, NEAR_LL);
}

TEST_HARNESS_MAIN
