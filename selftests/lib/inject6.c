// SPDX-License-Identifier: GPL-2.0
/* Packets off the wire and onto it, see inject6.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "netns.h"
#include "inject.h"
#include "inject6.h"

#define PATIENCE_MS	20000

int injector6_open(int ns, const char *interface)
{
	return injector_open_protocol(ns, interface, ETH_P_IPV6);
}

static bool is_icmp(const void *bytes, unsigned int len)
{
	const struct ipv6hdr *ip = bytes;

	return len >= sizeof(*ip) + sizeof(struct icmp6hdr) &&
	       ip->nexthdr == IPPROTO_ICMPV6;
}

bool injector6_next(int injector, struct packet6 *packet, int ms)
{
	packet->icmp_off = sizeof(packet->ip);
	packet->len = injector_read(injector, packet->bytes, sizeof(packet->bytes), ms,
				    is_icmp);
	return packet->len;
}

void injector6_request(int injector, struct packet6 *request)
{
	do {
		errno = ETIMEDOUT;
		if (!injector6_next(injector, request, PATIENCE_MS))
			die("no echo request came out of near");
	} while (packet6_icmp(request)->icmp6_type != ICMPV6_ECHO_REQUEST);
}

void injector6_send(int injector, const struct packet6 *packet)
{
	injector_write(injector, packet->bytes, packet->len);
}

struct icmp6hdr *packet6_icmp(struct packet6 *packet)
{
	return (struct icmp6hdr *)(packet->bytes + packet->icmp_off);
}

unsigned int packet6_icmp_len(const struct packet6 *packet)
{
	return packet->len - packet->icmp_off;
}

struct ipv6hdr *packet6_quote(struct packet6 *error)
{
	return (struct ipv6hdr *)(packet6_icmp(error) + 1);
}

struct icmp6hdr *packet6_quoted_icmp(struct packet6 *error)
{
	return (struct icmp6hdr *)(packet6_quote(error) + 1);
}

void set_address6(struct in6_addr *address, const char *text)
{
	errno = EINVAL;
	if (inet_pton(AF_INET6, text, address) != 1)
		die("address %s", text);
}

/* An IPv6 header for an answer to the sender of @request. */
static void start_packet(struct packet6 *packet, const struct packet6 *request,
			 const struct in6_addr *from)
{
	memset(&packet->ip, 0, sizeof(packet->ip));
	packet->ip.version = 6;
	packet->ip.hop_limit = 64;
	packet->ip.nexthdr = IPPROTO_ICMPV6;
	packet->ip.saddr = *from;
	packet->ip.daddr = request->ip.saddr;
	packet->len = sizeof(packet->ip);
	packet->icmp_off = sizeof(packet->ip);
}

void packet6_insert(struct packet6 *packet, unsigned int offset, const void *bytes,
		    unsigned int len)
{
	errno = EMSGSIZE;
	if (packet->len + len > sizeof(packet->bytes))
		die("packet grows to %u bytes", packet->len + len);
	memmove(packet->bytes + offset + len, packet->bytes + offset,
		packet->len - offset);
	memcpy(packet->bytes + offset, bytes, len);
	packet->len += len;
}

void packet6_append(struct packet6 *packet, const void *bytes, unsigned int len)
{
	packet6_insert(packet, packet->len, bytes, len);
}

void packet6_reply(struct packet6 *reply, const struct packet6 *request)
{
	start_packet(reply, request, &request->ip.daddr);
	packet6_append(reply, request->bytes + request->icmp_off,
		       request->len - request->icmp_off);
	packet6_icmp(reply)->icmp6_type = ICMPV6_ECHO_REPLY;
	packet6_seal(reply);
}

void packet6_error(struct packet6 *error, const struct packet6 *request,
		   const char *from, int type, int code)
{
	struct icmp6hdr icmp = { .icmp6_type = type, .icmp6_code = code };
	struct in6_addr address;

	set_address6(&address, from);
	start_packet(error, request, &address);
	packet6_append(error, &icmp, sizeof(icmp));
	packet6_append(error, request->bytes, request->icmp_off + 8);
	packet6_seal(error);
}

/* The sum covers addresses, length and protocol as if they were in the packet. */
__u16 packet6_sum(const struct packet6 *packet)
{
	struct {
		struct in6_addr saddr;
		struct in6_addr daddr;
		__be32 len;
		__be32 protocol;
		unsigned char bytes[sizeof(packet->bytes)];
	} summed = {
		.saddr = packet->ip.saddr,
		.daddr = packet->ip.daddr,
		.len = htonl(packet6_icmp_len(packet)),
		.protocol = htonl(IPPROTO_ICMPV6),
	};

	memcpy(summed.bytes, packet->bytes + packet->icmp_off,
	       packet6_icmp_len(packet));
	return internet_checksum(&summed, 40 + packet6_icmp_len(packet));
}

void packet6_seal(struct packet6 *packet)
{
	struct icmp6hdr *icmp = packet6_icmp(packet);

	packet->ip.payload_len = htons(packet->len - sizeof(packet->ip));
	if (packet6_icmp_len(packet) < sizeof(*icmp))
		return;
	icmp->icmp6_cksum = 0;
	icmp->icmp6_cksum = packet6_sum(packet);
}
