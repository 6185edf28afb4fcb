// SPDX-License-Identifier: GPL-2.0
/*
 * ICMPv6 packets that are almost, but not quite, the answer to our request. As
 * in forgery_test.c, after each forged packet comes the right answer with
 * another hop limit, and that one must be what the completion tells of.
 */
#include "kselftest_harness.h"

#include "icmpecho_test.h"
#include "netns6.h"
#include "random.h"
#include "inject.h"

#define FORGED_HOPS 99
#define RIGHT_HOPS 33

#define REPORTER "2001:db8:5::1"
#define STRANGER "2001:db8:2::3"
/* Another address of near */
#define ALIAS "2001:db8:1::10"

static struct record record;
static struct packet request, forged, right;
static unsigned char payload[64];

/* With a source: the system would choose the newest address. See source_test.c. */
static struct icmpecho_echo next_echo(void)
{
	struct icmpecho_echo echo = echo_with(BEYOND6, payload, sizeof(payload));

	inet_pton(AF_INET6, NEAR6, echo.src);
	echo.timeout_ns = NEVER_NS;
	return echo;
}

static void next_request(struct __test_metadata *_metadata, int fd, int injector)
{
	struct icmpecho_echo echo = next_echo();

	ASSERT_EQ(1, echo_submit(fd, &echo, 1));
	injector_request(injector, &request);
}

static void setup(struct __test_metadata *_metadata, int *fd, int *injector)
{
	struct pair pair = netns_pair6();

	link_add_address("near0", ALIAS "/64");
	*injector = injector_open(pair.world, "world0", AF_INET6);
	*fd = echo_open();
	ASSERT_LE(0, *fd);
	next_request(_metadata, *fd, *injector);
}

static void expect_ignored(struct __test_metadata *_metadata, int fd, int injector)
{
	injector_send(injector, &forged);
	right.ip6.hop_limit = RIGHT_HOPS;
	injector_send(injector, &right);
	ASSERT_EQ(1, reap_one(fd, &record));
	EXPECT_EQ(RIGHT_HOPS, record.c.ttl);
	EXPECT_EQ(0, reap_now(fd, &record));
}

/* Replies. What is forged is sealed afterwards, unless it is the seal. */

static void reply_from_another_host(void)
{
	set_address(&forged.ip6.saddr, STRANGER);
}

static void reply_from_the_gateway(void)
{
	set_address(&forged.ip6.saddr, WORLD6);
}

static void reply_to_another_of_our_addresses(void)
{
	set_address(&forged.ip6.daddr, ALIAS);
}

static void reply_with_wrong_identifier(void)
{
	packet_icmp(&forged)->un.echo.id ^= htons(1);
}

static void reply_with_wrong_sequence(void)
{
	packet_icmp(&forged)->un.echo.sequence ^= htons(1);
}

static void reply_with_code_1(void)
{
	packet_icmp(&forged)->code = 1;
}

static void reply_with_header_cut_short(void)
{
	forged.len = 40 + 7;
}

static void reply_without_icmp_header(void)
{
	forged.len = 40;
}

static void reply_of_type_echo_request(void)
{
	packet_icmp(&forged)->type = ICMPV6_ECHO_REQUEST;
}

/* An echo reply of ICMP for IPv4, inside of IPv6 */
static void reply_of_type_0(void)
{
	packet_icmp(&forged)->type = 0;
}

static void bad_checksum(void)
{
	packet_icmp(&forged)->checksum ^= htons(0x0100);
}

static void zero_checksum(void)
{
	packet_icmp(&forged)->checksum = 0;
}

/* Right for ICMP over IPv4, which does not sum the addresses */
static void checksum_without_addresses(void)
{
	struct packet zeroed = forged;

	memset(&zeroed.ip6.saddr, 0, 32);
	packet_seal(&zeroed);
	packet_icmp(&forged)->checksum = packet_icmp(&zeroed)->checksum;
}

static void length_beyond_the_packet(void)
{
	forged.len -= 8;
}

static void last_byte_changed(void)
{
	forged.bytes[forged.len - 1] ^= 1;
}

FIXTURE(reply)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(reply)
{
	void (*forge)(void);
	void (*unseal)(void);
};

#define REPLY(name) FIXTURE_VARIANT_ADD(reply, name) { .forge = reply_##name }

REPLY(from_another_host);
REPLY(from_the_gateway);
REPLY(to_another_of_our_addresses);
REPLY(with_wrong_identifier);
REPLY(with_wrong_sequence);
REPLY(with_code_1);
REPLY(with_header_cut_short);
REPLY(without_icmp_header);
REPLY(of_type_echo_request);
REPLY(of_type_0);
FIXTURE_VARIANT_ADD(reply, with_bad_checksum) { .unseal = bad_checksum };
FIXTURE_VARIANT_ADD(reply, with_zero_checksum) { .unseal = zero_checksum };
FIXTURE_VARIANT_ADD(reply, with_checksum_without_addresses)
{
	.unseal = checksum_without_addresses,
};

FIXTURE_VARIANT_ADD(reply, with_bad_payload) { .unseal = last_byte_changed };
FIXTURE_VARIANT_ADD(reply, shorter_than_its_ipv6_header_says)
{
	.unseal = length_beyond_the_packet,
};

FIXTURE_SETUP(reply)
{
	setup(_metadata, &self->fd, &self->injector);
}

FIXTURE_TEARDOWN(reply)
{
	close(self->fd);
}

TEST_F(reply, is_ignored)
{
	packet_reply(&right, &request);
	forged = right;
	forged.ip6.hop_limit = FORGED_HOPS;
	if (variant->forge)
		variant->forge();
	packet_seal(&forged);
	if (variant->unseal)
		variant->unseal();
	expect_ignored(_metadata, self->fd, self->injector);
}

/* Errors */

static void error_without_quote(void)
{
	forged.len = 48;
}

static void error_with_quote_of_39_bytes(void)
{
	forged.len = 48 + 39;
}

static void error_with_quote_of_only_an_ipv6_header(void)
{
	forged.len = 48 + 40;
}

static void error_with_quote_one_byte_short(void)
{
	forged.len = 48 + 47;
}

static void error_quoting_ip_version_4(void)
{
	packet_quote6(&forged)->version = 4;
}

static void error_quoting_udp(void)
{
	packet_quote6(&forged)->nexthdr = IPPROTO_UDP;
}

static void error_quoting_icmp_of_ipv4(void)
{
	packet_quote6(&forged)->nexthdr = IPPROTO_ICMP;
}

static void error_quoting_no_next_header(void)
{
	packet_quote6(&forged)->nexthdr = IPPROTO_NONE;
}

static void error_quoting_encrypted_payload(void)
{
	packet_quote6(&forged)->nexthdr = IPPROTO_ESP;
}

static void quote_fragment(unsigned int offset)
{
	unsigned char fragment[8] = { IPPROTO_ICMPV6, 0, offset >> 8, offset | 1 };

	packet_insert(&forged, 48 + 40, fragment, sizeof(fragment));
	packet_quote6(&forged)->nexthdr = IPPROTO_FRAGMENT;
}

static void error_quoting_a_later_fragment(void)
{
	quote_fragment(8);
}

static void error_quoting_the_last_fragment(void)
{
	quote_fragment(0xfff8);
}

static void error_quoting_another_source(void)
{
	set_address(&packet_quote6(&forged)->saddr, ALIAS);
}

static void error_quoting_another_destination(void)
{
	set_address(&packet_quote6(&forged)->daddr, STRANGER);
}

static void error_quoting_addresses_swapped(void)
{
	packet_quote6(&forged)->saddr = request.ip6.daddr;
	packet_quote6(&forged)->daddr = request.ip6.saddr;
}

static void error_quoting_an_echo_reply(void)
{
	packet_quoted_icmp(&forged)->type = ICMPV6_ECHO_REPLY;
}

static void error_quoting_code_1(void)
{
	packet_quoted_icmp(&forged)->code = 1;
}

static void error_quoting_wrong_identifier(void)
{
	packet_quoted_icmp(&forged)->un.echo.id ^= htons(1);
}

static void error_quoting_wrong_sequence(void)
{
	packet_quoted_icmp(&forged)->un.echo.sequence ^= htons(1);
}

/* To an address of ours, but not the one that the quoted packet came from. */
static void error_to_another_of_our_addresses(void)
{
	set_address(&forged.ip6.daddr, ALIAS);
}

FIXTURE(error)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(error)
{
	void (*forge)(void);
	void (*unseal)(void);
};

#define ERROR(name) FIXTURE_VARIANT_ADD(error, name) { .forge = error_##name }

ERROR(without_quote);
ERROR(with_quote_of_39_bytes);
ERROR(with_quote_of_only_an_ipv6_header);
ERROR(with_quote_one_byte_short);
ERROR(quoting_ip_version_4);
ERROR(quoting_udp);
ERROR(quoting_icmp_of_ipv4);
ERROR(quoting_no_next_header);
ERROR(quoting_encrypted_payload);
ERROR(quoting_a_later_fragment);
ERROR(quoting_the_last_fragment);
ERROR(quoting_another_source);
ERROR(quoting_another_destination);
ERROR(quoting_addresses_swapped);
ERROR(quoting_an_echo_reply);
ERROR(quoting_code_1);
ERROR(quoting_wrong_identifier);
ERROR(quoting_wrong_sequence);
ERROR(to_another_of_our_addresses);
FIXTURE_VARIANT_ADD(error, with_bad_checksum) { .unseal = bad_checksum };
FIXTURE_VARIANT_ADD(error, with_zero_checksum) { .unseal = zero_checksum };

FIXTURE_SETUP(error)
{
	setup(_metadata, &self->fd, &self->injector);
}

FIXTURE_TEARDOWN(error)
{
	close(self->fd);
}

TEST_F(error, is_ignored)
{
	packet_error(&right, &request, REPORTER, ICMPV6_DEST_UNREACH, 3);
	forged = right;
	forged.ip6.hop_limit = FORGED_HOPS;
	if (variant->forge)
		variant->forge();
	packet_seal(&forged);
	if (variant->unseal)
		variant->unseal();
	expect_ignored(_metadata, self->fd, self->injector);
}

/* Replies in fragments, as in forgery_test.c */
#define HEAD_LEN 40	/* of the ICMPv6 message, a multiple of 8 */

FIXTURE(fragment)
{
	int fd;
	int injector;
};

FIXTURE_SETUP(fragment)
{
	setup(_metadata, &self->fd, &self->injector);
	random_state = 20240229;
	packet_reply(&right, &request);
	forged = right;
	forged.ip6.hop_limit = FORGED_HOPS;
}

FIXTURE_TEARDOWN(fragment)
{
	close(self->fd);
}

/* Send the @len bytes at @offset of the forged ICMPv6 message as a fragment. */
static void send_fragment(int injector, __u32 id, unsigned int offset, unsigned int len)
{
	bool more = offset + len < packet_icmp_len(&forged);
	struct {
		__u8 nexthdr;
		__u8 reserved;
		__be16 offset;
		__be32 id;
	} header = {
		.nexthdr = IPPROTO_ICMPV6,
		.offset = htons(offset | more),
		.id = htonl(id),
	};
	struct packet fragment = { .ip6 = forged.ip6, .len = 40 };

	packet_append(&fragment, &header, sizeof(header));
	packet_append(&fragment, forged.bytes + 40 + offset, len);
	fragment.ip6.nexthdr = IPPROTO_FRAGMENT;
	fragment.ip6.payload_len = htons(fragment.len - 40);
	injector_send(injector, &fragment);
}

static void send_head(int injector, __u32 id)
{
	send_fragment(injector, id, 0, HEAD_LEN);
}

static void send_tail(int injector, __u32 id)
{
	send_fragment(injector, id, HEAD_LEN, packet_icmp_len(&forged) - HEAD_LEN);
}

static void expect_right_reply(struct __test_metadata *_metadata, int fd, int injector)
{
	right.ip6.hop_limit = RIGHT_HOPS;
	injector_send(injector, &right);
	ASSERT_EQ(1, reap_one(fd, &record));
	EXPECT_EQ(RIGHT_HOPS, record.c.ttl);
}

TEST_F_TIMEOUT(fragment, first_ones_without_the_rest_complete_nothing, 120)
{
	unsigned int i, n = scaled(20000, 1000);

	for (i = 0; i < n; i++) {
		send_head(self->injector, random_below(65536));
		if (i % 64 == 0)
			ASSERT_EQ(0, reap_now(self->fd, &record));
	}
	expect_right_reply(_metadata, self->fd, self->injector);
}

TEST_F(fragment, first_one_with_the_rest_of_another_message_is_ignored)
{
	send_head(self->injector, 1);
	forged.bytes[forged.len - 1] ^= 1;
	send_tail(self->injector, 1);
	expect_right_reply(_metadata, self->fd, self->injector);
}

TEST_F(fragment, first_one_completes_with_the_same_rest_of_another_datagram)
{
	send_tail(self->injector, 1);
	send_tail(self->injector, 2);
	send_head(self->injector, 3);
	ASSERT_EQ(0, reap_now(self->fd, &record));
	send_head(self->injector, 2);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(FORGED_HOPS, record.c.ttl);
}

/*
 * Random errors and replies: a right packet with a few bits changed or cut off,
 * by a generator that starts the same every time. What a packet deserves is
 * decided anew here, from the words of RFC 4443 and not from the module.
 */

static bool names_request(const struct icmphdr *icmp)
{
	const struct icmphdr *sent = packet_icmp(&request);

	return !icmp->code &&
	       icmp->un.echo.id == sent->un.echo.id &&
	       icmp->un.echo.sequence == sent->un.echo.sequence;
}

/*
 * Without extension headers: those that a changed next header makes out of the
 * addresses and the payload never lead to the right identifier again.
 */
static bool quotes_request(struct packet *error)
{
	struct ipv6hdr *quote = packet_quote6(error);

	return packet_icmp_len(error) >= 8 + 48 && quote->version == 6 &&
	       quote->nexthdr == IPPROTO_ICMPV6 &&
	       !memcmp(&quote->saddr, &request.ip6.saddr, 32) &&
	       packet_quoted_icmp(error)->type == ICMPV6_ECHO_REQUEST &&
	       names_request(packet_quoted_icmp(error));
}

static bool answers_request(struct packet *packet)
{
	struct icmphdr *icmp = packet_icmp(packet);

	if (packet_icmp_len(packet) < 8 || packet_sum(packet))
		return false;
	if (icmp->type == ICMPV6_ECHO_REPLY)
		return names_request(icmp) &&
		       !memcmp(&packet->ip6.saddr, &request.ip6.daddr, 16);
	return icmp->type >= ICMPV6_DEST_UNREACH &&
	       icmp->type <= ICMPV6_PARAMPROB && quotes_request(packet);
}

static void mutate(struct packet *packet)
{
	packet->len = random_damage(packet->bytes, 40, packet->len);
	if (random_below(16))
		packet_seal(packet);	/* else a bad checksum, mostly */
	else
		packet->ip6.payload_len = htons(packet->len - 40);
}

FIXTURE(mutation)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(mutation)
{
	bool error;
};

FIXTURE_VARIANT_ADD(mutation, of_errors)
{
	.error = true,
};

FIXTURE_VARIANT_ADD(mutation, of_replies)
{
	.error = false,
};

FIXTURE_SETUP(mutation)
{
	setup(_metadata, &self->fd, &self->injector);
	random_state = 20240229;
}

FIXTURE_TEARDOWN(mutation)
{
	close(self->fd);
}

TEST_F_TIMEOUT(mutation, completes_a_request_only_if_it_still_answers_it, 300)
{
	unsigned int i, n = scaled(50000, 50000 / 10);

	for (i = 0; i < n; i++) {
		if (variant->error)
			packet_error(&forged, &request, REPORTER,
				     ICMPV6_TIME_EXCEED, 0);
		else
			packet_reply(&forged, &request);
		mutate(&forged);
		injector_send(self->injector, &forged);
		if (answers_request(&forged)) {
			ASSERT_EQ(1, reap_one(self->fd, &record))
				TH_LOG("packet %u deserved a completion", i);
			next_request(_metadata, self->fd, self->injector);
		} else if (!random_below(8)) {
			ASSERT_EQ(0, reap_now(self->fd, &record))
				TH_LOG("packet %u or one before did not", i);
		}
	}
	packet_reply(&right, &request);
	right.ip6.hop_limit = RIGHT_HOPS;
	injector_send(self->injector, &right);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(RIGHT_HOPS, record.c.ttl);
}

TEST_HARNESS_MAIN
