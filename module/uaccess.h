/* SPDX-License-Identifier: GPL-2.0 */
/* Little things to and from user memory, word by word. */
#ifndef ICMPECHO_USER_H
#define ICMPECHO_USER_H

#include <linux/uaccess.h>

/* Up to this size, word by word is the fastest way. */
#define USER_SMALL	128

/*
 * Words to and from user memory, without what copy_to_user() and its like do for
 * blocks of any size. They unroll where @n is constant.
 */
static __always_inline int user_get_words(u64 *to, const u64 __user *from, size_t n)
{
	size_t i;

	if (!user_read_access_begin(from, n * sizeof(*to)))
		return -EFAULT;
#pragma GCC unroll 16
	for (i = 0; i < n; i++)
		unsafe_get_user(to[i], from + i, efault);
	user_read_access_end();
	return 0;

efault:
	user_read_access_end();
	return -EFAULT;
}

static __always_inline int user_put_words(u64 __user *to, const u64 *from, size_t n)
{
	size_t i;

	if (!user_write_access_begin(to, n * sizeof(*from)))
		return -EFAULT;
#pragma GCC unroll 16
	for (i = 0; i < n; i++)
		unsafe_put_user(from[i], to + i, efault);
	user_write_access_end();
	return 0;

efault:
	user_write_access_end();
	return -EFAULT;
}

/* The payload of most: of ping's, and of whoever takes after it */
#define USER_USUAL	56

/* @len is such that user_is_words(); the usual one needs no loop. */
static inline int user_get_small(u64 *to, const u64 __user *from, size_t len)
{
	if (len == USER_USUAL)
		return user_get_words(to, from, USER_USUAL / sizeof(*to));
	return user_get_words(to, from, len / sizeof(*to));
}

static inline int user_put_small(u64 __user *to, const u64 *from, size_t len)
{
	if (len == USER_USUAL)
		return user_put_words(to, from, USER_USUAL / sizeof(*from));
	return user_put_words(to, from, len / sizeof(*from));
}

/* Is this little, whole words, and aligned as they are? */
static inline bool user_is_words(const void __user *at, size_t len)
{
	return !(((unsigned long)at | len) % sizeof(u64)) && len <= USER_SMALL;
}

#endif /* ICMPECHO_USER_H */
