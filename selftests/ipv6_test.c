// SPDX-License-Identifier: GPL-2.0
/*
 * Echoes over IPv6, and where they differ from those over IPv4: scopes, source
 * selection, hop limits, fragmentation by the sender alone.
 */
#include "kselftest_harness.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include "icmpecho_test.h"
#include "netns6.h"
#include "exchange.h"

#define MAX_PAYLOAD 65527

FIXTURE(loopback)
{
	int fd;
};

FIXTURE_SETUP(loopback)
{
	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(loopback)
{
	close(self->fd);
}

TEST_F(loopback, info_tells_of_ipv6)
{
	struct icmpecho_info info;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	EXPECT_TRUE(info.features & ICMPECHO_FEATURE_IPV6);
	EXPECT_EQ(MAX_PAYLOAD, info.max_payload6);
}

TEST_F(loopback, completion_describes_the_reply)
{
	struct icmpecho_echo echo = echo_with("::1", payload, 56);

	echo.user_data = 0xfeedfacecafebeefULL;
	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(0xfeedfacecafebeefULL, record.c.user_data);
	EXPECT_EQ(echo.id, record.c.id);
	EXPECT_STREQ("::1", ipv6(record.c.from));
	EXPECT_EQ(1, record.c.ifindex);
	EXPECT_EQ(0, record.c.scope_id);
	EXPECT_EQ(AF_INET6, record.c.family);
	EXPECT_EQ(64, record.c.ttl);
	EXPECT_EQ(0, record.c.tos);
	EXPECT_EQ(129, record.c.type);
	EXPECT_EQ(0, record.c.code);
	EXPECT_EQ(0, record.c.flags);
	EXPECT_EQ(0, record.c.info);
	EXPECT_EQ(0, record.c.next);
	EXPECT_LT(0, record.c.rtt_ns);
	EXPECT_LT(0, record.c.received_ns);
}

TEST_F(loopback, scope_of_a_global_destination_is_not_looked_at)
{
	struct icmpecho_echo echo = echo_to("::1");

	echo.scope_id = 4711;
	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

/* Identifiers are of both families' requests together, or they would clash. */
TEST_F(loopback, both_families_in_one_session_find_their_own_answers)
{
	struct icmpecho_echo echoes[64];
	unsigned int i;

	for (i = 0; i < 64; i++) {
		echoes[i] = echo_to(i % 2 ? "::1" : "127.0.0.1");
		echoes[i].user_data = i;
		echoes[i].payload = u64_ptr(&echoes[i].user_data);
		echoes[i].payload_len = sizeof(echoes[i].user_data);
		echoes[i].reply_capacity = echoes[i].payload_len;
	}
	ASSERT_EQ(64, echo_submit(self->fd, echoes, 64));
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(1, reap_one(self->fd, &record));
		EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
		EXPECT_EQ(record.c.user_data % 2 ? AF_INET6 : AF_INET,
			  record.c.family);
		EXPECT_EQ(0, memcmp(&record.c.user_data, record_data(&record.c), 8));
	}
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(loopback, requests_of_both_families_are_cancelled_by_id)
{
	struct icmpecho_echo echoes[2] = { echo_to("127.0.0.1"), echo_to("::1") };

	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	netns_sysctl("ipv6/icmp/echo_ignore_all", "1");
	ASSERT_EQ(2, echo_submit(self->fd, echoes, 2));
	EXPECT_EQ(1, echo_cancel(self->fd, 0, echoes[1].id));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, record.c.status);
	EXPECT_EQ(AF_INET6, record.c.family);
	EXPECT_EQ(1, echo_cancel(self->fd, 0, echoes[0].id));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(AF_INET, record.c.family);
}

TEST_F(loopback, unanswered_request_times_out)
{
	struct icmpecho_echo echo = echo_to("::1");
	__u64 before = now_ns();

	netns_sysctl("ipv6/icmp/echo_ignore_all", "1");
	echo.timeout_ns = 50 * NS_PER_MS;
	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
	EXPECT_LE(50 * NS_PER_MS, now_ns() - before);
	EXPECT_STREQ("::", ipv6(record.c.from));
	EXPECT_EQ(AF_INET6, record.c.family);
}

/* Payloads of all sizes come back unchanged, by SEND and by SUBMIT. */
FIXTURE(payload)
{
	int fd;
};

FIXTURE_VARIANT(payload)
{
	const char *dst;
	__u32 len;
};

#define PAYLOAD(name, dst_, len_)		\
	FIXTURE_VARIANT_ADD(payload, name)	\
	{					\
		.dst = dst_,			\
		.len = len_,			\
	}

PAYLOAD(of_0_bytes, "::1", 0);
PAYLOAD(of_1_byte, "::1", 1);
PAYLOAD(of_55_bytes, "::1", 55);
PAYLOAD(of_1453_bytes, "::1", 1453);
PAYLOAD(of_65487_bytes, "::1", 65487);
PAYLOAD(of_65527_bytes, "::1", 65527);
PAYLOAD(of_0_bytes_over_a_router, FAR6, 0);
PAYLOAD(of_1452_bytes_over_a_router, FAR6, 1452);
PAYLOAD(of_1453_bytes_over_a_router, FAR6, 1453);
PAYLOAD(of_65526_bytes_over_a_router, FAR6, 65526);
PAYLOAD(of_65527_bytes_over_a_router, FAR6, 65527);

FIXTURE_SETUP(payload)
{
	netns_path6();
	fill_payload(payload, sizeof(payload));
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(payload)
{
	close(self->fd);
}

TEST_F(payload, comes_back_by_send)
{
	struct icmpecho_echo echo = echo_with(variant->dst, payload, variant->len);

	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(variant->len, record.c.wire_len);
	ASSERT_EQ(variant->len, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), variant->len));
}

TEST_F(payload, comes_back_by_reap)
{
	struct icmpecho_echo echo = echo_with(variant->dst, payload, variant->len);

	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	ASSERT_EQ(variant->len, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), variant->len));
}

/* What is refused; nothing of it may reach the wire or leave a completion. */
FIXTURE(refusal)
{
	int fd;
	__u32 lo;
	__u32 near0;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(refusal)
{
	netns_pair6();
	netns_sysctl("ipv6/icmp/echo_ignore_all", "1");
	self->lo = if_nametoindex("lo");
	self->near0 = if_nametoindex("near0");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with("::1", payload, 32);
}

FIXTURE_TEARDOWN(refusal)
{
	EXPECT_GE(0, netns_counter6("Icmp6OutType128"));
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(0, reap_now(self->fd, &record));
	close(self->fd);
}

#define expect_refused(err)						\
	do {								\
		EXPECT_EQ(-(err), echo_submit(self->fd, &self->echo, 1)); \
		EXPECT_EQ(-(err), echo_send(self->fd, &self->echo, &record)); \
	} while (0)

TEST_F(refusal, payload_above_65527_bytes_is_emsgsize)
{
	self->echo.payload_len = MAX_PAYLOAD + 1;
	expect_refused(EMSGSIZE);
	self->echo.payload_len = 0xffffffff;
	expect_refused(EMSGSIZE);
}

TEST_F(refusal, unspecified_destination_is_edestaddrreq)
{
	memset(self->echo.dst, 0, 16);
	expect_refused(EDESTADDRREQ);
}

TEST_F(refusal, v4_mapped_destination_is_einval)
{
	inet_pton(AF_INET6, "::ffff:127.0.0.1", self->echo.dst);
	expect_refused(EINVAL);
}

TEST_F(refusal, v4_mapped_source_is_eaddrnotavail)
{
	inet_pton(AF_INET6, "::ffff:127.0.0.1", self->echo.src);
	expect_refused(EADDRNOTAVAIL);
}

TEST_F(refusal, foreign_source_is_eaddrnotavail)
{
	inet_pton(AF_INET6, "2001:db8:1::77", self->echo.src);
	expect_refused(EADDRNOTAVAIL);
	inet_pton(AF_INET6, WORLD6, self->echo.src);
	expect_refused(EADDRNOTAVAIL);
}

TEST_F(refusal, multicast_source_is_eaddrnotavail)
{
	inet_pton(AF_INET6, "ff02::1", self->echo.src);
	expect_refused(EADDRNOTAVAIL);
}

TEST_F(refusal, link_local_destination_without_scope_is_einval)
{
	inet_pton(AF_INET6, WORLD_LL, self->echo.dst);
	expect_refused(EINVAL);
}

TEST_F(refusal, link_local_group_without_scope_is_einval)
{
	inet_pton(AF_INET6, "ff02::1", self->echo.dst);
	expect_refused(EINVAL);
	inet_pton(AF_INET6, "ff01::1", self->echo.dst);
	expect_refused(EINVAL);
}

TEST_F(refusal, scope_and_interface_that_differ_are_einval)
{
	inet_pton(AF_INET6, WORLD_LL, self->echo.dst);
	self->echo.scope_id = self->near0;
	self->echo.ifindex = self->lo;
	expect_refused(EINVAL);
}

TEST_F(refusal, unknown_scope_is_enodev)
{
	inet_pton(AF_INET6, WORLD_LL, self->echo.dst);
	self->echo.scope_id = 4711;
	expect_refused(ENODEV);
	self->echo.scope_id = 0xffffffff;
	expect_refused(ENODEV);
}

TEST_F(refusal, unknown_interface_is_enodev)
{
	self->echo.ifindex = 4711;
	expect_refused(ENODEV);
}

TEST_F(refusal, options_are_einval)
{
	static const unsigned char nops[4] = { 1, 1, 1, 1 };

	self->echo.options = u64_ptr(nops);
	self->echo.options_len = sizeof(nops);
	expect_refused(EINVAL);
}

TEST_F(refusal, missing_route_is_enetunreach_if_asked)
{
	link_del_route(ALL6);
	self->echo = echo_to(BEYOND6);
	self->echo.flags = ICMPECHO_NEED_ROUTE;
	expect_refused(ENETUNREACH);
}

TEST_F(refusal, unreachable_route_is_ehostunreach_if_asked)
{
	link_add_route_of_type(BEYOND6, RTN_UNREACHABLE);
	self->echo = echo_to(BEYOND6);
	self->echo.flags = ICMPECHO_NEED_ROUTE;
	expect_refused(EHOSTUNREACH);
}

TEST_F(refusal, ipv6_switched_off_is_enetunreach_if_asked)
{
	netns_sysctl("ipv6/conf/all/disable_ipv6", "1");
	self->echo.flags = ICMPECHO_NEED_ROUTE;
	expect_refused(ENETUNREACH);
	self->echo = echo_to(BEYOND6);
	self->echo.flags = ICMPECHO_NEED_ROUTE;
	expect_refused(ENETUNREACH);
}

/* Failures to send that are not refusals */
FIXTURE(unsent)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(unsent)
{
	netns_pair6();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with(BEYOND6, payload, 32);
}

FIXTURE_TEARDOWN(unsent)
{
	close(self->fd);
}

static void expect_local(struct __test_metadata *_metadata, FIXTURE_DATA(unsent) *self,
			 __u32 status, int err)
{
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(status, record.c.status);
	EXPECT_EQ(ICMPECHO_LOCAL, record.c.flags);
	EXPECT_EQ(err, record.c.error);
	EXPECT_STREQ("::", ipv6(record.c.from));
}

TEST_F(unsent, missing_route_completes_as_no_route)
{
	link_del_route(ALL6);
	expect_local(_metadata, self, ICMPECHO_STATUS_DEST_NO_ROUTE, ENETUNREACH);
}

TEST_F(unsent, unreachable_route_completes_as_address_unreachable)
{
	link_add_route_of_type(BEYOND6, RTN_UNREACHABLE);
	expect_local(_metadata, self, ICMPECHO_STATUS_DEST_ADDR_UNREACHABLE,
		     EHOSTUNREACH);
}

TEST_F(unsent, prohibit_route_completes_as_general_failure)
{
	link_add_route_of_type(BEYOND6, RTN_PROHIBIT);
	expect_local(_metadata, self, ICMPECHO_STATUS_GENERAL_FAILURE, EACCES);
}

/* The host has the family, but this namespace has no address to send from. */
TEST_F(unsent, ipv6_switched_off_completes_as_no_route)
{
	netns_sysctl("ipv6/conf/all/disable_ipv6", "1");
	expect_local(_metadata, self, ICMPECHO_STATUS_DEST_NO_ROUTE, ENETUNREACH);
	self->echo = echo_to("::1");
	expect_local(_metadata, self, ICMPECHO_STATUS_DEST_NO_ROUTE, ENETUNREACH);
}

TEST_F(unsent, ipv4_goes_on_where_ipv6_is_switched_off)
{
	netns_sysctl("ipv6/conf/all/disable_ipv6", "1");
	self->echo = echo_to("127.0.0.1");
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(unsent, df_and_more_than_our_own_mtu_is_too_big)
{
	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	self->echo.payload_len = 1453;
	expect_local(_metadata, self, ICMPECHO_STATUS_PACKET_TOO_BIG, EMSGSIZE);
}

/* The request as the world sees it, and answers as the world makes them. */
FIXTURE(wire)
{
	struct exchange x;
	__u32 near0;
};

FIXTURE_SETUP(wire)
{
	exchange_open(_metadata, &self->x, &ipv6_family);
	self->near0 = if_nametoindex("near0");
}

FIXTURE_TEARDOWN(wire)
{
	exchange_close(&self->x);
}

static __u8 traffic_class(const struct packet *packet)
{
	return packet->bytes[0] << 4 | packet->bytes[1] >> 4;
}

static const char *text_of(const struct in6_addr *address)
{
	return ipv6((const __u8 *)address);
}

TEST_F(wire, request_is_well_formed)
{
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(6, request.bytes[0] >> 4);
	EXPECT_EQ(40 + 8 + 56, request.len);
	EXPECT_EQ(8 + 56, ntohs(request.ip6.payload_len));
	EXPECT_EQ(64, request.ip6.hop_limit);
	EXPECT_EQ(0, traffic_class(&request));
	EXPECT_STREQ(NEAR6, text_of(&request.ip6.saddr));
	EXPECT_STREQ(BEYOND6, text_of(&request.ip6.daddr));
	EXPECT_EQ(0, packet_icmp(&request)->code);
	EXPECT_EQ(0, packet_sum(&request));
	EXPECT_EQ(0, memcmp(payload, packet_icmp(&request) + 1, 56));
}

TEST_F(wire, odd_payload_has_a_right_checksum)
{
	self->x.echo.payload_len = 55;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(0, packet_sum(&request));
}

TEST_F(wire, own_hop_limit_is_on_the_wire)
{
	self->x.echo.ttl = 7;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(7, request.ip6.hop_limit);
	self->x.echo.ttl = 255;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(255, request.ip6.hop_limit);
}

TEST_F(wire, default_hop_limit_follows_the_sysctl)
{
	netns_sysctl("ipv6/conf/near0/hop_limit", "77");
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(77, request.ip6.hop_limit);
}

TEST_F(wire, own_traffic_class_is_on_the_wire)
{
	self->x.echo.tos = 0xb9;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(0xb9, traffic_class(&request));
}

TEST_F(wire, own_source_is_on_the_wire)
{
	link_add_address("near0", "2001:db8:1::5/64");
	inet_pton(AF_INET6, "2001:db8:1::5", self->x.echo.src);
	submit_and_capture(_metadata, &self->x);
	EXPECT_STREQ("2001:db8:1::5", text_of(&request.ip6.saddr));
	EXPECT_EQ(0, packet_sum(&request));
}

/* Nearer in scope than the link-local one, and the interface's own */
TEST_F(wire, source_is_selected_by_the_scope_of_the_destination)
{
	link_add_address("lo", "2001:db8:3::1/128");
	submit_and_capture(_metadata, &self->x);
	EXPECT_STREQ(NEAR6, text_of(&request.ip6.saddr));
	self->x.echo = echo_to(WORLD_LL);
	self->x.echo.scope_id = self->near0;
	submit_and_capture(_metadata, &self->x);
	EXPECT_STREQ(NEAR_LL, text_of(&request.ip6.saddr));
}

TEST_F(wire, source_of_another_interface_is_accepted)
{
	link_add_address("lo", "2001:db8:3::1/128");
	inet_pton(AF_INET6, "2001:db8:3::1", self->x.echo.src);
	submit_and_capture(_metadata, &self->x);
	EXPECT_STREQ("2001:db8:3::1", text_of(&request.ip6.saddr));
}

TEST_F(wire, own_interface_wins_over_the_route)
{
	link_add_route_on_link(BEYOND6, "lo");
	self->x.echo.ifindex = self->near0;
	submit_and_capture(_metadata, &self->x);
	EXPECT_STREQ(BEYOND6, text_of(&request.ip6.daddr));
}

/* The mark steers the packet: only marked traffic finds this route. */
TEST_F(wire, mark_is_seen_by_policy_routing)
{
	ip6_batch("rule add fwmark 7 lookup 100\n"
		  "route add default via " WORLD6 " table 100\n"
		  "route add unreachable " BEYOND6 "\n");
	self->x.echo.mark = 7;
	submit_and_capture(_metadata, &self->x);
	EXPECT_STREQ(BEYOND6, text_of(&request.ip6.daddr));
}

TEST_F(wire, interface_is_as_good_as_a_scope)
{
	self->x.echo = echo_to(WORLD_LL);
	self->x.echo.ifindex = self->near0;
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(self->near0, record.c.scope_id);
}

TEST_F(wire, link_local_answer_has_its_scope)
{
	self->x.echo = echo_to(WORLD_LL);
	self->x.echo.scope_id = self->near0;
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer_and_reap(_metadata, &self->x);
	EXPECT_STREQ(WORLD_LL, ipv6(record.c.from));
	EXPECT_EQ(self->near0, record.c.scope_id);
	EXPECT_EQ(self->near0, record.c.ifindex);
}

TEST_F(wire, error_from_a_link_local_router_has_its_scope)
{
	submit_and_capture(_metadata, &self->x);
	packet_error(&answer, &request, WORLD_LL, ICMPV6_TIME_EXCEED, 0);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED, record.c.status);
	EXPECT_STREQ(WORLD_LL, ipv6(record.c.from));
	EXPECT_EQ(self->near0, record.c.scope_id);
}

TEST_F(wire, global_answer_has_no_scope)
{
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer_and_reap(_metadata, &self->x);
	EXPECT_STREQ(BEYOND6, ipv6(record.c.from));
	EXPECT_EQ(0, record.c.scope_id);
	EXPECT_EQ(self->near0, record.c.ifindex);
}

TEST_F(wire, completion_tells_hop_limit_and_traffic_class_of_the_reply)
{
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer.ip6.hop_limit = 33;
	answer.bytes[0] = 0x62;		/* traffic class 0x28, some flow label */
	answer.bytes[1] = 0x8f;
	answer.bytes[2] = 0xff;
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(33, record.c.ttl);
	EXPECT_EQ(0x28, record.c.tos);
	EXPECT_EQ(0, record.c.flags);
}

TEST_F(wire, reply_behind_extension_headers_is_accepted_and_its_data_found)
{
	static const unsigned char padding[8] = { IPPROTO_ICMPV6, 0, 1, 4 };

	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	packet_insert(&answer, 40, padding, sizeof(padding));
	answer.ip6.nexthdr = IPPROTO_DSTOPTS;
	answer.icmp_off += sizeof(padding);
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	ASSERT_EQ(56, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), 56));
}

TEST_F(wire, reply_longer_than_the_request_is_kept_up_to_capacity)
{
	self->x.echo.reply_capacity = 100;
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	packet_append(&answer, payload + 56, 200);
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(100, record.c.data_len);
	EXPECT_EQ(256, record.c.wire_len);
	EXPECT_EQ(ICMPECHO_TRUNCATED, record.c.flags);
	EXPECT_EQ(0, memcmp(payload, record.data, 100));
}

TEST_F(wire, group_is_answered_by_a_member)
{
	self->x.echo = echo_with("ff02::1", payload, 56);
	self->x.echo.scope_id = self->near0;
	netns_sysctl("ipv6/icmp/echo_ignore_multicast", "1");
	submit_and_capture(_metadata, &self->x);
	EXPECT_STREQ("ff02::1", text_of(&request.ip6.daddr));
	packet_reply(&answer, &request);
	set_address(&answer.ip6.saddr, WORLD_LL);
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_STREQ(WORLD_LL, ipv6(record.c.from));
	EXPECT_EQ(self->near0, record.c.scope_id);
}

/*
 * Two links with a neighbour of the same address, as fe80::1 often is. near1
 * has the link-layer address of near0, so that the injector reaches it.
 */
FIXTURE(twins)
{
	int fd;
	int injector0;
	int injector1;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(twins)
{
	struct pair pair = netns_pair6();

	ip_batch("link add near1 address 02:00:00:00:00:01 type veth"
		 " peer name world1 netns /proc/%d/fd/%d\n"
		 "link set near1 addrgenmode none up\n"
		 "addr add " NEAR_LL "/64 dev near1 nodad\n"
		 "addr add 2001:db8:4::1/64 dev near1 nodad\n",
		 getpid(), pair.world);
	netns_enter(pair.world);
	ip_batch("link set world1 addrgenmode none up\n");
	netns_enter(pair.near);
	self->injector0 = injector_open(pair.world, "world0", AF_INET6);
	self->injector1 = injector_open(pair.world, "world1", AF_INET6);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to(WORLD_LL);
	self->echo.scope_id = if_nametoindex("near0");
}

FIXTURE_TEARDOWN(twins)
{
	close(self->fd);
}

/*
 * Deliver @answer over the wrong link; the right one must be what completes. As
 * the two links are not one queue, wait until the first has arrived.
 */
static void expect_ignored(struct __test_metadata *_metadata,
			   FIXTURE_DATA(twins) *self, const char *counter)
{
	long before = netns_counter6(counter);
	__u64 deadline = now_ns() + PATIENCE_NS;

	answer.ip6.hop_limit = 99;
	injector_send(self->injector1, &answer);
	while (netns_counter6(counter) <= before && now_ns() < deadline)
		usleep(1000);
	ASSERT_LT(before, netns_counter6(counter));
	answer.ip6.hop_limit = 33;
	injector_send(self->injector0, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(33, record.c.ttl);
	EXPECT_EQ(self->echo.scope_id, record.c.ifindex);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(twins, link_local_reply_over_the_other_link_is_ignored)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	injector_request(self->injector0, &request);
	packet_reply(&answer, &request);
	expect_ignored(_metadata, self, "Icmp6InEchoReplies");
}

TEST_F(twins, error_about_link_local_request_over_the_other_link_is_ignored)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	injector_request(self->injector0, &request);
	packet_error(&answer, &request, WORLD_LL, ICMPV6_PARAMPROB, 1);
	expect_ignored(_metadata, self, "Icmp6InParmProblems");
}

TEST_F(twins, group_member_on_the_other_link_is_ignored)
{
	self->echo = echo_to("ff02::1");
	self->echo.scope_id = if_nametoindex("near0");
	netns_sysctl("ipv6/icmp/echo_ignore_multicast", "1");
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	injector_request(self->injector0, &request);
	packet_reply(&answer, &request);
	set_address(&answer.ip6.saddr, WORLD_LL);
	packet_seal(&answer);
	expect_ignored(_metadata, self, "Icmp6InEchoReplies");
}

/* Routes need not be symmetric; a global address is the same on every link. */
TEST_F(twins, global_reply_may_come_over_the_other_link)
{
	self->echo = echo_to(BEYOND6);
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	injector_request(self->injector0, &request);
	packet_reply(&answer, &request);
	injector_send(self->injector1, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(if_nametoindex("near1"), record.c.ifindex);
}

/* A real router and a real far host */
FIXTURE(path)
{
	struct path path;
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(path)
{
	fill_payload(payload, sizeof(payload));
	self->path = netns_path6();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with(FAR6, payload, 56);
}

FIXTURE_TEARDOWN(path)
{
	close(self->fd);
}

static void send_and_expect(struct __test_metadata *_metadata,
			    FIXTURE_DATA(path) *self, __u32 status,
			    const char *from)
{
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(status, record.c.status);
	EXPECT_STREQ(from, ipv6(record.c.from));
	EXPECT_EQ(0, record.c.flags & ICMPECHO_LOCAL);
}

TEST_F(path, far_host_answers_through_the_router)
{
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR6);
	EXPECT_EQ(63, record.c.ttl);
}

TEST_F(path, hop_limit_1_is_exceeded_at_the_router)
{
	self->echo.ttl = 1;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED,
			ROUTER6);
	EXPECT_EQ(3, record.c.type);
	EXPECT_EQ(0, record.c.code);
}

TEST_F(path, hop_limit_2_reaches_the_far_host)
{
	self->echo.ttl = 2;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR6);
}

TEST_F(path, router_without_route_reports_it)
{
	path_unroute(&self->path, "2001:db8:2::/64");
	send_and_expect(_metadata, self, ICMPECHO_STATUS_DEST_NO_ROUTE, ROUTER6);
	EXPECT_EQ(0, record.c.code);
}

TEST_F(path, router_with_unreachable_route_reports_no_route)
{
	path_route_of_type(&self->path, FAR6, RTN_UNREACHABLE);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_DEST_NO_ROUTE, ROUTER6);
}

TEST_F(path, router_with_prohibit_route_reports_it)
{
	path_route_of_type(&self->path, FAR6, RTN_PROHIBIT);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_DEST_PROHIBITED, ROUTER6);
	EXPECT_EQ(1, record.c.code);
}

TEST_F(path, blackhole_at_the_router_ends_in_a_timeout)
{
	path_route_of_type(&self->path, FAR6, RTN_BLACKHOLE);
	self->echo.timeout_ns = 20 * NS_PER_MS;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_TIMED_OUT, "::");
}

TEST_F(path, silent_host_on_link_is_reported_unreachable_by_ourselves)
{
	self->echo = echo_to("2001:db8:1::99");
	netns_sysctl("ipv6/neigh/near0/retrans_time_ms", "20");
	send_and_expect(_metadata, self, ICMPECHO_STATUS_DEST_ADDR_UNREACHABLE,
			NEAR6);
	EXPECT_EQ(3, record.c.code);
}

TEST_F(path, router_reports_its_mtu_each_time)
{
	unsigned int i;

	path_set_far_mtu(&self->path, 1300);
	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	self->echo.payload_len = 1400;
	for (i = 0; i < 3; i++) {
		send_and_expect(_metadata, self, ICMPECHO_STATUS_PACKET_TOO_BIG,
				ROUTER6);
		EXPECT_EQ(2, record.c.type);
		EXPECT_EQ(1300, record.c.info);
	}
}

/* No router fragments: the sender does, once it has been told. */
TEST_F(path, without_df_the_second_request_is_fragmented)
{
	path_set_far_mtu(&self->path, 1300);
	self->echo = echo_with(FAR6, payload, 1400);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_PACKET_TOO_BIG, ROUTER6);
	EXPECT_EQ(1300, record.c.info);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR6);
	ASSERT_EQ(1400, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), 1400));
}

TEST_F(path, df_and_exactly_our_mtu_is_answered)
{
	self->echo = echo_with(FAR6, payload, 1452);
	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR6);
}

TEST_F(path, real_neighbour_answers_on_its_link_local_address)
{
	self->echo = echo_to(ROUTER_LL);
	self->echo.scope_id = if_nametoindex("near0");
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, ROUTER_LL);
	EXPECT_EQ(self->echo.scope_id, record.c.scope_id);
}

TEST_F(path, group_reaches_a_real_member)
{
	netns_sysctl("ipv6/icmp/echo_ignore_multicast", "1");
	self->echo = echo_to("ff02::2");
	self->echo.scope_id = if_nametoindex("near0");
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, ROUTER_LL);
}

TEST_HARNESS_MAIN
