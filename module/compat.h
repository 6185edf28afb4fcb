/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernels, each named by what it can do. The rest of the module
 * is the same for all of them. ICMPECHO_HAS_* are what module/capabilities has found in
 * the headers of the kernel that the module is built for.
 */
#ifndef ICMPECHO_COMPAT_H
#define ICMPECHO_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/overflow.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#include "capabilities.h"

/* Add to an eventfd. Newer kernels (6.8) add 1 at a time, and wake each time. */
static inline void icmpecho_eventfd_signal(struct eventfd_ctx *ctx,
					   unsigned int n)
{
#ifdef ICMPECHO_HAS_EVENTFD_COUNT
	eventfd_signal(ctx, n);
#else
	while (n--)
		eventfd_signal(ctx);
#endif
}

/* A timer of CLOCK_MONOTONIC with absolute times, which expires in softirq. */
static inline void icmpecho_timer_setup(struct hrtimer *timer,
					enum hrtimer_restart (*expire)(struct hrtimer *))
{
#ifdef ICMPECHO_HAS_HRTIMER_SETUP
	hrtimer_setup(timer, expire, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	timer->function = expire;
#endif
}

/* Control messages change this, where they say something; no socket's defaults are in it. */
static inline struct ipcm6_cookie icmpecho_ipcm6(void)
{
	return (struct ipcm6_cookie){ .hlimit = -1, .tclass = -1, .dontfrag = -1 };
}

#if IS_ENABLED(CONFIG_IPV6)
/*
 * Count a packet that goes to ip6_local_out(), as ip6_xmit() does. Newer kernels (6.8)
 * count what leaves, and its octets, where it leaves, and here only that there was one.
 */
static inline void icmpecho_count_out6(struct net *net, struct inet6_dev *idev,
				       unsigned int len)
{
#ifdef ICMPECHO_HAS_OUTREQUESTS
	IP6_INC_STATS(net, idev, IPSTATS_MIB_OUTREQUESTS);
#else
	IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_OUT, len);
#endif
}
#endif

/* Counts changes of the host's IPv6 addresses. */
static inline u32 icmpecho_addr6_generation(const struct net *net)
{
#if IS_ENABLED(CONFIG_IPV6)
	return atomic_read(&net->ipv6.dev_addr_genid);
#else
	return 0;
#endif
}

/* The table of IPv6 neighbours. Without IPv6 there is none, and no route asks for one. */
static inline struct neigh_table *icmpecho_neigh6_table(void)
{
#if IS_ENABLED(CONFIG_IPV6)
	return &nd_tbl;
#else
	return NULL;
#endif
}

/* An IPv6 neighbour, or NULL; under RCU */
static inline struct neighbour *icmpecho_neigh6(struct net_device *dev, const void *addr)
{
#if IS_ENABLED(CONFIG_IPV6)
	return __ipv6_neigh_lookup_noref(dev, addr);
#else
	return NULL;
#endif
}

/*
 * Copy as much of a structure as the caller knows, and zero the rest of the
 * caller's. Newer kernels (6.13) have copy_struct_to_user().
 */
static inline int icmpecho_copy_struct_to_user(void __user *dst, size_t usize,
					       const void *src, size_t ksize)
{
	size_t size = min(usize, ksize);

	if (copy_to_user(dst, src, size))
		return -EFAULT;
	if (clear_user(dst + size, usize - size))
		return -EFAULT;
	return 0;
}

/*
 * A time of CLOCK_MONOTONIC, as the caller's time namespace counts it, to that of
 * ktime_get(); a time out of range to the first or the last. timens_ktime_to_host()
 * does the same, but not for modules. timespec64_to_ns() of old kernels (5.10) takes
 * negative seconds for a time out of range.
 */
static inline u64 icmpecho_monotonic_to_host(u64 time_ns)
{
	struct timespec64 offset = { };
	u64 host_ns;
	s64 offset_ns;

	timens_add_monotonic(&offset);
	offset_ns = offset.tv_sec * NSEC_PER_SEC + offset.tv_nsec;
	if (offset_ns >= 0)
		return time_ns - min_t(u64, time_ns, offset_ns);
	if (check_add_overflow(time_ns, (u64)-offset_ns, &host_ns))
		return U64_MAX;
	return host_ns;
}

typedef unsigned long icmpecho_shrinker_fn(struct shrinker *shrinker,
					   struct shrink_control *sc);

/* Newer kernels allocate shrinkers (6.7), and give them a name (6.0). */
#ifdef ICMPECHO_HAS_SHRINKER_ALLOC

static inline struct shrinker *icmpecho_shrinker_add(const char *name,
						     icmpecho_shrinker_fn *count,
						     icmpecho_shrinker_fn *scan)
{
	struct shrinker *shrinker = shrinker_alloc(0, "%s", name);

	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker_register(shrinker);
	return shrinker;
}

static inline void icmpecho_shrinker_remove(struct shrinker *shrinker)
{
	shrinker_free(shrinker);
}

#else

#ifdef ICMPECHO_HAS_SHRINKER_NAME
#define icmpecho_register_shrinker(shrinker, name) \
	register_shrinker(shrinker, "%s", name)
#else
#define icmpecho_register_shrinker(shrinker, name) register_shrinker(shrinker)
#endif

static inline struct shrinker *icmpecho_shrinker_add(const char *name,
						     icmpecho_shrinker_fn *count,
						     icmpecho_shrinker_fn *scan)
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->seeks = DEFAULT_SEEKS;
	if (!icmpecho_register_shrinker(shrinker, name))
		return shrinker;
	kfree(shrinker);
	return NULL;
}

static inline void icmpecho_shrinker_remove(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}

#endif

#endif /* ICMPECHO_COMPAT_H */
