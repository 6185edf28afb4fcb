// SPDX-License-Identifier: GPL-2.0
/*
 * The parser of ICMP over IPv4 against packets right and wrong. Each packet is
 * in memory of exactly its size, so that the address sanitizer sees every byte
 * read beyond it.
 */
#include <arpa/inet.h>

#include "parse_test.h"

#define IP_LEN	20
#define ICMP	IP_LEN			/* offset of the ICMP header */
#define QUOTE	(ICMP + 8)		/* of the IP header in an error */
#define INNER	(QUOTE + IP_LEN)	/* of the ICMP header in the quote */

static enum icmpecho_verdict parse(const struct packet *packet,
				   struct icmpecho_parsed *p)
{
	u8 *copy = copy_of(packet);
	enum icmpecho_verdict verdict;

	memset(p, 0, sizeof(*p));
	verdict = icmp4_parse(copy, packet->len, packet->len, p);

	free(copy);
	return verdict;
}

static void ip_header(u8 *ip, unsigned int len, const char *from, const char *to)
{
	in_addr_t addresses[2] = { inet_addr(from), inet_addr(to) };

	memset(ip, 0, IP_LEN);
	ip[0] = 0x45;
	ip[1] = 0x28;
	put16(ip + 2, len);
	ip[8] = 61;
	ip[9] = 1;
	memcpy(ip + 12, addresses, sizeof(addresses));
}

static struct packet reply(void)
{
	struct packet packet = { .len = ICMP + 8 + 5 };

	ip_header(packet.bytes, packet.len, "198.51.100.2", "192.0.2.1");
	put16(packet.bytes + ICMP + 4, 0x1234);
	put16(packet.bytes + ICMP + 6, 0xfedc);
	memcpy(packet.bytes + ICMP + 8, "hello", 5);
	return packet;
}

static struct packet error(u8 type, u8 code)
{
	struct packet packet = { .len = INNER + 8 };

	ip_header(packet.bytes, packet.len, "203.0.113.1", "192.0.2.1");
	packet.bytes[ICMP] = type;
	packet.bytes[ICMP + 1] = code;
	ip_header(packet.bytes + QUOTE, 100, "192.0.2.1", "198.51.100.2");
	packet.bytes[INNER] = 8;
	put16(packet.bytes + INNER + 4, 0x1234);
	put16(packet.bytes + INNER + 6, 0xfedc);
	return packet;
}

/* Give the IP header at @at so many 32-bit words of options. */
static void insert_options(struct packet *packet, size_t at, unsigned int words)
{
	size_t end = at + IP_LEN;

	memmove(packet->bytes + end + words * 4, packet->bytes + end,
		packet->len - end);
	memset(packet->bytes + end, 1, words * 4);
	packet->bytes[at] += words;
	packet->len += words * 4;
}

static const struct verdict_case cases[] = {
	{ "reply", REPLY, 0, 0, 0, ICMPECHO_REPLY },
	{ "reply without payload", REPLY, 0, 0, 28, ICMPECHO_REPLY },
	{ "reply cut in its header", REPLY, 0, 0, 27, ICMPECHO_MALFORMED },
	{ "reply of an IP header only", REPLY, 0, 0, 20, ICMPECHO_MALFORMED },
	{ "reply cut in its IP header", REPLY, 0, 0, 19, ICMPECHO_MALFORMED },
	{ "reply with code 1", REPLY, ICMP + 1, 1, 0, ICMPECHO_MALFORMED },
	{ "type echo request", REPLY, ICMP, 8, 0, ICMPECHO_IGNORE },
	{ "type redirect", ERROR, ICMP, 5, 0, ICMPECHO_IGNORE },
	{ "type source quench", ERROR, ICMP, 4, 0, ICMPECHO_IGNORE },
	{ "type timestamp reply", REPLY, ICMP, 14, 0, ICMPECHO_IGNORE },
	{ "type 32, which no filter stops", REPLY, ICMP, 32, 0, ICMPECHO_IGNORE },
	{ "type 255", REPLY, ICMP, 255, 0, ICMPECHO_IGNORE },
	{ "error", ERROR, 0, 0, 0, ICMPECHO_ERROR },
	{ "error without quote", ERROR, 0, 0, QUOTE, ICMPECHO_MALFORMED },
	{ "quote of 1 byte", ERROR, 0, 0, QUOTE + 1, ICMPECHO_MALFORMED },
	{ "quote of 19 bytes", ERROR, 0, 0, QUOTE + 19, ICMPECHO_MALFORMED },
	{ "quote of an IP header only", ERROR, 0, 0, INNER, ICMPECHO_MALFORMED },
	{ "quote of 27 bytes", ERROR, 0, 0, INNER + 7, ICMPECHO_MALFORMED },
	{ "quoted ihl 4", ERROR, QUOTE, 0x44, 0, ICMPECHO_MALFORMED },
	{ "quoted ihl 0", ERROR, QUOTE, 0x40, 0, ICMPECHO_MALFORMED },
	{ "quoted ihl 15", ERROR, QUOTE, 0x4f, 0, ICMPECHO_MALFORMED },
	{ "quoted version 6", ERROR, QUOTE, 0x65, 0, ICMPECHO_MALFORMED },
	{ "quoted version 0", ERROR, QUOTE, 0x05, 0, ICMPECHO_MALFORMED },
	{ "quoted fragment offset 1", ERROR, QUOTE + 7, 1, 0, ICMPECHO_IGNORE },
	{ "quoted fragment offset 0x1000", ERROR, QUOTE + 6, 0x10, 0, ICMPECHO_IGNORE },
	{ "quoted first fragment", ERROR, QUOTE + 6, 0x20, 0, ICMPECHO_ERROR },
	{ "quoted DF", ERROR, QUOTE + 6, 0x40, 0, ICMPECHO_ERROR },
	{ "quoted UDP", ERROR, QUOTE + 9, 17, 0, ICMPECHO_IGNORE },
	{ "quoted ICMPv6", ERROR, QUOTE + 9, 58, 0, ICMPECHO_IGNORE },
	{ "quoted echo reply", ERROR, INNER, 0, 0, ICMPECHO_IGNORE },
	{ "quoted timestamp", ERROR, INNER, 13, 0, ICMPECHO_IGNORE },
	{ "quoted code 1", ERROR, INNER + 1, 1, 0, ICMPECHO_IGNORE },
	{ "quoted TTL 0", ERROR, QUOTE + 8, 0, 0, ICMPECHO_ERROR },
	{ "quoted total length 0", ERROR, QUOTE + 3, 0, 0, ICMPECHO_ERROR },
};

TEST_CASES(verdicts)
{
	struct icmpecho_parsed p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packet packet = cases[i].base == REPLY ? reply() : error(11, 0);

		change(&packet, &cases[i]);
		report_verdict(&cases[i], parse(&packet, &p));
	}
}

/* The first byte cannot be in the table, where 0 stands for no change. */
TEST_CASES(first_byte)
{
	struct packet packet = reply();
	struct icmpecho_parsed p;
	unsigned int byte, right = 0;

	for (byte = 0; byte < 256; byte++) {
		packet.bytes[0] = byte;
		if (parse(&packet, &p) == ICMPECHO_REPLY)
			right += byte == 0x45 || byte == 0x46 ? 1 : 100;
	}
	report(right == 1 || right == 2, "only version 4 with a header that fits");
}

static const struct status_case statuses[] = {
	{ 3, 0, ICMPECHO_STATUS_DEST_NET_UNREACHABLE },
	{ 3, 1, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE },
	{ 3, 2, ICMPECHO_STATUS_DEST_PROT_UNREACHABLE },
	{ 3, 3, ICMPECHO_STATUS_DEST_PORT_UNREACHABLE },
	{ 3, 4, ICMPECHO_STATUS_PACKET_TOO_BIG },
	{ 3, 5, ICMPECHO_STATUS_BAD_ROUTE },
	{ 3, 6, ICMPECHO_STATUS_DEST_NET_UNREACHABLE },
	{ 3, 7, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE },
	{ 3, 8, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE },
	{ 3, 9, ICMPECHO_STATUS_DEST_NET_UNREACHABLE },
	{ 3, 10, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE },
	{ 3, 11, ICMPECHO_STATUS_DEST_NET_UNREACHABLE },
	{ 3, 12, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE },
	{ 3, 13, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE },
	{ 3, 255, ICMPECHO_STATUS_DEST_HOST_UNREACHABLE },
	{ 11, 0, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT },
	{ 11, 1, ICMPECHO_STATUS_TTL_EXPIRED_REASSEMBLY },
	{ 11, 2, ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT },
	{ 12, 0, ICMPECHO_STATUS_PARAMETER_PROBLEM },
	{ 12, 1, ICMPECHO_STATUS_PARAMETER_PROBLEM },
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

TEST_CASES(reply_members)
{
	struct packet packet = reply();
	struct icmpecho_parsed p;

	packet.bytes[6] = 0x40;
	parse(&packet, &p);
	report(p.from.v4 == inet_addr("198.51.100.2"), "reply's source");
	report(p.to.v4 == inet_addr("192.0.2.1"), "reply's destination");
	report(p.ident == 0x1234 && p.seq == 0xfedc, "reply's identity");
	report(p.ttl == 61 && p.tos == 0x28 && p.df, "reply's TTL, TOS and DF");
	report(p.icmp_off == ICMP && p.data_off == ICMP + 8, "reply's offsets");
	report(!p.quoted_src.v4 && !p.quoted_dst.v4, "reply quotes nothing");
	insert_options(&packet, 0, 10);
	report(parse(&packet, &p) == ICMPECHO_REPLY && p.icmp_off == ICMP + 40 &&
	       p.ident == 0x1234, "reply behind IP options");
}

TEST_CASES(error_members)
{
	struct packet packet = error(3, 4);
	struct icmpecho_parsed p;

	put16(packet.bytes + ICMP + 6, 1280);
	parse(&packet, &p);
	report(p.from.v4 == inet_addr("203.0.113.1"), "error's source");
	report(p.quoted_src.v4 == inet_addr("192.0.2.1"), "quoted source");
	report(p.quoted_dst.v4 == inet_addr("198.51.100.2"), "quoted destination");
	report(p.ident == 0x1234 && p.seq == 0xfedc, "quoted identity");
	report(p.info == 1280 && p.data_off == QUOTE, "error's MTU and quote");
	insert_options(&packet, QUOTE, 10);
	report(parse(&packet, &p) == ICMPECHO_ERROR && p.ident == 0x1234,
	       "quoted IP options");
	insert_options(&packet, 0, 10);
	report(parse(&packet, &p) == ICMPECHO_ERROR && p.ident == 0x1234 &&
	       packet.len == ICMP4_PARSE_LEN, "IP options inside and outside");
	packet = error(12, 0);
	packet.bytes[ICMP + 4] = 9;
	parse(&packet, &p);
	report(p.info == 9, "parameter problem's pointer");
	packet = error(11, 0);
	memset(packet.bytes + ICMP + 4, 0xff, 4);
	parse(&packet, &p);
	report(p.info == 0, "no info in other errors");
}

/* The caller may have only the first bytes of a long packet. */
TEST_CASES(head_only)
{
	struct packet packet = error(11, 0);
	struct icmpecho_parsed p = { 0 };

	report(icmp4_parse(packet.bytes, packet.len, 65535, &p) == ICMPECHO_ERROR,
	       "head of a long packet");
	report(icmp4_parse(packet.bytes, packet.len, packet.len - 1, &p) ==
	       ICMPECHO_MALFORMED, "head longer than the packet");
}

/* Each truncation of the longest headers there are */
TEST_CASES(truncations)
{
	struct packet packet = error(11, 0);
	struct icmpecho_parsed p;
	size_t whole;
	int ok = 1;

	insert_options(&packet, QUOTE, 10);
	insert_options(&packet, 0, 10);
	whole = packet.len;
	for (packet.len = 0; packet.len < whole; packet.len++)
		ok &= parse(&packet, &p) == ICMPECHO_MALFORMED;
	report(ok, "every truncation is malformed");
}

static void mutate(struct packet *packet)
{
	unsigned int changes = random_below(4);

	if (!random_below(4))
		insert_options(packet, 0, random_below(11));
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
	if (p->icmp_off < IP_LEN || p->data_off != p->icmp_off + 8 ||
	    p->data_off > packet->len || p->type != packet->bytes[p->icmp_off])
		return 0;
	if (verdict == ICMPECHO_REPLY)
		return p->type == 0 && p->code == 0 &&
		       p->status == ICMPECHO_STATUS_SUCCESS;
	return (p->type == 3 || p->type == 11 || p->type == 12) &&
	       p->status != ICMPECHO_STATUS_SUCCESS &&
	       packet->len - p->data_off >= 28;
}

TEST_CASES(mutations)
{
	unsigned int i, good = 0;
	struct icmpecho_parsed p;
	int ok = 1;

	for (i = 0; i < 2000000 && ok; i++) {
		static const u8 types[] = { 3, 11, 12 };
		struct packet packet = i & 1 ? reply() : error(types[i % 3], 0);
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
