// SPDX-License-Identifier: GPL-2.0
/* The fast path for IPv6; fastpath4.c says what it is. */
#include <linux/icmpv6.h>
#include <linux/security.h>
#include <net/icmp.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>

#include "icmpecho.h"

/*
 * Write the ICMPv6 header to @message, without the checksum. The checksum also covers the IPv6
 * addresses, so it is computed later, when the source address is known.
 */
static void icmp6_write_header(const struct icmpecho_request *req, u8 *message)
{
	*(struct icmp6hdr *)message = (struct icmp6hdr) {
		.icmp6_type = ICMPV6_ECHO_REQUEST,
		.icmp6_identifier = htons(req->key >> 16),
		.icmp6_sequence = htons(req->key & 0xffff),
	};
}

/* Fill in @fl6 as sendmsg() on the send socket does, so that a look-up finds the same route. */
static void icmp6_init_flow(const struct icmpecho_request *req,
			    const struct icmpecho_packet *packet, struct flowi6 *fl6)
{
	const struct icmpecho_echo *echo = &packet->echo;

	*fl6 = (struct flowi6) {
		.flowi6_oif = req->oif,
		.flowi6_mark = xmit_mark(packet),
		.flowi6_proto = IPPROTO_ICMPV6,
		.flowi6_uid = packet->sk->sk_uid,
		.flowlabel = ip6_make_flowinfo(echo->tos, 0),
		.daddr = req->dst.v6,
		.saddr = *(const struct in6_addr *)echo->src,
		.fl6_icmp_type = ICMPV6_ECHO_REQUEST,
	};
	security_sk_classify_flow(packet->sk, flowi6_to_flowi_common(fl6));
}

static void fastpath6_write_headers(struct sk_buff *skb, const struct icmpecho_request *req,
				    const struct icmpecho_packet *packet)
{
	size_t len = packet_message_len(packet);
	struct net *net = sock_net(packet->sk);
	struct ipv6hdr *ip = ipv6_hdr(skb);
	struct flowi6 fl6;
	__be32 label;

	icmp6_init_flow(req, packet, &fl6);
	fl6.saddr = packet->route.source.v6;
	label = ip6_make_flowlabel(net, skb, fl6.flowlabel, ip6_default_np_autolabel(net), &fl6);
	ip6_flow_hdr(ip, packet->echo.tos, label);
	ip->payload_len = htons(len);
	ip->nexthdr = IPPROTO_ICMPV6;
	ip->hop_limit = packet->echo.ttl ?: ip6_dst_hoplimit(skb_dst(skb));
	ip->saddr = fl6.saddr;
	ip->daddr = fl6.daddr;

	icmp6_write_header(req, skb_transport_header(skb));
	icmp6_hdr(skb)->icmp6_cksum = csum_ipv6_magic(&ip->saddr, &ip->daddr, len, IPPROTO_ICMPV6,
						      csum_partial(icmp6_hdr(skb), len, 0));
}

/*
 * Send @req straight to the IP layer, not through the send socket. Returns 0, an errno, or 1 if
 * xmit_by_socket() must send @req. Process context.
 */
static int fastpath6_send(struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	struct net *net = sock_net(packet->sk);
	struct inet6_dev *idev;
	struct dst_entry *dst;
	struct sk_buff *skb;
	int err;

	if (ipv6_addr_is_multicast(&req->dst.v6))
		return 1;
	dst = xmit_route(req, packet);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	skb = xmit_alloc(packet, dst, sizeof(struct ipv6hdr));
	if (IS_ERR_OR_NULL(skb))
		return skb ? PTR_ERR(skb) : 1;
	fastpath6_write_headers(skb, req, packet);
	if (!xmit_depart(req, packet)) {
		kfree_skb(skb);
		return -ECANCELED;
	}
	/*
	 * ip6_local_out() may free the packet and its route. idev is used after that, and RCU
	 * keeps it.
	 */
	rcu_read_lock();
	idev = ip6_dst_idev(dst);
	icmpecho_count_out6(net, idev, skb->len);
	ICMP6MSGOUT_INC_STATS(net, idev, ICMPV6_ECHO_REQUEST);
	ICMP6_INC_STATS(net, idev, ICMP6_MIB_OUTMSGS);
	err = xmit_errno(ip6_local_out(net, packet->sk, skb));
	if (err)
		IP6_INC_STATS(net, idev, IPSTATS_MIB_OUTDISCARDS);
	rcu_read_unlock();
	return err;
}
