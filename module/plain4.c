// SPDX-License-Identifier: GPL-2.0
/*
 * An ordinary echo request over IPv4: one packet, to one host, without options.
 * It goes straight to the IP layer, and is the packet that the send socket would
 * have made, at two thirds of the cost; all others are left to that socket.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/security.h>
#include <net/dsfield.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>

#include "icmpecho.h"

static struct rtable *plain4_route(const struct icmpecho_request *req,
				   const struct icmpecho_echo *echo,
				   struct sock *sk, struct flowi4 *fl4)
{
	/* No FLOWI_FLAG_ANYSRC: the source must be one of ours. */
	flowi4_init_output(fl4, echo->ifindex, echo->mark, RT_TOS(echo->tos),
			   RT_SCOPE_UNIVERSE, IPPROTO_ICMP, 0, req->dst.v4,
			   req->src.v4, 0, 0, sk->sk_uid);
	fl4->fl4_icmp_type = ICMP_ECHO;
	fl4->fl4_icmp_code = 0;
	security_sk_classify_flow(sk, flowi4_to_flowi_common(fl4));
	return ip_route_output_flow(sock_net(sk), fl4, sk);
}

/* Is this a packet that needs no fragments, no transformation and no rights? */
static bool plain4_fits(const struct rtable *rt, bool df, size_t len)
{
	unsigned int mtu = df ? READ_ONCE(rt->dst.dev->mtu) : dst_mtu(&rt->dst);

	return !(rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) &&
	       !rt->dst.header_len && sizeof(struct iphdr) + len <= mtu;
}

static void plain4_put_ip(struct sk_buff *skb, const struct icmpecho_echo *echo,
			  const struct flowi4 *fl4, bool df, u16 id)
{
	struct iphdr *ip = __skb_put(skb, sizeof(*ip));

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = echo->tos;
	/*
	 * The sequence number of a destination repeats as late as this may, and
	 * is as hard to guess; to ask for another number is dear.
	 */
	ip->id = htons(df ? 0 : id);
	ip->frag_off = df ? htons(IP_DF) : 0;
	ip->ttl = echo->ttl ?: ip4_dst_hoplimit(skb_dst(skb));
	ip->protocol = IPPROTO_ICMP;
	ip->saddr = fl4->saddr;
	ip->daddr = fl4->daddr;
}

/**
 * icmpecho_plain4_send - send an echo request, if it is an ordinary one
 * @req: the request
 * @echo: what it was made from
 * @sk: the send socket
 * @message: the packet from its ICMP header on, complete
 * @len: length of that
 *
 * Process context; as icmpecho_wire_send().
 *
 * Return: 0, a negative errno, or 1 if it is not ordinary.
 */
int icmpecho_plain4_send(struct icmpecho_request *req,
			 const struct icmpecho_echo *echo, struct sock *sk,
			 const u8 *message, size_t len)
{
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct net *net = sock_net(sk);
	struct sk_buff *skb;
	struct flowi4 fl4;
	struct rtable *rt;
	int err;

	if (!READ_ONCE(icmpecho_plain) || ipv4_is_multicast(req->dst.v4))
		return 1;
	rt = plain4_route(req, echo, sk, &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (!plain4_fits(rt, df, len)) {
		ip_rt_put(rt);
		return 1;
	}
	skb = icmpecho_wire_alloc(sk, &rt->dst, sizeof(struct iphdr) + len);
	if (!skb)
		return -ENOBUFS;
	skb->ignore_df = !df;
	skb->priority = echo->tos ? rt_tos2priority(echo->tos) : sk->sk_priority;
	skb->mark = echo->mark;
	skb_reset_network_header(skb);
	plain4_put_ip(skb, echo, &fl4, df, req->key & 0xffff);
	skb_set_transport_header(skb, sizeof(struct iphdr));
	__skb_put_data(skb, message, len);
	ICMPMSGOUT_INC_STATS(net, ICMP_ECHO);
	ICMP_INC_STATS(net, ICMP_MIB_OUTMSGS);
	icmpecho_request_stamp(req);
	err = icmpecho_wire_sent(ip_local_out(net, sk, skb));
	if (err)
		IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
	return err;
}
