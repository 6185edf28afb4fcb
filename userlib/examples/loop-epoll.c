// SPDX-License-Identifier: MIT
/*
 * Pings several hosts at once from a loop of epoll(7): one descriptor is the session, the
 * other a timer that begins each round.
 *
 *	loop-epoll [-n ROUNDS] [-i INTERVAL_MS] [-W TIMEOUT_MS] HOST...
 *
 * Exits with 0 if all requests were answered, 1 if not, 2 on failure.
 */
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define PROGRAM "loop-epoll"
#include "loop.h"

/* The first time at once: a timer that is 0 would never fire. */
static int start_timer(int timer, unsigned long interval_ms)
{
	struct itimerspec when = {
		.it_value.tv_nsec = 1,
		.it_interval.tv_sec = (time_t)(interval_ms / 1000),
		.it_interval.tv_nsec = (long)(interval_ms % 1000) * 1000000,
	};

	return timerfd_settime(timer, 0, &when, NULL);
}

/* Have epoll_wait() report @events of @fd. */
static int watch(int epoll, int operation, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(epoll, operation, fd, &event);
}

static int handle_session(struct loop *loop, uint32_t events)
{
	if (events & EPOLLIN && loop_reap(loop))
		return -1;
	if (events & EPOLLOUT && loop->wants_room)
		loop_send(loop);
	return 0;
}

static int handle_timer(struct loop *loop, int timer)
{
	uint64_t times;

	if (read(timer, &times, sizeof(times)) != sizeof(times))
		return failed("timer");
	loop_tick(loop);
	return 0;
}

static int run(struct loop *loop, int epoll, int timer)
{
	int session = icmpecho_get_fd(loop->handle), n, i, error = 0;
	struct epoll_event events[2];

	if (watch(epoll, EPOLL_CTL_ADD, timer, EPOLLIN) ||
	    watch(epoll, EPOLL_CTL_ADD, session, EPOLLIN) || start_timer(timer, loop->interval_ms))
		return failed("epoll");
	while (!error && !loop_has_ended(loop)) {
		n = epoll_wait(epoll, events, 2, -1);
		if (n < 0 && errno != EINTR)
			return failed("epoll_wait");
		for (i = 0; i < n && !error; i++)
			error = events[i].data.fd == timer ? handle_timer(loop, timer) :
							     handle_session(loop, events[i].events);
		/* Nearly always there is room: EPOLLOUT would be reported all the time. */
		if (watch(epoll, EPOLL_CTL_MOD, session,
			  loop->wants_room ? EPOLLIN | EPOLLOUT : EPOLLIN))
			return failed("epoll_ctl");
	}
	return error;
}

int main(int argc, char **argv)
{
	struct loop loop = { 0 };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int error = loop_begin(&loop, argc, argv);

	if (!error)
		error = epoll < 0 || timer < 0 ? failed("epoll") : run(&loop, epoll, timer);
	close(timer);
	close(epoll);
	return loop_end(&loop, error);
}
