// SPDX-License-Identifier: GPL-2.0
/*
 * What we keep in a network namespace: the receive sockets, one for each address
 * family, there only while somebody has the device open in it, since each raw
 * socket is handed a copy of every ICMP packet.
 *
 * They are made by a worker, with root's credentials and in the root cgroup:
 * otherwise the first opener's cgroup would decide by its filters what everybody
 * else receives.
 */
#include <linux/net.h>
#include <linux/random.h>
#include <net/netns/generic.h>

#include "icmpecho.h"
#include "trace.h"

/* Bytes of received packets that may wait; they wait for no user. */
#define RX_BUFFER	(4 << 20)

static unsigned int net_id;

/**
 * icmpecho_net_has_device - is there an interface with this index?
 * @in: the namespace
 * @ifindex: the index
 *
 * Return: true if there is.
 */
bool icmpecho_net_has_device(struct icmpecho_net *in, u32 ifindex)
{
	bool found;

	rcu_read_lock();
	found = dev_get_by_index_rcu(in->net, ifindex);
	rcu_read_unlock();
	return found;
}

/**
 * icmpecho_net_drop - count a packet that completes no request
 * @in: the namespace
 * @reason: why
 *
 * Softirq.
 */
void icmpecho_net_drop(struct icmpecho_net *in, enum icmpecho_drop reason)
{
	this_cpu_inc(in->stats->drops[reason]);
	trace_icmpecho_drop(in->net, reason);
}

/**
 * icmpecho_net_drops - how many packets completed no request
 * @in: the namespace
 * @reason: for this reason
 *
 * Return: the number since the namespace was made.
 */
u64 icmpecho_net_drops(struct icmpecho_net *in, enum icmpecho_drop reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(in->stats, cpu)->drops[reason]);
	return sum;
}

/*
 * Softirq, for a loopback destination inside the sender's own call; several CPUs
 * may be here for the same socket. Packets are looked at and freed: none waits
 * for a user, who would keep the socket's buffer from the others.
 */
static void net_data_ready(struct sock *sk)
{
	const struct icmpecho_family *family;
	struct icmpecho_net *in;
	struct sk_buff *skb;

	rcu_read_lock();
	in = rcu_dereference_sk_user_data(sk);
	if (in) {
		family = icmpecho_family_find(sk->sk_family);
		while (!skb_queue_empty_lockless(&sk->sk_receive_queue) &&
		       (skb = skb_dequeue(&sk->sk_receive_queue))) {
			icmpecho_wire_receive(in, family, skb);
			consume_skb(skb);
		}
	}
	rcu_read_unlock();
}

static int rx_open(struct icmpecho_net *in,
		   const struct icmpecho_family *family)
{
	struct socket *sock;
	struct sock *sk;
	int err;

	err = family->open_rx(in->net, &sock);
	if (err)
		return err;

	sk = sock->sk;
	sock_set_rcvbuf(sk, RX_BUFFER);
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, in);
	in->rx[family->index].data_ready = sk->sk_data_ready;
	sk->sk_data_ready = net_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	/* What came before answers nothing that we sent. */
	skb_queue_purge(&sk->sk_receive_queue);
	in->rx[family->index].sock = sock;
	return 0;
}

/*
 * Nothing calls net_data_ready() from here on: whoever has just read where it is
 * does so under RCU, and may go on until the caller's synchronize_net().
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

static void net_close(struct icmpecho_net *in)
{
	unsigned int i;

	for (i = 0; i < ICMPECHO_NR_FAMILIES; i++)
		rx_close(&in->rx[i]);
	synchronize_net();
	net_disable_timestamp();
	icmpecho_numbers_free_idle(in);
	icmpecho_dests_free(in->dests);
	in->dests = NULL;
}

/* A host without one of the families does without it. */
static int net_open(struct icmpecho_net *in)
{
	unsigned int i;
	int err;

	in->dests = icmpecho_dests_alloc();
	if (!in->dests)
		return -ENOMEM;
	net_enable_timestamp();
	for (i = 0; i < ICMPECHO_NR_FAMILIES; i++) {
		err = rx_open(in, icmpecho_families[i]);
		if (err && err != -EAFNOSUPPORT) {
			net_close(in);
			return err;
		}
	}
	return 0;
}

struct open_work {
	struct work_struct work;
	struct icmpecho_net *in;
	int err;
};

static void net_open_work(struct work_struct *work)
{
	struct open_work *open = container_of(work, struct open_work, work);

	open->err = net_open(open->in);
}

static int net_open_as_root(struct icmpecho_net *in)
{
	struct open_work open = { .in = in };

	INIT_WORK_ONSTACK(&open.work, net_open_work);
	queue_work(icmpecho_wq, &open.work);
	flush_work(&open.work);
	destroy_work_on_stack(&open.work);
	return open.err;
}

/**
 * icmpecho_net_get - use a namespace
 * @net: the namespace; its reference passes to the result
 *
 * Process context, sleeps. Under the mutex everybody waits for the worker, which
 * nobody's cgroup holds up, and for nothing else.
 *
 * Return: our part of it, to be released by icmpecho_net_put(), or ERR_PTR(),
 * which is -EINTR if the caller is being killed; then the caller keeps the
 * reference.
 */
struct icmpecho_net *icmpecho_net_get(struct net *net)
{
	struct icmpecho_net *in = net_generic(net, net_id);
	int err;

	err = mutex_lock_killable(&in->mutex);
	if (err)
		return ERR_PTR(err);
	if (!in->users)
		err = net_open_as_root(in);
	if (!err)
		in->users++;
	mutex_unlock(&in->mutex);
	return err ? ERR_PTR(err) : in;
}

/**
 * icmpecho_net_put - release a namespace
 * @in: our part of it
 *
 * Process context, sleeps. The last one closes the receive sockets; it must not
 * be called from the opener's context for that, but from a worker.
 */
void icmpecho_net_put(struct icmpecho_net *in)
{
	struct net *net = in->net;

	mutex_lock(&in->mutex);
	if (!--in->users)
		net_close(in);
	mutex_unlock(&in->mutex);
	put_net(net);
}

static int __net_init net_init(struct net *net)
{
	struct icmpecho_net *in = net_generic(net, net_id);

	in->net = net;
	mutex_init(&in->mutex);
	get_random_bytes(&in->key, sizeof(in->key));
	in->stats = alloc_percpu(struct icmpecho_net_stats);
	return in->stats ? 0 : -ENOMEM;
}

static void __net_exit net_exit(struct net *net)
{
	struct icmpecho_net *in = net_generic(net, net_id);

	/* Each session holds a reference of the namespace. */
	WARN_ON_ONCE(in->users);
	free_percpu(in->stats);
}

static struct pernet_operations net_ops = {
	.init	= net_init,
	.exit	= net_exit,
	.id	= &net_id,
	.size	= sizeof(struct icmpecho_net),
};

/**
 * icmpecho_netns_init - be part of every network namespace
 *
 * Return: 0 or a negative errno.
 */
int icmpecho_netns_init(void)
{
	return register_pernet_subsys(&net_ops);
}

/**
 * icmpecho_netns_exit - leave all network namespaces
 */
void icmpecho_netns_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
