// SPDX-License-Identifier: GPL-2.0
/*
 * A request's life, from its creation to its one completion. Reply, ICMP error,
 * timeout, cancel, close and failed send race for it: whoever claims it in the
 * table fills in the answer and calls request_complete().
 */
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "icmpecho.h"
#include "trace.h"

static struct kmem_cache *request_cache;

/* Memory that a request is charged with */
static size_t request_bytes(u32 capacity)
{
	size_t bytes = sizeof(struct icmpecho_request);

	return capacity > ICMPECHO_INLINE_REPLY ? bytes + capacity : bytes;
}

static void request_free(struct icmpecho_request *req)
{
	if (req->room != req->inline_room)
		kvfree(req->room);
	if (req->eventfd)
		eventfd_ctx_put(req->eventfd);
	kmem_cache_free(request_cache, req);
}

static struct icmpecho_request *request_alloc(u32 capacity)
{
	struct icmpecho_request *req;

	req = kmem_cache_zalloc(request_cache, GFP_KERNEL);
	if (!req)
		return NULL;
	req->room = req->inline_room;
	if (capacity > ICMPECHO_INLINE_REPLY)
		req->room = kvmalloc(capacity, GFP_KERNEL_ACCOUNT);
	if (!req->room) {
		kmem_cache_free(request_cache, req);
		return NULL;
	}
	req->capacity = capacity;
	return req;
}

/**
 * icmpecho_request_create - make a request, and have the session admit it
 * @s: the session
 * @echo: what to send, already checked
 * @family: its address family
 * @eventfd: to signal at completion, or NULL; taken over on success
 * @sync: sent by SEND, not by SUBMIT
 *
 * All memory that the request will ever need is allocated here. Process context.
 *
 * Return: the request with a reference for the table and one for the caller, or
 * ERR_PTR().
 */
struct icmpecho_request *
icmpecho_request_create(struct icmpecho_session *s,
			const struct icmpecho_echo *echo,
			const struct icmpecho_family *family,
			struct eventfd_ctx *eventfd, bool sync)
{
	struct icmpecho_request *req;
	int err;

	err = icmpecho_session_charge(s, request_bytes(echo->reply_capacity));
	if (err)
		return ERR_PTR(err);

	err = -ENOMEM;
	req = request_alloc(echo->reply_capacity);
	if (!req)
		goto err_uncharge;

	refcount_set(&req->ref, 2);
	req->session = s;
	req->family = family;
	req->sync = sync;
	req->quote = echo->flags & ICMPECHO_QUOTE;
	req->user_data = echo->user_data;
	memcpy(&req->dst, echo->dst, sizeof(req->dst));
	memcpy(&req->src, echo->src, sizeof(req->src));

	err = icmpecho_session_admit(s, req);
	if (err)
		goto err_free;
	req->eventfd = eventfd;
	return req;

err_free:
	request_free(req);
err_uncharge:
	icmpecho_session_uncharge(s, request_bytes(echo->reply_capacity));
	return ERR_PTR(err);
}

/**
 * icmpecho_request_put - drop a reference
 * @req: the request
 *
 * Any context but hard interrupts.
 */
void icmpecho_request_put(struct icmpecho_request *req)
{
	struct icmpecho_session *s = req->session;

	if (!refcount_dec_and_test(&req->ref))
		return;
	icmpecho_session_uncharge(s, request_bytes(req->capacity));
	request_free(req);
	icmpecho_session_put(s);
}

/*
 * The one end of every request. Caller owns the completion and has filled in
 * the answer; the table's reference goes to the session's queue.
 *
 * The eventfd is taken out first, since after the hand-over another thread may
 * collect and free the request; RCU keeps the session until here is done with it.
 */
static void request_complete(struct icmpecho_request *req,
			     enum icmpecho_outcome outcome)
{
	struct eventfd_ctx *eventfd = req->eventfd;

	req->eventfd = NULL;
	rcu_read_lock();
	icmpecho_session_deliver(req->session, req, outcome);
	rcu_read_unlock();
	if (eventfd) {
		icmpecho_eventfd_signal(eventfd);
		eventfd_ctx_put(eventfd);
	}
}

/* When the packet arrived, on the monotonic clock */
static ktime_t arrival_time(const struct icmpecho_request *req,
			    const struct sk_buff *skb, ktime_t real)
{
	ktime_t now = ktime_get();
	ktime_t age = ktime_sub(ktime_get_real(), real);

	/* The wall clock may have been set since; the answer's age bounds it. */
	if (age < 0 || age > ktime_sub(now, req->sent))
		age = 0;
	return ktime_sub(now, age);
}

static void take_data(struct icmpecho_request *req, struct sk_buff *skb,
		      u32 offset)
{
	struct icmpecho_answer *answer = &req->answer;
	u32 len = skb->len - offset;

	answer->wire_len = len;
	answer->data_len = min(len, req->capacity);
	if (answer->data_len < len)
		answer->flags |= ICMPECHO_TRUNCATED;
	if (skb_copy_bits(skb, offset, req->room, answer->data_len))
		answer->data_len = 0;
}

/**
 * icmpecho_request_answer - complete a request with a packet
 * @req: the request; the caller owns its completion
 * @p: the packet, taken apart
 * @skb: the packet, from its ICMP header on
 * @ifindex: where it arrived
 *
 * Softirq.
 */
void icmpecho_request_answer(struct icmpecho_request *req,
			     const struct icmpecho_parsed *p,
			     struct sk_buff *skb, u32 ifindex)
{
	bool replied = p->status == ICMPECHO_STATUS_SUCCESS;
	struct icmpecho_answer *answer = &req->answer;
	ktime_t real = skb->tstamp ?: ktime_get_real();

	answer->from = p->from;
	answer->rtt_ns = ktime_to_ns(ktime_sub(arrival_time(req, skb, real),
					       req->sent));
	answer->received_ns = ktime_to_ns(real);
	answer->status = p->status;
	answer->info = p->info;
	answer->ifindex = ifindex;
	answer->type = p->type;
	answer->code = p->code;
	answer->ttl = p->ttl;
	answer->tos = p->tos;
	answer->flags = p->df ? ICMPECHO_ANSWER_DF : 0;
	if (replied || req->quote)
		take_data(req, skb, p->data_off - p->icmp_off);

	if (replied)
		trace_icmpecho_reply(req);
	else
		trace_icmpecho_error(req);
	request_complete(req, replied ? ICMPECHO_REPLIED : ICMPECHO_GOT_ERROR);
}

/**
 * icmpecho_request_expire - complete a request whose time is over
 * @req: the request; the caller owns its completion
 *
 * Softirq.
 */
void icmpecho_request_expire(struct icmpecho_request *req)
{
	req->answer.status = ICMPECHO_STATUS_TIMED_OUT;
	trace_icmpecho_timeout(req);
	request_complete(req, ICMPECHO_TIMED_OUT);
}

/**
 * icmpecho_request_cancel - complete a request now
 * @req: the request; the caller has a reference
 *
 * Return: true if it was in flight.
 */
bool icmpecho_request_cancel(struct icmpecho_request *req)
{
	if (!icmpecho_table_claim(req))
		return false;
	req->answer.status = ICMPECHO_STATUS_CANCELLED;
	trace_icmpecho_cancel(req);
	request_complete(req, ICMPECHO_CANCELLED);
	return true;
}

/* What an errno of sending means for the destination */
static u32 status_of_errno(int err)
{
	switch (err) {
	case -ENETUNREACH:
		return ICMPECHO_STATUS_DEST_NET_UNREACHABLE;
	case -EHOSTUNREACH:
		return ICMPECHO_STATUS_DEST_HOST_UNREACHABLE;
	case -EMSGSIZE:
		return ICMPECHO_STATUS_PACKET_TOO_BIG;
	case -ENOMEM:
		return ICMPECHO_STATUS_NO_RESOURCES;
	default:
		return ICMPECHO_STATUS_GENERAL_FAILURE;
	}
}

static void request_not_sent(struct icmpecho_request *req, int err)
{
	if (!icmpecho_table_claim(req))
		return;
	req->answer.status = status_of_errno(err);
	req->answer.flags = ICMPECHO_LOCAL;
	req->answer.error = -err;
	trace_icmpecho_not_sent(req);
	request_complete(req, ICMPECHO_NOT_SENT);
}

/* The errno to refuse a request with that could not be sent, or 0 */
static int refusal_of(struct icmpecho_request *req,
		      const struct icmpecho_echo *echo, int err)
{
	if (err == -ENOBUFS)
		return err;
	if ((err == -ENETUNREACH || err == -EHOSTUNREACH) &&
	    echo->flags & ICMPECHO_NEED_ROUTE)
		return err;
	return req->family->refusal(req->session, echo, err);
}

/**
 * icmpecho_request_publish - let a request be answered
 * @req: the request, new
 * @timeout_ns: how long it may take
 *
 * From here on it can complete at any moment. Process context.
 *
 * Return: 0, or an errno: then it was taken back from the session, and the
 * caller's reference is the last.
 */
int icmpecho_request_publish(struct icmpecho_request *req, u64 timeout_ns)
{
	int err = icmpecho_table_insert(req, timeout_ns);

	if (err) {
		icmpecho_session_dismiss(req->session, req);
		icmpecho_request_put(req);
		return err;
	}
	trace_icmpecho_submit(req);
	return 0;
}

/**
 * icmpecho_request_withdraw - undo a published request, as if it never was
 * @req: the request; the caller has a reference
 *
 * Return: true if it was withdrawn, false if it has completed, or is about to.
 */
bool icmpecho_request_withdraw(struct icmpecho_request *req)
{
	if (!icmpecho_table_claim(req))
		return false;
	icmpecho_session_dismiss(req->session, req);
	icmpecho_request_put(req);
	return true;
}

/**
 * icmpecho_request_send - send a published request
 * @req: the request; the caller has a reference
 * @echo: what it was made from
 * @packet: room for the ICMP header, and the payload behind it
 *
 * Process context, in the submitter's own call: its rights, cgroup and memory
 * apply.
 *
 * Return: 0 if the request was sent, or completes with a local failure; an errno
 * if it is refused, and was withdrawn.
 */
int icmpecho_request_send(struct icmpecho_request *req,
			  const struct icmpecho_echo *echo, u8 *packet)
{
	int refusal;
	int err;

	err = req->family->send(req, echo, packet);
	if (!err) {
		trace_icmpecho_sent(req);
		return 0;
	}

	refusal = refusal_of(req, echo, err);
	if (refusal && icmpecho_request_withdraw(req))
		return refusal;
	request_not_sent(req, err);
	return 0;
}

/**
 * icmpecho_request_init - make the cache of requests
 *
 * Return: 0 or -ENOMEM.
 */
int icmpecho_request_init(void)
{
	const size_t offset = offsetof(struct icmpecho_request, inline_room);
	const size_t size = sizeof(struct icmpecho_request);

	request_cache = kmem_cache_create_usercopy("icmpecho_request", size, 0,
						   SLAB_HWCACHE_ALIGN |
						   SLAB_ACCOUNT,
						   offset,
						   ICMPECHO_INLINE_REPLY, NULL);
	return request_cache ? 0 : -ENOMEM;
}

/**
 * icmpecho_request_exit - free the cache of requests
 */
void icmpecho_request_exit(void)
{
	kmem_cache_destroy(request_cache);
}
