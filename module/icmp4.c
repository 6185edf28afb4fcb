// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4: sockets, checks, sending by a socket, and matching of answers. icmp6.c has the
 * same functions in the same order.
 */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <net/arp.h>
#include <net/checksum.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/ndisc.h>
#include <net/route.h>

#include "icmpecho.h"

static int icmp4_open_tx(struct net *net, bool df, struct sock **skp)
{
	struct sock *sk;
	int err;

	/* Unhashed: each received ICMP packet is cloned for every hashed raw socket. */
	err = inet_ctl_sock_create(&sk, AF_INET, SOCK_RAW, IPPROTO_ICMP, net);
	if (err)
		return err;

	/*
	 * PROBE sets DF and ignores the path MTU learnt before, so that the router
	 * answers each time; DONT leaves DF clear and fragments.
	 */
	ip_sock_set_mtu_discover(sk, df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT);
	/* Without it, the socket reports success when a queue of this host drops. */
	ip_sock_set_recverr(sk);
	xmit_init_socket(sk);
	*skp = sk;
	return 0;
}

static int icmp4_open_rx(struct net *net, struct socket **sockp)
{
	struct icmp_filter filter = {
		.data = (u32)~(BIT(ICMP_ECHOREPLY) | BIT(ICMP_DEST_UNREACH) |
			       BIT(ICMP_TIME_EXCEEDED) | BIT(ICMP_PARAMETERPROB)),
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(net, AF_INET, SOCK_RAW, IPPROTO_ICMP, &sock);
	if (err)
		return err;

	err = READ_ONCE(sock->ops)->setsockopt(sock, SOL_RAW, ICMP_FILTER,
					       KERNEL_SOCKPTR(&filter), sizeof(filter));
	if (err) {
		sock_release(sock);
		return err;
	}
	*sockp = sock;
	return 0;
}

static u32 icmp4_oif(const struct icmpecho_session *s, const struct icmpecho_echo *echo)
{
	return echo->ifindex ?: s->tx[ICMPECHO_IPV4][false]->sk_bound_dev_if;
}

/*
 * The source route among the options, or NULL. Malformed options end the search; they
 * are refused later.
 */
static u8 *icmp4_find_route(struct icmpecho_payload *payload)
{
	u8 *option = payload->options;
	u8 *end = option + payload->options_len;

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

static bool icmp4_source_routed(struct icmpecho_payload *payload)
{
	return icmp4_find_route(payload);
}

/* The bytes that only an IPv6 address has are zero. */
static bool icmp4_is_address(const u8 *addr)
{
	const u32 *words = (const u32 *)addr;

	return !(words[1] | words[2] | words[3]);
}

static int icmp4_check(struct icmpecho_session *s, const struct icmpecho_echo *echo, u32 oif)
{
	__be32 dst = *(const __be32 *)echo->dst;
	__be32 src = *(const __be32 *)echo->src;

	if (!icmp4_is_address(echo->dst) || !icmp4_is_address(echo->src) || echo->scope_id)
		return -EINVAL;
	if (!dst)
		return -EDESTADDRREQ;
	/* As the routing code asks: an address in a VRF is one of this host, too. */
	if (src && !__ip_dev_find(s->ns->net, src, false))
		return -EADDRNOTAVAIL;
	return 0;
}

/* Control messages for all that differs from the socket's defaults */
static void icmp4_add_cmsgs(struct msghdr *msg, const struct icmpecho_echo *echo, u32 oif,
			    const struct icmpecho_payload *payload)
{
	struct in_pktinfo pktinfo = { .ipi_ifindex = oif };
	int ttl = echo->ttl;
	int tos = echo->tos;

	memcpy(&pktinfo.ipi_spec_dst, echo->src, 4);
	if (ttl)
		xmit_add_cmsg(msg, SOL_IP, IP_TTL, &ttl, sizeof(ttl));
	if (tos)
		xmit_add_cmsg(msg, SOL_IP, IP_TOS, &tos, sizeof(tos));
	if (pktinfo.ipi_ifindex || pktinfo.ipi_spec_dst.s_addr)
		xmit_add_cmsg(msg, SOL_IP, IP_PKTINFO, &pktinfo, sizeof(pktinfo));
	if (payload->options_len)
		xmit_add_cmsg(msg, SOL_IP, IP_RETOPTS, payload->options, payload->options_len);
	if (echo->mark)
		xmit_add_cmsg(msg, SOL_SOCKET, SO_MARK, &echo->mark, sizeof(echo->mark));
}

/*
 * Does the stack accept these options? Sending returns EINVAL for them and for other
 * causes alike, so ask before.
 */
static bool icmp4_options_good(struct icmpecho_request *req,
			       const struct icmpecho_payload *payload)
{
	struct {
		struct ip_options opt;
		u8 data[ICMPECHO_MAX_OPTIONS];
	} copy = { };

	memcpy(copy.opt.__data, payload->options, payload->options_len);
	copy.opt.optlen = payload->options_len;
	return !ip_options_compile(req->session->ns->net, &copy.opt, NULL);
}

/*
 * Callers name all hops and then the destination; the stack adds the destination by
 * itself. The options are good, so a route has space for whole addresses.
 */
static void icmp4_trim_route(struct icmpecho_payload *payload, __be32 dst)
{
	u8 *route = icmp4_find_route(payload);
	u8 *last, *end = payload->options + payload->options_len;

	if (!route || route[1] < 3 + 2 * sizeof(dst))
		return;
	last = route + route[1] - sizeof(dst);
	if (memcmp(last, &dst, sizeof(dst)))
		return;
	memmove(last, last + sizeof(dst), end - last - sizeof(dst));
	route[1] -= sizeof(dst);
	payload->options_len -= sizeof(dst);
}

/* The first address of a source route, or the destination; the options are good. */
static __be32 icmp4_first_hop(const struct icmpecho_request *req,
			      struct icmpecho_payload *payload)
{
	u8 *route = icmp4_find_route(payload);
	__be32 hop = req->dst.v4;

	if (route)
		memcpy(&hop, route + 3, sizeof(hop));
	return hop;
}

/*
 * Find the source of the send socket's packet, and whether it is a broadcast: only the
 * route of this very packet tells. The socket is not given the source, since rules may
 * match it. If routes change before the socket's own look-up, the answer is ignored, as
 * if it had been lost.
 */
static int icmp4_find_source(struct icmpecho_request *req, const struct icmpecho_echo *echo,
			     struct icmpecho_payload *payload, struct sock *sk)
{
	__be32 to = icmp4_first_hop(req, payload);
	u32 oif = req->oif;
	struct dst_entry *dst;

	if (ipv4_is_multicast(to) && netif_index_is_l3_master(sock_net(sk), oif))
		oif = 0;
	dst = icmp4_look_up(sk, echo, to, oif, &payload->route.source);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	req->anyone = !!(container_of(dst, struct rtable, dst)->rt_flags & RTCF_BROADCAST);
	dst_release(dst);
	return 0;
}

/*
 * The common send socket sends no broadcasts, whatever the route has become meanwhile; so
 * privileged sessions have another one.
 */
static struct sock *icmp4_choose_socket(struct icmpecho_request *req, bool df)
{
	struct icmpecho_session *s = req->session;

	if (!req->anyone)
		return s->tx[ICMPECHO_IPV4][df];
	if (!session_is_privileged(s))
		return NULL;
	return s->tx[ICMPECHO_TX_BROADCAST][df];
}

/* Process context, as xmit_message() */
static int icmp4_send_by_socket(struct icmpecho_request *req, const struct icmpecho_echo *echo,
				struct icmpecho_payload *payload)
{
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct sock *sk = req->session->tx[ICMPECHO_IPV4][df];
	size_t len = ICMPECHO_HEADER_LEN + payload->len;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = req->dst.v4 };
	u8 control[3 * CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct in_pktinfo)) +
		   CMSG_SPACE(ICMPECHO_MAX_OPTIONS)] __aligned(sizeof(size_t)) = { };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_control = control,
	};
	u8 *message;
	int err;

	if (payload->options_len && !icmp4_options_good(req, payload))
		return -EBADMSG;
	icmp4_trim_route(payload, req->dst.v4);
	message = payload_read_to_buffer(payload);
	if (IS_ERR(message))
		return PTR_ERR(message);
	icmp4_write_header(req, message, len);
	icmp4_add_cmsgs(&msg, echo, req->oif, payload);
	err = icmp4_find_source(req, echo, payload, sk);
	if (err)
		return err;
	sk = icmp4_choose_socket(req, df);
	if (!sk)
		return -EACCES;
	if (!xmit_depart(req, &payload->route.source))
		return -ECANCELED;
	return xmit_message(sk, &msg, message, len);
}

/* EINVAL may be a full neighbour table. Process context. */
static int icmp4_explain(struct icmpecho_request *req, const struct icmpecho_echo *echo,
			 struct icmpecho_payload *payload, int err)
{
	struct sock *sk = req->session->tx[ICMPECHO_IPV4][false];
	__be32 hop = icmp4_first_hop(req, payload);
	union icmpecho_addr source;
	struct dst_entry *dst;
	struct rtable *rt;

	if (err != -EINVAL)
		return err;
	dst = icmp4_look_up(sk, echo, hop, req->oif, &source);
	if (IS_ERR(dst))
		return -EINVAL;
	rt = container_of(dst, struct rtable, dst);
	if (rt->rt_gw_family == AF_INET6) {
		err = xmit_explain_einval(icmpecho_neigh6_table(), &rt->rt_gw6, dst->dev);
	} else {
		hop = rt_nexthop(rt, hop);
		/* As __ipv4_neigh_lookup() does */
		if (dst->dev->flags & (IFF_LOOPBACK | IFF_POINTOPOINT))
			hop = htonl(INADDR_ANY);
		err = xmit_explain_einval(&arp_tbl, &hop, dst->dev);
	}
	dst_release(dst);
	return err;
}

/* Noinline keeps a large stack frame off the fast path. */
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
	/* Any host may answer for a group or a whole network. */
	if (p->type == ICMP_ECHOREPLY)
		return p->from.v4 == req->dst.v4 || ipv4_is_multicast(req->dst.v4) ||
		       req->anyone;
	if (p->quoted_src.v4 != src)
		return false;
	return req->source_routed || p->quoted_dst.v4 == req->dst.v4;
}

/* Raw sockets get packets before icmp_rcv() validates the checksum. */
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
	.max_payload	= IP_MAX_MTU - sizeof(struct iphdr) - sizeof(struct icmphdr),
	.route_tos	= IPTOS_TOS_MASK,
	.open_tx	= icmp4_open_tx,
	.open_rx	= icmp4_open_rx,
	.oif		= icmp4_oif,
	.source_routed	= icmp4_source_routed,
	.check		= icmp4_check,
	.send_fast	= fastpath4_send,
	.send		= icmp4_send_by_socket,
	.explain	= icmp4_explain,
	.parse		= icmp4_parse_skb,
	.addresses_fit	= icmp4_addresses_fit,
	.checksum_good	= icmp4_checksum_good,
};
