// SPDX-License-Identifier: GPL-2.0
/*
 * The fast path for IPv6, as fastpath4.c.
 */
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <linux/security.h>
#include <net/icmp.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

#include "icmpecho.h"

/* All but the checksum, which covers the addresses */
static void icmp6_write_header(const struct icmpecho_request *req, u8 *message)
{
	struct icmp6hdr *icmp = (struct icmp6hdr *)message;

	icmp->icmp6_type = ICMPV6_ECHO_REQUEST;
	icmp->icmp6_code = 0;
	icmp->icmp6_cksum = 0;
	icmp->icmp6_identifier = htons(req->key >> 16);
	icmp->icmp6_sequence = htons(req->key & 0xffff);
}

/* The flow that the send socket would look up */
static void icmp6_init_flow(const struct icmpecho_request *req, const struct icmpecho_echo *echo,
			    struct sock *sk, struct flowi6 *fl6)
{
	*fl6 = (struct flowi6) {
		.flowi6_oif = req->oif,
		.flowi6_mark = xmit_mark(echo, sk),
		.flowi6_proto = IPPROTO_ICMPV6,
		.flowi6_uid = sk->sk_uid,
		.flowlabel = ip6_make_flowinfo(echo->tos, 0),
		.daddr = req->dst.v6,
		.saddr = *(const struct in6_addr *)echo->src,
		.fl6_icmp_type = ICMPV6_ECHO_REQUEST,
	};
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));
}

/* The route, whose reference passes to the caller; @fl6 has its source. */
static struct dst_entry *fastpath6_route(const struct icmpecho_request *req,
					 const struct icmpecho_echo *echo,
					 struct icmpecho_payload *payload, struct sock *sk,
					 struct flowi6 *fl6)
{
	struct icmpecho_route *route = &payload->route;
	struct dst_entry *dst = route->dst;

	icmp6_init_flow(req, echo, sk, fl6);
	if (dst) {
		fl6->saddr = route->source.v6;
	} else {
		dst = ip6_dst_lookup_flow(sock_net(sk), sk, fl6, NULL);
		if (IS_ERR(dst))
			return dst;
		route->source.v6 = fl6->saddr;
		if (!payload->routed_alone)
			return dst;
		route->dst = dst;
		route->cookie = rt6_get_cookie((struct rt6_info *)dst);
		destination_cache_route(req, route);
	}
	route->dst = NULL;
	return dst;
}

/* One packet, without fragments or transformation */
static bool fastpath6_fits(const struct dst_entry *dst, bool df, size_t len)
{
	unsigned int mtu = df ? READ_ONCE(dst->dev->mtu) : dst_mtu(dst);

	return !dst->header_len && sizeof(struct ipv6hdr) + len <= mtu;
}

static void fastpath6_write_ip_header(struct sk_buff *skb, const struct icmpecho_echo *echo,
				      struct sock *sk, struct flowi6 *fl6, size_t len)
{
	struct ipv6hdr *ip = __skb_put(skb, sizeof(*ip));
	struct net *net = sock_net(sk);
	__be32 label;

	label = ip6_make_flowlabel(net, skb, fl6->flowlabel, ip6_default_np_autolabel(net), fl6);
	ip6_flow_hdr(ip, echo->tos, label);
	ip->payload_len = htons(len);
	ip->nexthdr = IPPROTO_ICMPV6;
	ip->hop_limit = echo->ttl ?: ip6_dst_hoplimit(skb_dst(skb));
	ip->saddr = fl6->saddr;
	ip->daddr = fl6->daddr;
}

static int fastpath6_write_message(struct sk_buff *skb, const struct icmpecho_request *req,
				   const struct icmpecho_payload *payload,
				   const struct flowi6 *fl6, size_t len)
{
	u8 *message = __skb_put(skb, len);
	struct icmp6hdr *icmp = (struct icmp6hdr *)message;
	__wsum sum;

	if (payload_read(payload, message + ICMPECHO_HEADER_LEN))
		return -EFAULT;
	icmp6_write_header(req, message);
	sum = csum_partial(message, len, 0);
	icmp->icmp6_cksum = csum_ipv6_magic(&fl6->saddr, &fl6->daddr, len, IPPROTO_ICMPV6, sum);
	return 0;
}

static int fastpath6_xmit(struct net *net, struct sock *sk, struct sk_buff *skb,
			  struct dst_entry *dst)
{
	struct inet6_dev *idev;
	int err;

	/* The route may be freed with the packet; RCU keeps the device. */
	rcu_read_lock();
	idev = ip6_dst_idev(dst);
	IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_OUT, skb->len);
	ICMP6MSGOUT_INC_STATS(net, idev, ICMPV6_ECHO_REQUEST);
	ICMP6_INC_STATS(net, idev, ICMP6_MIB_OUTMSGS);
	err = xmit_errno(ip6_local_out(net, sk, skb));
	if (err)
		IP6_INC_STATS(net, idev, IPSTATS_MIB_OUTDISCARDS);
	rcu_read_unlock();
	return err;
}

/* Process context, as xmit_message(). Returns 0, an errno, or 1 if it is not ordinary. */
static int fastpath6_send(struct icmpecho_request *req, const struct icmpecho_echo *echo,
			  struct icmpecho_payload *payload, struct sock *sk)
{
	size_t len = ICMPECHO_HEADER_LEN + payload->len;
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct dst_entry *dst;
	struct sk_buff *skb;
	struct flowi6 fl6;
	int err;

	if (ipv6_addr_is_multicast(&req->dst.v6))
		return 1;
	dst = fastpath6_route(req, echo, payload, sk, &fl6);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (!fastpath6_fits(dst, df, len)) {
		dst_release(dst);
		return 1;
	}
	skb = xmit_alloc(sk, dst, sizeof(struct ipv6hdr) + len);
	if (IS_ERR_OR_NULL(skb))
		return skb ? PTR_ERR(skb) : 1;
	skb->ignore_df = !df;
	skb->priority = sk->sk_priority;
	skb->mark = xmit_mark(echo, sk);
	skb_reset_network_header(skb);
	fastpath6_write_ip_header(skb, echo, sk, &fl6, len);
	skb_set_transport_header(skb, sizeof(struct ipv6hdr));
	err = fastpath6_write_message(skb, req, payload, &fl6, len);
	if (!err && !xmit_depart(req, &payload->route.source))
		err = -ECANCELED;
	if (err) {
		kfree_skb(skb);
		return err;
	}
	return fastpath6_xmit(sock_net(sk), sk, skb, dst);
}
