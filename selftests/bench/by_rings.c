// SPDX-License-Identifier: GPL-2.0
/*
 * AF_PACKET with rings in shared memory and past the queueing discipline, as
 * scanners of the whole Internet have it: frames, for one neighbour whose MAC is
 * known. No routing, no ARP, no firewall, so no rival for a general purpose, but
 * the cheapest that user space has.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define FRAME_LEN	2048
#define NR_FRAMES	512
#define BLOCK_LEN	(64 * 1024)
#define RING_LEN	(FRAME_LEN * NR_FRAMES)

struct rings {
	struct echoes echoes;
	int fd;
	unsigned char *rx;
	unsigned char *tx;
	unsigned int rx_next;
	unsigned int tx_next;
};

/* What precedes the ICMP message in a frame */
struct frame_head {
	struct ether_header ether;
	struct iphdr ip;
} __attribute__((packed));

static void set_option(int fd, int option, const void *value, socklen_t len)
{
	if (setsockopt(fd, SOL_PACKET, option, value, len))
		die("packet socket, option %d", option);
}

static void make_rings(struct rings *r)
{
	struct tpacket_req request = {
		.tp_block_size = BLOCK_LEN,
		.tp_block_nr = RING_LEN / BLOCK_LEN,
		.tp_frame_size = FRAME_LEN,
		.tp_frame_nr = NR_FRAMES,
	};
	int version = TPACKET_V2, one = 1;

	set_option(r->fd, PACKET_VERSION, &version, sizeof(version));
	set_option(r->fd, PACKET_QDISC_BYPASS, &one, sizeof(one));
	set_option(r->fd, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	set_option(r->fd, PACKET_RX_RING, &request, sizeof(request));
	set_option(r->fd, PACKET_TX_RING, &request, sizeof(request));
	r->rx = mmap(NULL, 2 * RING_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (r->rx == MAP_FAILED)
		die("mmap of a packet socket");
	r->tx = r->rx + RING_LEN;
}

static unsigned char *frame_data(struct tpacket2_hdr *frame)
{
	return (unsigned char *)frame + TPACKET2_HDRLEN - sizeof(struct sockaddr_ll);
}

static uint16_t ip_checksum(const struct iphdr *ip)
{
	const uint16_t *word = (const uint16_t *)ip;
	unsigned int sum = 0, i;

	for (i = 0; i < sizeof(*ip) / 2; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* All but the destination and the ICMP message is in every frame from the start. */
static void prepare_frame(struct rings *r, unsigned int i)
{
	struct tpacket2_hdr *frame = (struct tpacket2_hdr *)(r->tx + i * FRAME_LEN);
	struct frame_head head = {
		.ether.ether_type = htons(ETHERTYPE_IP),
		.ip = {
			.version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_ICMP,
			.saddr = inet_addr(WORLD_NEAR),
			.tot_len = htons(sizeof(struct iphdr) + echoes_packet_len(&r->echoes)),
		},
	};

	memcpy(head.ether.ether_dhost, world_far_mac, sizeof(world_far_mac));
	memcpy(head.ether.ether_shost, world_near_mac, sizeof(world_near_mac));
	memcpy(frame_data(frame), &head, sizeof(head));
}

static void *rings_open(const struct load *load, unsigned int start)
{
	struct sockaddr_ll link = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = if_nametoindex("near0"),
	};
	struct rings *r;
	unsigned int i;

	r = calloc(1, sizeof(*r));
	echoes_init(&r->echoes, load, start);
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (r->fd < 0)
		die("packet socket");
	make_rings(r);
	if (bind(r->fd, (struct sockaddr *)&link, sizeof(link)))
		die("bind");
	for (i = 0; i < NR_FRAMES; i++)
		prepare_frame(r, i);
	return r;
}

static void put_frame(struct rings *r, unsigned int i)
{
	struct tpacket2_hdr *frame = (struct tpacket2_hdr *)(r->tx + r->tx_next * FRAME_LEN);
	size_t len = echoes_packet_len(&r->echoes);
	unsigned char *data = frame_data(frame);
	struct iphdr *ip = (struct iphdr *)(data + sizeof(struct ether_header));

	if (frame->tp_status != TP_STATUS_AVAILABLE)
		die("transmit ring");
	ip->daddr = r->echoes.to[i].in.sin_addr.s_addr;
	ip->check = 0;
	ip->check = ip_checksum(ip);
	memcpy(data + sizeof(struct frame_head), r->echoes.packet[i].bytes, len);
	frame->tp_len = sizeof(struct frame_head) + len;
	__atomic_store_n(&frame->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
	r->tx_next = (r->tx_next + 1) % NR_FRAMES;
}

static void take_frame(struct rings *r, const struct tpacket2_hdr *frame)
{
	const unsigned char *data = (const unsigned char *)frame + frame->tp_net;
	const struct iphdr *ip = (const struct iphdr *)data;
	struct sockaddr_in from = { .sin_family = AF_INET };

	if (ip->protocol != IPPROTO_ICMP || frame->tp_snaplen < sizeof(*ip))
		return;
	from.sin_addr.s_addr = ip->saddr;
	echoes_answer(&r->echoes, (struct sockaddr *)&from, data + ip->ihl * 4,
		      ntohs(ip->tot_len) - ip->ihl * 4);
}

/* Returns false when nothing came for a second. */
static bool take_frames(struct rings *r)
{
	struct pollfd fd = { .fd = r->fd, .events = POLLIN };
	struct tpacket2_hdr *frame;
	unsigned int n = 0;

	for (;;) {
		frame = (struct tpacket2_hdr *)(r->rx + r->rx_next * FRAME_LEN);
		if (!(__atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			break;
		take_frame(r, frame);
		__atomic_store_n(&frame->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		r->rx_next = (r->rx_next + 1) % NR_FRAMES;
		n++;
	}
	return n || poll(&fd, 1, 1000) == 1;
}

static unsigned int rings_run(void *state, unsigned int count)
{
	struct rings *r = state;
	struct echoes *e = &r->echoes;
	unsigned int good = 0, left, n, i;

	for (left = count; left; left -= n) {
		n = left < e->load->batch ? left : e->load->batch;
		echoes_next(e, n);
		for (i = 0; i < n; i++)
			put_frame(r, i);
		if (send(r->fd, NULL, 0, 0) < 0)
			die("send of a transmit ring");
		while (!echoes_done(e) && take_frames(r))
			;
		good += e->good;
	}
	return good;
}

static void rings_close(void *state)
{
	struct rings *r = state;

	munmap(r->rx, 2 * RING_LEN);
	close(r->fd);
	free(r);
}

const struct engine engine_rings = {
	"packet rings", rings_open, rings_run, rings_close, .ipv4_only = true,
};
