// SPDX-License-Identifier: GPL-2.0
/*
 * A session's requests, from admission to collection. A request of SUBMIT moves from
 * s->inflight to s->done, where REAP pops it. A request of SEND stays on s->waited,
 * until the call that waits for it collects it.
 */
#include "icmpecho.h"

/* Everything but what request_prepare() sets, and the answer */
static void request_init(struct icmpecho_request *req, struct icmpecho_session *s, bool sync)
{
	req->waiter = NULL;
	req->session = s;
	req->key = 0;
	req->generation = 0;
	refcount_set(&req->ref, 2);
	req->nr_answers = 0;
	req->sync = sync;
	req->anyone = false;
	req->inflight = false;
	req->completed = false;
	req->held = true;
	req->sealed = false;
}

/*
 * Admit up to @n new requests, each with a reference of the session. Returns how many
 * the session's limit allows.
 */
static unsigned int queue_admit(struct icmpecho_session *s, struct icmpecho_request **reqs,
				unsigned int n)
{
	unsigned int i;

	spin_lock_bh(&s->lock);
	n = min(n, s->max_requests - min(s->nr_requests, s->max_requests));
	WRITE_ONCE(s->nr_requests, s->nr_requests + n);
	s->nr_inflight += n;
	for (i = 0; i < n; i++)
		list_add_tail(&reqs[i]->node, reqs[i]->sync ? &s->waited : &s->inflight);
	spin_unlock_bh(&s->lock);
	if (n)
		refcount_add(n, &s->ref);
	return n;
}

/*
 * Make up to @n requests, ICMPECHO_BATCH at most, and admit them. Each has a reference
 * for the table and one for the caller. Each is published, or discarded. Process context.
 * Returns how many, or a negative errno for none.
 */
static int queue_reserve(struct icmpecho_session *s, struct icmpecho_request **reqs,
			 unsigned int n, bool sync)
{
	int ready = cache_get(s, reqs, n);
	int admitted, i;

	if (ready < 0)
		return ready;
	for (i = 0; i < ready; i++)
		request_init(reqs[i], s, sync);
	admitted = queue_admit(s, reqs, ready);
	if (admitted < ready)
		cache_put(s, reqs + admitted, ready - admitted);
	return admitted ?: -EAGAIN;
}

/* Count fewer requests. Returns true if the session was full. */
static bool queue_shrink(struct icmpecho_session *s, unsigned int n)
{
	bool was_full = s->nr_requests >= s->max_requests;

	lockdep_assert_held(&s->lock);
	WRITE_ONCE(s->nr_requests, s->nr_requests - n);
	return n && was_full;
}

static void wake_submitters(struct icmpecho_session *s, bool was_full)
{
	if (was_full && wq_has_sleeper(&s->wq.wait))
		wake_up_interruptible_poll(&s->wq.wait, EPOLLOUT | EPOLLWRNORM);
}

/*
 * Remove a request: one that was not published, a claimed one, or one of SEND whose
 * completion has reached user memory. The queue's reference becomes the caller's.
 */
static void queue_remove(struct icmpecho_session *s, struct icmpecho_request *req)
{
	bool was_full;

	spin_lock_bh(&s->lock);
	list_del_init(&req->node);
	if (!req->completed)
		s->nr_inflight--;
	was_full = queue_shrink(s, 1);
	spin_unlock_bh(&s->lock);
	wake_submitters(s, was_full);
}

/* Discard requests of one session that were not published. Process context. */
static void queue_discard(struct icmpecho_request **reqs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		queue_remove(reqs[i]->session, reqs[i]);
	if (n)
		requests_release(reqs, n);
}

/* Notify reapers, pollers and the eventfd of @n completions. Caller is under RCU. */
static void queue_notify(struct icmpecho_session *s, unsigned int n)
{
	struct eventfd_ctx *eventfd = rcu_dereference(s->eventfd);

	if (eventfd)
		icmpecho_eventfd_signal(eventfd, n);
	/*
	 * Not only for the first completion in the queue: an edge-triggered poller that
	 * left one there must be woken for the next.
	 */
	if (wq_has_sleeper(&s->wq.wait))
		wake_up_interruptible_poll(&s->wq.wait, EPOLLIN | EPOLLRDNORM);
}

static void queue_complete(struct icmpecho_session *s, struct icmpecho_request *req,
			   enum icmpecho_outcome outcome)
{
	lockdep_assert_held(&s->lock);
	req->completed = true;
	s->nr_inflight--;
	s->outcomes[outcome]++;
	if (s->closed) {
		list_del_init(&req->node);
	} else if (req->sync) {
		if (req->waiter)
			complete(req->waiter);
	} else {
		list_move_tail(&req->node, &s->done);
		WRITE_ONCE(s->nr_done, s->nr_done + 1);
	}
}

/*
 * Deliver completions that the caller owns. Returns false if the session is closed: then
 * the caller drops their references. If not, it does not touch them any more, and calls
 * queue_notify() for those not of SEND. Caller is under RCU: another thread may collect
 * them, and close the session. Any context but hard interrupts.
 */
static __always_inline bool queue_deliver(struct icmpecho_session *s,
					  struct icmpecho_request **reqs,
					  const enum icmpecho_outcome *outcomes, unsigned int n)
{
	unsigned int i;
	bool closed;

	spin_lock_bh(&s->lock);
	closed = s->closed;
	for (i = 0; i < n; i++)
		queue_complete(s, reqs[i], outcomes[i]);
	spin_unlock_bh(&s->lock);
	return !closed;
}

/*
 * Pop the oldest completions, up to @n, with the queue's references. Returns how many.
 */
static unsigned int queue_pop(struct icmpecho_session *s, struct icmpecho_request **reqs,
			      unsigned int n)
{
	struct icmpecho_request *req;
	unsigned int i = 0;
	LIST_HEAD(popped);
	bool was_full;

	lockdep_assert_held(&s->reap_mutex);
	spin_lock_bh(&s->lock);
	list_for_each_entry(req, &s->done, node) {
		if (i == n)
			break;
		reqs[i++] = req;
	}
	list_cut_before(&popped, &s->done, &req->node);
	WRITE_ONCE(s->nr_done, s->nr_done - i);
	was_full = queue_shrink(s, i);
	spin_unlock_bh(&s->lock);
	wake_submitters(s, was_full);
	return i;
}

/* Put back completions that could not be collected. */
static void queue_unpop(struct icmpecho_session *s, struct icmpecho_request **reqs,
			unsigned int n)
{
	unsigned int i;

	lockdep_assert_held(&s->reap_mutex);
	spin_lock_bh(&s->lock);
	for (i = n; i > 0; i--)
		list_add(&reqs[i - 1]->node, &s->done);
	WRITE_ONCE(s->nr_done, s->nr_done + n);
	WRITE_ONCE(s->nr_requests, s->nr_requests + n);
	spin_unlock_bh(&s->lock);
	/* A reaper may have found the queue empty meanwhile, and sleep. */
	wake_up_interruptible_poll(&s->wq.wait, EPOLLIN | EPOLLRDNORM);
}

/* Hold a request of SEND for the caller, unless another call does. */
static int queue_hold(struct icmpecho_session *s, struct icmpecho_request *req,
		      struct completion *waiter)
{
	lockdep_assert_held(&s->lock);
	/* The request was collected or withdrawn just now, or it is of SUBMIT. */
	if (list_empty(&req->node) || !req->sync)
		return -ENOENT;
	if (req->held)
		return -EBUSY;
	req->held = true;
	req->waiter = waiter;
	if (req->completed)
		complete(waiter);
	return 0;
}

/*
 * Resume a request of SEND: hold it, with @waiter on the caller's stack, and get a
 * reference. Only an abandoned request can be resumed: until then its own SEND may still
 * withdraw it, which would wake no other waiter. Returns -ENOENT if there is none, -EBUSY
 * if another call holds it.
 */
static int queue_resume(struct icmpecho_session *s, u64 id, struct completion *waiter,
			struct icmpecho_request **req)
{
	int err;

	*req = table_find(s, id);
	if (!*req)
		return -ENOENT;
	spin_lock_bh(&s->lock);
	err = queue_hold(s, *req, waiter);
	spin_unlock_bh(&s->lock);
	if (err)
		request_put(*req);
	return err;
}

/*
 * Leave a request of SEND, for a signal or because its completion could not be written:
 * another call may resume it.
 */
static void queue_abandon(struct icmpecho_session *s, struct icmpecho_request *req)
{
	spin_lock_bh(&s->lock);
	req->waiter = NULL;
	req->held = false;
	spin_unlock_bh(&s->lock);
}
