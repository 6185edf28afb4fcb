// SPDX-License-Identifier: GPL-2.0
/*
 * The module: parameters, start and end.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/tracepoint.h>

#include "icmpecho.h"

/* Makes receive sockets and tears down sessions: both sleep. */
struct workqueue_struct *icmpecho_wq;

unsigned int icmpecho_max_requests = 65536;

/* A session that may hold none could do nothing, nor say why. */
static int set_max_requests(const char *text, const struct kernel_param *param)
{
	unsigned int n;
	int err = kstrtouint(text, 0, &n);

	if (err)
		return err;
	if (!n)
		return -EINVAL;
	WRITE_ONCE(icmpecho_max_requests, n);
	return 0;
}

static const struct kernel_param_ops max_requests_ops = {
	.set	= set_max_requests,
	.get	= param_get_uint,
};
module_param_cb(max_requests, &max_requests_ops, &icmpecho_max_requests, 0644);
__MODULE_PARM_TYPE(max_requests, "uint");
MODULE_PARM_DESC(max_requests,
		 "requests that a session may have in flight and unreaped, for sessions opened from now on (default 65536, at least 1)");

unsigned long icmpecho_max_user_bytes = 128UL << 20;

/* Nor could a user who may not hold one request with the longest reply. */
static int set_max_user_bytes(const char *text, const struct kernel_param *param)
{
	unsigned long bytes;
	int err = kstrtoul(text, 0, &bytes);

	if (err)
		return err;
	if (bytes < sizeof(struct icmpecho_request) + ICMPECHO_MAX_OPTIONS + U16_MAX)
		return -EINVAL;
	WRITE_ONCE(icmpecho_max_user_bytes, bytes);
	return 0;
}

static const struct kernel_param_ops max_user_bytes_ops = {
	.set	= set_max_user_bytes,
	.get	= param_get_ulong,
};
module_param_cb(max_user_bytes, &max_user_bytes_ops, &icmpecho_max_user_bytes, 0644);
__MODULE_PARM_TYPE(max_user_bytes, "ulong");
MODULE_PARM_DESC(max_user_bytes,
		 "kernel memory that the requests of one user may take up (default 128 MiB, at least what one request with the longest reply does, 65 KiB)");

bool icmpecho_plain = true;
module_param_named(plain, icmpecho_plain, bool, 0644);
MODULE_PARM_DESC(plain,
		 "send ordinary requests straight to the IP layer, not through a socket: the same packets, faster (default Y)");

const struct icmpecho_family *const
icmpecho_families[ICMPECHO_NR_FAMILIES] = {
	[ICMPECHO_IPV4] = &icmpecho_icmp4,
	[ICMPECHO_IPV6] = &icmpecho_icmp6,
};

/**
 * icmpecho_family_find - find an address family
 * @family: AF_INET or AF_INET6
 *
 * Return: the family or NULL.
 */
const struct icmpecho_family *icmpecho_family_find(u16 family)
{
	unsigned int i;

	for (i = 0; i < ICMPECHO_NR_FAMILIES; i++) {
		if (icmpecho_families[i]->family == family)
			return icmpecho_families[i];
	}
	return NULL;
}

static int __init icmpecho_init(void)
{
	int err;

	icmpecho_wq = alloc_workqueue("icmpecho", WQ_UNBOUND, 0);
	if (!icmpecho_wq)
		return -ENOMEM;
	err = icmpecho_request_init();
	if (err)
		goto err_wq;
	err = icmpecho_table_init();
	if (err)
		goto err_request;
	err = icmpecho_netns_init();
	if (err)
		goto err_table;
	err = icmpecho_quota_init();
	if (err)
		goto err_netns;
	err = icmpecho_chrdev_init();
	if (err)
		goto err_quota;
	pr_info("icmpecho: ABI version %d\n", ICMPECHO_ABI_VERSION);
	return 0;

err_quota:
	icmpecho_quota_exit();
err_netns:
	icmpecho_netns_exit();
err_table:
	icmpecho_table_exit();
err_request:
	icmpecho_request_exit();
err_wq:
	destroy_workqueue(icmpecho_wq);
	return err;
}

/*
 * All files are closed, but softirq may still be completing their last requests,
 * and RCU and the worker tear sessions down. Each step waits for what could
 * start something of a later one. What outside the module could lead back to its
 * text or data, and why it does not:
 *
 *	file operations	an open file holds the module; icmpecho_chrdev_exit()
 *	shrinker	icmpecho_quota_exit() waits for it
 *	shard timers	icmpecho_table_stop()
 *	pacers' timers	a session's own, cancelled where it is torn down
 *	softirq		holds requests under RCU: synchronize_net()
 *	RCU callbacks	those that queue work: rcu_barrier(); kfree_rcu() is not ours
 *	work		destroy_workqueue() runs it to its end: all sessions and, with
 *			the last one of each namespace, its receive sockets are gone
 *	sk_data_ready	of a receive socket: put back, then synchronize_net()
 *	send sockets	live on with packets that wait for a neighbour, a queue or a
 *			driver, but hold nothing of ours: neither function nor data
 *	packets		have destructors of the kernel's, never ours
 *	routes		kept ones are references of ours, dropped with the sockets
 *	namespaces	icmpecho_netns_exit()
 *	constructors	the cache of requests goes with icmpecho_request_exit()
 *	tracepoints	tracepoint_synchronize_unregister()
 *	parameters	the module loader's
 */
static void __exit icmpecho_exit(void)
{
	icmpecho_chrdev_exit();
	icmpecho_quota_exit();
	icmpecho_table_stop();
	synchronize_net();
	rcu_barrier();
	destroy_workqueue(icmpecho_wq);
	icmpecho_netns_exit();
	icmpecho_table_exit();
	icmpecho_request_exit();
	tracepoint_synchronize_unregister();
}

module_init(icmpecho_init);
module_exit(icmpecho_exit);

MODULE_DESCRIPTION("Send ICMP echo requests and collect their answers");
MODULE_AUTHOR("The icmpecho authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(ICMPECHO_VERSION);
