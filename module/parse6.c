// SPDX-License-Identifier: GPL-2.0
/*
 * ICMPv6 (RFC 4443): echo replies, and errors that quote an echo request.
 */
#include "parse.h"

/* ICMPv6 types by names of our own: user space builds this file, too, without <linux/icmpv6.h>. */
enum {
	DEST_UNREACHABLE = 1,
	PACKET_TOO_BIG = 2,
	TIME_EXCEEDED = 3,
	PARAMETER_PROBLEM = 4,
	ECHO_REQUEST = 128,
	ECHO_REPLY = 129,
};

enum {
	IP_HDR_LEN = 40,
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	PROTOCOL_ICMP = 58,
	DEST_OPTIONS = 60,
	FRAG_OFFSET = 0xfff8,
};

static u32 unreachable_status(u8 code)
{
	switch (code) {
	case 0:
		return ICMPECHO_STATUS_DEST_NO_ROUTE;
	case 1:
		return ICMPECHO_STATUS_DEST_PROHIBITED;
	case 2:
		return ICMPECHO_STATUS_DEST_SCOPE_MISMATCH;
	case 4:
		return ICMPECHO_STATUS_DEST_PORT_UNREACHABLE;
	case 5:		/* source address failed ingress or egress policy */
		return ICMPECHO_STATUS_ICMP_ERROR;
	case 6:		/* reject route */
		return ICMPECHO_STATUS_DEST_UNREACHABLE;
	case 7:		/* error in source routing header */
		return ICMPECHO_STATUS_BAD_HEADER;
	default:
		return ICMPECHO_STATUS_DEST_ADDR_UNREACHABLE;
	}
}

static u32 error_status(u8 type, u8 code)
{
	switch (type) {
	case DEST_UNREACHABLE:
		return unreachable_status(code);
	case PACKET_TOO_BIG:
		return ICMPECHO_STATUS_PACKET_TOO_BIG;
	case TIME_EXCEEDED:
		if (code == 0)
			return ICMPECHO_STATUS_HOP_LIMIT_EXCEEDED;
		return code == 1 ? ICMPECHO_STATUS_REASSEMBLY_TIME_EXCEEDED :
				   ICMPECHO_STATUS_TIME_EXCEEDED;
	default:
		return ICMPECHO_STATUS_PARAMETER_PROBLEM;
	}
}

/* The next-hop MTU of "packet too big", the pointer of a parameter problem, or 0 */
static u32 error_info(const u8 *icmp)
{
	if (icmp[0] == PACKET_TOO_BIG || icmp[0] == PARAMETER_PROBLEM)
		return be32_at(icmp + 4);
	return 0;
}

/*
 * Move *@offset in @bytes past the extension headers there; @next is the type of the first.
 * Returns the type of the header behind them, or -1 if that begins after @len bytes or in another
 * fragment.
 */
static int skip_extensions(const u8 *bytes, size_t len, u8 next, size_t *offset)
{
	for (;;) {
		const u8 *header = bytes + *offset;
		size_t header_len;

		switch (next) {
		case HOP_BY_HOP:
		case ROUTING:
		case DEST_OPTIONS:
		case FRAGMENT:
		case AUTHENTICATION:
			break;
		default:
			return next;
		}
		if (len - *offset < 8)
			return -1;
		header_len = header[1] * 8 + 8;
		if (next == AUTHENTICATION)
			header_len = header[1] * 4 + 8;
		if (next == FRAGMENT) {
			header_len = 8;
			if (be16_at(header + 2) & FRAG_OFFSET)
				return -1;
		}
		if (len - *offset < header_len)
			return -1;
		next = header[0];
		*offset += header_len;
	}
}

/*
 * Read the packet at @ip that an ICMPv6 error quotes. Returns ICMPECHO_ERROR for an echo request,
 * ICMPECHO_IGNORE for another packet, or ICMPECHO_MALFORMED if the quote is not IPv6 or lacks the
 * header behind its extension headers.
 */
static enum icmpecho_verdict parse_quote(const u8 *ip, size_t len, struct icmpecho_parsed *p)
{
	size_t offset = IP_HDR_LEN;
	const u8 *icmp;
	int protocol;

	if (len < IP_HDR_LEN || ip[0] >> 4 != 6)
		return ICMPECHO_MALFORMED;
	protocol = skip_extensions(ip, len, ip[6], &offset);
	if (protocol < 0)
		return ICMPECHO_MALFORMED;
	if (protocol != PROTOCOL_ICMP)
		return ICMPECHO_IGNORE;
	if (len - offset < ICMPECHO_HEADER_LEN)
		return ICMPECHO_MALFORMED;
	icmp = ip + offset;
	if (icmp[0] != ECHO_REQUEST || icmp[1] != 0)
		return ICMPECHO_IGNORE;
	memcpy(p->quoted_src.raw, ip + 8, 16);
	memcpy(p->quoted_dst.raw, ip + 24, 16);
	parse_identity(icmp, p);
	return ICMPECHO_ERROR;
}

enum icmpecho_verdict icmp6_parse(const u8 *ip, const u8 *icmp, size_t len,
				  struct icmpecho_parsed *p)
{
	if (len < ICMPECHO_HEADER_LEN)
		return ICMPECHO_MALFORMED;

	memcpy(p->from.raw, ip + 8, 16);
	memcpy(p->to.raw, ip + 24, 16);
	p->tos = be16_at(ip) >> 4;
	p->ttl = ip[7];
	p->data_off = ICMPECHO_HEADER_LEN;
	p->type = icmp[0];
	p->code = icmp[1];

	switch (p->type) {
	case ECHO_REPLY:
		return parse_reply(icmp, p);
	case DEST_UNREACHABLE:
	case PACKET_TOO_BIG:
	case TIME_EXCEEDED:
	case PARAMETER_PROBLEM:
		p->status = error_status(p->type, p->code);
		p->info = error_info(icmp);
		return parse_quote(icmp + ICMPECHO_HEADER_LEN, len - ICMPECHO_HEADER_LEN, p);
	default:
		return ICMPECHO_IGNORE;
	}
}
