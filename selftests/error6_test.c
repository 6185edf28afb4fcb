// SPDX-License-Identifier: GPL-2.0
/*
 * ICMPv6 errors about our requests, as far as IPv4 has nothing like it: MTUs of four
 * bytes, and what may stand between the quoted IPv6 header and our echo request. The
 * rest is in error_test.c.
 */
#include "kselftest_harness.h"

#include "exchange.h"

/*
 * Extension headers in the quote: a router may have put them
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
	struct exchange x;
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
	exchange_open(_metadata, &self->x, &ipv6_family);
}

FIXTURE_TEARDOWN(extension)
{
	exchange_close(&self->x);
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

/* Make an error whose quote has the chain. Returns the chain's length. */
static unsigned int provoke(struct __test_metadata *_metadata, struct exchange *x,
			    const struct extension *chain)
{
	submit_and_capture(_metadata, x);
	family_error(x->family, &answer, &request, x->family->expired);
	return insert_chain(chain);
}

/* The last of many answers, known by its hop limit */
static void expect_taken(struct __test_metadata *_metadata, struct exchange *x)
{
	answer.ip6.hop_limit = 33;
	packet_seal(&answer);
	answer_and_reap(_metadata, x);
	EXPECT_EQ(33, record.c.ttl);
}

TEST_F(extension, in_the_quote_is_skipped)
{
	provoke(_metadata, &self->x, variant->chain);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED, record.c.status);
}

TEST_F(extension, cut_at_any_byte_completes_nothing)
{
	unsigned int whole;

	provoke(_metadata, &self->x, variant->chain);
	whole = answer.len;
	for (answer.len = 40; answer.len < whole; answer.len++) {
		packet_seal(&answer);
		injector_send(self->x.injector, &answer);
		ASSERT_EQ(0, reap_now(self->x.fd, &record))
			TH_LOG("%u of %u bytes", answer.len, whole);
	}
	expect_taken(_metadata, &self->x);
}

/*
 * The first header's length may lie: none may lead beyond the quote. A fragment header
 * has no length, and whatever is in that place does not matter.
 */
TEST_F(extension, of_a_length_beyond_the_quote_completes_nothing)
{
	bool fragment = variant->chain[0].protocol == IPPROTO_FRAGMENT;
	unsigned int len, chain_len;
	unsigned char *first;

	chain_len = provoke(_metadata, &self->x, variant->chain);
	first = (unsigned char *)(packet_quote6(&answer) + 1);
	len = chain_len / 8;
	if (variant->chain[0].protocol == IPPROTO_AH)
		len = chain_len / 4 - 1;
	for (; len < 256 && !fragment; len++) {
		first[1] = len;
		packet_seal(&answer);
		injector_send(self->x.injector, &answer);
		ASSERT_EQ(0, reap_now(self->x.fd, &record)) TH_LOG("length %u", len);
	}
	first[1] = fragment ? 255 : variant->chain[0].bytes[1];
	expect_taken(_metadata, &self->x);
}

FIXTURE(report)
{
	struct exchange x;
};

FIXTURE_SETUP(report)
{
	exchange_open(_metadata, &self->x, &ipv6_family);
}

FIXTURE_TEARDOWN(report)
{
	exchange_close(&self->x);
}

TEST_F(report, large_mtu_is_told_whole)
{
	submit_and_capture(_metadata, &self->x);
	family_error(self->x.family, &answer, &request, self->x.family->too_big);
	packet_set_mtu(&answer, 0x12345678);
	packet_seal(&answer);
	answer_and_reap(_metadata, &self->x);
	EXPECT_EQ(0x12345678, record.c.info);
}

TEST_HARNESS_MAIN
