// SPDX-License-Identifier: GPL-2.0
/*
 * A session's requests, from admission to collection. A request of SUBMIT moves from s->inflight
 * to s->done when it completes, and REAP pops it there. A request of SEND stays on s->waited until
 * the SEND that made it, or one that resumes it, collects it.
 */
#include "icmpecho.h"

/* Initialise @req, except for its answer and the members that request_prepare() sets. */
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
 * Count the first of the @n new requests in the limit of @s, as many as it allows, and add them to
 * s->waited or s->inflight. Each gets a reference to @s. Returns how many.
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
 * Allocate and admit up to @n requests, ICMPECHO_BATCH at most. Each has two references: one for
 * the table and one for the caller, who publishes or discards the request. Returns how many
 * requests there are, or an errno if there is none. Process context.
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

/*
 * Count @n requests less in the limit of @s. Returns true if the limit was reached until now, and
 * @n is not 0: then the caller calls wake_submitters().
 */
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
 * Take @req off its list in @s, and out of the limit of @s. @req was never published, or the
 * caller has claimed it, or SEND has written its completion to user memory. The caller takes over
 * the list's reference to @req.
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

/* Undo queue_reserve() for @n requests of one session that were not published. Process context. */
static void queue_discard(struct icmpecho_request **reqs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		queue_remove(reqs[i]->session, reqs[i]);
	if (n)
		requests_release(reqs, n);
}

/*
 * Wake reapers and pollers of @s, and signal its eventfd, for @n completions. Caller is under
 * RCU.
 */
static void queue_notify(struct icmpecho_session *s, unsigned int n)
{
	struct eventfd_ctx *eventfd = rcu_dereference(s->eventfd);

	if (eventfd)
		icmpecho_eventfd_signal(eventfd, n);
	/*
	 * Wake pollers for each completion, not only when s->done was empty: an edge-triggered
	 * poller that left a completion there must be woken for the next one.
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
 * Deliver the completions of @n requests of @s that the caller has claimed. Returns true if @s is
 * open: then the caller must not touch the requests, which another thread may collect, and calls
 * queue_notify() for those of SUBMIT. Returns false if @s is closed: then the caller drops the
 * table's references to the requests. Caller is under RCU, which keeps @s if another thread closes
 * it. Any context but hardirq.
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
 * Move up to @n requests from s->done to @reqs, oldest completion first. The caller takes over the
 * queue's references to them. Returns how many were moved.
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

/*
 * Put back @n requests from queue_pop(), to the front of s->done in the same order: REAP could not
 * write their completions to user memory.
 */
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
	/* Another REAP may have found s->done empty meanwhile, and gone to sleep. */
	wake_up_interruptible_poll(&s->wq.wait, EPOLLIN | EPOLLRDNORM);
}

/*
 * Let @waiter be completed when @req completes, at once if it has. Returns 0, -EBUSY if another
 * SEND waits for @req, or -ENOENT if @req is off its list or was not made by SEND.
 */
static int queue_hold(struct icmpecho_session *s, struct icmpecho_request *req,
		      struct completion *waiter)
{
	lockdep_assert_held(&s->lock);
	/* @req was collected or withdrawn after table_find() found it, or SUBMIT made it. */
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
 * Let @waiter, on the caller's stack, be completed when the request of SEND whose id is @id
 * completes. Returns 0 and the request in *@req, with a reference; -ENOENT if there is none;
 * -EBUSY if another SEND holds it. The SEND that made a request holds it until queue_abandon():
 * until then it may withdraw the request, which would wake no other waiter.
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
 * Stop waiting for @req of SEND, because of a signal, or because its completion could not be
 * written to user memory. From now on another SEND may queue_resume() it.
 */
static void queue_abandon(struct icmpecho_session *s, struct icmpecho_request *req)
{
	spin_lock_bh(&s->lock);
	req->waiter = NULL;
	req->held = false;
	spin_unlock_bh(&s->lock);
}
