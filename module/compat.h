/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernels, each named by what it can do. The rest of the
 * module tests no version.
 */
#ifndef ICMPECHO_COMPAT_H
#define ICMPECHO_COMPAT_H

#include <linux/eventfd.h>
#include <linux/overflow.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

/* The count argument went in 6.8. */
static inline void icmpecho_eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx, 1);
}

/*
 * Copy as much of a structure as the caller knows, and zero the rest of the
 * caller's. Kernels from 6.13 on have copy_struct_to_user().
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
 * does the same, but not for modules.
 */
static inline u64 icmpecho_monotonic_to_host(u64 time_ns)
{
	struct timespec64 offset = { };
	u64 host_ns;
	s64 offset_ns;

	timens_add_monotonic(&offset);
	offset_ns = timespec64_to_ns(&offset);
	if (offset_ns >= 0)
		return time_ns - min_t(u64, time_ns, offset_ns);
	if (check_add_overflow(time_ns, (u64)-offset_ns, &host_ns))
		return U64_MAX;
	return host_ns;
}

#endif /* ICMPECHO_COMPAT_H */
