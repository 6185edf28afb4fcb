/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernels, each named by what it can do. The rest of the
 * module tests no version.
 */
#ifndef ICMPECHO_COMPAT_H
#define ICMPECHO_COMPAT_H

#include <linux/eventfd.h>
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

#endif /* ICMPECHO_COMPAT_H */
