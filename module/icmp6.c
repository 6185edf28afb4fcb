// SPDX-License-Identifier: GPL-2.0
/*
 * The IPv6 counterpart of icmp4.c: sockets, checks, sending by a socket, and matching of answers.
 * Functions that both files have are in the same order in both.
 */
#include <linux/icmpv6.h>
#include <net/addrconf.h>
#include <net/inet_common.h>
#include <net/ip6_route.h>
#include <net/ndisc.h>
#include <net/transp_v6.h>

#include "icmpecho.h"

static int set_option(struct socket *sock, int level, int name, int value)
{
	return READ_ONCE(sock->ops)->setsockopt(sock, level, name, KERNEL_SOCKPTR(&value),
						sizeof(value));
}

static int icmp6_init_tx(struct sock *sk, bool df)
{
	int err;

	if (!df)
		return 0;
	/*
	 * IPV6_PMTUDISC_PROBE ignores the path MTU that the kernel has cached. So each request
	 * that is too big reaches the router that answers "packet too big". Send sockets without
	 * @df keep the default: this host fragments their packets above the path MTU.
	 */
	err = set_option(sk->sk_socket, SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	return err ?: set_option(sk->sk_socket, SOL_IPV6, IPV6_DONTFRAG, 1);
}

static int icmp6_init_rx(struct socket *sock)
{
	struct icmp6_filter filter;

	memset(&filter, 0xff, sizeof(filter));
	filter.data[0] = ~(u32)(BIT(ICMPV6_DEST_UNREACH) | BIT(ICMPV6_PKT_TOOBIG) |
				BIT(ICMPV6_TIME_EXCEED) | BIT(ICMPV6_PARAMPROB));
	filter.data[ICMPV6_ECHO_REPLY / 32] = ~(u32)BIT(ICMPV6_ECHO_REPLY % 32);
	return READ_ONCE(sock->ops)->setsockopt(sock, SOL_ICMPV6, ICMPV6_FILTER,
						KERNEL_SOCKPTR(&filter), sizeof(filter));
}

/*
 * Check whether the kernel accepts the source address of @echo together with the interface @oif.
 * Only ip6_datagram_send_ctl(), which sendmsg() calls, knows all conditions: scopes, tentative and
 * anycast addresses, sysctls, and the interface that the socket is bound to. Returns 0 or an
 * errno. noinline keeps a large stack frame off the fast path.
 */
static noinline int icmp6_check_source(struct icmpecho_session *s,
				       const struct icmpecho_echo *echo, u32 oif)
{
	struct sock *sk = s->tx[ICMPECHO_IPV6][false];
	struct in6_pktinfo pktinfo = { .ipi6_ifindex = oif };
	u8 control[CMSG_SPACE(sizeof(pktinfo))] __aligned(sizeof(size_t)) = { };
	struct msghdr msg = { .msg_control = control };
	struct flowi6 fl6 = { .flowi6_oif = sk->sk_bound_dev_if };
	struct ipcm6_cookie ipc6 = icmpecho_ipcm6();

	if (needs_scope((const struct in6_addr *)echo->dst))
		fl6.flowi6_oif = oif;
	memcpy(&pktinfo.ipi6_addr, echo->src, sizeof(pktinfo.ipi6_addr));
	xmit_add_cmsg(&msg, SOL_IPV6, IPV6_PKTINFO, &pktinfo, sizeof(pktinfo));
	return ip6_datagram_send_ctl(s->ns->net, sk, &msg, &fl6, &ipc6);
}

static int icmp6_check(struct icmpecho_session *s, const struct icmpecho_echo *echo, u32 oif)
{
	const struct in6_addr *dst = (const struct in6_addr *)echo->dst;
	const struct in6_addr *src = (const struct in6_addr *)echo->src;
	bool is_bound = s->tx[ICMPECHO_IPV6][false]->sk_bound_dev_if;
	int err;

	if (ipv6_addr_any(dst))
		return -EDESTADDRREQ;
	if (ipv6_addr_v4mapped(dst))
		return -EINVAL;
	if (needs_scope(dst) && (!oif || (echo->scope_id && echo->scope_id != oif)))
		return -EINVAL;
	if (ipv6_addr_any(src))
		return is_bound ? icmp6_check_source(s, echo, oif) : 0;
	if (!oif && ipv6_addr_type(src) & IPV6_ADDR_LINKLOCAL && !ipv6_addr_is_multicast(src))
		return -EINVAL;
	err = icmp6_check_source(s, echo, oif);
	return err == -EINVAL ? -EADDRNOTAVAIL : err;
}

static struct dst_entry *icmp6_look_up(const struct icmpecho_request *req,
				       struct icmpecho_packet *packet)
{
	struct dst_entry *dst;
	struct flowi6 fl6;

	icmp6_init_flow(req, packet, &fl6);
	dst = ip6_dst_lookup_flow(sock_net(packet->sk), packet->sk, &fl6, NULL);
	/* No source address, for example where disable_ipv6 is set: report "no route". */
	if (dst == ERR_PTR(-EADDRNOTAVAIL))
		return ERR_PTR(-ENETUNREACH);
	if (IS_ERR(dst))
		return dst;
	packet->route.source.v6 = fl6.saddr;
	packet->route.cookie = rt6_get_cookie((struct rt6_info *)dst);
	return dst;
}

static int icmp6_write_message(struct icmpecho_request *req, struct icmpecho_packet *packet,
			       struct msghdr *msg, u8 *message)
{
	const struct icmpecho_echo *echo = &packet->echo;
	struct in6_pktinfo pktinfo = { .ipi6_ifindex = req->oif };
	struct sockaddr_in6 *to = msg->msg_name;
	struct dst_entry *dst;

	icmp6_write_header(req, message);
	/* Add a control message for each value that differs from the send socket's default. */
	memcpy(&pktinfo.ipi6_addr, echo->src, sizeof(pktinfo.ipi6_addr));
	xmit_add_int(msg, SOL_IPV6, IPV6_HOPLIMIT, echo->ttl);
	xmit_add_int(msg, SOL_IPV6, IPV6_TCLASS, echo->tos);
	if (pktinfo.ipi6_ifindex || !ipv6_addr_any(&pktinfo.ipi6_addr))
		xmit_add_cmsg(msg, SOL_IPV6, IPV6_PKTINFO, &pktinfo, sizeof(pktinfo));
	xmit_add_int(msg, SOL_SOCKET, SO_MARK, echo->mark);
	to->sin6_family = AF_INET6;
	to->sin6_addr = req->dst.v6;
	to->sin6_scope_id = req->oif;
	msg->msg_namelen = sizeof(*to);

	/*
	 * As in icmp4_find_source(), look up the route only for its source address, which goes to
	 * packet->route. sendmsg() looks up a route of its own.
	 */
	dst = icmp6_look_up(req, packet);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	dst_release(dst);
	return 0;
}

static struct neigh_table *icmp6_next_hop(const struct icmpecho_request *req,
					  struct icmpecho_packet *packet,
					  struct dst_entry *dst, union icmpecho_addr *hop)
{
	hop->v6 = *rt6_nexthop((struct rt6_info *)dst, &hop->v6);
	return &nd_tbl;
}

/* noinline keeps a large stack frame off the fast path. */
static noinline enum icmpecho_verdict icmp6_parse_nonlinear(const struct sk_buff *skb, size_t len,
							    struct icmpecho_parsed *p)
{
	u8 head[ICMP6_PARSE_LEN];

	if (skb_copy_bits(skb, 0, head, len))
		return ICMPECHO_MALFORMED;
	return icmp6_parse((const u8 *)ipv6_hdr(skb), head, len, p);
}

static enum icmpecho_verdict icmp6_parse_skb(const struct sk_buff *skb, struct icmpecho_parsed *p)
{
	size_t len = min_t(size_t, skb->len, ICMP6_PARSE_LEN);
	enum icmpecho_verdict verdict;

	if (len > skb_headlen(skb))
		verdict = icmp6_parse_nonlinear(skb, len, p);
	else
		verdict = icmp6_parse((const u8 *)ipv6_hdr(skb), skb->data, len, p);
	/* The interface that received the packet, not the VRF device to which it belongs */
	p->ifindex = inet6_sdif(skb) ?: inet6_iif(skb);
	if (ipv6_addr_type(&p->from.v6) & IPV6_ADDR_LINKLOCAL)
		p->scope_id = p->ifindex;
	return verdict;
}

/*
 * May a reply to a request for @dst come from @from? Any host may answer a multicast or an anycast
 * address (RFC 4443, 4.2). Only the Subnet-Router anycast address can be recognized: its last 64
 * bits are zero (RFC 4291, 2.6.1).
 */
static bool icmp6_may_answer(const union icmpecho_addr *dst, const union icmpecho_addr *from)
{
	return addr_equal(dst, from) || !dst->halves[1] || ipv6_addr_is_multicast(&dst->v6);
}

/*
 * Do the addresses of @p fit @req? @p must be for the source of @req, and come from a host that
 * may reply or, if @p is an error, quote the addresses of @req. If the destination of @req needs a
 * scope, @p must arrive on req->oif: other links may have the same address.
 */
static bool icmp6_addresses_fit(const struct icmpecho_request *req,
				const struct icmpecho_parsed *p)
{
	u64 high = READ_ONCE(req->src.halves[0]);
	u64 low = READ_ONCE(req->src.halves[1]);

	if (!(high | low) || p->to.halves[0] != high || p->to.halves[1] != low)
		return false;
	if (needs_scope(&req->dst.v6) && p->ifindex != req->oif)
		return false;
	if (p->type == ICMPV6_ECHO_REPLY)
		return icmp6_may_answer(&req->dst, &p->from);
	return addr_equal(&p->quoted_dst, &req->dst) && addr_equal(&p->quoted_src, &p->to);
}

static const struct icmpecho_family icmp6 = {
	.family		= AF_INET6,
	.index		= ICMPECHO_IPV6,
	.protocol	= IPPROTO_ICMPV6,
	.route_tos	= U8_MAX,
	.max_payload	= IPV6_MAXPLEN - sizeof(struct icmp6hdr),
	.init_tx	= icmp6_init_tx,
	.init_rx	= icmp6_init_rx,
	.check		= icmp6_check,
	.look_up	= icmp6_look_up,
	.send_fast	= fastpath6_send,
	.write_message	= icmp6_write_message,
	.next_hop	= icmp6_next_hop,
	.parse		= icmp6_parse_skb,
	.addresses_fit	= icmp6_addresses_fit,
};
