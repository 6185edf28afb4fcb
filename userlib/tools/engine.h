/* SPDX-License-Identifier: MIT */
/*
 * Sends echo requests in batches and collects their completions: one loop over the
 * device, timers, signals and whatever else a subcommand wants to watch.
 *
 * The engine asks for requests when it has room for them, so a subcommand needs no queue:
 * it keeps a cursor, or a schedule (schedule.h), and writes the requests that are due into
 * the engine's own array. A request that the kernel cannot take now (EAGAIN, ENOBUFS,
 * EDQUOT) stays there and is tried again. Each request that fill() writes ends in exactly
 * one call of completed() or refused(), unless the engine stops before. Nothing is
 * allocated for a request; its user_data says which one it is.
 */
#ifndef TOOLS_ENGINE_H
#define TOOLS_ENGINE_H

#include <icmpecho.h>
#include <signal.h>
#include <stdbool.h>

#define ENGINE_BATCH	64		/* requests or completions for each system call */
#define ENGINE_NEVER	UINT64_MAX

struct engine;

struct engine_ops {
	/*
	 * Writes up to @room requests that are due at @now_ns, and returns how many. Sets
	 * *@due_ns to the time when there may be the next one, ENGINE_NEVER if only a
	 * completion can make one due. It is called after each batch of completions, and
	 * again until it writes none.
	 */
	uint32_t (*fill)(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
			 uint64_t *due_ns);
	void (*completed)(void *self, const struct icmpecho_completion *c);
	/* The kernel does not take this request, whenever it is tried; @error is the errno. */
	void (*refused)(void *self, const struct icmpecho_echo *echo, int error);
	/* May be NULL: before the engine sleeps. Without it, the output is flushed. */
	void (*idle)(void *self, uint64_t now_ns);
	/* May be NULL: SIGINT and SIGTERM stop the engine then. */
	void (*signalled)(void *self, int signal);
};

struct engine_config {
	uint32_t reply_capacity;	/* the largest of any request, with max_replies: the sum */
	uint32_t window;		/* at most so many in flight; 0: as the kernel allows */
	/*
	 * 0: collect each completion at once. Else collect and send that often only, which makes
	 * the batches larger. The kernel takes the times, so they are not less exact.
	 */
	uint64_t tick_ns;
	uint64_t pace_ns;		/* at least so long from one request to the next; 0: any */
	const int *signals;		/* for signalled(), besides SIGINT and SIGTERM, up to a 0 */
};

/*
 * Opens the device. Returns NULL after a message that says why it cannot be opened. From
 * engine_run() on, the signals come to signalled() only.
 */
struct engine *engine_open(const struct engine_config *config);
void engine_close(struct engine *engine);

/*
 * Runs until engine_stop() was called, or until nothing is in flight, nothing is due any
 * more, and no descriptor is watched. Returns 0, or -1 after a message.
 */
int engine_run(struct engine *engine, const struct engine_ops *ops, void *self);
void engine_stop(struct engine *engine);

/* Changes the tick, for example when there are more targets than before. */
void engine_set_tick(struct engine *engine, uint64_t tick_ns);

/* Whether engine_stop() was called, for example by a signal. */
bool engine_is_stopped(const struct engine *engine);

/*
 * Calls @ready with the poll(2) events that a descriptor has. @events 0: not any more. A
 * descriptor that has an error, or no peer any more, and none of the @events is told once, and
 * is not watched any more then.
 */
int engine_watch(struct engine *engine, int fd, short events,
		 void (*ready)(void *self, short revents), void *self);

uint32_t engine_in_flight(const struct engine *engine);

/* The library's handle, for icmpecho_get_info() and icmpecho_cancel(). */
struct icmpecho *engine_handle(const struct engine *engine);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t engine_now_ns(void);

#endif /* TOOLS_ENGINE_H */
