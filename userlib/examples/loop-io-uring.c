// SPDX-License-Identifier: MIT
/*
 * Pings several hosts at once from a loop of io_uring: a POLL_ADD waits for the session,
 * and a TIMEOUT begins each round. Each of them completes once, and is then added again.
 *
 *	loop-io-uring [-n ROUNDS] [-i INTERVAL_MS] [-W TIMEOUT_MS] HOST...
 *
 * Exits with 0 if all requests were answered, 1 if not, 2 on failure.
 */
#include <liburing.h>
#include <poll.h>
#include <string.h>

#define PROGRAM "loop-io-uring"
#include "loop.h"

/* What a completion of the ring is of: the user_data of its request */
enum { READABLE, WRITABLE, TIMER };

struct uring {
	struct io_uring ring;
	struct __kernel_timespec interval;
	int is_added[3];
};

/* io_uring returns errno as a negative number. */
static int uring_failed(const char *what, int error)
{
	fprintf(stderr, PROGRAM ": %s: %s\n", what, strerror(-error));
	return -1;
}

/* A request to the ring, unless it is there already. */
static void add(struct uring *uring, const struct loop *loop, unsigned int what)
{
	struct io_uring_sqe *sqe;
	int fd = icmpecho_get_fd(loop->handle);

	if (uring->is_added[what]++)
		return;
	/* There is one: the ring has room for all three. */
	sqe = io_uring_get_sqe(&uring->ring);
	if (what == TIMER)
		io_uring_prep_timeout(sqe, &uring->interval, 0, 0);
	else
		io_uring_prep_poll_add(sqe, fd, what == READABLE ? POLLIN : POLLOUT);
	sqe->user_data = what;
}

static int handle(struct loop *loop, unsigned int what, int result)
{
	/* A timeout that has passed is no failure. */
	if (result < 0 && !(what == TIMER && result == -ETIME))
		return uring_failed("poll", result);
	if (what == TIMER)
		loop_tick(loop);
	else if (what == WRITABLE && loop->wants_room)
		loop_send(loop);
	return what == READABLE ? loop_reap(loop) : 0;
}

static int run(struct loop *loop, struct uring *uring)
{
	struct io_uring_cqe *cqe;
	unsigned int what;
	int error;

	loop_tick(loop);
	while (!loop_has_ended(loop)) {
		add(uring, loop, READABLE);
		add(uring, loop, TIMER);
		if (loop->wants_room)
			add(uring, loop, WRITABLE);
		error = io_uring_submit_and_wait(&uring->ring, 1);
		if (error < 0 && error != -EINTR)
			return uring_failed("wait", error);
		while (!io_uring_peek_cqe(&uring->ring, &cqe)) {
			what = (unsigned int)cqe->user_data;
			error = cqe->res;
			io_uring_cqe_seen(&uring->ring, cqe);
			uring->is_added[what] = 0;
			if (handle(loop, what, error))
				return -1;
		}
	}
	return 0;
}

static int begin_and_run(struct loop *loop)
{
	struct uring uring = {
		.interval.tv_sec = (long long)(loop->interval_ms / 1000),
		.interval.tv_nsec = (long long)(loop->interval_ms % 1000) * 1000000,
	};
	int error = io_uring_queue_init(4, &uring.ring, 0);

	if (error)
		return uring_failed("io_uring", error);
	error = run(loop, &uring);
	io_uring_queue_exit(&uring.ring);
	return error;
}

int main(int argc, char **argv)
{
	struct loop loop = { 0 };

	return loop_end(&loop, loop_begin(&loop, argc, argv) || begin_and_run(&loop));
}
