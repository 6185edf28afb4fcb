// SPDX-License-Identifier: MIT
/* Files, screen and pages of a monitor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "message.h"
#include "metrics.h"
#include "parse.h"
#include "publish.h"
#include "replace.h"
#include "svg.h"
#include "systemd.h"

#define WEB_TICK_NS	NS_PER_S

void publish_init(struct publish *publish, const struct options *options)
{
	publish->every_ns = 15 * NS_PER_S;
	publish->rules.max = PROBES_DEFAULT;
	publish->rules.options = options;
}

int publish_check(const struct publish *publish, const struct options *options)
{
	if (publish->is_live && options->format != OUTPUT_TEXT)
		return complain("--live is a screen: it excludes --json and --csv");
	if (publish->is_live && options->quiet)
		return complain("options --live and -q exclude each other");
	if (publish->every_ns < NS_PER_S / 10)
		return complain("option --write-every: the time is less than 100 ms");
	if ((publish->rules.allowed_count || publish->listen) && !web_is_built_in())
		return complain("--listen was left out: this was built without libmicrohttpd");
	return 0;
}

bool publish_needs_recent(const struct publish *publish)
{
	return publish->svg || publish->is_live;
}

static int open_web(struct publish *publish, struct engine *engine)
{
	int fd = systemd_passed_fd();

	if (fd == -2)
		return -1;
	if (fd >= 0 && publish->listen)
		return complain("option --listen: the service manager passes a socket already");
	if (publish->rules.allowed_count && fd < 0 && !publish->listen)
		return complain("--probe-allow needs --listen, or a socket passed in");
	if (fd < 0 && !publish->listen)
		return 0;
	publish->web = web_open(publish->listen, fd, engine, publish->view, &publish->rules);
	return publish->web ? 0 : -1;
}

int publish_open(struct publish *publish, struct engine *engine, const struct monitor_view *view)
{
	publish->view = view;
	publish->write_ns = engine_now_ns() + publish->every_ns;
	if (open_web(publish, engine))
		return -1;
	if (publish->is_live)
		publish->live = live_open(engine, view);
	return publish->is_live && !publish->live ? -1 : 0;
}

static void put_metrics(FILE *stream, void *self)
{
	const struct publish *publish = self;

	metrics_write(stream, publish->view, METRICS_TEXT);
}

static void put_svg(FILE *stream, void *self)
{
	const struct publish *publish = self;

	svg_write(stream, publish->view, clock_realtime_ns());
}

/* A full disk may have room again later: says so once, and when it is over. */
static void write_file(struct publish *publish, const char *path,
		       void (*put)(FILE *stream, void *self), int *last_error)
{
	int error;

	if (!path)
		return;
	error = replace_file(path, put, publish) ? errno : 0;
	if (error && error != *last_error)
		complain("cannot write %s: %s; the old file stays", path, strerror(error));
	else if (!error && *last_error)
		complain("%s is written again", path);
	*last_error = error;
}

static void write_files(struct publish *publish)
{
	write_file(publish, publish->textfile, put_metrics, &publish->textfile_error);
	write_file(publish, publish->svg, put_svg, &publish->svg_error);
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

uint64_t publish_serve(struct publish *publish, uint64_t now_ns)
{
	uint64_t due_ns = ENGINE_NEVER;

	if (publish->textfile || publish->svg) {
		if (publish->write_ns <= now_ns) {
			write_files(publish);
			publish->write_ns = now_ns + publish->every_ns;
		}
		due_ns = earlier(due_ns, publish->write_ns);
	}
	if (publish->web) {
		if (publish->tick_ns <= now_ns) {
			web_tick(publish->web, now_ns);
			publish->tick_ns = now_ns + WEB_TICK_NS;
		}
		due_ns = earlier(due_ns, publish->tick_ns);
	}
	if (publish->live)
		due_ns = earlier(due_ns, live_draw(publish->live, now_ns));
	return due_ns;
}

void publish_change(struct publish *publish, const struct change *change)
{
	char text[CHANGE_TEXT_LEN];

	if (publish->live)
		live_log(publish->live, change->host->state, change_format(change, text));
}

void publish_resize(struct publish *publish)
{
	if (publish->live)
		live_resize(publish->live);
}

void publish_close(struct publish *publish)
{
	if (publish->view)
		write_files(publish);
	web_close(publish->web);
	live_close(publish->live);
	free(publish->rules.allowed);
	memset(publish, 0, sizeof(*publish));
}
