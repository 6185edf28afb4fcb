// SPDX-License-Identifier: GPL-2.0
/*
 * The grammar of the packets. A packet is a reply or an error, to some request, in dress that
 * changes nothing (TTL, options, extension headers, a longer quote, RFC 4884 extensions), with
 * one or two flaws. A few have none, and so are answers. Others come in fragments.
 */
#include <stdio.h>
#include <string.h>

#include "network.h"

/* One packet in so many has no flaw. */
#define RIGHT_ONE_IN	1000

/* Kinds of packets: by form and flaw, then those without a flaw, then fragments */
enum {
	KIND_RIGHT,
	KIND_OTHER_PAYLOAD,
	KIND_RIGHT_ERROR,
	KIND_HEAD,
	KIND_REST,
	KIND_MIXED,
	KIND_REPEATED,
	KIND_OVERLAPPING,
	KIND_BEYOND,
	KIND_ODD,
	KIND_SPOILED,
	KIND_PIECES,
	NR_KINDS,
};

static const char *const kinds[NR_KINDS] = {
	[KIND_RIGHT]		= "reply: is right",
	[KIND_OTHER_PAYLOAD]	= "reply: is right but for its payload",
	[KIND_RIGHT_ERROR]	= "error: is right",
	[KIND_HEAD]		= "fragment: first one without the rest",
	[KIND_REST]		= "fragment: rest without the first one",
	[KIND_MIXED]		= "fragment: of two requests",
	[KIND_REPEATED]		= "fragment: repeated with other bytes",
	[KIND_OVERLAPPING]	= "fragment: overlapping",
	[KIND_BEYOND]		= "fragment: beyond the longest packet",
	[KIND_ODD]		= "fragment: empty, or of an odd length",
	[KIND_SPOILED]		= "fragment: of a reply with a wrong checksum",
	[KIND_PIECES]		= "fragment: of a right reply",
};

unsigned int grammar_nr_kinds(void)
{
	return NR_KINDS + 2 * nr_flaws;
}

const char *grammar_kind(unsigned int kind)
{
	static char name[64];

	if (kind < NR_KINDS)
		return kinds[kind];
	kind -= NR_KINDS;
	snprintf(name, sizeof(name), "%s: %s", kind < nr_flaws ? "reply" : "error",
		 flaws[kind % nr_flaws].name);
	return name;
}

static bool is_ipv4(void)
{
	return family->family == AF_INET;
}

static struct packet request;

static void choose_victim(unsigned int index)
{
	victim = &targets[index];
	request_see(victim, &request);
}

/* Forms */

static void make_reply(void)
{
	packet_reply(&draft, &request);
}

/* The types and codes of the errors that end a request */
static struct icmp_kind pick_error(void)
{
	struct icmp_kind kinds[] = {
		family->unreachable, family->too_big, family->expired, family->problem,
	};
	struct icmp_kind kind = kinds[pick(4)];

	if (kind.type == family->unreachable.type)
		kind.code = pick(is_ipv4() ? 16 : 8);
	else if (kind.type != family->too_big.type)
		kind.code = pick(3);
	return kind;
}

/*
 * RFC 4884: the quote is filled up to 128 bytes, its length is told, and behind it are
 * extensions: here a label of MPLS, as routers send it.
 */
static void add_extensions(void)
{
	unsigned char extension[] = { 0x20, 0, 0, 0, 0, 8, 1, 1, 0x12, 0x34, 0x51, 64 };
	unsigned char *icmp = (unsigned char *)packet_icmp(&draft);
	unsigned int len = packet_icmp_len(&draft) - 8;
	static const unsigned char zero[128];
	__u16 sum;

	if (len > 128)
		draft.len -= len - 128;
	else
		packet_append(&draft, zero, 128 - len);
	icmp[is_ipv4() ? 5 : 4] = 128 / (is_ipv4() ? 4 : 8);
	sum = internet_checksum(extension, sizeof(extension));
	memcpy(extension + 2, &sum, sizeof(sum));
	packet_append(&draft, extension, sizeof(extension));
}

static void make_error(void)
{
	struct icmp_kind kind = pick_error();
	unsigned int more = victim->secret_len;

	packet_error(&draft, &request, family->reporter, kind.type, kind.code);
	if (pick(2))
		packet_append(&draft, request.bytes + family->header_len + 8, pick(more + 1));
	if (kind.type == family->too_big.type)
		packet_set_mtu(&draft, 1280 + pick(300));
	else if (kind.type == family->problem.type)
		packet_icmp(&draft)->un.gateway = htonl(pick(1U << 31));
	if (!pick(4) && kind.type != family->too_big.type)
		add_extensions();
}

/* Dress: nothing of it makes a packet right or wrong. */

static void lengthen_reply(void)
{
	static unsigned char more[60000];
	unsigned int len = pick(16) ? pick(2000) : pick(sizeof(more));

	pick_bytes(more, len < 64 ? len : 64);
	packet_append(&draft, more, len);
}

static void dress(unsigned int form)
{
	*ip_ttl(draft.bytes) = 1 + pick(255);
	ip_set_tos(draft.bytes, pick(256));
	if (form == FORM_REPLY && !pick(64))
		lengthen_reply();
	if (form == FORM_ERROR && !is_ipv4() && !pick(8))
		quote_good_extensions();
	if (!pick(8))
		put_good_headers();
}

/* What a link has added behind the packet */
static void add_trailer(void)
{
	static const unsigned char zero[32];

	packet_append(&draft, zero, 1 + pick(sizeof(zero)));
}

static void seal_and_send(unsigned int kind, const struct flaw *first, const struct flaw *second)
{
	packet_seal(&draft);
	if (first && first->unseal)
		first->unseal();
	if (second && second->unseal)
		second->unseal();
	if (!(first && first->of_ip) && !pick(16))
		add_trailer();
	send_packet(&draft, kind);
}

static void make_form(unsigned int form)
{
	if (form == FORM_REPLY)
		make_reply();
	else
		make_error();
}

static void send_flawed(unsigned int form)
{
	const struct flaw *first = flaw_pick(form, false), *second = NULL;
	unsigned int kind = NR_KINDS + (first - flaws) + (form == FORM_ERROR ? nr_flaws : 0);

	if (!first->of_ip && !pick(4))
		second = flaw_pick(form, true);
	make_form(form);
	if (first->forge)
		first->forge();
	if (second && second->forge)
		second->forge();
	/* Headers that are wrong stay in front. */
	if (!(first->of_ip && first->family && first->forge))
		dress(form);
	seal_and_send(kind, first, second);
}

static void change_payload(void)
{
	unsigned int len = packet_icmp_len(&draft) - 8;

	if (pick(2))
		draft.len -= 1 + pick(len);
	else
		pick_bytes((void *)(packet_icmp(&draft) + 1), len);
}

static void send_right(unsigned int form)
{
	unsigned int kind = form == FORM_ERROR ? KIND_RIGHT_ERROR : KIND_RIGHT;

	make_form(form);
	if (kind == KIND_RIGHT && !pick(4)) {
		kind = KIND_OTHER_PAYLOAD;
		change_payload();
	}
	*ip_ttl(draft.bytes) = 1 + pick(255);
	ip_set_tos(draft.bytes, pick(256));
	if (form == FORM_ERROR && !is_ipv4() && !pick(2))
		quote_good_extensions();
	if (!pick(2))
		put_good_headers();
	seal_and_send(kind, NULL, NULL);
}

void grammar_right_reply(void)
{
	do
		choose_victim(pick(NR_TARGETS));
	while (!victim->in_flight);
	make_reply();
	packet_seal(&draft);
	send_packet(&draft, KIND_RIGHT);
}

/* Fragments */

/* Only some hosts send these, and they have few ids for those that wait: so they meet. */
static void choose_fragmenting_victim(unsigned int host)
{
	choose_victim(host + NR_HOSTS * pick(NR_TARGETS / NR_HOSTS));
	make_reply();
	*ip_ttl(draft.bytes) = 1 + pick(255);
	packet_seal(&draft);
}

static void send_part(unsigned int kind, unsigned int id, unsigned int begin, unsigned int end)
{
	static struct packet fragment;

	packet_fragment(&fragment, &draft, id, begin, end - begin);
	send_packet(&fragment, kind);
}

/* A place to cut the message: a multiple of 8, inside of it */
static unsigned int pick_cut(void)
{
	return 8 * (1 + pick((packet_icmp_len(&draft) - 1) / 8));
}

static void send_head(unsigned int id)
{
	send_part(KIND_HEAD, id, 0, pick_cut());
}

static void send_rest(unsigned int id)
{
	send_part(KIND_REST, id, pick_cut(), packet_icmp_len(&draft));
}

/* The first fragment of one reply, and the rest of another one */
static void send_mixed(unsigned int host, unsigned int id)
{
	unsigned int cut = 8 * (1 + pick(2));

	send_part(KIND_MIXED, id, 0, cut);
	choose_fragmenting_victim(host);
	send_part(KIND_MIXED, id, cut, packet_icmp_len(&draft));
}

/* Spoil what follows the first @len bytes of the message. */
static void spoil_from(unsigned int len)
{
	pick_bytes((unsigned char *)packet_icmp(&draft) + len, packet_icmp_len(&draft) - len);
}

/* What comes first counts, so a right reply is whole only if its rest comes before the other. */
static void send_repeated(unsigned int id)
{
	bool right_first = !pick(RIGHT_ONE_IN / 4);
	unsigned int cut = pick_cut(), len = packet_icmp_len(&draft);
	static struct packet right;

	memcpy(right.bytes, draft.bytes, draft.len);
	if (!right_first)
		spoil_from(cut);
	send_part(KIND_REPEATED, id, cut, len);
	if (right_first)
		spoil_from(cut);
	else
		memcpy(draft.bytes, right.bytes, draft.len);
	send_part(KIND_REPEATED, id, cut, len);
	send_part(KIND_REPEATED, id, 0, cut);
}

static void send_overlapping(unsigned int id)
{
	unsigned int len = packet_icmp_len(&draft), cut;

	do
		cut = pick_cut();
	while (cut == 8);
	if (pick(2)) {
		send_part(KIND_OVERLAPPING, id, 0, cut);
		send_part(KIND_OVERLAPPING, id, cut - 8, len);
	} else {
		send_part(KIND_OVERLAPPING, id, cut - 8, len);
		send_part(KIND_OVERLAPPING, id, 0, cut);
	}
}

/* Its last bytes would be behind the 65,535th of the packet. */
static void send_beyond(unsigned int id)
{
	static struct packet fragment;
	unsigned int place = 0x1fff - pick(2);
	bool more = pick(2);

	packet_fragment(&fragment, &draft, id, 8, packet_icmp_len(&draft) - 8);
	if (is_ipv4()) {
		fragment.ip.frag_off = htons(place | (more ? 0x2000 : 0));
	} else {
		fragment.bytes[42] = place >> 5;
		fragment.bytes[43] = place << 3 | more;
	}
	packet_seal_ip(&fragment);
	send_packet(&fragment, KIND_BEYOND);
}

static void send_odd(unsigned int id)
{
	if (pick(2))
		send_part(KIND_ODD, id, 0, 9 + pick(7));
	else
		send_part(KIND_ODD, id, 8, 8);
}

/* The whole message in two or three pieces, in any order */
static void send_pieces(unsigned int kind, unsigned int id)
{
	unsigned int cuts[4] = { 0, pick_cut(), pick_cut(), packet_icmp_len(&draft) };
	unsigned int i, from = pick(3), swap;

	if (cuts[1] > cuts[2]) {
		swap = cuts[1];
		cuts[1] = cuts[2];
		cuts[2] = swap;
	}
	for (i = 0; i < 3; i++, from = (from + 1) % 3)
		if (cuts[from] < cuts[from + 1])
			send_part(kind, id, cuts[from], cuts[from + 1]);
}

static void make_fragments(void)
{
	unsigned int host = pick(NR_FRAGMENTING), plan = pick(100);
	unsigned int id = 256 + pick(65536 - 256);

	choose_fragmenting_victim(host);
	if (!pick(RIGHT_ONE_IN / 4)) {
		send_pieces(KIND_PIECES, id);
	} else if (plan < 35) {
		send_head(pick(256));
	} else if (plan < 70) {
		send_rest(pick(256));
	} else if (plan < 80) {
		send_mixed(host, id);
	} else if (plan < 85) {
		send_repeated(id);
	} else if (plan < 90) {
		send_overlapping(id);
	} else if (plan < 94) {
		send_beyond(pick(4) ? id : pick(256));
	} else if (plan < 97) {
		send_odd(pick(2) ? id : pick(256));
	} else {
		spoil_from(8);
		send_pieces(KIND_SPOILED, id);
	}
}

void grammar_next(void)
{
	unsigned int form = pick(2) ? FORM_REPLY : FORM_ERROR;

	if (!pick(7)) {
		make_fragments();
		return;
	}
	choose_victim(pick(NR_TARGETS));
	if (pick(RIGHT_ONE_IN))
		send_flawed(form);
	else
		send_right(form);
}
