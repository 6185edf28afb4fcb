// SPDX-License-Identifier: GPL-2.0
/*
 * The parser of ICMPv6 against packets right and wrong. What follows the IPv6
 * header is in memory of exactly its size, so that the address sanitizer sees
 * every byte read beyond it.
 */
#include <arpa/inet.h>

#include "parse_test.h"

/* Offsets from the ICMPv6 header on, as the parser gets it */
#define QUOTE	8			/* of the IPv6 header in an error */
#define INNER	(QUOTE + 40)		/* of the ICMPv6 header in the quote */

static enum icmpecho_verdict parse(const struct packet *packet,
				   struct icmpecho_parsed *p)
{
	u8 *copy = copy_of(packet);
	enum icmpecho_verdict verdict;

	memset(p, 0, sizeof(*p));
	verdict = icmp6_parse(packet->ip, copy, packet->len, p);

	free(copy);
	return verdict;
}

static void put32(u8 *p, unsigned int value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static void ip_header(u8 *ip, const char *from, const char *to)
{
	memset(ip, 0, 40);
	ip[0] = 0x62;			/* traffic class 0x28, */
	ip[1] = 0x8f;			/* flow label 0xfffff */
	ip[2] = 0xff;
	ip[3] = 0xff;
	ip[6] = 58;
	ip[7] = 61;
	inet_pton(AF_INET6, from, ip + 8);
	inet_pton(AF_INET6, to, ip + 24);
}

static struct packet reply(void)
{
	struct packet packet = { .len = 8 + 5, .bytes = { 129 } };

	ip_header(packet.ip, "2001:db8:2::2", "2001:db8:1::1");
	put16(packet.bytes + 4, 0x1234);
	put16(packet.bytes + 6, 0xfedc);
	memcpy(packet.bytes + 8, "hello", 5);
	return packet;
}

static struct packet error(u8 type, u8 code)
{
	struct packet packet = { .len = INNER + 8, .bytes = { type, code } };

	ip_header(packet.ip, "2001:db8:5::1", "2001:db8:1::1");
	ip_header(packet.bytes + QUOTE, "2001:db8:1::1", "2001:db8:2::2");
	packet.bytes[INNER] = 128;
	put16(packet.bytes + INNER + 4, 0x1234);
	put16(packet.bytes + INNER + 6, 0xfedc);
	return packet;
}

/* Put an extension header of @len bytes in front of what the quote has there. */
static void insert_extension(struct packet *packet, u8 protocol, u8 coded_len,
			     size_t len)
{
	memmove(packet->bytes + INNER + len, packet->bytes + INNER,
		packet->len - INNER);
	memset(packet->bytes + INNER, 0, len);
	packet->bytes[INNER] = packet->bytes[QUOTE + 6];
	packet->bytes[INNER + 1] = coded_len;
	packet->bytes[QUOTE + 6] = protocol;
	packet->len += len;
}

/* One of each, and two destination options, as RFC 8200 has it */
static struct packet error_with_all_extensions(void)
{
	struct packet packet = error(3, 0);

	insert_extension(&packet, 60, 0, 8);
	insert_extension(&packet, 51, 1, 12);
	insert_extension(&packet, 44, 0, 8);
	insert_extension(&packet, 43, 1, 16);
	insert_extension(&packet, 60, 1, 16);
	insert_extension(&packet, 0, 0, 8);
	return packet;
}

static const struct verdict_case cases[] = {
	{ "reply", REPLY, 0, 0, 0, ICMPECHO_REPLY },
	{ "reply without payload", REPLY, 0, 0, 8, ICMPECHO_REPLY },
	{ "reply cut in its header", REPLY, 0, 0, 7, ICMPECHO_MALFORMED },
	{ "reply of 1 byte", REPLY, 0, 0, 1, ICMPECHO_MALFORMED },
	{ "reply with code 1", REPLY, 1, 1, 0, ICMPECHO_MALFORMED },
	{ "error", ERROR, 0, 0, 0, ICMPECHO_ERROR },
	{ "error without quote", ERROR, 0, 0, QUOTE, ICMPECHO_MALFORMED },
	{ "quote of 1 byte", ERROR, 0, 0, QUOTE + 1, ICMPECHO_MALFORMED },
	{ "quote of 39 bytes", ERROR, 0, 0, QUOTE + 39, ICMPECHO_MALFORMED },
	{ "quote of an IPv6 header only", ERROR, 0, 0, INNER, ICMPECHO_MALFORMED },
	{ "quote of 47 bytes", ERROR, 0, 0, INNER + 7, ICMPECHO_MALFORMED },
	{ "quoted version 4", ERROR, QUOTE, 0x45, 0, ICMPECHO_MALFORMED },
	{ "quoted version 0", ERROR, QUOTE, 0, 0, ICMPECHO_MALFORMED },
	{ "quoted UDP", ERROR, QUOTE + 6, 17, 0, ICMPECHO_IGNORE },
	{ "quoted ICMP for IPv4", ERROR, QUOTE + 6, 1, 0, ICMPECHO_IGNORE },
	{ "quoted ESP", ERROR, QUOTE + 6, 50, 0, ICMPECHO_IGNORE },
	{ "quoted no next header", ERROR, QUOTE + 6, 59, 0, ICMPECHO_IGNORE },
	{ "quoted echo reply", ERROR, INNER, 129, 0, ICMPECHO_IGNORE },
	{ "quoted neighbour solicitation", ERROR, INNER, 135, 0, ICMPECHO_IGNORE },
	{ "quoted code 1", ERROR, INNER + 1, 1, 0, ICMPECHO_IGNORE },
	{ "quoted hop limit 0", ERROR, QUOTE + 7, 0, 0, ICMPECHO_ERROR },
	{ "quoted payload length 0", ERROR, QUOTE + 5, 0, 0, ICMPECHO_ERROR },
	{ "quoted traffic class", ERROR, QUOTE, 0x6f, 0, ICMPECHO_ERROR },
};

TEST_CASES(verdicts)
{
	struct icmpecho_parsed p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packet packet = cases[i].base == REPLY ? reply() : error(3, 0);

		change(&packet, &cases[i]);
		report_verdict(&cases[i], parse(&packet, &p));
	}
}

TEST_CASES(types)
{
	struct packet packet = error(3, 0);
	struct icmpecho_parsed p;
	unsigned int type;
	int ok = 1;

	for (type = 0; type < 256; type++) {
		enum icmpecho_verdict verdict;

		packet.bytes[0] = type;
		verdict = parse(&packet, &p);
		if (type >= 1 && type <= 4)
			ok &= verdict == ICMPECHO_ERROR;
		else if (type == 129)
			ok &= verdict == ICMPECHO_REPLY;
		else
			ok &= verdict == ICMPECHO_IGNORE;
	}
	report(ok, "types that are none of ours are ignored");
}

static const struct status_case statuses[] = {
	{ 1, 0, ICMPECHO_STATUS_DEST_NO_ROUTE },
	{ 1, 1, ICMPECHO_STATUS_DEST_PROHIBITED },
	{ 1, 2, ICMPECHO_STATUS_DEST_SCOPE_MISMATCH },
	{ 1, 3, ICMPECHO_STATUS_DEST_ADDR_UNREACHABLE },
	{ 1, 4, ICMPECHO_STATUS_DEST_PORT_UNREACHABLE },
	{ 1, 5, ICMPECHO_STATUS_ICMP_ERROR },
	{ 1, 6, ICMPECHO_STATUS_DEST_UNREACHABLE },
	{ 1, 7, ICMPECHO_STATUS_BAD_HEADER },
	{ 1, 8, ICMPECHO_STATUS_DEST_ADDR_UNREACHABLE },
	{ 1, 255, ICMPECHO_STATUS_DEST_ADDR_UNREACHABLE },
	{ 2, 0, ICMPECHO_STATUS_PACKET_TOO_BIG },
	{ 2, 255, ICMPECHO_STATUS_PACKET_TOO_BIG },
	{ 3, 0, ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED },
	{ 3, 1, ICMPECHO_STATUS_REASSEMBLY_TIME_EXCEEDED },
	{ 3, 2, ICMPECHO_STATUS_TIME_EXCEEDED },
	{ 4, 0, ICMPECHO_STATUS_PARAMETER_PROBLEM },
	{ 4, 1, ICMPECHO_STATUS_PARAMETER_PROBLEM },
	{ 4, 2, ICMPECHO_STATUS_PARAMETER_PROBLEM },
};

TEST_CASES(statuses)
{
	struct icmpecho_parsed p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct packet packet = error(statuses[i].type, statuses[i].code);

		report_status(&statuses[i], parse(&packet, &p), &p);
	}
}

static int is_address(const union icmpecho_addr *address, const char *text)
{
	u8 expected[16];

	inet_pton(AF_INET6, text, expected);
	return !memcmp(address->raw, expected, sizeof(expected));
}

TEST_CASES(reply_members)
{
	static const union icmpecho_addr none;
	struct packet packet = reply();
	struct icmpecho_parsed p;

	memset(&p, 0xa5, sizeof(p));
	parse(&packet, &p);
	report(is_address(&p.from, "2001:db8:2::2"), "reply's source");
	report(is_address(&p.to, "2001:db8:1::1"), "reply's destination");
	report(p.ident == 0x1234 && p.seq == 0xfedc, "reply's identity");
	report(p.ttl == 61 && p.tos == 0x28, "reply's hop limit and traffic class");
	report(p.type == 129 && p.code == 0 && p.status == ICMPECHO_STATUS_SUCCESS,
	       "reply's type, code and status");
	report(p.icmp_off == 0 && p.data_off == 8, "reply's offsets");
	report(!memcmp(&p.quoted_src, &none, sizeof(none)) &&
	       !memcmp(&p.quoted_dst, &none, sizeof(none)), "reply quotes nothing");
	report(!p.info && !p.ifindex && !p.scope_id && !p.options_len && !p.df,
	       "reply's other members are zero");
}

TEST_CASES(error_members)
{
	struct packet packet = error(2, 0);
	struct icmpecho_parsed p;

	put32(packet.bytes + 4, 0x12345678);
	parse(&packet, &p);
	report(is_address(&p.from, "2001:db8:5::1"), "error's source");
	report(is_address(&p.quoted_src, "2001:db8:1::1"), "quoted source");
	report(is_address(&p.quoted_dst, "2001:db8:2::2"), "quoted destination");
	report(p.ident == 0x1234 && p.seq == 0xfedc, "quoted identity");
	report(p.info == 0x12345678 && p.data_off == QUOTE, "error's MTU and quote");
	packet.bytes[0] = 4;
	parse(&packet, &p);
	report(p.info == 0x12345678, "parameter problem's pointer");
	packet.bytes[0] = 1;
	parse(&packet, &p);
	report(p.info == 0, "no info in unreachables");
	packet.bytes[0] = 3;
	parse(&packet, &p);
	report(p.info == 0, "no info in time exceeded");
}

static const struct {
	const char *name;
	u8 protocol;
	u8 coded_len;
	size_t len;
} extensions[] = {
	{ "hop-by-hop options", 0, 0, 8 },
	{ "long hop-by-hop options", 0, 2, 24 },
	{ "routing header", 43, 2, 24 },
	{ "destination options", 60, 1, 16 },
	{ "first fragment", 44, 0, 8 },
	{ "first fragment with reserved byte", 44, 255, 8 },
	{ "authentication header", 51, 4, 24 },
	{ "shortest authentication header", 51, 0, 8 },
};

TEST_CASES(extensions)
{
	struct icmpecho_parsed p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		struct packet packet = error(3, 0);

		insert_extension(&packet, extensions[i].protocol,
				 extensions[i].coded_len, extensions[i].len);
		report(parse(&packet, &p) == ICMPECHO_ERROR && p.ident == 0x1234 &&
		       p.seq == 0xfedc, extensions[i].name);
	}
}

/* One that lies about its length must not lead beyond the packet. */
TEST_CASES(lying_lengths)
{
	struct icmpecho_parsed p;
	unsigned int i, len;
	int ok = 1;

	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		struct packet packet = error(3, 0);

		if (extensions[i].protocol == 44)
			continue;
		insert_extension(&packet, extensions[i].protocol, 0,
				 extensions[i].len);
		for (len = extensions[i].coded_len + 1; len < 256; len++) {
			packet.bytes[INNER + 1] = len;
			ok &= parse(&packet, &p) != ICMPECHO_ERROR;
		}
	}
	report(ok, "extensions with a length beyond the packet");
}

TEST_CASES(fragments)
{
	struct packet packet = error(3, 0);
	struct icmpecho_parsed p;
	unsigned int offset;
	int ok = 1;

	insert_extension(&packet, 44, 0, 8);
	for (offset = 1; offset < 0x2000; offset++) {
		put16(packet.bytes + INNER + 2, offset << 3 | (offset & 1));
		ok &= parse(&packet, &p) != ICMPECHO_ERROR;
	}
	report(ok, "later fragments are no echo requests");
	put16(packet.bytes + INNER + 2, 7);
	report(parse(&packet, &p) == ICMPECHO_ERROR,
	       "flags of a first fragment do not matter");
}

TEST_CASES(chains)
{
	struct packet packet = error_with_all_extensions();
	struct icmpecho_parsed p;
	size_t whole = packet.len;
	int ok = 1;

	report(parse(&packet, &p) == ICMPECHO_ERROR && p.ident == 0x1234,
	       "all extensions in one quote");
	report(whole <= ICMP6_PARSE_LEN,
	       "ICMP6_PARSE_LEN has room for all extensions");
	for (packet.len = 0; packet.len < whole; packet.len++)
		ok &= parse(&packet, &p) == ICMPECHO_MALFORMED;
	report(ok, "every truncation is malformed");
}

static void mutate(struct packet *packet)
{
	unsigned int changes = random_below(4);

	while (changes--)
		packet->bytes[random_below(packet->len)] = random_below(256);
	if (!random_below(4))
		packet->len = random_below(packet->len + 1);
}

/* What must hold of any reply or error, whatever it was made from */
static int plausible(const struct packet *packet, enum icmpecho_verdict verdict,
		     const struct icmpecho_parsed *p)
{
	if (verdict != ICMPECHO_REPLY && verdict != ICMPECHO_ERROR)
		return 1;
	if (p->icmp_off != 0 || p->data_off != 8 || p->data_off > packet->len ||
	    p->type != packet->bytes[0])
		return 0;
	if (verdict == ICMPECHO_REPLY)
		return p->type == 129 && p->code == 0 &&
		       p->status == ICMPECHO_STATUS_SUCCESS;
	return p->type >= 1 && p->type <= 4 &&
	       p->status != ICMPECHO_STATUS_SUCCESS && packet->len >= INNER + 8;
}

TEST_CASES(mutations)
{
	unsigned int i, good = 0;
	struct icmpecho_parsed p;
	int ok = 1;

	for (i = 0; i < 2000000 && ok; i++) {
		struct packet packet = i % 3 == 0 ? reply() : i % 3 == 1 ?
				       error(1 + i % 4, 0) :
				       error_with_all_extensions();
		enum icmpecho_verdict verdict;

		mutate(&packet);
		verdict = parse(&packet, &p);
		good += verdict == ICMPECHO_REPLY || verdict == ICMPECHO_ERROR;
		ok = plausible(&packet, verdict, &p);
	}
	if (!ok)
		printf("# mutation %u\n", i - 1);
	report(ok && good > i / 10, "mutated packets are never misread");
}
