/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descriptors that many watch: to tell all of them takes long.
 */
#ifndef WATCHERS_H
#define WATCHERS_H

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "netns.h"

/*
 * Add @watchers to @fd, who wait for @events. Returns the last one. Each is a descriptor, of which
 * a process may have 1024.
 */
static inline int add_watchers(int fd, unsigned int events, unsigned int watchers)
{
	struct epoll_event event = { .events = events };
	int epoll = -1;

	while (watchers--) {
		epoll = epoll_create1(0);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
			die("epoll");
	}
	return epoll;
}

static inline int watched_eventfd(unsigned int watchers)
{
	int fd = eventfd(0, EFD_NONBLOCK);

	add_watchers(fd, EPOLLIN, watchers);
	return fd;
}

#endif /* WATCHERS_H */
