// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors about our requests: which status each type and code becomes, and
 * what the completion tells about them. The world sends them; path_test.c has
 * those of a real router.
 */
#include "kselftest_harness.h"

#include "icmpecho_test.h"
#include "netns.h"
#include "inject.h"

/* The router that reports the errors. */
#define REPORTER "203.0.113.1"

static struct record record;
static struct packet request, answer;
static unsigned char payload[256];

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

STATUS(of_net_unreachable, 3, 0, DEST_NET_UNREACHABLE);
STATUS(of_host_unreachable, 3, 1, DEST_HOST_UNREACHABLE);
STATUS(of_protocol_unreachable, 3, 2, DEST_PROT_UNREACHABLE);
STATUS(of_port_unreachable, 3, 3, DEST_PORT_UNREACHABLE);
STATUS(of_fragmentation_needed, 3, 4, PACKET_TOO_BIG);
STATUS(of_source_route_failed, 3, 5, BAD_ROUTE);
STATUS(of_net_unknown, 3, 6, DEST_NET_UNREACHABLE);
STATUS(of_host_unknown, 3, 7, DEST_HOST_UNREACHABLE);
STATUS(of_net_prohibited, 3, 9, DEST_NET_UNREACHABLE);
STATUS(of_host_prohibited, 3, 10, DEST_HOST_UNREACHABLE);
STATUS(of_net_tos, 3, 11, DEST_NET_UNREACHABLE);
STATUS(of_host_tos, 3, 12, DEST_HOST_UNREACHABLE);
STATUS(of_admin_prohibited, 3, 13, DEST_HOST_UNREACHABLE);
STATUS(of_unknown_unreachable_code, 3, 99, DEST_HOST_UNREACHABLE);
STATUS(of_ttl_expired, 11, 0, TTL_EXPIRED_TRANSIT);
STATUS(of_reassembly_expired, 11, 1, TTL_EXPIRED_REASSEMBLY);
STATUS(of_parameter_problem, 12, 0, PARAMETER_PROBLEM);

FIXTURE_SETUP(status)
{
	struct pair pair = netns_pair();

	self->injector = injector_open(pair.world, "world0", AF_INET);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(status)
{
	close(self->fd);
}

TEST_F(status, names_the_error_and_its_sender)
{
	struct icmpecho_echo echo = echo_with(BEYOND, payload, 56);

	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	injector_request(self->injector, &request);
	packet_error(&answer, &request, REPORTER, variant->type, variant->code);
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(variant->status, record.c.status);
	EXPECT_EQ(variant->type, record.c.type);
	EXPECT_EQ(variant->code, record.c.code);
	EXPECT_EQ(inet_addr(REPORTER), ipv4(record.c.from));
	EXPECT_EQ(0, record.c.flags & ICMPECHO_LOCAL);
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
	struct pair pair = netns_pair();

	fill_payload(payload, sizeof(payload));
	self->injector = injector_open(pair.world, "world0", AF_INET);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with(BEYOND, payload, 100);
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
	EXPECT_EQ(answer.ip.ttl, record.c.ttl);
}

TEST_F(report, fragmentation_needed_tells_the_mtu)
{
	provoke(_metadata, self, 3, 4);
	packet_icmp(&answer)->un.frag.mtu = htons(1280);
	deliver(_metadata, self);
	EXPECT_EQ(1280, record.c.info);
}

TEST_F(report, fragmentation_needed_of_old_router_tells_mtu_0)
{
	provoke(_metadata, self, 3, 4);
	deliver(_metadata, self);
	EXPECT_EQ(ICMPECHO_STATUS_PACKET_TOO_BIG, record.c.status);
	EXPECT_EQ(0, record.c.info);
}

TEST_F(report, parameter_problem_tells_the_pointer)
{
	provoke(_metadata, self, 12, 0);
	packet_icmp(&answer)->un.gateway = htonl(21U << 24);
	deliver(_metadata, self);
	EXPECT_EQ(21, record.c.info);
}

TEST_F(report, other_errors_have_no_info)
{
	provoke(_metadata, self, 3, 1);
	packet_icmp(&answer)->un.gateway = 0xffffffff;
	deliver(_metadata, self);
	EXPECT_EQ(0, record.c.info);
}

TEST_F(report, ttl_and_tos_are_those_of_the_error)
{
	provoke(_metadata, self, 11, 0);
	answer.ip.ttl = 201;
	answer.ip.tos = 0xc0;
	deliver(_metadata, self);
	EXPECT_EQ(201, record.c.ttl);
	EXPECT_EQ(0xc0, record.c.tos);
}

TEST_F(report, quote_is_not_delivered_unless_asked)
{
	provoke(_metadata, self, 11, 0);
	deliver(_metadata, self);
	EXPECT_EQ(0, record.c.data_len);
}

TEST_F(report, quote_is_delivered_if_asked)
{
	self->echo.flags = ICMPECHO_QUOTE;
	provoke(_metadata, self, 11, 0);
	deliver(_metadata, self);
	ASSERT_EQ(28, record.c.data_len);
	EXPECT_EQ(28, record.c.wire_len);
	EXPECT_EQ(0, memcmp(request.bytes, record_data(&record.c), 28));
}

TEST_F(report, long_quote_is_truncated_to_capacity)
{
	self->echo.flags = ICMPECHO_QUOTE;
	self->echo.reply_capacity = 50;
	provoke(_metadata, self, 11, 0);
	packet_append(&answer, request.bytes + 28, 100);
	deliver(_metadata, self);
	EXPECT_EQ(50, record.c.data_len);
	EXPECT_EQ(128, record.c.wire_len);
	EXPECT_EQ(ICMPECHO_TRUNCATED, record.c.flags & ICMPECHO_TRUNCATED);
	EXPECT_EQ(0, memcmp(request.bytes, record_data(&record.c), 50));
}

/* Routers may send more than the quote: RFC 4884 appends structures to it. */
TEST_F(report, error_with_rfc4884_extension_completes)
{
	static const unsigned char mpls[12] = {
		0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0xe1, 64
	};

	provoke(_metadata, self, 11, 0);
	packet_append(&answer, request.bytes + 28, 100);
	packet_append(&answer, mpls, sizeof(mpls));
	packet_icmp(&answer)->un.gateway = htonl(128 / 4 << 16);	/* its length */
	deliver(_metadata, self);
	EXPECT_EQ(ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, record.c.status);
	EXPECT_EQ(inet_addr(REPORTER), ipv4(record.c.from));
}

/* A router on the way may have added options to the header that is quoted. */
TEST_F(report, error_that_quotes_ip_options_completes)
{
	static const unsigned char nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	struct iphdr *quote;

	provoke(_metadata, self, 11, 0);
	quote = packet_quote(&answer);
	memmove((char *)quote + 28, (char *)quote + 20, 8);
	memcpy((char *)quote + 20, nops, sizeof(nops));
	quote->ihl = 7;
	answer.len += sizeof(nops);
	deliver(_metadata, self);
	EXPECT_EQ(ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, record.c.status);
}

/* NAT and routers change what they quote: only what names the request counts. */
TEST_F(report, changed_ttl_tos_and_checksums_in_quote_do_not_matter)
{
	provoke(_metadata, self, 11, 0);
	packet_quote(&answer)->ttl = 1;
	packet_quote(&answer)->tos = 0xff;
	packet_quote(&answer)->check = 0;
	packet_quoted_icmp(&answer)->checksum = 0x1234;
	deliver(_metadata, self);
	EXPECT_EQ(ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT, record.c.status);
}

/* These only advise; the answer is still to come. */
static void expect_not_terminal(struct __test_metadata *_metadata,
				FIXTURE_DATA(report) *self, int type, int code)
{
	provoke(_metadata, self, type, code);
	injector_send(self->injector, &answer);
	EXPECT_EQ(0, reap_now(self->fd, &record));
	packet_reply(&answer, &request);
	deliver(_metadata, self);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(report, redirect_does_not_complete)
{
	expect_not_terminal(_metadata, self, 5, 1);
}

TEST_F(report, source_quench_does_not_complete)
{
	expect_not_terminal(_metadata, self, 4, 0);
}

TEST_F(report, unknown_types_do_not_complete)
{
	unsigned int type;

	for (type = 14; type < 256; type++)
		expect_not_terminal(_metadata, self, type, 0);
}

/* The cached path MTU must not keep the next request from the router. */
TEST_F(report, each_fragmentation_needed_is_the_routers_own)
{
	unsigned int i;

	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	self->echo.payload_len = 256;
	for (i = 0; i < 3; i++) {
		provoke(_metadata, self, 3, 4);
		packet_icmp(&answer)->un.frag.mtu = htons(200);
		deliver(_metadata, self);
		EXPECT_EQ(ICMPECHO_STATUS_PACKET_TOO_BIG, record.c.status);
		EXPECT_EQ(inet_addr(REPORTER), ipv4(record.c.from));
		EXPECT_EQ(0, record.c.flags & ICMPECHO_LOCAL);
	}
}

TEST_HARNESS_MAIN
