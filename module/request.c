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

/* With the pointer that an allocator puts behind it, a power of 2 */
static_assert(sizeof(struct icmpecho_request) <= 256 - sizeof(void *));

static void room_free(struct icmpecho_request *req)
{
	if (!req->room_size)
		return;
	kvfree(req->room);
	icmpecho_user_uncharge(req->session->user, req->room_size);
	req->room_size = 0;
}

/**
 * icmpecho_request_free_spares - free the memory of requests
 * @s: the session that they were made for
 * @reqs: requests that are nobody's
 * @n: how many, or 0
 *
 * Any context but hard interrupts.
 *
 * Return: how many bytes that were.
 */
size_t icmpecho_request_free_spares(struct icmpecho_session *s,
				    struct icmpecho_request **reqs, unsigned int n)
{
	size_t bytes = n * sizeof(**reqs);
	size_t room = 0;
	unsigned int i;

	if (!n)
		return 0;
	for (i = 0; i < n; i++) {
		room += reqs[i]->room_size;
		room_free(reqs[i]);
	}
	kmem_cache_free_bulk(request_cache, n, (void **)reqs);
	icmpecho_user_uncharge(s->user, bytes);
	return bytes + room;
}

/* Keep requests that are nobody's for the next ones, or free them. */
static void requests_give_up(struct icmpecho_session *s,
			     struct icmpecho_request **reqs, unsigned int n)
{
	unsigned int kept = icmpecho_session_keep_spares(s, reqs, n);

	icmpecho_request_free_spares(s, reqs + kept, n - kept);
}

/* Free requests of one session that nobody refers to. */
static void request_free(struct icmpecho_request **reqs, unsigned int n)
{
	struct icmpecho_session *s = reqs[0]->session;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (reqs[i]->room_size > ICMPECHO_SPARE_ROOM)
			room_free(reqs[i]);
		if (reqs[i]->sync)
			icmpecho_table_forget(reqs[i]);
		else if (reqs[i]->eventfd)
			eventfd_ctx_put(reqs[i]->eventfd);
	}
	requests_give_up(s, reqs, n);
	icmpecho_session_put(s, n);
}

/* New requests, or one if there is no quota for more. As icmpecho_request_reserve() */
static int requests_alloc(struct icmpecho_session *s,
			  struct icmpecho_request **reqs, unsigned int n)
{
	int err = icmpecho_user_charge(s->user, n * sizeof(**reqs));

	if (err && n > 1) {
		n = 1;
		err = icmpecho_user_charge(s->user, sizeof(**reqs));
	}
	if (err)
		return err;
	if (kmem_cache_alloc_bulk(request_cache, GFP_KERNEL, n, (void **)reqs))
		return n;
	icmpecho_user_uncharge(s->user, n * sizeof(**reqs));
	return -ENOMEM;
}

/* Everything but what icmpecho_request_prepare() sets, and the answer */
static void request_init(struct icmpecho_request *req,
			 struct icmpecho_session *s, bool sync)
{
	req->waiter = NULL;
	req->session = s;
	req->key = 0;
	req->generation = 0;
	refcount_set(&req->ref, 2);
	req->max_answers = 1;
	req->nr_answers = 0;
	req->capacity = 0;
	req->options_capacity = 0;
	req->sync = sync;
	req->anyone = false;
	req->inflight = false;
	req->completed = false;
	req->held = true;
	req->sealed = false;
}

/**
 * icmpecho_request_reserve - make requests, and have the session admit them
 * @s: the session
 * @reqs: for the requests
 * @n: how many at most, up to ICMPECHO_BATCH
 * @sync: they are for SEND, not for SUBMIT
 *
 * Each goes on to icmpecho_request_prepare() and icmpecho_request_publish(), or
 * back by icmpecho_request_release(). It has a reference for the table and one
 * for the caller, and is already on the session's list. Process context.
 *
 * Return: how many there are, or a negative errno.
 */
int icmpecho_request_reserve(struct icmpecho_session *s,
			     struct icmpecho_request **reqs, unsigned int n,
			     bool sync)
{
	unsigned int ready = icmpecho_session_take_spares(s, reqs, n);
	unsigned int admitted, i;

	if (ready < n) {
		int made = requests_alloc(s, reqs + ready, n - ready);

		if (made > 0)
			ready += made;
		else if (!ready)
			return made;
	}
	for (i = 0; i < ready; i++)
		request_init(reqs[i], s, sync);
	admitted = icmpecho_session_admit(s, reqs, ready);
	if (admitted < ready)
		requests_give_up(s, reqs + admitted, ready - admitted);
	return admitted ?: -EAGAIN;
}

/**
 * icmpecho_request_release - give back requests that were not published
 * @reqs: the requests, all of one session
 * @n: how many
 *
 * Nobody else knows of them. Process context.
 */
void icmpecho_request_release(struct icmpecho_request **reqs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		icmpecho_session_dismiss(reqs[i]->session, reqs[i]);
	if (n)
		request_free(reqs, n);
}

/* Have @bytes of room: what was kept, if that is enough, or new. */
static int room_make(struct icmpecho_request *req, size_t bytes)
{
	int err;

	if (!bytes || req->room_size < bytes)
		room_free(req);
	if (!bytes || req->room_size)
		return 0;
	/* The quota before the memory that a user can make large. */
	err = icmpecho_user_charge(req->session->user, bytes);
	if (err)
		return err;
	req->room = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (!req->room) {
		icmpecho_user_uncharge(req->session->user, bytes);
		return -ENOMEM;
	}
	req->room_size = bytes;
	return 0;
}

/**
 * icmpecho_request_prepare - fill in a new request
 * @req: the request
 * @echo: what to send, already checked
 * @family: its address family
 * @packet: payload and options
 *
 * All memory that the request will ever need is allocated here. Process context.
 *
 * Return: 0, or a negative errno; then the request is as it was.
 */
int icmpecho_request_prepare(struct icmpecho_request *req,
			     const struct icmpecho_echo *echo,
			     const struct icmpecho_family *family,
			     struct icmpecho_packet *packet)
{
	int err;

	req->family_index = family->index;
	req->quote = !!(echo->flags & ICMPECHO_QUOTE);
	req->user_data = echo->user_data;
	memcpy(&req->dst, echo->dst, sizeof(req->dst));
	req->src = (union icmpecho_addr) { };
	req->routed = echo->options_len && family->source_routed(packet);
	req->max_answers = echo->max_replies ?: 1;
	req->capacity = echo->reply_capacity;
	if (echo->options_len)
		req->options_capacity = ICMPECHO_MAX_OPTIONS;

	err = room_make(req, icmpecho_request_room(req));
	if (!err)
		return 0;
	req->max_answers = 1;
	req->capacity = 0;
	req->options_capacity = 0;
	return err;
}

/**
 * icmpecho_request_put_many - drop a reference of each request
 * @reqs: the requests, all of one session; overwritten
 * @n: how many
 *
 * Any context but hard interrupts.
 */
void icmpecho_request_put_many(struct icmpecho_request **reqs, unsigned int n)
{
	unsigned int i, gone = 0;

	for (i = 0; i < n; i++) {
		if (refcount_dec_and_test(&reqs[i]->ref))
			reqs[gone++] = reqs[i];
	}
	if (gone)
		request_free(reqs, gone);
}

/**
 * icmpecho_request_put - drop a reference
 * @req: the request
 *
 * Any context but hard interrupts.
 */
void icmpecho_request_put(struct icmpecho_request *req)
{
	if (refcount_dec_and_test(&req->ref))
		request_free(&req, 1);
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
	struct eventfd_ctx *eventfd = NULL;

	if (!req->sync)
		swap(eventfd, req->eventfd);
	rcu_read_lock();
	icmpecho_session_deliver(req->session, req, outcome);
	rcu_read_unlock();
	if (eventfd) {
		icmpecho_eventfd_signal(eventfd, 1);
		eventfd_ctx_put(eventfd);
	}
}

static void take_data(struct icmpecho_request *req, u32 i,
		      struct icmpecho_answer *answer, struct sk_buff *skb,
		      u32 offset)
{
	u8 *data = icmpecho_request_data(req, i);
	u32 len = skb->len - offset;

	answer->wire_len = len;
	answer->data_len = min_t(u32, len, req->capacity);
	if (answer->data_len < len)
		answer->flags |= ICMPECHO_TRUNCATED;
	if (offset + answer->data_len <= skb_headlen(skb))
		memcpy(data, skb->data + offset, answer->data_len);
	else if (skb_copy_bits(skb, offset, data, answer->data_len))
		answer->data_len = 0;
}

static void take_options(struct icmpecho_request *req, u32 i,
			 struct icmpecho_answer *answer,
			 const struct icmpecho_parsed *p)
{
	answer->options_len = 0;
	if (!p->options_len || p->options_len > req->options_capacity)
		return;
	answer->options_len = p->options_len;
	memcpy(icmpecho_request_options(req, i), p->options,
	       p->options_len);
}

/* Caller owns the completion, or holds session->lock. */
static void take_answer(struct icmpecho_request *req, u32 i,
			const struct icmpecho_parsed *p, struct sk_buff *skb)
{
	struct icmpecho_answer *answer = icmpecho_request_answer_at(req, i);
	ktime_t now = ktime_get();
	ktime_t now_real = ktime_mono_to_real(now);
	ktime_t arrived = skb->tstamp ?: now_real;
	ktime_t rtt = ktime_sub(now, READ_ONCE(req->sent));
	ktime_t age = ktime_sub(now_real, arrived);

	/* The wall clock may have been set since; the answer's age bounds it. */
	if (age > 0 && age <= rtt)
		rtt = ktime_sub(rtt, age);
	answer->from = p->from;
	answer->rtt_ns = ktime_to_ns(rtt);
	answer->received_ns = ktime_to_ns(arrived);
	answer->info = p->info;
	answer->ifindex = p->ifindex;
	answer->scope_id = p->scope_id;
	answer->status = p->status;
	answer->data_len = 0;
	answer->wire_len = 0;
	answer->error = 0;
	answer->flags = p->df ? ICMPECHO_ANSWER_DF : 0;
	answer->type = p->type;
	answer->code = p->code;
	answer->ttl = p->ttl;
	answer->tos = p->tos;
	take_options(req, i, answer, p);
	if (p->status == ICMPECHO_STATUS_SUCCESS || req->quote)
		take_data(req, i, answer, skb, p->data_off - p->icmp_off);
}

static enum icmpecho_outcome outcome_of_answers(struct icmpecho_request *req)
{
	bool replied = icmpecho_request_answer_at(req, 0)->status == ICMPECHO_STATUS_SUCCESS;

	if (replied)
		trace_icmpecho_reply(req);
	else
		trace_icmpecho_error(req);
	return replied ? ICMPECHO_REPLIED : ICMPECHO_GOT_ERROR;
}

static void complete_answered(struct icmpecho_request *req)
{
	request_complete(req, outcome_of_answers(req));
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
 * @req: the request; if it waits for one answer, the caller owns its completion,
 *	else a reference
 * @p: the packet, taken apart
 * @skb: the packet
 *
 * Completes the request, unless it waits for more answers. Softirq.
 *
 * Return: false if the request had all the answers that it takes.
 */
bool icmpecho_request_answer(struct icmpecho_request *req,
			     const struct icmpecho_parsed *p,
			     struct sk_buff *skb)
{
	bool added, full;

	if (req->max_answers == 1) {
		take_answer(req, 0, p, skb);
		req->nr_answers = 1;
		complete_answered(req);
		return true;
	}
	added = add_answer(req, p, skb, &full);
	if (added && full && icmpecho_table_claim(req))
		complete_answered(req);
	icmpecho_request_put(req);
	return added;
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

/* Caller owns the completion. */
static void put_no_answer(struct icmpecho_request *req, u32 status, int err)
{
	*icmpecho_request_answer_at(req, 0) = (struct icmpecho_answer) {
		.status = status,
		.error = -err,
		.flags = err ? ICMPECHO_LOCAL : 0,
	};
	req->nr_answers = 1;
}

/*
 * How a request ends without a packet, with @err if it could not be sent. What it
 * has collected before counts more. Caller owns the completion.
 */
static enum icmpecho_outcome end_unanswered(struct icmpecho_request *req,
					    u32 status, int err,
					    enum icmpecho_outcome outcome)
{
	if (has_answers(req))
		return outcome_of_answers(req);
	put_no_answer(req, status, err);
	if (outcome == ICMPECHO_TIMED_OUT)
		trace_icmpecho_timeout(req);
	else if (outcome == ICMPECHO_CANCELLED)
		trace_icmpecho_cancel(req);
	else
		trace_icmpecho_not_sent(req);
	return outcome;
}

static void complete_unanswered(struct icmpecho_request *req, u32 status,
				int err, enum icmpecho_outcome outcome)
{
	request_complete(req, end_unanswered(req, status, err, outcome));
}

/* Take requests that are told of in the same place out of @expired, up to a batch. */
static unsigned int take_alike(struct hlist_head *expired,
			       const struct icmpecho_session *s,
			       const struct eventfd_ctx *eventfd,
			       struct icmpecho_request **reqs)
{
	struct icmpecho_request *req;
	struct hlist_node *next;
	unsigned int n = 0;

	hlist_for_each_entry_safe(req, next, expired, wheel_node) {
		if (req->session != s || icmpecho_request_eventfd(req) != eventfd)
			continue;
		/* The answer takes the place of the node. */
		hlist_del(&req->wheel_node);
		reqs[n++] = req;
		if (n == ICMPECHO_BATCH)
			break;
	}
	return n;
}

/* Returns of how many to tell. The references of their eventfd are the caller's. */
static unsigned int expire_batch(struct icmpecho_session *s,
				 struct icmpecho_request **reqs, unsigned int n)
{
	enum icmpecho_outcome outcomes[ICMPECHO_BATCH];
	unsigned int i;

	for (i = 0; i < n; i++) {
		outcomes[i] = end_unanswered(reqs[i], ICMPECHO_STATUS_TIMED_OUT,
					     0, ICMPECHO_TIMED_OUT);
		if (!reqs[i]->sync)
			reqs[i]->eventfd = NULL;
	}
	return icmpecho_session_deliver_many(s, reqs, outcomes, n);
}

/* Complete the first of @expired, and all that are told of in the same place. */
static void expire_alike(struct hlist_head *expired)
{
	const struct icmpecho_request *first = hlist_entry(expired->first,
							   struct icmpecho_request,
							   wheel_node);
	struct eventfd_ctx *eventfd = icmpecho_request_eventfd(first);
	struct icmpecho_session *s = first->session;
	struct icmpecho_request *reqs[ICMPECHO_BATCH];
	unsigned int taken = 0, told = 0, n;

	rcu_read_lock();
	while ((n = take_alike(expired, s, eventfd, reqs))) {
		taken += n;
		told += expire_batch(s, reqs, n);
	}
	if (told)
		icmpecho_session_notify(s, told);
	rcu_read_unlock();
	if (eventfd)
		icmpecho_eventfd_signal(eventfd, taken);
	while (eventfd && taken--)
		eventfd_ctx_put(eventfd);
}

/**
 * icmpecho_request_expire - complete requests whose time is over
 * @expired: the requests, by their wheel_node; the caller owns their completions
 *
 * An eventfd may have any number of watchers, which are all looked at when it is
 * signalled: so it is, once for all requests of a session that signal it. Softirq.
 */
void icmpecho_request_expire(struct hlist_head *expired)
{
	while (!hlist_empty(expired))
		expire_alike(expired);
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
	if (err == -ENOBUFS || err == -ENOMEM || err == -EFAULT)
		return err;
	if ((err == -ENETUNREACH || err == -EHOSTUNREACH) &&
	    echo->flags & ICMPECHO_NEED_ROUTE)
		return err;
	return icmpecho_request_family(req)->refusal(req, err);
}

/**
 * icmpecho_request_publish - let a request be answered
 * @req: the request, new
 * @timeout_ns: how long it may take
 *
 * From here on it can complete at any moment. Process context.
 *
 * Return: 0, or a negative errno; then it is as it was.
 */
int icmpecho_request_publish(struct icmpecho_request *req, u64 timeout_ns)
{
	int err = icmpecho_table_insert(req, timeout_ns);

	if (!err)
		trace_icmpecho_submit(req);
	return err;
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

	err = icmpecho_request_family(req)->send(req, echo, packet);
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

/*
 * What has a constructor is not zeroed at each allocation. Nothing that is left
 * from an earlier life is looked at, see request_init(), and take_answer().
 */
static void request_construct(void *object)
{
	struct icmpecho_request *req = object;

	INIT_HLIST_NODE(&req->hash_node);
	req->room_size = 0;
}

/**
 * icmpecho_request_init - make the cache of requests
 *
 * Return: 0 or -ENOMEM.
 */
int icmpecho_request_init(void)
{
	request_cache = kmem_cache_create_usercopy("icmpecho_request",
						   sizeof(struct icmpecho_request),
						   0, SLAB_HWCACHE_ALIGN |
						   SLAB_ACCOUNT,
						   offsetof(struct icmpecho_request,
							    inline_room),
						   ICMPECHO_INLINE_REPLY,
						   request_construct);
	return request_cache ? 0 : -ENOMEM;
}

/**
 * icmpecho_request_exit - free the cache of requests
 */
void icmpecho_request_exit(void)
{
	kmem_cache_destroy(request_cache);
}
