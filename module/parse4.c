// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP for IPv4 (RFC 792): echo replies, and errors that quote an echo request.
 */
#include "parse.h"

/*
 * ICMP types by names of our own: this file is also built in user space, for unit
 * tests and fuzzers, without the kernel's <linux/icmp.h>.
 */
enum {
	ECHO_REPLY = 0,
	DEST_UNREACHABLE = 3,
	ECHO_REQUEST = 8,
	TIME_EXCEEDED = 11,
	PARAMETER_PROBLEM = 12,
};

enum {
	IP_MIN_LEN = 20,
	PROTOCOL_ICMP = 1,
	FRAG_DF = 0x4000,
	FRAG_OFFSET = 0x1fff,
};

/* Length of the IPv4 header at @ip, or 0 if it is malformed or longer than @len bytes */
static size_t ip_header_len(const u8 *ip, size_t len)
{
	size_t hlen;

	if (len < IP_MIN_LEN || ip[0] >> 4 != 4)
		return 0;
	hlen = (ip[0] & 15) * 4;
	return hlen >= IP_MIN_LEN && hlen <= len ? hlen : 0;
}

static u32 unreachable_status(u8 code)
{
	switch (code) {
	case 0:		/* network unreachable */
	case 6:		/* network unknown */
	case 9:		/* network prohibited */
	case 11:	/* network unreachable for this type of service */
		return ICMPECHO_STATUS_DEST_NET_UNREACHABLE;
	case 2:
		return ICMPECHO_STATUS_DEST_PROT_UNREACHABLE;
	case 3:
		return ICMPECHO_STATUS_DEST_PORT_UNREACHABLE;
	case 4:
		return ICMPECHO_STATUS_PACKET_TOO_BIG;
	case 5:		/* source route failed */
		return ICMPECHO_STATUS_BAD_ROUTE;
	default:
		return ICMPECHO_STATUS_DEST_HOST_UNREACHABLE;
	}
}

static u32 error_status(u8 type, u8 code)
{
	switch (type) {
	case DEST_UNREACHABLE:
		return unreachable_status(code);
	case TIME_EXCEEDED:
		return code == 1 ? ICMPECHO_STATUS_TTL_EXPIRED_REASSEMBLY :
				   ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT;
	default:
		return ICMPECHO_STATUS_PARAMETER_PROBLEM;
	}
}

/* The next-hop MTU in "fragmentation needed", the pointer in a parameter problem, 0 in others */
static u32 error_info(const u8 *icmp)
{
	if (icmp[0] == DEST_UNREACHABLE && icmp[1] == 4)
		return be16_at(icmp + 6);
	if (icmp[0] == PARAMETER_PROBLEM && icmp[1] == 0)
		return icmp[4];
	return 0;
}

/*
 * Read the packet that an ICMP error quotes. The quote must hold the IP header and ICMP header of
 * an echo request. RFC 792 promises 8 bytes behind the quoted IP header. They are the ICMP header
 * unless the quoted packet is a later fragment, which is ignored.
 */
static enum icmpecho_verdict parse_quote(const u8 *ip, size_t len, struct icmpecho_parsed *p)
{
	size_t hlen = ip_header_len(ip, len);
	const u8 *icmp = ip + hlen;

	if (!hlen || len - hlen < ICMPECHO_HEADER_LEN)
		return ICMPECHO_MALFORMED;
	if (ip[9] != PROTOCOL_ICMP || be16_at(ip + 6) & FRAG_OFFSET)
		return ICMPECHO_IGNORE;
	if (icmp[0] != ECHO_REQUEST || icmp[1] != 0)
		return ICMPECHO_IGNORE;
	memcpy(p->quoted_src.raw, ip + 12, 4);
	memcpy(p->quoted_dst.raw, ip + 16, 4);
	parse_identity(icmp, p);
	return ICMPECHO_ERROR;
}

enum icmpecho_verdict icmp4_parse(const u8 *head, size_t head_len, size_t packet_len,
				  struct icmpecho_parsed *p)
{
	size_t hlen = ip_header_len(head, head_len);
	const u8 *icmp = head + hlen;

	if (!hlen || packet_len < head_len || head_len - hlen < ICMPECHO_HEADER_LEN)
		return ICMPECHO_MALFORMED;

	memcpy(p->from.raw, head + 12, 4);
	memcpy(p->to.raw, head + 16, 4);
	p->tos = head[1];
	p->ttl = head[8];
	p->df = be16_at(head + 6) & FRAG_DF;
	p->icmp_off = hlen;
	p->data_off = hlen + ICMPECHO_HEADER_LEN;
	p->type = icmp[0];
	p->code = icmp[1];

	switch (p->type) {
	case ECHO_REPLY:
		return parse_reply(icmp, p);
	case DEST_UNREACHABLE:
	case TIME_EXCEEDED:
	case PARAMETER_PROBLEM:
		p->status = error_status(p->type, p->code);
		p->info = error_info(icmp);
		return parse_quote(icmp + ICMPECHO_HEADER_LEN, head_len - p->data_off, p);
	default:
		return ICMPECHO_IGNORE;
	}
}
