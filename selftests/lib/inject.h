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
#include <linux/ip.h>
#include <linux/types.h>
#include <stdbool.h>

#include "netns.h"

/* An IPv4 packet, from its IP header on. */
struct packet {
	unsigned int len;
	union {
		unsigned char bytes[65536];
		struct iphdr ip;
	};
};

/*
 * A socket at @interface of the namespace @ns: it sees what arrives there and
 * sends straight to near0.
 */
int injector_open(int ns, const char *interface);

/* The next ICMP packet that arrived within @ms; false if there was none. */
bool injector_next(int injector, struct packet *packet, int ms);

/* The next echo request, which must come. */
void injector_request(int injector, struct packet *request);

/* How many packets wait to be read. Reads and drops them. */
unsigned int injector_drain(int injector);

void injector_send(int injector, const struct packet *packet);

struct icmphdr *packet_icmp(struct packet *packet);
unsigned int packet_icmp_len(const struct packet *packet);

/* The quoted packet in an error. */
struct iphdr *packet_quote(struct packet *error);
struct icmphdr *packet_quoted_icmp(struct packet *error);

/* The right answer to @request. */
void packet_reply(struct packet *reply, const struct packet *request);

/*
 * The right error about @request from @from (dotted): quotes its IP header and
 * 8 bytes, the least that RFC 792 asks for.
 */
void packet_error(struct packet *error, const struct packet *request,
		  const char *from, int type, int code);

/* Append bytes to the packet. */
void packet_append(struct packet *packet, const void *bytes, unsigned int len);

/* Make lengths and checksums right again after changes. */
void packet_seal(struct packet *packet);

/* Sum up as in RFC 1071. */
__u16 internet_checksum(const void *bytes, unsigned int len);

/*
 * What both address families share. wire_read() returns the length of the next
 * packet that is @wanted and arrived within @ms, or 0 if there was none.
 */
int injector_open_protocol(int ns, const char *interface, int protocol);
unsigned int injector_read(int injector, void *bytes, unsigned int size, int ms,
			   bool (*wanted)(const void *bytes, unsigned int len));
void injector_write(int injector, const void *bytes, unsigned int len);

#endif /* INJECT_H */
