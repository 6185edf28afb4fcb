// SPDX-License-Identifier: GPL-2.0
/*
 * One request and its answer: what goes out on the wire is what was asked for,
 * and what the completion says is what came in.
 */
#include "kselftest_harness.h"

#include <net/if.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "exchange.h"
#include "poll_for.h"

FIXTURE(loopback)
{
	int fd;
};

FIXTURE_SETUP(loopback)
{
	netns_alone();
	fill_payload(payload, sizeof(payload));
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(loopback)
{
	close(self->fd);
}

TEST_F(loopback, completion_describes_the_reply)
{
	struct icmpecho_echo echo = echo_with("127.0.0.1", payload, 56);
	static const __u8 from[16] = { 127, 0, 0, 1 };

	echo.user_data = 0xfeedfacecafebeefULL;
	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(0xfeedfacecafebeefULL, record.c.user_data);
	EXPECT_EQ(echo.id, record.c.id);
	EXPECT_EQ(0, memcmp(from, record.c.from, sizeof(from)));
	EXPECT_EQ(1, record.c.ifindex);
	EXPECT_EQ(56, record.c.data_len);
	EXPECT_EQ(56, record.c.wire_len);
	EXPECT_EQ(AF_INET, record.c.family);
	EXPECT_EQ(64, record.c.ttl);
	EXPECT_EQ(0, record.c.type);
	EXPECT_EQ(0, record.c.code);
}

/* Also finds what the kernel forgot to clear. */
TEST_F(loopback, unused_members_and_padding_of_completion_are_zero)
{
	struct icmpecho_echo echo = echo_with("127.0.0.1", payload, 3);
	static const unsigned char zero[5];

	memset(&record, 0xa5, sizeof(record));
	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(sizeof(record.c), record.c.header_len);
	EXPECT_EQ(sizeof(record.c) + 8, record.c.record_len);
	EXPECT_EQ(0, record.c.scope_id);
	EXPECT_EQ(0, record.c.info);
	EXPECT_EQ(0, record.c.error);
	EXPECT_EQ(0, record.c.options_len);
	EXPECT_EQ(0, record.c.flags & ~ICMPECHO_ANSWER_DF);
	EXPECT_EQ(0, record.c.next);
	EXPECT_EQ(0, memcmp(zero, record.data + 3, sizeof(zero)));
	EXPECT_EQ(0xa5, record.data[8]);
}

TEST_F(loopback, rtt_is_positive_and_within_the_call)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	__u64 before = now_ns();

	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_LT(0, record.c.rtt_ns);
	EXPECT_LE(record.c.rtt_ns, now_ns() - before);
}

TEST_F(loopback, received_ns_is_the_wall_clock_at_arrival)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	__u64 before = clock_ns(CLOCK_REALTIME);

	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_LE(before, record.c.received_ns);
	EXPECT_LE(record.c.received_ns, clock_ns(CLOCK_REALTIME));
}

TEST_F(loopback, id_of_request_is_written_and_not_read)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");

	echo.id = 0x5555555555555555ULL;
	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	EXPECT_NE(0, echo.id);
	EXPECT_NE(0x5555555555555555ULL, echo.id);
}

TEST_F(loopback, ids_differ)
{
	struct icmpecho_echo echoes[64];
	unsigned int i, j;

	for (i = 0; i < 64; i++)
		echoes[i] = echo_to("127.0.0.1");
	ASSERT_EQ(64, echo_submit(self->fd, echoes, 64));
	for (i = 0; i < 64; i++)
		for (j = 0; j < i; j++)
			EXPECT_NE(echoes[j].id, echoes[i].id);
}

TEST_F(loopback, send_tells_the_id_too)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	struct icmpecho_send send = send_of(&echo, &record);

	ASSERT_EQ(0, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	EXPECT_NE(0, send.id);
	EXPECT_EQ(send.id, record.c.id);
}

TEST_F(loopback, completion_of_send_cannot_be_reaped)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");

	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(loopback, any_local_address_answers_as_itself)
{
	struct icmpecho_echo echo = echo_to("127.1.2.3");

	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(inet_addr("127.1.2.3"), ipv4(record.c.from));
}

TEST_F(loopback, short_capacity_truncates_and_says_so)
{
	struct icmpecho_echo echo = echo_with("127.0.0.1", payload, 1000);

	echo.reply_capacity = 10;
	memset(&record, 0xa5, sizeof(record));
	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(ICMPECHO_TRUNCATED, record.c.flags & ICMPECHO_TRUNCATED);
	EXPECT_EQ(10, record.c.data_len);
	EXPECT_EQ(1000, record.c.wire_len);
	EXPECT_EQ(0, memcmp(payload, record.data, 10));
	EXPECT_EQ(0xa5, record.data[16]);
}

TEST_F(loopback, capacity_of_exactly_the_reply_does_not_truncate)
{
	struct icmpecho_echo echo = echo_with("127.0.0.1", payload, 1000);

	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(0, record.c.flags & ICMPECHO_TRUNCATED);
	EXPECT_EQ(1000, record.c.data_len);
}

TEST_F(loopback, largest_capacity_is_accepted)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");

	echo.reply_capacity = 65535;
	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(0, record.c.data_len);
	EXPECT_EQ(sizeof(record.c), record.c.record_len);
}

/* One that serves again has the room of its last life, or none, or too little. */
TEST_F(loopback, request_of_each_size_may_follow_one_of_any_other)
{
	static const __u32 lens[] = { 0, 8, 56, 57, 600, 1400, 2048, 2049, 5000, 60000 };
	unsigned int i, n = ARRAY_SIZE(lens);

	for (i = 0; i < 2 * n * n; i++) {
		const unsigned char *sent = payload + i;
		__u32 len = lens[i % 2 ? i / 2 % n : i / 2 / n];
		struct icmpecho_echo echo = echo_with("127.0.0.1", sent, len);

		if (i % 3) {
			ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
			ASSERT_EQ(1, reap_one(self->fd, &record));
		} else {
			ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
		}
		ASSERT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
		ASSERT_EQ(len, record.c.data_len);
		ASSERT_EQ(0, memcmp(sent, record_data(&record.c), len));
		ASSERT_EQ(0, echo_used_bytes(self->fd));
	}
}

/* Payloads of all sizes come back unchanged, by SEND and by SUBMIT. */
FIXTURE(payload)
{
	int fd;
};

FIXTURE_VARIANT(payload)
{
	__u32 len;
};

FIXTURE_VARIANT_ADD(payload, of_0_bytes) { .len = 0 };
FIXTURE_VARIANT_ADD(payload, of_1_byte) { .len = 1 };
FIXTURE_VARIANT_ADD(payload, of_56_bytes) { .len = 56 };
FIXTURE_VARIANT_ADD(payload, of_1400_bytes) { .len = 1400 };
FIXTURE_VARIANT_ADD(payload, of_65507_bytes) { .len = 65507 };

FIXTURE_SETUP(payload)
{
	netns_alone();
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
	struct icmpecho_echo echo = echo_with("127.0.0.1", payload, variant->len);

	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	ASSERT_EQ(variant->len, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), variant->len));
}

TEST_F(payload, comes_back_by_reap)
{
	struct icmpecho_echo echo = echo_with("127.0.0.1", payload, variant->len);

	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	ASSERT_EQ(variant->len, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), variant->len));
}

/* The request as the world sees it, and answers as the world makes them */
FIXTURE(wire)
{
	struct exchange x;
};

FIXTURE_SETUP(wire)
{
	exchange_open(_metadata, &self->x, &ipv4_family);
}

FIXTURE_TEARDOWN(wire)
{
	exchange_close(&self->x);
}

TEST_F(wire, request_is_well_formed)
{
	struct icmphdr *icmp;

	submit_and_capture(_metadata, &self->x);
	icmp = packet_icmp(&request);
	EXPECT_EQ(20 + 8 + 56, request.len);
	EXPECT_EQ(request.len, ntohs(request.ip.tot_len));
	EXPECT_EQ(inet_addr(NEAR), request.ip.saddr);
	EXPECT_EQ(inet_addr(BEYOND), request.ip.daddr);
	EXPECT_EQ(ICMP_ECHO, icmp->type);
	EXPECT_EQ(0, icmp->code);
	EXPECT_EQ(0, internet_checksum(icmp, packet_icmp_len(&request)));
	EXPECT_EQ(0, memcmp(payload, icmp + 1, 56));
}

TEST_F(wire, odd_payload_has_a_right_checksum)
{
	self->x.echo.payload_len = 55;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(0, internet_checksum(packet_icmp(&request),
				       packet_icmp_len(&request)));
}

TEST_F(wire, own_ttl_is_on_the_wire)
{
	self->x.echo.ttl = 7;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(7, request.ip.ttl);
	self->x.echo.ttl = 255;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(255, request.ip.ttl);
}

TEST_F(wire, default_ttl_follows_the_sysctl)
{
	netns_sysctl("ipv4/ip_default_ttl", "77");
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(77, request.ip.ttl);
}

TEST_F(wire, own_tos_is_on_the_wire)
{
	self->x.echo.tos = 0xb8;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(0xb8, request.ip.tos);
}

TEST_F(wire, own_source_is_on_the_wire)
{
	link_add_address("lo", "203.0.113.5/32");
	inet_pton(AF_INET, "203.0.113.5", self->x.echo.src);
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(inet_addr("203.0.113.5"), request.ip.saddr);
}

TEST_F(wire, own_interface_wins_over_the_route)
{
	link_add_route_on_link(BEYOND, "lo");
	self->x.echo.ifindex = if_nametoindex("near0");
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(inet_addr(BEYOND), request.ip.daddr);
}

TEST_F(wire, df_is_set_only_if_asked)
{
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(0, ntohs(request.ip.frag_off));
	self->x.echo.flags = ICMPECHO_DONT_FRAGMENT;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(0x4000, ntohs(request.ip.frag_off));
}

/* The mark steers the packet: only marked traffic finds this route. */
TEST_F(wire, mark_is_seen_by_policy_routing)
{
	ip_batch("rule add fwmark 7 lookup 100\n"
		 "route add default via " WORLD " table 100\n"
		 "route add unreachable " BEYOND "\n");
	self->x.echo.mark = 7;
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(inet_addr(BEYOND), request.ip.daddr);
}

TEST_F(wire, completion_tells_ttl_tos_and_df_of_the_reply)
{
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer.ip.ttl = 33;
	answer.ip.tos = 0x28;
	answer.ip.frag_off = htons(0x4000);
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(33, record.c.ttl);
	EXPECT_EQ(0x28, record.c.tos);
	EXPECT_EQ(ICMPECHO_ANSWER_DF, record.c.flags);
	EXPECT_EQ(if_nametoindex("near0"), record.c.ifindex);
}

TEST_F(wire, reply_without_df_does_not_claim_it)
{
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(0, record.c.flags);
}

/* As Windows does it: what came back is reported, not compared. */
TEST_F(wire, reply_of_another_length_is_a_success)
{
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer.len -= 40;
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(16, record.c.data_len);
	EXPECT_EQ(16, record.c.wire_len);
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
	EXPECT_EQ(ICMPECHO_TRUNCATED, record.c.flags & ICMPECHO_TRUNCATED);
	EXPECT_EQ(0, memcmp(payload, record.data, 100));
}

TEST_F(wire, reply_with_ip_options_is_accepted_and_its_data_found)
{
	static const unsigned char nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };

	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	memmove(answer.bytes + 28, answer.bytes + 20, answer.len - 20);
	memcpy(answer.bytes + 20, nops, sizeof(nops));
	answer.len += sizeof(nops);
	answer.ip.ihl = 7;
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	ASSERT_EQ(56, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), 56));
}

/* The kernel's time of arrival counts, not the time when the program looks. */
TEST_F(wire, rtt_does_not_grow_until_the_reply_is_reaped)
{
	__u64 before = now_ns(), arrived;

	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	injector_send(self->x.injector, &answer);
	ASSERT_EQ(POLLIN, poll_for(self->x.fd, POLLIN, PATIENCE_NS / NS_PER_MS));
	arrived = now_ns();
	while (now_ns() < arrived + NS_PER_S / 10)
		usleep(10000);
	ASSERT_EQ(1, reap_one(self->x.fd, &record));
	EXPECT_LE(record.c.rtt_ns, arrived - before);
}

TEST_F(wire, stepped_wall_clock_does_not_change_rtt)
{
	struct timespec real;
	__u64 before = now_ns();

	submit_and_capture(_metadata, &self->x);
	clock_gettime(CLOCK_REALTIME, &real);
	real.tv_sec += 3600;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &real));
	packet_reply(&answer, &request);
	injector_send(self->x.injector, &answer);
	EXPECT_EQ(1, reap_one(self->x.fd, &record));
	real.tv_sec -= 3600;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &real));
	EXPECT_LT(0, record.c.rtt_ns);
	EXPECT_LE(record.c.rtt_ns, now_ns() - before);
}

TEST_F(wire, multicast_destination_is_answered_by_a_member)
{
	self->x.echo = echo_with("224.0.0.1", payload, 56);
	link_add_route_on_link("224.0.0.0/4", "near0");
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(inet_addr("224.0.0.1"), request.ip.daddr);
	packet_reply(&answer, &request);
	answer.ip.saddr = inet_addr(WORLD);
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(inet_addr(WORLD), ipv4(record.c.from));
}

TEST_F(wire, broadcast_destination_is_answered_by_a_neighbour)
{
	self->x.echo = echo_with("192.0.2.255", payload, 56);
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(inet_addr("192.0.2.255"), request.ip.daddr);
	packet_reply(&answer, &request);
	answer.ip.saddr = inet_addr(WORLD);
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(inet_addr(WORLD), ipv4(record.c.from));
}

/* A reply may come after the timeout; then it must not meet another request. */
TEST_F(wire, late_reply_is_dropped)
{
	/* Long enough to leave first, however slow the machine: else it is not sent. */
	self->x.echo.timeout_ns = NS_PER_S;
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	ASSERT_EQ(1, reap_one(self->x.fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
	self->x.echo.timeout_ns = NEVER_NS;
	submit_and_capture(_metadata, &self->x);
	injector_send(self->x.injector, &answer);
	EXPECT_EQ(0, reap_now(self->x.fd, &record));
	packet_reply(&answer, &request);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(self->x.echo.id, record.c.id);
}

TEST_F(wire, only_the_first_of_two_replies_completes)
{
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer.ip.ttl = 11;
	packet_seal(&answer);
	injector_send(self->x.injector, &answer);
	answer.ip.ttl = 22;
	packet_seal(&answer);
	injector_send(self->x.injector, &answer);
	ASSERT_EQ(1, reap_one(self->x.fd, &record));
	EXPECT_EQ(11, record.c.ttl);
	EXPECT_EQ(0, reap_now(self->x.fd, &record));
}

TEST_F(wire, replies_out_of_order_find_their_requests)
{
	static struct packet first, second;
	struct icmpecho_echo echoes[2] = { self->x.echo, self->x.echo };

	echoes[0].user_data = 1;
	echoes[1].user_data = 2;
	ASSERT_EQ(2, echo_submit(self->x.fd, echoes, 2));
	injector_request(self->x.injector, &first);
	injector_request(self->x.injector, &second);
	packet_reply(&answer, &second);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(2, record.c.user_data);
	packet_reply(&answer, &first);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(1, record.c.user_data);
}

TEST_HARNESS_MAIN
