// SPDX-License-Identifier: MIT
/*
 * icmpecho trace: the routers on the path to a host. The requests to all hops leave in one
 * batch, and a hop is printed as soon as all before it are known. trace_live.c has the
 * screen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "message.h"
#include "parse.h"
#include "screen.h"
#include "trace.h"

#define DEFAULT_COUNT	3
#define DEFAULT_MAX_TTL	30
/* After the first round, requests go so far beyond the last hop that has answered. */
#define TTLS_AHEAD	5
/* How long to wait for names when all else is known. */
#define NAMES_WAIT_NS	NS_PER_S
#define MIN_LIVE_INTERVAL_NS	(20 * NS_PER_MS)
/* Packets of --mtu begin with the MTU of Ethernet. */
#define MTU_PAYLOAD	(1500 - 20 - 8)

enum {
	OPTION_MTU = 0x100,
	OPTION_LIVE,
};

static const struct option_spec own_options[] = {
	{ 'f', "first-ttl", "N", "begin with this hop" },
	{ 't', "max-ttl", "N", "look no farther than this hop (default 30)" },
	{ 'n', "numeric", NULL, "do not look names up" },
	{ OPTION_MTU, "mtu", NULL, "-M do -s 1472: show where packets must be shorter" },
	{ OPTION_LIVE, "live", NULL, "a screen that goes on: loss and times of each hop" },
	{ 'c', "count", "N", "requests to each hop (default 3; with --live without end)" },
	{ 'i', "interval", "TIME",
	  "time from one round of requests to the next, in seconds, or with a\n"
	  "unit: 200ms (default: 0, all at once; with --live 1 s)" },
	{ 'q', "quiet", NULL, "only say whether the host was reached" },
	{ 0 },
};

static int set_ttl(uint32_t *ttl, const char *option, const char *value)
{
	uint64_t number;

	if (option_number(option, value, 1, MAX_TTL, &number))
		return -1;
	*ttl = (uint32_t)number;
	return 0;
}

static int set_option(void *self, int letter, const char *option, const char *value)
{
	struct trace *trace = self;

	switch (letter) {
	case 'f':
		return set_ttl(&trace->path.first_ttl, option, value);
	case 't':
		return set_ttl(&trace->path.max_ttl, option, value);
	case 'n':
		trace->is_numeric = true;
		return 0;
	case 'c':
		return option_number(option, value, 1, UINT32_MAX, &trace->options.count);
	case 'i':
		trace->has_interval = true;
		return option_duration(option, value, NS_PER_S, 3600 * NS_PER_S,
				       &trace->options.interval_ns);
	case 'q':
		trace->options.quiet = true;
		return 0;
	case OPTION_MTU:
		trace->options.dont_fragment = true;
		trace->options.size = MTU_PAYLOAD;
		return 0;
	default:
		trace->is_live = true;
		return 0;
	}
}

static const struct option_set option_set = {
	.usage = "HOST",
	.about = "Shows the routers on the path to a host, with the times to each. The requests\n"
		 "to all hops leave at once.",
	.common = "46ISQMmsWp",
	.own = own_options,
	.set = set_option,
	.notes = "A * is a request without an answer; ! and a letter mark an error, which the\n"
		 "last lines explain. With -M do, packets become as short as a router says.\n"
		 "Keys of --live: q quits, p pauses, space goes on, r resets, n shows names or\n"
		 "addresses, d shows statistics or the last times.\n"
		 "Exit status: 0 if the host has answered, 1 if not, 2 on wrong use or failure.",
};

/* Behind the end of the path there is nothing to ask. */
static uint32_t last_ttl(const struct trace *trace)
{
	const struct path *path = &trace->path;
	uint32_t end = path_end(path), ahead = path_last_answer(path) + TTLS_AHEAD;

	if (end)
		return end;
	/* Until all of the first round have ended, all may answer yet. */
	if (!path_hop(path, path->max_ttl)->completed || ahead > path->max_ttl)
		return path->max_ttl;
	return ahead;
}

bool trace_has_asked_all(const struct trace *trace)
{
	return trace->options.count && trace->round >= trace->options.count;
}

static void end_round(struct trace *trace, uint64_t now_ns)
{
	trace->round++;
	trace->next_ttl = trace->path.first_ttl;
	trace->next_round_ns += trace->options.interval_ns;
	if (trace->next_round_ns < now_ns)
		trace->next_round_ns = now_ns;
}

static bool next_probe(struct trace *trace, uint64_t now_ns, struct probe_id *id)
{
	if (trace->next_ttl > last_ttl(trace))
		end_round(trace, now_ns);
	if (trace_has_asked_all(trace) || trace->is_paused || trace->next_round_ns > now_ns)
		return false;
	*id = path_ask(&trace->path, trace->next_ttl++);
	return true;
}

/* One that was too long. Beyond the end of the path there is no need to try again. */
static bool next_retry(struct trace *trace, struct probe_id *id)
{
	uint32_t end = path_end(&trace->path);

	while (trace->retries_head < trace->retries_len) {
		*id = trace->retries[trace->retries_head++];
		if (end && id->ttl > end) {
			path_drop(&trace->path, id);
			continue;
		}
		id->packet_len = trace->path.packet_len;
		return true;
	}
	trace->retries_head = 0;
	trace->retries_len = 0;
	return false;
}

static void add_retry(struct trace *trace, struct probe_id id, bool is_local)
{
	if (trace->retries_len == trace->retries_room) {
		trace->retries_room = 2 * trace->retries_room + 64;
		trace->retries = reallocarray(trace->retries, trace->retries_room,
					      sizeof(*trace->retries));
		if (!trace->retries) {
			complain("there is no memory for %zu requests", trace->retries_room);
			exit(EXIT_WRONG_USE);
		}
	}
	/* What has not left cost nothing, and is shorter each time. */
	id.tries += !is_local;
	trace->retries[trace->retries_len++] = id;
}

static void make_echo(const struct trace *trace, const struct probe_id *id,
		      struct icmpecho_echo *echo)
{
	*echo = trace->echo;
	echo->ttl = (uint8_t)id->ttl;
	echo->payload_len = id->packet_len - trace->path.header_len;
	if (!echo->payload_len)
		echo->payload = 0;
	echo->user_data = probe_id_pack(id);
}

uint32_t trace_fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		    uint64_t *due_ns)
{
	struct trace *trace = self;
	struct probe_id id;
	uint32_t n = 0;

	while (n < room && (next_retry(trace, &id) || next_probe(trace, now_ns, &id)))
		make_echo(trace, &id, &echoes[n++]);
	if (!trace_has_asked_all(trace) && !trace->is_paused)
		*due_ns = trace->next_round_ns;
	if (trace->wake_ns < *due_ns)
		*due_ns = trace->wake_ns;
	return n;
}

/* Whether all requests to a hop have ended. */
static bool is_complete(const struct trace *trace, uint32_t ttl)
{
	const struct hop *hop = path_hop(&trace->path, ttl);

	return trace_has_asked_all(trace) && hop->completed == hop->requested;
}

static bool has_names(struct trace *trace, uint32_t ttl)
{
	const struct hop *hop = path_hop(&trace->path, ttl);
	bool is_pending = false;
	size_t i;

	for (i = 0; trace->view.names && i < hop->responders_len; i++) {
		names_get(trace->view.names, &hop->responders[i].address);
		is_pending |= names_is_pending(trace->view.names, &hop->responders[i].address);
	}
	return !is_pending;
}

static void print_hop(struct trace *trace, uint32_t ttl)
{
	if (trace->options.quiet)
		return;
	if (trace->options.format == OUTPUT_TEXT)
		view_print_hop(&trace->view, ttl, trace->options.count);
	else
		view_record_hop(&trace->view, ttl);
}

/* In text, hops without an answer at the end of the path are one line, or none. */
static void tell_hop(struct trace *trace, uint32_t ttl)
{
	const struct hop *hop = path_hop(&trace->path, ttl);

	if (trace->options.format == OUTPUT_TEXT && !hop->responders_len) {
		if (!trace->silent_from)
			trace->silent_from = ttl;
		return;
	}
	for (; trace->silent_from && trace->silent_from < ttl; trace->silent_from++)
		print_hop(trace, trace->silent_from);
	trace->silent_from = 0;
	print_hop(trace, ttl);
}

/* Whether the names of a hop are there. They are waited for once, and not for long. */
static bool has_names_in_time(struct trace *trace, uint32_t ttl, uint64_t now_ns)
{
	if (trace->names_are_overdue || has_names(trace, ttl))
		return true;
	if (trace->wake_ns == ENGINE_NEVER)
		trace->wake_ns = now_ns + NAMES_WAIT_NS;
	if (now_ns < trace->wake_ns)
		return false;
	trace->wake_ns = ENGINE_NEVER;
	trace->names_are_overdue = true;
	return true;
}

/* Prints the hops that are known. When these are all, there is nothing more to do. */
static void tell_hops(struct trace *trace, uint64_t now_ns)
{
	uint32_t end = path_end(&trace->path);

	for (; trace->next_hop <= (end ? end : trace->path.max_ttl); trace->next_hop++) {
		if (!is_complete(trace, trace->next_hop) ||
		    !has_names_in_time(trace, trace->next_hop, now_ns))
			return;
		tell_hop(trace, trace->next_hop);
	}
	engine_stop(trace->engine);
}

void trace_count(struct trace *trace, const struct icmpecho_completion *c)
{
	struct probe_id id = probe_id_unpack(c->user_data);

	if (path_count(&trace->path, &id, c))
		add_retry(trace, id, c->flags & ICMPECHO_LOCAL);
}

void trace_count_refused(struct trace *trace, const struct icmpecho_echo *echo, int error)
{
	struct probe_id id = probe_id_unpack(echo->user_data);

	path_count_refused(&trace->path, &id, error);
}

static void completed(void *self, const struct icmpecho_completion *c)
{
	struct trace *trace = self;

	trace_count(trace, c);
	/* So that the lookup begins while other requests are in flight. */
	has_names(trace, probe_id_unpack(c->user_data).ttl);
	tell_hops(trace, engine_now_ns());
}

static void refused(void *self, const struct icmpecho_echo *echo, int error)
{
	struct trace *trace = self;

	trace_count_refused(trace, echo, error);
	tell_hops(trace, engine_now_ns());
}

/* The time to wait for names may be over. */
static void idle(void *self, uint64_t now_ns)
{
	struct trace *trace = self;

	if (trace->wake_ns <= now_ns)
		tell_hops(trace, now_ns);
	output_flush();
}

static const struct engine_ops ops = {
	.fill = trace_fill,
	.completed = completed,
	.refused = refused,
	.idle = idle,
};

static void name_found(void *self, short revents)
{
	struct trace *trace = self;

	(void)revents;
	names_clear(trace->view.names);
	tell_hops(trace, engine_now_ns());
}

static void print_title(const struct trace *trace)
{
	char header[ROW_LEN];

	output_text("%s, %u hops at most, packets of %u bytes\n", trace->title,
		    trace->path.max_ttl, trace->path.packet_len);
	if (trace->options.count > MAX_TIMES)
		output_text("%s\n", view_header(VIEW_TABLE_WIDTH, header));
}

static void print_silence(const struct trace *trace)
{
	uint32_t first = trace->silent_from, last = trace->next_hop - 1;

	if (trace->options.quiet || !first || last < first || !path_last_answer(&trace->path))
		return;
	if (first == last)
		output_text("%2u  no answer\n", first);
	else
		output_text("%2u-%u  no answer\n", first, last);
}

void trace_print_verdict(const struct trace *trace)
{
	const struct path *path = &trace->path;
	uint32_t end = path_end(path);

	if (path_is_reached(path))
		output_text("%s: %sreached%s at hop %u", trace->view.host,
			    output_colour(COLOUR_GOOD), output_colour(COLOUR_NONE), end);
	else
		output_text("%s: %snot reached%s", trace->view.host, output_colour(COLOUR_BAD),
			    output_colour(COLOUR_NONE));
	if (!path_is_reached(path) && end)
		output_text(": an error came at hop %u", end);
	else if (!end && path_last_answer(path))
		output_text(": the last answer came from hop %u", path_last_answer(path));
	if (path->may_shrink)
		output_text(", with packets of %u bytes", path->packet_len);
	if (path->error)
		output_text("%s: %s", path_last_answer(path) ? "; some were not sent" :
			    ": nothing was sent", icmpecho_strerror(path->error));
	output_text("\n");
}

static void record_verdict(const struct trace *trace)
{
	const struct path *path = &trace->path;
	char text[ADDRESS_TEXT_LEN];

	record_begin("trace");
	record_string("host", trace->view.host);
	record_string("address", address_format(&trace->view.destination, text));
	record_bool("reached", path_is_reached(path));
	if (path_end(path))
		record_number("hops", path_end(path));
	else
		record_null("hops");
	record_number("packet_bytes", path->packet_len);
	if (path->error && !path_last_answer(path))
		record_string("reason", icmpecho_strerror(path->error));
	else
		record_null("reason");
	record_end();
}

/* Also after an interruption: tells what is known so far. */
static void tell_end(struct trace *trace)
{
	uint32_t end = path_end(&trace->path);
	uint32_t last = end ? end : path_last_answer(&trace->path);

	for (; trace->next_hop <= last; trace->next_hop++)
		tell_hop(trace, trace->next_hop);
	switch (trace->options.format) {
	case OUTPUT_TEXT:
		print_silence(trace);
		if (!trace->options.quiet)
			view_print_legend(&trace->view);
		trace_print_verdict(trace);
		break;
	case OUTPUT_JSON:
		record_verdict(trace);
		break;
	case OUTPUT_CSV:
		/* All its rows are hops, unless there are none. */
		if (trace->options.quiet)
			record_verdict(trace);
	}
}

static int run(struct trace *trace)
{
	if (trace->view.names &&
	    engine_watch(trace->engine, names_fd(trace->view.names), POLLIN, name_found, trace))
		return -1;
	if (trace->options.format == OUTPUT_TEXT && !trace->options.quiet)
		print_title(trace);
	if (engine_run(trace->engine, &ops, trace))
		return -1;
	tell_end(trace);
	return 0;
}

/* What the options mean together. */
static int check(struct trace *trace)
{
	struct options *options = &trace->options;

	if (trace->path.first_ttl > trace->path.max_ttl)
		return complain("option -f: hop %u is beyond hop %u, the last one (option -t)",
				trace->path.first_ttl, trace->path.max_ttl);
	if (trace->is_live && options->format != OUTPUT_TEXT)
		return complain("option --live draws a screen, and has no JSON or CSV");
	if (!trace->has_interval)
		options->interval_ns = trace->is_live ? NS_PER_S : 0;
	if (trace->is_live && options->interval_ns < MIN_LIVE_INTERVAL_NS)
		return complain("option -i: with --live, a round takes 20ms at least");
	if (!trace->is_live && !options->count)
		options->count = DEFAULT_COUNT;
	return 0;
}

static int parse(struct trace *trace, int argc, char **argv)
{
	int first;

	options_init(&trace->options);
	targets_init(&trace->targets, AF_UNSPEC);
	trace->path.first_ttl = 1;
	trace->path.max_ttl = DEFAULT_MAX_TTL;
	first = options_parse(&trace->options, &option_set, trace, argc, argv);
	if (first < 0 || check(trace))
		return -1;
	if (argc - first != 1)
		return complain("name one host; see %s --help", program_name);
	trace->targets.family = trace->options.family;
	trace->targets.max = 1;
	return targets_add(&trace->targets, argv[first]);
}

static void begin(struct trace *trace)
{
	struct target *target = trace->targets.list;
	char address[ADDRESS_TEXT_LEN];

	trace->view.path = &trace->path;
	trace->view.destination = target->address;
	trace->view.host = target_name(target, trace->host);
	address_format(&target->address, address);
	snprintf(trace->title, sizeof(trace->title), "%s%s%s%s", trace->view.host,
		 strcmp(trace->view.host, address) ? " (" : "",
		 strcmp(trace->view.host, address) ? address : "",
		 strcmp(trace->view.host, address) ? ")" : "");
	/* On a screen, a key shows them. */
	if (!trace->is_numeric || trace->is_live)
		trace->names = names_open();
	trace->view.names = trace->is_numeric ? NULL : trace->names;
	options_make_echo(&trace->options, &trace->echo);
	address_to_echo(&target->address, &trace->echo);
	/* No bytes of the answers are needed. */
	trace->echo.reply_capacity = 0;
	path_init(&trace->path, target->address.family, trace->options.size);
	trace->path.may_shrink = trace->options.dont_fragment;
	trace->next_ttl = trace->path.first_ttl;
	trace->next_hop = trace->path.first_ttl;
	trace->next_round_ns = engine_now_ns();
	trace->wake_ns = ENGINE_NEVER;
}

static void free_trace(struct trace *trace)
{
	engine_close(trace->engine);
	names_close(trace->names);
	path_free(&trace->path);
	free(trace->retries);
	targets_free(&trace->targets);
	options_free(&trace->options);
}

int trace_main(int argc, char **argv)
{
	struct engine_config config = { .reply_capacity = 0 };
	struct trace trace = { 0 };
	int status = EXIT_WRONG_USE;

	if (!parse(&trace, argc, argv)) {
		config.signals = trace.is_live ? screen_signals : NULL;
		trace.engine = engine_open(&config);
	}
	if (trace.engine) {
		output_open(trace.options.format);
		begin(&trace);
		if (!(trace.is_live ? trace_live(&trace) : run(&trace)))
			status = path_is_reached(&trace.path) ? 0 : EXIT_SOME_LOST;
		if (output_close())
			status = EXIT_WRONG_USE;
	}
	free_trace(&trace);
	return status;
}
