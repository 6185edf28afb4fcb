/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the bytes of a packet to what it says. Pure functions: no socket, no
 * allocation, no lock, nothing of the kernel, so that they also compile in user
 * space for unit tests and fuzzers.
 */
#ifndef ICMPECHO_PARSE_H
#define ICMPECHO_PARSE_H

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

/**
 * enum icmpecho_verdict - what a packet is to us
 * @ICMPECHO_IGNORE: none of our business
 * @ICMPECHO_MALFORMED: a reply or error that is too short or contradicts itself
 * @ICMPECHO_REPLY: an echo reply
 * @ICMPECHO_ERROR: an ICMP error that quotes an echo request
 */
enum icmpecho_verdict {
	ICMPECHO_IGNORE,
	ICMPECHO_MALFORMED,
	ICMPECHO_REPLY,
	ICMPECHO_ERROR,
};

/**
 * struct icmpecho_parsed - a reply or error, taken apart
 * @from: source address of the packet
 * @to: destination address of the packet
 * @quoted_src: source address of the echo request that an error quotes
 * @quoted_dst: destination address of that request
 * @status: ICMPECHO_STATUS_* that it means
 * @info: next-hop MTU, or pointer of a parameter problem, else 0
 * @ifindex: where it arrived; not for the parser to know
 * @scope_id: scope of @from; not for the parser to know
 * @options: the packet's IP options; not for the parser to know
 * @icmp_off: offset of the ICMP header from the start of the bytes parsed
 * @data_off: offset of the echo's payload, or of the quote, from there too
 * @ident: identifier of the echo request answered, host byte order
 * @seq: its sequence number, host byte order
 * @type: ICMP type
 * @code: ICMP code
 * @ttl: TTL or hop limit
 * @tos: type of service or traffic class
 * @options_len: length of @options
 * @df: the packet's DF bit
 */
struct icmpecho_parsed {
	union icmpecho_addr from;
	union icmpecho_addr to;
	union icmpecho_addr quoted_src;
	union icmpecho_addr quoted_dst;
	u32 status;
	u32 info;
	u32 ifindex;
	u32 scope_id;
	const u8 *options;
	u16 icmp_off;
	u16 data_off;
	u16 ident;
	u16 seq;
	u8 type;
	u8 code;
	u8 ttl;
	u8 tos;
	u8 options_len;
	bool df;
};

/*
 * How many bytes of a packet the parser wants to see, if it has them: IP header
 * with options, ICMP header, and the same again in a quote.
 */
#define ICMP4_PARSE_LEN		(60 + 8 + 60 + 8)

enum icmpecho_verdict icmp4_parse(const u8 *head, size_t head_len,
				  size_t packet_len, struct icmpecho_parsed *p);

/*
 * For IPv6: ICMPv6 header, IPv6 header of a quote, and as many bytes of its
 * extension headers as a router or we could reasonably have put there.
 */
#define ICMP6_PARSE_LEN		(8 + 40 + 72 + 8)

enum icmpecho_verdict icmp6_parse(const u8 *ip, const u8 *icmp, size_t len,
				  struct icmpecho_parsed *p);

#endif /* ICMPECHO_PARSE_H */
