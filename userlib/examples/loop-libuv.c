// SPDX-License-Identifier: MIT
/*
 * Pings several hosts at once from a loop of libuv: a uv_poll_t is the session, and a
 * uv_timer_t begins each round.
 *
 *	loop-libuv [-n ROUNDS] [-i INTERVAL_MS] [-W TIMEOUT_MS] HOST...
 *
 * Exits with 0 if all requests were answered, 1 if not, 2 on failure.
 */
#include <uv.h>

#define PROGRAM "loop-libuv"
#include "loop.h"

struct uv_ping {
	struct loop loop;
	uv_poll_t session;
	uv_timer_t timer;
	int error;
};

static void on_session(uv_poll_t *session, int status, int events);

/* Waits for what the session needs, or ends the loop: it ends when it has no handle. */
static void wait_on(struct uv_ping *ping)
{
	if (ping->error || loop_has_ended(&ping->loop)) {
		uv_close((uv_handle_t *)&ping->session, NULL);
		uv_close((uv_handle_t *)&ping->timer, NULL);
		return;
	}
	/* Nearly always there is room: UV_WRITABLE would be reported all the time. */
	uv_poll_start(&ping->session,
		      ping->loop.wants_room ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_session);
}

static void on_session(uv_poll_t *session, int status, int events)
{
	struct uv_ping *ping = session->data;

	if (status < 0) {
		fprintf(stderr, PROGRAM ": poll: %s\n", uv_strerror(status));
		ping->error = -1;
	} else if (events & UV_READABLE) {
		ping->error = loop_reap(&ping->loop);
	}
	if (events & UV_WRITABLE && ping->loop.wants_room)
		loop_send(&ping->loop);
	wait_on(ping);
}

static void on_timer(uv_timer_t *timer)
{
	struct uv_ping *ping = timer->data;

	loop_tick(&ping->loop);
	wait_on(ping);
}

static int run(struct uv_ping *ping)
{
	uv_loop_t *uv = uv_default_loop();
	int error = uv_poll_init(uv, &ping->session, icmpecho_get_fd(ping->loop.handle));

	if (!error)
		error = uv_timer_init(uv, &ping->timer);
	if (!error)
		error = uv_timer_start(&ping->timer, on_timer, 0, ping->loop.interval_ms);
	if (error) {
		fprintf(stderr, PROGRAM ": %s\n", uv_strerror(error));
		return -1;
	}
	ping->session.data = ping;
	ping->timer.data = ping;
	uv_run(uv, UV_RUN_DEFAULT);
	uv_loop_close(uv);
	return ping->error;
}

int main(int argc, char **argv)
{
	static struct uv_ping ping;

	return loop_end(&ping.loop, loop_begin(&ping.loop, argc, argv) || run(&ping));
}
