/* SPDX-License-Identifier: GPL-2.0 */
/* The injector of inject.h, for IPv6. */
#ifndef INJECT6_H
#define INJECT6_H

#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <stdbool.h>

/*
 * An IPv6 packet, from its IPv6 header on. Where its ICMPv6 header begins is
 * kept here: extension headers may precede it.
 */
struct packet6 {
	unsigned int len;
	unsigned int icmp_off;
	union {
		unsigned char bytes[4096];
		struct ipv6hdr ip;
	};
};

int injector6_open(int ns, const char *interface);

/* The next ICMPv6 packet that arrived within @ms; false if there was none. */
bool injector6_next(int injector, struct packet6 *packet, int ms);

/* The next echo request, which must come. */
void injector6_request(int injector, struct packet6 *request);

void injector6_send(int injector, const struct packet6 *packet);

struct icmp6hdr *packet6_icmp(struct packet6 *packet);
unsigned int packet6_icmp_len(const struct packet6 *packet);

/* The quoted packet in an error, and its ICMPv6 header if nothing precedes it. */
struct ipv6hdr *packet6_quote(struct packet6 *error);
struct icmp6hdr *packet6_quoted_icmp(struct packet6 *error);

/* The right answer to @request. */
void packet6_reply(struct packet6 *reply, const struct packet6 *request);

/*
 * The right error about @request from @from: quotes its IPv6 header and the 8
 * bytes of its ICMPv6 header.
 */
void packet6_error(struct packet6 *error, const struct packet6 *request,
		   const char *from, int type, int code);

void packet6_append(struct packet6 *packet, const void *bytes, unsigned int len);

/* Make room for bytes at @offset and put them there. */
void packet6_insert(struct packet6 *packet, unsigned int offset, const void *bytes,
		    unsigned int len);

/* Make length and checksum right again after changes. */
void packet6_seal(struct packet6 *packet);

/* The sum that is zero if the checksum is right: RFC 8200, section 8.1. */
__u16 packet6_sum(const struct packet6 *packet);

void set_address6(struct in6_addr *address, const char *text);

#endif /* INJECT6_H */
