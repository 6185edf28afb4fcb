// SPDX-License-Identifier: GPL-2.0
/*
 * How far the round-trip times that are told are off from those on the wire: the
 * kernel's stamps of packets leaving and arriving, from a packet socket that is
 * read only afterwards, so that it wakes nobody. Answers take 5 ms; with hogs,
 * two processes of the highest priority take all of the CPU they can get.
 *
 * In each row every destination is asked once, and so identifies the echo.
 */
#include <arpa/inet.h>
#include <icmpecho.h>
#include <linux/if_packet.h>
#include <math.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define DELAY_US	5000
#define FLIGHT		256
#define HOGS		2

/* By destination, in ns; 0 is none */
struct times {
	double sent[WORLD_HOSTS];
	double received[WORLD_HOSTS];
	double told[WORLD_HOSTS];
};

static struct times times;
static pid_t hogs[HOGS];

/* ---- the wire */

static int sniffer_open(void)
{
	struct sockaddr_ll link = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex("near0"),
	};
	int room = 64 << 20, one = 1;
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&link, sizeof(link)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)))
		die("packet socket");
	return fd;
}

static double stamp_of(struct msghdr *msg)
{
	struct cmsghdr *c;
	struct timespec t;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&t, CMSG_DATA(c), sizeof(t));
			/* Exact: seconds of this century and ns do not fit a double. */
			return (t.tv_sec % 100000) * 1e9 + t.tv_nsec;
		}
	die("a packet without a stamp");
}

static void note_packet(const unsigned char *packet, size_t len, double stamp, bool leaving)
{
	const struct iphdr *ip = (const struct iphdr *)packet;
	const struct icmphdr *icmp = (const struct icmphdr *)(ip + 1);
	unsigned int index;

	if (len < sizeof(*ip) + sizeof(*icmp) || ip->version != 4 ||
	    ip->protocol != IPPROTO_ICMP ||
	    icmp->type != (leaving ? ICMP_ECHO : ICMP_ECHOREPLY))
		return;
	index = world_host_index((struct in_addr){ leaving ? ip->daddr : ip->saddr });
	if (index < WORLD_HOSTS)
		(leaving ? times.sent : times.received)[index] = stamp;
}

static void sniffer_drain(int fd)
{
	unsigned char packet[256], control[128];
	struct sockaddr_ll from;
	struct iovec vec = { packet, sizeof(packet) };
	struct msghdr msg;
	ssize_t len;

	for (;;) {
		msg = (struct msghdr) {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &vec,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		len = recvmsg(fd, &msg, 0);
		if (len < 0)
			break;
		note_packet(packet, len, stamp_of(&msg), from.sll_pkttype == PACKET_OUTGOING);
	}
	close(fd);
}

/* ---- hogs */

static void hogs_start(void)
{
	unsigned int i;

	fflush(stdout);
	for (i = 0; i < HOGS; i++) {
		hogs[i] = fork();
		if (hogs[i] < 0)
			die("fork");
		if (hogs[i])
			continue;
		setpriority(PRIO_PROCESS, 0, -20);
		/* Long, since jumps are what emulation is slow at. */
		for (;;)
			__asm__ volatile(".rept 256; nop; .endr");
	}
}

static void hogs_stop(void)
{
	unsigned int i;

	for (i = 0; i < HOGS; i++) {
		kill(hogs[i], SIGKILL);
		waitpid(hogs[i], NULL, 0);
	}
}

/* ---- who is judged; each asks @count destinations and fills in times.told */

static void reap_flight(struct icmpecho *handle, unsigned int count)
{
	static unsigned char buffer[FLIGHT * ICMPECHO_RECORD_LEN(56)]
		__attribute__((aligned(8)));
	const struct icmpecho_completion *c;
	unsigned int done = 0;
	int got, i;

	while (done < count) {
		got = icmpecho_reap(handle, buffer, sizeof(buffer), count - done, FLIGHT,
				    ICMPECHO_FOREVER);
		if (got < 0)
			die("icmpecho_reap");
		done += got;
		for (i = 0, c = NULL; i < got; i++) {
			c = icmpecho_next_completion(buffer, sizeof(buffer), c);
			if (!c)
				die("icmpecho_next_completion");
			if (c->status == ICMPECHO_STATUS_SUCCESS)
				times.told[c->user_data] = c->rtt_ns;
		}
	}
}

static void ask_by_us(unsigned int count)
{
	static struct icmpecho_echo echo[FLIGHT];
	struct icmpecho *handle = icmpecho_open();
	unsigned char payload[56] = {};
	unsigned int first, n, i;
	int ret;

	if (!handle)
		die("icmpecho_open");
	for (first = 0; first < count; first += n) {
		n = count - first < FLIGHT ? count - first : FLIGHT;
		for (i = 0; i < n; i++) {
			icmpecho_echo_ipv4(&echo[i], world_host(first + i), payload,
					   sizeof(payload), 60 * 1000000000ULL);
			echo[i].user_data = first + i;
		}
		for (i = 0; i < n; i += ret) {
			ret = icmpecho_submit(handle, echo + i, n - i);
			if (ret <= 0)
				die("icmpecho_submit");
		}
		reap_flight(handle, n);
	}
	icmpecho_close(handle);
}

/* "10.64.0.1 : 5.02"; a "-" is a loss. */
static void ask_by_fping(unsigned int count)
{
	char *argv[16] = { "fping", "-4", "-q", "-i0", "-p60000", "-t60000", "-C1", "-f",
			 (char *)tools_targets(AF_INET, count) };
	char line[128], address[64];
	unsigned int index;
	FILE *file;
	double ms;

	child_run(argv);
	file = child_output();
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s : %lf", address, &ms) != 2)
			continue;
		index = world_host_index((struct in_addr){ inet_addr(address) });
		if (index < WORLD_HOSTS)
			times.told[index] = ms * 1e6;
	}
	fclose(file);
}

struct stamped {
	struct echoes echoes;
	struct mmsghdr tx[FLIGHT];
	struct iovec vec[FLIGHT];
	int fd;
};

static double realtime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (t.tv_sec % 100000) * 1e9 + t.tv_nsec;
}

/* Returns when the batch was sent, the only stamp there is for that. */
static double send_stamped(struct stamped *s)
{
	double stamp = realtime();
	unsigned int i, sent;
	int ret;

	for (i = 0; i < s->echoes.count; i++) {
		s->vec[i].iov_base = s->echoes.packet[i].bytes;
		s->vec[i].iov_len = echoes_packet_len(&s->echoes);
		s->tx[i].msg_hdr.msg_iov = &s->vec[i];
		s->tx[i].msg_hdr.msg_iovlen = 1;
		s->tx[i].msg_hdr.msg_name = &s->echoes.to[i].sa;
		s->tx[i].msg_hdr.msg_namelen = s->echoes.to[i].len;
	}
	for (sent = 0; sent < s->echoes.count; sent += ret) {
		ret = sendmmsg(s->fd, s->tx + sent, s->echoes.count - sent, 0);
		if (ret <= 0)
			die("sendmmsg");
	}
	return stamp;
}

static void receive_stamped(struct stamped *s, double sent)
{
	unsigned char packet[256], control[128];
	struct sockaddr_in from;
	struct iovec vec = { packet, sizeof(packet) };
	struct msghdr msg;
	ssize_t len;

	while (!echoes_done(&s->echoes)) {
		msg = (struct msghdr) {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &vec,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		len = recvmsg(s->fd, &msg, 0);
		if (len < 0)
			break;
		if (echoes_received(&s->echoes, (struct sockaddr *)&from, packet, len))
			times.told[world_host_index(from.sin_addr)] = stamp_of(&msg) - sent;
	}
}

static void ask_by_sendmmsg(unsigned int count)
{
	const struct load load = { .family = AF_INET, .payload = 56, .batch = FLIGHT };
	struct stamped *s = calloc(1, sizeof(*s));
	struct timeval minute = { .tv_sec = 60 };
	unsigned int left, n;
	int one = 1;

	echoes_init(&s->echoes, &load, 0);
	s->fd = echo_socket(&load);
	if (setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) ||
	    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute)))
		die("setsockopt");
	for (left = count; left; left -= n) {
		n = left < FLIGHT ? left : FLIGHT;
		echoes_next(&s->echoes, n);
		receive_stamped(s, send_stamped(s));
	}
	close(s->fd);
	free(s);
}

/* ---- rows */

struct judged {
	const char *name;
	void (*ask)(unsigned int count);
	bool ours;
};

static const struct judged judged[] = {
	{ "us", ask_by_us, true },
	{ "fping", ask_by_fping, false },
	{ "sendmmsg", ask_by_sendmmsg, false },
};

static void measure(const struct judged *who, bool with_hogs, unsigned int count)
{
	static double errors[WORLD_HOSTS];
	char label[64];
	const struct row_key key = { "rtt", label, AF_INET, 56 };
	unsigned int i, n = 0;
	int sniffer;

	snprintf(label, sizeof(label), "%s %s", who->name, with_hogs ? "hogs" : "idle");
	memset(&times, 0, sizeof(times));
	world_wait_for_quiet();
	sniffer = sniffer_open();
	if (with_hogs)
		hogs_start();
	who->ask(count);
	if (with_hogs)
		hogs_stop();
	sniffer_drain(sniffer);
	for (i = 0; i < count; i++)
		if (times.told[i] && times.sent[i] && times.received[i])
			errors[n++] = fabs(times.told[i] -
					   (times.received[i] - times.sent[i])) / 1e3;
	row_values(&key, "us", errors, n, count);
}

void rtt_measure(bool ours, bool quick)
{
	unsigned int i;

	if (quick && !ours)
		return;
	world_delay_us(DELAY_US);
	for (i = 0; i < ARRAY_SIZE(judged); i++) {
		if (judged[i].ours != ours)
			continue;
		if (!quick)
			measure(&judged[i], false, 1024);
		measure(&judged[i], true, 1024);
	}
	world_delay_us(0);
}
