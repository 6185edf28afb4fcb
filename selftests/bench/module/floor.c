// SPDX-License-Identifier: GPL-2.0
/*
 * Lower bounds: loops in the kernel that do nothing but send and count. They
 * check nothing, keep nothing and wake nobody.
 */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/raw.h>
#include <net/route.h>
#include <net/sock.h>

#include "bench_module.h"

/* How many packets to send before softirq may have been put off too long */
#define BREATH		16
#define MAX_PAYLOAD	1400

/**
 * struct run - one call of bench_floor_run()
 * @floor: what the user wants
 * @net: the caller's namespace
 * @tx: sends; not hashed, so it receives nothing
 * @rx: receives; its sk_user_data leads here
 * @answered: counted by floor_data_ready()
 * @packet: IP header, ICMP header and payload, changed for each
 */
struct run {
	struct bench_floor *floor;
	struct net *net;
	struct socket *tx;
	struct socket *rx;
	atomic_t answered;
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
		u8 payload[MAX_PAYLOAD];
	} packet;
};

/* Softirq. */
static void floor_data_ready(struct sock *sk)
{
	struct run *run = sk->sk_user_data;
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&sk->sk_receive_queue))) {
		atomic_inc(&run->answered);
		consume_skb(skb);
	}
}

static int open_tx(struct run *run)
{
	int one = 1;
	int err;

	err = sock_create_kern(run->net, PF_INET, SOCK_RAW, IPPROTO_ICMP,
			       &run->tx);
	if (err)
		return err;
	err = run->tx->ops->setsockopt(run->tx, SOL_IP, IP_HDRINCL,
				       KERNEL_SOCKPTR(&one), sizeof(one));
	run->tx->sk->sk_prot->unhash(run->tx->sk);
	return err;
}

static int open_rx(struct run *run)
{
	int err;

	err = sock_create_kern(run->net, PF_INET, SOCK_RAW, IPPROTO_ICMP,
			       &run->rx);
	if (err)
		return err;
	raw_sk(run->rx->sk)->filter.data = ~(1U << ICMP_ECHOREPLY);
	write_lock_bh(&run->rx->sk->sk_callback_lock);
	run->rx->sk->sk_user_data = run;
	run->rx->sk->sk_data_ready = floor_data_ready;
	write_unlock_bh(&run->rx->sk->sk_callback_lock);
	return 0;
}

static unsigned int packet_len(const struct run *run)
{
	return sizeof(struct iphdr) + sizeof(struct icmphdr) +
	       run->floor->payload_len;
}

static void make_packet(struct run *run)
{
	run->packet.ip = (struct iphdr) {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_ICMP,
		.saddr = run->floor->src,
		.tot_len = htons(packet_len(run)),
	};
	run->packet.icmp.type = ICMP_ECHO;
	run->packet.icmp.un.echo.id = htons(0x4242);
	memset(run->packet.payload, 0x55, sizeof(run->packet.payload));
}

/* The packet for the next destination; the kernel sums the IP header. */
static __be32 change_packet(struct run *run, u32 index)
{
	u32 n = index & (run->floor->nr_dst - 1);
	__be32 dst = htonl(ntohl(run->floor->dst) + n);
	struct icmphdr *icmp = &run->packet.icmp;

	run->packet.ip.daddr = dst;
	run->packet.ip.id = htons(1 + (index & 0x7fff));
	icmp->un.echo.sequence = htons(index);
	icmp->checksum = 0;
	icmp->checksum = ip_compute_csum(icmp, sizeof(*icmp) +
					 run->floor->payload_len);
	return dst;
}

static int send_by_socket(struct run *run, u32 index)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to) };
	struct kvec vec = { &run->packet, packet_len(run) };
	int ret;

	to.sin_addr.s_addr = change_packet(run, index);
	ret = kernel_sendmsg(run->tx, &msg, &vec, 1, vec.iov_len);
	return ret < 0 ? ret : 0;
}

static int send_own_packet(struct run *run, u32 index)
{
	__be32 dst = change_packet(run, index);
	struct flowi4 fl4 = {
		.flowi4_proto = IPPROTO_ICMP,
		.daddr = dst,
		.saddr = run->packet.ip.saddr,
	};
	struct sk_buff *skb;
	struct rtable *rt;

	rt = ip_route_output_flow(run->net, &fl4, NULL);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	skb = alloc_skb(LL_RESERVED_SPACE(rt->dst.dev) + packet_len(run),
			GFP_KERNEL);
	if (!skb) {
		ip_rt_put(rt);
		return -ENOMEM;
	}
	skb_reserve(skb, LL_RESERVED_SPACE(rt->dst.dev));
	skb_reset_network_header(skb);
	skb_put_data(skb, &run->packet, packet_len(run));
	skb_set_transport_header(skb, sizeof(struct iphdr));
	skb->protocol = htons(ETH_P_IP);
	skb_dst_set(skb, &rt->dst);
	return ip_local_out(run->net, run->tx->sk, skb);
}

static int send_all(struct run *run)
{
	bool own = run->floor->kind == BENCH_FLOOR_PACKET;
	u32 i;
	int err;

	for (i = 0; i < run->floor->count; i++) {
		err = own ? send_own_packet(run, i) : send_by_socket(run, i);
		if (err)
			return err;
		if (i % BREATH == BREATH - 1)
			cond_resched();
	}
	return 0;
}

static void wait_for_answers(struct run *run)
{
	int ms;

	for (ms = 0; ms < 100; ms++) {
		if (atomic_read(&run->answered) >= run->floor->count)
			return;
		schedule_timeout_uninterruptible(1);
	}
}

static void close_sockets(struct run *run)
{
	if (run->rx)
		sock_release(run->rx);
	if (run->tx)
		sock_release(run->tx);
	synchronize_net();
}

/**
 * bench_floor_run - send and count
 * @floor: what to send; answered is filled in
 *
 * Return: 0 or a negative errno.
 */
int bench_floor_run(struct bench_floor *floor)
{
	struct run *run;
	int err;

	if (floor->payload_len > MAX_PAYLOAD || !floor->nr_dst ||
	    floor->nr_dst & (floor->nr_dst - 1) ||
	    floor->kind > BENCH_FLOOR_PACKET)
		return -EINVAL;
	run = kzalloc(sizeof(*run), GFP_KERNEL);
	if (!run)
		return -ENOMEM;
	run->floor = floor;
	run->net = current->nsproxy->net_ns;
	err = open_tx(run);
	if (!err)
		err = open_rx(run);
	if (!err) {
		make_packet(run);
		err = send_all(run);
		wait_for_answers(run);
		floor->answered = atomic_read(&run->answered);
	}
	close_sockets(run);
	kfree(run);
	return err;
}
