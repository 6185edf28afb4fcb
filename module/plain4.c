// SPDX-License-Identifier: GPL-2.0
/*
 * An ordinary echo request over IPv4: one packet, to one host, without options.
 * It goes straight to the IP layer, and is the packet that the send socket would
 * have made, at two thirds of the cost; all others are left to that socket.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/security.h>
#include <net/arp.h>
#include <net/dsfield.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ndisc.h>
#include <net/route.h>

#include "icmpecho.h"

/**
 * icmpecho_plain4_look_up - find a route as the send socket would
 * @sk: the send socket
 * @echo: the request
 * @to: where its packet goes first: its destination, or a hop
 * @oif: through which interface, or 0
 * @source: set to the source address that the packet has
 *
 * Process context. Apart, since its bytes on the stack are not for free.
 *
 * Return: the route, with a reference for the caller, or ERR_PTR().
 */
noinline struct dst_entry *
icmpecho_plain4_look_up(struct sock *sk, const struct icmpecho_echo *echo, __be32 to,
			u32 oif, union icmpecho_addr *source)
{
	__be32 src = *(const __be32 *)echo->src;
	struct flowi4 fl4;
	struct rtable *rt;

	/* No FLOWI_FLAG_ANYSRC: the source must be one of ours. */
	flowi4_init_output(&fl4, oif, icmpecho_mark(echo, sk), RT_TOS(echo->tos),
			   RT_SCOPE_UNIVERSE, IPPROTO_ICMP, 0, to, src, 0, 0,
			   sk->sk_uid);
	fl4.fl4_icmp_type = ICMP_ECHO;
	fl4.fl4_icmp_code = 0;
	security_sk_classify_flow(sk, flowi4_to_flowi_common(&fl4));
	rt = ip_route_output_flow(sock_net(sk), &fl4, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	*source = (union icmpecho_addr) { .v4 = fl4.saddr };
	return &rt->dst;
}

static struct dst_entry *plain4_route(const struct icmpecho_request *req,
				      const struct icmpecho_echo *echo,
				      struct sock *sk, union icmpecho_addr *source)
{
	/* Nothing but the destination was given: the last answer does again. */
	bool is_default = !(req->oif | icmpecho_mark(echo, sk) |
			    RT_TOS(echo->tos) | *(const u32 *)echo->src);
	struct icmpecho_route route = {
		.uid = sk->sk_uid,
		.generation = READ_ONCE(sock_net(sk)->nexthop.seq),
	};
	struct dst_entry *dst = NULL;

	if (is_default)
		dst = icmpecho_dest_route(req->session->in, &req->dst, AF_INET,
					  route.uid, route.generation, source);
	if (dst)
		return dst;
	dst = icmpecho_plain4_look_up(sk, echo, req->dst.v4, req->oif, source);
	if (!is_default || IS_ERR(dst))
		return dst;
	route.dst = dst;
	route.source = *source;
	icmpecho_dest_keep_route(req->session->in, &req->dst, &route);
	return dst;
}

/**
 * icmpecho_plain4_why_einval - sending failed with EINVAL: was there no neighbour?
 * @req: the request
 * @echo: what it was made from
 * @hop: where it goes first
 * @sk: the send socket
 *
 * Process context.
 *
 * Return: what to say instead, see icmpecho_wire_why_einval().
 */
int icmpecho_plain4_why_einval(const struct icmpecho_request *req,
			       const struct icmpecho_echo *echo, __be32 hop,
			       struct sock *sk)
{
	union icmpecho_addr source;
	struct dst_entry *dst;
	struct rtable *rt;
	int err;

	dst = icmpecho_plain4_look_up(sk, echo, hop, req->oif, &source);
	if (IS_ERR(dst))
		return -EINVAL;
	rt = container_of(dst, struct rtable, dst);
	if (rt->rt_gw_family == AF_INET6) {
		err = icmpecho_wire_why_einval(&nd_tbl, &rt->rt_gw6, dst->dev);
	} else {
		hop = rt_nexthop(rt, hop);
		/* As __ipv4_neigh_lookup() does */
		if (dst->dev->flags & (IFF_LOOPBACK | IFF_POINTOPOINT))
			hop = htonl(INADDR_ANY);
		err = icmpecho_wire_why_einval(&arp_tbl, &hop, dst->dev);
	}
	dst_release(dst);
	return err;
}

/* Is this a packet that needs no fragments, no transformation and no rights? */
static bool plain4_fits(const struct dst_entry *dst, bool df, size_t len)
{
	const struct rtable *rt = container_of(dst, struct rtable, dst);
	unsigned int mtu = df ? READ_ONCE(dst->dev->mtu) : dst_mtu(dst);

	return !(rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) &&
	       !dst->header_len && sizeof(struct iphdr) + len <= mtu;
}

/* As ip4_dst_hoplimit(), which has yet to find the namespace. */
static u8 plain4_default_ttl(const struct dst_entry *dst, const struct net *net)
{
	return dst_metric_raw(dst, RTAX_HOPLIMIT) ?:
	       READ_ONCE(net->ipv4.sysctl_ip_default_ttl);
}

static void plain4_put_ip(struct sk_buff *skb,
			  const struct icmpecho_request *req,
			  const struct icmpecho_echo *echo, __be32 source, bool df)
{
	struct iphdr *ip = ip_hdr(skb);

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = echo->tos;
	/*
	 * A user's sequence numbers of a destination repeat as seldom as this
	 * may, and are as hard to guess; to ask for another number is dear.
	 */
	ip->id = htons(df ? 0 : req->key & 0xffff);
	ip->frag_off = df ? htons(IP_DF) : 0;
	ip->ttl = echo->ttl ?: plain4_default_ttl(skb_dst(skb),
						  sock_net(skb->sk));
	ip->protocol = IPPROTO_ICMP;
	ip->saddr = source;
	ip->daddr = req->dst.v4;
}

/**
 * icmpecho_plain4_send - send an echo request, if it is an ordinary one
 * @req: the request
 * @echo: what it was made from
 * @packet: its payload; told its source
 * @sk: the send socket
 *
 * Process context; as icmpecho_wire_send().
 *
 * Return: 0, a negative errno, or 1 if it is not ordinary.
 */
int icmpecho_plain4_send(struct icmpecho_request *req,
			 const struct icmpecho_echo *echo,
			 struct icmpecho_packet *packet, struct sock *sk)
{
	size_t len = ICMPECHO_HEADER_LEN + packet->payload_len;
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct net *net = sock_net(sk);
	struct dst_entry *dst;
	struct sk_buff *skb;
	u8 *message;
	int err;

	if (!READ_ONCE(icmpecho_plain) || ipv4_is_multicast(req->dst.v4))
		return 1;
	dst = plain4_route(req, echo, sk, &packet->source);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (!plain4_fits(dst, df, len)) {
		dst_release(dst);
		return 1;
	}
	skb = icmpecho_wire_alloc(sk, dst, sizeof(struct iphdr) + len);
	if (IS_ERR_OR_NULL(skb))
		return skb ? PTR_ERR(skb) : 1;
	skb->ignore_df = !df;
	skb->priority = echo->tos ? rt_tos2priority(echo->tos) : sk->sk_priority;
	skb->mark = icmpecho_mark(echo, sk);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, sizeof(struct iphdr));
	message = __skb_put(skb, sizeof(struct iphdr) + len) + sizeof(struct iphdr);
	plain4_put_ip(skb, req, echo, packet->source.v4, df);
	if (icmpecho_packet_payload(packet, message + ICMPECHO_HEADER_LEN)) {
		kfree_skb(skb);
		return -EFAULT;
	}
	icmpecho_icmp4_put_header(req, message, len);
	if (!icmpecho_request_depart(req, &packet->source)) {
		kfree_skb(skb);
		return -ECANCELED;
	}
	ICMPMSGOUT_INC_STATS(net, ICMP_ECHO);
	ICMP_INC_STATS(net, ICMP_MIB_OUTMSGS);
	err = icmpecho_wire_sent(ip_local_out(net, sk, skb));
	if (err)
		IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
	return err;
}
