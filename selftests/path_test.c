// SPDX-License-Identifier: GPL-2.0
/*
 * A real router and a real far host: their kernels decide what to answer, the
 * path does the fragmenting, the losing and the delaying.
 */
#include "kselftest_harness.h"

#include <linux/rtnetlink.h>

#include "icmpecho_test.h"
#include "netns.h"

static struct record record;
static unsigned char payload[65507];

FIXTURE(path)
{
	struct path path;
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(path)
{
	fill_payload(payload, sizeof(payload));
	self->path = netns_path();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with(FAR, payload, 56);
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
	EXPECT_EQ(inet_addr(from), ipv4(record.c.from))
		TH_LOG("expected %s", from);
}

TEST_F(path, far_host_answers_through_the_router)
{
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	EXPECT_EQ(63, record.c.ttl);
	EXPECT_EQ(56, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), 56));
}

TEST_F(path, ttl_1_expires_at_the_router)
{
	self->echo.ttl = 1;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT,
			ROUTER);
	EXPECT_EQ(11, record.c.type);
	EXPECT_EQ(0, record.c.code);
}

TEST_F(path, ttl_2_reaches_the_far_host)
{
	self->echo.ttl = 2;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
}

TEST_F(path, router_without_route_reports_net_unreachable)
{
	path_unroute(&self->path, "198.51.100.0/24");
	send_and_expect(_metadata, self, ICMPECHO_STATUS_DEST_NET_UNREACHABLE,
			ROUTER);
}

TEST_F(path, router_with_unreachable_route_reports_host_unreachable)
{
	path_route_of_type(&self->path, FAR, RTN_UNREACHABLE);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE,
			ROUTER);
}

TEST_F(path, router_with_prohibit_route_reports_it)
{
	path_route_of_type(&self->path, FAR, RTN_PROHIBIT);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE,
			ROUTER);
	EXPECT_EQ(13, record.c.code);
}

TEST_F(path, blackhole_at_the_router_ends_in_a_timeout)
{
	path_route_of_type(&self->path, FAR, RTN_BLACKHOLE);
	self->echo.timeout_ns = 20 * NS_PER_MS;
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
}

TEST_F(path, silent_host_on_link_is_reported_unreachable_by_ourselves)
{
	self->echo = echo_to("192.0.2.99");
	netns_sysctl("ipv4/icmp_ratemask", "0");
	netns_sysctl("ipv4/neigh/near0/retrans_time_ms", "20");
	send_and_expect(_metadata, self, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE,
			NEAR);
	EXPECT_EQ(0, record.c.flags & ICMPECHO_LOCAL);
}

TEST_F(path, large_request_and_reply_are_fragmented_and_whole)
{
	self->echo = echo_with(FAR, payload, 65507);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	ASSERT_EQ(65507, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), 65507));
}

TEST_F(path, router_reports_its_mtu_each_time)
{
	unsigned int i;

	path_set_far_mtu(&self->path, 1300);
	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	self->echo.payload_len = 1400;
	for (i = 0; i < 3; i++) {
		send_and_expect(_metadata, self, ICMPECHO_STATUS_PACKET_TOO_BIG,
				ROUTER);
		EXPECT_EQ(1300, record.c.info);
		EXPECT_EQ(0, record.c.flags & ICMPECHO_LOCAL);
	}
}

TEST_F(path, without_df_the_router_fragments)
{
	path_set_far_mtu(&self->path, 1300);
	self->echo = echo_with(FAR, payload, 1400);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	EXPECT_EQ(1400, record.c.data_len);
}

TEST_F(path, df_and_more_than_our_own_mtu_fails_locally)
{
	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	self->echo.payload_len = 1473;
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_PACKET_TOO_BIG, record.c.status);
	EXPECT_EQ(ICMPECHO_LOCAL, record.c.flags & ICMPECHO_LOCAL);
	EXPECT_EQ(EMSGSIZE, record.c.error);
}

TEST_F(path, df_and_exactly_our_mtu_is_answered)
{
	self->echo = echo_with(FAR, payload, 1472);
	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
}

TEST_F(path, multicast_reaches_a_real_member)
{
	self->echo = echo_to("224.0.0.1");
	netns_enter(self->path.router);
	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	netns_enter(self->path.near);
	link_add_route_on_link("224.0.0.0/4", "near0");
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, ROUTER);
}

TEST_F(path, broadcast_reaches_a_real_neighbour)
{
	self->echo = echo_to("192.0.2.255");
	netns_enter(self->path.router);
	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	netns_enter(self->path.near);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, ROUTER);
}

/* The delay is the path's, so the measured time cannot be less. */
TEST_F(path, rtt_is_at_least_the_delay_of_the_path)
{
	netns_enter(self->path.far);
	tc_batch("qdisc add dev far0 root netem delay 50ms\n");
	netns_enter(self->path.near);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	EXPECT_LE(50 * NS_PER_MS, record.c.rtt_ns);
}

/*
 * A path that loses, doubles and reorders: each request still has exactly one
 * end, and whatever was answered was answered with its own payload.
 */
#define BATCH 200

static void submit_numbered(struct __test_metadata *_metadata, int fd,
			    const struct icmpecho_echo *echo)
{
	static __u32 numbers[BATCH];
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		struct icmpecho_echo e = *echo;

		numbers[i] = i;
		e.user_data = i;
		e.payload = u64_ptr(&numbers[i]);
		e.payload_len = sizeof(numbers[i]);
		e.reply_capacity = sizeof(numbers[i]);
		e.timeout_ns = NS_PER_S;
		ASSERT_EQ(1, echo_submit(fd, &e, 1));
	}
}

TEST_F(path, lossy_doubling_reordering_path_gives_each_request_one_end)
{
	unsigned int i, answered = 0;
	bool seen[BATCH] = {};

	netns_enter(self->path.far);
	tc_batch("qdisc add dev far0 root netem delay 20ms 15ms loss 20%% duplicate 30%%\n");
	netns_enter(self->path.near);
	submit_numbered(_metadata, self->fd, &self->echo);
	for (i = 0; i < BATCH; i++) {
		ASSERT_EQ(1, reap_one(self->fd, &record));
		ASSERT_GT(BATCH, record.c.user_data);
		EXPECT_FALSE(seen[record.c.user_data]);
		seen[record.c.user_data] = true;
		if (record.c.status != ICMPECHO_STATUS_SUCCESS)
			continue;
		answered++;
		EXPECT_EQ(record.c.user_data, *(__u32 *)record.data);
	}
	EXPECT_EQ(0, reap_now(self->fd, &record));
	EXPECT_LT(BATCH / 2, answered);
	EXPECT_GT(BATCH, answered);
}

TEST_HARNESS_MAIN
