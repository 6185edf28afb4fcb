// SPDX-License-Identifier: GPL-2.0
/*
 * The wire, for IPv4: sockets, sending, and matching what comes back. Its twin
 * for IPv6 has the same functions in the same order.
 */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/sizes.h>
#include <net/checksum.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/route.h>

#include "icmpecho.h"

/* What a session may have queued for its network devices */
#define TX_BUFFER	SZ_1M

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
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_sndbuf = TX_BUFFER;
	skb_queue_purge(&sk->sk_receive_queue);
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
	/* Else the arrival's interface is not there to read. */
	ip_sock_set_pktinfo(sock->sk);
	*sockp = sock;
	return 0;
}

static bool icmp4_is_broadcast(struct icmpecho_session *s,
			       const struct icmpecho_echo *echo)
{
	__be32 dst = *(const __be32 *)echo->dst;

	return inet_addr_type(s->in->net, dst) == RTN_BROADCAST;
}

/* Both the opener's rights, in s->privileged, and the caller's count. */
static bool caller_privileged(struct icmpecho_session *s)
{
	return s->privileged &&
	       ns_capable(s->in->net->user_ns, CAP_NET_RAW);
}

static int icmp4_check(struct icmpecho_session *s,
		       const struct icmpecho_echo *echo)
{
	struct net *net = s->in->net;
	__be32 dst = *(const __be32 *)echo->dst;
	__be32 src = *(const __be32 *)echo->src;

	if (memchr_inv(echo->dst + 4, 0, 12) ||
	    memchr_inv(echo->src + 4, 0, 12) || echo->scope_id)
		return -EINVAL;
	if (!dst)
		return -EDESTADDRREQ;
	if (src && inet_addr_type(net, src) != RTN_LOCAL)
		return -EADDRNOTAVAIL;
	if (echo->ifindex && !icmpecho_net_has_device(s->in, echo->ifindex))
		return -ENODEV;
	if (echo->mark && !caller_privileged(s))
		return -EPERM;
	/*
	 * The send socket of a privileged opener sends broadcasts for everybody
	 * who holds the descriptor; that of another refuses by itself.
	 */
	if (s->privileged && !caller_privileged(s) &&
	    icmp4_is_broadcast(s, echo))
		return -EPERM;
	return 0;
}

static void put_cmsg_of(struct msghdr *msg, int level, int type,
			const void *data, size_t len)
{
	struct cmsghdr *cmsg = msg->msg_control + msg->msg_controllen;

	cmsg->cmsg_len = CMSG_LEN(len);
	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	memcpy(CMSG_DATA(cmsg), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/* Control messages for all that differs from the socket's defaults */
static void icmp4_put_cmsgs(struct msghdr *msg,
			    const struct icmpecho_echo *echo)
{
	struct in_pktinfo pktinfo = { .ipi_ifindex = echo->ifindex };
	int ttl = echo->ttl;
	int tos = echo->tos;

	memcpy(&pktinfo.ipi_spec_dst, echo->src, 4);
	if (ttl)
		put_cmsg_of(msg, SOL_IP, IP_TTL, &ttl, sizeof(ttl));
	if (tos)
		put_cmsg_of(msg, SOL_IP, IP_TOS, &tos, sizeof(tos));
	if (pktinfo.ipi_ifindex || pktinfo.ipi_spec_dst.s_addr)
		put_cmsg_of(msg, SOL_IP, IP_PKTINFO, &pktinfo, sizeof(pktinfo));
	if (echo->mark)
		put_cmsg_of(msg, SOL_SOCKET, SO_MARK, &echo->mark,
			    sizeof(echo->mark));
}

static void icmp4_put_header(const struct icmpecho_request *req, u8 *packet,
			     size_t len)
{
	struct icmphdr *icmp = (struct icmphdr *)packet;

	icmp->type = ICMP_ECHO;
	icmp->code = 0;
	icmp->checksum = 0;
	icmp->un.echo.id = htons(req->key >> 16);
	icmp->un.echo.sequence = htons(req->key & 0xffff);
	icmp->checksum = ip_compute_csum(packet, len);
}

/*
 * Process context. For a local destination the reply has come, and may even have
 * been collected, before this returns.
 */
static int icmp4_send(struct icmpecho_request *req,
		      const struct icmpecho_echo *echo, u8 *packet)
{
	bool df = echo->flags & ICMPECHO_DONT_FRAGMENT;
	struct sock *sk = req->session->tx[ICMPECHO_IPV4][df];
	size_t len = ICMPECHO_HEADER_LEN + echo->payload_len;
	struct kvec iov = { .iov_base = packet, .iov_len = len };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = req->dst.v4,
	};
	u8 control[3 * CMSG_SPACE(sizeof(int)) +
		   CMSG_SPACE(sizeof(struct in_pktinfo))]
		__aligned(sizeof(size_t)) = { };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_control = control,
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	int sent;

	icmp4_put_header(req, packet, len);
	icmp4_put_cmsgs(&msg, echo);
	sent = kernel_sendmsg(sk->sk_socket, &msg, &iov, 1, len);
	if (sent < 0)
		return sent;
	return sent == len ? 0 : -EIO;
}

static int icmp4_refusal(struct icmpecho_session *s,
			 const struct icmpecho_echo *echo, int err)
{
	/* Also what a "prohibit" route says, which completes the request. */
	if (err == -EACCES && icmp4_is_broadcast(s, echo))
		return -EPERM;
	return 0;
}

/* Anybody may answer for a group or a whole network. */
static bool icmp4_one_answers(struct icmpecho_net *in, __be32 dst, __be32 from)
{
	return dst == from || ipv4_is_multicast(dst) ||
	       inet_addr_type(in->net, dst) == RTN_BROADCAST;
}

/* Does this answer come from where it must, to where it must? */
static bool icmp4_addresses_fit(struct icmpecho_net *in,
				const struct icmpecho_request *req,
				const struct icmpecho_parsed *p)
{
	if (req->src.v4 && p->to.v4 != req->src.v4)
		return false;
	if (p->type == ICMP_ECHOREPLY)
		return icmp4_one_answers(in, req->dst.v4, p->from.v4);
	return p->quoted_dst.v4 == req->dst.v4 && p->quoted_src.v4 == p->to.v4;
}

/* Raw sockets get packets before icmp_rcv() looks at the checksum. */
static bool icmp4_checksum_good(struct sk_buff *skb,
				const struct icmpecho_parsed *p)
{
	__skb_pull(skb, p->icmp_off);
	return !skb_checksum_simple_validate(skb);
}

static void icmp4_receive(struct icmpecho_net *in, struct sk_buff *skb)
{
	u32 ifindex = PKTINFO_SKB_CB(skb)->ipi_ifindex;
	struct icmpecho_request *req;
	struct icmpecho_parsed p;
	u8 head[ICMP4_PARSE_LEN];
	size_t len = min_t(size_t, skb->len, sizeof(head));

	if (skb_copy_bits(skb, 0, head, len))
		return;
	switch (icmp4_parse(head, len, skb->len, &p)) {
	case ICMPECHO_IGNORE:
		return;
	case ICMPECHO_MALFORMED:
		icmpecho_net_drop(in, ICMPECHO_DROP_MALFORMED);
		return;
	default:
		break;
	}

	req = icmpecho_table_find(in, &icmpecho_icmp4,
				  icmpecho_key(p.ident, p.seq));
	if (!req) {
		icmpecho_net_drop(in, ICMPECHO_DROP_UNMATCHED);
		return;
	}
	if (!icmp4_addresses_fit(in, req, &p))
		icmpecho_net_drop(in, ICMPECHO_DROP_ADDRESS);
	else if (!icmp4_checksum_good(skb, &p))
		icmpecho_net_drop(in, ICMPECHO_DROP_CHECKSUM);
	else if (!icmpecho_table_claim(req))
		icmpecho_net_drop(in, ICMPECHO_DROP_LATE);
	else
		icmpecho_request_answer(req, &p, skb, ifindex);
	icmpecho_request_put(req);
}

const struct icmpecho_family icmpecho_icmp4 = {
	.family		= AF_INET,
	.index		= ICMPECHO_IPV4,
	.max_payload	= IP_MAX_MTU - sizeof(struct iphdr) -
			  sizeof(struct icmphdr),
	.open_tx	= icmp4_open_tx,
	.open_rx	= icmp4_open_rx,
	.check		= icmp4_check,
	.send		= icmp4_send,
	.refusal	= icmp4_refusal,
	.receive	= icmp4_receive,
};
