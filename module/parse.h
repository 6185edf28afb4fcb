/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the bytes of a packet to what it says. Pure functions: no socket, no
 * allocation, no lock, nothing of the kernel, so that they also compile in user
 * space for unit tests and fuzzers.
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

/* Bytes of ICMP header before an echo's payload, both families */
#define ICMPECHO_HEADER_LEN	8

static inline u16 be16_at(const u8 *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

static inline u32 be32_at(const u8 *bytes)
{
	return (u32)be16_at(bytes) << 16 | be16_at(bytes + 2);
}

/* An address of either family, in network byte order, unused bytes zero */
union icmpecho_addr {
	u8 raw[16];
	u64 halves[2];
	__be32 v4;
	struct in6_addr v6;
};

/* What a packet is to us */
enum icmpecho_verdict {
	ICMPECHO_IGNORE,	/* none of our business */
	ICMPECHO_MALFORMED,	/* a reply or error that is too short or contradicts itself */
	ICMPECHO_REPLY,
	ICMPECHO_ERROR,		/* an ICMP error that quotes an echo request */
};

/* A reply or error, taken apart */
struct icmpecho_parsed {
	union icmpecho_addr from;
	union icmpecho_addr to;
	union icmpecho_addr quoted_src;	/* of the echo request that an error quotes */
	union icmpecho_addr quoted_dst;
	u32 status;		/* ICMPECHO_STATUS_* */
	u32 info;		/* next-hop MTU, or pointer of a parameter problem, else 0 */
	/* The caller of the parser fills in these three and @options_len. */
	u32 ifindex;		/* where the packet arrived */
	u32 scope_id;		/* of @from */
	const u8 *options;	/* of the packet's IP header */
	u16 icmp_off;		/* of the ICMP header, from the start of the bytes parsed */
	u16 data_off;		/* of the echo's payload, or of the quote, likewise */
	u16 ident;		/* of the request that is answered, host byte order */
	u16 seq;		/* likewise */
	u8 type;
	u8 code;
	u8 ttl;			/* or hop limit */
	u8 tos;			/* or traffic class */
	u8 options_len;
	bool df;
};

/*
 * The parsers check all lengths, not the checksum. They expect *@p to be zero, and fill it
 * in where the verdict is a reply or an error. An error about something else than an echo
 * request is none of our business; a quote that is too short to tell is malformed.
 */

/*
 * @head: the packet's first bytes from the IP header on, all or ICMP4_PARSE_LEN at least:
 * IP header with options, ICMP header, and the same again in a quote.
 */
#define ICMP4_PARSE_LEN		(60 + 8 + 60 + 8)
enum icmpecho_verdict icmp4_parse(const u8 *head, size_t head_len, size_t packet_len,
				  struct icmpecho_parsed *p);

/*
 * @ip: the IPv6 header. @icmp: the bytes after it and its extension headers, all or
 * ICMP6_PARSE_LEN at least: ICMPv6 header, IPv6 header of a quote, and as many bytes of
 * its extension headers as a router or we could reasonably have put there.
 */
#define ICMP6_PARSE_LEN		(8 + 40 + 72 + 8)
enum icmpecho_verdict icmp6_parse(const u8 *ip, const u8 *icmp, size_t len,
				  struct icmpecho_parsed *p);

/* The identity of an echo request; a reply repeats it. */
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
