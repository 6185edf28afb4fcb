// SPDX-License-Identifier: MIT
/*
 * icmpecho monitor: stays, asks each host at an interval of its own, and prints when a
 * host's state changes. SIGHUP reads the configuration again. Names are looked up meanwhile.
 *
 * What is due within a tick goes out in one system call, and what has come is collected
 * once for each tick: the kernel takes the times, so they do not suffer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "clock.h"
#include "command.h"
#include "engine.h"
#include "lookups.h"
#include "message.h"
#include "monitor.h"
#include "parse.h"
#include "publish.h"
#include "schedule.h"
#include "summary.h"
#include "systemd.h"

/* A monitor without hosts waits for SIGHUP. */
#define IDLE_NS		(3600 * NS_PER_S)
/* Below this many requests a second, batches would have one request each. */
#define TICK_RATE	20
#define TICK_NS		(50 * NS_PER_MS)

struct monitor {
	struct options options;
	struct host_rules rules;
	const char *config;		/* a file, or NULL */
	char **words;			/* the hosts of the command line */
	int word_count;

	struct hosts hosts;
	struct host *removed;		/* which wait for their last completion */
	struct monitor_view view;
	struct publish publish;
	struct lookups lookups;
	unsigned char *payload;		/* the longest one, of which each host sends the start */
	struct schedule schedule;
	struct engine *engine;
	uint32_t in_flight;		/* the sum of the hosts' */
	bool is_ready;			/* the service manager knows */
	bool was_terminated;		/* by SIGTERM: as a service ends */
};

enum {
	OPTION_DOWN = 0x100,
	OPTION_UP,
	OPTION_WINDOW,
	OPTION_LOSSY,
	OPTION_LISTEN,
	OPTION_PROBE_ALLOW,
	OPTION_PROBE_MAX,
	OPTION_TEXTFILE,
	OPTION_SVG,
	OPTION_WRITE_EVERY,
	OPTION_LIVE,
};

static const struct option_spec own_options[] = {
	{ 'f', "config", "FILE", "hosts and their settings, one a line; SIGHUP reads it again" },
	{ OPTION_DOWN, "down", "N", "a host is down after N lost requests in a row (default 3)" },
	{ OPTION_UP, "up", "N", "it is up again after N answers in a row (default 2)" },
	{ OPTION_WINDOW, "window", "N", "the last N requests decide what is lossy (default 20)" },
	{ OPTION_LOSSY, "lossy", "PERCENT", "a host that loses so much is lossy (default 20)" },
	{ OPTION_LISTEN, "listen", "ADDRESS:PORT",
	  "serve /metrics for Prometheus by HTTP, and /probe?target=HOST" },
	{ OPTION_PROBE_ALLOW, "probe-allow", "PREFIX",
	  "addresses that may be probed; several times; without it, none" },
	{ OPTION_PROBE_MAX, "probe-max", "N", "at most so many probes at once (default 32)" },
	{ OPTION_TEXTFILE, "textfile", "FILE", "write the metrics there, for node_exporter" },
	{ OPTION_SVG, "svg", "FILE", "draw the last round-trip times of all hosts there" },
	{ OPTION_WRITE_EVERY, "write-every", "TIME", "how often both are written (default 15s)" },
	{ OPTION_LIVE, "live", NULL, "a screen with all hosts instead of lines" },
	{ 0 },
};

static int set_count(unsigned int *count, const char *option, const char *value, uint64_t max)
{
	uint64_t number;

	if (option_number(option, value, 1, max, &number))
		return -1;
	*count = (unsigned int)number;
	return 0;
}

static int set_publish(struct publish *publish, int letter, const char *option, const char *value)
{
	switch (letter) {
	case OPTION_LISTEN:
		publish->listen = value;
		return 0;
	case OPTION_PROBE_ALLOW:
		return probe_rules_allow(&publish->rules, option, value);
	case OPTION_PROBE_MAX:
		return set_count(&publish->rules.max, option, value, PROBES_MAX);
	case OPTION_TEXTFILE:
		publish->textfile = value;
		return 0;
	case OPTION_SVG:
		publish->svg = value;
		return 0;
	case OPTION_WRITE_EVERY:
		return option_duration(option, value, NS_PER_S, 24 * 3600 * NS_PER_S,
				       &publish->every_ns);
	default:
		publish->is_live = true;
		return 0;
	}
}

static int set_option(void *self, int letter, const char *option, const char *value)
{
	struct monitor *monitor = self;
	struct host_rules *rules = &monitor->rules;

	switch (letter) {
	case OPTION_DOWN:
		return set_count(&rules->fall, option, value, HOST_MAX_WINDOW);
	case OPTION_UP:
		return set_count(&rules->rise, option, value, HOST_MAX_WINDOW);
	case OPTION_WINDOW:
		return set_count(&rules->window, option, value, HOST_MAX_WINDOW);
	case OPTION_LOSSY:
		return set_count(&rules->lossy_percent, option, value, 100);
	case 'f':
		monitor->config = value;
		return 0;
	default:
		return set_publish(&monitor->publish, letter, option, value);
	}
}

static const struct option_set option_set = {
	.usage = "[HOST...]",
	.about = "Asks all hosts again and again, and prints when one of them changes its state:\n"
		 "up, lossy or down.",
	.common = "46IStQMmsciWp",
	.own = own_options,
	.set = set_option,
	.notes = "HOST is a name, an address, a prefix or a range. A line of the configuration is\n"
		 "  HOST [interval=TIME] [timeout=TIME] [size=BYTES] [name=NAME] [family=4|6]\n"
		 "       [label=NAME:VALUE]...\n"
		 "SIGHUP reads it again; hosts that stay keep their counters. SIGQUIT prints a\n"
		 "summary. Exit status: 0 at SIGTERM, or if all hosts are up at the end, 1 if not,\n"
		 "2 on wrong use or failure.",
};

/* Times that have passed while this host was stopped, or its queue full, are left out. */
static uint64_t next_time(const struct host *host, uint64_t now_ns)
{
	uint64_t next_ns = host->due_ns + host->interval_ns;

	return next_ns < now_ns ? now_ns + host->interval_ns : next_ns;
}

static bool is_over(const struct monitor *monitor, const struct host *host)
{
	return monitor->options.count && host->requested >= monitor->options.count;
}

static void begin(struct monitor *monitor, struct host *host)
{
	host->in_flight++;
	monitor->in_flight++;
}

/*
 * Whether the host can be asked. If not, its look-up puts it into the schedule again or, if
 * none can begin now, this function does.
 */
static bool has_address(struct monitor *monitor, struct host *host, uint64_t now_ns)
{
	if (lookups_begin(&monitor->lookups, host, now_ns))
		begin(monitor, host);
	if (host->address.family)
		return true;
	host->is_waiting = host->is_resolving;
	if (!host->is_waiting)
		schedule_add(&monitor->schedule, host->index, now_ns + host->interval_ns);
	return false;
}

static uint32_t fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		     uint64_t *due_ns)
{
	struct monitor *monitor = self;
	struct host *host;
	uint64_t serve_ns = publish_serve(&monitor->publish, now_ns);
	/* Those of probes, whose clients wait, come first. */
	uint32_t n = web_fill(monitor->publish.web, echoes, room);

	while (n < room && schedule_next_ns(&monitor->schedule) <= now_ns) {
		host = monitor->hosts.list[schedule_take(&monitor->schedule)];
		if (!has_address(monitor, host, now_ns))
			continue;
		host->requested++;
		begin(monitor, host);
		echoes[n++] = host->echo;
		host->due_ns = next_time(host, now_ns);
		if (!is_over(monitor, host))
			schedule_add(&monitor->schedule, host->index, host->due_ns);
	}
	*due_ns = schedule_next_ns(&monitor->schedule);
	if (*due_ns > serve_ns)
		*due_ns = serve_ns;
	if (*due_ns == ENGINE_NEVER && !monitor->options.count)
		*due_ns = now_ns + IDLE_NS;
	return n;
}

/* @c is how the last request has ended, or NULL if it was refused with @error. */
static void announce(struct monitor *monitor, struct host *host, enum host_state before,
		     const struct icmpecho_completion *c, int error)
{
	const struct change change = {
		.host = host,
		.rules = &monitor->rules,
		.before = before,
		.c = c,
		.error = error,
	};

	host_stamp(host, clock_realtime_ns());
	publish_change(&monitor->publish, &change);
	if (monitor->options.quiet || monitor->publish.is_live)
		return;
	if (monitor->options.format == OUTPUT_TEXT)
		change_print(&change);
	else
		change_record(&change);
}

/* With -c. */
static void stop_if_over(const struct monitor *monitor)
{
	if (monitor->options.count && !monitor->in_flight && !monitor->schedule.count)
		engine_stop(monitor->engine);
}

/* A request or a look-up of this host has ended. It may have been the last one of all. */
static void end(struct monitor *monitor, struct host *host)
{
	struct host **link = &monitor->removed;

	monitor->in_flight--;
	host->in_flight--;
	if (host->is_removed && !host->in_flight) {
		while (*link != host)
			link = &(*link)->next_removed;
		*link = host->next_removed;
		host_free(host);
	}
	stop_if_over(monitor);
}

static bool is_intact(const struct monitor *monitor, const struct icmpecho_completion *c,
		      const struct host *host)
{
	return c->status != ICMPECHO_STATUS_SUCCESS ||
	       (c->data_len == c->wire_len && c->wire_len == host->echo.payload_len &&
		!memcmp(icmpecho_completion_data(c), monitor->payload, c->data_len));
}

static struct host *host_of(uint64_t user_data)
{
	return (struct host *)(uintptr_t)user_data;
}

static void completed(void *self, const struct icmpecho_completion *c)
{
	struct monitor *monitor = self;
	enum host_state before;
	struct host *host;

	if (c->user_data & PROBE_TAG) {
		web_completed(monitor->publish.web, c);
		return;
	}
	host = host_of(c->user_data);
	if (!host->is_removed) {
		before = host_count(host, &monitor->rules, c);
		host->stats.corrupted += !is_intact(monitor, c, host);
		if (host->state != before)
			announce(monitor, host, before, c, 0);
	}
	end(monitor, host);
}

static void count_unsent(struct monitor *monitor, struct host *host, int error)
{
	enum host_state before = host_count_refused(host, &monitor->rules, error);

	if (host->state != before)
		announce(monitor, host, before, NULL, error);
}

static void refused(void *self, const struct icmpecho_echo *echo, int error)
{
	struct monitor *monitor = self;
	struct host *host;

	if (echo->user_data & PROBE_TAG) {
		web_refused(monitor->publish.web, echo, error);
		return;
	}
	host = host_of(echo->user_data);
	if (!host->is_removed)
		count_unsent(monitor, host, error);
	end(monitor, host);
}

static void summarise(const struct monitor *monitor)
{
	char address[ADDRESS_TEXT_LEN];
	const struct host *host;
	size_t i;

	for (i = 0; i < monitor->hosts.count; i++) {
		host = monitor->hosts.list[i];
		if (monitor->options.format == OUTPUT_TEXT) {
			summary_print(host->name, &host->stats);
			continue;
		}
		record_begin("summary");
		record_string("host", host->name);
		record_text("address", host->address.family ?
			    address_format(&host->address, address) : NULL);
		record_string("state", host_state_name(host->state));
		summary_record(&host->stats);
		record_end();
	}
}

/* CSV is one table: of changes or, with -q, of summaries. */
static bool has_summary(const struct monitor *monitor)
{
	return monitor->options.format != OUTPUT_CSV || monitor->options.quiet;
}

/* Reads the hosts of the command line and of the configuration. */
static int load(const struct monitor *monitor, struct hosts *hosts, struct host ***sorted)
{
	hosts_init(hosts, &monitor->options);
	if (!hosts_add_words(hosts, monitor->word_count, monitor->words) &&
	    (!monitor->config || !hosts_add_file(hosts, monitor->config))) {
		*sorted = hosts_sort(hosts, monitor->config);
		if (*sorted)
			return 0;
	}
	hosts_free(hosts);
	return -1;
}

static void set_echo(const struct monitor *monitor, struct host *host)
{
	struct icmpecho_echo *echo = &host->echo;

	options_make_echo(&monitor->options, echo);
	address_to_echo(&host->address, echo);
	echo->user_data = (uintptr_t)host;
	echo->timeout_ns = host->timeout_ns;
	echo->payload = host->size ? (uintptr_t)monitor->payload : 0;
	echo->payload_len = host->size;
	echo->reply_capacity = host->size;
}

/* Goes on with a host that was waiting for its address. */
static void resume(struct monitor *monitor, struct host *host, uint64_t due_ns)
{
	host->due_ns = due_ns;
	if (!is_over(monitor, host))
		schedule_add(&monitor->schedule, host->index, due_ns);
}

/* A failed look-up counts as a request that could not be sent. */
static void act_on(struct monitor *monitor, struct host *host, enum lookup_result result)
{
	bool was_waiting = host->is_waiting;

	if (result == LOOKUP_RESOLVED)
		set_echo(monitor, host);
	if (!was_waiting)
		return;
	host->is_waiting = false;
	if (result == LOOKUP_FAILED) {
		host->requested++;
		count_unsent(monitor, host, ERROR_UNRESOLVED);
	}
	resume(monitor, host, result == LOOKUP_FAILED ? host->lookup_ns : engine_now_ns());
}

static void looked_up(void *self, struct host *host, enum lookup_result result)
{
	struct monitor *monitor = self;

	if (!host->is_removed)
		act_on(monitor, host, result);
	end(monitor, host);
}

/*
 * Makes the schedule. A new host's first request is as late in its interval as the host is
 * in the list, so that the requests of a thousand do not leave all at once.
 */
static void plan(struct monitor *monitor)
{
	uint64_t now_ns = engine_now_ns(), tick_ns = TICK_NS;
	struct host *host;
	double rate = 0;
	size_t i;

	schedule_free(&monitor->schedule);
	schedule_init(&monitor->schedule, monitor->hosts.count + 1);
	for (i = 0; i < monitor->hosts.count; i++) {
		host = monitor->hosts.list[i];
		host->index = i;
		host->is_waiting &= !host->address.family;
		set_echo(monitor, host);
		if (publish_needs_recent(&monitor->publish))
			host_keep_recent(host);
		if (!host->requested)
			host->due_ns = now_ns + (uint64_t)((double)host->interval_ns * (double)i /
							   (double)monitor->hosts.count);
		if (host->due_ns > now_ns + host->interval_ns)
			host->due_ns = now_ns + host->interval_ns;
		if (!is_over(monitor, host) && !host->is_waiting)
			schedule_add(&monitor->schedule, i, host->due_ns);
		rate += 1e9 / (double)host->interval_ns;
		if (tick_ns > host->interval_ns / 4)
			tick_ns = host->interval_ns / 4;
	}
	engine_set_tick(monitor->engine, rate < TICK_RATE ? 0 : tick_ns);
}

static void remove_host(struct monitor *monitor, struct host *host)
{
	if (!host->in_flight) {
		host_free(host);
		return;
	}
	host->next_removed = monitor->removed;
	monitor->removed = host;
}

/* The old host, which keeps its counters, gets the settings of the new one. */
static void take_settings(struct host *old, struct host *new)
{
	char *labels = old->labels;

	old->labels = new->labels;
	new->labels = labels;
	lookups_take_name(old, new);
	old->interval_ns = new->interval_ns;
	old->timeout_ns = new->timeout_ns;
	old->size = new->size;
	old->line = new->line;
}

/* Puts the old hosts that stay in the place of the new ones with their names. */
static void keep_old(struct monitor *monitor, struct hosts *hosts)
{
	struct host **sorted = hosts_sort(&monitor->hosts, monitor->config), *old;
	size_t i;

	for (i = 0; i < monitor->hosts.count; i++)
		sorted[i]->is_removed = true;
	for (i = 0; i < hosts->count; i++) {
		old = hosts_find(sorted, monitor->hosts.count, hosts->list[i]->name);
		if (!old)
			continue;
		take_settings(old, hosts->list[i]);
		host_free(hosts->list[i]);
		hosts->list[i] = old;
		old->is_removed = false;
	}
	for (i = 0; i < monitor->hosts.count; i++) {
		if (sorted[i]->is_removed)
			remove_host(monitor, sorted[i]);
	}
	free(sorted);
}

static void adopt(struct monitor *monitor, struct hosts *hosts)
{
	keep_old(monitor, hosts);
	free(monitor->hosts.list);
	monitor->hosts = *hosts;
	monitor->view.reloaded_ns = clock_realtime_ns();
	plan(monitor);
}

static void notify_ready(const struct monitor *monitor)
{
	char text[100];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s%zu hosts",
		 monitor->view.is_reload_good ? "" : "cannot read the new configuration, still ",
		 monitor->hosts.count);
	systemd_notify(text);
}

/* A configuration with an error changes nothing. */
static void reload(struct monitor *monitor)
{
	struct host **sorted;
	struct hosts hosts;

	systemd_notify_reloading();
	monitor->view.is_reload_good = !load(monitor, &hosts, &sorted);
	if (monitor->view.is_reload_good) {
		free(sorted);
		adopt(monitor, &hosts);
		stop_if_over(monitor);
	} else {
		complain("the old configuration stays");
	}
	notify_ready(monitor);
}

static void signalled(void *self, int signal)
{
	struct monitor *monitor = self;

	switch (signal) {
	case SIGHUP:
		reload(monitor);
		break;
	case SIGQUIT:
		if (has_summary(monitor) && !monitor->publish.is_live)
			summarise(monitor);
		break;
	case SIGWINCH:
		publish_resize(&monitor->publish);
		break;
	default:
		monitor->was_terminated = signal == SIGTERM;
		engine_stop(monitor->engine);
	}
}

/* Only now do signals come to signalled(): SIGHUP would have ended us before. */
static void idle(void *self, uint64_t now_ns)
{
	struct monitor *monitor = self;

	(void)now_ns;
	if (!monitor->is_ready)
		notify_ready(monitor);
	monitor->is_ready = true;
	if (!monitor->publish.is_live)
		output_flush();
}

static const struct engine_ops ops = {
	.fill = fill,
	.completed = completed,
	.refused = refused,
	.idle = idle,
	.signalled = signalled,
};

static int parse(struct monitor *monitor, int argc, char **argv)
{
	int first;

	options_init(&monitor->options);
	publish_init(&monitor->publish, &monitor->options);
	monitor->rules = (struct host_rules){ .fall = 3, .rise = 2, .window = 20,
					      .lossy_percent = 20 };
	first = options_parse(&monitor->options, &option_set, monitor, argc, argv);
	if (first < 0)
		return -1;
	if (monitor->options.interval_ns < MIN_INTERVAL_NS)
		return complain("option -i: the interval is less than %llu ms",
				MIN_INTERVAL_NS / NS_PER_MS);
	monitor->words = argv + first;
	monitor->word_count = argc - first;
	if (!monitor->config && !monitor->word_count && !monitor->publish.rules.allowed_count)
		return complain("no host was given; see %s --help", program_name);
	return publish_check(&monitor->publish, &monitor->options);
}

static int start(struct monitor *monitor)
{
	static const int signals[] = { SIGHUP, SIGQUIT, SIGWINCH, 0 };
	const struct engine_config config = { .signals = signals, .reply_capacity = MAX_PAYLOAD };
	struct host **sorted;
	struct hosts hosts;

	if (load(monitor, &hosts, &sorted))
		return -1;
	free(sorted);
	monitor->engine = engine_open(&config);
	if (!monitor->engine) {
		hosts_free(&hosts);
		return -1;
	}
	monitor->lookups = (struct lookups){ .engine = monitor->engine, .ended = looked_up,
					     .self = monitor };
	monitor->payload = options_make_payload(&monitor->options, MAX_PAYLOAD);
	monitor->view = (struct monitor_view){ .hosts = &monitor->hosts, .rules = &monitor->rules,
					       .started_ns = clock_realtime_ns(),
					       .is_reload_good = true };
	adopt(monitor, &hosts);
	return publish_open(&monitor->publish, monitor->engine, &monitor->view);
}

static void free_monitor(struct monitor *monitor)
{
	struct host *host;

	publish_close(&monitor->publish);
	lookups_close(&monitor->lookups);
	engine_close(monitor->engine);
	while (monitor->removed) {
		host = monitor->removed;
		monitor->removed = host->next_removed;
		host_free(host);
	}
	hosts_free(&monitor->hosts);
	schedule_free(&monitor->schedule);
	free(monitor->payload);
	options_free(&monitor->options);
}

static int exit_status(const struct monitor *monitor)
{
	size_t i;

	for (i = 0; i < monitor->hosts.count && !monitor->was_terminated; i++) {
		if (monitor->hosts.list[i]->state != HOST_UP)
			return EXIT_SOME_LOST;
	}
	return EXIT_ALL_ANSWERED;
}

static int run(struct monitor *monitor)
{
	int error;

	output_open(monitor->options.format);
	error = engine_run(monitor->engine, &ops, monitor);
	systemd_notify("STOPPING=1");
	publish_close(&monitor->publish);
	/* The summary is for a person at a terminal. A service ends by SIGTERM. */
	if (!error && !monitor->was_terminated && has_summary(monitor))
		summarise(monitor);
	return error || output_close() ? EXIT_WRONG_USE : exit_status(monitor);
}

int monitor_main(int argc, char **argv)
{
	struct monitor monitor = { 0 };
	int status = EXIT_WRONG_USE;

	if (!parse(&monitor, argc, argv) && !start(&monitor))
		status = run(&monitor);
	free_monitor(&monitor);
	return status;
}
