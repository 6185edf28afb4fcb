// SPDX-License-Identifier: MIT
/* The loop of the tool, by itself, on a device that is not real. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "../tools/engine.h"
#include "../tools/parse.h"
#include "tool.h"

/* A loop that does nothing but turn, for 0.2 s, and no more than so often. */
#define TIME_NS		(200 * NS_PER_MS)
#define MAX_TURNS	1000

static struct {
	struct engine *engine;
	uint64_t end_ns;
	unsigned int turns, requests;
	unsigned int calls;		/* of ready() */
	short revents;			/* of the last one */
} loop;

static uint32_t fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		     uint64_t *due_ns)
{
	(void)self;
	(void)room;
	if (now_ns >= loop.end_ns)
		engine_stop(loop.engine);
	*due_ns = loop.end_ns;
	if (!loop.requests)
		return 0;
	loop.requests--;
	memset(echoes, 0, sizeof(*echoes));
	echoes->family = AF_INET;
	echoes->dst[0] = 10;
	echoes->dst[1] = 1;
	echoes->timeout_ns = 3600 * NS_PER_S;
	return 1;
}

static void completed(void *self, const struct icmpecho_completion *c)
{
	(void)self;
	(void)c;
}

static void refused(void *self, const struct icmpecho_echo *echo, int error)
{
	(void)self;
	(void)echo;
	(void)error;
}

static void idle(void *self, uint64_t now_ns)
{
	(void)self;
	(void)now_ns;
	if (++loop.turns == MAX_TURNS)
		engine_stop(loop.engine);
}

static const struct engine_ops ops = {
	.fill = fill,
	.completed = completed,
	.refused = refused,
	.idle = idle,
};

static void ready(void *self, short revents)
{
	(void)self;
	loop.calls++;
	loop.revents = revents;
}

static void open_loop(unsigned int requests)
{
	const struct engine_config config = { 0 };

	memset(&loop, 0, sizeof(loop));
	loop.engine = engine_open(&config);
	if (!loop.engine)
		abort();
	loop.requests = requests;
	loop.end_ns = engine_now_ns() + TIME_NS;
}

TEST(a_pipe_without_a_writer_is_told_once)
{
	int fds[2];

	open_loop(0);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(engine_watch(loop.engine, fds[0], POLLIN, ready, NULL), 0);
	close(fds[1]);
	CHECK_EQ(engine_run(loop.engine, &ops, NULL), 0);
	CHECK_EQ(loop.calls, 1);
	CHECK_EQ(loop.revents, POLLHUP);
	CHECK(loop.turns < MAX_TURNS);
	close(fds[0]);
	engine_close(loop.engine);
}

TEST(a_descriptor_that_is_closed_is_told_once)
{
	int fds[2];

	open_loop(0);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(engine_watch(loop.engine, fds[0], POLLIN, ready, NULL), 0);
	close(fds[0]);
	close(fds[1]);
	CHECK_EQ(engine_run(loop.engine, &ops, NULL), 0);
	CHECK_EQ(loop.calls, 1);
	CHECK_EQ(loop.revents, POLLNVAL);
	CHECK(loop.turns < MAX_TURNS);
	engine_close(loop.engine);
}

/* What a writer has left is read before. */
TEST(a_pipe_with_a_rest_is_watched_on)
{
	int fds[2];

	open_loop(0);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(engine_watch(loop.engine, fds[0], POLLIN, ready, NULL), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	close(fds[1]);
	CHECK_EQ(engine_run(loop.engine, &ops, NULL), 0);
	CHECK(loop.calls > 1);
	CHECK_EQ(loop.revents, POLLIN | POLLHUP);
	close(fds[0]);
	engine_close(loop.engine);
}

TEST(an_error_of_the_device_ends_the_loop)
{
	fake.reap_error = EIO;
	open_loop(1);
	CHECK_EQ(engine_run(loop.engine, &ops, NULL), (unsigned long long)-1);
	CHECK(loop.turns < MAX_TURNS);
	CHECK_EQ(fake.reaps, 1);
	engine_close(loop.engine);
}
