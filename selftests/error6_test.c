// SPDX-License-Identifier: GPL-2.0
/*
 * ICMPv6 errors about our requests: which status each type and code becomes,
 * what the completion tells about them, and what may stand between the quoted
 * IPv6 header and our echo request. The twin of error_test.c.
 */
#include "kselftest_harness.h"

#include "icmpecho_test.h"
#include "netns6.h"
#include "inject.h"

/* The router that reports the errors. */
#define REPORTER "2001:db8:5::1"

static struct record record;
static struct packet request, answer;
static unsigned char payload[256];

static void setup(struct __test_metadata *_metadata, int *fd, int *injector)
{
	struct pair pair = netns_pair6();

	fill_payload(payload, sizeof(payload));
	*injector = injector_open(pair.world, "world0", AF_INET6);
	*fd = echo_open();
	ASSERT_LE(0, *fd);
}

FIXTURE(status)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(status)
{
	int type;
	int code;
	__u32 status;
};

#define STATUS(name, type_, code_, status_)			\
	FIXTURE_VARIANT_ADD(status, name)			\
	{							\
		.type = type_,					\
		.code = code_,					\
		.status = ICMPECHO_STATUS_##status_,		\
	}

STATUS(of_no_route, 1, 0, DEST_NO_ROUTE);
STATUS(of_prohibited, 1, 1, DEST_PROHIBITED);
STATUS(of_beyond_scope, 1, 2, DEST_SCOPE_MISMATCH);
STATUS(of_address_unreachable, 1, 3, DEST_ADDR_UNREACHABLE);
STATUS(of_port_unreachable, 1, 4, DEST_PORT_UNREACHABLE);
STATUS(of_source_policy, 1, 5, ICMP_ERROR);
STATUS(of_reject_route, 1, 6, DEST_UNREACHABLE);
STATUS(of_source_routing_header, 1, 7, BAD_HEADER);
STATUS(of_unknown_unreachable_code, 1, 99, DEST_ADDR_UNREACHABLE);
STATUS(of_packet_too_big, 2, 0, PACKET_TOO_BIG);
STATUS(of_packet_too_big_with_a_code, 2, 1, PACKET_TOO_BIG);
STATUS(of_hop_limit_exceeded, 3, 0, HOP_LIMIT_EXCEEDED);
STATUS(of_reassembly_time_exceeded, 3, 1, REASSEMBLY_TIME_EXCEEDED);
STATUS(of_unknown_time_exceeded_code, 3, 2, TIME_EXCEEDED);
STATUS(of_erroneous_header, 4, 0, PARAMETER_PROBLEM);
STATUS(of_unknown_next_header, 4, 1, PARAMETER_PROBLEM);
STATUS(of_unknown_option, 4, 2, PARAMETER_PROBLEM);

FIXTURE_SETUP(status)
{
	setup(_metadata, &self->fd, &self->injector);
}

FIXTURE_TEARDOWN(status)
{
	close(self->fd);
}

TEST_F(status, names_the_error_and_its_sender)
{
	struct icmpecho_echo echo = echo_with(BEYOND6, payload, 56);

	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	injector_request(self->injector, &request);
	packet_error(&answer, &request, REPORTER, variant->type, variant->code);
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(variant->status, record.c.status);
	EXPECT_EQ(variant->type, record.c.type);
	EXPECT_EQ(variant->code, record.c.code);
	EXPECT_STREQ(REPORTER, ipv6(record.c.from));
	EXPECT_EQ(0, record.c.flags);
	EXPECT_EQ(0, record.c.error);
	EXPECT_LT(0, record.c.rtt_ns);
}

FIXTURE(report)
{
	int fd;
	int injector;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(report)
{
	setup(_metadata, &self->fd, &self->injector);
	self->echo = echo_with(BEYOND6, payload, 100);
}

FIXTURE_TEARDOWN(report)
{
	close(self->fd);
}

/* Submit the request and prepare an error about it in @answer. */
static void provoke(struct __test_metadata *_metadata, FIXTURE_DATA(report) *self,
		    int type, int code)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	injector_request(self->injector, &request);
	packet_error(&answer, &request, REPORTER, type, code);
}

static void deliver(struct __test_metadata *_metadata, FIXTURE_DATA(report) *self)
{
	packet_seal(&answer);
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(answer.ip6.hop_limit, record.c.ttl);
}

TEST_F(report, packet_too_big_tells_the_mtu)
{
	provoke(_metadata, self, ICMPV6_PKT_TOOBIG, 0);
	packet_icmp(&answer)->un.gateway = htonl(1280);
	deliver(_metadata, self);
	EXPECT_EQ(1280, record.c.info);
}

/* An MTU and a pointer have four bytes in ICMPv6. */
TEST_F(report, large_mtu_is_told_whole)
{
	provoke(_metadata, self, ICMPV6_PKT_TOOBIG, 0);
	packet_icmp(&answer)->un.gateway = htonl(0x12345678);
	deliver(_metadata, self);
	EXPECT_EQ(0x12345678, record.c.info);
}

TEST_F(report, parameter_problem_tells_the_pointer)
{
	provoke(_metadata, self, ICMPV6_PARAMPROB, 1);
	packet_icmp(&answer)->un.gateway = htonl(0x01020306);
	deliver(_metadata, self);
	EXPECT_EQ(0x01020306, record.c.info);
}

TEST_F(report, other_errors_have_no_info)
{
	provoke(_metadata, self, ICMPV6_DEST_UNREACH, 3);
	packet_icmp(&answer)->un.gateway = 0xffffffff;
	deliver(_metadata, self);
	EXPECT_EQ(0, record.c.info);
	provoke(_metadata, self, ICMPV6_TIME_EXCEED, 0);
	packet_icmp(&answer)->un.gateway = 0xffffffff;
	deliver(_metadata, self);
	EXPECT_EQ(0, record.c.info);
}

TEST_F(report, hop_limit_and_traffic_class_are_those_of_the_error)
{
	provoke(_metadata, self, ICMPV6_TIME_EXCEED, 0);
	answer.ip6.hop_limit = 201;
	answer.bytes[0] = 0x6c;
	deliver(_metadata, self);
	EXPECT_EQ(201, record.c.ttl);
	EXPECT_EQ(0xc0, record.c.tos);
}

TEST_F(report, quote_is_not_delivered_unless_asked)
{
	provoke(_metadata, self, ICMPV6_TIME_EXCEED, 0);
	deliver(_metadata, self);
	EXPECT_EQ(0, record.c.data_len);
}

TEST_F(report, quote_is_delivered_if_asked)
{
	self->echo.flags = ICMPECHO_QUOTE;
	provoke(_metadata, self, ICMPV6_TIME_EXCEED, 0);
	deliver(_metadata, self);
	ASSERT_EQ(48, record.c.data_len);
	EXPECT_EQ(48, record.c.wire_len);
	EXPECT_EQ(0, memcmp(request.bytes, record_data(&record.c), 48));
}

TEST_F(report, long_quote_is_truncated_to_capacity)
{
	self->echo.flags = ICMPECHO_QUOTE;
	self->echo.reply_capacity = 50;
	provoke(_metadata, self, ICMPV6_TIME_EXCEED, 0);
	packet_append(&answer, request.bytes + 48, 100);
	deliver(_metadata, self);
	EXPECT_EQ(50, record.c.data_len);
	EXPECT_EQ(148, record.c.wire_len);
	EXPECT_EQ(ICMPECHO_TRUNCATED, record.c.flags);
	EXPECT_EQ(0, memcmp(request.bytes, record_data(&record.c), 50));
}

/* Routers may send more than the quote: RFC 4884 appends structures to it. */
TEST_F(report, error_with_rfc4884_extension_completes)
{
	static const unsigned char mpls[12] = {
		0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0xe1, 64
	};

	provoke(_metadata, self, ICMPV6_TIME_EXCEED, 0);
	packet_append(&answer, request.bytes + 48, 80);
	packet_append(&answer, mpls, sizeof(mpls));
	packet_icmp(&answer)->un.gateway = htonl(128U / 8 << 24);
	deliver(_metadata, self);
	EXPECT_EQ(ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED, record.c.status);
}

/* Routers change what they quote: only what names the request counts. */
TEST_F(report, changed_hop_limit_class_length_and_checksum_in_quote_do_not_matter)
{
	provoke(_metadata, self, ICMPV6_TIME_EXCEED, 0);
	packet_quote6(&answer)->hop_limit = 0;
	packet_quote6(&answer)->priority = 15;
	packet_quote6(&answer)->flow_lbl[1] = 0xff;
	packet_quote6(&answer)->payload_len = 0;
	packet_quoted_icmp(&answer)->checksum = 0x1234;
	deliver(_metadata, self);
	EXPECT_EQ(ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED, record.c.status);
}

/* The answer is still to come after these. */
static void expect_not_terminal(struct __test_metadata *_metadata,
				FIXTURE_DATA(report) *self, int type)
{
	provoke(_metadata, self, type, 0);
	injector_send(self->injector, &answer);
	EXPECT_EQ(0, reap_now(self->fd, &record));
	packet_reply(&answer, &request);
	deliver(_metadata, self);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status)
		TH_LOG("type %d", type);
}

TEST_F(report, redirect_does_not_complete)
{
	expect_not_terminal(_metadata, self, 137);
}

TEST_F(report, other_types_do_not_complete)
{
	unsigned int type;

	expect_not_terminal(_metadata, self, 0);
	for (type = 5; type < 256; type++)
		if (type != ICMPV6_ECHO_REQUEST && type != ICMPV6_ECHO_REPLY)
			expect_not_terminal(_metadata, self, type);
}

TEST_F(report, each_packet_too_big_is_the_routers_own)
{
	unsigned int i;

	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	self->echo.payload = u64_ptr(&record);
	self->echo.payload_len = 1400;
	for (i = 0; i < 3; i++) {
		provoke(_metadata, self, ICMPV6_PKT_TOOBIG, 0);
		packet_icmp(&answer)->un.gateway = htonl(1280);
		deliver(_metadata, self);
		EXPECT_EQ(ICMPECHO_STATUS_PACKET_TOO_BIG, record.c.status);
		EXPECT_STREQ(REPORTER, ipv6(record.c.from));
		EXPECT_EQ(0, record.c.flags & ICMPECHO_LOCAL);
	}
}

/*
 * Extension headers in the quote: whoever forwards the packet may have put them
 * between its IPv6 header and our echo request. Each begins with the number of
 * what follows and its own length.
 */
struct extension {
	unsigned char protocol;
	unsigned char len;
	unsigned char bytes[24];
};

#define HOP_BY_HOP	{ 0, 8, { 0, 0, 1, 4 } }
#define ROUTING		{ 43, 24, { 0, 2, 0, 0 } }
#define FRAGMENT	{ 44, 8, { 0, 0, 0, 1, 1, 2, 3, 4 } }
#define UNFRAGMENTED	{ 44, 8, { 0, 0, 0, 0, 1, 2, 3, 4 } }
#define AUTHENTICATION	{ 51, 24, { 0, 4, 0, 0 } }
#define DEST_OPTIONS	{ 60, 8, { 0, 0, 1, 4 } }
#define LONG_OPTIONS	{ 60, 24, { 0, 2, 1, 20 } }

FIXTURE(extension)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(extension)
{
	struct extension chain[6];
};

#define EXTENSION(name, ...) \
	FIXTURE_VARIANT_ADD(extension, name) { .chain = { __VA_ARGS__ } }

EXTENSION(hop_by_hop, HOP_BY_HOP);
EXTENSION(routing, ROUTING);
EXTENSION(first_fragment, FRAGMENT);
EXTENSION(only_fragment, UNFRAGMENTED);
EXTENSION(authentication, AUTHENTICATION);
EXTENSION(dest_options, DEST_OPTIONS);
EXTENSION(long_dest_options, LONG_OPTIONS);
EXTENSION(all, HOP_BY_HOP, DEST_OPTIONS, ROUTING, FRAGMENT, AUTHENTICATION);
EXTENSION(the_same_twice, LONG_OPTIONS, LONG_OPTIONS);

FIXTURE_SETUP(extension)
{
	setup(_metadata, &self->fd, &self->injector);
}

FIXTURE_TEARDOWN(extension)
{
	close(self->fd);
}

/* Put the chain into the quote of @answer. Returns its length. */
static unsigned int insert_chain(const struct extension *chain)
{
	unsigned char *next = &packet_quote6(&answer)->nexthdr;
	unsigned int begin = answer.icmp_off + 8 + 40, len = 0;

	for (; chain->len; chain++) {
		packet_insert(&answer, begin + len, chain->bytes, chain->len);
		answer.bytes[begin + len] = *next;
		*next = chain->protocol;
		next = &answer.bytes[begin + len];
		len += chain->len;
	}
	packet_seal(&answer);
	return len;
}

TEST_F(extension, in_the_quote_is_skipped)
{
	struct icmpecho_echo echo = echo_to(BEYOND6);

	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	injector_request(self->injector, &request);
	packet_error(&answer, &request, REPORTER, ICMPV6_TIME_EXCEED, 0);
	insert_chain(variant->chain);
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED, record.c.status);
}

TEST_F(extension, cut_at_any_byte_completes_nothing)
{
	struct icmpecho_echo echo = echo_to(BEYOND6);
	unsigned int whole;

	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	injector_request(self->injector, &request);
	packet_error(&answer, &request, REPORTER, ICMPV6_TIME_EXCEED, 0);
	insert_chain(variant->chain);
	whole = answer.len;
	for (answer.len = 40; answer.len < whole; answer.len++) {
		packet_seal(&answer);
		injector_send(self->injector, &answer);
		ASSERT_EQ(0, reap_now(self->fd, &record))
			TH_LOG("%u of %u bytes", answer.len, whole);
	}
	answer.ip6.hop_limit = 33;
	packet_seal(&answer);
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(33, record.c.ttl);
}

/*
 * The first header's length may lie: none may lead beyond the quote. That of a
 * fragment header is none, and does not matter.
 */
TEST_F(extension, of_a_length_beyond_the_quote_completes_nothing)
{
	bool fragment = variant->chain[0].protocol == IPPROTO_FRAGMENT;
	struct icmpecho_echo echo = echo_to(BEYOND6);
	unsigned int len, chain_len;

	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	injector_request(self->injector, &request);
	packet_error(&answer, &request, REPORTER, ICMPV6_TIME_EXCEED, 0);
	chain_len = insert_chain(variant->chain);
	len = chain_len / 8;
	if (variant->chain[0].protocol == IPPROTO_AH)
		len = chain_len / 4 - 1;
	for (; len < 256 && !fragment; len++) {
		answer.bytes[answer.icmp_off + 48 + 1] = len;
		packet_seal(&answer);
		injector_send(self->injector, &answer);
		ASSERT_EQ(0, reap_now(self->fd, &record)) TH_LOG("length %u", len);
	}
	answer.bytes[answer.icmp_off + 48 + 1] =
		fragment ? 255 : variant->chain[0].bytes[1];
	answer.ip6.hop_limit = 33;
	packet_seal(&answer);
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(33, record.c.ttl);
}

TEST_HARNESS_MAIN
