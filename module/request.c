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

/* Room for the data and options of one answer */
static size_t slot_bytes(const struct icmpecho_request *req)
{
	return req->capacity + req->options_capacity;
}

static size_t room_bytes(const struct icmpecho_request *req)
{
	return slot_bytes(req) * req->max_answers;
}

static size_t answers_bytes(const struct icmpecho_request *req)
{
	return sizeof(*req->answers) * req->max_answers;
}

/* Memory that a request is charged with */
static size_t request_bytes(const struct icmpecho_request *req)
{
	size_t bytes = sizeof(*req);

	if (room_bytes(req) > ICMPECHO_INLINE_REPLY)
		bytes += room_bytes(req);
	if (req->max_answers > 1)
		bytes += answers_bytes(req);
	return bytes;
}

/**
 * icmpecho_request_data - where an answer's data is
 * @req: the request
 * @i: index of the answer
 *
 * Return: the start of capacity bytes.
 */
const u8 *icmpecho_request_data(const struct icmpecho_request *req, u32 i)
{
	return req->room + i * slot_bytes(req);
}

/**
 * icmpecho_request_options - where an answer's IP options are
 * @req: the request
 * @i: index of the answer
 *
 * Return: the start of options_capacity bytes.
 */
const u8 *icmpecho_request_options(const struct icmpecho_request *req, u32 i)
{
	return icmpecho_request_data(req, i) + req->capacity;
}

static void request_free(struct icmpecho_request *req)
{
	if (req->room != req->inline_room)
		kvfree(req->room);
	if (req->answers != &req->answer)
		kvfree(req->answers);
	if (req->eventfd)
		eventfd_ctx_put(req->eventfd);
	kmem_cache_free(request_cache, req);
}

/* The room that a new request needs beside itself */
static int request_alloc_room(struct icmpecho_request *req)
{
	if (room_bytes(req) > ICMPECHO_INLINE_REPLY) {
		req->room = kvmalloc(room_bytes(req), GFP_KERNEL_ACCOUNT);
		if (!req->room)
			return -ENOMEM;
	}
	if (req->max_answers > 1) {
		req->answers = kvzalloc(answers_bytes(req), GFP_KERNEL_ACCOUNT);
		if (!req->answers)
			return -ENOMEM;
	}
	return 0;
}

static struct icmpecho_request *
request_alloc(struct icmpecho_session *s, const struct icmpecho_echo *echo,
	      const struct icmpecho_family *family,
	      struct icmpecho_packet *packet, bool sync)
{
	struct icmpecho_request *req;

	req = kmem_cache_zalloc(request_cache, GFP_KERNEL);
	if (!req)
		return NULL;
	refcount_set(&req->ref, 2);
	req->session = s;
	req->family = family;
	req->sync = sync;
	req->quote = echo->flags & ICMPECHO_QUOTE;
	req->user_data = echo->user_data;
	memcpy(&req->dst, echo->dst, sizeof(req->dst));
	memcpy(&req->src, echo->src, sizeof(req->src));
	req->oif = family->oif(echo);
	req->max_answers = echo->max_replies ?: 1;
	req->capacity = echo->reply_capacity;
	req->room = req->inline_room;
	req->answers = &req->answer;
	if (echo->options_len)
		req->options_capacity = ICMPECHO_MAX_OPTIONS;
	req->routed = echo->options_len && family->source_routed(packet);
	return req;
}

/**
 * icmpecho_request_create - make a request, and have the session admit it
 * @s: the session
 * @echo: what to send, already checked
 * @family: its address family
 * @packet: payload and options
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
			struct icmpecho_packet *packet,
			struct eventfd_ctx *eventfd, bool sync)
{
	struct icmpecho_request *req;
	int err;

	req = request_alloc(s, echo, family, packet, sync);
	if (!req)
		return ERR_PTR(-ENOMEM);
	/* The quota before the memory that a user can make large. */
	err = icmpecho_session_charge(s, request_bytes(req));
	if (err)
		goto err_free;
	err = request_alloc_room(req);
	if (err)
		goto err_uncharge;
	err = icmpecho_session_admit(s, req);
	if (err)
		goto err_uncharge;
	req->eventfd = eventfd;
	return req;

err_uncharge:
	icmpecho_session_uncharge(s, request_bytes(req));
err_free:
	request_free(req);
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
	icmpecho_session_uncharge(s, request_bytes(req));
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

static void take_data(struct icmpecho_request *req, u32 i, struct sk_buff *skb,
		      u32 offset)
{
	struct icmpecho_answer *answer = &req->answers[i];
	u32 len = skb->len - offset;

	answer->wire_len = len;
	answer->data_len = min(len, req->capacity);
	if (answer->data_len < len)
		answer->flags |= ICMPECHO_TRUNCATED;
	if (skb_copy_bits(skb, offset, (u8 *)icmpecho_request_data(req, i),
			  answer->data_len))
		answer->data_len = 0;
}

static void take_options(struct icmpecho_request *req, u32 i,
			 const struct icmpecho_parsed *p)
{
	if (p->options_len > req->options_capacity)
		return;
	req->answers[i].options_len = p->options_len;
	memcpy((u8 *)icmpecho_request_options(req, i), p->options,
	       p->options_len);
}

/* Caller owns the completion, or holds session->lock. */
static void take_answer(struct icmpecho_request *req, u32 i,
			const struct icmpecho_parsed *p, struct sk_buff *skb)
{
	struct icmpecho_answer *answer = &req->answers[i];
	ktime_t real = skb->tstamp ?: ktime_get_real();

	answer->from = p->from;
	answer->rtt_ns = ktime_to_ns(ktime_sub(arrival_time(req, skb, real),
					       req->sent));
	answer->received_ns = ktime_to_ns(real);
	answer->status = p->status;
	answer->info = p->info;
	answer->ifindex = p->ifindex;
	answer->scope_id = p->scope_id;
	answer->type = p->type;
	answer->code = p->code;
	answer->ttl = p->ttl;
	answer->tos = p->tos;
	answer->flags = p->df ? ICMPECHO_ANSWER_DF : 0;
	take_options(req, i, p);
	if (p->status == ICMPECHO_STATUS_SUCCESS || req->quote)
		take_data(req, i, skb, p->data_off - p->icmp_off);
}

static void complete_answered(struct icmpecho_request *req)
{
	bool replied = req->answers[0].status == ICMPECHO_STATUS_SUCCESS;

	if (replied)
		trace_icmpecho_reply(req);
	else
		trace_icmpecho_error(req);
	request_complete(req, replied ? ICMPECHO_REPLIED : ICMPECHO_GOT_ERROR);
}

/*
 * Add one of many answers. Returns false if that is too late, and sets *@full
 * if it was the last for which there is room. Several packets may be here at
 * once, and so may the timeout.
 */
static bool add_answer(struct icmpecho_request *req,
		       const struct icmpecho_parsed *p, struct sk_buff *skb,
		       bool *full)
{
	struct icmpecho_session *s = req->session;
	bool added;

	spin_lock_bh(&s->lock);
	added = !req->sealed;
	if (added) {
		take_answer(req, req->nr_answers++, p, skb);
		req->sealed = req->nr_answers == req->max_answers;
	}
	*full = req->sealed;
	spin_unlock_bh(&s->lock);
	return added;
}

/**
 * icmpecho_request_answer - a packet answers a request
 * @req: the request; the caller has a reference
 * @p: the packet, taken apart
 * @skb: the packet
 *
 * Completes the request, unless it waits for more answers. Softirq.
 *
 * Return: false if the request had completed by another ending.
 */
bool icmpecho_request_answer(struct icmpecho_request *req,
			     const struct icmpecho_parsed *p,
			     struct sk_buff *skb)
{
	bool full;

	if (req->max_answers > 1) {
		if (!add_answer(req, p, skb, &full))
			return false;
		if (full && icmpecho_table_claim(req))
			complete_answered(req);
		return true;
	}
	if (!icmpecho_table_claim(req))
		return false;
	take_answer(req, 0, p, skb);
	req->nr_answers = 1;
	complete_answered(req);
	return true;
}

/*
 * Caller owns the completion. Returns true if the request has answers, and lets
 * no more come.
 */
static bool has_answers(struct icmpecho_request *req)
{
	struct icmpecho_session *s = req->session;

	if (req->max_answers > 1) {
		spin_lock_bh(&s->lock);
		req->sealed = true;
		spin_unlock_bh(&s->lock);
	}
	return req->nr_answers;
}

/*
 * End a request without a packet, with @err if it could not be sent. What it has
 * collected before counts more. Caller owns the completion.
 */
static void complete_unanswered(struct icmpecho_request *req, u32 status,
				int err, enum icmpecho_outcome outcome)
{
	if (has_answers(req)) {
		complete_answered(req);
		return;
	}
	req->answers[0].status = status;
	req->answers[0].error = -err;
	req->answers[0].flags = err ? ICMPECHO_LOCAL : 0;
	req->nr_answers = 1;
	if (outcome == ICMPECHO_TIMED_OUT)
		trace_icmpecho_timeout(req);
	else if (outcome == ICMPECHO_CANCELLED)
		trace_icmpecho_cancel(req);
	else
		trace_icmpecho_not_sent(req);
	request_complete(req, outcome);
}

/**
 * icmpecho_request_expire - complete a request whose time is over
 * @req: the request; the caller owns its completion
 *
 * Softirq.
 */
void icmpecho_request_expire(struct icmpecho_request *req)
{
	complete_unanswered(req, ICMPECHO_STATUS_TIMED_OUT, 0,
			    ICMPECHO_TIMED_OUT);
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
	complete_unanswered(req, ICMPECHO_STATUS_CANCELLED, 0,
			    ICMPECHO_CANCELLED);
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
	case -EBADMSG:
		return ICMPECHO_STATUS_BAD_OPTION;
	default:
		return ICMPECHO_STATUS_GENERAL_FAILURE;
	}
}

static void request_not_sent(struct icmpecho_request *req, int err)
{
	if (icmpecho_table_claim(req))
		complete_unanswered(req, status_of_errno(err), err,
				    ICMPECHO_NOT_SENT);
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
 * @packet: payload and options
 *
 * Process context, in the submitter's own call: its rights, cgroup and memory
 * apply.
 *
 * Return: 0 if the request was sent, or completes with a local failure; an errno
 * if it is refused, and was withdrawn.
 */
int icmpecho_request_send(struct icmpecho_request *req,
			  const struct icmpecho_echo *echo,
			  struct icmpecho_packet *packet)
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
