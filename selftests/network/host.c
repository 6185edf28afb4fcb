// SPDX-License-Identifier: GPL-2.0
/*
 * What a host owes a packet that arrives, by RFC 791, RFC 1122 and RFC 8200: to drop it,
 * to keep it with other fragments, or to deliver an ICMP message. For Linux's choices where
 * these leave one, a comment says so. near is a host: it forwards nothing.
 */
#include <string.h>

#include "netns6.h"
#include "network.h"

const char *const fate_names[NR_FATES] = {
	[FATE_HEADER]		= "bad IP header",
	[FATE_TRUNCATED]	= "truncated",
	[FATE_ADDRESS]		= "for another host",
	[FATE_MARTIAN]		= "from an impossible host",
	[FATE_SOURCE_ROUTE]	= "source route",
	[FATE_PROTOCOL]		= "another protocol",
	[FATE_NOTHING]		= "no next header",
	[FATE_HELD]		= "fragment held",
	[FATE_FRAGMENT]		= "fragments in conflict",
	[FATE_SHORT]		= "short ICMP",
	[FATE_TYPE]		= "no reply or error",
	[FATE_QUOTE]		= "error about others",
	[FATE_MALFORMED]	= "malformed",
	[FATE_CHECKSUM]		= "checksum",
	[FATE_UNMATCHED]	= "unmatched",
	[FATE_OTHERS]		= "wrong address",
	[FATE_ANSWER]		= "ANSWER",
};

/* The addresses that near takes packets to: its own, and those for all hosts */
static struct {
	unsigned char near[16];
	unsigned char alias[16];
	unsigned char all[2][16];
} addresses;

void host_open(void)
{
	bool ipv4 = family->family == AF_INET;

	set_address(addresses.near, family->near);
	set_address(addresses.alias, family->alias);
	set_address(addresses.all[0], ipv4 ? "192.0.2.255" : "ff02::1");
	set_address(addresses.all[1], ipv4 ? "224.0.0.1" : "ff02::1");
}

static bool same(const unsigned char *a, const unsigned char *b)
{
	return !memcmp(a, b, family->address_len);
}

static bool is_own(const unsigned char *address)
{
	return same(address, addresses.near) || same(address, addresses.alias);
}

static bool is_for_near(const unsigned char *address)
{
	return is_own(address) || same(address, addresses.all[0]) ||
	       same(address, addresses.all[1]);
}

static bool is_loopback6(const unsigned char *address)
{
	static const unsigned char loopback[16] = { [15] = 1 };

	return !memcmp(address, loopback, sizeof(loopback));
}

static bool is_multicast6(const unsigned char *address)
{
	return address[0] == 0xff;
}

static enum fate counted(enum counter counter, enum fate fate)
{
	count(counter);
	return fate;
}

static enum fate deliver(const unsigned char *ip, const unsigned char *icmp, unsigned int len,
			 struct answer *answer)
{
	struct message message = { .ip = ip, .icmp = icmp, .len = len };

	count(COUNT_DELIVERED);
	return message_receive(&message, answer);
}

/* Is an option of @len bytes, whose first three are there, one that RFC 791 allows? */
static bool option_is_right(const unsigned char *option, unsigned int len)
{
	switch (option[0]) {
	case 131:	/* loose source route */
	case 137:	/* strict source route */
		return len >= 3 && option[2] >= 4;
	case 7:		/* record route: the pointer has room for an address, or is behind all */
		return len >= 3 && option[2] >= 4 &&
		       (option[2] > len || option[2] + 3 <= len);
	case 68:	/* timestamp */
		return len >= 4 && option[2] >= 5 &&
		       (option[2] > len || option[2] + 3 <= len);
	case 148:	/* router alert */
		return len >= 4;
	default:
		return true;
	}
}

/* False if the options of the IPv4 header are malformed. */
static bool options_are_right(const unsigned char *ip, bool *source_route)
{
	const unsigned char *option = ip + 20, *end = ip + (ip[0] & 15) * 4;

	*source_route = false;
	while (option < end && option[0] != 0) {
		if (option[0] == 1) {
			option++;
			continue;
		}
		if (end - option < 2 || option[1] < 2 || option[1] > end - option ||
		    !option_is_right(option, option[1]))
			return false;
		*source_route |= option[0] == 131 || option[0] == 137;
		option += option[1];
	}
	return true;
}

/* RFC 1812, 5.3.7: addresses that no packet on the wire can come from */
static bool is_martian(const unsigned char *ip)
{
	const unsigned char *source = ip + 12;

	return !source[0] || source[0] == 127 || source[0] >= 224 ||
	       (is_for_near(ip + 16) && is_own(source));
}

/* The addresses and options of an IPv4 header that is right in itself */
static enum fate check_header4(const unsigned char *ip)
{
	bool source_route;

	if (is_martian(ip))
		return counted(COUNT_MARTIAN, FATE_MARTIAN);
	if (!options_are_right(ip, &source_route))
		return counted(COUNT_HEADER, FATE_HEADER);
	/* Linux takes none unless told to, and counts that nowhere. */
	if (source_route)
		return FATE_SOURCE_ROUTE;
	if (!is_for_near(ip + 16))
		return counted(COUNT_ADDRESS, FATE_ADDRESS);
	return NR_FATES;
}

static enum fate receive_fragment4(const unsigned char *ip, unsigned int header,
				   unsigned int len, struct answer *answer)
{
	struct fragment fragment = {
		.ip = ip,
		.data = ip + header,
		.id = be16(ip + 4),
		.begin = (be16(ip + 6) & 0x1fff) * 8,
		.more = be16(ip + 6) & 0x2000,
	};
	struct whole whole;

	count(COUNT_FRAGMENTS);
	/* Bytes that are not a multiple of 8 cannot be followed by others. */
	fragment.end = fragment.begin + (fragment.more ? (len - header) & ~7 : len - header);
	switch (reassemble(&fragment, &whole)) {
	case REASSEMBLY_FAILED:
		return counted(COUNT_FRAGMENT_FAILS, FATE_FRAGMENT);
	case REASSEMBLY_WHOLE:
		count(COUNT_WHOLE);
		return deliver(whole.ip, whole.bytes, whole.len, answer);
	default:
		return FATE_HELD;
	}
}

static enum fate receive4(const unsigned char *ip, unsigned int len, struct answer *answer)
{
	unsigned int header = (ip[0] & 15) * 4, total;
	enum fate fate;

	if (len < 20 || ip[0] >> 4 != 4 || header < 20 || header > len ||
	    internet_checksum(ip, header))
		return counted(COUNT_HEADER, FATE_HEADER);
	total = be16(ip + 2);
	if (total > len)
		return counted(COUNT_TRUNCATED, FATE_TRUNCATED);
	if (total < header)
		return counted(COUNT_HEADER, FATE_HEADER);
	fate = check_header4(ip);
	if (fate != NR_FATES)
		return fate;
	if (be16(ip + 6) & 0x3fff)
		return receive_fragment4(ip, header, total, answer);
	if (ip[9] != IPPROTO_ICMP)
		return counted(COUNT_PROTOCOL, FATE_PROTOCOL);
	return deliver(ip, ip + header, total - header, answer);
}

/* An IPv6 packet on its way along its headers */
struct walk {
	const unsigned char *ip;	/* the IPv6 header */
	const unsigned char *bytes;	/* what follows the headers before */
	unsigned int len;
	unsigned char next;		/* what that is */
	bool fragmented;		/* there was a fragment header */
};

/* Linux allows 7 bytes of padding in a row (RFC 4942, 2.1.9.5), which are zero. */
static bool padding_is_right(const unsigned char *option, unsigned int *padding)
{
	unsigned int i;

	if (!option[0]) {
		(*padding)++;
	} else {
		*padding += option[1] + 2;
		for (i = 0; i < option[1]; i++)
			if (option[2 + i])
				return false;
	}
	return *padding <= 7;
}

/* Hop-by-hop or destination options: RFC 8200, 4.2 */
static bool options6_are_right(const unsigned char *option, const unsigned char *end)
{
	unsigned int padding = 0, options = 0;

	while (option < end) {
		if (option[0] && (end - option < 2 || option[1] + 2 > end - option))
			return false;
		if (option[0] <= 1) {
			if (!padding_is_right(option, &padding))
				return false;
		} else {
			/* Unknown: the first two bits say whether it may be skipped. */
			if (option[0] >> 6 || ++options > 8)
				return false;
			padding = 0;
		}
		option += option[0] ? option[1] + 2 : 1;
	}
	return true;
}

/* Go past an extension header that has its length in its second byte. */
static bool walk_on(struct walk *walk)
{
	unsigned int header;

	if (walk->len < 8 || walk->bytes[1] * 8 + 8 > walk->len)
		return false;
	header = walk->bytes[1] * 8 + 8;
	/* RFC 5095: a routing header is skipped only when all its segments are behind. */
	if (walk->next == IPPROTO_ROUTING ? walk->bytes[3] != 0 :
	    !options6_are_right(walk->bytes + 2, walk->bytes + header))
		return false;
	walk->next = walk->bytes[0];
	walk->bytes += header;
	walk->len -= header;
	return true;
}

/* RFC 8200, 4.5. Returns NR_FATES if there is a whole packet to go on with. */
static enum fate walk_fragment(struct walk *walk, struct whole *whole)
{
	struct fragment fragment = { .ip = walk->ip, .data = walk->bytes + 8 };
	unsigned int offset;

	if (walk->fragmented)
		return counted(COUNT_HEADER, FATE_HEADER);
	count(COUNT_FRAGMENTS);
	if (walk->len < 8)
		return counted(COUNT_HEADER, FATE_HEADER);
	walk->fragmented = true;
	offset = be16(walk->bytes + 2);
	fragment.protocol = walk->bytes[0];
	fragment.id = be16(walk->bytes + 4) << 16 | be16(walk->bytes + 6);
	fragment.begin = offset & 0xfff8;
	fragment.end = fragment.begin + walk->len - 8;
	fragment.more = offset & 1;
	if (!fragment.begin && !fragment.more) {
		/* RFC 6946: it is whole already, and has nothing to do with other fragments. */
		count(COUNT_WHOLE);
		walk->next = fragment.protocol;
		walk->bytes += 8;
		walk->len -= 8;
		return NR_FATES;
	}
	if (fragment.end > 65535 || (fragment.more && fragment.end % 8))
		return counted(COUNT_HEADER, FATE_HEADER);
	switch (reassemble(&fragment, whole)) {
	case REASSEMBLY_FAILED:
		return counted(COUNT_FRAGMENT_FAILS, FATE_FRAGMENT);
	case REASSEMBLY_HELD:
		return FATE_HELD;
	case REASSEMBLY_WHOLE:
		break;
	}
	count(COUNT_WHOLE);
	walk->ip = whole->ip;
	walk->next = whole->protocol;
	walk->bytes = whole->bytes;
	walk->len = whole->len;
	return NR_FATES;
}

static enum fate receive_headers6(struct walk *walk, struct answer *answer)
{
	struct whole whole;
	enum fate fate;

	for (;;) {
		switch (walk->next) {
		case IPPROTO_ICMPV6:
			return deliver(walk->ip, walk->bytes, walk->len, answer);
		case IPPROTO_NONE:
			return counted(COUNT_DELIVERED, FATE_NOTHING);
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			if (!walk_on(walk))
				return counted(COUNT_HEADER, FATE_HEADER);
			break;
		case IPPROTO_FRAGMENT:
			fate = walk_fragment(walk, &whole);
			if (fate != NR_FATES)
				return fate;
			break;
		default:
			return counted(COUNT_PROTOCOL, FATE_PROTOCOL);
		}
	}
}

static enum fate receive6(const unsigned char *ip, unsigned int len, struct answer *answer)
{
	struct walk walk = { .ip = ip, .bytes = ip + 40 };

	/* RFC 4291, 2.5.3 and 2.7 */
	if (len < 40 || ip[0] >> 4 != 6 || is_loopback6(ip + 8) || is_loopback6(ip + 24) ||
	    is_multicast6(ip + 8))
		return counted(COUNT_HEADER, FATE_HEADER);
	walk.next = ip[6];
	walk.len = be16(ip + 4);
	if (walk.len > len - 40)
		return counted(COUNT_TRUNCATED, FATE_TRUNCATED);
	/* Hop-by-hop options come first, and each node on the way looks at them. */
	if (walk.next == IPPROTO_HOPOPTS && !walk_on(&walk))
		return counted(COUNT_HEADER, FATE_HEADER);
	if (!is_for_near(ip + 24))
		return counted(COUNT_ADDRESS, FATE_ADDRESS);
	return receive_headers6(&walk, answer);
}

enum fate host_receive(const unsigned char *packet, unsigned int len, struct answer *answer)
{
	count(COUNT_RECEIVED);
	return family->family == AF_INET ? receive4(packet, len, answer) :
					   receive6(packet, len, answer);
}
