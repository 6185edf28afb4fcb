// SPDX-License-Identifier: GPL-2.0
/*
 * Includes all other .c files but parse4.c and parse6.c, callees first (icmpecho.h is their map),
 * and has the module's init and exit functions.
 */
#include <linux/module.h>
#include <linux/tracepoint.h>

#define CREATE_TRACE_POINTS
#include "trace.h"
/* <trace/define_trace.h>, which trace.h includes, has defined CREATE_TRACE_POINTS again. */
#undef CREATE_TRACE_POINTS

#include "quota.c"
#include "destination.c"
#include "table.c"
#include "pace.c"
#include "cache.c"
#include "queue.c"
#include "payload.c"
#include "xmit.c"
#include "fastpath4.c"
#include "icmp4.c"
#if IS_ENABLED(CONFIG_IPV6)
#include "fastpath6.c"
#include "icmp6.c"
#else
#include "noicmp6.c"
#endif
#include "request.c"
#include "netns.c"
#include "session.c"
#include "chrdev.c"

static int __init icmpecho_init(void)
{
	int err;

	icmpecho_wq = alloc_workqueue("icmpecho", WQ_UNBOUND, 0);
	if (!icmpecho_wq)
		return -ENOMEM;
	err = cache_init();
	if (err)
		goto err_wq;
	err = table_init();
	if (err)
		goto err_cache;
	err = register_pernet_subsys(&netns_ops);
	if (err)
		goto err_table;
	err = shrinker_init();
	if (err)
		goto err_netns;
	err = chrdev_init();
	if (err)
		goto err_shrinker;
	pr_info("icmpecho: ABI version %d\n", ICMPECHO_ABI_VERSION);
	return 0;

err_shrinker:
	icmpecho_shrinker_remove(cache_shrinker);
err_netns:
	unregister_pernet_subsys(&netns_ops);
err_table:
	table_exit();
err_cache:
	kmem_cache_destroy(request_cache);
err_wq:
	destroy_workqueue(icmpecho_wq);
	return err;
}

/*
 * All files of the device are closed. But softirq may still be completing their last requests,
 * and RCU callbacks and a worker may still be freeing their sessions. Each step below waits for
 * whatever could start work that a later step waits for. The list says what could still call the
 * module's functions or use its data, and what prevents it:
 *
 *	file operations	an open file holds the module; chrdev_exit() removes the device
 *	shrinker	icmpecho_shrinker_remove() waits for it
 *	shard timers	table_stop() cancels them, and waits for the work they have queued
 *	pacers' timers	session_free() cancels each, and the work it has queued
 *	softirq		uses requests under RCU: synchronize_net() waits for it
 *	RCU callbacks	rcu_barrier() waits for those that queue work; kfree_rcu() calls no
 *			function of ours
 *	work		destroy_workqueue() finishes it: all sessions are freed and, with the
 *			last of each namespace, its receive sockets
 *	sk_data_ready	netns_close() restores that of receive sockets, then synchronize_net()
 *	send sockets	live on with packets that wait for a neighbour, a queue or a driver,
 *			but hold nothing of ours: neither function nor data
 *	packets		have destructors of the kernel, not ours
 *	routes		cached ones are dropped by session_free() of a user's last session in
 *			a namespace
 *	namespaces	unregister_pernet_subsys() ends the calls of netns_ops
 *	constructors	of requests: kmem_cache_destroy() comes after all that allocates
 *	tracepoints	tracepoint_synchronize_unregister() waits for probes
 *	parameters	the module loader removes them
 */
static void __exit icmpecho_exit(void)
{
	chrdev_exit();
	icmpecho_shrinker_remove(cache_shrinker);
	table_stop();
	synchronize_net();
	rcu_barrier();
	destroy_workqueue(icmpecho_wq);
	unregister_pernet_subsys(&netns_ops);
	table_exit();
	kmem_cache_destroy(request_cache);
	tracepoint_synchronize_unregister();
}

module_init(icmpecho_init);
module_exit(icmpecho_exit);

MODULE_DESCRIPTION("Send ICMP echo requests and collect their answers");
MODULE_AUTHOR("The icmpecho authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(ICMPECHO_VERSION);
