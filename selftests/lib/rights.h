/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The right that some requests need, CAP_NET_RAW, of the calling thread. Given
 * up while still permitted, it can be taken back; given up for good, it cannot.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netns.h"

static inline void capset_net_raw(bool effective, bool permitted)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	__u32 raw = 1U << CAP_NET_RAW;

	if (syscall(SYS_capget, &header, data))
		die("capget");
	data[0].effective = (data[0].effective & ~raw) | (effective ? raw : 0);
	if (!permitted)
		data[0].permitted &= ~raw;
	if (syscall(SYS_capset, &header, data))
		die("capset");
}

#endif /* RIGHTS_H */
