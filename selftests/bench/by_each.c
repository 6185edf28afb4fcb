// SPDX-License-Identifier: GPL-2.0
/*
 * A socket for each request, as the runtimes of managed languages and Wine have
 * it: made, set up, waited for by poll(), closed.
 */
#include <linux/icmp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

static void *each_open(const struct load *load, unsigned int start)
{
	struct echoes *e = calloc(1, sizeof(*e));

	echoes_init(e, load, start);
	return e;
}

static int make_socket(const struct load *load)
{
	int protocol = load->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int type = load->ping_socket ? SOCK_DGRAM : SOCK_RAW;
	struct icmp_filter filter = { ~(1U << ICMP_ECHOREPLY) };
	int ttl = 128;
	int fd;

	fd = socket(load->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0)
		die("socket");
	if (load->family == AF_INET6) {
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof(ttl)))
			die("IPV6_UNICAST_HOPS");
		return fd;
	}
	if (setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)))
		die("IP_TTL");
	if (!load->ping_socket && setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)))
		die("ICMP_FILTER");
	return fd;
}

static void answer(struct echoes *e, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	unsigned char buffer[MAX_PAYLOAD + 128];
	struct sockaddr_storage from;
	socklen_t from_len;
	ssize_t len;

	while (!echoes_done(e) && poll(&poll_fd, 1, 1000) == 1) {
		from_len = sizeof(from);
		len = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from,
			       &from_len);
		if (len < 0)
			die("recvfrom");
		echoes_received(e, (struct sockaddr *)&from, buffer, len);
	}
}

static unsigned int each_run(void *state, unsigned int count)
{
	struct echoes *e = state;
	unsigned int i, good = 0;
	int fd;

	for (i = 0; i < count; i++) {
		echoes_next(e, 1);
		fd = make_socket(e->load);
		if (sendto(fd, e->packet[0].bytes, echoes_packet_len(e), 0,
			   &e->to[0].sa, e->to[0].len) < 0)
			die("sendto");
		answer(e, fd);
		close(fd);
		good += e->good;
	}
	return good;
}

const struct engine engine_each = {
	"socket for each", each_open, each_run, free,
};
