// SPDX-License-Identifier: GPL-2.0
/*
 * A socket for each request, by the system calls that strace(1) shows of two who
 * do that. Raw: .NET (Core 3.1) as root; later ones set IP_RECVERR, too. Ping:
 * Wine (8.0) for a user. What else they do for a request is left out: Wine first
 * tries a raw socket, which it is refused, has another thread wait for the reply,
 * and asks its server a few times.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"

/* Room for what Wine asks of a reply: its TTL and type of service */
#define CONTROL_LEN	(2 * CMSG_SPACE(sizeof(int)))

static void *each_open(const struct load *load, unsigned int start)
{
	struct echoes *e = calloc(1, sizeof(*e));

	echoes_init(e, load, start);
	return e;
}

static int make_socket(const struct load *load, int type)
{
	int protocol = load->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int fd = socket(load->family, type, protocol);

	if (fd < 0)
		die("socket");
	return fd;
}

static void set_option(int fd, int level, int name, const void *value, socklen_t len)
{
	if (setsockopt(fd, level, name, value, len))
		die("setsockopt %d, %d", level, name);
}

/* Returns false when there is nothing. */
static bool receive(struct echoes *e, int fd)
{
	unsigned char buffer[MAX_PAYLOAD + 128];
	unsigned char control[CONTROL_LEN];
	struct sockaddr_storage from;
	struct iovec iov = { buffer, sizeof(buffer) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = e->load->ping_socket ? sizeof(control) : 0,
	};
	ssize_t len = recvmsg(fd, &msg, 0);

	if (len < 0)
		return false;
	echoes_received(e, (struct sockaddr *)&from, buffer, len);
	return true;
}

static void ask_like_dotnet(struct echoes *e)
{
	const struct timeval timeout = { .tv_sec = 1 };
	struct iovec iov = { e->packet[0].bytes, echoes_packet_len(e) };
	struct msghdr msg = {
		.msg_name = &e->to[0].sa,
		.msg_namelen = e->to[0].len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	int fd = make_socket(e->load, SOCK_RAW | SOCK_CLOEXEC);

	set_option(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	set_option(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, &e->to[0].sa, e->to[0].len))
		die("connect");
	if (sendmsg(fd, &msg, 0) < 0)
		die("sendmsg");
	while (!echoes_done(e) && receive(e, fd))
		;
	close(fd);
}

static void ask_like_wine(struct echoes *e)
{
	bool ipv4 = e->load->family == AF_INET;
	int level = ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int fd = make_socket(e->load, SOCK_DGRAM);
	int cancel[2], on = 1;

	/* By the pipe, the one who waits is told of a cancelled request. */
	if (pipe(cancel))
		die("pipe");
	set_option(fd, level, ipv4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, &on, sizeof(on));
	set_option(fd, level, ipv4 ? IP_RECVTOS : IPV6_RECVTCLASS, &on, sizeof(on));
	if (sendto(fd, e->packet[0].bytes, echoes_packet_len(e), 0, &e->to[0].sa,
		   e->to[0].len) < 0)
		die("sendto");
	fds[0].fd = fd;
	fds[1].fd = cancel[0];
	while (!echoes_done(e) && poll(fds, 2, 1000) == 1 && receive(e, fd))
		;
	close(fd);
	close(cancel[0]);
	close(cancel[1]);
}

static unsigned int each_run(void *state, unsigned int count)
{
	struct echoes *e = state;
	unsigned int i, good = 0;

	for (i = 0; i < count; i++) {
		echoes_next(e, 1);
		if (e->load->ping_socket)
			ask_like_wine(e);
		else
			ask_like_dotnet(e);
		good += e->good;
	}
	return good;
}

const struct engine engine_each = {
	"socket for each", each_open, each_run, free,
};
