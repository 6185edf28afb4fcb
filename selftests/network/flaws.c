// SPDX-License-Identifier: GPL-2.0
/*
 * What can be wrong about a reply or an error. Each flaw changes one thing; some leave a
 * packet right now and then, which host.c and message.c notice.
 */
#include <string.h>

#include "netns6.h"
#include "network.h"
#include "random.h"

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

struct packet draft;
const struct target *victim;

unsigned int pick(unsigned int n)
{
	return random_below(n);
}

void pick_from(unsigned int seed)
{
	random_state = seed;
}

void pick_bytes(unsigned char *bytes, unsigned int len)
{
	while (len--)
		*bytes++ = random_below(256);
}

static bool is_ipv4(void)
{
	return family->family == AF_INET;
}

static bool is_reply(void)
{
	return packet_icmp(&draft)->type == family->echo_reply;
}

/* Where the draft has the identity of the request */
static struct icmphdr *named_icmp(void)
{
	return is_reply() ? packet_icmp(&draft) : packet_quoted_icmp(&draft);
}

/* IP header of the quote */
static void *quote(void)
{
	return packet_icmp(&draft) + 1;
}

static const struct target *another(void)
{
	return &targets[pick(NR_TARGETS)];
}

/* Put an address of another request's packet to @address. */
static void copy_address(void *address, void *(*end_of)(void *header))
{
	static struct packet other;

	request_see(another(), &other);
	memcpy(address, end_of(other.bytes), family->address_len);
}

/* Who sent it, and to whom */

static void forge_sender(void)
{
	void *source = ip_source(draft.bytes);

	switch (pick(4)) {
	case 0:
		set_address(source, family->stranger);
		break;
	case 1:
		set_address(source, family->world);
		break;
	case 2:
		set_address(source, family->reporter);
		break;
	default:
		copy_address(source, ip_destination);
	}
}

static void forge_impossible_sender(void)
{
	static const char *const senders[] = {
		NEAR, "127.0.0.1", "224.0.0.5", "0.0.0.0", "255.255.255.255",
	};
	static const char *const senders6[] = { "::1", "ff02::1" };

	set_address(ip_source(draft.bytes), is_ipv4() ? senders[pick(LENGTH(senders))] :
							senders6[pick(LENGTH(senders6))]);
}

/* Impossible in IPv4, but not in IPv6 */
static void forge_own_sender(void)
{
	set_address(ip_source(draft.bytes), pick(2) ? family->near : family->alias);
}

static void forge_receiver(void)
{
	set_address(ip_destination(draft.bytes), family->alias);
}

static void forge_foreign_receiver(void)
{
	set_address(ip_destination(draft.bytes), family->stranger);
}

static void forge_many_receivers(void)
{
	if (is_ipv4())
		set_address(ip_destination(draft.bytes), pick(2) ? "192.0.2.255" : "224.0.0.1");
	else
		set_address(ip_destination(draft.bytes), "ff02::1");
}

/* Which request */

static void forge_identity(void)
{
	struct icmphdr *icmp = named_icmp();
	__be16 id = icmp->un.echo.id;

	switch (pick(4)) {
	case 0:
		icmp->un.echo.id ^= htons(1U << pick(16));
		break;
	case 1:
		icmp->un.echo.sequence ^= htons(1U << pick(16));
		break;
	case 2:
		icmp->un.echo.id = icmp->un.echo.sequence;
		icmp->un.echo.sequence = id;
		break;
	default:
		pick_bytes((void *)&icmp->un.echo, 4);
	}
}

static void name_identity(__u32 identity)
{
	named_icmp()->un.echo.id = htons(identity >> 16);
	named_icmp()->un.echo.sequence = htons(identity);
}

static void forge_others_identity(void)
{
	name_identity(another()->identity);
}

/* The identity of a request that has ended: its victim's, or another's if that has none. */
static void forge_late_identity(void)
{
	unsigned int i = victim - targets, n = NR_TARGETS;

	while (n-- && !targets[i].late)
		i = (i + 1) % NR_TARGETS;
	name_identity(targets[i].late ?: victim->identity ^ 1U << pick(32));
}

/* The message */

/*
 * Types that are none of ours. Not those that a router or a neighbour may send to change what
 * near believes of the network, except where near does not believe them.
 */
static void forge_type(void)
{
	static const unsigned char types[] = {
		1, 2, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 18, 19, 30, 31, 32, 40, 129, 255,
	};
	static const unsigned char types6[] = {
		0, 5, 8, 11, 42, 100, 127, 128, 138, 139, 144, 160, 200, 255,
	};

	packet_icmp(&draft)->type = is_ipv4() ? types[pick(LENGTH(types))] :
						types6[pick(LENGTH(types6))];
}

static void forge_code(void)
{
	packet_icmp(&draft)->code = 1 + pick(255);
}

/* Leave @len bytes of the message, or what is left already. */
static void leave(unsigned int len)
{
	if (len < packet_icmp_len(&draft))
		draft.len -= packet_icmp_len(&draft) - len;
}

static void cut_header(void)
{
	leave(pick(8));
}

static void put_noise(void)
{
	if (packet_icmp_len(&draft) > 8)
		pick_bytes((void *)(packet_icmp(&draft) + 1), packet_icmp_len(&draft) - 8);
}

/* What an error quotes */

static void cut_quote(void)
{
	leave(8 + pick(family->header_len + 8));
}

static void quote_addresses(void)
{
	switch (pick(4)) {
	case 0:
		set_address(ip_source(quote()), family->alias);
		break;
	case 1:
		set_address(ip_destination(quote()), family->stranger);
		break;
	case 2:
		copy_address(ip_destination(quote()), ip_destination);
		break;
	default:
		memcpy(ip_source(quote()), victim->wire + family->header_len - family->address_len,
		       family->address_len);
		set_address(ip_destination(quote()), family->near);
	}
}

static void quote_protocol(void)
{
	static const unsigned char protocols[] = {
		IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ESP, IPPROTO_NONE, 253,
	};
	unsigned char protocol = protocols[pick(LENGTH(protocols))];

	if (is_ipv4())
		packet_quote(&draft)->protocol = pick(4) ? protocol : IPPROTO_ICMPV6;
	else
		packet_quote6(&draft)->nexthdr = pick(4) ? protocol : IPPROTO_ICMP;
}

static void quote_ip_header(void)
{
	unsigned char *header = quote();

	if (is_ipv4() && pick(2))
		header[0] = 4 << 4 | (pick(2) ? pick(5) : 6 + pick(10));
	else
		header[0] ^= (1 + pick(15)) << 4;
}

static void quote_message(void)
{
	struct icmphdr *icmp = packet_quoted_icmp(&draft);

	if (pick(2))
		icmp->type = pick(2) ? family->echo_reply : pick(256);
	else
		icmp->code = 1 + pick(255);
}

/* Extension headers in front of the quoted message; @bad ones lead nowhere. */
static void quote_extensions(bool bad)
{
	static const struct {
		unsigned char protocol, len;
		unsigned char bytes[24];
	} headers[] = {
		{ IPPROTO_HOPOPTS, 8, { 0, 0, 1, 4 } },
		{ IPPROTO_ROUTING, 24, { 0, 2, 0, 0 } },
		{ IPPROTO_AH, 24, { 0, 4, 0, 0 } },
		{ IPPROTO_DSTOPTS, 8, { 0, 0, 1, 4 } },
		{ IPPROTO_FRAGMENT, 8, { 0, 0, 0, 1, 1, 2, 3, 4 } },
	};
	unsigned int at = draft.icmp_off + 8 + 40, n = 1 + pick(3), i;

	if (draft.len < at)
		return;
	while (n--) {
		i = pick(LENGTH(headers));
		packet_insert(&draft, at, headers[i].bytes, headers[i].len);
		draft.bytes[at] = packet_quote6(&draft)->nexthdr;
		packet_quote6(&draft)->nexthdr = headers[i].protocol;
	}
	if (!bad)
		return;
	if (packet_quote6(&draft)->nexthdr == IPPROTO_FRAGMENT)
		draft.bytes[at + 3] = 8;	/* a later fragment */
	else
		draft.bytes[at + 1] = 40 + pick(200);
}

static void quote_fragment(void)
{
	unsigned char header[8] = { IPPROTO_ICMPV6, 0, 0, 8 | pick(2) };

	if (is_ipv4()) {
		packet_quote(&draft)->frag_off = htons(1 + pick(0x1fff));
		return;
	}
	if (draft.len < draft.icmp_off + 8 + 40)
		return;
	packet_insert(&draft, draft.icmp_off + 8 + 40, header, sizeof(header));
	packet_quote6(&draft)->nexthdr = IPPROTO_FRAGMENT;
}

static void quote_bad_extensions(void)
{
	quote_extensions(true);
}

/* An error about an error about the request, all of which is there */
static void quote_error(void)
{
	static struct packet inner;

	if (packet_icmp_len(&draft) < 8)
		return;
	memcpy(inner.bytes, draft.bytes, draft.len);
	inner.len = draft.len;
	inner.icmp_off = family->header_len;
	packet_error(&draft, &inner, family->reporter, family->unreachable.type,
		     family->unreachable.code);
	memcpy(ip_destination(draft.bytes), ip_destination(inner.bytes), family->address_len);
	packet_append(&draft, inner.bytes + family->header_len + 8,
		      inner.len - family->header_len - 8);
}

/* Its protocol, options and headers */

static void forge_protocol(void)
{
	if (is_ipv4())
		draft.ip.protocol = pick(2) ? IPPROTO_ICMPV6 : 253;
	else
		draft.ip6.nexthdr = pick(2) ? IPPROTO_ICMP : 253;
}

static void forge_no_next_header(void)
{
	draft.ip6.nexthdr = IPPROTO_NONE;
}

/* A list of options, whose length is a multiple of 4 */
struct options {
	unsigned char len;
	unsigned char bytes[16];
};

static void put_options(const struct options *options)
{
	packet_insert(&draft, 20, options->bytes, options->len);
	draft.ip.ihl += options->len / 4;
}

static const struct options good_options[] = {
	{ 4, { 1, 1, 1, 0 } },
	{ 8, { 7, 7, 4, 0, 0, 0, 0, 0 } },
	{ 8, { 1, 7, 7, 8, 0, 0, 0, 0 } },
	{ 8, { 68, 8, 5, 0, 0, 0, 0, 0 } },
	{ 4, { 148, 4, 0, 0 } },
	{ 12, { 130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ 4, { 222, 4, 1, 2 } },
};

static void put_bad_options(void)
{
	static const struct options bad[] = {
		{ 4, { 7, 2, 4, 0 } },
		{ 8, { 7, 40, 4, 0 } },
		{ 8, { 7, 7, 3, 0 } },
		{ 8, { 7, 7, 6, 0 } },
		{ 8, { 68, 8, 4, 0 } },
		{ 4, { 68, 3, 5, 0 } },
		{ 4, { 222, 1, 0, 0 } },
		{ 4, { 222, 0, 0, 0 } },
		{ 4, { 1, 1, 1, 222 } },
		{ 4, { 148, 3, 0, 0 } },
	};

	put_options(&bad[pick(LENGTH(bad))]);
}

static void put_source_route(void)
{
	struct options route = { 8, { 131, 7, 4, 198, 51, 100, 3, 0 } };

	route.bytes[0] = pick(2) ? 131 : 137;
	route.bytes[2] = pick(2) ? 4 : 8;
	put_options(&route);
}

struct header6 {
	unsigned char protocol, len;
	unsigned char bytes[24];
};

static void put_header6(const struct header6 *header)
{
	packet_insert(&draft, 40, header->bytes, header->len);
	draft.bytes[40] = draft.ip6.nexthdr;
	draft.ip6.nexthdr = header->protocol;
	draft.icmp_off += header->len;
}

/* The first must stay first, and the second may be there once. */
static const struct header6 good_headers6[] = {
	{ IPPROTO_HOPOPTS, 8, { 0, 0, 1, 4 } },
	{ IPPROTO_FRAGMENT, 8, { 0, 0, 0, 0, 1, 2, 3, 4 } },
	{ IPPROTO_DSTOPTS, 8, { 0, 0, 1, 4 } },
	{ IPPROTO_DSTOPTS, 16, { 0, 1, 0x1e, 6, 1, 2, 3, 4, 5, 6, 1, 4 } },
	{ IPPROTO_ROUTING, 8, { 0, 0, 0, 0 } },
	{ IPPROTO_ROUTING, 24, { 0, 2, 0, 0 } },
};

void put_good_headers(void)
{
	bool multicast = draft.ip6.daddr.s6_addr[0] == 0xff;
	unsigned int n;

	if (is_ipv4()) {
		put_options(&good_options[pick(LENGTH(good_options))]);
		return;
	}
	/* A routing header is not for many. */
	for (n = pick(3); n; n--)
		put_header6(&good_headers6[2 + pick(multicast ? 2 : 4)]);
	if (pick(2))
		put_header6(&good_headers6[1]);
	if (pick(2))
		put_header6(&good_headers6[0]);
}

static void put_bad_headers(void)
{
	static const struct header6 bad[] = {
		{ IPPROTO_DSTOPTS, 8, { 0, 0, 0x5e, 4 } },	/* unknown: drop it */
		{ IPPROTO_DSTOPTS, 8, { 0, 0, 0x9e, 4 } },	/* and say so */
		{ IPPROTO_HOPOPTS, 8, { 0, 0, 0xde, 4 } },
		{ IPPROTO_HOPOPTS, 8, { 0, 0, 1, 5 } },		/* option beyond the header */
		{ IPPROTO_DSTOPTS, 8, { 0, 0, 1, 4, 1 } },	/* padding that is not zero */
		{ IPPROTO_DSTOPTS, 16, { 0, 1, 1, 12 } },	/* too much of it */
		{ IPPROTO_DSTOPTS, 8, { 0, 255, 1, 4 } },	/* header beyond the packet */
		{ IPPROTO_HOPOPTS, 8, { 0, 255, 1, 4 } },
		{ IPPROTO_ROUTING, 8, { 0, 255, 0, 0 } },
		{ IPPROTO_ROUTING, 24, { 0, 2, 0, 1 } },	/* a segment is left */
		{ IPPROTO_ROUTING, 8, { 0, 0, 250, 1 } },
	};
	unsigned int i = pick(LENGTH(bad) + 2);

	if (i < LENGTH(bad)) {
		put_header6(&bad[i]);
	} else if (i == LENGTH(bad)) {
		/* Hop-by-hop options behind something */
		put_header6(&good_headers6[0]);
		put_header6(&good_headers6[2]);
	} else {
		/* A fragment of a fragment */
		put_header6(&good_headers6[1]);
		put_header6(&good_headers6[1]);
	}
}

/* Broken seals: these change what has been sealed. */

static void spoil_sum(void)
{
	struct icmphdr *icmp = packet_icmp(&draft);

	switch (pick(4)) {
	case 0:
		icmp->checksum ^= htons(1U << pick(16));
		break;
	case 1:
		icmp->checksum = 0;
		break;
	case 2:
		icmp->checksum = icmp->checksum >> 8 | icmp->checksum << 8;
		break;
	default:
		/* In IPv6, that is the sum without addresses. */
		icmp->checksum = 0;
		icmp->checksum = internet_checksum(icmp, packet_icmp_len(&draft));
		if (is_ipv4())
			icmp->checksum = ~icmp->checksum;
	}
}

static void spoil_payload(void)
{
	if (packet_icmp_len(&draft) > 8)
		draft.bytes[draft.len - 1 - pick(packet_icmp_len(&draft) - 8)] ^= 1U << pick(8);
}

static void seal_header(void)
{
	if (!is_ipv4())
		return;
	draft.ip.check = 0;
	draft.ip.check = internet_checksum(&draft.ip, draft.ip.ihl * 4);
}

static void lie_about_length(void)
{
	__be16 *len = is_ipv4() ? &draft.ip.tot_len : &draft.ip6.payload_len;

	if (pick(2))
		*len = htons(ntohs(*len) + 1 + pick(1000));
	else
		*len = htons(1 + pick(ntohs(*len) - 1));
	seal_header();
}

static void cut_wire(void)
{
	draft.len = 1 + pick(draft.len - 1);
}

static void spoil_ip_header(void)
{
	unsigned int kind = is_ipv4() ? pick(4) : 0;

	if (kind == 0) {
		draft.bytes[0] ^= (1 + pick(15)) << 4;	/* the version */
		seal_header();
	} else if (kind == 1) {
		draft.ip.ihl ^= 1 + pick(15);
	} else {
		draft.ip.check ^= htons(1U << pick(16));
	}
}

/* Flip and cut bytes of the message. */
static void damage_on_the_way(void)
{
	unsigned int spared = draft.len - packet_icmp_len(&draft);

	if (draft.len > spared)
		draft.len = random_damage(draft.bytes, spared, draft.len);
}

static void damage(void)
{
	damage_on_the_way();
	if (pick(32))
		packet_seal_ip(&draft);
	else
		packet_seal(&draft);
}

#define MESSAGE(forms_, weight_, name_, ...) \
	{ .name = name_, .forms = forms_, .weight = weight_, __VA_ARGS__ }
#define OF_IP(weight_, name_, ...) \
	{ .name = name_, .forms = FORM_ALL, .weight = weight_, .of_ip = true, __VA_ARGS__ }

const struct flaw flaws[] = {
	MESSAGE(FORM_REPLY, 8, "comes from another host", .forge = forge_sender),
	MESSAGE(FORM_ALL, 6, "goes to another of our addresses", .forge = forge_receiver),
	MESSAGE(FORM_ALL, 8, "has another identity", .forge = forge_identity),
	MESSAGE(FORM_ALL, 8, "has another request's identity", .forge = forge_others_identity),
	MESSAGE(FORM_ALL, 8, "is late", .forge = forge_late_identity),
	MESSAGE(FORM_ALL, 4, "has another type", .forge = forge_type),
	MESSAGE(FORM_REPLY, 2, "has a code", .forge = forge_code),
	MESSAGE(FORM_ALL, 3, "is cut in its header", .forge = cut_header),
	MESSAGE(FORM_ERROR, 6, "quotes noise", .forge = put_noise),
	MESSAGE(FORM_ERROR, 6, "quotes too little", .forge = cut_quote),
	MESSAGE(FORM_ERROR, 10, "quotes other addresses", .forge = quote_addresses),
	MESSAGE(FORM_ERROR, 5, "quotes another protocol", .forge = quote_protocol),
	MESSAGE(FORM_ERROR, 5, "quotes a bad IP header", .forge = quote_ip_header),
	MESSAGE(FORM_ERROR, 4, "quotes another message", .forge = quote_message),
	MESSAGE(FORM_ERROR, 4, "quotes a later fragment", .forge = quote_fragment),
	MESSAGE(FORM_ERROR, 6, "quotes an error about it", .forge = quote_error),
	MESSAGE(FORM_ERROR, 6, "quotes bad extension headers", .family = AF_INET6,
		.forge = quote_bad_extensions),
	MESSAGE(FORM_ALL, 14, "has a wrong checksum", .unseal = spoil_sum),
	MESSAGE(FORM_ALL, 8, "has another payload than its sum", .unseal = spoil_payload),
	MESSAGE(FORM_ALL, 8, "is damaged", .unseal = damage),
	OF_IP(3, "is damaged on the way", .unseal = damage_on_the_way),
	OF_IP(2, "comes from an impossible host", .forge = forge_impossible_sender),
	{
		.name = "comes from near itself",
		.forms = FORM_REPLY,
		.weight = 2,
		.of_ip = true,
		.family = AF_INET6,
		.forge = forge_own_sender,
	},
	OF_IP(2, "goes to another host", .forge = forge_foreign_receiver),
	OF_IP(2, "goes to all hosts", .forge = forge_many_receivers),
	OF_IP(2, "has another protocol", .forge = forge_protocol),
	OF_IP(1, "has no next header", .family = AF_INET6, .forge = forge_no_next_header),
	OF_IP(4, "has bad options", .family = AF_INET, .forge = put_bad_options),
	OF_IP(3, "has a source route", .family = AF_INET, .forge = put_source_route),
	OF_IP(7, "has bad extension headers", .family = AF_INET6, .forge = put_bad_headers),
	OF_IP(3, "lies about its length", .unseal = lie_about_length),
	OF_IP(3, "is cut on the wire", .unseal = cut_wire),
	OF_IP(3, "has a bad IP header", .unseal = spoil_ip_header),
};

const unsigned int nr_flaws = LENGTH(flaws);

static unsigned int weight_of(const struct flaw *flaw, unsigned int form, bool of_message_alone)
{
	if (!(flaw->forms & form) || (flaw->of_ip && of_message_alone) ||
	    (flaw->family && flaw->family != family->family))
		return 0;
	return flaw->weight;
}

const struct flaw *flaw_pick(unsigned int form, bool of_message_alone)
{
	unsigned int i, sum = 0, at;

	for (i = 0; i < nr_flaws; i++)
		sum += weight_of(&flaws[i], form, of_message_alone);
	at = pick(sum);
	for (i = 0; at >= weight_of(&flaws[i], form, of_message_alone); i++)
		at -= weight_of(&flaws[i], form, of_message_alone);
	return &flaws[i];
}

void quote_good_extensions(void)
{
	quote_extensions(false);
}
