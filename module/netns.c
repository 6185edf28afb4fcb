// SPDX-License-Identifier: GPL-2.0
/*
 * The module's part of a network namespace: the receive sockets, one for each address family. They
 * exist only while the device is open in the namespace, since each received ICMP packet is cloned
 * for every raw socket.
 *
 * A worker opens the receive sockets, with root's credentials and in the root cgroup. Otherwise
 * the filters of the first opener's cgroup would decide what all sessions receive.
 */
#include <linux/random.h>
#include <net/netns/generic.h>

#include "icmpecho.h"
#include "trace.h"

/*
 * SO_RCVBUF of a receive socket. netns_data_ready() handles packets at once: none waits for a user
 * to read it.
 */
#define RX_BUFFER	(4 << 20)

static unsigned int net_id;

/* Count and trace a received packet that no request takes as an answer. Softirq. */
static void netns_drop(struct icmpecho_netns *ns, enum icmpecho_drop reason)
{
	this_cpu_inc(ns->drops[reason]);
	trace_icmpecho_drop(ns->net, reason);
}

static u64 netns_drops(struct icmpecho_netns *ns, enum icmpecho_drop reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(ns->drops, cpu)[reason]);
	return sum;
}

/*
 * Give @skb to the request that it answers. If there is none, count the reason, except for
 * ICMPECHO_IGNORE. Softirq.
 */
static void netns_receive(struct icmpecho_rx *rx, struct sk_buff *skb)
{
	const struct icmpecho_family *family = rx->family;
	struct icmpecho_parsed p = { };
	struct icmpecho_request *req;
	enum icmpecho_verdict verdict;
	enum icmpecho_drop why;

	verdict = family->parse(skb, &p);
	if (verdict == ICMPECHO_IGNORE)
		return;
	if (verdict == ICMPECHO_MALFORMED) {
		netns_drop(rx->ns, ICMPECHO_DROP_MALFORMED);
		return;
	}
	if (family->checksum_good && !family->checksum_good(skb, &p)) {
		netns_drop(rx->ns, ICMPECHO_DROP_CHECKSUM);
		return;
	}
	req = table_match(rx, &p, &why);
	if (!req)
		netns_drop(rx->ns, why);
	else if (!request_answer(req, &p, skb))
		netns_drop(rx->ns, ICMPECHO_DROP_LATE);
}

/*
 * sk_data_ready of the receive sockets. Softirq; for a local destination it may run before the
 * send returns. Several CPUs may run it for the same socket. It handles and frees each received
 * packet at once: all users share the receive buffer, and packets that waited for one user would
 * take space from the others.
 */
static void netns_data_ready(struct sock *sk)
{
	struct icmpecho_rx *rx;
	struct sk_buff *skb;

	rcu_read_lock();
	rx = rcu_dereference_sk_user_data(sk);
	if (rx) {
		while (!skb_queue_empty_lockless(&sk->sk_receive_queue) &&
		       (skb = skb_dequeue(&sk->sk_receive_queue))) {
			netns_receive(rx, skb);
			consume_skb(skb);
		}
	}
	rcu_read_unlock();
}

static int rx_open(struct icmpecho_rx *rx)
{
	const struct icmpecho_family *family = rx->family;
	struct socket *sock;
	struct sock *sk;
	int err;

	if (!family->init_rx)
		return -EAFNOSUPPORT;
	err = sock_create_kern(rx->ns->net, family->family, SOCK_RAW, family->protocol, &sock);
	if (err)
		return err;
	err = family->init_rx(sock);
	if (err) {
		sock_release(sock);
		return err;
	}

	sk = sock->sk;
	sock_set_rcvbuf(sk, RX_BUFFER);
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, rx);
	rx->data_ready = sk->sk_data_ready;
	sk->sk_data_ready = netns_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	/* Drop packets queued before sk_data_ready was set. No request was in flight for them. */
	skb_queue_purge(&sk->sk_receive_queue);
	rx->sock = sock;
	return 0;
}

/*
 * Close the receive socket of @rx. A CPU that has read sk_data_ready before the close, under
 * RCU, may still run netns_data_ready(). So the caller calls synchronize_net() next.
 */
static void rx_close(struct icmpecho_rx *rx)
{
	struct sock *sk;

	if (!rx->sock)
		return;
	sk = rx->sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, NULL);
	WRITE_ONCE(sk->sk_data_ready, rx->data_ready);
	write_unlock_bh(&sk->sk_callback_lock);
	sock_release(rx->sock);
	rx->sock = NULL;
}

static void netns_close(struct icmpecho_netns *ns)
{
	unsigned int i;

	for (i = 0; i < ICMPECHO_NR_FAMILIES; i++)
		rx_close(&ns->rx[i]);
	synchronize_net();
	net_disable_timestamp();
	kfree(ns->destinations);
	ns->destinations = NULL;
}

/*
 * Open the receive sockets of @ns, for the address families that the host has, and allocate its
 * table of destinations. Returns 0 or an errno.
 */
static int netns_open(struct icmpecho_netns *ns)
{
	unsigned int i;
	int err;

	ns->destinations = kcalloc(NR_PAGES, sizeof(*ns->destinations), GFP_KERNEL);
	if (!ns->destinations)
		return -ENOMEM;
	net_enable_timestamp();
	for (i = 0; i < ICMPECHO_NR_FAMILIES; i++) {
		err = rx_open(&ns->rx[i]);
		if (err && err != -EAFNOSUPPORT) {
			netns_close(ns);
			return err;
		}
	}
	return 0;
}

struct open_work {
	struct work_struct work;
	struct icmpecho_netns *ns;
	int err;
};

static void netns_open_work(struct work_struct *work)
{
	struct open_work *open = container_of(work, struct open_work, work);

	open->err = netns_open(open->ns);
}

static int netns_open_as_root(struct icmpecho_netns *ns)
{
	struct open_work open = { .ns = ns };

	INIT_WORK_ONSTACK(&open.work, netns_open_work);
	queue_work(icmpecho_wq, &open.work);
	flush_work(&open.work);
	destroy_work_on_stack(&open.work);
	return open.err;
}

/*
 * Get the module's part of @net for a session, with a reference of @net. Returns ERR_PTR(-EINTR)
 * if the task is killed while it waits for ns->mutex, or an error of netns_open(). Process
 * context, sleeps. Under ns->mutex it waits only for the worker, which no user's cgroup can delay.
 */
static struct icmpecho_netns *netns_get(struct net *net)
{
	struct icmpecho_netns *ns = net_generic(net, net_id);
	int err;

	err = mutex_lock_killable(&ns->mutex);
	if (err)
		return ERR_PTR(err);
	if (!ns->sessions)
		err = netns_open_as_root(ns);
	if (!err)
		ns->sessions++;
	mutex_unlock(&ns->mutex);
	if (err)
		return ERR_PTR(err);
	get_net(net);
	return ns;
}

/*
 * A session is freed: drop its reference of the namespace. The last session closes the receive
 * sockets. Called by a worker: the cgroup of a user's task could delay the close under ns->mutex.
 */
static void netns_put(struct icmpecho_netns *ns)
{
	struct net *net = ns->net;

	mutex_lock(&ns->mutex);
	if (!--ns->sessions)
		netns_close(ns);
	mutex_unlock(&ns->mutex);
	put_net(net);
}

static int __net_init netns_net_init(struct net *net)
{
	struct icmpecho_netns *ns = net_generic(net, net_id);
	unsigned int i;

	ns->net = net;
	mutex_init(&ns->mutex);
	for (i = 0; i < ICMPECHO_NR_FAMILIES; i++) {
		ns->rx[i].ns = ns;
		ns->rx[i].family = families[i];
	}
	get_random_bytes(&ns->key, sizeof(ns->key));
	ns->drops = __alloc_percpu(ICMPECHO_NR_DROPS * sizeof(u64), sizeof(u64));
	return ns->drops ? 0 : -ENOMEM;
}

static void __net_exit netns_net_exit(struct net *net)
{
	struct icmpecho_netns *ns = net_generic(net, net_id);

	/* Each session holds a reference of the namespace, so none can exist now. */
	WARN_ON_ONCE(ns->sessions);
	identities_free_idle(ns);
	free_percpu(ns->drops);
}

static struct pernet_operations netns_ops = {
	.init	= netns_net_init,
	.exit	= netns_net_exit,
	.id	= &net_id,
	.size	= sizeof(struct icmpecho_netns),
};
