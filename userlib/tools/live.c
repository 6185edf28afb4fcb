// SPDX-License-Identifier: MIT
/* The screen of a monitor. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "live.h"
#include "message.h"
#include "parse.h"
#include "picture.h"
#include "screen.h"
#include "summary.h"

#define DRAW_NS		(500 * NS_PER_MS)
#define LOG_LINES	8
#define HEAD_LINES	2
#define NAME_WIDTH	24
#define NUMBERS_WIDTH	46		/* of the columns behind the name */
#define LEVELS		8

struct live {
	struct engine *engine;
	const struct monitor_view *view;
	const char *const *bars;	/* LEVELS of them */
	const char *lost;
	uint64_t drawn_ns;
	size_t first;			/* the host in the first line */
	char *log[LOG_LINES];		/* the newest first */
	enum host_state log_states[LOG_LINES];
};

static const char *const unicode_bars[LEVELS] = {
	"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█",
};

static const char *const ascii_bars[LEVELS] = { "_", ".", ",", "-", "=", "+", "*", "#" };

/* What messages go to while the terminal is ours. */
static struct live *message_live;

static void log_message(const char *text)
{
	live_log(message_live, HOST_UNKNOWN, text);
}

static enum screen_style style_of(enum host_state state)
{
	static const enum screen_style styles[HOST_STATES] = {
		[HOST_UNKNOWN] = SCREEN_DIM,
		[HOST_UP] = SCREEN_GOOD,
		[HOST_LOSSY] = SCREEN_WARNING,
		[HOST_DOWN] = SCREEN_BAD,
	};

	return styles[state];
}

/* How many lines the hosts have: the rest is head, log and foot. */
static int host_lines(void)
{
	int lines = screen_rows() - HEAD_LINES - 1;

	return lines > 2 * LOG_LINES ? lines - LOG_LINES - 1 : lines;
}

static void scroll_by(struct live *live, long lines)
{
	long first = (long)live->first + lines, last;

	last = (long)live->view->hosts->count - host_lines();
	if (first > last)
		first = last;
	live->first = first < 0 ? 0 : (size_t)first;
}

static void handle_key(struct live *live, int key)
{
	switch (key) {
	case 'q':
		engine_stop(live->engine);
		break;
	case SCREEN_UP:
		scroll_by(live, -1);
		break;
	case SCREEN_DOWN:
		scroll_by(live, 1);
		break;
	case SCREEN_PAGE_UP:
		scroll_by(live, -host_lines());
		break;
	case SCREEN_PAGE_DOWN:
	case ' ':
		scroll_by(live, host_lines());
		break;
	case SCREEN_HOME:
		live->first = 0;
		break;
	case SCREEN_END:
		scroll_by(live, (long)live->view->hosts->count);
		break;
	case 'L' & 0x1f:
		screen_forget();
		break;
	}
	live->drawn_ns = 0;
}

static void ready(void *self, short revents)
{
	struct live *live = self;
	int key;

	/* A terminal that has gone would be ready for ever. */
	if (revents & (POLLHUP | POLLERR | POLLNVAL)) {
		engine_stop(live->engine);
		return;
	}
	while ((key = screen_key()))
		handle_key(live, key);
}

struct live *live_open(struct engine *engine, const struct monitor_view *view)
{
	struct live *live = allocate(1, sizeof(*live));

	message_live = live;
	if (screen_open(log_message)) {
		free(live);
		return NULL;
	}
	live->engine = engine;
	live->view = view;
	live->bars = screen_has_unicode() ? unicode_bars : ascii_bars;
	live->lost = screen_has_unicode() ? "×" : "x";
	engine_watch(engine, STDIN_FILENO, POLLIN, ready, live);
	return live;
}

void live_close(struct live *live)
{
	unsigned int i;

	if (!live)
		return;
	screen_close();
	engine_watch(live->engine, STDIN_FILENO, 0, NULL, NULL);
	for (i = 0; i < LOG_LINES; i++)
		free(live->log[i]);
	free(live);
}

void live_resize(struct live *live)
{
	screen_signalled(SIGWINCH);
	live->drawn_ns = 0;
}

void live_log(struct live *live, enum host_state state, const char *text)
{
	free(live->log[LOG_LINES - 1]);
	memmove(live->log + 1, live->log, (LOG_LINES - 1) * sizeof(*live->log));
	memmove(live->log_states + 1, live->log_states,
		(LOG_LINES - 1) * sizeof(*live->log_states));
	live->log[0] = strdup(text);
	live->log_states[0] = state;
	live->drawn_ns = 0;
}

/* How many bytes the first @characters of the text have. */
static int bytes_of(const char *text, int characters)
{
	int bytes = 0;

	for (; text[bytes] && characters >= 0; bytes++) {
		if ((text[bytes] & 0xc0) != 0x80 && !characters--)
			break;
	}
	return bytes;
}

static void draw_head(const struct live *live)
{
	const struct hosts *hosts = live->view->hosts;
	size_t counts[HOST_STATES] = { 0 }, i;
	char time[CLOCK_TEXT_LEN];

	for (i = 0; i < hosts->count; i++)
		counts[hosts->list[i]->state]++;
	clock_format(clock_realtime_ns(), time);
	time[strcspn(time, ".")] = '\0';
	screen_print(0, 0, SCREEN_PLAIN,
		     "%s  %zu hosts: %zu up, %zu lossy, %zu down, %zu unknown", time, hosts->count,
		     counts[HOST_UP], counts[HOST_LOSSY], counts[HOST_DOWN], counts[HOST_UNKNOWN]);
	screen_print(1, 0, SCREEN_REVERSE, "%-*s%-8s%7s%10s%10s%10s %-*s", NAME_WIDTH, "HOST",
		     "STATE", "LOST", "LAST", "MEDIAN", "P99", screen_columns(), "RECENT");
}

static void draw_bars(const struct live *live, const struct host *host, int y, int x, int width)
{
	int heights[RECENT_LEN], i;

	if (width <= 0 || !picture_bars(host, (unsigned int)width, LEVELS, heights))
		return;
	screen_print(y, x, SCREEN_PLAIN, "|");
	for (i = 0; i < width; i++)
		screen_print(y, x + 1 + i, SCREEN_PLAIN, "%s",
			     heights[i] ? live->bars[heights[i] - 1] : " ");
	screen_print(y, x + 1 + width, SCREEN_PLAIN, "|");
}

static void draw_line(const struct live *live, const struct host *host, int y, int x, int width)
{
	int heights[RECENT_LEN], i;

	picture_line(host, (unsigned int)width, LEVELS - 1, heights);
	for (i = 0; i < width; i++) {
		if (heights[i] >= 0)
			screen_print(y, x + i, SCREEN_PLAIN, "%s", live->bars[heights[i]]);
		else if (heights[i] == PICTURE_LOST)
			screen_print(y, x + i, SCREEN_BAD, "%s", live->lost);
	}
}

/* A time, or nothing where nothing was measured. */
static const char *format_if(bool is_there, uint64_t ns, char *text)
{
	text[0] = '\0';
	return is_there ? format_ms((double)ns, text) : text;
}

static void draw_numbers(const struct host *host, int y)
{
	char last[MS_TEXT_LEN], median[MS_TEXT_LEN], slow[MS_TEXT_LEN];
	const struct stats *stats = &host->stats;
	bool is_there = stats->answered;

	screen_print(y, NAME_WIDTH, style_of(host->state), "%-8s", host_state_name(host->state));
	screen_print(y, NAME_WIDTH + 8, SCREEN_PLAIN, "%5.1f %%%10s%10s%10s",
		     stats_loss_percent(stats), format_if(is_there, stats->last_ns, last),
		     format_if(is_there, stats_percentile_ns(stats, 50), median),
		     format_if(is_there, stats_percentile_ns(stats, 99), slow));
}

static void draw_host(const struct live *live, const struct host *host, int y)
{
	int x = NAME_WIDTH + NUMBERS_WIDTH, rest = screen_columns() - x;
	int bars = rest > 40 ? rest / 3 - 3 : 0;
	int line = rest - (bars ? bars + 3 : 0);

	screen_print(y, 0, SCREEN_PLAIN, "%.*s", bytes_of(host->name, NAME_WIDTH - 1), host->name);
	draw_numbers(host, y);
	if (line <= 0)
		return;
	line = line - 1 < RECENT_LEN ? line - 1 : RECENT_LEN;
	draw_line(live, host, y, x, line);
	draw_bars(live, host, y, x + line + 1, bars < RECENT_LEN ? bars : RECENT_LEN);
}

static void draw_log(const struct live *live, int y)
{
	int i;

	screen_rule(y);
	for (i = 0; i < LOG_LINES && y + 1 + i < screen_rows() - 1 && live->log[i]; i++)
		screen_print(y + 1 + i, 0, style_of(live->log_states[i]), "%s", live->log[i]);
}

uint64_t live_draw(struct live *live, uint64_t now_ns)
{
	int lines = host_lines(), i;

	if (now_ns < live->drawn_ns + DRAW_NS)
		return live->drawn_ns + DRAW_NS;
	live->drawn_ns = now_ns;
	/* There may be fewer hosts or more lines than before. */
	scroll_by(live, 0);
	screen_begin();
	draw_head(live);
	for (i = 0; i < lines && live->first + (size_t)i < live->view->hosts->count; i++)
		draw_host(live, live->view->hosts->list[live->first + (size_t)i], HEAD_LINES + i);
	if (lines < screen_rows() - HEAD_LINES - 1)
		draw_log(live, HEAD_LINES + lines);
	screen_print(screen_rows() - 1, 0, SCREEN_PLAIN, "q: end  arrows, page keys: scroll");
	screen_end();
	return now_ns + DRAW_NS;
}
