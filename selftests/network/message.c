// SPDX-License-Identifier: GPL-2.0
/*
 * What an ICMP message deserves, by RFC 792 and RFC 4443, and by what <linux/icmpecho.h> and
 * icmpecho(4) promise: it completes the request in flight whose identity it has, if it is a
 * reply from the request's destination, or an error that quotes the request, comes to the
 * address that the request left from, and its checksum is right. All else is counted where
 * icmpecho(4) says. What the payload is does not matter (a host may answer as it likes), so
 * a secret in it tells a completion that is another's.
 */
#include <string.h>

#include "network.h"

/* An ICMP message as far as it is read */
struct reading {
	const struct message *message;
	const unsigned char *from, *to;
	const unsigned char *quoted_from, *quoted_to;	/* by an error */
	__u32 identity;
};

static bool is_ipv6(void)
{
	return family->family == AF_INET6;
}

static __u16 sum_of(const struct message *message)
{
	static struct packet packet;

	/* In IPv6, the addresses of the first header and the whole length are in the sum. */
	if (!is_ipv6())
		return internet_checksum(message->icmp, message->len);
	packet.len = 40 + message->len;
	if (packet.len > sizeof(packet.bytes))
		die("a message of %u bytes", message->len);
	memcpy(packet.bytes, message->ip, 40);
	memcpy(packet.bytes + 40, message->icmp, message->len);
	packet.icmp_off = 40;
	return packet_sum(&packet);
}

static __u32 identity_at(const unsigned char *icmp)
{
	return (__u32)be16(icmp + 4) << 16 | be16(icmp + 6);
}

/*
 * Where the quoted ICMP header begins, 0 if the quote does not reach so far, or -1 if it is of
 * something else. RFC 792: the quote has 8 bytes behind the header.
 */
static int quoted_icmp4(const unsigned char *quote, unsigned int len)
{
	unsigned int header = len < 20 ? 0 : (quote[0] & 15) * 4;

	if (header < 20 || quote[0] >> 4 != 4 || len < header + 8)
		return 0;
	/* Only the first fragment of a packet begins with an ICMP header. */
	if (quote[9] != IPPROTO_ICMP || be16(quote + 6) & 0x1fff)
		return -1;
	return header;
}

/* The length of the extension header at @header, of which there are @len bytes; or 0 */
static unsigned int extension_len(unsigned char type, const unsigned char *header,
				  unsigned int len)
{
	unsigned int header_len;

	if (len < 8)
		return 0;
	switch (type) {
	case IPPROTO_FRAGMENT:
		/* Behind a later fragment's header is no other header. */
		header_len = be16(header + 2) & 0xfff8 ? 0 : 8;
		break;
	case IPPROTO_AH:
		header_len = header[1] * 4 + 8;
		break;
	default:
		header_len = header[1] * 8 + 8;
	}
	return header_len <= len ? header_len : 0;
}

static bool is_extension(unsigned char type)
{
	return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING || type == IPPROTO_FRAGMENT ||
	       type == IPPROTO_AH || type == IPPROTO_DSTOPTS;
}

static int quoted_icmp6(const unsigned char *quote, unsigned int len)
{
	unsigned int offset = 40, extension;
	unsigned char next;

	if (len < 40 || quote[0] >> 4 != 6)
		return 0;
	next = quote[6];
	while (is_extension(next)) {
		extension = extension_len(next, quote + offset, len - offset);
		if (!extension)
			return 0;
		next = quote[offset];
		offset += extension;
	}
	if (next != IPPROTO_ICMPV6)
		return -1;
	return offset + 8 <= len ? offset : 0;
}

/*
 * Of an error, the module reads as much as the longest headers take: in IPv6, 72 bytes of
 * extension headers.
 */
static enum fate read_quote(struct reading *r)
{
	const unsigned char *quote = r->message->icmp + 8;
	unsigned int len = r->message->len - 8, most = 40 + 72 + 8;
	int offset;

	if (is_ipv6())
		offset = quoted_icmp6(quote, len < most ? len : most);
	else
		offset = quoted_icmp4(quote, len);
	if (!offset)
		return FATE_MALFORMED;
	if (offset < 0 || quote[offset] != family->echo_request || quote[offset + 1])
		return FATE_QUOTE;
	r->quoted_from = quote + (is_ipv6() ? 8 : 12);
	r->quoted_to = r->quoted_from + family->address_len;
	r->identity = identity_at(quote + offset);
	return FATE_ANSWER;
}

/* FATE_ANSWER if it may be one */
static enum fate read_message(struct reading *r)
{
	const struct message *message = r->message;

	if (message->icmp[0] == family->echo_reply) {
		if (message->len < 8 || message->icmp[1])
			return FATE_MALFORMED;
		r->identity = identity_at(message->icmp);
		return FATE_ANSWER;
	}
	if (!family_is_error(family, message->icmp[0]))
		return FATE_TYPE;
	return message->len < 8 ? FATE_MALFORMED : read_quote(r);
}

static bool same(const unsigned char *a, const unsigned char *b)
{
	return !memcmp(a, b, family->address_len);
}

static bool addresses_fit(const struct reading *r, const struct target *target)
{
	const unsigned char *source = target->wire + (is_ipv6() ? 8 : 12);
	const unsigned char *destination = source + family->address_len;

	if (!same(r->to, source))
		return false;
	if (!r->quoted_from)
		return same(r->from, destination);
	return same(r->quoted_from, source) && same(r->quoted_to, destination);
}

/* RFC 1191, RFC 792, RFC 4443: the MTU, or where the problem is */
static __u32 info_of(const unsigned char *icmp)
{
	if (is_ipv6())
		return icmp[0] == family->too_big.type || icmp[0] == family->problem.type ?
		       identity_at(icmp) : 0;
	if (icmp[0] == family->too_big.type && icmp[1] == family->too_big.code)
		return be16(icmp + 6);
	return icmp[0] == family->problem.type && !icmp[1] ? icmp[4] : 0;
}

static void fill_answer(const struct reading *r, struct target *target, struct answer *answer)
{
	const struct message *message = r->message;

	*answer = (struct answer) {
		.target = target,
		.reply = !r->quoted_from,
		.type = message->icmp[0],
		.code = message->icmp[1],
		.info = r->quoted_from ? info_of(message->icmp) : 0,
		.ttl = message->ip[is_ipv6() ? 7 : 8],
		.tos = is_ipv6() ? be16(message->ip) >> 4 & 0xff : message->ip[1],
		.len = message->len - 8,
	};
	memcpy(answer->from, r->from, family->address_len);
	memcpy(answer->data, message->icmp + 8, answer->len < CAPACITY ? answer->len : CAPACITY);
}

static enum fate match(const struct reading *r, struct answer *answer)
{
	struct target *target = request_find(r->identity);

	if (!target) {
		count(COUNT_MODULE_UNMATCHED);
		return FATE_UNMATCHED;
	}
	if (!addresses_fit(r, target)) {
		count(COUNT_MODULE_ADDRESS);
		return FATE_OTHERS;
	}
	fill_answer(r, target, answer);
	count(answer->reply ? COUNT_REPLIES : COUNT_ERRORS);
	request_end(target);
	return FATE_ANSWER;
}

/* What the kernel's own ICMP counts, which gets each message as well. True if the sum is wrong. */
static bool count_message(const struct message *message)
{
	bool bad = sum_of(message);

	count(COUNT_MESSAGES);
	if (bad)
		count(COUNT_CHECKSUM);
	else if (message->len >= 8)
		count(COUNT_TYPE + message->icmp[0]);
	return bad;
}

enum fate message_receive(const struct message *message, struct answer *answer)
{
	bool bad = count_message(message);
	struct reading r = { .message = message };
	enum fate fate;

	/*
	 * The receive socket verifies the sum in IPv6, and does not pass on what has no type: in
	 * IPv4, of less than 8 bytes.
	 */
	if (message->len < (is_ipv6() ? 4 : 8))
		return FATE_SHORT;
	if (bad && is_ipv6())
		return FATE_CHECKSUM;
	r.from = message->ip + (is_ipv6() ? 8 : 12);
	r.to = r.from + family->address_len;
	fate = read_message(&r);
	if (fate == FATE_MALFORMED)
		count(COUNT_MODULE_MALFORMED);
	if (fate != FATE_ANSWER)
		return fate;
	if (bad) {
		count(COUNT_MODULE_CHECKSUM);
		return FATE_CHECKSUM;
	}
	return match(&r, answer);
}
