// SPDX-License-Identifier: GPL-2.0
/*
 * The fast path for IPv4. An ordinary echo request goes straight to the IP layer: one packet, to
 * one host, without IP options. But for its IP ID, the packet is the one that the send socket
 * would have made, at two thirds of the cost. All other requests are sent by the socket.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <net/dsfield.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>

#include "icmpecho.h"

static void icmp4_write_header(const struct icmpecho_request *req, u8 *message, size_t len)
{
	struct icmphdr *icmp = (struct icmphdr *)message;

	*icmp = (struct icmphdr) {
		.type = ICMP_ECHO,
		.un.echo.id = htons(req->key >> 16),
		.un.echo.sequence = htons(req->key & 0xffff),
	};
	icmp->checksum = csum_fold(csum_partial(message, len, 0));
}

static void fastpath4_write_ip_header(struct sk_buff *skb, const struct icmpecho_request *req,
				      const struct icmpecho_packet *packet)
{
	const struct icmpecho_echo *echo = &packet->echo;
	struct iphdr *ip = ip_hdr(skb);

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = echo->tos;
	/*
	 * Without DF, the IP ID is the ICMP sequence number. For one user and destination, sequence
	 * numbers repeat as seldom as the IDs of ip_select_ident(), and are as hard to guess.
	 * ip_select_ident() is expensive.
	 */
	ip->id = htons(packet_has_df(packet) ? 0 : req->key & 0xffff);
	ip->frag_off = packet_has_df(packet) ? htons(IP_DF) : 0;
	ip->ttl = echo->ttl ?: ip4_dst_hoplimit(skb_dst(skb));
	ip->protocol = IPPROTO_ICMP;
	ip->saddr = packet->route.source.v4;
	ip->daddr = req->dst.v4;
}

/*
 * Send @req by ip_local_out(), without the send socket's sendmsg(). Returns 0, an errno, or 1 if
 * xmit_by_socket() must send @req. Process context.
 */
static int fastpath4_send(struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	struct net *net = sock_net(packet->sk);
	struct dst_entry *dst;
	unsigned int rt_flags;
	struct sk_buff *skb;
	int err;

	if (ipv4_is_multicast(req->dst.v4))
		return 1;
	dst = xmit_route(req, packet);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	/* Leave broadcasts to xmit_by_socket(), since sendmsg() checks SO_BROADCAST. */
	rt_flags = container_of(dst, struct rtable, dst)->rt_flags;
	if (rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		dst_release(dst);
		return 1;
	}
	skb = xmit_alloc(packet, dst, sizeof(struct iphdr));
	if (IS_ERR_OR_NULL(skb))
		return skb ? PTR_ERR(skb) : 1;
	if (packet->echo.tos)
		skb->priority = rt_tos2priority(packet->echo.tos);
	fastpath4_write_ip_header(skb, req, packet);
	icmp4_write_header(req, skb_transport_header(skb), packet_message_len(packet));
	if (!xmit_depart(req, packet)) {
		kfree_skb(skb);
		return -ECANCELED;
	}
	ICMPMSGOUT_INC_STATS(net, ICMP_ECHO);
	ICMP_INC_STATS(net, ICMP_MIB_OUTMSGS);
	err = xmit_errno(ip_local_out(net, packet->sk, skb));
	if (err)
		IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
	return err;
}
