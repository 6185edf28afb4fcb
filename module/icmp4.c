// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4: sockets, checks, sending by a socket, and matching of answers. icmp6.c has the
 * same for IPv6, in the same order.
 */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/security.h>
#include <net/arp.h>
#include <net/checksum.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/ndisc.h>
#include <net/route.h>

#include "icmpecho.h"

static int icmp4_init_tx(struct sock *sk, bool df)
{
	/*
	 * IP_PMTUDISC_PROBE sets DF and ignores the path MTU that the kernel has cached, so
	 * each request that is too big reaches the router that says "fragmentation needed".
	 * IP_PMTUDISC_DONT leaves DF clear, so the kernel fragments packets above the MTU.
	 */
	ip_sock_set_mtu_discover(sk, df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT);
	/* Without IP_RECVERR, sendmsg() returns success when a qdisc drops the packet. */
	ip_sock_set_recverr(sk);
	return 0;
}

static int icmp4_init_rx(struct socket *sock)
{
	struct icmp_filter filter = {
		.data = (u32)~(BIT(ICMP_ECHOREPLY) | BIT(ICMP_DEST_UNREACH) |
			       BIT(ICMP_TIME_EXCEEDED) | BIT(ICMP_PARAMETERPROB)),
	};

	return READ_ONCE(sock->ops)->setsockopt(sock, SOL_RAW, ICMP_FILTER,
						KERNEL_SOCKPTR(&filter), sizeof(filter));
}

/*
 * Find the source route option (LSRR or SSRR) in packet->options. Returns NULL if there is none, or
 * if a malformed option comes first: icmp4_options_good() refuses such options later.
 */
static u8 *icmp4_find_route(struct icmpecho_packet *packet)
{
	u8 *option = packet->options;
	u8 *end = option + packet->echo.options_len;

	while (option < end && *option != IPOPT_END) {
		if (*option == IPOPT_NOOP) {
			option++;
			continue;
		}
		if (end - option < 2 || option[1] < 2 || option[1] > end - option)
			return NULL;
		if (*option == IPOPT_LSRR || *option == IPOPT_SSRR)
			return option;
		option += option[1];
	}
	return NULL;
}

/* Is @addr an IPv4 address, that is, are the 12 bytes zero that only an IPv6 address uses? */
static bool icmp4_is_address(const u8 *addr)
{
	const u32 *words = (const u32 *)addr;

	return !(words[1] | words[2] | words[3]);
}

static int icmp4_check(struct icmpecho_session *s, const struct icmpecho_echo *echo, u32 oif)
{
	__be32 dst = *(const __be32 *)echo->dst;
	__be32 src = *(const __be32 *)echo->src;

	if (!icmp4_is_address(echo->dst) || !icmp4_is_address(echo->src))
		return -EINVAL;
	if (!dst)
		return -EDESTADDRREQ;
	/* Find @src as ip_route_output_key() does: it may be on an interface in a VRF. */
	if (src && !__ip_dev_find(s->ns->net, src, false))
		return -EADDRNOTAVAIL;
	return 0;
}

/*
 * The address to look up a route for: the first one in the source route option, or req->dst if
 * there is no such option. icmp4_options_good() has accepted the options.
 */
static __be32 icmp4_first_hop(const struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	u8 *route = icmp4_find_route(packet);
	__be32 hop = req->dst.v4;

	if (route)
		memcpy(&hop, route + 3, sizeof(hop));
	return hop;
}

/* noinline keeps a large stack frame off the fast path. */
static noinline struct dst_entry *icmp4_look_up(const struct icmpecho_request *req,
						struct icmpecho_packet *packet)
{
	__be32 src = *(const __be32 *)packet->echo.src;
	__be32 to = icmp4_first_hop(req, packet);
	struct net *net = sock_net(packet->sk);
	u32 oif = req->oif;
	struct flowi4 fl4;
	struct rtable *rt;

	if (ipv4_is_multicast(to) && netif_index_is_l3_master(net, oif))
		oif = 0;
	/* FLOWI_FLAG_ANYSRC is not set: a source, if given, must be an address of this host. */
	flowi4_init_output(&fl4, oif, xmit_mark(packet), RT_TOS(packet->echo.tos),
			   RT_SCOPE_UNIVERSE, IPPROTO_ICMP, 0, to, src, 0, 0, packet->sk->sk_uid);
	fl4.fl4_icmp_type = ICMP_ECHO;
	fl4.fl4_icmp_code = 0;
	security_sk_classify_flow(packet->sk, flowi4_to_flowi_common(&fl4));
	rt = ip_route_output_flow(net, &fl4, packet->sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	packet->route.source = (union icmpecho_addr) { .v4 = fl4.saddr };
	packet->route.cookie = 0;
	return &rt->dst;
}

/* Add to @msg a control message for each value of @req that is not the send socket's default. */
static void icmp4_add_cmsgs(struct msghdr *msg, const struct icmpecho_request *req,
			    const struct icmpecho_packet *packet)
{
	const struct icmpecho_echo *echo = &packet->echo;
	struct in_pktinfo pktinfo = { .ipi_ifindex = req->oif };

	memcpy(&pktinfo.ipi_spec_dst, echo->src, 4);
	xmit_add_int(msg, SOL_IP, IP_TTL, echo->ttl);
	xmit_add_int(msg, SOL_IP, IP_TOS, echo->tos);
	if (pktinfo.ipi_ifindex || pktinfo.ipi_spec_dst.s_addr)
		xmit_add_cmsg(msg, SOL_IP, IP_PKTINFO, &pktinfo, sizeof(pktinfo));
	if (echo->options_len)
		xmit_add_cmsg(msg, SOL_IP, IP_RETOPTS, packet->options, echo->options_len);
	xmit_add_int(msg, SOL_SOCKET, SO_MARK, echo->mark);
}

/*
 * Does ip_options_compile() accept the options of @packet? This is checked before sendmsg(), which
 * returns -EINVAL for bad options, but also for other causes.
 */
static bool icmp4_options_good(struct net *net, const struct icmpecho_packet *packet)
{
	struct {
		struct ip_options opt;
		u8 data[ICMPECHO_MAX_OPTIONS];
	} copy = { };

	memcpy(copy.opt.__data, packet->options, packet->echo.options_len);
	copy.opt.optlen = packet->echo.options_len;
	return !ip_options_compile(net, &copy.opt, NULL);
}

/*
 * Remove @dst from the end of the source route option: user space may name all hops and then the
 * destination, but the kernel appends the destination itself. icmp4_options_good() has accepted the
 * options, so the source route consists of whole addresses.
 */
static void icmp4_trim_route(struct icmpecho_packet *packet, __be32 dst)
{
	u8 *route = icmp4_find_route(packet);
	u8 *last, *end = packet->options + packet->echo.options_len;

	if (!route || route[1] < 3 + 2 * sizeof(dst))
		return;
	last = route + route[1] - sizeof(dst);
	if (memcmp(last, &dst, sizeof(dst)))
		return;
	memmove(last, last + sizeof(dst), end - last - sizeof(dst));
	route[1] -= sizeof(dst);
	packet->echo.options_len -= sizeof(dst);
}

/*
 * Look up the route as sendmsg() will. This finds the source address that sendmsg() will choose
 * (packet->route.source), and whether the packet is a broadcast (req->anyone). The source is not
 * passed to sendmsg(): a routing rule may match the source and lead to another route. If routes
 * change before sendmsg() looks up its route, the packet may have another source. Its answer then
 * does not match @req, and is ignored as if it were lost. Returns 0 or an errno.
 */
static int icmp4_find_source(struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	struct icmpecho_session *s = req->session;
	struct dst_entry *dst = icmp4_look_up(req, packet);

	if (IS_ERR(dst))
		return PTR_ERR(dst);
	req->anyone = !!(container_of(dst, struct rtable, dst)->rt_flags & RTCF_BROADCAST);
	dst_release(dst);
	if (!req->anyone)
		return 0;
	/*
	 * packet->sk has no SO_BROADCAST until it is replaced below, for a caller with
	 * CAP_NET_RAW. So sendmsg() refuses the packet of another caller even if the route
	 * becomes that of a broadcast address only after this look-up.
	 */
	if (!session_is_privileged(s))
		return -EACCES;
	packet->sk = s->tx[ICMPECHO_BROADCAST][packet_has_df(packet)];
	return 0;
}

static int icmp4_write_message(struct icmpecho_request *req, struct icmpecho_packet *packet,
			       struct msghdr *msg, u8 *message)
{
	struct sockaddr_in *to = msg->msg_name;

	if (packet->echo.options_len && !icmp4_options_good(sock_net(packet->sk), packet))
		return -EBADMSG;
	icmp4_trim_route(packet, req->dst.v4);
	icmp4_write_header(req, message, packet_message_len(packet));
	icmp4_add_cmsgs(msg, req, packet);
	to->sin_family = AF_INET;
	to->sin_addr.s_addr = req->dst.v4;
	msg->msg_namelen = sizeof(*to);
	return icmp4_find_source(req, packet);
}

static struct neigh_table *icmp4_next_hop(const struct icmpecho_request *req,
					  struct icmpecho_packet *packet,
					  struct dst_entry *dst, union icmpecho_addr *hop)
{
	const struct rtable *rt = container_of(dst, struct rtable, dst);

	if (rt->rt_gw_family == AF_INET6) {
		hop->v6 = rt->rt_gw6;
		return icmpecho_neigh6_table();
	}
	hop->v4 = rt_nexthop(rt, icmp4_first_hop(req, packet));
	/*
	 * A loopback or point-to-point device has one neighbour entry for all addresses, that of
	 * INADDR_ANY. __ipv4_neigh_lookup() does the same.
	 */
	if (dst->dev->flags & (IFF_LOOPBACK | IFF_POINTOPOINT))
		hop->v4 = htonl(INADDR_ANY);
	return &arp_tbl;
}

/* noinline keeps a large stack frame off the fast path. */
static noinline enum icmpecho_verdict icmp4_parse_nonlinear(const struct sk_buff *skb, size_t len,
							    struct icmpecho_parsed *p)
{
	u8 head[ICMP4_PARSE_LEN];

	if (skb_copy_bits(skb, 0, head, len))
		return ICMPECHO_MALFORMED;
	return icmp4_parse(head, len, skb->len, p);
}

static enum icmpecho_verdict icmp4_parse_skb(const struct sk_buff *skb, struct icmpecho_parsed *p)
{
	size_t len = min_t(size_t, skb->len, ICMP4_PARSE_LEN);
	enum icmpecho_verdict verdict;

	if (len > skb_headlen(skb))
		verdict = icmp4_parse_nonlinear(skb, len, p);
	else
		verdict = icmp4_parse(skb->data, len, skb->len, p);
	p->ifindex = skb->skb_iif;
	p->options = (const u8 *)(ip_hdr(skb) + 1);
	p->options_len = p->icmp_off - sizeof(struct iphdr);
	return verdict;
}

static bool icmp4_addresses_fit(const struct icmpecho_request *req,
				const struct icmpecho_parsed *p)
{
	__be32 src = READ_ONCE(req->src.v4);

	if (!src || p->to.v4 != src)
		return false;
	/* Any host may answer a request to a multicast or a broadcast address (req->anyone). */
	if (p->type == ICMP_ECHOREPLY)
		return p->from.v4 == req->dst.v4 || ipv4_is_multicast(req->dst.v4) ||
		       req->anyone;
	if (p->quoted_src.v4 != src)
		return false;
	return req->source_routed || p->quoted_dst.v4 == req->dst.v4;
}

/* Verify the ICMP checksum: raw sockets get a packet before icmp_rcv() verifies it. */
static bool icmp4_checksum_good(struct sk_buff *skb, const struct icmpecho_parsed *p)
{
	__skb_pull(skb, p->icmp_off);
	if (skb_is_nonlinear(skb))
		return !skb_checksum_simple_validate(skb);
	return !csum_fold(csum_partial(skb->data, skb->len, 0));
}

static const struct icmpecho_family icmp4 = {
	.family		= AF_INET,
	.index		= ICMPECHO_IPV4,
	.protocol	= IPPROTO_ICMP,
	.route_tos	= IPTOS_TOS_MASK,
	.max_payload	= IP_MAX_MTU - sizeof(struct iphdr) - sizeof(struct icmphdr),
	.init_tx	= icmp4_init_tx,
	.init_rx	= icmp4_init_rx,
	.check		= icmp4_check,
	.look_up	= icmp4_look_up,
	.send_fast	= fastpath4_send,
	.write_message	= icmp4_write_message,
	.next_hop	= icmp4_next_hop,
	.parse		= icmp4_parse_skb,
	.addresses_fit	= icmp4_addresses_fit,
	.checksum_good	= icmp4_checksum_good,
};
