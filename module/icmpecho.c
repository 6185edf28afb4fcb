// SPDX-License-Identifier: GPL-2.0
/*
 * The module: its files, callees first (icmpecho.h is their map), its start and its end.
 */
#include <linux/module.h>
#include <linux/tracepoint.h>

#define CREATE_TRACE_POINTS
#include "trace.h"
/* trace.h defines it anew. */
#undef CREATE_TRACE_POINTS

#include "pace.c"
#include "quota.c"
#include "destination.c"
#include "table.c"
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
 * All files are closed, but softirq may still be completing their last requests, and RCU
 * and the worker free sessions. Each step waits for what could start something of a later
 * step. These outside the module could lead back to its text or data, and do not:
 *
 *	file operations	an open file holds the module; chrdev_exit()
 *	shrinker	icmpecho_shrinker_remove() waits for it
 *	shard timers	table_stop()
 *	pacers' timers	each is cancelled by session_free()
 *	softirq		holds requests under RCU: synchronize_net()
 *	RCU callbacks	those that queue work: rcu_barrier(); kfree_rcu() is not ours
 *	work		destroy_workqueue() finishes it: all sessions are freed and, with the
 *			last of each namespace, its receive sockets
 *	sk_data_ready	of a receive socket: restored, then synchronize_net()
 *	send sockets	live on with packets that wait for a neighbour, a queue or a driver,
 *			but hold nothing of ours: neither function nor data
 *	packets		have destructors of the kernel, not ours
 *	routes		cached ones are references of ours, dropped with the sockets
 *	namespaces	unregister_pernet_subsys()
 *	constructors	the cache of requests is destroyed last
 *	tracepoints	tracepoint_synchronize_unregister()
 *	parameters	the module loader's
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
