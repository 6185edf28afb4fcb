// SPDX-License-Identifier: GPL-2.0
/* What IPv4 and IPv6 have in common to send a packet */
#include <net/neighbour.h>

#include "icmpecho.h"

static bool fast_path = true;
module_param(fast_path, bool, 0644);
MODULE_PARM_DESC(fast_path,
		 "send ordinary requests straight to the IP layer, not through a socket: the same packets, faster (default Y)");

static u32 xmit_mark(const struct icmpecho_packet *packet)
{
	return packet->echo.mark ?: READ_ONCE(packet->sk->sk_mark);
}

/* Append a control message to msg->msg_control. The caller has zeroed it and left enough space. */
static void xmit_add_cmsg(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *cmsg = msg->msg_control + msg->msg_controllen;

	cmsg->cmsg_len = CMSG_LEN(len);
	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	memcpy(CMSG_DATA(cmsg), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/* Append a control message with @value, but none for 0: the socket's default applies. */
static void xmit_add_int(struct msghdr *msg, int level, int type, int value)
{
	if (value)
		xmit_add_cmsg(msg, level, type, &value, sizeof(value));
}

/*
 * Write the time of departure and the source address to @req, before its packet goes to the IP
 * layer. Returns false if another context has claimed @req: then the caller must not send it.
 * Called as late as possible: the sender may have slept for a page of the payload, longer than the
 * timeout, and that is not part of the round trip.
 *
 * req->src is written without a lock, before the packet leaves. A true answer arrives later, and
 * its destination is compared with the whole of req->src. An earlier one is forged, by guessing
 * the identity: its destination is compared with zero, which no address equals, or with an IPv6
 * source of which one half is still zero.
 */
static bool xmit_depart(struct icmpecho_request *req, const struct icmpecho_packet *packet)
{
	const union icmpecho_addr *source = &packet->route.source;

	if (!READ_ONCE(req->inflight))
		return false;
	WRITE_ONCE(req->src.halves[0], source->halves[0]);
	WRITE_ONCE(req->src.halves[1], source->halves[1]);
	WRITE_ONCE(req->sent, ktime_get());
	return true;
}

/*
 * Space for all control messages of an IPv4 or IPv6 packet: 3 ints, the source address and
 * interface, and IP options
 */
#define CONTROL_LEN	(3 * CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct in6_pktinfo)) + \
			 CMSG_SPACE(ICMPECHO_MAX_OPTIONS))

/*
 * Send @req by sendmsg() on packet->sk. As on the fast path, the answer of a local destination may
 * arrive, and even be reaped, before this function returns. Returns 0 or an errno, which is
 * -ECANCELED if another context has claimed @req. Process context.
 */
static int xmit_by_socket(struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	u8 control[CONTROL_LEN] __aligned(sizeof(size_t)) = { };
	struct sockaddr_storage to = { };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_control = control,
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	size_t len = packet_message_len(packet);
	struct kvec iov = { .iov_len = len };
	int err;

	iov.iov_base = payload_read_to_buffer(packet);
	if (IS_ERR(iov.iov_base))
		return PTR_ERR(iov.iov_base);
	err = packet->family->write_message(req, packet, &msg, iov.iov_base);
	if (err)
		return err;
	if (!xmit_depart(req, packet))
		return -ECANCELED;
	err = kernel_sendmsg(packet->sk->sk_socket, &msg, &iov, 1, len);
	if (err < 0)
		return err;
	return err == len ? 0 : -EIO;
}

/* noinline, so that the fast path need not save registers that only the look-up uses. */
static noinline struct dst_entry *xmit_look_up(const struct icmpecho_request *req,
					       struct icmpecho_packet *packet)
{
	struct dst_entry *dst = packet->family->look_up(req, packet);

	if (!packet->routed_alone || IS_ERR(dst))
		return dst;
	packet->route.dst = dst;
	destination_cache_route(req, &packet->route);
	packet->route.dst = NULL;
	return dst;
}

/*
 * Get the route of @packet: the cached one in packet->route.dst, or else look it up. Returns the
 * route with a reference, or ERR_PTR(). Its source address is in packet->route.source.
 */
static struct dst_entry *xmit_route(const struct icmpecho_request *req,
				    struct icmpecho_packet *packet)
{
	struct dst_entry *dst = packet->route.dst;

	packet->route.dst = NULL;
	return dst ?: xmit_look_up(req, packet);
}

/*
 * Allocate an skb of @size bytes, a multiple of a cache line, that @sk owns. The data is in
 * current->task_frag: the slab would allocate, and clear, more than a packet needs. It is not in
 * sk->sk_frag: threads share the socket, and the socket lock is not held here. Returns
 * ERR_PTR(-ENOBUFS) if the send buffer of @sk is full, or ERR_PTR(-ENOMEM).
 */
static struct sk_buff *xmit_build(struct sock *sk, size_t size)
{
	struct page_frag *frag = &current->task_frag;
	struct sk_buff *skb;

	if (refcount_read(&sk->sk_wmem_alloc) >= READ_ONCE(sk->sk_sndbuf))
		return ERR_PTR(-ENOBUFS);
	frag->offset = ALIGN(frag->offset, SMP_CACHE_BYTES);
	if (!skb_page_frag_refill(size, frag, sk->sk_allocation))
		return ERR_PTR(-ENOMEM);
	skb = build_skb(page_address(frag->page) + frag->offset, size);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	get_page(frag->page);
	frag->offset += size;
	skb_set_owner_w(skb, sk);
	return skb;
}

/*
 * Allocate an skb for @packet that packet->sk owns, and read the payload into it. The caller
 * writes the headers. The reference of @dst passes to the skb, or is dropped. Returns
 * ERR_PTR(-ENOBUFS) if the send buffer of packet->sk is full, ERR_PTR(-ENOMEM), or
 * ERR_PTR(-EFAULT). Returns NULL if xmit_by_socket() must send @packet: if it must be fragmented
 * or transformed (IPsec), or needs more than a page. sendmsg() uses several pages; here they would
 * have to be contiguous, which may be rare. Process context.
 */
static struct sk_buff *xmit_alloc(const struct icmpecho_packet *packet, struct dst_entry *dst,
				  size_t ip_len)
{
	bool df = packet_has_df(packet);
	unsigned int mtu = df ? READ_ONCE(dst->dev->mtu) : dst_mtu(dst);
	size_t len = ip_len + packet_message_len(packet);
	size_t headroom = LL_RESERVED_SPACE(dst->dev);
	size_t size = SKB_DATA_ALIGN(headroom + len + dst->trailer_len) +
		      SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb = NULL;

	if (!dst->header_len && len <= mtu && size <= PAGE_SIZE)
		skb = xmit_build(packet->sk, size);
	if (IS_ERR_OR_NULL(skb)) {
		dst_release(dst);
		return skb;
	}
	skb_reserve(skb, headroom);
	skb_dst_set(skb, dst);
	skb->ignore_df = !df;
	skb->priority = packet->sk->sk_priority;
	skb->mark = xmit_mark(packet);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, ip_len);
	__skb_put(skb, len);
	if (!payload_read(packet, skb_transport_header(skb) + ICMPECHO_HEADER_LEN))
		return skb;
	kfree_skb(skb);
	return ERR_PTR(-EFAULT);
}

/*
 * Convert what ip_local_out() or ip6_local_out() returned to 0 or an errno. A positive value is
 * the NET_XMIT_* code of a qdisc: -ENOBUFS for a drop, 0 for NET_XMIT_CN.
 */
static int xmit_errno(int err)
{
	return err > 0 ? net_xmit_errno(err) : err;
}

/*
 * Find out whether the neighbour table is why the IP layer returned EINVAL for @req. IPv6, and
 * IPv4 of old kernels, return EINVAL when they cannot create the neighbour entry of the next hop,
 * mostly because the table is full. If the entry does not exist, this function tries to create it
 * again. Returns -EINVAL if the entry exists or the route look-up fails. Returns the errno of
 * neigh_create() if that fails, or -ENOBUFS if it succeeds: the table had no space then. Process
 * context.
 */
static int xmit_explain_einval(const struct icmpecho_request *req, struct icmpecho_packet *packet)
{
	struct dst_entry *dst = packet->family->look_up(req, packet);
	union icmpecho_addr hop = req->dst;
	struct neigh_table *tbl;
	struct neighbour *neigh;
	int err = -EINVAL;

	if (IS_ERR(dst))
		return -EINVAL;
	tbl = packet->family->next_hop(req, packet, dst, &hop);
	neigh = neigh_lookup(tbl, &hop, dst->dev);
	if (!neigh) {
		neigh = neigh_create(tbl, &hop, dst->dev);
		/* If neigh_create() succeeds now, the table was full then, and has space again. */
		err = PTR_ERR_OR_ZERO(neigh) ?: -ENOBUFS;
	}
	if (!IS_ERR(neigh))
		neigh_release(neigh);
	dst_release(dst);
	return err;
}
