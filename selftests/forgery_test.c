// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that are almost, but not quite, the answer to our request. None may
 * complete it, so after each forged packet comes the right answer with another
 * TTL, and that one must be what the completion tells of.
 *
 * Every variant changes one thing about a packet that would otherwise be right.
 */
#include "kselftest_harness.h"

#include "icmpecho_test.h"
#include "netns.h"
#include "random.h"
#include "inject.h"

#define FORGED_TTL 99
#define RIGHT_TTL 33

static struct record record;
static struct packet request, forged, right;
static unsigned char payload[64];

static struct icmpecho_echo next_echo(void)
{
	struct icmpecho_echo echo = echo_with(BEYOND, payload, sizeof(payload));

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
	struct pair pair = netns_pair();

	*injector = injector_open(pair.world, "world0", AF_INET);
	*fd = echo_open();
	ASSERT_LE(0, *fd);
	next_request(_metadata, *fd, *injector);
}

static void expect_ignored(struct __test_metadata *_metadata, int fd, int injector)
{
	injector_send(injector, &forged);
	right.ip.ttl = RIGHT_TTL;
	packet_seal(&right);
	injector_send(injector, &right);
	ASSERT_EQ(1, reap_one(fd, &record));
	EXPECT_EQ(RIGHT_TTL, record.c.ttl);
	EXPECT_EQ(0, reap_now(fd, &record));
}

/* Replies */

static void reply_with_bad_checksum(void)
{
	packet_icmp(&forged)->checksum ^= htons(0x0100);
}

static void reply_with_zero_checksum(void)
{
	packet_icmp(&forged)->checksum = 0;
}

static void reply_with_bad_payload(void)
{
	forged.bytes[forged.len - 1] ^= 1;
}

static void reply_from_another_host(void)
{
	forged.ip.saddr = inet_addr("198.51.100.3");
	packet_seal(&forged);
}

static void reply_from_the_gateway(void)
{
	forged.ip.saddr = inet_addr(WORLD);
	packet_seal(&forged);
}

static void reply_to_another_of_our_addresses(void)
{
	link_add_address("near0", "192.0.2.10/24");
	forged.ip.daddr = inet_addr("192.0.2.10");
	packet_seal(&forged);
}

static void reply_with_wrong_identifier(void)
{
	packet_icmp(&forged)->un.echo.id ^= htons(1);
	packet_seal(&forged);
}

static void reply_with_wrong_sequence(void)
{
	packet_icmp(&forged)->un.echo.sequence ^= htons(1);
	packet_seal(&forged);
}

static void reply_with_identifier_and_sequence_swapped(void)
{
	struct icmphdr *icmp = packet_icmp(&forged);
	__be16 id = icmp->un.echo.id;

	/* The one request in 65536 for which this changes nothing. */
	if (id == icmp->un.echo.sequence)
		id ^= htons(1);
	icmp->un.echo.id = icmp->un.echo.sequence;
	icmp->un.echo.sequence = id;
	packet_seal(&forged);
}

static void reply_with_code_1(void)
{
	packet_icmp(&forged)->code = 1;
	packet_seal(&forged);
}

static void reply_with_header_cut_short(void)
{
	forged.len = 20 + 7;
	packet_seal(&forged);
}

static void reply_without_icmp_header(void)
{
	forged.len = 20;
	packet_seal(&forged);
}

static void reply_shorter_than_its_ip_header_says(void)
{
	forged.len -= 8;	/* tot_len stays */
}

static void reply_of_type_echo_request(void)
{
	packet_icmp(&forged)->type = ICMP_ECHO;
	packet_seal(&forged);
}

static void reply_of_type_timestamp(void)
{
	packet_icmp(&forged)->type = ICMP_TIMESTAMPREPLY;
	packet_seal(&forged);
}

FIXTURE(reply)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(reply)
{
	void (*forge)(void);
};

#define REPLY(name) FIXTURE_VARIANT_ADD(reply, name) { .forge = reply_##name }

REPLY(with_bad_checksum);
REPLY(with_zero_checksum);
REPLY(with_bad_payload);
REPLY(from_another_host);
REPLY(from_the_gateway);
REPLY(to_another_of_our_addresses);
REPLY(with_wrong_identifier);
REPLY(with_wrong_sequence);
REPLY(with_identifier_and_sequence_swapped);
REPLY(with_code_1);
REPLY(with_header_cut_short);
REPLY(without_icmp_header);
REPLY(shorter_than_its_ip_header_says);
REPLY(of_type_echo_request);
REPLY(of_type_timestamp);

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
	forged.ip.ttl = FORGED_TTL;
	packet_seal(&forged);
	variant->forge();
	expect_ignored(_metadata, self->fd, self->injector);
}

/* Errors */

static void error_with_bad_checksum(void)
{
	packet_icmp(&forged)->checksum ^= htons(0x0100);
}

static void error_without_quote(void)
{
	forged.len = 28;
	packet_seal(&forged);
}

static void error_with_quote_of_19_bytes(void)
{
	forged.len = 28 + 19;
	packet_seal(&forged);
}

static void error_with_quote_of_only_an_ip_header(void)
{
	forged.len = 28 + 20;
	packet_seal(&forged);
}

static void error_with_quote_one_byte_short(void)
{
	forged.len = 28 + 27;
	packet_seal(&forged);
}

static void error_quoting_ihl_15(void)
{
	packet_quote(&forged)->ihl = 15;
	packet_seal(&forged);
}

/* The quote is long enough for ihl 15, and has the right bytes for ihl 5. */
static void error_quoting_ihl_15_with_room_for_it(void)
{
	packet_append(&forged, payload, 40);
	packet_quote(&forged)->ihl = 15;
	packet_seal(&forged);
}

static void error_quoting_ihl_4(void)
{
	packet_quote(&forged)->ihl = 4;
	memmove(packet_quoted_icmp(&forged), (char *)packet_quote(&forged) + 20, 8);
	packet_seal(&forged);
}

static void error_quoting_ihl_0(void)
{
	packet_quote(&forged)->ihl = 0;
	packet_seal(&forged);
}

static void error_quoting_ip_version_6(void)
{
	packet_quote(&forged)->version = 6;
	packet_seal(&forged);
}

static void error_quoting_a_later_fragment(void)
{
	packet_quote(&forged)->frag_off = htons(1);
	packet_seal(&forged);
}

static void error_quoting_the_last_fragment(void)
{
	packet_quote(&forged)->frag_off = htons(0x1fff);
	packet_seal(&forged);
}

static void error_quoting_udp(void)
{
	packet_quote(&forged)->protocol = IPPROTO_UDP;
	packet_seal(&forged);
}

static void error_quoting_another_source(void)
{
	packet_quote(&forged)->saddr = inet_addr("192.0.2.10");
	packet_seal(&forged);
}

static void error_quoting_another_destination(void)
{
	packet_quote(&forged)->daddr = inet_addr("198.51.100.3");
	packet_seal(&forged);
}

static void error_quoting_addresses_swapped(void)
{
	struct iphdr *quote = packet_quote(&forged);

	quote->saddr = request.ip.daddr;
	quote->daddr = request.ip.saddr;
	packet_seal(&forged);
}

static void error_quoting_an_echo_reply(void)
{
	packet_quoted_icmp(&forged)->type = ICMP_ECHOREPLY;
	packet_seal(&forged);
}

static void error_quoting_code_1(void)
{
	packet_quoted_icmp(&forged)->code = 1;
	packet_seal(&forged);
}

static void error_quoting_wrong_identifier(void)
{
	packet_quoted_icmp(&forged)->un.echo.id ^= htons(1);
	packet_seal(&forged);
}

static void error_quoting_wrong_sequence(void)
{
	packet_quoted_icmp(&forged)->un.echo.sequence ^= htons(1);
	packet_seal(&forged);
}

/* To an address of ours, but not the one that the quoted packet came from. */
static void error_to_another_of_our_addresses(void)
{
	link_add_address("near0", "192.0.2.10/24");
	forged.ip.daddr = inet_addr("192.0.2.10");
	packet_seal(&forged);
}

FIXTURE(error)
{
	int fd;
	int injector;
};

FIXTURE_VARIANT(error)
{
	void (*forge)(void);
};

#define ERROR(name) FIXTURE_VARIANT_ADD(error, name) { .forge = error_##name }

ERROR(with_bad_checksum);
ERROR(without_quote);
ERROR(with_quote_of_19_bytes);
ERROR(with_quote_of_only_an_ip_header);
ERROR(with_quote_one_byte_short);
ERROR(quoting_ihl_15);
ERROR(quoting_ihl_15_with_room_for_it);
ERROR(quoting_ihl_4);
ERROR(quoting_ihl_0);
ERROR(quoting_ip_version_6);
ERROR(quoting_a_later_fragment);
ERROR(quoting_the_last_fragment);
ERROR(quoting_udp);
ERROR(quoting_another_source);
ERROR(quoting_another_destination);
ERROR(quoting_addresses_swapped);
ERROR(quoting_an_echo_reply);
ERROR(quoting_code_1);
ERROR(quoting_wrong_identifier);
ERROR(quoting_wrong_sequence);
ERROR(to_another_of_our_addresses);

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
	packet_error(&right, &request, "203.0.113.1", ICMP_DEST_UNREACH,
		     ICMP_HOST_UNREACH);
	forged = right;
	forged.ip.ttl = FORGED_TTL;
	packet_seal(&forged);
	variant->forge();
	expect_ignored(_metadata, self->fd, self->injector);
}

/*
 * Replies in fragments. The IP layer puts those of one sender and one IP id
 * together, whoever they are from: only the sum of the whole tells.
 */
#define HEAD_LEN 40	/* of the ICMP message, a multiple of 8 */
#define MORE_FRAGMENTS 0x2000

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
	forged.ip.ttl = FORGED_TTL;
}

FIXTURE_TEARDOWN(fragment)
{
	close(self->fd);
}

/* Send the @len bytes at @offset of the forged ICMP message as a fragment. */
static void send_fragment(int injector, __u16 id, unsigned int offset, unsigned int len)
{
	bool more = offset + len < packet_icmp_len(&forged);
	static struct packet fragment;

	fragment.ip = forged.ip;
	fragment.len = 20;
	packet_append(&fragment, forged.bytes + 20 + offset, len);
	fragment.ip.id = htons(id);
	fragment.ip.frag_off = htons((more ? MORE_FRAGMENTS : 0) | offset / 8);
	fragment.ip.tot_len = htons(fragment.len);
	fragment.ip.check = 0;
	fragment.ip.check = internet_checksum(&fragment.ip, 20);
	injector_send(injector, &fragment);
}

static void send_head(int injector, __u16 id)
{
	send_fragment(injector, id, 0, HEAD_LEN);
}

static void send_tail(int injector, __u16 id)
{
	send_fragment(injector, id, HEAD_LEN, packet_icmp_len(&forged) - HEAD_LEN);
}

static void expect_right_reply(struct __test_metadata *_metadata, int fd, int injector)
{
	right.ip.ttl = RIGHT_TTL;
	packet_seal(&right);
	injector_send(injector, &right);
	ASSERT_EQ(1, reap_one(fd, &record));
	EXPECT_EQ(RIGHT_TTL, record.c.ttl);
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
	EXPECT_EQ(1, echo_fdinfo(self->fd, "netns_drop_checksum"));
}

/* It makes a whole reply that is right in all: nobody can tell. */
TEST_F(fragment, first_one_completes_with_the_same_rest_of_another_datagram)
{
	send_tail(self->injector, 1);
	send_tail(self->injector, 2);
	send_head(self->injector, 3);
	ASSERT_EQ(0, reap_now(self->fd, &record));
	send_head(self->injector, 2);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(FORGED_TTL, record.c.ttl);
}

/*
 * Random errors and replies: a right packet with a few bytes changed or cut
 * off, by a generator that starts the same every time. What a packet deserves
 * is decided anew here, from the words of RFC 792 and not from the module.
 */

static bool names_request(const struct icmphdr *icmp, const struct icmphdr *sent)
{
	return icmp->un.echo.id == sent->un.echo.id &&
	       icmp->un.echo.sequence == sent->un.echo.sequence;
}

static bool quotes_request(struct packet *error)
{
	struct iphdr *quote = packet_quote(error);
	unsigned int len = packet_icmp_len(error);

	if (len < 8 + 20 || quote->version != 4 || quote->ihl < 5 ||
	    len < 8 + quote->ihl * 4 + 8)
		return false;
	return quote->protocol == IPPROTO_ICMP &&
	       !(ntohs(quote->frag_off) & 0x1fff) &&
	       quote->saddr == request.ip.saddr &&
	       quote->daddr == request.ip.daddr &&
	       packet_quoted_icmp(error)->type == ICMP_ECHO &&
	       packet_quoted_icmp(error)->code == 0 &&
	       names_request(packet_quoted_icmp(error), packet_icmp(&request));
}

static bool answers_request(struct packet *packet)
{
	struct icmphdr *icmp = packet_icmp(packet);
	unsigned int len = packet_icmp_len(packet);

	if (len < 8 || internet_checksum(icmp, len))
		return false;
	switch (icmp->type) {
	case ICMP_ECHOREPLY:
		return !icmp->code && packet->ip.saddr == request.ip.daddr &&
		       names_request(icmp, packet_icmp(&request));
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return quotes_request(packet);
	}
	return false;
}

static void mutate(struct packet *packet)
{
	packet->len = random_damage(packet->bytes, 20, packet->len);
	if (random_below(16))
		packet_seal(packet);	/* else a bad checksum, mostly */
	else
		packet->ip.tot_len = htons(packet->len);
	packet->ip.check = 0;
	packet->ip.check = internet_checksum(&packet->ip, 20);
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
	unsigned int i, n = scaled(100000, 5000);

	for (i = 0; i < n; i++) {
		if (variant->error)
			packet_error(&forged, &request, "203.0.113.1",
				     ICMP_TIME_EXCEEDED, 0);
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
	right.ip.ttl = RIGHT_TTL;
	packet_seal(&right);
	injector_send(self->injector, &right);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(RIGHT_TTL, record.c.ttl);
}

TEST_HARNESS_MAIN
