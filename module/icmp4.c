// SPDX-License-Identifier: GPL-2.0
/*
 * The wire, for IPv4: sockets, sending, and matching what comes back. Its twin
 * for IPv6 has the same functions in the same order.
 */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <net/checksum.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "icmpecho.h"

static int icmp4_open_tx(struct net *net, bool df, struct sock **skp)
{
	struct sock *sk;
	int err;

	/* Unhashed: a hashed one costs every received ICMP packet a copy. */
	err = inet_ctl_sock_create(&sk, AF_INET, SOCK_RAW, IPPROTO_ICMP, net);
	if (err)
		return err;

	/*
	 * PROBE sets DF and ignores the path MTU learnt before, so that the
	 * router answers each time; DONT leaves DF clear and fragments.
	 */
	ip_sock_set_mtu_discover(sk, df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT);
	/* Or a queue of this host drops packets, and the socket says that all is well. */
	ip_sock_set_recverr(sk);
	icmpecho_wire_init_tx(sk);
	*skp = sk;
	return 0;
}

static int icmp4_open_rx(struct net *net, struct socket **sockp)
{
	struct icmp_filter filter = {
		.data = (u32)~(BIT(ICMP_ECHOREPLY) | BIT(ICMP_DEST_UNREACH) |
			       BIT(ICMP_TIME_EXCEEDED) |
			       BIT(ICMP_PARAMETERPROB)),
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(net, AF_INET, SOCK_RAW, IPPROTO_ICMP, &sock);
	if (err)
		return err;

	err = READ_ONCE(sock->ops)->setsockopt(sock, SOL_RAW, ICMP_FILTER,
					       KERNEL_SOCKPTR(&filter),
					       sizeof(filter));
	if (err) {
		sock_release(sock);
		return err;
	}
	*sockp = sock;
	return 0;
}

static u32 icmp4_oif(const struct icmpecho_session *s,
		     const struct icmpecho_echo *echo)
{
	return echo->ifindex ?: s->tx[ICMPECHO_IPV4][false]->sk_bound_dev_if;
}

/*
 * The source route among the options, or NULL. As far as they can be read: what
 * cannot is refused later.
 */
static u8 *icmp4_find_route(struct icmpecho_packet *packet)
{
	u8 *option = packet->options;
	u8 *end = option + packet->options_len;

	while (option < end && *option != IPOPT_END) {
		if (*option == IPOPT_NOOP) {
			option++;
			continue;
		}
		if (end - option < 2 || option[1] < 2 ||
		    option[1] > end - option)
			return NULL;
		if (*option == IPOPT_LSRR || *option == IPOPT_SSRR)
			return option;
		option += option[1];
	}
	return NULL;
}

static bool icmp4_source_routed(struct icmpecho_packet *packet)
{
	return icmp4_find_route(packet);
}

/* Where an IPv6 address has its other bytes, there is nothing. */
static bool icmp4_is_address(const u8 *addr)
{
	const u32 *words = (const u32 *)addr;

	return !(words[1] | words[2] | words[3]);
}

static int icmp4_check(struct icmpecho_session *s,
		       const struct icmpecho_echo *echo, u32 oif)
{
	__be32 dst = *(const __be32 *)echo->dst;
	__be32 src = *(const __be32 *)echo->src;

	if (!icmp4_is_address(echo->dst) || !icmp4_is_address(echo->src) ||
	    echo->scope_id)
		return -EINVAL;
	if (!dst)
		return -EDESTADDRREQ;
	/* As the routing code asks: in a VRF, it is an address of this host, too. */
	if (src && !__ip_dev_find(s->in->net, src, false))
		return -EADDRNOTAVAIL;
	return 0;
}

/* Control messages for all that differs from the socket's defaults */
static void icmp4_put_cmsgs(struct msghdr *msg,
			    const struct icmpecho_echo *echo, u32 oif,
			    const struct icmpecho_packet *packet)
{
	struct in_pktinfo pktinfo = { .ipi_ifindex = oif };
	int ttl = echo->ttl;
	int tos = echo->tos;

	memcpy(&pktinfo.ipi_spec_dst, echo->src, 4);
	if (ttl)
		icmpecho_wire_put_cmsg(msg, SOL_IP, IP_TTL, &ttl, sizeof(ttl));
	if (tos)
		icmpecho_wire_put_cmsg(msg, SOL_IP, IP_TOS, &tos, sizeof(tos));
	if (pktinfo.ipi_ifindex || pktinfo.ipi_spec_dst.s_addr)
		icmpecho_wire_put_cmsg(msg, SOL_IP, IP_PKTINFO, &pktinfo,
				       sizeof(pktinfo));
	if (packet->options_len)
		icmpecho_wire_put_cmsg(msg, SOL_IP, IP_RETOPTS, packet->options,
				       packet->options_len);
	if (echo->mark)
		icmpecho_wire_put_cmsg(msg, SOL_SOCKET, SO_MARK, &echo->mark,
				       sizeof(echo->mark));
}

/*
 * Would the stack take these options? It says EINVAL for them and for other
 * things alike, so ask before. Apart, since its bytes on the stack are not for
 * free.
 */
static noinline bool icmp4_options_good(struct icmpecho_request *req,
					const struct icmpecho_packet *packet)
{
	struct {
		struct ip_options opt;
		u8 data[ICMPECHO_MAX_OPTIONS];
	} copy = { };

	memcpy(copy.opt.__data, packet->options, packet->options_len);
	copy.opt.optlen = packet->options_len;
	return !ip_options_compile(req->session->in->net, &copy.opt, NULL);
}

/*
 * Callers name all hops and then the destination; the stack adds the destination
 * by itself. Options are good, so a route has room for whole addresses.
 */
static void icmp4_trim_route(struct icmpecho_packet *packet, __be32 dst)
{
	u8 *route = icmp4_find_route(packet);
	u8 *last, *end = packet->options + packet->options_len;

	if (!route || route[1] < 3 + 2 * sizeof(dst))
		return;
	last = route + route[1] - sizeof(dst);
	if (memcmp(last, &dst, sizeof(dst)))
		return;
	memmove(last, last + sizeof(dst), end - last - sizeof(dst));
	route[1] -= sizeof(dst);
	packet->options_len -= sizeof(dst);
}

/**
 * icmpecho_icmp4_put_header - fill in the ICMP header
 * @req: the request
 * @message: room for it, and the payload behind
 * @len: length of both
 */
void icmpecho_icmp4_put_header(const struct icmpecho_request *req, u8 *message,
			       size_t len)
{
	struct icmphdr *icmp = (struct icmphdr *)message;

	icmp->type = ICMP_ECHO;
	icmp->code = 0;
	icmp->checksum = 0;
	icmp->un.echo.id = htons(req->key >> 16);
	icmp->un.echo.sequence = htons(req->key & 0xffff);
	icmp->checksum = csum_fold(csum_partial(message, len, 0));
}

/* The first address of a source route, or the destination; options are good. */
static __be32 icmp4_first_hop(const struct icmpecho_request *req,
			      struct icmpecho_packet *packet)
{
	u8 *route = icmp4_find_route(packet);
	__be32 hop = req->dst.v4;

	if (route)
		memcpy(&hop, route + 3, sizeof(hop));
	return hop;
}

/*
 * The source that the send socket's packet will have, and whether it will be a
 * broadcast: only the route of this very packet tells. The source is not given to
 * the socket, since rules may look at it. If routes change between here and the
 * socket's own look-up, the answer is ignored, as if it had been lost.
 */
static int icmp4_find_source(struct icmpecho_request *req,
			     const struct icmpecho_echo *echo,
			     struct icmpecho_packet *packet, struct sock *sk)
{
	__be32 to = icmp4_first_hop(req, packet);
	u32 oif = req->oif;
	struct dst_entry *dst;

	if (ipv4_is_multicast(to) && netif_index_is_l3_master(sock_net(sk), oif))
		oif = 0;
	dst = icmpecho_plain4_look_up(sk, echo, to, oif, &packet->source);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	req->anyone = !!(container_of(dst, struct rtable, dst)->rt_flags &
			 RTCF_BROADCAST);
	dst_release(dst);
	return 0;
}

/*
 * The socket to send by. One that everybody sends by sends no broadcasts, whatever
 * its packet's route has become meanwhile; so those with rights have another one.
 */
static struct sock *icmp4_choose_socket(struct icmpecho_request *req, bool df)
{
	struct icmpecho_session *s = req->session;

	if (!req->anyone)
		return s->tx[ICMPECHO_IPV4][df];
	if (!icmpecho_session_privileged(s))
		return NULL;
	return s->tx[ICMPECHO_TX_BROADCAST][df];
}

/* All that a socket can send, at its price */
static int icmp4_send_by_socket(struct icmpecho_request *req,
				const struct icmpecho_echo *echo,
				struct icmpecho_packet *packet,
				bool df)
{
	struct sock *sk = req->session->tx[ICMPECHO_IPV4][df];
	size_t len = ICMPECHO_HEADER_LEN + packet->payload_len;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = req->dst.v4,
	};
	u8 control[3 * CMSG_SPACE(sizeof(int)) +
		   CMSG_SPACE(sizeof(struct in_pktinfo)) +
		   CMSG_SPACE(ICMPECHO_MAX_OPTIONS)]
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
	icmpecho_icmp4_put_header(req, message, len);
	icmp4_put_cmsgs(&msg, echo, req->oif, packet);
	err = icmp4_find_source(req, echo, packet, sk);
	if (err)
		return err;
	sk = icmp4_choose_socket(req, df);
	if (!sk)
		return -EACCES;
	if (!icmpecho_request_depart(req, &packet->source))
		return -ECANCELED;
	return icmpecho_wire_send(sk, &msg, message, len);
}

/*
 * Process context. For a local destination the reply has come, and may even have
 * been collected, before this returns.
 */
static int icmp4_send_echo(struct icmpecho_request *req,
			   const struct icmpecho_echo *echo,
			   struct icmpecho_packet *packet)
{
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct sock *sk = req->session->tx[ICMPECHO_IPV4][df];
	int err = 1;

	if (!packet->options_len) {
		err = icmpecho_plain4_send(req, echo, packet, sk);
	} else {
		if (!icmp4_options_good(req, packet))
			return -EBADMSG;
		icmp4_trim_route(packet, req->dst.v4);
	}
	if (err > 0)
		err = icmp4_send_by_socket(req, echo, packet, df);
	if (err == -EINVAL)
		err = icmpecho_plain4_why_einval(req, echo,
						 icmp4_first_hop(req, packet), sk);
	return err;
}

static int icmp4_refusal(const struct icmpecho_request *req, int err)
{
	/* Also what a "prohibit" route says, which completes the request. */
	return err == -EACCES && req->anyone ? -EPERM : 0;
}

/* Apart, since its bytes on the stack are not for free. */
static noinline enum icmpecho_verdict
icmp4_parse_nonlinear(const struct sk_buff *skb, size_t len,
		      struct icmpecho_parsed *p)
{
	u8 head[ICMP4_PARSE_LEN];

	if (skb_copy_bits(skb, 0, head, len))
		return ICMPECHO_MALFORMED;
	return icmp4_parse(head, len, skb->len, p);
}

static enum icmpecho_verdict icmp4_parse_skb(const struct sk_buff *skb,
					     struct icmpecho_parsed *p)
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

/* Anybody may answer for a group or a whole network. */
static bool icmp4_may_answer(const struct icmpecho_request *req, __be32 from)
{
	return from == req->dst.v4 || ipv4_is_multicast(req->dst.v4) ||
	       req->anyone;
}

static bool icmp4_addresses_fit(struct icmpecho_net *in,
				const struct icmpecho_request *req,
				const struct icmpecho_parsed *p)
{
	__be32 src = READ_ONCE(req->src.v4);

	if (!src || p->to.v4 != src)
		return false;
	if (p->type == ICMP_ECHOREPLY)
		return icmp4_may_answer(req, p->from.v4);
	if (p->quoted_src.v4 != src)
		return false;
	return req->routed || p->quoted_dst.v4 == req->dst.v4;
}

/* Raw sockets get packets before icmp_rcv() looks at the checksum. */
static bool icmp4_checksum_good(struct sk_buff *skb,
				const struct icmpecho_parsed *p)
{
	__skb_pull(skb, p->icmp_off);
	if (skb_is_nonlinear(skb))
		return !skb_checksum_simple_validate(skb);
	return !csum_fold(csum_partial(skb->data, skb->len, 0));
}

const struct icmpecho_family icmpecho_icmp4 = {
	.family		= AF_INET,
	.index		= ICMPECHO_IPV4,
	.max_payload	= IP_MAX_MTU - sizeof(struct iphdr) -
			  sizeof(struct icmphdr),
	.open_tx	= icmp4_open_tx,
	.open_rx	= icmp4_open_rx,
	.oif		= icmp4_oif,
	.source_routed	= icmp4_source_routed,
	.check		= icmp4_check,
	.send		= icmp4_send_echo,
	.refusal	= icmp4_refusal,
	.parse		= icmp4_parse_skb,
	.addresses_fit	= icmp4_addresses_fit,
	.checksum_good	= icmp4_checksum_good,
};
