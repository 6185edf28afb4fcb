// SPDX-License-Identifier: GPL-2.0
/*
 * Lower bounds: loops in the kernel that do nothing but send and count. They
 * check nothing, keep nothing and wake nobody.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
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
 * @packet: IPv4 header, ICMP header and payload, changed for each
 * @packet6: the same for IPv6
 */
struct run {
	struct bench_floor *floor;
	struct net *net;
	struct socket *tx;
	struct socket *rx;
	atomic_t answered;
	union {
		struct {
			struct iphdr ip;
			struct icmphdr icmp;
			u8 payload[MAX_PAYLOAD];
		} packet;
		struct {
			struct ipv6hdr ip;
			struct icmp6hdr icmp;
			u8 payload[MAX_PAYLOAD];
		} packet6;
	};
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

static bool is_ipv4(const struct run *run)
{
	return run->floor->family == AF_INET;
}

static int open_socket(struct run *run, struct socket **sock)
{
	return sock_create_kern(run->net, run->floor->family, SOCK_RAW,
				is_ipv4(run) ? IPPROTO_ICMP : IPPROTO_ICMPV6,
				sock);
}

static int open_tx(struct run *run)
{
	int level = is_ipv4(run) ? SOL_IP : SOL_IPV6;
	int name = is_ipv4(run) ? IP_HDRINCL : IPV6_HDRINCL;
	int one = 1;
	int err;

	err = open_socket(run, &run->tx);
	if (err)
		return err;
	err = run->tx->ops->setsockopt(run->tx, level, name,
				       KERNEL_SOCKPTR(&one), sizeof(one));
	run->tx->sk->sk_prot->unhash(run->tx->sk);
	return err;
}

static void pass_replies_only(struct run *run)
{
	struct icmp6_filter *filter;

	if (is_ipv4(run)) {
		raw_sk(run->rx->sk)->filter.data = ~(1U << ICMP_ECHOREPLY);
		return;
	}
	filter = &raw6_sk(run->rx->sk)->filter;
	memset(filter, 0xff, sizeof(*filter));
	filter->data[ICMPV6_ECHO_REPLY / 32] = ~(1U << ICMPV6_ECHO_REPLY % 32);
}

static int open_rx(struct run *run)
{
	int err;

	err = open_socket(run, &run->rx);
	if (err)
		return err;
	pass_replies_only(run);
	write_lock_bh(&run->rx->sk->sk_callback_lock);
	run->rx->sk->sk_user_data = run;
	run->rx->sk->sk_data_ready = floor_data_ready;
	write_unlock_bh(&run->rx->sk->sk_callback_lock);
	return 0;
}

static unsigned int packet_len(const struct run *run)
{
	return run->floor->payload_len +
	       (is_ipv4(run) ? sizeof(struct iphdr) + sizeof(struct icmphdr) :
			       sizeof(struct ipv6hdr) + sizeof(struct icmp6hdr));
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

static void make_packet6(struct run *run)
{
	run->packet6.ip = (struct ipv6hdr) {
		.version = 6,
		.payload_len = htons(packet_len(run) - sizeof(struct ipv6hdr)),
		.nexthdr = IPPROTO_ICMPV6,
		.hop_limit = 64,
	};
	memcpy(&run->packet6.ip.saddr, run->floor->src6, sizeof(struct in6_addr));
	memcpy(&run->packet6.ip.daddr, run->floor->dst6, sizeof(struct in6_addr));
	run->packet6.icmp.icmp6_type = ICMPV6_ECHO_REQUEST;
	run->packet6.icmp.icmp6_identifier = htons(0x4242);
	memset(run->packet6.payload, 0x55, sizeof(run->packet6.payload));
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

/* As world_address() counts: the address that is all zeroes names the router. */
static void change_packet6(struct run *run, u32 index)
{
	u32 n = index & (run->floor->nr_dst - 1);
	struct icmp6hdr *icmp = &run->packet6.icmp;
	struct ipv6hdr *ip = &run->packet6.ip;
	size_t len = sizeof(*icmp) + run->floor->payload_len;

	ip->daddr.s6_addr32[3] = htonl(1 + n);
	icmp->icmp6_sequence = htons(index);
	icmp->icmp6_cksum = 0;
	icmp->icmp6_cksum = csum_ipv6_magic(&ip->saddr, &ip->daddr, len,
					    IPPROTO_ICMPV6,
					    csum_partial(icmp, len, 0));
}

static int send_message(struct run *run, void *to, int to_len)
{
	struct msghdr msg = { .msg_name = to, .msg_namelen = to_len };
	struct kvec vec = { &run->packet, packet_len(run) };
	int ret;

	ret = kernel_sendmsg(run->tx, &msg, &vec, 1, vec.iov_len);
	return ret < 0 ? ret : 0;
}

static int send_by_socket(struct run *run, u32 index)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	to.sin_addr.s_addr = change_packet(run, index);
	return send_message(run, &to, sizeof(to));
}

static int send_by_socket6(struct run *run, u32 index)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };

	change_packet6(run, index);
	to.sin6_addr = run->packet6.ip.daddr;
	return send_message(run, &to, sizeof(to));
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
	int (*send)(struct run *run, u32 index) = send_by_socket;
	u32 i;
	int err;

	if (!is_ipv4(run))
		send = send_by_socket6;
	else if (run->floor->kind == BENCH_FLOOR_PACKET)
		send = send_own_packet;
	for (i = 0; i < run->floor->count; i++) {
		err = send(run, i);
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
	if (floor->family != AF_INET &&
	    (floor->family != AF_INET6 || floor->kind != BENCH_FLOOR_SOCKET))
		return -EAFNOSUPPORT;
	run = kzalloc(sizeof(*run), GFP_KERNEL);
	if (!run)
		return -ENOMEM;
	run->floor = floor;
	run->net = current->nsproxy->net_ns;
	err = open_tx(run);
	if (!err)
		err = open_rx(run);
	if (!err) {
		if (is_ipv4(run))
			make_packet(run);
		else
			make_packet6(run);
		err = send_all(run);
		wait_for_answers(run);
		floor->answered = atomic_read(&run->answered);
	}
	close_sockets(run);
	kfree(run);
	return err;
}
