// SPDX-License-Identifier: GPL-2.0
/*
 * What both address families need to send.
 */
#include <linux/moduleparam.h>
#include <linux/net.h>
#include <linux/sizes.h>
#include <linux/skbuff.h>
#include <net/neighbour.h>

#include "icmpecho.h"

/* Bytes that a session may have queued in its send sockets */
#define TX_BUFFER	SZ_1M

static bool fast_path = true;
module_param(fast_path, bool, 0644);
MODULE_PARM_DESC(fast_path,
		 "send ordinary requests straight to the IP layer, not through a socket: the same packets, faster (default Y)");

/* Finish a new, unhashed send socket. */
static void xmit_init_socket(struct sock *sk)
{
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_sndbuf = TX_BUFFER;
	/* Without it, a failed allocation shrinks sk_sndbuf for good. */
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	/* Errors are not read here: leave no space to queue them. */
	sk->sk_rcvbuf = 0;
	/* The socket was hashed for a moment. */
	skb_queue_purge(&sk->sk_receive_queue);
}

static u32 xmit_mark(const struct icmpecho_echo *echo, const struct sock *sk)
{
	return echo->mark ?: READ_ONCE(sk->sk_mark);
}

/* Append a control message; msg_control has space, which is zeroed. */
static void xmit_add_cmsg(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *cmsg = msg->msg_control + msg->msg_controllen;

	cmsg->cmsg_len = CMSG_LEN(len);
	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	memcpy(CMSG_DATA(cmsg), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

static void xmit_stamp(struct icmpecho_request *req)
{
	WRITE_ONCE(req->sent, ktime_get());
}

/*
 * The request leaves now, from @source. Returns false if it has completed meanwhile, and
 * must not leave. Called as late as possible: the sender may have slept for a page longer
 * than the timeout, and that is not part of the round trip.
 *
 * The answer finds the source written, since it comes after the packet. What comes before
 * is forged: it is compared with zero, which fits nothing, or, while an IPv6 address is
 * half written, with half of it.
 */
static bool xmit_depart(struct icmpecho_request *req, const union icmpecho_addr *source)
{
	if (!READ_ONCE(req->inflight))
		return false;
	WRITE_ONCE(req->src.halves[0], source->halves[0]);
	WRITE_ONCE(req->src.halves[1], source->halves[1]);
	xmit_stamp(req);
	return true;
}

/*
 * Send an ICMP message by a socket. Process context. For a local destination the answer
 * has arrived, and may even have been collected, before this returns; so it is on the
 * fast path.
 */
static int xmit_message(struct sock *sk, struct msghdr *msg, u8 *message, size_t len)
{
	struct kvec iov = { .iov_base = message, .iov_len = len };
	int sent;

	msg->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	sent = kernel_sendmsg(sk->sk_socket, msg, &iov, 1, len);
	if (sent < 0)
		return sent;
	return sent == len ? 0 : -EIO;
}

/*
 * Build the packet in a page fragment of the task: the slab would allocate, and clear,
 * more than a packet needs. The socket has a page fragment too, but threads share the
 * socket, and no lock is held here. @size is a multiple of a cache line.
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
 * Allocate a packet of @len bytes from its IP header on, owned by a send socket. The
 * reference of its route passes to the packet, or is dropped. Returns the empty packet;
 * ERR_PTR(-ENOBUFS) if the send buffer is full; ERR_PTR(-ENOMEM); or NULL if it needs
 * more than a page: the socket makes such packets of several pages, while here it would
 * need contiguous ones, which may be rare. Process context.
 */
static struct sk_buff *xmit_alloc(struct sock *sk, struct dst_entry *dst, size_t len)
{
	size_t headroom = LL_RESERVED_SPACE(dst->dev);
	size_t size = SKB_DATA_ALIGN(headroom + len + dst->trailer_len) +
		      SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb = NULL;

	if (size <= PAGE_SIZE)
		skb = xmit_build(sk, size);
	if (IS_ERR_OR_NULL(skb)) {
		dst_release(dst);
		return skb;
	}
	skb_reserve(skb, headroom);
	skb_dst_set(skb, dst);
	return skb;
}

/*
 * The IP layer returned EINVAL: was it the neighbour table? IPv6, and IPv4 of old kernels,
 * return that when no entry can be created, mostly because the table is full. Returns
 * -EINVAL for another cause, -ENOBUFS if there was no space, or why no entry can be
 * created. Process context.
 */
static int xmit_explain_einval(struct neigh_table *tbl, const void *nexthop,
			       struct net_device *dev)
{
	struct neighbour *neigh = neigh_lookup(tbl, nexthop, dev);
	int err = -EINVAL;

	if (!neigh) {
		neigh = neigh_create(tbl, nexthop, dev);
		if (IS_ERR(neigh))
			return PTR_ERR(neigh);
		/* By now there is space. */
		err = -ENOBUFS;
	}
	neigh_release(neigh);
	return err;
}

/* What ip_local_out() returned: an errno, or the verdict of a queue that drops, -ENOBUFS */
static int xmit_errno(int err)
{
	return err > 0 ? net_xmit_errno(err) : err;
}
