// SPDX-License-Identifier: GPL-2.0
/*
 * An open file of the device: its namespace and rights, pinned at open; its
 * limits; its requests and their completions.
 */
#include <linux/bpf-cgroup.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/inet_common.h>

#include "icmpecho.h"

static void queue_init(struct icmpecho_queue *queue)
{
	INIT_HLIST_HEAD(&queue->head);
	queue->end = &queue->head.first;
}

static struct icmpecho_request *queue_first(const struct icmpecho_queue *queue)
{
	return hlist_entry_safe(queue->head.first, struct icmpecho_request,
				node);
}

static void queue_add(struct icmpecho_queue *queue, struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = queue->end;
	*queue->end = node;
	queue->end = &node->next;
}

/* Back to where it was. */
static void queue_add_first(struct icmpecho_queue *queue,
			    struct icmpecho_request *req)
{
	hlist_add_head(&req->node, &queue->head);
	if (!req->node.next)
		queue->end = &req->node.next;
}

/* Nothing happens to a node that is in no queue. */
static void queue_del(struct icmpecho_queue *queue, struct hlist_node *node)
{
	if (queue->end == &node->next)
		queue->end = node->pprev;
	hlist_del_init(node);
}

/* Take out all that come before @node. */
static void queue_cut(struct icmpecho_queue *queue, struct hlist_node *node)
{
	queue->head.first = node;
	if (node)
		node->pprev = &queue->head.first;
	else
		queue->end = &queue->head.first;
}

/* Where a request is until it completes */
static struct icmpecho_queue *session_queue(struct icmpecho_session *s,
					    const struct icmpecho_request *req)
{
	return req->sync ? &s->waited : &s->inflight;
}

/*
 * Make a new send socket part of the session.
 *
 * Pollers wait for completions and for room in the send buffers at one place, since
 * io_uring takes no more than two, and aio one. So the sockets wake them there, by
 * their own sk_write_space: packets that wait in a queue keep a socket for longer
 * than the session, and even than the module, so it holds no function of ours.
 *
 * Filters look for the owner of a packet at the file of its socket. That is the
 * opener's file, without a reference, until session_disown_sockets().
 */
static void session_own_socket(struct icmpecho_session *s, struct sock *sk,
			       struct file *file)
{
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(sk->sk_wq, &s->wq);
	sk->sk_socket->file = file;
	write_unlock_bh(&sk->sk_callback_lock);
}

/*
 * The file is going. Filters look at it under the lock, or under RCU, which its
 * memory and its credentials outlive; nothing is sent any more, but packets may
 * still wait before a filter. A socket with a file is not freed when it is
 * released.
 */
static void session_disown_sockets(struct icmpecho_session *s)
{
	unsigned int i;

	for (i = 0; i < 2 * ICMPECHO_NR_TX; i++) {
		struct sock *sk = s->tx[i / 2][i % 2];

		if (!sk)
			continue;
		write_lock_bh(&sk->sk_callback_lock);
		WRITE_ONCE(sk->sk_socket->file, NULL);
		write_unlock_bh(&sk->sk_callback_lock);
	}
}

/* A host without one of the families does without it. */
static int session_open_tx(struct icmpecho_session *s,
			   const struct icmpecho_family *family,
			   unsigned int index, bool df, struct file *file)
{
	struct sock *sk;
	int err;

	err = family->open_tx(s->in->net, df, &sk);
	if (err)
		return err == -EAFNOSUPPORT ? 0 : err;
	if (index == ICMPECHO_TX_BROADCAST)
		sock_set_flag(sk, SOCK_BROADCAST);
	s->tx[index][df] = sk;
	session_own_socket(s, sk, file);
	/*
	 * The opener's cgroup may refuse it, or bind it to an interface, as "ip vrf
	 * exec" does. For sockets of the kernel's it is not asked.
	 */
	return BPF_CGROUP_RUN_PROG_INET_SOCK(sk);
}

static int session_open_pair(struct icmpecho_session *s,
			     const struct icmpecho_family *family,
			     unsigned int index, struct file *file)
{
	return session_open_tx(s, family, index, false, file) ?:
	       session_open_tx(s, family, index, true, file);
}

/*
 * Takes sk_wq away, too; who has just read it is under RCU, and so is the end of
 * the session's memory.
 */
static void close_tx(struct sock *sk)
{
	if (sk)
		inet_ctl_sock_destroy(sk);
}

/* Tear down what a session, half-built or whole, holds. Process context. */
static void session_free(struct icmpecho_session *s)
{
	struct eventfd_ctx *eventfd = rcu_dereference_protected(s->eventfd, 1);
	unsigned int i;

	for (i = 0; i < 2 * ICMPECHO_NR_TX; i++)
		close_tx(s->tx[i / 2][i % 2]);
	icmpecho_pace_exit(&s->pacer);
	if (eventfd)
		eventfd_ctx_put(eventfd);
	if (s->numbers && icmpecho_numbers_put(s->in, s->numbers))
		icmpecho_dests_give_back(s->in, s->user);
	if (s->user)
		icmpecho_user_put(s->user);
	if (s->in)
		icmpecho_net_put(s->in);
	kfree_rcu(s, rcu);
}

static void session_free_work(struct work_struct *work)
{
	session_free(container_of(to_rcu_work(work), struct icmpecho_session,
				  free_work));
}

static struct icmpecho_session *session_alloc(void)
{
	struct icmpecho_session *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	refcount_set(&s->ref, 1);
	spin_lock_init(&s->lock);
	queue_init(&s->inflight);
	queue_init(&s->done);
	queue_init(&s->waited);
	init_waitqueue_head(&s->wq.wait);
	icmpecho_pace_init(&s->pacer, &s->wq.wait);
	mutex_init(&s->reap_mutex);
	mutex_init(&s->cancel_mutex);
	INIT_RCU_WORK(&s->free_work, session_free_work);
	s->max_requests = READ_ONCE(icmpecho_max_requests);
	return s;
}

static int session_pin_net(struct icmpecho_session *s)
{
	struct net *net = get_net(current->nsproxy->net_ns);
	struct icmpecho_net *in = icmpecho_net_get(net);

	if (IS_ERR(in)) {
		put_net(net);
		return PTR_ERR(in);
	}
	s->in = in;
	return 0;
}

static int session_setup(struct icmpecho_session *s, struct file *file)
{
	unsigned int i;
	int err;

	s->user = icmpecho_user_get(file->f_cred);
	if (!s->user)
		return -ENOMEM;
	err = session_pin_net(s);
	if (err)
		return err;
	s->numbers = icmpecho_numbers_get(s->in, s->user);
	if (!s->numbers)
		return -ENOMEM;
	/* The caller is the opener. It has not asked for the right, so no audit. */
	s->privileged = ns_capable_noaudit(s->in->net->user_ns, CAP_NET_RAW);
	for (i = 0; i < ICMPECHO_NR_FAMILIES && !err; i++)
		err = session_open_pair(s, icmpecho_families[i], i, file);
	if (!err && s->privileged)
		err = session_open_pair(s, &icmpecho_icmp4, ICMPECHO_TX_BROADCAST,
					file);
	return err;
}

/**
 * icmpecho_session_open - make a session
 * @file: the file being opened
 *
 * The send sockets are made here, so that they belong to the opener: its cgroup,
 * its uid, its namespace. Process context.
 *
 * Return: the session or ERR_PTR().
 */
struct icmpecho_session *icmpecho_session_open(struct file *file)
{
	struct icmpecho_session *s = session_alloc();
	int err;

	if (!s)
		return ERR_PTR(-ENOMEM);
	err = session_setup(s, file);
	if (err) {
		session_disown_sockets(s);
		icmpecho_session_put(s, 1);
		return ERR_PTR(err);
	}
	icmpecho_user_add_session(s);
	return s;
}

/**
 * icmpecho_session_put - drop references
 * @s: the session
 * @n: how many
 *
 * Any context but hard interrupts; so a worker does the rest, and does it when
 * nobody under RCU can look at the session any more.
 */
void icmpecho_session_put(struct icmpecho_session *s, unsigned int n)
{
	if (refcount_sub_and_test(n, &s->ref))
		queue_rcu_work(icmpecho_wq, &s->free_work);
}

/*
 * Take the first request out of a queue, with a reference. *@completed: its
 * completion is there, so that the queue's reference is the caller's, too.
 */
static struct icmpecho_request *session_take(struct icmpecho_session *s,
					     struct icmpecho_queue *queue,
					     bool *completed)
{
	struct icmpecho_request *req;

	spin_lock_bh(&s->lock);
	req = queue_first(queue);
	if (req) {
		queue_del(queue, &req->node);
		refcount_inc(&req->ref);
		*completed = req->completed;
	}
	spin_unlock_bh(&s->lock);
	return req;
}

/* A request that somebody else is just completing is dropped by them. */
static void session_drop_all(struct icmpecho_session *s,
			     struct icmpecho_queue *queue)
{
	struct icmpecho_request *req;
	bool completed;

	while ((req = session_take(s, queue, &completed))) {
		if (completed)
			icmpecho_request_put(req);
		else
			icmpecho_request_cancel(req);
		icmpecho_request_put(req);
		cond_resched();
	}
}

/**
 * icmpecho_session_close - the file is closed
 * @s: the session
 *
 * No ioctl runs any more, and none will. Process context.
 */
void icmpecho_session_close(struct icmpecho_session *s)
{
	spin_lock_bh(&s->lock);
	s->closed = true;
	spin_unlock_bh(&s->lock);

	session_disown_sockets(s);
	icmpecho_user_del_session(s);
	icmpecho_session_give_back(s);
	session_drop_all(s, &s->inflight);
	session_drop_all(s, &s->waited);
	session_drop_all(s, &s->done);
	icmpecho_session_put(s, 1);
}

/**
 * icmpecho_session_privileged - may the caller send what is not for everybody?
 * @s: the session
 *
 * Both the opener's rights count and the caller's, in case the descriptor was
 * passed on.
 *
 * Return: true if both have CAP_NET_RAW over the namespace.
 */
bool icmpecho_session_privileged(struct icmpecho_session *s)
{
	return s->privileged && ns_capable(s->in->net->user_ns, CAP_NET_RAW);
}

/**
 * icmpecho_session_admit - let new requests in
 * @s: the session
 * @reqs: the requests; those let in hold a reference of the session
 * @n: how many
 *
 * Return: how many were let in, the first of @reqs; fewer if the session has
 * then as many as it may.
 */
unsigned int icmpecho_session_admit(struct icmpecho_session *s,
				    struct icmpecho_request **reqs,
				    unsigned int n)
{
	unsigned int i;

	spin_lock_bh(&s->lock);
	n = min(n, s->max_requests - min(s->nr_requests, s->max_requests));
	WRITE_ONCE(s->nr_requests, s->nr_requests + n);
	s->nr_inflight += n;
	for (i = 0; i < n; i++)
		queue_add(session_queue(s, reqs[i]), &reqs[i]->node);
	spin_unlock_bh(&s->lock);
	if (n)
		refcount_add(n, &s->ref);
	return n;
}

static long bytes_of(struct icmpecho_request **reqs, unsigned int n)
{
	long bytes = n * sizeof(**reqs);
	unsigned int i;

	for (i = 0; i < n; i++)
		bytes += reqs[i]->room_size;
	return bytes;
}

/**
 * icmpecho_session_take_spares - use kept requests again
 * @s: the session
 * @reqs: for the requests
 * @n: how many at most
 *
 * Process context.
 *
 * Return: how many there are.
 */
unsigned int icmpecho_session_take_spares(struct icmpecho_session *s,
					  struct icmpecho_request **reqs,
					  unsigned int n)
{
	spin_lock_bh(&s->lock);
	n = min(n, s->nr_spares);
	s->nr_spares -= n;
	memcpy(reqs, s->spares + s->nr_spares, n * sizeof(*reqs));
	spin_unlock_bh(&s->lock);
	if (n)
		atomic_long_sub(bytes_of(reqs, n), &s->user->kept);
	return n;
}

/**
 * icmpecho_session_keep_spares - keep free requests for the next ones
 * @s: the session
 * @reqs: the requests, of which nobody else knows
 * @n: how many
 *
 * Making and freeing one costs the allocator's accounting for a memory cgroup
 * twice. KASAN watches requests that go there; so it gets them all.
 *
 * Return: how many were kept, the first of @reqs.
 */
unsigned int icmpecho_session_keep_spares(struct icmpecho_session *s,
					  struct icmpecho_request **reqs,
					  unsigned int n)
{
	if (IS_ENABLED(CONFIG_KASAN))
		return 0;
	spin_lock_bh(&s->lock);
	n = s->closed ? 0 : min_t(unsigned int, n, ICMPECHO_SPARES - s->nr_spares);
	memcpy(s->spares + s->nr_spares, reqs, n * sizeof(*reqs));
	s->nr_spares += n;
	/* Before another can take and free them. */
	if (n)
		atomic_long_add(bytes_of(reqs, n), &s->user->kept);
	spin_unlock_bh(&s->lock);
	return n;
}

/**
 * icmpecho_session_give_back - free what is kept for the next requests
 * @s: the session
 *
 * Process context, also where memory is reclaimed.
 *
 * Return: how many bytes that were.
 */
size_t icmpecho_session_give_back(struct icmpecho_session *s)
{
	struct icmpecho_request *reqs[ICMPECHO_BATCH];
	unsigned int n, rounds = 0;
	size_t bytes = 0;

	/* Others may add to them meanwhile. */
	do {
		n = icmpecho_session_take_spares(s, reqs, ICMPECHO_BATCH);
		bytes += icmpecho_request_free_spares(s, reqs, n);
	} while (n == ICMPECHO_BATCH && ++rounds < ICMPECHO_SPARES / ICMPECHO_BATCH);
	return bytes;
}

/* Fewer requests. Returns true if the session was full. */
static bool session_shrink(struct icmpecho_session *s, unsigned int n)
{
	bool full = s->nr_requests >= s->max_requests;

	lockdep_assert_held(&s->lock);
	WRITE_ONCE(s->nr_requests, s->nr_requests - n);
	return n && full;
}

/* Wake submitters if @made_room. */
static void session_made_room(struct icmpecho_session *s, bool made_room)
{
	if (made_room && wq_has_sleeper(&s->wq.wait))
		wake_up_interruptible_poll(&s->wq.wait, EPOLLOUT | EPOLLWRNORM);
}

/**
 * icmpecho_session_dismiss - take a request back that never was
 * @s: the session
 * @req: the request, claimed or not yet published
 */
void icmpecho_session_dismiss(struct icmpecho_session *s,
			      struct icmpecho_request *req)
{
	bool room;

	spin_lock_bh(&s->lock);
	queue_del(session_queue(s, req), &req->node);
	s->nr_inflight--;
	room = session_shrink(s, 1);
	spin_unlock_bh(&s->lock);
	session_made_room(s, room);
}

/**
 * icmpecho_session_notify - tell whoever may be waiting of completions
 * @s: the session; the caller is under RCU
 * @n: how many they are
 *
 * However many, that is one wake-up.
 */
void icmpecho_session_notify(struct icmpecho_session *s, unsigned int n)
{
	struct eventfd_ctx *eventfd = rcu_dereference(s->eventfd);

	if (eventfd)
		icmpecho_eventfd_signal(eventfd, n);
	/*
	 * Not only of the first in the queue: an edge-triggered poller that left
	 * one behind must hear of the next.
	 */
	if (wq_has_sleeper(&s->wq.wait))
		wake_up_interruptible_poll(&s->wq.wait, EPOLLIN | EPOLLRDNORM);
}

/* A request has completed: to its collector, unless the session is closed. */
static void session_hand_over(struct icmpecho_session *s,
			      struct icmpecho_request *req,
			      enum icmpecho_outcome outcome)
{
	lockdep_assert_held(&s->lock);
	req->completed = true;
	s->nr_inflight--;
	s->outcomes[outcome]++;
	if (s->closed) {
		queue_del(session_queue(s, req), &req->node);
	} else if (req->sync) {
		if (req->waiter)
			complete(req->waiter);
	} else {
		queue_del(&s->inflight, &req->node);
		queue_add(&s->done, &req->node);
		WRITE_ONCE(s->nr_done, s->nr_done + 1);
	}
}

/**
 * icmpecho_session_deliver_many - hand over completed requests
 * @s: the session
 * @reqs: the requests, of all of which the caller owns the completion
 * @outcomes: how each ended
 * @n: how many
 *
 * As icmpecho_session_deliver(), but that nobody is told yet.
 *
 * Return: of how many to tell by icmpecho_session_notify().
 */
unsigned int icmpecho_session_deliver_many(struct icmpecho_session *s,
					   struct icmpecho_request **reqs,
					   const enum icmpecho_outcome *outcomes,
					   unsigned int n)
{
	unsigned int queued = 0;
	unsigned int i;
	bool closed;

	spin_lock_bh(&s->lock);
	closed = s->closed;
	for (i = 0; i < n; i++) {
		queued += !reqs[i]->sync;
		session_hand_over(s, reqs[i], outcomes[i]);
	}
	spin_unlock_bh(&s->lock);

	if (!closed)
		return queued;
	icmpecho_request_put_many(reqs, n);
	return 0;
}

/**
 * icmpecho_session_deliver - hand over a completed request
 * @s: the session
 * @req: the request; the caller owns its completion, and nothing of it after
 * @outcome: how it ended
 *
 * Caller is under RCU: once the request is handed over, another thread may
 * collect it, and close the session. Any context but hard interrupts.
 */
void icmpecho_session_deliver(struct icmpecho_session *s,
			      struct icmpecho_request *req,
			      enum icmpecho_outcome outcome)
{
	bool sync = req->sync;
	bool closed;

	spin_lock_bh(&s->lock);
	closed = s->closed;
	session_hand_over(s, req, outcome);
	spin_unlock_bh(&s->lock);

	if (closed)
		icmpecho_request_put(req);
	else if (!sync)
		icmpecho_session_notify(s, 1);
}

/**
 * icmpecho_session_pop - take the oldest completions to collect them
 * @s: the session
 * @reqs: for the requests, with the queue's references
 * @n: how many at most
 *
 * Caller holds the reap_mutex.
 *
 * Return: how many there are.
 */
unsigned int icmpecho_session_pop(struct icmpecho_session *s,
				  struct icmpecho_request **reqs,
				  unsigned int n)
{
	struct hlist_node *node;
	unsigned int i;
	bool room;

	lockdep_assert_held(&s->reap_mutex);
	spin_lock_bh(&s->lock);
	node = s->done.head.first;
	for (i = 0; i < n && node; i++, node = node->next)
		reqs[i] = hlist_entry(node, struct icmpecho_request, node);
	queue_cut(&s->done, node);
	WRITE_ONCE(s->nr_done, s->nr_done - i);
	room = session_shrink(s, i);
	spin_unlock_bh(&s->lock);
	session_made_room(s, room);
	return i;
}

/**
 * icmpecho_session_unpop - put completions back that could not be collected
 * @s: the session
 * @reqs: the requests
 * @n: how many
 *
 * Caller holds the reap_mutex.
 */
void icmpecho_session_unpop(struct icmpecho_session *s,
			    struct icmpecho_request **reqs, unsigned int n)
{
	unsigned int i;

	lockdep_assert_held(&s->reap_mutex);
	spin_lock_bh(&s->lock);
	for (i = n; i > 0; i--)
		queue_add_first(&s->done, reqs[i - 1]);
	WRITE_ONCE(s->nr_done, s->nr_done + n);
	WRITE_ONCE(s->nr_requests, s->nr_requests + n);
	spin_unlock_bh(&s->lock);
	/* Somebody may have found nothing meanwhile, and gone to sleep. */
	wake_up_interruptible_poll(&s->wq.wait, EPOLLIN | EPOLLRDNORM);
}

/* Take over a request of SEND that no call sees to. */
static int session_hold(struct icmpecho_session *s, struct icmpecho_request *req)
{
	int err = 0;

	spin_lock_bh(&s->lock);
	/* Collected or withdrawn just now; or of SUBMIT */
	if (hlist_unhashed(&req->node) || !req->sync)
		err = -ENOENT;
	else if (req->held)
		err = -EBUSY;
	else
		req->held = true;
	spin_unlock_bh(&s->lock);
	return err;
}

/**
 * icmpecho_session_resume - take over a request of SEND
 * @s: the session
 * @id: the request's id
 * @req: for the request, with a reference
 *
 * Only one that was left alone: its own SEND may still withdraw it until then, and
 * nobody would wake whoever waits for it.
 *
 * Return: 0, -ENOENT if there is none, -EBUSY if some call still sees to it.
 */
int icmpecho_session_resume(struct icmpecho_session *s, u64 id,
			    struct icmpecho_request **req)
{
	int err;

	*req = icmpecho_table_find(s, id);
	if (!*req)
		return -ENOENT;
	err = session_hold(s, *req);
	if (err)
		icmpecho_request_put(*req);
	return err;
}

/**
 * icmpecho_session_wait - wait for a request of SEND
 * @s: the session
 * @req: the request; the caller has a reference, and holds it
 * @waiter: on the caller's stack
 *
 * After success the caller collects the completion (icmpecho_session_collect()) or
 * leaves it alone (icmpecho_session_unwait()); after an error it has done so.
 *
 * Return: 0 when it has completed, -ERESTARTNOHAND for a signal.
 */
int icmpecho_session_wait(struct icmpecho_session *s,
			  struct icmpecho_request *req,
			  struct completion *waiter)
{
	bool completed;

	spin_lock_bh(&s->lock);
	completed = req->completed;
	req->waiter = waiter;
	spin_unlock_bh(&s->lock);

	if (completed || !wait_for_completion_interruptible(waiter))
		return 0;

	spin_lock_bh(&s->lock);
	completed = req->completed;
	if (!completed) {
		req->waiter = NULL;
		req->held = false;
	}
	spin_unlock_bh(&s->lock);
	return completed ? 0 : -ERESTARTNOHAND;
}

/**
 * icmpecho_session_unwait - leave a completion of SEND for another call
 * @s: the session
 * @req: the request, waited for
 */
void icmpecho_session_unwait(struct icmpecho_session *s,
			     struct icmpecho_request *req)
{
	spin_lock_bh(&s->lock);
	req->waiter = NULL;
	req->held = false;
	spin_unlock_bh(&s->lock);
}

/**
 * icmpecho_session_collect - a completion of SEND has reached its caller
 * @s: the session
 * @req: the request, waited for; the queue's reference is dropped
 */
void icmpecho_session_collect(struct icmpecho_session *s,
			      struct icmpecho_request *req)
{
	bool room;

	spin_lock_bh(&s->lock);
	queue_del(&s->waited, &req->node);
	room = session_shrink(s, 1);
	spin_unlock_bh(&s->lock);
	session_made_room(s, room);
	icmpecho_request_put(req);
}

/**
 * icmpecho_session_cancel - end one request now
 * @s: the session
 * @id: the request
 *
 * Return: 1, or -ENOENT if it is not in flight.
 */
int icmpecho_session_cancel(struct icmpecho_session *s, u64 id)
{
	struct icmpecho_request *req = icmpecho_table_find(s, id);
	bool cancelled;

	if (!req)
		return -ENOENT;
	cancelled = icmpecho_request_cancel(req);
	icmpecho_request_put(req);
	return cancelled ? 1 : -ENOENT;
}

/* Move the first request before the fence behind it. Returns it with a reference. */
static struct icmpecho_request *
session_pass_fence(struct icmpecho_session *s, struct icmpecho_queue *queue,
		   struct hlist_node *fence)
{
	struct icmpecho_request *req = NULL;

	spin_lock_bh(&s->lock);
	if (queue->head.first != fence) {
		req = queue_first(queue);
		queue_del(queue, &req->node);
		queue_add(queue, &req->node);
		refcount_inc(&req->ref);
	}
	spin_unlock_bh(&s->lock);
	return req;
}

/*
 * A fence at the queue's end parts what is there from what is submitted meanwhile.
 * Each request is looked at once, and whether it was cancelled, had completed, or
 * was not published yet, it is behind the fence then, or gone.
 */
static int session_cancel_queue(struct icmpecho_session *s,
				struct icmpecho_queue *queue)
{
	struct icmpecho_request *req;
	struct hlist_node fence;
	int cancelled = 0;

	lockdep_assert_held(&s->cancel_mutex);
	spin_lock_bh(&s->lock);
	queue_add(queue, &fence);
	spin_unlock_bh(&s->lock);

	while (!fatal_signal_pending(current) &&
	       (req = session_pass_fence(s, queue, &fence))) {
		cancelled += icmpecho_request_cancel(req);
		icmpecho_request_put(req);
		cond_resched();
	}

	spin_lock_bh(&s->lock);
	queue_del(queue, &fence);
	spin_unlock_bh(&s->lock);
	return cancelled;
}

/**
 * icmpecho_session_cancel_all - end all requests in flight now
 * @s: the session
 *
 * Process context, sleeps.
 *
 * Return: how many that were, or -EINTR for a fatal signal.
 */
int icmpecho_session_cancel_all(struct icmpecho_session *s)
{
	int cancelled;

	if (mutex_lock_killable(&s->cancel_mutex))
		return -EINTR;
	cancelled = session_cancel_queue(s, &s->inflight) +
		    session_cancel_queue(s, &s->waited);
	mutex_unlock(&s->cancel_mutex);
	return cancelled;
}

static bool session_writable(struct icmpecho_session *s)
{
	unsigned int i;

	if (READ_ONCE(s->nr_requests) >= s->max_requests)
		return false;
	for (i = 0; i < 2 * ICMPECHO_NR_TX; i++) {
		struct sock *sk = s->tx[i / 2][i % 2];

		if (sk && !sock_writeable(sk))
			return false;
	}
	return icmpecho_pace_ready(&s->pacer);
}

/**
 * icmpecho_session_poll - what poll would say now
 * @s: the session
 *
 * Return: EPOLLIN if a completion waits, EPOLLOUT if a request would be taken.
 */
__poll_t icmpecho_session_poll(struct icmpecho_session *s)
{
	__poll_t mask = 0;

	if (READ_ONCE(s->nr_done))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (session_writable(s))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/**
 * icmpecho_session_set_eventfd - replace the session's eventfd
 * @s: the session
 * @eventfd: the new one, taken over, or NULL
 *
 * Process context, sleeps.
 */
void icmpecho_session_set_eventfd(struct icmpecho_session *s,
				  struct eventfd_ctx *eventfd)
{
	spin_lock_bh(&s->lock);
	eventfd = rcu_replace_pointer(s->eventfd, eventfd,
				      lockdep_is_held(&s->lock));
	spin_unlock_bh(&s->lock);
	if (!eventfd)
		return;
	/* Completers may still be signalling the old one. */
	synchronize_rcu();
	eventfd_ctx_put(eventfd);
}

static const char *const outcome_names[ICMPECHO_NR_OUTCOMES] = {
	[ICMPECHO_REPLIED]	= "replies",
	[ICMPECHO_GOT_ERROR]	= "errors",
	[ICMPECHO_TIMED_OUT]	= "timeouts",
	[ICMPECHO_CANCELLED]	= "cancelled",
	[ICMPECHO_NOT_SENT]	= "not_sent",
};

static const char *const drop_names[ICMPECHO_NR_DROPS] = {
	[ICMPECHO_DROP_MALFORMED]	= "netns_drop_malformed",
	[ICMPECHO_DROP_UNMATCHED]	= "netns_drop_unmatched",
	[ICMPECHO_DROP_ADDRESS]		= "netns_drop_address",
	[ICMPECHO_DROP_CHECKSUM]	= "netns_drop_checksum",
	[ICMPECHO_DROP_LATE]		= "netns_drop_late",
};

/**
 * icmpecho_session_show - describe a session in its fdinfo
 * @s: the session
 * @m: where to write
 *
 * The drop counters are those of the whole namespace: a packet that completes no
 * request belongs to no session.
 */
void icmpecho_session_show(struct icmpecho_session *s, struct seq_file *m)
{
	u64 outcomes[ICMPECHO_NR_OUTCOMES];
	u32 requests, inflight;
	int i;

	spin_lock_bh(&s->lock);
	requests = s->nr_requests;
	inflight = s->nr_inflight;
	memcpy(outcomes, s->outcomes, sizeof(outcomes));
	spin_unlock_bh(&s->lock);

	seq_printf(m, "netns:\t%u\n", s->in->net->ns.inum);
	seq_printf(m, "in_flight:\t%u\n", inflight);
	seq_printf(m, "unreaped:\t%u\n", requests - inflight);
	seq_printf(m, "max_requests:\t%u\n", s->max_requests);
	seq_printf(m, "pace_interval_ns:\t%llu\n",
		   READ_ONCE(s->pacer.interval_ns));
	seq_printf(m, "user_bytes:\t%ld\n", atomic_long_read(&s->user->bytes));
	seq_printf(m, "user_kept_bytes:\t%ld\n",
		   atomic_long_read(&s->user->kept));
	seq_printf(m, "max_user_bytes:\t%lu\n",
		   READ_ONCE(icmpecho_max_user_bytes));
	for (i = 0; i < ICMPECHO_NR_OUTCOMES; i++)
		seq_printf(m, "%s:\t%llu\n", outcome_names[i], outcomes[i]);
	for (i = 0; i < ICMPECHO_NR_DROPS; i++)
		seq_printf(m, "%s:\t%llu\n", drop_names[i],
			   icmpecho_net_drops(s->in, i));
}
