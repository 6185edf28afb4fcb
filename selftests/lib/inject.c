// SPDX-License-Identifier: GPL-2.0
/* Packets off the wire and onto it, see inject.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inject.h"

/* Room for the largest burst of a test; each packet counts with its skb. */
#define RECEIVE_BUFFER	(256 << 20)

#define PATIENCE_MS	20000

/* In the IPv4 header's frag_off */
#define MORE_FRAGMENTS	0x2000

/* In the IP headers of both families, the first four bits are the version. */
static bool is_ipv6(const void *header)
{
	return ((const struct iphdr *)header)->version == 6;
}

static void bind_to(int fd, const char *interface, int family)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP),
		.sll_ifindex = if_nametoindex(interface),
	};

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("bind to %s", interface);
}

int injector_open(int ns, const char *interface, int family)
{
	int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int size = RECEIVE_BUFFER;
	int fd;

	if (back < 0)
		die("/proc/thread-self/ns/net");
	netns_enter(ns);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("packet socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		die("SO_RCVBUFFORCE");
	bind_to(fd, interface, family);
	netns_enter(back);
	close(back);
	return fd;
}

/* False if there was no packet at all; one that we sent ourselves has the length 0. */
static bool read_packet(int injector, struct packet *packet)
{
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	ssize_t len;

	len = recvfrom(injector, packet->bytes, sizeof(packet->bytes), MSG_DONTWAIT,
		       (struct sockaddr *)&from, &from_len);
	if (len < 0 && errno != EAGAIN)
		die("recvfrom packet socket");
	packet->len = len < 0 || from.sll_pkttype == PACKET_OUTGOING ? 0 : len;
	packet->icmp_off = sizeof(packet->ip6);
	return len >= 0;
}

bool injector_find(int injector, struct packet *packet, int ms,
		   bool (*wanted)(const struct packet *packet))
{
	struct pollfd pollfd = { .fd = injector, .events = POLLIN };
	bool came;

	do {
		came = read_packet(injector, packet);
		if (packet->len && wanted(packet))
			return true;
	} while (came || poll(&pollfd, 1, ms) > 0);
	return false;
}

static bool is_icmp(const struct packet *packet)
{
	if (is_ipv6(packet->bytes))
		return packet->len >= sizeof(packet->ip6) + sizeof(struct icmp6hdr) &&
		       packet->ip6.nexthdr == IPPROTO_ICMPV6;
	return packet->len >= sizeof(packet->ip) && packet->ip.protocol == IPPROTO_ICMP;
}

bool injector_next(int injector, struct packet *packet, int ms)
{
	return injector_find(injector, packet, ms, is_icmp);
}

void injector_request(int injector, struct packet *request)
{
	do {
		errno = ETIMEDOUT;
		if (!injector_next(injector, request, PATIENCE_MS))
			die("no echo request came out of near");
	} while (packet_icmp(request)->type !=
		 (is_ipv6(request->bytes) ? ICMPV6_ECHO_REQUEST : ICMP_ECHO));
}

unsigned int injector_drain(int injector)
{
	static struct packet packet;
	unsigned int n = 0;

	while (injector_next(injector, &packet, 0))
		n++;
	return n;
}

void injector_send(int injector, const struct packet *packet)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_halen = ETH_ALEN,
		.sll_addr = { 2, 0, 0, 0, 0, 1 },	/* near0 */
	};
	struct sockaddr_ll self;
	socklen_t self_len = sizeof(self);

	if (getsockname(injector, (struct sockaddr *)&self, &self_len))
		die("getsockname");
	to.sll_protocol = self.sll_protocol;
	to.sll_ifindex = self.sll_ifindex;
	if (sendto(injector, packet->bytes, packet->len, 0, (struct sockaddr *)&to,
		   sizeof(to)) != packet->len)
		die("inject a packet of %u bytes", packet->len);
}

static unsigned int icmp_offset(const struct packet *packet)
{
	return is_ipv6(packet->bytes) ? packet->icmp_off : packet->ip.ihl * 4;
}

struct icmphdr *packet_icmp(struct packet *packet)
{
	return (struct icmphdr *)(packet->bytes + icmp_offset(packet));
}

unsigned int packet_icmp_len(const struct packet *packet)
{
	return packet->len - icmp_offset(packet);
}

struct iphdr *packet_quote(struct packet *error)
{
	return (struct iphdr *)(packet_icmp(error) + 1);
}

struct ipv6hdr *packet_quote6(struct packet *error)
{
	return (struct ipv6hdr *)(packet_icmp(error) + 1);
}

struct icmphdr *packet_quoted_icmp(struct packet *error)
{
	struct iphdr *quote = packet_quote(error);

	if (is_ipv6(error->bytes))
		return (struct icmphdr *)(packet_quote6(error) + 1);
	return (struct icmphdr *)((unsigned char *)quote + quote->ihl * 4);
}

void *ip_source(void *header)
{
	return is_ipv6(header) ? (void *)&((struct ipv6hdr *)header)->saddr :
				 (void *)&((struct iphdr *)header)->saddr;
}

void *ip_destination(void *header)
{
	return is_ipv6(header) ? (void *)&((struct ipv6hdr *)header)->daddr :
				 (void *)&((struct iphdr *)header)->daddr;
}

__u8 *ip_ttl(void *header)
{
	return is_ipv6(header) ? &((struct ipv6hdr *)header)->hop_limit :
				 &((struct iphdr *)header)->ttl;
}

void ip_set_tos(void *header, __u8 tos)
{
	unsigned char *bytes = header;

	if (is_ipv6(header)) {
		bytes[0] = 6 << 4 | tos >> 4;
		bytes[1] = tos << 4 | (bytes[1] & 15);
	} else {
		((struct iphdr *)header)->tos = tos;
	}
}

void set_address(void *address, const char *text)
{
	errno = EINVAL;
	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, address) != 1)
		die("address %s", text);
}

void packet_set_mtu(struct packet *error, __u32 mtu)
{
	if (is_ipv6(error->bytes))
		packet_icmp(error)->un.gateway = htonl(mtu);
	else
		packet_icmp(error)->un.frag.mtu = htons(mtu);
}

/* The IP header of an answer to the sender of @request; where it is from is left open. */
static void start_packet(struct packet *packet, const struct packet *request)
{
	if (is_ipv6(request->bytes)) {
		packet->ip6 = (struct ipv6hdr) {
			.version = 6,
			.hop_limit = 64,
			.nexthdr = IPPROTO_ICMPV6,
			.daddr = request->ip6.saddr,
		};
		packet->len = sizeof(packet->ip6);
		packet->icmp_off = sizeof(packet->ip6);
	} else {
		packet->ip = (struct iphdr) {
			.version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_ICMP,
			.daddr = request->ip.saddr,
		};
		packet->len = sizeof(packet->ip);
	}
}

void packet_insert(struct packet *packet, unsigned int offset, const void *bytes,
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

void packet_append(struct packet *packet, const void *bytes, unsigned int len)
{
	packet_insert(packet, packet->len, bytes, len);
}

void packet_reply(struct packet *reply, const struct packet *request)
{
	bool ipv6 = is_ipv6(request->bytes);

	start_packet(reply, request);
	if (ipv6)
		reply->ip6.saddr = request->ip6.daddr;
	else
		reply->ip.saddr = request->ip.daddr;
	packet_append(reply, request->bytes + icmp_offset(request), packet_icmp_len(request));
	packet_icmp(reply)->type = ipv6 ? ICMPV6_ECHO_REPLY : ICMP_ECHOREPLY;
	packet_seal(reply);
}

void packet_error(struct packet *error, const struct packet *request,
		  const char *from, int type, int code)
{
	struct icmphdr icmp = { .type = type, .code = code };

	start_packet(error, request);
	set_address(ip_source(error->bytes), from);
	packet_append(error, &icmp, sizeof(icmp));
	packet_append(error, request->bytes, icmp_offset(request) + 8);
	packet_seal(error);
}

static __u16 fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static __u32 sum_up(__u32 sum, const void *bytes, unsigned int len)
{
	const unsigned char *p = bytes;
	unsigned int i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	return sum;
}

__u16 internet_checksum(const void *bytes, unsigned int len)
{
	return fold(sum_up(0, bytes, len));
}

/* ICMPv6 also sums up addresses, length and protocol: RFC 8200, section 8.1. */
__u16 packet_sum(const struct packet *packet)
{
	unsigned int len = packet_icmp_len(packet);
	__u32 sum = 0;

	if (is_ipv6(packet->bytes))
		sum = sum_up(len + IPPROTO_ICMPV6, &packet->ip6.saddr, 32);
	return fold(sum_up(sum, packet->bytes + icmp_offset(packet), len));
}

void packet_seal_ip(struct packet *packet)
{
	if (is_ipv6(packet->bytes)) {
		packet->ip6.payload_len = htons(packet->len - sizeof(packet->ip6));
		return;
	}
	packet->ip.tot_len = htons(packet->len);
	packet->ip.check = 0;
	packet->ip.check = internet_checksum(&packet->ip, packet->ip.ihl * 4);
}

void packet_seal(struct packet *packet)
{
	struct icmphdr *icmp = packet_icmp(packet);

	if (packet_icmp_len(packet) >= sizeof(*icmp)) {
		icmp->checksum = 0;
		icmp->checksum = packet_sum(packet);
	}
	packet_seal_ip(packet);
}

/* The headers of a fragment: those of @whole, and where it belongs */
static void start_fragment(struct packet *fragment, const struct packet *whole, unsigned int id,
			   unsigned int offset, bool more)
{
	struct {
		__u8 nexthdr;
		__u8 reserved;
		__be16 offset;
		__be32 id;
	} header = {
		.nexthdr = IPPROTO_ICMPV6,
		.offset = htons(offset | more),
		.id = htonl(id),
	};

	if (is_ipv6(whole->bytes)) {
		fragment->ip6 = whole->ip6;
		fragment->len = sizeof(fragment->ip6);
		fragment->ip6.nexthdr = IPPROTO_FRAGMENT;
		packet_append(fragment, &header, sizeof(header));
	} else {
		fragment->ip = whole->ip;
		fragment->len = sizeof(fragment->ip);
		fragment->ip.id = htons(id);
		fragment->ip.frag_off = htons((more ? MORE_FRAGMENTS : 0) | offset / 8);
	}
}

void packet_fragment(struct packet *fragment, const struct packet *whole, unsigned int id,
		     unsigned int offset, unsigned int len)
{
	start_fragment(fragment, whole, id, offset, offset + len < packet_icmp_len(whole));
	packet_append(fragment, whole->bytes + icmp_offset(whole) + offset, len);
	packet_seal_ip(fragment);
}
