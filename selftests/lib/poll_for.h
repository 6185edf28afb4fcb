/* SPDX-License-Identifier: GPL-2.0 */
/* To be woken by what one waits for. */
#ifndef POLL_FOR_H
#define POLL_FOR_H

#include <poll.h>

#include "icmpecho_test.h"

/*
 * The events of @events that @fd has now, or wakes a poller for within @ms milliseconds; 0 for
 * none. When its time is over, poll() looks once more by itself, and finds what came in the
 * meantime though nobody was woken: that does not count.
 */
static inline short poll_for(int fd, short events, int ms)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	__u64 begin = now_ns();

	if (poll(&pollfd, 1, ms) != 1)
		return 0;
	return ms && now_ns() - begin >= ms * NS_PER_MS ? 0 : pollfd.revents;
}

#endif /* POLL_FOR_H */
