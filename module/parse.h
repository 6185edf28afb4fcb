/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parsers: they turn the bytes of a packet into struct icmpecho_parsed. They use no socket,
 * allocation, lock or other code of the kernel, so that they also compile in user space for unit
 * tests and fuzzers.
 */
#ifndef ICMPECHO_PARSE_H
#define ICMPECHO_PARSE_H

#include <linux/icmpecho.h>
#include <linux/in6.h>
#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
#endif

/* Length of the header of an ICMP or ICMPv6 echo, before its payload */
#define ICMPECHO_HEADER_LEN	8

static inline u16 be16_at(const u8 *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

static inline u32 be32_at(const u8 *bytes)
{
	return (u32)be16_at(bytes) << 16 | be16_at(bytes + 2);
}

/* An IPv4 or IPv6 address in network byte order. The bytes behind an IPv4 address are zero. */
union icmpecho_addr {
	u8 raw[16];
	u64 halves[2];
	__be32 v4;
	struct in6_addr v6;
};

/* What a parser returns about a packet */
enum icmpecho_verdict {
	ICMPECHO_IGNORE,	/* neither an echo reply nor an error about an echo request */
	ICMPECHO_MALFORMED,	/* too short, or contradicts itself */
	ICMPECHO_REPLY,
	ICMPECHO_ERROR,		/* an ICMP error that quotes an echo request */
};

/* What a parser reads from an echo reply, or from an error and the request that it quotes */
struct icmpecho_parsed {
	union icmpecho_addr from;
	union icmpecho_addr to;
	union icmpecho_addr quoted_src;	/* source in the echo request that an error quotes */
	union icmpecho_addr quoted_dst;
	u32 status;		/* ICMPECHO_STATUS_* */
	u32 info;		/* next-hop MTU, or pointer of a parameter problem, else 0 */
	/* The caller of the parser fills in @ifindex, @scope_id, @options and @options_len. */
	u32 ifindex;		/* interface on which the packet arrived */
	u32 scope_id;		/* interface that a link-local @from belongs to, else 0 */
	const u8 *options;	/* IP options in the packet's IPv4 header */
	u16 icmp_off;		/* offset of the ICMP header in @head; 0 for ICMPv6 */
	/* offset of the payload, or of the packet that an error quotes: in @head or, v6, @icmp */
	u16 data_off;
	u16 ident;		/* identifier of the answered request, host byte order */
	u16 seq;		/* sequence number of the answered request, host byte order */
	u8 type;
	u8 code;
	u8 ttl;			/* or hop limit */
	u8 tos;			/* or traffic class */
	u8 options_len;
	bool df;
};

/*
 * icmp4_parse() and icmp6_parse() check all lengths, but no checksum. The caller has zeroed *@p.
 * The members of *@p are valid only after ICMPECHO_REPLY and ICMPECHO_ERROR. For an error about
 * anything but an echo request they return ICMPECHO_IGNORE, or ICMPECHO_MALFORMED if the quote is
 * too short to be parsed.
 */

/*
 * Parse an IPv4 packet of @packet_len bytes. @head has the first @head_len of them, from the IP
 * header on: all, or at least ICMP4_PARSE_LEN. That is the longest IP header, an ICMP header, and
 * the same two headers in a quote.
 */
#define ICMP4_PARSE_LEN		(60 + 8 + 60 + 8)
enum icmpecho_verdict icmp4_parse(const u8 *head, size_t head_len, size_t packet_len,
				  struct icmpecho_parsed *p);

/*
 * Parse an ICMPv6 packet. @ip is its IPv6 header. @icmp has @len bytes from its ICMPv6 header on:
 * all, or at least ICMP6_PARSE_LEN. That is an ICMPv6 header, and of a quote the IPv6 header, as
 * many bytes of extension headers as this host or a router can reasonably have added, and the
 * ICMPv6 header.
 */
#define ICMP6_PARSE_LEN		(8 + 40 + 72 + 8)
enum icmpecho_verdict icmp6_parse(const u8 *ip, const u8 *icmp, size_t len,
				  struct icmpecho_parsed *p);

/* Read identifier and sequence number from the ICMP header of an echo request or reply. */
static inline void parse_identity(const u8 *icmp, struct icmpecho_parsed *p)
{
	p->ident = be16_at(icmp + 4);
	p->seq = be16_at(icmp + 6);
}

static inline enum icmpecho_verdict parse_reply(const u8 *icmp, struct icmpecho_parsed *p)
{
	if (p->code != 0)
		return ICMPECHO_MALFORMED;
	p->status = ICMPECHO_STATUS_SUCCESS;
	parse_identity(icmp, p);
	return ICMPECHO_REPLY;
}

#endif /* ICMPECHO_PARSE_H */
