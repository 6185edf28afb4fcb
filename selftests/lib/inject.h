/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The injector: see the packets that leave near, and forge what comes back.
 *
 * A test that plays the world takes the echo request off the wire, builds any
 * packet from it, right or wrong, and sends that to near0, below every check
 * that a sending host would make. Packets sent one after the other arrive in
 * that order, so a right answer after a forged one proves without waiting that
 * the forged one was ignored.
 */
#ifndef INJECT_H
#define INJECT_H

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "netns.h"

/*
 * A packet of either family, from its IP header on, which tells the family. In an
 * IPv6 packet, icmp_off is where the ICMPv6 header begins: extension headers may
 * precede it.
 */
struct packet {
	unsigned int len;
	unsigned int icmp_off;
	union {
		unsigned char bytes[65536];
		struct iphdr ip;
		struct ipv6hdr ip6;
	};
};

/*
 * A socket at @interface of the namespace @ns: it sees what arrives there, of
 * AF_INET or AF_INET6, and sends straight to near0.
 */
int injector_open(int ns, const char *interface, int family);

/* The next ICMP packet that arrived within @ms; false if there was none. */
bool injector_next(int injector, struct packet *packet, int ms);

/* The next packet that is @wanted and arrived within @ms; false if there was none. */
bool injector_find(int injector, struct packet *packet, int ms,
		   bool (*wanted)(const struct packet *packet));

/* The next echo request, which must come. */
void injector_request(int injector, struct packet *request);

/* How many packets wait to be read. Reads and drops them. */
unsigned int injector_drain(int injector);

void injector_send(int injector, const struct packet *packet);

/* The headers of ICMP and ICMPv6 have the same members, here named as in ICMP. */
struct icmphdr *packet_icmp(struct packet *packet);
unsigned int packet_icmp_len(const struct packet *packet);

/* The quoted packet in an error, and its ICMP header if no IPv6 extensions precede it. */
struct iphdr *packet_quote(struct packet *error);
struct ipv6hdr *packet_quote6(struct packet *error);
struct icmphdr *packet_quoted_icmp(struct packet *error);

/* What the IP headers of both families have, at different places */
void *ip_source(void *header);
void *ip_destination(void *header);
__u8 *ip_ttl(void *header);
void ip_set_tos(void *header, __u8 tos);

/* Put an address (dotted, or with colons for IPv6) to where it belongs. */
void set_address(void *address, const char *text);

/* Put the MTU into an error that tells it. */
void packet_set_mtu(struct packet *error, __u32 mtu);

/* The right answer to @request. */
void packet_reply(struct packet *reply, const struct packet *request);

/*
 * The right error about @request from @from (as text): quotes its IP header and
 * 8 bytes, the least that RFC 792 asks for.
 */
void packet_error(struct packet *error, const struct packet *request,
		  const char *from, int type, int code);

/* Append bytes to the packet. */
void packet_append(struct packet *packet, const void *bytes, unsigned int len);

/* Make room for bytes at @offset and put them there. */
void packet_insert(struct packet *packet, unsigned int offset, const void *bytes,
		   unsigned int len);

/*
 * Make a fragment of @whole, whose headers are the shortest: @len bytes at @offset of its ICMP
 * message. @id is that of all fragments of one packet.
 */
void packet_fragment(struct packet *fragment, const struct packet *whole, unsigned int id,
		     unsigned int offset, unsigned int len);

/* Make lengths and checksums right again after changes: all, or those of the IP header. */
void packet_seal(struct packet *packet);
void packet_seal_ip(struct packet *packet);

/* 0 if the checksum of the ICMP message is right. */
__u16 packet_sum(const struct packet *packet);

/* Sum up as in RFC 1071. */
__u16 internet_checksum(const void *bytes, unsigned int len);

#endif /* INJECT_H */
