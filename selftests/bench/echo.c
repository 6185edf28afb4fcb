// SPDX-License-Identifier: GPL-2.0
/*
 * Packets and their answers, the same for all rivals so that they are all judged
 * alike: an answer counts if it comes from whom we asked, is the first from
 * there, and carries every byte that we sent.
 *
 * The rivals shall be as good as they can be: a packet is made once, and for the
 * next echo only its number changes, and by that its checksum.
 */
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"

/* The part of a packet that changes */
struct head {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint16_t id;
	uint16_t sequence;
	uint32_t number;
};

static unsigned int sum_of(const void *data, size_t len)
{
	const uint16_t *word = data;
	unsigned int sum = 0;

	for (; len > 1; len -= 2)
		sum += *word++;
	if (len)
		sum += *(const uint8_t *)word;
	return sum;
}

static uint16_t fold(unsigned int sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

void echoes_init(struct echoes *e, const struct load *load, unsigned int start)
{
	struct head *head;
	unsigned int i, k;

	memset(e, 0, sizeof(*e));
	e->load = load;
	e->first = start;
	e->id = getpid();
	for (i = 0; i < load->batch; i++) {
		head = (struct head *)e->packet[i].bytes;
		head->type = load->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
		head->id = htons(e->id);
		for (k = sizeof(*head); k < echoes_packet_len(e); k++)
			e->packet[i].bytes[k] = k * 7;
	}
	/* Of all that stays the same; the kernel sums up ICMPv6 and ping sockets'. */
	e->base_sum = sum_of(e->packet[0].bytes, echoes_packet_len(e));
}

static void change_packet(struct echoes *e, unsigned int i)
{
	struct head *head = (struct head *)e->packet[i].bytes;
	unsigned int number = e->first + i;

	head->sequence = htons(number);
	head->number = number;
	head->checksum = fold(e->base_sum + head->sequence + (uint16_t)number +
			      (number >> 16));
	e->to[i] = world_address(e->load->family, number);
}

void echoes_next(struct echoes *e, unsigned int count)
{
	unsigned int i;

	e->first += e->count;
	e->count = count;
	e->good = 0;
	e->bad = 0;
	memset(e->answered, 0, count);
	for (i = 0; i < count; i++)
		change_packet(e, i);
}

bool echoes_judge(struct echoes *e, unsigned int number, bool right)
{
	unsigned int i = number - e->first;

	if (i >= e->count || e->answered[i] || !right) {
		e->bad++;
		return true;
	}
	e->answered[i] = 1;
	e->good++;
	return true;
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return !memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		       &((const struct sockaddr_in6 *)b)->sin6_addr,
		       sizeof(struct in6_addr));
}

bool echoes_answer(struct echoes *e, const struct sockaddr *from, const void *icmp, size_t len)
{
	const struct head *head = icmp;
	const struct head *sent;
	unsigned int i;

	if (len < sizeof(*head) ||
	    head->type != (e->load->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY))
		return false;
	/* The kernel has chosen a ping socket's identifier, and looks at it. */
	if (!e->load->ping_socket && head->id != htons(e->id))
		return false;
	i = (uint16_t)(ntohs(head->sequence) - e->first);
	if (i >= e->count)
		return echoes_judge(e, e->first + e->count, false);
	sent = (const struct head *)e->packet[i].bytes;
	return echoes_judge(e, e->first + i,
			    len == echoes_packet_len(e) &&
			    same_address(from, &e->to[i].sa) &&
			    !memcmp(&head->sequence, &sent->sequence, len - 6));
}

bool echoes_received(struct echoes *e, const struct sockaddr *from, const void *packet,
		     size_t len)
{
	const struct iphdr *ip = packet;

	if (e->load->family == AF_INET && !e->load->ping_socket) {
		if (len < sizeof(*ip) || len < ip->ihl * 4)
			return false;
		packet += ip->ihl * 4;
		len -= ip->ihl * 4;
	}
	return echoes_answer(e, from, packet, len);
}

static void filter(int fd, int family)
{
	struct icmp_filter only4 = { ~(1U << ICMP_ECHOREPLY) };
	struct icmp6_filter only6;
	int err;

	ICMP6_FILTER_SETBLOCKALL(&only6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only6);
	if (family == AF_INET)
		err = setsockopt(fd, SOL_RAW, ICMP_FILTER, &only4, sizeof(only4));
	else
		err = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only6, sizeof(only6));
	if (err)
		die("ICMP_FILTER");
}

int echo_socket(const struct load *load)
{
	int protocol = load->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int type = load->ping_socket ? SOCK_DGRAM : SOCK_RAW;
	struct timeval second = { .tv_sec = 1 };
	int room = 4 << 20;
	int fd;

	fd = socket(load->family, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		die("socket");
	if (!load->ping_socket)
		filter(fd, load->family);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("setsockopt");
	return fd;
}
