// SPDX-License-Identifier: GPL-2.0
/*
 * The fast path for IPv4: an ordinary echo request, one packet to one host without
 * options, goes straight to the IP layer. It is the packet that the send socket would
 * have made, at two thirds of the cost; the socket sends all others.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/security.h>
#include <net/dsfield.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>

#include "icmpecho.h"

static void icmp4_write_header(const struct icmpecho_request *req, u8 *message, size_t len)
{
	struct icmphdr *icmp = (struct icmphdr *)message;

	icmp->type = ICMP_ECHO;
	icmp->code = 0;
	icmp->checksum = 0;
	icmp->un.echo.id = htons(req->key >> 16);
	icmp->un.echo.sequence = htons(req->key & 0xffff);
	icmp->checksum = csum_fold(csum_partial(message, len, 0));
}

/*
 * Look up a route as the send socket would; @to is the destination or the first hop of a
 * source route. Sets the source address that the packet has. Process context. Noinline
 * keeps a large stack frame off the fast path.
 */
static noinline struct dst_entry *icmp4_look_up(struct sock *sk, const struct icmpecho_echo *echo,
						__be32 to, u32 oif, union icmpecho_addr *source)
{
	__be32 src = *(const __be32 *)echo->src;
	struct flowi4 fl4;
	struct rtable *rt;

	/* Without FLOWI_FLAG_ANYSRC: the source must be an address of this host. */
	flowi4_init_output(&fl4, oif, xmit_mark(echo, sk), RT_TOS(echo->tos), RT_SCOPE_UNIVERSE,
			   IPPROTO_ICMP, 0, to, src, 0, 0, sk->sk_uid);
	fl4.fl4_icmp_type = ICMP_ECHO;
	fl4.fl4_icmp_code = 0;
	security_sk_classify_flow(sk, flowi4_to_flowi_common(&fl4));
	rt = ip_route_output_flow(sock_net(sk), &fl4, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	*source = (union icmpecho_addr) { .v4 = fl4.saddr };
	return &rt->dst;
}

/* The route, whose reference passes to the caller; payload->route has its source. */
static struct dst_entry *fastpath4_route(const struct icmpecho_request *req,
					 const struct icmpecho_echo *echo,
					 struct icmpecho_payload *payload, struct sock *sk)
{
	struct icmpecho_route *route = &payload->route;
	struct dst_entry *dst = route->dst;

	if (!dst) {
		dst = icmp4_look_up(sk, echo, req->dst.v4, req->oif, &route->source);
		if (!payload->routed_alone || IS_ERR(dst))
			return dst;
		route->dst = dst;
		route->cookie = 0;
		destination_cache_route(req, route);
	}
	route->dst = NULL;
	return dst;
}

/* One packet, without fragments or transformation, that needs no rights */
static bool fastpath4_fits(const struct dst_entry *dst, bool df, size_t len)
{
	const struct rtable *rt = container_of(dst, struct rtable, dst);
	unsigned int mtu = df ? READ_ONCE(dst->dev->mtu) : dst_mtu(dst);

	return !(rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) &&
	       !dst->header_len && sizeof(struct iphdr) + len <= mtu;
}

/* As ip4_dst_hoplimit(), which would look up the namespace */
static u8 fastpath4_default_ttl(const struct dst_entry *dst, const struct net *net)
{
	return dst_metric_raw(dst, RTAX_HOPLIMIT) ?: READ_ONCE(net->ipv4.sysctl_ip_default_ttl);
}

static void fastpath4_write_ip_header(struct sk_buff *skb, const struct icmpecho_request *req,
				      const struct icmpecho_echo *echo, __be32 source, bool df)
{
	struct iphdr *ip = ip_hdr(skb);

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = echo->tos;
	/*
	 * A user's sequence numbers of a destination repeat as seldom as this field may,
	 * and are as hard to guess; ip_select_ident() is expensive.
	 */
	ip->id = htons(df ? 0 : req->key & 0xffff);
	ip->frag_off = df ? htons(IP_DF) : 0;
	ip->ttl = echo->ttl ?: fastpath4_default_ttl(skb_dst(skb), sock_net(skb->sk));
	ip->protocol = IPPROTO_ICMP;
	ip->saddr = source;
	ip->daddr = req->dst.v4;
}

/* Process context, as xmit_message(). Returns 0, an errno, or 1 if it is not ordinary. */
static int fastpath4_send(struct icmpecho_request *req, const struct icmpecho_echo *echo,
			  struct icmpecho_payload *payload, struct sock *sk)
{
	size_t len = ICMPECHO_HEADER_LEN + payload->len;
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct net *net = sock_net(sk);
	struct dst_entry *dst;
	struct sk_buff *skb;
	u8 *message;
	int err;

	if (ipv4_is_multicast(req->dst.v4))
		return 1;
	dst = fastpath4_route(req, echo, payload, sk);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (!fastpath4_fits(dst, df, len)) {
		dst_release(dst);
		return 1;
	}
	skb = xmit_alloc(sk, dst, sizeof(struct iphdr) + len);
	if (IS_ERR_OR_NULL(skb))
		return skb ? PTR_ERR(skb) : 1;
	skb->ignore_df = !df;
	skb->priority = echo->tos ? rt_tos2priority(echo->tos) : sk->sk_priority;
	skb->mark = xmit_mark(echo, sk);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, sizeof(struct iphdr));
	message = __skb_put(skb, sizeof(struct iphdr) + len) + sizeof(struct iphdr);
	fastpath4_write_ip_header(skb, req, echo, payload->route.source.v4, df);
	if (payload_read(payload, message + ICMPECHO_HEADER_LEN)) {
		kfree_skb(skb);
		return -EFAULT;
	}
	icmp4_write_header(req, message, len);
	if (!xmit_depart(req, &payload->route.source)) {
		kfree_skb(skb);
		return -ECANCELED;
	}
	ICMPMSGOUT_INC_STATS(net, ICMP_ECHO);
	ICMP_INC_STATS(net, ICMP_MIB_OUTMSGS);
	err = xmit_errno(ip_local_out(net, sk, skb));
	if (err)
		IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
	return err;
}
