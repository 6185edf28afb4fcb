// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors about our requests: which status each type and code becomes, and
 * what the completion tells about them. The world sends them; path_test.c has
 * those of a real router, and error6_test.c has what only IPv6 knows.
 */
#include "kselftest_harness.h"

#include "exchange.h"

FIXTURE(status)
{
	struct exchange x;
};

FIXTURE_VARIANT(status)
{
	const struct family *family;
	int type;
	int code;
	__u32 status;
};

#define STATUS(family_, name, type_, code_, status_)		\
	FIXTURE_VARIANT_ADD(status, family_##_##name)		\
	{							\
		.family = &family_##_family,			\
		.type = type_,					\
		.code = code_,					\
		.status = ICMPECHO_STATUS_##status_,		\
	}

STATUS(ipv4, net_unreachable, 3, 0, DEST_NET_UNREACHABLE);
STATUS(ipv4, host_unreachable, 3, 1, DEST_HOST_UNREACHABLE);
STATUS(ipv4, protocol_unreachable, 3, 2, DEST_PROT_UNREACHABLE);
STATUS(ipv4, port_unreachable, 3, 3, DEST_PORT_UNREACHABLE);
STATUS(ipv4, fragmentation_needed, 3, 4, PACKET_TOO_BIG);
STATUS(ipv4, source_route_failed, 3, 5, BAD_ROUTE);
STATUS(ipv4, net_unknown, 3, 6, DEST_NET_UNREACHABLE);
STATUS(ipv4, host_unknown, 3, 7, DEST_HOST_UNREACHABLE);
STATUS(ipv4, net_prohibited, 3, 9, DEST_NET_UNREACHABLE);
STATUS(ipv4, host_prohibited, 3, 10, DEST_HOST_UNREACHABLE);
STATUS(ipv4, net_tos, 3, 11, DEST_NET_UNREACHABLE);
STATUS(ipv4, host_tos, 3, 12, DEST_HOST_UNREACHABLE);
STATUS(ipv4, admin_prohibited, 3, 13, DEST_HOST_UNREACHABLE);
STATUS(ipv4, unknown_unreachable_code, 3, 99, DEST_HOST_UNREACHABLE);
STATUS(ipv4, ttl_expired, 11, 0, TTL_EXPIRED_TRANSIT);
STATUS(ipv4, reassembly_expired, 11, 1, TTL_EXPIRED_REASSEMBLY);
STATUS(ipv4, parameter_problem, 12, 0, PARAMETER_PROBLEM);

STATUS(ipv6, no_route, 1, 0, DEST_NO_ROUTE);
STATUS(ipv6, prohibited, 1, 1, DEST_PROHIBITED);
STATUS(ipv6, beyond_scope, 1, 2, DEST_SCOPE_MISMATCH);
STATUS(ipv6, address_unreachable, 1, 3, DEST_ADDR_UNREACHABLE);
STATUS(ipv6, port_unreachable, 1, 4, DEST_PORT_UNREACHABLE);
STATUS(ipv6, source_policy, 1, 5, ICMP_ERROR);
STATUS(ipv6, reject_route, 1, 6, DEST_UNREACHABLE);
STATUS(ipv6, source_routing_header, 1, 7, BAD_HEADER);
STATUS(ipv6, unknown_unreachable_code, 1, 99, DEST_ADDR_UNREACHABLE);
STATUS(ipv6, packet_too_big, 2, 0, PACKET_TOO_BIG);
STATUS(ipv6, packet_too_big_with_a_code, 2, 1, PACKET_TOO_BIG);
STATUS(ipv6, hop_limit_exceeded, 3, 0, HOP_LIMIT_EXCEEDED);
STATUS(ipv6, reassembly_time_exceeded, 3, 1, REASSEMBLY_TIME_EXCEEDED);
STATUS(ipv6, unknown_time_exceeded_code, 3, 2, TIME_EXCEEDED);
STATUS(ipv6, erroneous_header, 4, 0, PARAMETER_PROBLEM);
STATUS(ipv6, unknown_next_header, 4, 1, PARAMETER_PROBLEM);
STATUS(ipv6, unknown_option, 4, 2, PARAMETER_PROBLEM);

FIXTURE_SETUP(status)
{
	exchange_open(_metadata, &self->x, variant->family);
}

FIXTURE_TEARDOWN(status)
{
	exchange_close(&self->x);
}

TEST_F(status, names_the_error_and_its_sender)
{
	const char *reporter = variant->family->reporter;

	submit_and_capture(_metadata, &self->x);
	packet_error(&answer, &request, reporter, variant->type, variant->code);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(variant->status, record.c.status);
	EXPECT_EQ(variant->type, record.c.type);
	EXPECT_EQ(variant->code, record.c.code);
	EXPECT_STREQ(reporter, family_text(variant->family, record.c.from));
	EXPECT_EQ(0, record.c.flags);
	EXPECT_EQ(0, record.c.error);
	EXPECT_LT(0, record.c.rtt_ns);
}

FIXTURE(report)
{
	struct exchange x;
};

/*
 * @expired is the status of an error of that kind. The other two are the word behind
 * the checksum: in a problem with @pointer, and in an error with a quote of 128 bytes.
 */
FIXTURE_VARIANT(report)
{
	const struct family *family;
	__u32 expired;
	__u32 pointer;
	__u32 pointer_word;
	__u32 length_word;
};

FIXTURE_VARIANT_ADD(report, ipv4)
{
	.family = &ipv4_family,
	.expired = ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT,
	.pointer = 21,
	.pointer_word = 21U << 24,
	.length_word = 128 / 4 << 16,
};

FIXTURE_VARIANT_ADD(report, ipv6)
{
	.family = &ipv6_family,
	.expired = ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED,
	.pointer = 0x01020306,
	.pointer_word = 0x01020306,
	.length_word = 128U / 8 << 24,
};

FIXTURE_SETUP(report)
{
	exchange_open(_metadata, &self->x, variant->family);
	self->x.echo = echo_with(variant->family->beyond, payload, 100);
}

FIXTURE_TEARDOWN(report)
{
	exchange_close(&self->x);
}

/* Submit the request and prepare an error about it in @answer. */
static void provoke(struct __test_metadata *_metadata, struct exchange *x,
		    struct icmp_kind kind)
{
	submit_and_capture(_metadata, x);
	family_error(x->family, &answer, &request, kind);
}

static void deliver(struct __test_metadata *_metadata, struct exchange *x)
{
	packet_seal(&answer);
	answer_and_reap(_metadata, x);
	EXPECT_EQ(*ip_ttl(answer.bytes), record.c.ttl);
}

static void expect_reporter(struct __test_metadata *_metadata, const struct family *family)
{
	EXPECT_STREQ(family->reporter, family_text(family, record.c.from));
}

TEST_F(report, too_big_tells_the_mtu)
{
	provoke(_metadata, &self->x, variant->family->too_big);
	packet_set_mtu(&answer, 1280);
	deliver(_metadata, &self->x);
	EXPECT_EQ(1280, record.c.info);
}

/* Old routers do not know of an MTU. */
TEST_F(report, too_big_without_an_mtu_tells_0)
{
	provoke(_metadata, &self->x, variant->family->too_big);
	deliver(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_PACKET_TOO_BIG, record.c.status);
	EXPECT_EQ(0, record.c.info);
}

TEST_F(report, parameter_problem_tells_the_pointer)
{
	provoke(_metadata, &self->x, variant->family->problem);
	packet_icmp(&answer)->un.gateway = htonl(variant->pointer_word);
	deliver(_metadata, &self->x);
	EXPECT_EQ(variant->pointer, record.c.info);
}

static void expect_no_info(struct __test_metadata *_metadata, struct exchange *x,
			   struct icmp_kind kind)
{
	provoke(_metadata, x, kind);
	packet_icmp(&answer)->un.gateway = 0xffffffff;
	deliver(_metadata, x);
	EXPECT_EQ(0, record.c.info);
}

TEST_F(report, other_errors_have_no_info)
{
	expect_no_info(_metadata, &self->x, variant->family->unreachable);
	expect_no_info(_metadata, &self->x, variant->family->expired);
}

TEST_F(report, ttl_and_tos_are_those_of_the_error)
{
	provoke(_metadata, &self->x, variant->family->expired);
	*ip_ttl(answer.bytes) = 201;
	ip_set_tos(answer.bytes, 0xc0);
	deliver(_metadata, &self->x);
	EXPECT_EQ(201, record.c.ttl);
	EXPECT_EQ(0xc0, record.c.tos);
}

TEST_F(report, quote_is_not_delivered_unless_asked)
{
	provoke(_metadata, &self->x, variant->family->expired);
	deliver(_metadata, &self->x);
	EXPECT_EQ(0, record.c.data_len);
}

TEST_F(report, quote_is_delivered_if_asked)
{
	unsigned int len = variant->family->header_len + 8;

	self->x.echo.flags = ICMPECHO_QUOTE;
	provoke(_metadata, &self->x, variant->family->expired);
	deliver(_metadata, &self->x);
	ASSERT_EQ(len, record.c.data_len);
	EXPECT_EQ(len, record.c.wire_len);
	EXPECT_EQ(0, memcmp(request.bytes, record_data(&record.c), len));
}

TEST_F(report, long_quote_is_truncated_to_capacity)
{
	unsigned int len = variant->family->header_len + 8;

	self->x.echo.flags = ICMPECHO_QUOTE;
	self->x.echo.reply_capacity = 50;
	provoke(_metadata, &self->x, variant->family->expired);
	packet_append(&answer, request.bytes + len, 100);
	deliver(_metadata, &self->x);
	EXPECT_EQ(50, record.c.data_len);
	EXPECT_EQ(len + 100, record.c.wire_len);
	EXPECT_EQ(ICMPECHO_TRUNCATED, record.c.flags);
	EXPECT_EQ(0, memcmp(request.bytes, record_data(&record.c), 50));
}

/* Routers may send more than the quote: RFC 4884 appends structures to it. */
TEST_F(report, error_with_rfc4884_extension_completes)
{
	static const unsigned char mpls[12] = {
		0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0xe1, 64
	};
	unsigned int len = variant->family->header_len + 8;

	provoke(_metadata, &self->x, variant->family->expired);
	packet_append(&answer, request.bytes + len, 128 - len);
	packet_append(&answer, mpls, sizeof(mpls));
	packet_icmp(&answer)->un.gateway = htonl(variant->length_word);
	deliver(_metadata, &self->x);
	EXPECT_EQ(variant->expired, record.c.status);
	expect_reporter(_metadata, variant->family);
}

/* NAT and routers change what they quote: only what names the request counts. */
TEST_F(report, changed_ttl_tos_and_checksums_in_quote_do_not_matter)
{
	void *quote;

	provoke(_metadata, &self->x, variant->family->expired);
	quote = packet_quote(&answer);
	*ip_ttl(quote) = 0;
	ip_set_tos(quote, 0xff);
	if (variant->family == &ipv6_family) {
		packet_quote6(&answer)->flow_lbl[1] = 0xff;
		packet_quote6(&answer)->payload_len = 0;
	} else {
		packet_quote(&answer)->check = 0;
	}
	packet_quoted_icmp(&answer)->checksum = 0x1234;
	deliver(_metadata, &self->x);
	EXPECT_EQ(variant->expired, record.c.status);
}

/* These only advise; the answer is still to come. */
static void expect_not_terminal(struct __test_metadata *_metadata, struct exchange *x,
				struct icmp_kind kind)
{
	provoke(_metadata, x, kind);
	injector_send(x->injector, &answer);
	EXPECT_EQ(0, reap_now(x->fd, &record))
		TH_LOG("type %d", kind.type);
	packet_reply(&answer, &request);
	deliver(_metadata, x);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status)
		TH_LOG("type %d", kind.type);
}

TEST_F(report, redirect_does_not_complete)
{
	expect_not_terminal(_metadata, &self->x, variant->family->redirect);
}

TEST_F(report, other_types_do_not_complete)
{
	const struct family *family = variant->family;
	struct icmp_kind kind = {};

	for (kind.type = 0; kind.type < 256; kind.type++)
		if (!family_is_error(family, kind.type) &&
		    kind.type != family->echo_request && kind.type != family->echo_reply)
			expect_not_terminal(_metadata, &self->x, kind);
}

/* The cached path MTU must not keep the next request from the router. */
TEST_F(report, each_too_big_is_the_routers_own)
{
	static const unsigned int lengths[] = { 1400, 256 }, mtus[] = { 1280, 200 };
	unsigned int i;

	self->x.echo.flags = ICMPECHO_DONT_FRAGMENT;
	for (i = 0; i < 6; i++) {
		self->x.echo.payload_len = lengths[i / 3];
		provoke(_metadata, &self->x, variant->family->too_big);
		packet_set_mtu(&answer, mtus[i / 3]);
		deliver(_metadata, &self->x);
		EXPECT_EQ(ICMPECHO_STATUS_PACKET_TOO_BIG, record.c.status);
		expect_reporter(_metadata, variant->family);
		EXPECT_EQ(0, record.c.flags & ICMPECHO_LOCAL);
	}
}

/* What only IPv4 has. error6_test.c has what only IPv6 has. */
FIXTURE(ipv4)
{
	struct exchange x;
};

FIXTURE_SETUP(ipv4)
{
	exchange_open(_metadata, &self->x, &ipv4_family);
}

FIXTURE_TEARDOWN(ipv4)
{
	exchange_close(&self->x);
}

TEST_F(ipv4, source_quench_does_not_complete)
{
	struct icmp_kind source_quench = { ICMP_SOURCE_QUENCH, 0 };

	expect_not_terminal(_metadata, &self->x, source_quench);
}

/* A router on the way may have added options to the header that is quoted. */
TEST_F(ipv4, error_that_quotes_ip_options_completes)
{
	static const unsigned char nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };

	provoke(_metadata, &self->x, ipv4_family.expired);
	packet_quote(&answer)->ihl = 7;
	packet_insert(&answer, 20 + 8 + 20, nops, sizeof(nops));
	deliver(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, record.c.status);
}

TEST_HARNESS_MAIN
