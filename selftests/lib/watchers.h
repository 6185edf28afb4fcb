/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An eventfd that many watch: a signal walks all of them, and so takes long.
 */
#ifndef WATCHERS_H
#define WATCHERS_H

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "netns.h"

/* Each watcher is a descriptor, of which a process may have 1024. */
static inline int watched_eventfd(unsigned int watchers)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = eventfd(0, EFD_NONBLOCK), epoll;

	while (watchers--) {
		epoll = epoll_create1(0);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
			die("epoll");
	}
	return fd;
}

#endif /* WATCHERS_H */
