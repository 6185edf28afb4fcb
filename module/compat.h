/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wrappers for what differs between kernel versions. The script module/capabilities examines the
 * headers of the kernel that the module is built for, and defines ICMPECHO_HAS_* accordingly.
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

/*
 * Add @n to the counter of @ctx. Since Linux 6.8, eventfd_signal() adds only 1, so it is called @n
 * times, and wakes the waiters each time.
 */
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

/* Set up @timer for absolute times of CLOCK_MONOTONIC; @expire runs in hardirq. */
static inline void icmpecho_timer_setup(struct hrtimer *timer,
					enum hrtimer_restart (*expire)(struct hrtimer *))
{
#ifdef ICMPECHO_HAS_HRTIMER_SETUP
	hrtimer_setup(timer, expire, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	timer->function = expire;
#endif
}

/*
 * Returns the cookie to give to ip6_datagram_send_ctl(), which then sets the members that control
 * messages ask for. All other members mean "not set": unlike ipcm6_init_sk(), this copies no
 * defaults from a socket.
 */
static inline struct ipcm6_cookie icmpecho_ipcm6(void)
{
	return (struct ipcm6_cookie){ .hlimit = -1, .tclass = -1, .dontfrag = -1 };
}

#if IS_ENABLED(CONFIG_IPV6)
/*
 * Count an IPv6 packet before ip6_local_out(), as ip6_xmit() does. Newer kernels count only the
 * request (OUTREQUESTS) here, and the octets where the packet leaves.
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

/* A counter of changes to the IPv6 addresses of @net; 0 without CONFIG_IPV6 */
static inline u32 icmpecho_addr6_generation(const struct net *net)
{
#if IS_ENABLED(CONFIG_IPV6)
	return atomic_read(&net->ipv6.dev_addr_genid);
#else
	return 0;
#endif
}

/* The table of IPv6 neighbours. NULL without CONFIG_IPV6: then no route has an IPv6 next hop. */
static inline struct neigh_table *icmpecho_neigh6_table(void)
{
#if IS_ENABLED(CONFIG_IPV6)
	return &nd_tbl;
#else
	return NULL;
#endif
}

/* The IPv6 neighbour @addr on @dev, without a reference, or NULL. Caller is under RCU. */
static inline struct neighbour *icmpecho_neigh6(struct net_device *dev, const void *addr)
{
#if IS_ENABLED(CONFIG_IPV6)
	return __ipv6_neigh_lookup_noref(dev, addr);
#else
	return NULL;
#endif
}

/*
 * Copy @src, of @ksize bytes, to @dst in user memory, but @usize bytes at most. If @usize is
 * larger than @ksize, zero the rest of @dst. Returns 0 or -EFAULT. Newer kernels (6.13) have
 * copy_struct_to_user() for this.
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
 * Convert @time_ns from CLOCK_MONOTONIC of the caller's time namespace to the clock of
 * ktime_get(). Returns 0 or U64_MAX if the result is out of range. timens_ktime_to_host() does the
 * same, but calls a function that is not exported to modules. The offset is not converted by
 * timespec64_to_ns(), which takes negative seconds for a time out of range in old kernels (5.10).
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

/* Since 6.7 shrinkers are allocated by shrinker_alloc(); since 6.0 they have a name. */
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
