// SPDX-License-Identifier: MIT
/*
 * icmpecho ping: echo requests to several hosts at once, a line for each that has ended, and
 * a summary for each host at the end and at SIGQUIT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "engine.h"
#include "message.h"
#include "output.h"
#include "parse.h"
#include "ping.h"

#define MAX_REPLIES		1024
/* What a request to a group collects if --replies says nothing. */
#define GROUP_REPLIES		16
/* What cannot be sent is not tried again at once, with -i 0. */
#define UNSENT_PAUSE_NS		(100 * NS_PER_MS)
#define MAX_REPLY_BYTES		(1U << 20)	/* of one request: the kernel's limit */
#define MAX_DEADLINE_NS		(365 * 24 * 3600 * NS_PER_S)

enum {
	OPTION_REPLIES = 0x100,
};

static const struct option_spec own_options[] = {
	{ 'A', "all-addresses", NULL, "all addresses of a name, not only the first" },
	{ 'D', "timestamps", NULL, "begin each line with the time of the answer" },
	{ 'f', "file", "FILE", "hosts from a file, one a line; - is standard input" },
	{ 'w', "deadline", "TIME", "end after this time" },
	{ OPTION_REPLIES, "replies", "N",
	  "collect up to N replies to each request until its timeout: tells\n"
	  "duplicates, and all who answer for a multicast group (default there: 16)" },
	{ 0 },
};

static int set_option(void *self, int letter, const char *option, const char *value)
{
	struct ping *ping = self;

	switch (letter) {
	case 'A':
		ping->targets.all_addresses = true;
		return 0;
	case 'D':
		ping->with_time = true;
		return 0;
	case 'f':
		return targets_add_file(&ping->targets, value);
	case 'w':
		return option_duration(option, value, NS_PER_S, MAX_DEADLINE_NS,
				       &ping->deadline_ns);
	default:
		return option_number(option, value, 1, MAX_REPLIES, &ping->replies);
	}
}

static const struct option_set option_set = {
	.usage = "HOST...",
	.about = "Sends echo requests to all hosts at once, until SIGINT or as often as -c says.\n"
		 "SIGQUIT (Ctrl-\\) prints the summary so far.",
	.common = "46IStQMmsciWpR",
	.own = own_options,
	.set = set_option,
	.notes = "HOST is a name, an address, a prefix (10.9.0.0/28), a range\n"
		 "(10.9.0.1-10.9.0.9), or - for a list on standard input. With -i 0 a request follows each answer.\n"
		 "Exit status: 0 if all requests were answered, 1 if not, 2 on wrong use or failure.",
};

static uint64_t pack(const struct ping *ping, const struct ping_host *host)
{
	return (uint64_t)(host - ping->hosts) << 32 | (uint32_t)host->requested;
}

/* Times that have passed while this host was stopped, or its queue full, are left out. */
static uint64_t next_time(const struct ping *ping, uint64_t due_ns, uint64_t now_ns)
{
	uint64_t next_ns = due_ns + ping->options.interval_ns;

	return next_ns < now_ns ? now_ns + ping->options.interval_ns : next_ns;
}

static uint32_t fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		     uint64_t *due_ns)
{
	struct ping *ping = self;
	struct ping_host *host;
	uint32_t n = 0;

	if (ping->end_ns && now_ns >= ping->end_ns)
		return 0;
	while (n < room && schedule_next_ns(&ping->schedule) <= now_ns) {
		*due_ns = schedule_next_ns(&ping->schedule);
		host = &ping->hosts[schedule_take(&ping->schedule)];
		host->requested++;
		echoes[n] = host->echo;
		echoes[n++].user_data = pack(ping, host);
		if (ping->options.interval_ns && host->requested != ping->options.count)
			schedule_add(&ping->schedule, (size_t)(host - ping->hosts),
				     next_time(ping, *due_ns, now_ns));
	}
	*due_ns = schedule_next_ns(&ping->schedule);
	return n;
}

/* With -i 0: a request has ended, so the next one may follow. */
static void follow_up(struct ping *ping, const struct ping_host *host, enum outcome outcome)
{
	uint64_t pause_ns = outcome == OUTCOME_UNSENT ? UNSENT_PAUSE_NS : 0;

	if (!ping->options.interval_ns && host->requested != ping->options.count)
		schedule_add(&ping->schedule, (size_t)(host - ping->hosts),
			     engine_now_ns() + pause_ns);
}

static bool is_intact(const struct ping *ping, const struct icmpecho_completion *c)
{
	return c->wire_len == ping->options.size && c->data_len == c->wire_len &&
	       !memcmp(icmpecho_completion_data(c), ping->options.payload, c->data_len);
}

static void completed(void *self, const struct icmpecho_completion *c)
{
	struct ping *ping = self;
	struct ping_host *host = &ping->hosts[c->user_data >> 32];
	const struct icmpecho_completion *answer;
	struct ping_event event = { .seq = (uint32_t)c->user_data };
	enum outcome outcome;
	bool has_reply = false;

	outcome = stats_count(&host->stats, c);
	for (answer = c; answer; answer = icmpecho_next_answer(c, answer)) {
		event.c = answer;
		event.outcome = outcome_of(answer);
		event.is_corrupted = event.outcome == OUTCOME_ANSWERED && !is_intact(ping, answer);
		event.is_duplicate = event.outcome == OUTCOME_ANSWERED && has_reply;
		host->stats.corrupted += event.is_corrupted;
		has_reply |= event.outcome == OUTCOME_ANSWERED;
		ping_tell(ping, host, &event);
	}
	follow_up(ping, host, outcome);
}

static void refused(void *self, const struct icmpecho_echo *echo, int error)
{
	struct ping *ping = self;
	struct ping_host *host = &ping->hosts[echo->user_data >> 32];
	const struct ping_event event = {
		.error = error,
		.outcome = OUTCOME_UNSENT,
		.seq = (uint32_t)echo->user_data,
	};

	stats_count_refused(&host->stats, error);
	ping_tell(ping, host, &event);
	follow_up(ping, host, OUTCOME_UNSENT);
}

/* CSV is one table: of answers or, with -q, of summaries. */
static bool has_summary(const struct ping *ping)
{
	return ping->options.format != OUTPUT_CSV || ping->options.quiet;
}

static void signalled(void *self, int signal)
{
	struct ping *ping = self;

	if (signal != SIGQUIT)
		engine_stop(ping->engine);
	else if (has_summary(ping))
		ping_summarise(ping);
}

static const struct engine_ops ops = {
	.fill = fill,
	.completed = completed,
	.refused = refused,
	.signalled = signalled,
};

static void init_host(struct ping *ping, struct ping_host *host, struct target *target)
{
	uint64_t replies = ping->replies;
	char address[ADDRESS_TEXT_LEN];
	const size_t size = sizeof(host->name);
	uint32_t limit;
	int len;

	host->target = target;
	address_format(&target->address, address);
	if (target->name && strcmp(target->name, address))
		len = snprintf(host->name, size, "%.230s (%s)", target->name, address);
	else
		len = snprintf(host->name, size, "%s", address);
	if (len > ping->name_width)
		ping->name_width = len;
	stats_init(&host->stats, true);
	options_make_echo(&ping->options, &host->echo);
	address_to_echo(&target->address, &host->echo);
	if (!replies && address_is_multicast(&target->address))
		replies = GROUP_REPLIES;
	limit = MAX_REPLY_BYTES / (host->echo.reply_capacity + 1);
	host->echo.max_replies = (uint16_t)(replies > limit ? limit : replies);
}

static void init_hosts(struct ping *ping)
{
	size_t i, count = ping->targets.count;
	uint64_t now_ns = engine_now_ns(), apart_ns = ping->options.interval_ns / count;

	/* Not all at once, so that no queue has to hold them. */
	if (apart_ns > NS_PER_MS)
		apart_ns = NS_PER_MS;

	ping->hosts = allocate(count, sizeof(*ping->hosts));
	schedule_init(&ping->schedule, count);
	for (i = 0; i < count; i++) {
		init_host(ping, &ping->hosts[i], &ping->targets.list[i]);
		schedule_add(&ping->schedule, i, now_ns + i * apart_ns);
	}
	if (ping->deadline_ns)
		ping->end_ns = now_ns + ping->deadline_ns;
}

static void free_ping(struct ping *ping)
{
	size_t i;

	for (i = 0; ping->hosts && i < ping->targets.count; i++)
		stats_free(&ping->hosts[i].stats);
	free(ping->hosts);
	schedule_free(&ping->schedule);
	engine_close(ping->engine);
	targets_free(&ping->targets);
	options_free(&ping->options);
}

static int parse(struct ping *ping, int argc, char **argv)
{
	int first;

	options_init(&ping->options);
	targets_init(&ping->targets, AF_UNSPEC);
	first = options_parse(&ping->options, &option_set, ping, argc, argv);
	if (first < 0)
		return -1;
	ping->targets.family = ping->options.family;
	return targets_add_words(&ping->targets, argc - first, argv + first);
}

static int open_engine(struct ping *ping)
{
	static const int signals[] = { SIGQUIT, 0 };
	uint64_t replies = ping->replies ? ping->replies : GROUP_REPLIES;
	struct engine_config config = { .signals = signals };

	config.reply_capacity = (uint32_t)((ICMPECHO_RECORD_LEN(ping->options.size)) * replies);
	ping->engine = engine_open(&config);
	return ping->engine ? 0 : -1;
}

static int exit_status(const struct ping *ping)
{
	const struct ping_host *host;

	for (host = ping->hosts; host < ping->hosts + ping->targets.count; host++) {
		if (!host->stats.sent || host->stats.answered != host->stats.sent ||
		    host->stats.unsent)
			return EXIT_SOME_LOST;
	}
	return EXIT_ALL_ANSWERED;
}

int ping_main(int argc, char **argv)
{
	struct ping ping = { 0 };
	int status = EXIT_WRONG_USE;

	if (!parse(&ping, argc, argv) && !open_engine(&ping)) {
		output_open(ping.options.format);
		init_hosts(&ping);
		if (!engine_run(ping.engine, &ops, &ping)) {
			if (has_summary(&ping))
				ping_summarise(&ping);
			status = output_close() ? EXIT_WRONG_USE : exit_status(&ping);
		}
	}
	free_ping(&ping);
	return status;
}
