// SPDX-License-Identifier: GPL-2.0
/*
 * An ordinary echo request over IPv6: one packet, to one host. As plain4.c.
 */
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <linux/security.h>
#include <net/icmp.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#include "icmpecho.h"

/**
 * icmpecho_plain6_flow - what the send socket would ask the routing table
 * @req: the request
 * @echo: what it was made from
 * @sk: the send socket
 * @fl6: to fill in
 */
void icmpecho_plain6_flow(const struct icmpecho_request *req,
			  const struct icmpecho_echo *echo, struct sock *sk,
			  struct flowi6 *fl6)
{
	*fl6 = (struct flowi6) {
		.flowi6_oif = req->oif,
		.flowi6_mark = icmpecho_mark(echo, sk),
		.flowi6_proto = IPPROTO_ICMPV6,
		.flowi6_uid = sk->sk_uid,
		.flowlabel = ip6_make_flowinfo(echo->tos, 0),
		.daddr = req->dst.v6,
		.saddr = *(const struct in6_addr *)echo->src,
		.fl6_icmp_type = ICMPV6_ECHO_REQUEST,
	};
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));
}

static struct dst_entry *plain6_look_up(const struct icmpecho_request *req,
					struct sock *sk, struct flowi6 *fl6,
					bool keep, u32 generation)
{
	struct icmpecho_route route = {
		.uid = sk->sk_uid,
		.generation = generation,
	};

	route.dst = ip6_dst_lookup_flow(sock_net(sk), sk, fl6, NULL);
	if (!keep || IS_ERR(route.dst))
		return route.dst;
	route.source.v6 = fl6->saddr;
	route.cookie = rt6_get_cookie((struct rt6_info *)route.dst);
	icmpecho_dest_keep_route(req->session->in, &req->dst, &route);
	return route.dst;
}

static struct dst_entry *plain6_route(const struct icmpecho_request *req,
				      const struct icmpecho_echo *echo,
				      struct sock *sk, struct flowi6 *fl6)
{
	/* Nothing but the destination was given: the last answer does again. */
	bool is_default = !(req->oif | icmpecho_mark(echo, sk) | echo->tos) &&
			  ipv6_addr_any((const struct in6_addr *)echo->src);
	/* Another address may have become the better source. Both only grow. */
	u32 generation = atomic_read(&sock_net(sk)->ipv6.dev_addr_genid) +
			 READ_ONCE(sock_net(sk)->nexthop.seq);
	struct dst_entry *dst = NULL;
	union icmpecho_addr source;

	icmpecho_plain6_flow(req, echo, sk, fl6);
	if (is_default)
		dst = icmpecho_dest_route(req->session->in, &req->dst, AF_INET6,
					  sk->sk_uid, generation, &source);
	if (!dst)
		return plain6_look_up(req, sk, fl6, is_default, generation);
	fl6->saddr = source.v6;
	return dst;
}

/**
 * icmpecho_plain6_why_einval - sending failed with EINVAL: was there no neighbour?
 * @req: the request
 * @echo: what it was made from
 * @sk: the send socket
 *
 * Process context.
 *
 * Return: what to say instead, see icmpecho_wire_why_einval().
 */
int icmpecho_plain6_why_einval(const struct icmpecho_request *req,
			       const struct icmpecho_echo *echo, struct sock *sk)
{
	struct dst_entry *dst;
	struct rt6_info *rt;
	struct flowi6 fl6;
	int err;

	icmpecho_plain6_flow(req, echo, sk, &fl6);
	dst = plain6_look_up(req, sk, &fl6, false, 0);
	if (IS_ERR(dst))
		return -EINVAL;
	rt = container_of(dst, struct rt6_info, dst);
	err = icmpecho_wire_why_einval(&nd_tbl, rt6_nexthop(rt, &fl6.daddr),
				       dst->dev);
	dst_release(dst);
	return err;
}

/* Is this a packet that needs no fragments and no transformation? */
static bool plain6_fits(const struct dst_entry *dst, bool df, size_t len)
{
	unsigned int mtu = df ? READ_ONCE(dst->dev->mtu) : dst_mtu(dst);

	return !dst->header_len && sizeof(struct ipv6hdr) + len <= mtu;
}

static void plain6_put_ip(struct sk_buff *skb, const struct icmpecho_echo *echo,
			  struct sock *sk, struct flowi6 *fl6, size_t len)
{
	struct ipv6hdr *ip = __skb_put(skb, sizeof(*ip));
	struct net *net = sock_net(sk);
	__be32 label;

	label = ip6_make_flowlabel(net, skb, fl6->flowlabel,
				   ip6_default_np_autolabel(net), fl6);
	ip6_flow_hdr(ip, echo->tos, label);
	ip->payload_len = htons(len);
	ip->nexthdr = IPPROTO_ICMPV6;
	ip->hop_limit = echo->ttl ?: ip6_dst_hoplimit(skb_dst(skb));
	ip->saddr = fl6->saddr;
	ip->daddr = fl6->daddr;
}

static int plain6_put_message(struct sk_buff *skb,
			      const struct icmpecho_request *req,
			      const struct icmpecho_packet *packet,
			      const struct flowi6 *fl6, size_t len)
{
	u8 *message = __skb_put(skb, len);
	struct icmp6hdr *icmp = (struct icmp6hdr *)message;
	__wsum sum;

	if (icmpecho_packet_payload(packet, message + ICMPECHO_HEADER_LEN))
		return -EFAULT;
	icmpecho_icmp6_put_header(req, message);
	sum = csum_partial(message, len, 0);
	icmp->icmp6_cksum = csum_ipv6_magic(&fl6->saddr, &fl6->daddr, len,
					    IPPROTO_ICMPV6, sum);
	return 0;
}

/**
 * icmpecho_plain6_send - send an echo request, if it is an ordinary one
 * @req: the request
 * @echo: what it was made from
 * @packet: its payload
 * @sk: the send socket
 *
 * Process context; as icmpecho_wire_send().
 *
 * Return: 0, a negative errno, or 1 if it is not ordinary.
 */
int icmpecho_plain6_send(struct icmpecho_request *req,
			 const struct icmpecho_echo *echo,
			 const struct icmpecho_packet *packet, struct sock *sk)
{
	size_t len = ICMPECHO_HEADER_LEN + packet->payload_len;
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct net *net = sock_net(sk);
	union icmpecho_addr source;
	struct inet6_dev *idev;
	struct dst_entry *dst;
	struct sk_buff *skb;
	struct flowi6 fl6;
	int err;

	if (!READ_ONCE(icmpecho_plain) ||
	    ipv6_addr_is_multicast(&req->dst.v6))
		return 1;
	dst = plain6_route(req, echo, sk, &fl6);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (!plain6_fits(dst, df, len)) {
		dst_release(dst);
		return 1;
	}
	skb = icmpecho_wire_alloc(sk, dst, sizeof(struct ipv6hdr) + len);
	if (IS_ERR_OR_NULL(skb))
		return skb ? PTR_ERR(skb) : 1;
	skb->ignore_df = !df;
	skb->priority = sk->sk_priority;
	skb->mark = icmpecho_mark(echo, sk);
	skb_reset_network_header(skb);
	plain6_put_ip(skb, echo, sk, &fl6, len);
	skb_set_transport_header(skb, sizeof(struct ipv6hdr));
	err = plain6_put_message(skb, req, packet, &fl6, len);
	if (err) {
		kfree_skb(skb);
		return err;
	}

	source.v6 = fl6.saddr;
	if (!icmpecho_request_depart(req, &source)) {
		kfree_skb(skb);
		return -ECANCELED;
	}
	/* The route may be gone with the packet; RCU keeps the device. */
	rcu_read_lock();
	idev = ip6_dst_idev(dst);
	IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_OUT, skb->len);
	ICMP6MSGOUT_INC_STATS(net, idev, ICMPV6_ECHO_REQUEST);
	ICMP6_INC_STATS(net, idev, ICMP6_MIB_OUTMSGS);
	err = icmpecho_wire_sent(ip6_local_out(net, sk, skb));
	if (err)
		IP6_INC_STATS(net, idev, IPSTATS_MIB_OUTDISCARDS);
	rcu_read_unlock();
	return err;
}
