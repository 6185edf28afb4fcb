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

static void bind_to(int fd, const char *interface, int protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = if_nametoindex(interface),
	};

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("bind to %s", interface);
}

int injector_open_protocol(int ns, const char *interface, int protocol)
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
	bind_to(fd, interface, protocol);
	netns_enter(back);
	close(back);
	return fd;
}

int injector_open(int ns, const char *interface)
{
	return injector_open_protocol(ns, interface, ETH_P_IP);
}

/* The length of a packet that arrived, or 0; *@empty: there was none. */
static unsigned int read_packet(int injector, void *bytes, unsigned int size, bool *empty)
{
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	ssize_t len;

	len = recvfrom(injector, bytes, size, MSG_DONTWAIT,
		       (struct sockaddr *)&from, &from_len);
	*empty = len < 0;
	if (len < 0 && errno != EAGAIN)
		die("recvfrom packet socket");
	return len < 0 || from.sll_pkttype == PACKET_OUTGOING ? 0 : len;
}

unsigned int injector_read(int injector, void *bytes, unsigned int size, int ms,
			   bool (*wanted)(const void *bytes, unsigned int len))
{
	struct pollfd pollfd = { .fd = injector, .events = POLLIN };
	unsigned int len;
	bool empty;

	do {
		len = read_packet(injector, bytes, size, &empty);
		if (wanted(bytes, len))
			return len;
	} while (!empty || poll(&pollfd, 1, ms) > 0);
	return 0;
}

static bool is_icmp(const void *bytes, unsigned int len)
{
	const struct iphdr *ip = bytes;

	return len >= sizeof(*ip) && ip->protocol == IPPROTO_ICMP;
}

bool injector_next(int injector, struct packet *packet, int ms)
{
	packet->len = injector_read(injector, packet->bytes, sizeof(packet->bytes), ms,
				    is_icmp);
	return packet->len;
}

void injector_request(int injector, struct packet *request)
{
	do {
		errno = ETIMEDOUT;
		if (!injector_next(injector, request, PATIENCE_MS))
			die("no echo request came out of near");
	} while (packet_icmp(request)->type != ICMP_ECHO);
}

unsigned int injector_drain(int injector)
{
	static struct packet packet;
	unsigned int n = 0;

	while (injector_next(injector, &packet, 0))
		n++;
	return n;
}

void injector_write(int injector, const void *bytes, unsigned int len)
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
	if (sendto(injector, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)) != len)
		die("inject a packet of %u bytes", len);
}

void injector_send(int injector, const struct packet *packet)
{
	injector_write(injector, packet->bytes, packet->len);
}

struct icmphdr *packet_icmp(struct packet *packet)
{
	return (struct icmphdr *)(packet->bytes + packet->ip.ihl * 4);
}

unsigned int packet_icmp_len(const struct packet *packet)
{
	return packet->len - packet->ip.ihl * 4;
}

struct iphdr *packet_quote(struct packet *error)
{
	return (struct iphdr *)(packet_icmp(error) + 1);
}

struct icmphdr *packet_quoted_icmp(struct packet *error)
{
	struct iphdr *quote = packet_quote(error);

	return (struct icmphdr *)((unsigned char *)quote + quote->ihl * 4);
}

/* An IP header for an answer that comes from @from to the sender of @request. */
static void start_packet(struct packet *packet, const struct packet *request,
			 in_addr_t from)
{
	memset(&packet->ip, 0, sizeof(packet->ip));
	packet->ip.version = 4;
	packet->ip.ihl = 5;
	packet->ip.ttl = 64;
	packet->ip.protocol = IPPROTO_ICMP;
	packet->ip.saddr = from;
	packet->ip.daddr = request->ip.saddr;
	packet->len = sizeof(packet->ip);
}

void packet_append(struct packet *packet, const void *bytes, unsigned int len)
{
	errno = EMSGSIZE;
	if (packet->len + len > sizeof(packet->bytes))
		die("packet grows to %u bytes", packet->len + len);
	memcpy(packet->bytes + packet->len, bytes, len);
	packet->len += len;
}

void packet_reply(struct packet *reply, const struct packet *request)
{
	unsigned int header = request->ip.ihl * 4;

	start_packet(reply, request, request->ip.daddr);
	packet_append(reply, request->bytes + header, request->len - header);
	packet_icmp(reply)->type = ICMP_ECHOREPLY;
	packet_seal(reply);
}

void packet_error(struct packet *error, const struct packet *request,
		  const char *from, int type, int code)
{
	struct icmphdr icmp = { .type = type, .code = code };

	start_packet(error, request, inet_addr(from));
	packet_append(error, &icmp, sizeof(icmp));
	packet_append(error, request->bytes, request->ip.ihl * 4 + 8);
	packet_seal(error);
}

__u16 internet_checksum(const void *bytes, unsigned int len)
{
	const unsigned char *p = bytes;
	__u32 sum = 0;
	unsigned int i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

void packet_seal(struct packet *packet)
{
	struct icmphdr *icmp = packet_icmp(packet);
	unsigned int len = packet_icmp_len(packet);

	if (len >= sizeof(*icmp)) {
		icmp->checksum = 0;
		icmp->checksum = internet_checksum(icmp, len);
	}
	packet->ip.tot_len = htons(packet->len);
	packet->ip.check = 0;
	packet->ip.check = internet_checksum(&packet->ip, packet->ip.ihl * 4);
}
