// SPDX-License-Identifier: GPL-2.0
/*
 * IP options: those of a request on the wire, those of its answer in the
 * completion, what routers make of them, and who may use which.
 */
#include "kselftest_harness.h"

#include <sched.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "exchange.h"
#include "rights.h"

#define END	0
#define NOP	1
#define RECORD_ROUTE	7
#define TIMESTAMP	68
#define LOOSE_ROUTE	131
#define STRICT_ROUTE	137

#define MAX_OPTIONS	40

static void set_options(struct icmpecho_echo *echo, const void *options,
			unsigned int len)
{
	echo->options = u64_ptr(options);
	echo->options_len = len;
}

/* The options of a packet */
static const unsigned char *packet_options(const struct packet *packet)
{
	return packet->bytes + sizeof(packet->ip);
}

static unsigned int packet_options_len(const struct packet *packet)
{
	return packet->ip.ihl * 4 - sizeof(packet->ip);
}

static void put_address(unsigned char *p, const char *dotted)
{
	in_addr_t address = inet_addr(dotted);

	memcpy(p, &address, sizeof(address));
}

static const char *address_at(const unsigned char *p)
{
	static char text[INET_ADDRSTRLEN];

	return inet_ntop(AF_INET, p, text, sizeof(text));
}

/* The world sees the options, and answers with any. */

/* Give @answer these options; @len is a multiple of 4. */
static void insert_options(const void *options, unsigned int len)
{
	memmove(answer.bytes + 20 + len, answer.bytes + 20, answer.len - 20);
	memcpy(answer.bytes + 20, options, len);
	answer.len += len;
	answer.ip.ihl += len / 4;
	packet_seal(&answer);
}

static const unsigned char nops[MAX_OPTIONS] = {
	[0 ... MAX_OPTIONS - 1] = NOP,
};

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

TEST_F(wire, options_of_any_length_are_on_the_wire_and_padded_with_zeros)
{
	static const unsigned char zeros[3];
	unsigned int len, padded;

	for (len = 1; len <= MAX_OPTIONS; len++) {
		set_options(&self->x.echo, nops, len);
		submit_and_capture(_metadata, &self->x);
		padded = (len + 3) & ~3;
		ASSERT_EQ(padded, packet_options_len(&request));
		EXPECT_EQ(0, memcmp(nops, packet_options(&request), len));
		EXPECT_EQ(0, memcmp(zeros, packet_options(&request) + len,
				    padded - len));
		EXPECT_EQ(20 + padded + 8 + 56, request.len);
		EXPECT_EQ(0, memcmp(payload, packet_icmp(&request) + 1, 56));
	}
}

TEST_F(wire, request_without_options_has_none)
{
	set_options(&self->x.echo, nops, 8);
	submit_and_capture(_metadata, &self->x);
	set_options(&self->x.echo, NULL, 0);
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(0, packet_options_len(&request));
}

TEST_F(wire, record_route_leaves_with_our_own_address)
{
	unsigned char options[12] = { RECORD_ROUTE, 11, 4 };
	static const unsigned char zeros[5];

	set_options(&self->x.echo, options, 11);
	submit_and_capture(_metadata, &self->x);
	ASSERT_EQ(12, packet_options_len(&request));
	EXPECT_EQ(RECORD_ROUTE, packet_options(&request)[0]);
	EXPECT_EQ(11, packet_options(&request)[1]);
	EXPECT_EQ(8, packet_options(&request)[2]);
	EXPECT_STREQ(NEAR, address_at(packet_options(&request) + 3));
	EXPECT_EQ(0, memcmp(zeros, packet_options(&request) + 7, 5));
}

/* Any option that the kernel does not know goes out as it is. */
TEST_F(wire, unknown_option_is_sent_as_given)
{
	static const unsigned char options[8] = { 0x5e, 7, 1, 2, 3, 4, 5, NOP };

	set_options(&self->x.echo, options, sizeof(options));
	submit_and_capture(_metadata, &self->x);
	ASSERT_EQ(8, packet_options_len(&request));
	EXPECT_EQ(0, memcmp(options, packet_options(&request), 8));
}

/* The first hop is where the packet goes, the destination ends the list. */
static void expect_source_route(struct __test_metadata *_metadata,
				FIXTURE_DATA(wire) *self, unsigned char type)
{
	unsigned char options[16] = { NOP, type, 15, 4 };
	unsigned int len;

	put_address(options + 4, WORLD);
	put_address(options + 8, "203.0.113.7");
	put_address(options + 12, BEYOND);
	set_options(&self->x.echo, options, sizeof(options));
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(inet_addr(WORLD), request.ip.daddr);
	EXPECT_EQ(type, packet_options(&request)[1]);
	EXPECT_EQ(4, packet_options(&request)[3]);
	EXPECT_STREQ("203.0.113.7", address_at(packet_options(&request) + 4));
	len = packet_options(&request)[2];
	EXPECT_STREQ(BEYOND, address_at(packet_options(&request) + 1 + len - 4));
}

TEST_F(wire, loose_source_route_leads_over_its_hops_to_the_destination)
{
	expect_source_route(_metadata, self, LOOSE_ROUTE);
}

TEST_F(wire, strict_source_route_leads_over_its_hops_to_the_destination)
{
	expect_source_route(_metadata, self, STRICT_ROUTE);
}

TEST_F(wire, options_of_the_reply_come_back_and_its_data_behind_them)
{
	static const unsigned char options[12] = { NOP, 0x5e, 10, 9, 8, 7, 6, 5, 4, 3, 2, END };
	static const unsigned char zeros[4];

	set_options(&self->x.echo, nops, 4);
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	insert_options(options, sizeof(options));
	memset(&record, 0xa5, sizeof(record));
	answer_and_reap(_metadata, &self->x);
	ASSERT_EQ(12, record.c.options_len);
	EXPECT_EQ(sizeof(record.c) + 16 + 56, record.c.record_len);
	EXPECT_EQ(0, memcmp(options, record_options(&record.c), 12));
	EXPECT_EQ(0, memcmp(zeros, record.data + 12, 4));
	ASSERT_EQ(56, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), 56));
	EXPECT_EQ(0, memcmp(payload, record.data + 16, 56));
}

TEST_F(wire, reply_without_options_has_none)
{
	set_options(&self->x.echo, nops, 40);
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(0, record.c.options_len);
	EXPECT_EQ(sizeof(record.c) + 56, record.c.record_len);
	EXPECT_EQ(0, memcmp(payload, record.data, 56));
}

TEST_F(wire, options_come_back_only_to_requests_with_options)
{
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	insert_options(nops, 40);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(0, record.c.options_len);
	EXPECT_EQ(sizeof(record.c) + 56, record.c.record_len);
	EXPECT_EQ(0, memcmp(payload, record.data, 56));
}

TEST_F(wire, most_options_come_back_whole)
{
	unsigned int i;

	for (i = 4; i <= 40; i += 4) {
		set_options(&self->x.echo, nops, 1);
		submit_and_capture(_metadata, &self->x);
		packet_reply(&answer, &request);
		insert_options(nops, i);
		answer_and_reap(_metadata, &self->x);
		ASSERT_EQ(i, record.c.options_len);
		EXPECT_EQ(0, memcmp(nops, record_options(&record.c), i));
		EXPECT_EQ(0, memcmp(payload, record_data(&record.c), 56));
	}
}

TEST_F(wire, no_capacity_for_data_still_brings_the_options)
{
	set_options(&self->x.echo, nops, 4);
	self->x.echo.reply_capacity = 0;
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	insert_options(nops, 8);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(8, record.c.options_len);
	EXPECT_EQ(0, record.c.data_len);
	EXPECT_EQ(sizeof(record.c) + 8, record.c.record_len);
}

TEST_F(wire, options_of_an_error_come_back_too)
{
	set_options(&self->x.echo, nops, 8);
	self->x.echo.flags = ICMPECHO_QUOTE;
	submit_and_capture(_metadata, &self->x);
	packet_error(&answer, &request, "203.0.113.1", ICMP_TIME_EXCEEDED, 0);
	insert_options(nops, 12);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, record.c.status);
	ASSERT_EQ(12, record.c.options_len);
	EXPECT_EQ(0, memcmp(nops, record_options(&record.c), 12));
	ASSERT_EQ(28 + 8, record.c.data_len);
	EXPECT_EQ(0, memcmp(request.bytes, record_data(&record.c), 36));
}

/* On its way the packet names a hop, not what we call its destination. */
TEST_F(wire, error_about_a_source_routed_request_may_quote_a_hop)
{
	unsigned char options[12] = { NOP, LOOSE_ROUTE, 11, 4 };

	put_address(options + 4, WORLD);
	put_address(options + 8, BEYOND);
	set_options(&self->x.echo, options, sizeof(options));
	submit_and_capture(_metadata, &self->x);
	EXPECT_EQ(inet_addr(WORLD), request.ip.daddr);
	packet_error(&answer, &request, WORLD, ICMP_DEST_UNREACH, ICMP_SR_FAILED);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_BAD_ROUTE, record.c.status);
	EXPECT_EQ(inet_addr(WORLD), ipv4(record.c.from));
}

TEST_F(wire, reply_from_a_hop_of_the_source_route_is_ignored)
{
	unsigned char options[12] = { NOP, LOOSE_ROUTE, 11, 4 };

	put_address(options + 4, WORLD);
	put_address(options + 8, BEYOND);
	set_options(&self->x.echo, options, sizeof(options));
	submit_and_capture(_metadata, &self->x);
	packet_reply(&answer, &request);
	EXPECT_EQ(inet_addr(WORLD), answer.ip.saddr);
	injector_send(self->x.injector, &answer);
	answer.ip.saddr = inet_addr(BEYOND);
	answer.ip.ttl = 33;
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(33, record.c.ttl);
}

/* SEND: the buffer must have room for all options there could be. */
FIXTURE(loopback)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(loopback)
{
	netns_alone();
	fill_payload(payload, sizeof(payload));
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with("127.0.0.1", payload, 56);
}

FIXTURE_TEARDOWN(loopback)
{
	close(self->fd);
}

TEST_F(loopback, info_tells_of_options)
{
	struct icmpecho_info info;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	EXPECT_TRUE(info.features & ICMPECHO_FEATURE_OPTIONS);
}

TEST_F(loopback, send_into_buffer_without_room_for_40_bytes_of_options_is_enospc)
{
	struct icmpecho_send send = send_of(&self->echo, &record);

	set_options(&self->echo, nops, 4);
	send.buffer_len = sizeof(record.c) + 40 + 56 - 1;
	EXPECT_EQ(-ENOSPC, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	send.buffer_len++;
	EXPECT_EQ(0, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(loopback, more_than_40_bytes_are_einval)
{
	static const unsigned char many[44];

	set_options(&self->echo, many, 41);
	EXPECT_EQ(-EINVAL, echo_submit(self->fd, &self->echo, 1));
	set_options(&self->echo, many, 0xffff);
	EXPECT_EQ(-EINVAL, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(loopback, pointer_without_length_is_einval)
{
	set_options(&self->echo, nops, 0);
	EXPECT_EQ(-EINVAL, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(loopback, options_from_nowhere_are_efault)
{
	set_options(&self->echo, (void *)16, 8);
	EXPECT_EQ(-EFAULT, echo_submit(self->fd, &self->echo, 1));
	set_options(&self->echo, NULL, 8);
	EXPECT_EQ(-EFAULT, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(loopback, options_and_payload_that_fill_a_packet_come_back)
{
	self->echo = echo_with("127.0.0.1", payload, 65507 - 40);
	set_options(&self->echo, nops, 40);
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	ASSERT_EQ(65507 - 40, record.c.data_len);
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), record.c.data_len));
}

TEST_F(loopback, options_and_payload_beyond_a_packet_are_too_big)
{
	self->echo = echo_with("127.0.0.1", payload, 65507 - 39);
	set_options(&self->echo, nops, 40);
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_PACKET_TOO_BIG, record.c.status);
	EXPECT_EQ(ICMPECHO_LOCAL, record.c.flags);
	EXPECT_EQ(EMSGSIZE, record.c.error);
}

/* Options that contradict themselves: as Windows, a status and no refusal. */
FIXTURE(malformed)
{
	int fd;
};

FIXTURE_VARIANT(malformed)
{
	unsigned char options[MAX_OPTIONS];
	unsigned int len;
};

#define MALFORMED(name, ...)						\
	FIXTURE_VARIANT_ADD(malformed, name)				\
	{								\
		.options = { __VA_ARGS__ },				\
		.len = sizeof((unsigned char []){ __VA_ARGS__ }),	\
	}

MALFORMED(without_length, RECORD_ROUTE);
MALFORMED(with_length_0, RECORD_ROUTE, 0, 4, 0);
MALFORMED(with_length_1, RECORD_ROUTE, 1, 4, 0);
MALFORMED(with_length_beyond_the_end, RECORD_ROUTE, 11, 4, 0, 0, 0, 0);
MALFORMED(unknown_with_length_beyond_the_end, 0x5e, 9, 0, 0);
MALFORMED(record_route_without_pointer, RECORD_ROUTE, 2, NOP, NOP);
MALFORMED(record_route_with_pointer_3, RECORD_ROUTE, 7, 3, 0, 0, 0, 0, END);
MALFORMED(record_route_with_a_piece_of_room, RECORD_ROUTE, 6, 4, 0, 0, 0);
MALFORMED(record_route_twice, RECORD_ROUTE, 7, 4, 0, 0, 0, 0,
	  RECORD_ROUTE, 7, 4, 0, 0, 0, 0);
MALFORMED(timestamp_without_flags, TIMESTAMP, 3, 5, NOP);
MALFORMED(timestamp_with_pointer_4, TIMESTAMP, 8, 4, 0, 0, 0, 0, 0);
MALFORMED(timestamp_with_a_piece_of_room, TIMESTAMP, 7, 5, 0, 0, 0, 0, END);
MALFORMED(timestamp_and_address_with_room_for_one, TIMESTAMP, 8, 5, 1, 0, 0, 0, 0);
MALFORMED(loose_route_without_hop, LOOSE_ROUTE, 3, 4, END);
MALFORMED(loose_route_with_a_piece_of_a_hop, LOOSE_ROUTE, 6, 4, 127, 0, 0, END, END);
MALFORMED(loose_route_with_pointer_8, LOOSE_ROUTE, 11, 8, 127, 0, 0, 1, 127, 0, 0, 1, END);
MALFORMED(strict_route_with_pointer_3, STRICT_ROUTE, 7, 3, 127, 0, 0, 1, END);
MALFORMED(two_source_routes, LOOSE_ROUTE, 7, 4, 127, 0, 0, 1,
	  STRICT_ROUTE, 7, 4, 127, 0, 0, 1);

FIXTURE_SETUP(malformed)
{
	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(malformed)
{
	close(self->fd);
}

TEST_F(malformed, options_complete_as_bad_option)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");

	set_options(&echo, variant->options, variant->len);
	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_BAD_OPTION, record.c.status);
	EXPECT_EQ(ICMPECHO_LOCAL, record.c.flags);
	EXPECT_EQ(EBADMSG, record.c.error);
	EXPECT_EQ(0, record.c.options_len);
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
	/* Also not a trace in what follows. */
	set_options(&echo, NULL, 0);
	ASSERT_EQ(0, echo_send(self->fd, &echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

/* A real router and a real far host fill the options in. */
FIXTURE(path)
{
	struct path path;
	int fd;
	struct icmpecho_echo echo;
};

static void accept_source_routes(int ns)
{
	netns_enter(ns);
	netns_sysctl("ipv4/conf/all/accept_source_route", "1");
}

FIXTURE_SETUP(path)
{
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
	EXPECT_EQ(inet_addr(from), ipv4(record.c.from));
}

/* Each host enters itself as it sends; the far one also as it receives. */
TEST_F(path, record_route_brings_all_hops_there_and_back)
{
	static const char *const hops[] = {
		NEAR, ROUTER_FAR, FAR, FAR, ROUTER, NEAR
	};
	unsigned char options[MAX_OPTIONS] = { RECORD_ROUTE, 39, 4 };
	const unsigned char *got;
	unsigned int i;

	set_options(&self->echo, options, sizeof(options));
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	ASSERT_EQ(40, record.c.options_len);
	got = record_options(&record.c);
	EXPECT_EQ(RECORD_ROUTE, got[0]);
	EXPECT_EQ(39, got[1]);
	EXPECT_EQ(4 + 6 * 4, got[2]);
	for (i = 0; i < 6; i++)
		EXPECT_STREQ(hops[i], address_at(got + 3 + 4 * i));
	for (i = 3 + 24; i < 40; i++)
		EXPECT_EQ(0, got[i]);
}

TEST_F(path, record_route_comes_back_with_an_error)
{
	unsigned char options[MAX_OPTIONS] = { RECORD_ROUTE, 39, 4 };
	const unsigned char *got;

	set_options(&self->echo, options, sizeof(options));
	self->echo.ttl = 1;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT,
			ROUTER);
	ASSERT_EQ(40, record.c.options_len);
	got = record_options(&record.c);
	EXPECT_EQ(RECORD_ROUTE, got[0]);
	EXPECT_STREQ(NEAR, address_at(got + 3));
	EXPECT_STREQ(ROUTER, address_at(got + 7));
}

/* Milliseconds since midnight, as all namespaces have the same clock */
static __u32 stamp_at(const unsigned char *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void expect_stamp(struct __test_metadata *_metadata, const unsigned char *p,
			 __u64 before_ns)
{
	const __u32 day = 24 * 3600 * 1000;
	__u32 before = before_ns / NS_PER_MS % day;
	__u32 after = clock_ns(CLOCK_REALTIME) / NS_PER_MS % day;
	__u32 stamp = stamp_at(p);

	if (after < before) {	/* midnight is between */
		EXPECT_TRUE(before <= stamp || stamp <= after);
	} else {
		EXPECT_LE(before, stamp);
		EXPECT_LE(stamp, after);
	}
}

TEST_F(path, timestamps_of_all_hops_come_back)
{
	unsigned char options[MAX_OPTIONS] = { TIMESTAMP, 40, 5, 0 };
	__u64 before = clock_ns(CLOCK_REALTIME);
	const unsigned char *got;
	unsigned int i;

	set_options(&self->echo, options, sizeof(options));
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	ASSERT_EQ(40, record.c.options_len);
	got = record_options(&record.c);
	EXPECT_EQ(TIMESTAMP, got[0]);
	EXPECT_EQ(0, got[3]);
	ASSERT_LE(5 + 4 * 4, got[2]);
	for (i = 5; i < got[2]; i += 4)
		expect_stamp(_metadata, got + i - 1, before);
}

TEST_F(path, timestamps_and_addresses_of_all_hops_come_back)
{
	static const char *const hops[] = { NEAR, ROUTER, FAR, FAR };
	unsigned char options[36] = { TIMESTAMP, 36, 5, 1 };
	__u64 before = clock_ns(CLOCK_REALTIME);
	const unsigned char *got;
	unsigned int i;

	set_options(&self->echo, options, sizeof(options));
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	ASSERT_EQ(36, record.c.options_len);
	got = record_options(&record.c);
	/* Four fit, and the others are counted: router and near. */
	EXPECT_EQ(37, got[2]);
	EXPECT_EQ(2 << 4 | 1, got[3]);
	for (i = 0; i < 4; i++) {
		EXPECT_STREQ(hops[i], address_at(got + 4 + 8 * i));
		expect_stamp(_metadata, got + 8 + 8 * i, before);
	}
}

TEST_F(path, timestamps_of_prescribed_hops_come_back)
{
	unsigned char options[20] = { TIMESTAMP, 20, 5, 3 };
	__u64 before = clock_ns(CLOCK_REALTIME);
	const unsigned char *got;

	put_address(options + 4, ROUTER);
	put_address(options + 12, FAR);
	set_options(&self->echo, options, sizeof(options));
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	ASSERT_EQ(20, record.c.options_len);
	got = record_options(&record.c);
	EXPECT_EQ(21, got[2]);
	EXPECT_STREQ(ROUTER, address_at(got + 4));
	expect_stamp(_metadata, got + 8, before);
	EXPECT_STREQ(FAR, address_at(got + 12));
	expect_stamp(_metadata, got + 16, before);
}

static void set_source_route(FIXTURE_DATA(path) *self, unsigned char *options,
			     unsigned char type)
{
	options[0] = NOP;
	options[1] = type;
	options[2] = 11;
	options[3] = 4;
	put_address(options + 4, ROUTER);
	put_address(options + 8, FAR);
	set_options(&self->echo, options, 12);
}

/* There is no other route to the far host than that of the options. */
static void follow_source_route(struct __test_metadata *_metadata,
				FIXTURE_DATA(path) *self, unsigned char type)
{
	unsigned char options[12];

	accept_source_routes(self->path.router);
	accept_source_routes(self->path.far);
	accept_source_routes(self->path.near);
	link_del_route(ALL);
	set_source_route(self, options, type);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_SUCCESS, FAR);
	ASSERT_LE(8, record.c.options_len);
	EXPECT_EQ(type, *(unsigned char *)record_options(&record.c));
	EXPECT_EQ(0, memcmp(payload, record_data(&record.c), 56));
}

TEST_F(path, loose_source_route_leads_through_the_router)
{
	follow_source_route(_metadata, self, LOOSE_ROUTE);
}

TEST_F(path, strict_source_route_leads_through_the_router)
{
	follow_source_route(_metadata, self, STRICT_ROUTE);
}

TEST_F(path, source_route_that_the_router_does_not_accept_ends_in_a_timeout)
{
	unsigned char options[12];

	netns_enter(self->path.router);
	netns_sysctl("ipv4/conf/all/accept_source_route", "0");
	netns_enter(self->path.near);
	set_source_route(self, options, LOOSE_ROUTE);
	self->echo.timeout_ns = 50 * NS_PER_MS;
	send_and_expect(_metadata, self, ICMPECHO_STATUS_TIMED_OUT, "0.0.0.0");
}

/* Beyond far there is a net, to which the router has no direct link. */
TEST_F(path, strict_source_route_that_skips_a_hop_fails_at_the_router)
{
	unsigned char options[12];

	accept_source_routes(self->path.router);
	link_add_route("203.0.113.0/24", FAR);
	netns_enter(self->path.near);
	set_source_route(self, options, STRICT_ROUTE);
	put_address(options + 8, "203.0.113.7");
	inet_pton(AF_INET, "203.0.113.7", self->echo.dst);
	send_and_expect(_metadata, self, ICMPECHO_STATUS_BAD_ROUTE, ROUTER);
	EXPECT_EQ(3, record.c.type);
	EXPECT_EQ(5, record.c.code);
}

/* Rights: a source route needs CAP_NET_RAW of the opener and of the caller. */

FIXTURE(privilege)
{
	struct icmpecho_echo echo;
};

FIXTURE_VARIANT(privilege)
{
	unsigned char options[12];
};

FIXTURE_VARIANT_ADD(privilege, loose_route)
{
	.options = { LOOSE_ROUTE, 7, 4, 127, 0, 0, 1, END },
};

FIXTURE_VARIANT_ADD(privilege, strict_route)
{
	.options = { STRICT_ROUTE, 7, 4, 127, 0, 0, 1, END },
};

FIXTURE_VARIANT_ADD(privilege, route_behind_another_option)
{
	.options = { 0x5e, 4, 0, 0, NOP, LOOSE_ROUTE, 7, 4, 127, 0, 0, 1 },
};

FIXTURE_SETUP(privilege)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->echo = echo_to("127.0.0.1");
	set_options(&self->echo, variant->options, sizeof(variant->options));
}

FIXTURE_TEARDOWN(privilege)
{
}

TEST_F(privilege, is_granted_with_cap_net_raw)
{
	EXPECT_EQ(1, echo_submit(echo_open(), &self->echo, 1));
}

TEST_F(privilege, is_eperm_for_opener_without_cap_net_raw)
{
	int fd;

	capset_net_raw(false, true);
	fd = echo_open();
	ASSERT_LE(0, fd);
	capset_net_raw(true, true);
	EXPECT_EQ(-EPERM, echo_submit(fd, &self->echo, 1));
	EXPECT_EQ(-EPERM, echo_send(fd, &self->echo, &record));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(privilege, is_eperm_for_caller_without_cap_net_raw)
{
	int fd = echo_open();

	ASSERT_LE(0, fd);
	capset_net_raw(false, false);
	EXPECT_EQ(-EPERM, echo_submit(fd, &self->echo, 1));
	EXPECT_EQ(-EPERM, echo_send(fd, &self->echo, &record));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(privilege, is_eperm_for_root_of_another_user_namespace)
{
	int fd = echo_open();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_EQ(-EPERM, echo_submit(fd, &self->echo, 1));
}

TEST_F(privilege, other_options_do_not_need_it)
{
	unsigned char record_route[8] = { RECORD_ROUTE, 7, 4 };
	int fd;

	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	capset_net_raw(false, false);
	fd = echo_open();
	ASSERT_LE(0, fd);
	set_options(&self->echo, record_route, 8);
	EXPECT_EQ(0, echo_send(fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_HARNESS_MAIN
