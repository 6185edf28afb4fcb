/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SENDs that are left alone in flight: a timer's signal interrupts them, and nobody takes them
 * over.
 */
#ifndef ABANDON_H
#define ABANDON_H

#include <signal.h>
#include <sys/time.h>

#include "icmpecho_test.h"
#include "netns.h"

static inline void ignore_signal(int sig)
{
}

/* Leave @n alone, which nobody answers. */
static inline void leave_sends(int fd, unsigned int n)
{
	struct sigaction action = { .sa_handler = ignore_signal };
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = {};
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	static struct record record;
	unsigned int i;

	echo.timeout_ns = NEVER_NS;
	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &often, NULL))
		die("setitimer");
	for (i = 0; i < n; i++) {
		if (echo_send(fd, &echo, &record) != -EINTR)
			die("SEND");
	}
	if (setitimer(ITIMER_REAL, &never, NULL))
		die("setitimer");
}

#endif /* ABANDON_H */
