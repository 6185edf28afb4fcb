// SPDX-License-Identifier: MIT
/* The loop that sends and collects. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine.h"
#include "message.h"
#include "output.h"
#include "parse.h"

#define MAX_WATCHES	8
#define FIXED_FDS	2		/* the device, the signals */
#define MIN_BUFFER	(64U << 10)
#define FIRST_BACKOFF_NS	NS_PER_MS
#define LAST_BACKOFF_NS	(64 * NS_PER_MS)
#define SAY_WAITING_NS	NS_PER_S
#define MAX_ROUNDS	16

struct watch {
	void (*ready)(void *self, short revents);
	void *self;
};

struct engine {
	struct icmpecho *handle;
	struct engine_config config;
	const struct engine_ops *ops;
	void *self;
	bool stopped;
	uint32_t in_flight;
	/* Requests that fill() has written, and the kernel has not taken yet. */
	struct icmpecho_echo echoes[ENGINE_BATCH];
	uint32_t head, queued;
	uint64_t due_ns;
	/* The kernel has no room: try again then, or when it says so (poll_out). */
	uint64_t retry_ns, backoff_ns, blocked_since_ns;
	bool poll_out, said_waiting;
	uint64_t next_tick_ns;
	bool readable;
	unsigned char *records;
	size_t records_size;
	bool has_long_records;		/* so that a buffer may be full before the batch is */
	sigset_t signals;
	struct pollfd fds[FIXED_FDS + MAX_WATCHES];
	struct watch watches[MAX_WATCHES];
	nfds_t fds_len;
};

uint64_t engine_now_ns(void)
{
	return icmpecho_deadline_ns(0);
}

struct icmpecho *engine_handle(const struct engine *engine)
{
	return engine->handle;
}

uint32_t engine_in_flight(const struct engine *engine)
{
	return engine->in_flight;
}

void engine_stop(struct engine *engine)
{
	engine->stopped = true;
}

void engine_set_tick(struct engine *engine, uint64_t tick_ns)
{
	engine->config.tick_ns = tick_ns;
	if (!tick_ns)
		engine->next_tick_ns = 0;
}

bool engine_is_stopped(const struct engine *engine)
{
	return engine->stopped;
}

/*
 * The kernel keeps the pace, whatever the scheduler does to us. What a tick allows may leave
 * at once, and twice as much if a tick is late.
 */
static int set_pace(const struct engine *engine)
{
	uint64_t pace_ns = engine->config.pace_ns, burst;

	if (!pace_ns)
		return 0;
	burst = 2 * engine->config.tick_ns / pace_ns;
	if (burst < 1)
		burst = 1;
	if (burst > UINT32_MAX)
		burst = UINT32_MAX;
	if (icmpecho_pace(engine->handle, pace_ns, (uint32_t)burst))
		return complain_errno("cannot set the pace");
	return 0;
}

static int make_signals(struct engine *engine)
{
	const int *signal;
	int fd;

	sigemptyset(&engine->signals);
	sigaddset(&engine->signals, SIGINT);
	sigaddset(&engine->signals, SIGTERM);
	for (signal = engine->config.signals; signal && *signal; signal++)
		sigaddset(&engine->signals, *signal);
	fd = signalfd(-1, &engine->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return complain("cannot receive signals: %s", strerror(errno));
	engine->fds[1].fd = fd;
	engine->fds[1].events = POLLIN;
	return 0;
}

static int make_handle(struct engine *engine)
{
	int fd;

	engine->handle = icmpecho_open();
	if (!engine->handle)
		return complain("%s", icmpecho_strerror_open(errno));
	fd = icmpecho_get_fd(engine->handle);
	engine->fds[0].fd = fd;
	/* So that the loop waits, and no call that sends. */
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		return complain("cannot make the device non-blocking: %s", strerror(errno));
	return set_pace(engine);
}

struct engine *engine_open(const struct engine_config *config)
{
	struct engine *engine = allocate(1, sizeof(*engine));
	size_t record_len = ICMPECHO_RECORD_LEN(config->reply_capacity);

	engine->config = *config;
	engine->fds_len = FIXED_FDS;
	engine->fds[1].fd = -1;
	engine->due_ns = ENGINE_NEVER;
	engine->records_size = record_len > MIN_BUFFER ? record_len : MIN_BUFFER;
	engine->has_long_records = engine->records_size / record_len < ENGINE_BATCH;
	engine->records = allocate(1, engine->records_size);
	if (!make_handle(engine) && !make_signals(engine))
		return engine;
	engine_close(engine);
	return NULL;
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	icmpecho_close(engine->handle);
	if (engine->fds[1].fd >= 0)
		close(engine->fds[1].fd);
	free(engine->records);
	free(engine);
}

static void forget_watch(struct engine *engine, nfds_t i)
{
	engine->fds_len--;
	engine->fds[i] = engine->fds[engine->fds_len];
	engine->watches[i - FIXED_FDS] = engine->watches[engine->fds_len - FIXED_FDS];
}

int engine_watch(struct engine *engine, int fd, short events,
		 void (*ready)(void *self, short revents), void *self)
{
	nfds_t i;

	for (i = FIXED_FDS; i < engine->fds_len; i++) {
		if (engine->fds[i].fd == fd)
			break;
	}
	if (!events) {
		if (i < engine->fds_len)
			forget_watch(engine, i);
		return 0;
	}
	if (i == FIXED_FDS + MAX_WATCHES)
		return complain("too many descriptors to watch");
	if (i == engine->fds_len)
		engine->fds_len++;
	engine->fds[i] = (struct pollfd){ .fd = fd, .events = events };
	engine->watches[i - FIXED_FDS] = (struct watch){ .ready = ready, .self = self };
	return 0;
}

/* Collects all completions that are there: fewer than were asked for are all of them. */
static int collect(struct engine *engine)
{
	const struct icmpecho_completion *c;
	int n, i;

	do {
		n = icmpecho_reap(engine->handle, engine->records, engine->records_size, 0,
				  ENGINE_BATCH, 0);
		if (n < 0)
			return errno == EINTR || errno == EAGAIN ? 0 :
				complain_errno("cannot collect answers");
		for (i = 0, c = NULL; i < n; i++) {
			c = icmpecho_next_completion(engine->records, engine->records_size, c);
			if (!c)
				return complain_errno("cannot read an answer");
			engine->in_flight--;
			engine->ops->completed(engine->self, c);
		}
	} while ((n == ENGINE_BATCH || (n && engine->has_long_records)) && engine->in_flight &&
		 !engine->stopped);
	engine->readable = false;
	return 0;
}

/* A limit or a queue, of which there may be more later. */
static bool is_temporary(int error)
{
	return error == EAGAIN || error == EINTR || error == ENOBUFS || error == EDQUOT ||
	       error == ENOMEM;
}

/*
 * The kernel has no room. poll(2) knows about the session's own limits, which are EAGAIN. For
 * the others there is nothing to wait for but time.
 */
static void block(struct engine *engine, int error, uint64_t now_ns)
{
	if (!engine->blocked_since_ns)
		engine->blocked_since_ns = now_ns;
	if (error == EAGAIN && !engine->config.tick_ns) {
		engine->poll_out = true;
		return;
	}
	if (error == EAGAIN) {
		engine->retry_ns = engine->next_tick_ns;
		return;
	}
	engine->backoff_ns = engine->backoff_ns ? 2 * engine->backoff_ns : FIRST_BACKOFF_NS;
	if (engine->backoff_ns > LAST_BACKOFF_NS)
		engine->backoff_ns = LAST_BACKOFF_NS;
	engine->retry_ns = now_ns + engine->backoff_ns;
	if (engine->said_waiting || now_ns - engine->blocked_since_ns < SAY_WAITING_NS)
		return;
	engine->said_waiting = true;
	errno = error;
	complain_errno("waiting to send");
}

static void unblock(struct engine *engine)
{
	engine->poll_out = false;
	engine->retry_ns = 0;
	engine->backoff_ns = 0;
	engine->blocked_since_ns = 0;
}

static void take(struct engine *engine, uint32_t count)
{
	engine->head += count;
	engine->queued -= count;
}

/*
 * Asks for requests until the batch is full. Those that the kernel has not taken come first.
 * Returns how many there are.
 */
static uint32_t refill(struct engine *engine, uint64_t now_ns)
{
	uint32_t room = ENGINE_BATCH - engine->queued, window = engine->config.window;

	if (engine->head && engine->queued)
		memmove(engine->echoes, &engine->echoes[engine->head],
			engine->queued * sizeof(engine->echoes[0]));
	engine->head = 0;
	if (window && room > window - engine->in_flight - engine->queued)
		room = window - engine->in_flight - engine->queued;
	/* Without room a completion makes some, and asks again. */
	engine->due_ns = ENGINE_NEVER;
	if (room)
		engine->queued += engine->ops->fill(engine->self, &engine->echoes[engine->queued],
						    room, now_ns, &engine->due_ns);
	return engine->queued;
}

/* Sends what is due. */
static void submit(struct engine *engine, uint64_t now_ns)
{
	bool is_paced = engine->config.pace_ns;
	int n, round;

	for (round = 0; !engine->stopped && refill(engine, now_ns); round++) {
		/* Signals and answers get their turn, too. */
		if (round == MAX_ROUNDS) {
			engine->retry_ns = now_ns;
			return;
		}
		n = icmpecho_submit(engine->handle, engine->echoes, engine->queued);
		if (n > 0) {
			unblock(engine);
			engine->in_flight += (uint32_t)n;
			take(engine, (uint32_t)n);
			if (!engine->queued || !is_paced)
				continue;
			/* The pace is the likely reason why it took no more. */
			block(engine, EAGAIN, now_ns);
			return;
		}
		if (is_temporary(errno)) {
			block(engine, errno, now_ns);
			return;
		}
		unblock(engine);
		take(engine, 1);
		engine->ops->refused(engine->self, engine->echoes, errno);
	}
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* When to wake up, if no descriptor is ready before. Says what the device is polled for. */
static uint64_t wake_up_ns(struct engine *engine)
{
	uint64_t wake_ns = engine->queued ? ENGINE_NEVER : engine->due_ns;
	short events = 0;

	if (engine->queued && engine->retry_ns)
		wake_ns = earlier(wake_ns, engine->retry_ns);
	if (engine->poll_out)
		events |= POLLOUT;
	if (engine->in_flight && engine->config.tick_ns)
		wake_ns = engine->next_tick_ns;
	else if (engine->in_flight)
		events |= POLLIN;
	if (wake_ns < engine->next_tick_ns)
		wake_ns = engine->next_tick_ns;
	engine->fds[0].events = events;
	return wake_ns;
}

static void handle_signals(struct engine *engine)
{
	struct signalfd_siginfo info;

	while (read(engine->fds[1].fd, &info, sizeof(info)) == sizeof(info)) {
		if (engine->ops->signalled)
			engine->ops->signalled(engine->self, (int)info.ssi_signo);
		else if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM)
			engine_stop(engine);
	}
}

/*
 * Backwards, since a callback may end its own watch. An error or a peer that is gone stays, and
 * would wake the loop again and again: with nothing to read or write besides, that is the end
 * of the watch.
 */
static void handle_watches(struct engine *engine)
{
	struct watch watch;
	struct pollfd fd;
	nfds_t i;

	for (i = engine->fds_len; i-- > FIXED_FDS;) {
		if (i >= engine->fds_len || !engine->fds[i].revents)
			continue;
		fd = engine->fds[i];
		watch = engine->watches[i - FIXED_FDS];
		if (!(fd.revents & fd.events))
			engine_watch(engine, fd.fd, 0, NULL, NULL);
		watch.ready(watch.self, fd.revents);
	}
}

static int sleep_until(struct engine *engine, uint64_t wake_ns)
{
	uint64_t now_ns = engine_now_ns(), wait_ns = wake_ns > now_ns ? wake_ns - now_ns : 0;
	struct timespec wait = {
		.tv_sec = (time_t)(wait_ns / NS_PER_S),
		.tv_nsec = (long)(wait_ns % NS_PER_S),
	};
	nfds_t i;
	int n;

	/* Without events, an error of the device must not wake us again and again. */
	engine->fds[0].fd = engine->fds[0].events ? icmpecho_get_fd(engine->handle) : -1;
	n = ppoll(engine->fds, engine->fds_len, wake_ns == ENGINE_NEVER ? NULL : &wait, NULL);
	if (n < 0 && errno != EINTR)
		return complain("cannot wait: %s", strerror(errno));
	if (n <= 0) {
		for (i = 0; i < engine->fds_len; i++)
			engine->fds[i].revents = 0;
		return 0;
	}
	/* An error is told by the call that collects. */
	engine->readable = engine->fds[0].revents & ~POLLOUT;
	if (engine->fds[1].revents)
		handle_signals(engine);
	handle_watches(engine);
	return 0;
}

static bool is_finished(const struct engine *engine)
{
	return engine->stopped || (!engine->in_flight && !engine->queued &&
				   engine->due_ns == ENGINE_NEVER &&
				   engine->fds_len == FIXED_FDS);
}

static int run_once(struct engine *engine)
{
	uint64_t tick_ns = engine->config.tick_ns, now_ns = engine_now_ns();

	if (engine->in_flight && (engine->readable || tick_ns) && collect(engine))
		return -1;
	if (tick_ns)
		engine->next_tick_ns = now_ns + tick_ns;
	if (engine->retry_ns <= now_ns)
		submit(engine, now_ns);
	if (engine->ops->idle)
		engine->ops->idle(engine->self, now_ns);
	else
		output_flush();
	if (is_finished(engine))
		return 0;
	return sleep_until(engine, wake_up_ns(engine));
}

int engine_run(struct engine *engine, const struct engine_ops *ops, void *self)
{
	sigset_t old_signals;
	int error = 0;

	engine->ops = ops;
	engine->self = self;
	engine->stopped = false;
	engine->due_ns = 0;
	sigprocmask(SIG_BLOCK, &engine->signals, &old_signals);
	while (!error && !is_finished(engine))
		error = run_once(engine);
	sigprocmask(SIG_SETMASK, &old_signals, NULL);
	return error;
}
