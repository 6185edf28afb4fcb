/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Users: a session is its opener's, to whom its memory is charged.
 */
#ifndef USERS_H
#define USERS_H

#include "icmpecho_test.h"
#include "netns.h"

/* Open a session as another user, who keeps root's rights to the node. */
static inline int open_as(uid_t uid)
{
	int fd;

	if (setresuid(uid, 0, 0))
		die("become user %u", uid);
	fd = echo_open();
	if (setresuid(0, 0, 0))
		die("become root again");
	return fd;
}

/*
 * The namespace of the test before is torn down by a worker, late on a slow machine. Only then
 * the user gets back what was charged there, which would make room in a quota that is full.
 */
static inline void wait_for_former_tests(uid_t uid)
{
	__u64 deadline = now_ns() + PATIENCE_NS;
	int fd = open_as(uid);

	while (echo_fdinfo(fd, "user_bytes") && now_ns() < deadline)
		usleep(1000);
	close(fd);
}

#endif /* USERS_H */
