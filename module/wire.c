// SPDX-License-Identifier: GPL-2.0
/*
 * The wire, in terms of both address families: what icmp4.c and icmp6.c share.
 */
#include <linux/net.h>
#include <linux/sizes.h>
#include <linux/skbuff.h>
#include <net/neighbour.h>

#include "icmpecho.h"

/* What a session may have queued for its network devices */
#define TX_BUFFER	SZ_1M

/**
 * icmpecho_wire_init_tx - finish a new send socket
 * @sk: the socket, unhashed
 */
void icmpecho_wire_init_tx(struct sock *sk)
{
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_sndbuf = TX_BUFFER;
	/* Or one allocation that fails makes it small, for good. */
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	/* Nobody reads errors here: there is no room to queue them. */
	sk->sk_rcvbuf = 0;
	/* It was hashed for a moment. */
	skb_queue_purge(&sk->sk_receive_queue);
}

/**
 * icmpecho_wire_put_cmsg - append a control message
 * @msg: the message; its msg_control has room, and is zero there
 * @level: the control message's level
 * @type: its type
 * @data: its data
 * @len: length of that
 */
void icmpecho_wire_put_cmsg(struct msghdr *msg, int level, int type,
			    const void *data, size_t len)
{
	struct cmsghdr *cmsg = msg->msg_control + msg->msg_controllen;

	cmsg->cmsg_len = CMSG_LEN(len);
	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	memcpy(CMSG_DATA(cmsg), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/**
 * icmpecho_wire_send - send an ICMP message
 * @sk: a send socket
 * @msg: destination and control messages
 * @packet: the message from its ICMP header on
 * @len: length of that
 *
 * Process context. For a local destination the reply has come, and may even have
 * been collected, before this returns.
 *
 * Return: 0 or a negative errno.
 */
int icmpecho_wire_send(struct sock *sk, struct msghdr *msg, u8 *packet,
		       size_t len)
{
	struct kvec iov = { .iov_base = packet, .iov_len = len };
	int sent;

	msg->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	sent = kernel_sendmsg(sk->sk_socket, msg, &iov, 1, len);
	if (sent < 0)
		return sent;
	return sent == len ? 0 : -EIO;
}

/*
 * From a page of the task, of which its other sends take any number of bytes: the
 * slab would give, and clear, more than a packet needs. The socket has a page,
 * too, but threads share the socket, and no lock is held here. @room is a
 * multiple of a cache line.
 */
static struct sk_buff *wire_build(struct sock *sk, size_t room)
{
	struct page_frag *frag = &current->task_frag;
	struct sk_buff *skb;

	if (refcount_read(&sk->sk_wmem_alloc) >= READ_ONCE(sk->sk_sndbuf))
		return ERR_PTR(-ENOBUFS);
	frag->offset = ALIGN(frag->offset, SMP_CACHE_BYTES);
	if (!skb_page_frag_refill(room, frag, sk->sk_allocation))
		return ERR_PTR(-ENOMEM);
	skb = build_skb(page_address(frag->page) + frag->offset, room);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	get_page(frag->page);
	frag->offset += room;
	skb_set_owner_w(skb, sk);
	return skb;
}

/**
 * icmpecho_wire_alloc - make a packet that a send socket pays for
 * @sk: the send socket
 * @dst: its route; the reference passes to the packet, or is dropped
 * @len: its length from the IP header on
 *
 * Process context.
 *
 * Return: the packet, empty; or ERR_PTR(): -ENOBUFS if the send buffer is full,
 * -ENOMEM if there is no memory; or NULL if it needs more than a page. The socket
 * makes such ones of several pages, while here it took pages in a row, which may be
 * rare.
 */
struct sk_buff *icmpecho_wire_alloc(struct sock *sk, struct dst_entry *dst,
				    size_t len)
{
	size_t headroom = LL_RESERVED_SPACE(dst->dev);
	size_t room = SKB_DATA_ALIGN(headroom + len + dst->trailer_len) +
		      SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb = NULL;

	if (room <= PAGE_SIZE)
		skb = wire_build(sk, room);
	if (IS_ERR_OR_NULL(skb)) {
		dst_release(dst);
		return skb;
	}
	skb_reserve(skb, headroom);
	skb_dst_set(skb, dst);
	return skb;
}

/**
 * icmpecho_wire_why_einval - the IP layer said EINVAL: was it the neighbour table?
 * @tbl: the table of neighbours
 * @nexthop: address of the one that the packet would have gone to
 * @dev: the device it is on
 *
 * IPv6, and IPv4 of old kernels, say that when no entry can be made, which mostly is
 * because the table is full. Process context.
 *
 * Return: -EINVAL if it was something else, -ENOBUFS if there was no room, or what
 * keeps an entry from being made.
 */
int icmpecho_wire_why_einval(struct neigh_table *tbl, const void *nexthop,
			     struct net_device *dev)
{
	struct neighbour *neigh = neigh_lookup(tbl, nexthop, dev);
	int err = -EINVAL;

	if (!neigh) {
		neigh = neigh_create(tbl, nexthop, dev);
		if (IS_ERR(neigh))
			return PTR_ERR(neigh);
		/* There is room by now. */
		err = -ENOBUFS;
	}
	neigh_release(neigh);
	return err;
}

/**
 * icmpecho_wire_sent - what became of a packet handed to the IP layer
 * @err: what that said: an errno, or a verdict of the queue it met
 *
 * Return: 0, or a negative errno; -ENOBUFS if a queue of this host dropped it.
 */
int icmpecho_wire_sent(int err)
{
	return err > 0 ? net_xmit_errno(err) : err;
}

/* Complete the request that this reply or error is about, if there is one. */
static void wire_match(struct icmpecho_net *in,
		       const struct icmpecho_family *family,
		       const struct icmpecho_parsed *p, struct sk_buff *skb)
{
	struct icmpecho_request *req;
	enum icmpecho_drop why;

	if (family->checksum_good && !family->checksum_good(skb, p)) {
		icmpecho_net_drop(in, ICMPECHO_DROP_CHECKSUM);
		return;
	}
	req = icmpecho_table_take(in, family, p, &why);
	if (!req)
		icmpecho_net_drop(in, why);
	else if (!icmpecho_request_answer(req, p, skb))
		icmpecho_net_drop(in, ICMPECHO_DROP_LATE);
}

/**
 * icmpecho_wire_receive - look at a received packet
 * @in: the namespace
 * @family: address family of the socket that received it
 * @skb: the packet; the caller frees it
 *
 * Softirq.
 */
void icmpecho_wire_receive(struct icmpecho_net *in,
			   const struct icmpecho_family *family,
			   struct sk_buff *skb)
{
	struct icmpecho_parsed p = { };

	switch (family->parse(skb, &p)) {
	case ICMPECHO_IGNORE:
		break;
	case ICMPECHO_MALFORMED:
		icmpecho_net_drop(in, ICMPECHO_DROP_MALFORMED);
		break;
	case ICMPECHO_REPLY:
	case ICMPECHO_ERROR:
		wire_match(in, family, &p, skb);
		break;
	}
}
