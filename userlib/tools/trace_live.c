// SPDX-License-Identifier: MIT
/* icmpecho trace --live: the path as a screen that goes on. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "message.h"
#include "parse.h"
#include "screen.h"
#include "trace.h"

/* Answers that come closer together are drawn together. */
#define FRAME_NS	(50 * NS_PER_MS)
/* Rows of the screen above the hops */
#define TOP_ROWS	4

enum display {
	DISPLAY_STATISTICS,
	DISPLAY_TIMES,
	DISPLAY_COUNT
};

struct live {
	struct trace *trace;
	enum display display;
	uint32_t scroll;		/* hops that are above the screen */
	bool is_dirty;
	uint64_t drawn_ns;
};

/* The last hop to show: behind it are those that have never answered. */
static uint32_t last_shown(const struct path *path)
{
	uint32_t end = path_end(path), last = path_last_answer(path);

	if (end)
		return end;
	return last < path->max_ttl ? last + 1 : last;
}

static void draw_top(const struct live *live)
{
	const struct trace *trace = live->trace;
	char now[CLOCK_TEXT_LEN];
	int columns = screen_columns();

	clock_format(clock_realtime_ns(), now);
	/* Without the fraction of a second */
	now[strcspn(now, ".")] = '\0';
	screen_print(0, 0, SCREEN_BOLD, "icmpecho trace: %s", trace->title);
	screen_print(0, columns - (int)strlen(now), SCREEN_PLAIN, "%s", now);
	screen_print(1, 0, SCREEN_DIM, "q quit  p pause  space go on  r reset  n names  d display");
	if (trace->is_paused)
		screen_print(1, columns - 8, SCREEN_WARNING, "  paused");
	else if (trace_has_asked_all(trace))
		screen_print(1, columns - 8, SCREEN_PLAIN, "    done");
}

static enum screen_style style_of(const struct hop *hop)
{
	double loss = stats_loss_percent(&hop->stats);

	if (!hop->responders_len)
		return SCREEN_DIM;
	if (hop->is_end && !hop->is_destination)
		return SCREEN_BAD;
	if (loss >= 50)
		return SCREEN_BAD;
	return loss > 0 ? SCREEN_WARNING : SCREEN_PLAIN;
}

/* The longest time of those that are on the screen. */
static uint64_t scale_of(const struct path *path)
{
	uint64_t max_ns = 1;
	const struct hop *hop;
	uint32_t ttl;
	size_t i;

	for (ttl = path->first_ttl; ttl <= last_shown(path); ttl++) {
		hop = path_hop(path, ttl);
		for (i = 0; i < HOP_HISTORY; i++) {
			if (hop->probes[i].state == PROBE_ANSWERED &&
			    hop->probes[i].rtt_ns > max_ns)
				max_ns = hop->probes[i].rtt_ns;
		}
	}
	return max_ns;
}

/* One character for a request: how long it took, of 8 steps. */
static const char *bar_of(const struct probe *probe, uint64_t scale_ns)
{
	static const char *const blocks[] = {
		"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█",
	};
	static const char *const digits[] = { "1", "2", "3", "4", "5", "6", "7", "8" };
	uint64_t step;

	switch (probe->state) {
	case PROBE_ANSWERED:
		step = probe->rtt_ns * 8 / (scale_ns + 1);
		if (probe->mark[0])
			return "!";
		return (screen_has_unicode() ? blocks : digits)[step < 8 ? step : 7];
	case PROBE_LOST:
		return "?";
	case PROBE_UNSENT:
		return "x";
	default:
		return " ";
	}
}

static enum screen_style bar_style(const struct probe *probe)
{
	return probe->state == PROBE_ANSWERED && !probe->mark[0] ? SCREEN_GOOD : SCREEN_BAD;
}

/* The newest at the right. */
static void draw_times(const struct live *live, int row, uint32_t ttl, uint64_t scale_ns)
{
	const struct hop *hop = path_hop(&live->trace->path, ttl);
	int columns = screen_columns(), name = columns / 3, i;
	const struct probe *probe;
	char text[ROW_LEN];

	screen_print(row, 0, style_of(hop), "%2u. %-*.*s", ttl, name - 4, name - 4,
		     view_hop_name(&live->trace->view, ttl, text));
	for (i = 0; i < columns - name - 1 && i < HOP_HISTORY; i++) {
		if ((uint64_t)i >= hop->requested)
			break;
		probe = &hop->probes[(hop->requested - 1 - (uint64_t)i) % HOP_HISTORY];
		screen_print(row, columns - 1 - i, bar_style(probe), "%s", bar_of(probe, scale_ns));
	}
}

/* Draws a hop from @row on. Returns the next row. */
static int draw_hop(const struct live *live, int row, uint32_t ttl, uint64_t scale_ns)
{
	const struct hop_view *view = &live->trace->view;
	const struct path_mtu *mtu = path_mtu_at(view->path, ttl);
	char text[ROW_LEN];
	size_t i;

	if (live->display == DISPLAY_TIMES) {
		draw_times(live, row++, ttl, scale_ns);
		return row;
	}
	screen_print(row++, 0, style_of(path_hop(view->path, ttl)), "%s",
		     view_row(view, ttl, screen_columns(), text));
	for (i = 0; view_other(view, ttl, i, text); i++)
		screen_print(row++, 0, SCREEN_PLAIN, "%s", text);
	if (mtu)
		screen_print(row++, 0, SCREEN_WARNING, "    MTU %u from here on", mtu->mtu);
	return row;
}

static void draw_header(const struct live *live, uint64_t scale_ns)
{
	char text[ROW_LEN];

	if (live->display == DISPLAY_STATISTICS)
		screen_print(TOP_ROWS - 1, 0, SCREEN_BOLD, "%s",
			     view_header(screen_columns(), text));
	else
		screen_print(TOP_ROWS - 1, 0, SCREEN_BOLD,
			     "    Host    the last times, up to %.3f ms; ? lost, ! error, x not sent",
			     (double)scale_ns / 1e6);
}

static void draw(struct live *live, uint64_t now_ns)
{
	const struct path *path = &live->trace->path;
	uint32_t last = last_shown(path), ttl;
	uint64_t scale_ns = scale_of(path);
	int row = TOP_ROWS;

	screen_begin();
	draw_top(live);
	draw_header(live, scale_ns);
	for (ttl = path->first_ttl + live->scroll; ttl <= last && row < screen_rows(); ttl++)
		row = draw_hop(live, row, ttl, scale_ns);
	if (path->error && !path_last_answer(path))
		screen_print(row, 0, SCREEN_BAD, "nothing was sent: %s",
			     icmpecho_strerror(path->error));
	screen_end();
	live->is_dirty = false;
	live->drawn_ns = now_ns;
	live->trace->wake_ns = ENGINE_NEVER;
}

static void touch(struct live *live)
{
	live->is_dirty = true;
	live->trace->wake_ns = live->drawn_ns + FRAME_NS;
}

static void reset(struct trace *trace)
{
	path_reset(&trace->path);
	trace->retries_len = 0;
	trace->round = 0;
	trace->next_ttl = trace->path.first_ttl;
	trace->next_round_ns = engine_now_ns();
}

static void resume(struct trace *trace)
{
	trace->is_paused = false;
	trace->next_round_ns = engine_now_ns();
}

static void obey(struct live *live, int key)
{
	struct trace *trace = live->trace;

	switch (key) {
	case 'q':
		engine_stop(trace->engine);
		break;
	case 'p':
		trace->is_paused = true;
		break;
	case ' ':
		resume(trace);
		break;
	case 'r':
		reset(trace);
		break;
	case 'n':
		trace->view.names = trace->view.names ? NULL : trace->names;
		break;
	case 'd':
		live->display = (live->display + 1) % DISPLAY_COUNT;
		break;
	case SCREEN_UP:
		live->scroll -= live->scroll > 0;
		break;
	case SCREEN_DOWN:
		live->scroll += trace->path.first_ttl + live->scroll < last_shown(&trace->path);
		break;
	}
}

/* A terminal that is gone is readable, and has no key. */
static void key_pressed(void *self, short revents)
{
	struct live *live = self;
	int key = screen_key();

	if (!key && revents & (POLLHUP | POLLERR | POLLNVAL))
		engine_stop(live->trace->engine);
	for (; key; key = screen_key())
		obey(live, key);
	touch(live);
}

static void name_found(void *self, short revents)
{
	struct live *live = self;

	(void)revents;
	names_clear(live->trace->names);
	touch(live);
}

static uint32_t fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		     uint64_t *due_ns)
{
	struct live *live = self;

	return trace_fill(live->trace, echoes, room, now_ns, due_ns);
}

static void completed(void *self, const struct icmpecho_completion *c)
{
	struct live *live = self;

	trace_count(live->trace, c);
	touch(live);
}

static void refused(void *self, const struct icmpecho_echo *echo, int error)
{
	struct live *live = self;

	trace_count_refused(live->trace, echo, error);
	touch(live);
}

static void idle(void *self, uint64_t now_ns)
{
	struct live *live = self;

	if (live->is_dirty && now_ns >= live->drawn_ns + FRAME_NS)
		draw(live, now_ns);
}

static void signalled(void *self, int signal)
{
	struct live *live = self;

	if (screen_signalled(signal))
		engine_stop(live->trace->engine);
	touch(live);
}

static const struct engine_ops ops = {
	.fill = fill,
	.completed = completed,
	.refused = refused,
	.idle = idle,
	.signalled = signalled,
};

/* What was on the screen stays behind it. */
static void print_table(const struct trace *trace)
{
	const struct path *path = &trace->path;
	char text[ROW_LEN];
	uint32_t ttl;

	output_text("%s\n", view_header(VIEW_TABLE_WIDTH, text));
	for (ttl = path->first_ttl; ttl <= last_shown(path); ttl++)
		view_print_hop(&trace->view, ttl, UINT64_MAX);
	view_print_legend(&trace->view);
	trace_print_verdict(trace);
}

int trace_live(struct trace *trace)
{
	struct live live = { .trace = trace };
	int error;

	if (screen_open(NULL))
		return -1;
	touch(&live);
	error = engine_watch(trace->engine, STDIN_FILENO, POLLIN, key_pressed, &live) ||
		engine_watch(trace->engine, names_fd(trace->names), POLLIN, name_found, &live) ||
		engine_run(trace->engine, &ops, &live);
	screen_close();
	if (error)
		return -1;
	print_table(trace);
	return 0;
}
