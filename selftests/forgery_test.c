// SPDX-License-Identifier: GPL-2.0
/*
 * Forged packets, see forgery.h. Each variant changes one thing about a packet that
 * would otherwise be right. What only IPv6 has is in forgery6_test.c.
 */
#include "kselftest_harness.h"

#include "forgery.h"
#include "random.h"

#define BOTH(kind, name, ...)			\
	kind(ipv4, name, __VA_ARGS__);		\
	kind(ipv6, name, __VA_ARGS__)

/* Broken seals of replies and errors */

static void spoil_checksum(void)
{
	packet_icmp(&forged)->checksum ^= htons(0x0100);
}

static void clear_checksum(void)
{
	packet_icmp(&forged)->checksum = 0;
}

static void spoil_last_byte(void)
{
	forged.bytes[forged.len - 1] ^= 1;
}

/* The length in the IP header stays. */
static void cut_8_bytes_off(void)
{
	forged.len -= 8;
}

BOTH(REPLY, with_bad_checksum, .unseal = spoil_checksum);
BOTH(REPLY, with_zero_checksum, .unseal = clear_checksum);
BOTH(REPLY, with_bad_payload, .unseal = spoil_last_byte);
BOTH(REPLY, shorter_than_its_ip_header_says, .unseal = cut_8_bytes_off);
BOTH(ERROR, with_bad_checksum, .unseal = spoil_checksum);
BOTH(ERROR, with_zero_checksum, .unseal = clear_checksum);

/* Replies */

static void come_from_another_host(const struct family *family)
{
	set_address(ip_source(forged.bytes), family->stranger);
}

static void come_from_the_gateway(const struct family *family)
{
	set_address(ip_source(forged.bytes), family->world);
}

/* For an error, this is not the address that the quoted packet came from. */
static void go_to_another_of_our_addresses(const struct family *family)
{
	set_address(ip_destination(forged.bytes), family->alias);
}

static void change_identifier(const struct family *family)
{
	packet_icmp(&forged)->un.echo.id ^= htons(1);
}

static void change_sequence(const struct family *family)
{
	packet_icmp(&forged)->un.echo.sequence ^= htons(1);
}

static void swap_identifier_and_sequence(const struct family *family)
{
	struct icmphdr *icmp = packet_icmp(&forged);
	__be16 id = icmp->un.echo.id;

	/* The one request in 65536 for which this changes nothing. */
	if (id == icmp->un.echo.sequence)
		id ^= htons(1);
	icmp->un.echo.id = icmp->un.echo.sequence;
	icmp->un.echo.sequence = id;
}

static void change_code(const struct family *family)
{
	packet_icmp(&forged)->code = 1;
}

static void cut_icmp_header_short(const struct family *family)
{
	forged.len = family->header_len + 7;
}

static void cut_icmp_header_off(const struct family *family)
{
	forged.len = family->header_len;
}

static void make_echo_request(const struct family *family)
{
	packet_icmp(&forged)->type = family->echo_request;
}

static void make_timestamp(const struct family *family)
{
	packet_icmp(&forged)->type = ICMP_TIMESTAMPREPLY;
}

BOTH(REPLY, from_another_host, .forge = come_from_another_host);
BOTH(REPLY, from_the_gateway, .forge = come_from_the_gateway);
BOTH(REPLY, to_another_of_our_addresses, .forge = go_to_another_of_our_addresses);
BOTH(REPLY, with_wrong_identifier, .forge = change_identifier);
BOTH(REPLY, with_wrong_sequence, .forge = change_sequence);
BOTH(REPLY, with_identifier_and_sequence_swapped, .forge = swap_identifier_and_sequence);
BOTH(REPLY, with_code_1, .forge = change_code);
BOTH(REPLY, with_header_cut_short, .forge = cut_icmp_header_short);
BOTH(REPLY, without_icmp_header, .forge = cut_icmp_header_off);
BOTH(REPLY, of_type_echo_request, .forge = make_echo_request);
REPLY(ipv4, of_type_timestamp, .forge = make_timestamp);

/* Errors */

static void cut_quote_off(const struct family *family)
{
	forged.len = family->header_len + 8;
}

static void cut_quoted_ip_header_short(const struct family *family)
{
	forged.len = family->header_len + 8 + family->header_len - 1;
}

static void cut_quote_behind_ip_header(const struct family *family)
{
	forged.len = family->header_len + 8 + family->header_len;
}

static void cut_one_byte_off(const struct family *family)
{
	forged.len--;
}

static void quote_another_ip_version(const struct family *family)
{
	packet_quote(&forged)->version = family == &ipv4_family ? 6 : 4;
}

static void quote_fragment(const struct family *family, unsigned int offset)
{
	unsigned char fragment[8] = { IPPROTO_ICMPV6, 0, offset >> 8, offset | 1 };

	if (family == &ipv4_family) {
		packet_quote(&forged)->frag_off = htons(offset / 8);
		return;
	}
	packet_insert(&forged, 40 + 8 + 40, fragment, sizeof(fragment));
	packet_quote6(&forged)->nexthdr = IPPROTO_FRAGMENT;
}

static void quote_later_fragment(const struct family *family)
{
	quote_fragment(family, 8);
}

static void quote_last_fragment(const struct family *family)
{
	quote_fragment(family, 0xfff8);
}

static void quote_udp(const struct family *family)
{
	if (family == &ipv4_family)
		packet_quote(&forged)->protocol = IPPROTO_UDP;
	else
		packet_quote6(&forged)->nexthdr = IPPROTO_UDP;
}

static void quote_another_source(const struct family *family)
{
	set_address(ip_source(packet_quote(&forged)), family->alias);
}

static void quote_another_destination(const struct family *family)
{
	set_address(ip_destination(packet_quote(&forged)), family->stranger);
}

static void swap_quoted_addresses(const struct family *family)
{
	set_address(ip_source(packet_quote(&forged)), family->beyond);
	set_address(ip_destination(packet_quote(&forged)), family->near);
}

static void quote_echo_reply(const struct family *family)
{
	packet_quoted_icmp(&forged)->type = family->echo_reply;
}

static void quote_code_1(const struct family *family)
{
	packet_quoted_icmp(&forged)->code = 1;
}

static void quote_wrong_identifier(const struct family *family)
{
	packet_quoted_icmp(&forged)->un.echo.id ^= htons(1);
}

static void quote_wrong_sequence(const struct family *family)
{
	packet_quoted_icmp(&forged)->un.echo.sequence ^= htons(1);
}

BOTH(ERROR, without_quote, .forge = cut_quote_off);
BOTH(ERROR, with_quote_of_less_than_an_ip_header, .forge = cut_quoted_ip_header_short);
BOTH(ERROR, with_quote_of_only_an_ip_header, .forge = cut_quote_behind_ip_header);
BOTH(ERROR, with_quote_one_byte_short, .forge = cut_one_byte_off);
BOTH(ERROR, quoting_another_ip_version, .forge = quote_another_ip_version);
BOTH(ERROR, quoting_a_later_fragment, .forge = quote_later_fragment);
BOTH(ERROR, quoting_the_last_fragment, .forge = quote_last_fragment);
BOTH(ERROR, quoting_udp, .forge = quote_udp);
BOTH(ERROR, quoting_another_source, .forge = quote_another_source);
BOTH(ERROR, quoting_another_destination, .forge = quote_another_destination);
BOTH(ERROR, quoting_addresses_swapped, .forge = swap_quoted_addresses);
BOTH(ERROR, quoting_an_echo_reply, .forge = quote_echo_reply);
BOTH(ERROR, quoting_code_1, .forge = quote_code_1);
BOTH(ERROR, quoting_wrong_identifier, .forge = quote_wrong_identifier);
BOTH(ERROR, quoting_wrong_sequence, .forge = quote_wrong_sequence);
BOTH(ERROR, to_another_of_our_addresses, .forge = go_to_another_of_our_addresses);

/* The length of a quoted IPv4 header may lie. */

static void quote_ihl_15(const struct family *family)
{
	packet_quote(&forged)->ihl = 15;
}

/* The quote is long enough for ihl 15, and has the right bytes for ihl 5. */
static void quote_ihl_15_with_room_for_it(const struct family *family)
{
	packet_append(&forged, payload, 40);
	packet_quote(&forged)->ihl = 15;
}

static void quote_ihl_4(const struct family *family)
{
	packet_quote(&forged)->ihl = 4;
	memmove(packet_quoted_icmp(&forged), (char *)packet_quote(&forged) + 20, 8);
}

static void quote_ihl_0(const struct family *family)
{
	packet_quote(&forged)->ihl = 0;
}

ERROR(ipv4, quoting_ihl_15, .forge = quote_ihl_15);
ERROR(ipv4, quoting_ihl_15_with_room_for_it, .forge = quote_ihl_15_with_room_for_it);
ERROR(ipv4, quoting_ihl_4, .forge = quote_ihl_4);
ERROR(ipv4, quoting_ihl_0, .forge = quote_ihl_0);

/*
 * Replies in fragments. The IP layer puts those of one sender and one IP id
 * together. It does not know who made them: only the sum of the whole tells.
 */
#define HEAD_LEN 40	/* of the ICMP message, a multiple of 8 */

FIXTURE(fragment)
{
	struct exchange x;
};

FIXTURE_VARIANT(fragment)
{
	const struct family *family;
};

FIXTURE_VARIANT_ADD(fragment, ipv4) { .family = &ipv4_family };
FIXTURE_VARIANT_ADD(fragment, ipv6) { .family = &ipv6_family };

FIXTURE_SETUP(fragment)
{
	forgery_open(_metadata, &self->x, variant->family);
	random_state = 20240229;
	packet_reply(&right, &request);
	forged = right;
	*ip_ttl(forged.bytes) = FORGED_TTL;
}

FIXTURE_TEARDOWN(fragment)
{
	exchange_close(&self->x);
}

/* Send the @len bytes at @offset of the forged ICMP message as a fragment. */
static void send_fragment(struct exchange *x, unsigned int id, unsigned int offset,
			  unsigned int len)
{
	static struct packet fragment;

	packet_fragment(&fragment, &forged, id, offset, len);
	injector_send(x->injector, &fragment);
}

static void send_head(struct exchange *x, unsigned int id)
{
	send_fragment(x, id, 0, HEAD_LEN);
}

static void send_tail(struct exchange *x, unsigned int id)
{
	send_fragment(x, id, HEAD_LEN, packet_icmp_len(&forged) - HEAD_LEN);
}

TEST_F_TIMEOUT(fragment, first_ones_without_the_rest_complete_nothing, 120)
{
	unsigned int i, n = scaled(20000, 1000);

	for (i = 0; i < n; i++) {
		send_head(&self->x, random_below(65536));
		if (i % 64 == 0)
			ASSERT_EQ(0, reap_now(self->x.fd, &record));
	}
	expect_right_one(_metadata, &self->x);
}

TEST_F(fragment, first_one_with_the_rest_of_another_message_is_ignored)
{
	send_head(&self->x, 1);
	forged.bytes[forged.len - 1] ^= 1;
	send_tail(&self->x, 1);
	expect_right_one(_metadata, &self->x);
	/* In IPv6, the receive socket drops it. */
	if (variant->family == &ipv4_family)
		EXPECT_EQ(1, echo_fdinfo(self->x.fd, "netns_drop_checksum"));
}

/* It makes a whole reply that is right in all: nobody can tell. */
TEST_F(fragment, first_one_completes_with_the_same_rest_of_another_datagram)
{
	send_tail(&self->x, 1);
	send_tail(&self->x, 2);
	send_head(&self->x, 3);
	ASSERT_EQ(0, reap_now(self->x.fd, &record));
	send_head(&self->x, 2);
	ASSERT_EQ(1, reap_one(self->x.fd, &record));
	EXPECT_EQ(FORGED_TTL, record.c.ttl);
}

/*
 * Random errors and replies: a right packet with a few bits changed or cut off,
 * by a generator that starts the same every time. What a packet deserves is decided
 * anew here, from the words of RFC 792 and RFC 4443 and not from the module.
 */

static bool names_request(const struct icmphdr *icmp)
{
	const struct icmphdr *sent = packet_icmp(&request);

	return !icmp->code && icmp->un.echo.id == sent->un.echo.id &&
	       icmp->un.echo.sequence == sent->un.echo.sequence;
}

static bool quotes_request4(struct packet *error)
{
	struct iphdr *quote = packet_quote(error);
	unsigned int len = packet_icmp_len(error);

	return len >= 8 + 20 && quote->version == 4 && quote->ihl >= 5 &&
	       len >= 8 + quote->ihl * 4 + 8 &&
	       quote->protocol == IPPROTO_ICMP &&
	       !(ntohs(quote->frag_off) & 0x1fff) &&
	       quote->saddr == request.ip.saddr && quote->daddr == request.ip.daddr;
}

/*
 * Without extension headers: those that a changed next header makes out of the
 * addresses and the payload never lead to the right identifier again.
 */
static bool quotes_request6(struct packet *error)
{
	struct ipv6hdr *quote = packet_quote6(error);

	return packet_icmp_len(error) >= 8 + 48 && quote->version == 6 &&
	       quote->nexthdr == IPPROTO_ICMPV6 &&
	       !memcmp(&quote->saddr, &request.ip6.saddr, 32);
}

static bool quotes_request(struct packet *error, const struct family *family)
{
	return (family == &ipv4_family ? quotes_request4(error) : quotes_request6(error)) &&
	       packet_quoted_icmp(error)->type == family->echo_request &&
	       names_request(packet_quoted_icmp(error));
}

static bool answers_request(struct packet *packet, const struct family *family)
{
	struct icmphdr *icmp = packet_icmp(packet);

	if (packet_icmp_len(packet) < 8 || packet_sum(packet))
		return false;
	if (icmp->type == family->echo_reply)
		return names_request(icmp) &&
		       !memcmp(ip_source(packet->bytes), ip_destination(request.bytes),
			       family->address_len);
	return family_is_error(family, icmp->type) && quotes_request(packet, family);
}

static void mutate(struct packet *packet, const struct family *family)
{
	packet->len = random_damage(packet->bytes, family->header_len, packet->len);
	if (random_below(16))
		packet_seal(packet);
	else
		packet_seal_ip(packet);	/* and a bad checksum, mostly */
}

FIXTURE(mutation)
{
	struct exchange x;
};

FIXTURE_VARIANT(mutation)
{
	const struct family *family;
	bool error;
	unsigned int packets;
};

#define MUTATION(family_, name, error_, packets_)	\
	FIXTURE_VARIANT_ADD(mutation, name)		\
	{						\
		.family = &family_##_family,		\
		.error = error_,			\
		.packets = packets_,			\
	}

MUTATION(ipv4, of_ipv4_errors, true, 100000);
MUTATION(ipv4, of_ipv4_replies, false, 100000);
MUTATION(ipv6, of_ipv6_errors, true, 50000);
MUTATION(ipv6, of_ipv6_replies, false, 50000);

FIXTURE_SETUP(mutation)
{
	forgery_open(_metadata, &self->x, variant->family);
	random_state = 20240229;
}

FIXTURE_TEARDOWN(mutation)
{
	exchange_close(&self->x);
}

TEST_F_TIMEOUT(mutation, completes_a_request_only_if_it_still_answers_it, 300)
{
	unsigned int i, n = scaled(variant->packets, 5000);
	const struct family *family = variant->family;

	for (i = 0; i < n; i++) {
		if (variant->error)
			family_error(family, &forged, &request, family->expired);
		else
			packet_reply(&forged, &request);
		mutate(&forged, family);
		injector_send(self->x.injector, &forged);
		if (answers_request(&forged, family)) {
			ASSERT_EQ(1, reap_one(self->x.fd, &record))
				TH_LOG("packet %u deserved a completion", i);
			submit_and_capture(_metadata, &self->x);
		} else if (!random_below(8)) {
			ASSERT_EQ(0, reap_now(self->x.fd, &record))
				TH_LOG("packet %u or one before did not", i);
		}
	}
	packet_reply(&right, &request);
	expect_right_one(_metadata, &self->x);
}

TEST_HARNESS_MAIN
