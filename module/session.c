// SPDX-License-Identifier: GPL-2.0
/*
 * A session, which is an open file of the device: its network namespace and its opener's rights,
 * both fixed at open, its limits, and what poll and fdinfo report.
 */
#include <linux/bpf-cgroup.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <net/inet_common.h>

#include "icmpecho.h"

/* sk_sndbuf of each send socket */
#define TX_BUFFER	SZ_1M

static unsigned int max_requests = 65536;

/* Set the module parameter max_requests. Refuse 0: with it no session could submit a request. */
static int set_max_requests(const char *text, const struct kernel_param *param)
{
	unsigned int n;
	int err = kstrtouint(text, 0, &n);

	if (err)
		return err;
	if (!n)
		return -EINVAL;
	WRITE_ONCE(max_requests, n);
	return 0;
}

static const struct kernel_param_ops max_requests_ops = {
	.set	= set_max_requests,
	.get	= param_get_uint,
};
module_param_cb(max_requests, &max_requests_ops, &max_requests, 0644);
__MODULE_PARM_TYPE(max_requests, "uint");
MODULE_PARM_DESC(max_requests,
		 "requests that a session may have in flight and unreaped, for sessions opened from now on (default 65536, at least 1)");

/*
 * Make @sk a send socket of @s: @sk wakes the pollers of @s, and belongs to @file, or to no file
 * if @file is NULL.
 *
 * Pollers wait for completions and for space in the send buffers on one wait queue, s->wq, since
 * io_uring polls two wait queues at most, and aio one. The kernel's own sk_write_space wakes it.
 * No function of this module does: packets in a queue may keep @sk for longer than the session,
 * and even than the module.
 *
 * netfilter's owner match finds the owner of a packet by sk->sk_socket->file: the opener's file,
 * without a reference, until session_disown_sockets().
 */
static void session_own_socket(struct icmpecho_session *s, struct sock *sk, struct file *file)
{
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(sk->sk_wq, &s->wq);
	WRITE_ONCE(sk->sk_socket->file, file);
	write_unlock_bh(&sk->sk_callback_lock);
}

/*
 * Clear the send sockets' pointers to the opener's file, which is about to be freed. Packets that
 * still wait in a queue may pass netfilter's owner match later. It reads the pointer under
 * sk_callback_lock or RCU, and RCU keeps what it reads there: the file's memory and credentials.
 * Besides, sock_release() does not free a socket that has a file.
 */
static void session_disown_sockets(struct icmpecho_session *s)
{
	unsigned int i;

	for (i = 0; i < 2 * ICMPECHO_NR_TX; i++) {
		if (s->tx[i / 2][i % 2])
			session_own_socket(s, s->tx[i / 2][i % 2], NULL);
	}
}

/*
 * Open the send socket s->tx[@index][@df]. Returns 0 or an errno; 0 also if the host lacks the
 * address family, or if the socket is for broadcast and @s is not privileged. A kernel built
 * without the family is not asked for a socket: it would try to load a module each time.
 */
static int session_open_tx(struct icmpecho_session *s, unsigned int index, bool df,
			   struct file *file)
{
	const struct icmpecho_family *family = families[index];
	struct sock *sk;
	int err;

	if (index == ICMPECHO_BROADCAST && !s->privileged)
		return 0;
	if (!family->init_tx)
		return 0;
	/*
	 * inet_ctl_sock_create() unhashes the socket: the kernel clones each received ICMP packet
	 * for every hashed raw socket.
	 */
	err = inet_ctl_sock_create(&sk, family->family, SOCK_RAW, family->protocol, s->ns->net);
	if (err)
		return err == -EAFNOSUPPORT ? 0 : err;
	s->tx[index][df] = sk;
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_sndbuf = TX_BUFFER;
	/* Without SOCK_SNDBUF_LOCK, a failed sk_page_frag_refill() shrinks sk_sndbuf for good. */
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	/* Nobody reads the socket's error queue. An sk_rcvbuf of 0 keeps it empty. */
	sk->sk_rcvbuf = 0;
	/* Free the packets that the socket received before inet_ctl_sock_create() unhashed it. */
	skb_queue_purge(&sk->sk_receive_queue);
	if (index == ICMPECHO_BROADCAST)
		sock_set_flag(sk, SOCK_BROADCAST);
	session_own_socket(s, sk, file);
	/*
	 * The BPF programs of the opener's cgroup may refuse the socket, or bind it to an
	 * interface, as "ip vrf exec" does. The kernel does not run them for kernel sockets, so
	 * run them here.
	 */
	return family->init_tx(sk, df) ?: BPF_CGROUP_RUN_PROG_INET_SOCK(sk);
}

/* Free a session, also an incomplete one. Runs in a worker, after an RCU grace period. */
static void session_free(struct work_struct *work)
{
	struct icmpecho_session *s =
		container_of(to_rcu_work(work), struct icmpecho_session, free_work);
	struct eventfd_ctx *eventfd = rcu_dereference_protected(s->eventfd, 1);
	unsigned int i;

	/*
	 * inet_ctl_sock_destroy() clears sk_wq, which points to s->wq. Code that has read sk_wq
	 * before is under RCU, and kfree_rcu() below keeps s->wq until it is done.
	 */
	for (i = 0; i < 2 * ICMPECHO_NR_TX; i++) {
		if (s->tx[i / 2][i % 2])
			inet_ctl_sock_destroy(s->tx[i / 2][i % 2]);
	}
	pace_exit(&s->pacer);
	if (eventfd)
		eventfd_ctx_put(eventfd);
	if (s->identities && identities_put(s->ns, s->identities))
		destinations_reclaim(s->ns, s->user);
	if (s->user)
		user_put(s->user);
	if (s->ns)
		netns_put(s->ns);
	kfree_rcu(s, rcu);
}

static struct icmpecho_session *session_alloc(void)
{
	struct icmpecho_session *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	refcount_set(&s->ref, 1);
	spin_lock_init(&s->lock);
	INIT_LIST_HEAD(&s->inflight);
	INIT_LIST_HEAD(&s->done);
	INIT_LIST_HEAD(&s->waited);
	init_waitqueue_head(&s->wq.wait);
	pace_init(&s->pacer, &s->wq.wait);
	mutex_init(&s->reap_mutex);
	mutex_init(&s->cancel_mutex);
	INIT_RCU_WORK(&s->free_work, session_free);
	s->max_requests = READ_ONCE(max_requests);
	return s;
}

static int session_setup(struct icmpecho_session *s, struct file *file)
{
	struct icmpecho_netns *ns;
	unsigned int i;
	int err = 0;

	s->user = user_get(file->f_cred);
	if (!s->user)
		return -ENOMEM;
	ns = netns_get(current->nsproxy->net_ns);
	if (IS_ERR(ns))
		return PTR_ERR(ns);
	s->ns = ns;
	s->identities = identities_get(s->ns, s->user);
	if (!s->identities)
		return -ENOMEM;
	/* current is the opener. Opening needs no capability, so do not audit its lack. */
	s->privileged = ns_capable_noaudit(s->ns->net->user_ns, CAP_NET_RAW);
	for (i = 0; i < 2 * ICMPECHO_NR_TX && !err; i++)
		err = session_open_tx(s, i / 2, i % 2, file);
	return err;
}

/*
 * ->open(). Opens the send sockets in the opener's context, so that they get its cgroup, uid and
 * network namespace.
 */
static int session_open(struct inode *inode, struct file *file)
{
	struct icmpecho_session *s = session_alloc();
	int err;

	if (!s)
		return -ENOMEM;
	err = session_setup(s, file);
	if (err) {
		session_disown_sockets(s);
		session_put(s, 1);
		return err;
	}
	user_add_session(s);
	file->private_data = s;
	return nonseekable_open(inode, file);
}

/*
 * Get the first request on @queue before @end, with a new reference, or NULL if there is none.
 * Moves it to the end of @queue or, if @s is closed, off @queue. *@completed says whether its
 * completion has been delivered.
 */
static struct icmpecho_request *session_next(struct icmpecho_session *s, struct list_head *queue,
					     struct list_head *end, bool *completed)
{
	struct icmpecho_request *req = NULL;

	spin_lock_bh(&s->lock);
	if (queue->next != end) {
		req = list_first_entry(queue, struct icmpecho_request, node);
		if (s->closed)
			list_del_init(&req->node);
		else
			list_move_tail(&req->node, queue);
		refcount_inc(&req->ref);
		*completed = req->completed;
	}
	spin_unlock_bh(&s->lock);
	return req;
}

/*
 * Cancel the requests on @queue before @end. If @s is closed, also drop the queue's references;
 * whoever has claimed a request drops that one. Else stop early if the caller is killed. Returns
 * how many requests it cancelled.
 */
static int session_cancel_queue(struct icmpecho_session *s, struct list_head *queue,
				struct list_head *end)
{
	struct icmpecho_request *req;
	int cancelled = 0;
	bool completed;

	while ((s->closed || !fatal_signal_pending(current)) &&
	       (req = session_next(s, queue, end, &completed))) {
		if (!completed)
			cancelled += request_cancel(req);
		else if (s->closed)
			request_put(req);
		request_put(req);
		cond_resched();
	}
	return cancelled;
}

/* ->release(): no ioctl of the session runs any more, or will. Cancels and drops all requests. */
static int session_release(struct inode *inode, struct file *file)
{
	struct icmpecho_session *s = file->private_data;

	spin_lock_bh(&s->lock);
	s->closed = true;
	spin_unlock_bh(&s->lock);

	session_disown_sockets(s);
	user_del_session(s);
	cache_reclaim(s);
	session_cancel_queue(s, &s->inflight, &s->inflight);
	session_cancel_queue(s, &s->waited, &s->waited);
	session_cancel_queue(s, &s->done, &s->done);
	session_put(s, 1);
	return 0;
}

/* Cancel the request of @s whose id is @id. Returns 1, or -ENOENT if none is in flight. */
static int session_cancel(struct icmpecho_session *s, u64 id)
{
	struct icmpecho_request *req = table_find(s, id);
	bool cancelled;

	if (!req)
		return -ENOENT;
	cancelled = request_cancel(req);
	request_put(req);
	return cancelled ? 1 : -ENOENT;
}

/*
 * Cancel the requests that are on @queue now. The entry @fence at the end of @queue separates them
 * from requests submitted meanwhile. session_next() moves each request to the end, whatever its
 * state, so the loop ends when @fence is the first entry.
 */
static int session_cancel_to_fence(struct icmpecho_session *s, struct list_head *queue)
{
	struct list_head fence;
	int cancelled;

	lockdep_assert_held(&s->cancel_mutex);
	spin_lock_bh(&s->lock);
	list_add_tail(&fence, queue);
	spin_unlock_bh(&s->lock);

	cancelled = session_cancel_queue(s, queue, &fence);

	spin_lock_bh(&s->lock);
	list_del(&fence);
	spin_unlock_bh(&s->lock);
	return cancelled;
}

/*
 * Cancel all requests of @s. Returns how many it cancelled, not all if the caller was killed
 * meanwhile, or -EINTR if killed while it waited for s->cancel_mutex. Sleeps.
 */
static int session_cancel_all(struct icmpecho_session *s)
{
	int cancelled;

	if (mutex_lock_killable(&s->cancel_mutex))
		return -EINTR;
	cancelled = session_cancel_to_fence(s, &s->inflight) +
		    session_cancel_to_fence(s, &s->waited);
	mutex_unlock(&s->cancel_mutex);
	return cancelled;
}

static bool session_is_writable(struct icmpecho_session *s)
{
	unsigned int i;

	if (READ_ONCE(s->nr_requests) >= s->max_requests)
		return false;
	for (i = 0; i < 2 * ICMPECHO_NR_TX; i++) {
		struct sock *sk = s->tx[i / 2][i % 2];

		if (sk && !sock_writeable(sk))
			return false;
	}
	return pace_ready(&s->pacer);
}

/*
 * ->poll(): EPOLLIN if REAP would find a completion. EPOLLOUT if the limit of requests, the send
 * buffers and the pacer all allow another request.
 */
static __poll_t session_poll(struct file *file, struct poll_table_struct *wait)
{
	struct icmpecho_session *s = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &s->wq.wait, wait);
	if (READ_ONCE(s->nr_done))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (session_is_writable(s))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/*
 * Replace the eventfd of @s by @eventfd, or by none if @eventfd is NULL. Takes over the caller's
 * reference to @eventfd. Sleeps.
 */
static void session_set_eventfd(struct icmpecho_session *s, struct eventfd_ctx *eventfd)
{
	spin_lock_bh(&s->lock);
	eventfd = rcu_replace_pointer(s->eventfd, eventfd, lockdep_is_held(&s->lock));
	spin_unlock_bh(&s->lock);
	if (!eventfd)
		return;
	/* queue_notify() in another context may still signal the old eventfd under RCU. */
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

/*
 * ->show_fdinfo(). The drop counters are those of the whole network namespace: a dropped packet is
 * not attributed to a session.
 */
static void session_show(struct seq_file *m, struct file *file)
{
	struct icmpecho_session *s = file->private_data;
	u64 outcomes[ICMPECHO_NR_OUTCOMES];
	u32 requests, inflight;
	int i;

	spin_lock_bh(&s->lock);
	requests = s->nr_requests;
	inflight = s->nr_inflight;
	memcpy(outcomes, s->outcomes, sizeof(outcomes));
	spin_unlock_bh(&s->lock);

	seq_printf(m, "netns:\t%u\n", s->ns->net->ns.inum);
	seq_printf(m, "in_flight:\t%u\n", inflight);
	seq_printf(m, "unreaped:\t%u\n", requests - inflight);
	seq_printf(m, "max_requests:\t%u\n", s->max_requests);
	seq_printf(m, "pace_interval_ns:\t%llu\n", READ_ONCE(s->pacer.interval_ns));
	seq_printf(m, "user_bytes:\t%ld\n", atomic_long_read(&s->user->bytes));
	seq_printf(m, "user_cached_bytes:\t%ld\n", atomic_long_read(&s->user->cached));
	seq_printf(m, "max_user_bytes:\t%lu\n", READ_ONCE(max_user_bytes));
	for (i = 0; i < ICMPECHO_NR_OUTCOMES; i++)
		seq_printf(m, "%s:\t%llu\n", outcome_names[i], outcomes[i]);
	for (i = 0; i < ICMPECHO_NR_DROPS; i++)
		seq_printf(m, "%s:\t%llu\n", drop_names[i], netns_drops(s->ns, i));
}
