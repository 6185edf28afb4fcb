// SPDX-License-Identifier: GPL-2.0
/*
 * The wire, for IPv6: sockets, sending, and matching what comes back. Its twin
 * for IPv4 has the same functions in the same order.
 */
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>

#include "icmpecho.h"

static int set_option(struct socket *sock, int level, int name, int value)
{
	return READ_ONCE(sock->ops)->setsockopt(sock, level, name,
						KERNEL_SOCKPTR(&value),
						sizeof(value));
}

static int icmp6_open_tx(struct net *net, bool df, struct sock **skp)
{
	struct sock *sk;
	int err;

	/* Unhashed: a hashed one costs every received ICMPv6 packet a copy. */
	err = inet_ctl_sock_create(&sk, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6,
				   net);
	if (err)
		return err;

	/*
	 * PROBE ignores the path MTU learnt before, so that the router answers
	 * each time; else what is too long for the path is fragmented here.
	 */
	if (df) {
		err = set_option(sk->sk_socket, SOL_IPV6, IPV6_MTU_DISCOVER,
				 IPV6_PMTUDISC_PROBE);
		if (!err)
			err = set_option(sk->sk_socket, SOL_IPV6,
					 IPV6_DONTFRAG, 1);
	}
	if (err) {
		inet_ctl_sock_destroy(sk);
		return err;
	}
	icmpecho_wire_init_tx(sk);
	*skp = sk;
	return 0;
}

static int icmp6_open_rx(struct net *net, struct socket **sockp)
{
	struct icmp6_filter filter;
	struct socket *sock;
	int err;

	err = sock_create_kern(net, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, &sock);
	if (err)
		return err;

	memset(&filter, 0xff, sizeof(filter));
	filter.data[0] = ~(u32)(BIT(ICMPV6_DEST_UNREACH) |
				BIT(ICMPV6_PKT_TOOBIG) |
				BIT(ICMPV6_TIME_EXCEED) |
				BIT(ICMPV6_PARAMPROB));
	filter.data[ICMPV6_ECHO_REPLY / 32] = ~(u32)BIT(ICMPV6_ECHO_REPLY % 32);
	err = READ_ONCE(sock->ops)->setsockopt(sock, SOL_ICMPV6, ICMPV6_FILTER,
					       KERNEL_SOCKPTR(&filter),
					       sizeof(filter));
	if (err) {
		sock_release(sock);
		return err;
	}
	*sockp = sock;
	return 0;
}

/* Means something else, or nothing, without its interface */
static bool needs_scope(const struct in6_addr *addr)
{
	return __ipv6_addr_needs_scope_id(ipv6_addr_type(addr));
}

static u32 icmp6_oif(const struct icmpecho_session *s,
		     const struct icmpecho_echo *echo)
{
	u32 oif = echo->ifindex;

	if (!oif && needs_scope((const struct in6_addr *)echo->dst))
		oif = echo->scope_id;
	return oif ?: s->tx[ICMPECHO_IPV6][false]->sk_bound_dev_if;
}

/*
 * Does the stack take this source, and this interface? Asked as a socket asks, of the
 * same function, since only that knows all it looks at: scopes, tentative and
 * anycast addresses, sysctls, and what the socket is bound to. Apart, since its
 * bytes on the stack are not for free.
 */
static noinline int icmp6_check_source(struct icmpecho_session *s,
				       const struct icmpecho_echo *echo, u32 oif)
{
	struct sock *sk = s->tx[ICMPECHO_IPV6][false];
	struct in6_pktinfo pktinfo = { .ipi6_ifindex = oif };
	u8 control[CMSG_SPACE(sizeof(pktinfo))] __aligned(sizeof(size_t)) = { };
	struct msghdr msg = { .msg_control = control };
	struct flowi6 fl6 = { .flowi6_oif = sk->sk_bound_dev_if };
	struct ipcm6_cookie ipc6;

	if (needs_scope((const struct in6_addr *)echo->dst))
		fl6.flowi6_oif = oif;
	memcpy(&pktinfo.ipi6_addr, echo->src, sizeof(pktinfo.ipi6_addr));
	icmpecho_wire_put_cmsg(&msg, SOL_IPV6, IPV6_PKTINFO, &pktinfo,
			       sizeof(pktinfo));
	ipcm6_init(&ipc6);
	return ip6_datagram_send_ctl(s->in->net, sk, &msg, &fl6, &ipc6);
}

static int icmp6_check(struct icmpecho_session *s,
		       const struct icmpecho_echo *echo, u32 oif)
{
	const struct in6_addr *dst = (const struct in6_addr *)echo->dst;
	const struct in6_addr *src = (const struct in6_addr *)echo->src;
	bool is_bound = s->tx[ICMPECHO_IPV6][false]->sk_bound_dev_if;
	int err;

	if (ipv6_addr_any(dst))
		return -EDESTADDRREQ;
	if (ipv6_addr_v4mapped(dst))
		return -EINVAL;
	if (needs_scope(dst) &&
	    (!oif || (echo->scope_id && echo->scope_id != oif)))
		return -EINVAL;
	if (ipv6_addr_any(src))
		return is_bound ? icmp6_check_source(s, echo, oif) : 0;
	if (!oif && ipv6_addr_type(src) & IPV6_ADDR_LINKLOCAL &&
	    !ipv6_addr_is_multicast(src))
		return -EINVAL;
	err = icmp6_check_source(s, echo, oif);
	return err == -EINVAL ? -EADDRNOTAVAIL : err;
}

/* Control messages for all that differs from the socket's defaults */
static void icmp6_put_cmsgs(struct msghdr *msg,
			    const struct icmpecho_echo *echo, u32 oif)
{
	struct in6_pktinfo pktinfo = { .ipi6_ifindex = oif };
	int hop_limit = echo->ttl;
	int tclass = echo->tos;

	memcpy(&pktinfo.ipi6_addr, echo->src, sizeof(pktinfo.ipi6_addr));
	if (hop_limit)
		icmpecho_wire_put_cmsg(msg, SOL_IPV6, IPV6_HOPLIMIT, &hop_limit,
				       sizeof(hop_limit));
	if (tclass)
		icmpecho_wire_put_cmsg(msg, SOL_IPV6, IPV6_TCLASS, &tclass,
				       sizeof(tclass));
	if (pktinfo.ipi6_ifindex || !ipv6_addr_any(&pktinfo.ipi6_addr))
		icmpecho_wire_put_cmsg(msg, SOL_IPV6, IPV6_PKTINFO, &pktinfo,
				       sizeof(pktinfo));
	if (echo->mark)
		icmpecho_wire_put_cmsg(msg, SOL_SOCKET, SO_MARK, &echo->mark,
				       sizeof(echo->mark));
}

/**
 * icmpecho_icmp6_put_header - fill in the ICMPv6 header, all but its checksum
 * @req: the request
 * @message: room for it
 */
void icmpecho_icmp6_put_header(const struct icmpecho_request *req, u8 *message)
{
	struct icmp6hdr *icmp = (struct icmp6hdr *)message;

	icmp->icmp6_type = ICMPV6_ECHO_REQUEST;
	icmp->icmp6_code = 0;
	/* Filled in later: it covers the addresses. */
	icmp->icmp6_cksum = 0;
	icmp->icmp6_identifier = htons(req->key >> 16);
	icmp->icmp6_sequence = htons(req->key & 0xffff);
}

/* As icmp4_find_source(). */
static int icmp6_find_source(struct icmpecho_request *req,
			     const struct icmpecho_echo *echo, struct sock *sk,
			     union icmpecho_addr *source)
{
	struct dst_entry *dst;
	struct flowi6 fl6;

	icmpecho_plain6_flow(req, echo, sk, &fl6);
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	dst_release(dst);
	source->v6 = fl6.saddr;
	return 0;
}

/* All that a socket can send, at its price */
static int icmp6_send_by_socket(struct icmpecho_request *req,
				const struct icmpecho_echo *echo,
				struct icmpecho_packet *packet,
				struct sock *sk)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_addr = req->dst.v6,
		.sin6_scope_id = req->oif,
	};
	u8 control[3 * CMSG_SPACE(sizeof(int)) +
		   CMSG_SPACE(sizeof(struct in6_pktinfo))]
		__aligned(sizeof(size_t)) = { };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_control = control,
	};
	u8 *message = icmpecho_packet_load(packet);
	int err;

	if (IS_ERR(message))
		return PTR_ERR(message);
	icmpecho_icmp6_put_header(req, message);
	icmp6_put_cmsgs(&msg, echo, req->oif);
	err = icmp6_find_source(req, echo, sk, &packet->source);
	if (err)
		return err;
	if (!icmpecho_request_depart(req, &packet->source))
		return -ECANCELED;
	return icmpecho_wire_send(sk, &msg, message,
				  ICMPECHO_HEADER_LEN + packet->payload_len);
}

/* As icmp4_send_echo(). */
static int icmp6_send_echo(struct icmpecho_request *req,
			   const struct icmpecho_echo *echo,
			   struct icmpecho_packet *packet)
{
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct sock *sk = req->session->tx[ICMPECHO_IPV6][df];
	int err;

	err = icmpecho_plain6_send(req, echo, packet, sk);
	if (err > 0)
		err = icmp6_send_by_socket(req, echo, packet, sk);
	if (err == -EINVAL)
		err = icmpecho_plain6_why_einval(req, echo, sk);
	/* No address to send from: IPv6 is switched off, and leads nowhere. */
	return err == -EADDRNOTAVAIL ? -ENETUNREACH : err;
}

static int icmp6_refusal(const struct icmpecho_request *req, int err)
{
	return 0;
}

/* Apart, since its bytes on the stack are not for free. */
static noinline enum icmpecho_verdict
icmp6_parse_nonlinear(const struct sk_buff *skb, size_t len,
		      struct icmpecho_parsed *p)
{
	u8 head[ICMP6_PARSE_LEN];

	if (skb_copy_bits(skb, 0, head, len))
		return ICMPECHO_MALFORMED;
	return icmp6_parse((const u8 *)ipv6_hdr(skb), head, len, p);
}

static enum icmpecho_verdict icmp6_parse_skb(const struct sk_buff *skb,
					     struct icmpecho_parsed *p)
{
	size_t len = min_t(size_t, skb->len, ICMP6_PARSE_LEN);
	enum icmpecho_verdict verdict;

	if (len > skb_headlen(skb))
		verdict = icmp6_parse_nonlinear(skb, len, p);
	else
		verdict = icmp6_parse((const u8 *)ipv6_hdr(skb), skb->data, len, p);
	/* The interface itself, not the VRF that it belongs to: a link has one. */
	p->ifindex = inet6_sdif(skb) ?: inet6_iif(skb);
	if (ipv6_addr_type(&p->from.v6) & IPV6_ADDR_LINKLOCAL)
		p->scope_id = p->ifindex;
	return verdict;
}

/*
 * Anybody may answer for a group, and for an anycast address (RFC 4443, 4.2). Of
 * these the subnet routers' can be told (RFC 4291, 2.6.1): its second half is zero.
 */
static bool icmp6_one_answers(const union icmpecho_addr *dst,
			      const union icmpecho_addr *from)
{
	return icmpecho_addr_equal(dst, from) || !dst->halves[1] ||
	       ipv6_addr_is_multicast(&dst->v6);
}

/* On a link-local destination's own link, too: others may have the address. */
static bool icmp6_addresses_fit(struct icmpecho_net *in,
				const struct icmpecho_request *req,
				const struct icmpecho_parsed *p)
{
	u64 high = READ_ONCE(req->src.halves[0]);
	u64 low = READ_ONCE(req->src.halves[1]);

	if (!(high | low) || p->to.halves[0] != high || p->to.halves[1] != low)
		return false;
	if (needs_scope(&req->dst.v6) && p->ifindex != req->oif)
		return false;
	if (p->type == ICMPV6_ECHO_REPLY)
		return icmp6_one_answers(&req->dst, &p->from);
	return icmpecho_addr_equal(&p->quoted_dst, &req->dst) &&
	       icmpecho_addr_equal(&p->quoted_src, &p->to);
}

const struct icmpecho_family icmpecho_icmp6 = {
	.family		= AF_INET6,
	.index		= ICMPECHO_IPV6,
	.max_payload	= IPV6_MAXPLEN - sizeof(struct icmp6hdr),
	.open_tx	= icmp6_open_tx,
	.open_rx	= icmp6_open_rx,
	.oif		= icmp6_oif,
	.check		= icmp6_check,
	.send		= icmp6_send_echo,
	.refusal	= icmp6_refusal,
	.parse		= icmp6_parse_skb,
	.addresses_fit	= icmp6_addresses_fit,
};
