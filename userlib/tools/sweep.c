// SPDX-License-Identifier: MIT
/*
 * icmpecho sweep: which of many addresses answer. It asks each in turn, at an even pace, and
 * those that were silent again. What is known is printed in the order of the addresses, as
 * far as nothing before it is still open.
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "engine.h"
#include "message.h"
#include "output.h"
#include "parse.h"
#include "stats.h"
#include "sweep.h"

#define DEFAULT_INTERVAL_NS	(200 * NS_PER_US)
#define DEFAULT_RETRIES		1
#define MAX_RETRIES		100
/* Without a pace: as many requests may be open. */
#define WINDOW			16384
/* The fewer calls, the cheaper; and so many requests make no burst that harms. */
#define TICK_NS			(10 * NS_PER_MS)

enum {
	OPTION_ALIVE = 0x100,
	OPTION_DEAD,
};

static const struct option_spec own_options[] = {
	{ OPTION_ALIVE, "alive", NULL, "print the addresses that answer, and nothing else" },
	{ OPTION_DEAD, "dead", NULL, "print the addresses that do not answer, and nothing else" },
	{ 'r', "retries", "N", "ask silent addresses so often again (default 1)" },
	{ 'i', "interval", "TIME",
	  "time from one request to the next (default 0.2ms: 5000 a second);\n"
	  "0: no limit" },
	{ 0 },
};

static int set_option(void *self, int letter, const char *option, const char *value)
{
	struct sweep *sweep = self;

	switch (letter) {
	case OPTION_ALIVE:
		sweep->alive = true;
		return 0;
	case OPTION_DEAD:
		sweep->dead = true;
		return 0;
	case 'r':
		return option_number(option, value, 0, MAX_RETRIES, &sweep->retries);
	default:
		return option_duration(option, value, NS_PER_S, 3600 * NS_PER_S,
				       &sweep->options.interval_ns);
	}
}

static const struct option_set option_set = {
	.usage = "PREFIX|RANGE|HOST|FILE|-...",
	.about = "Asks many addresses once each, silent ones again, and prints which of them\n"
		 "answer, in the order of the addresses.",
	.common = "46IStQMmsWp",
	.own = own_options,
	.set = set_option,
	.notes = "The targets are prefixes (10.9.0.0/16), ranges (10.9.0.1-10.9.3.232), names,\n"
		 "and files with one of these in each line; - is standard input. With --alive and\n"
		 "--dead together, as with neither of them in JSON and CSV, all are printed.\n"
		 "Exit status: 0 if all answered, 1 if not, 2 on wrong use or failure.",
};

static void make_request(struct sweep *sweep, struct icmpecho_echo *echo, size_t i)
{
	*echo = sweep->template;
	address_to_echo(&sweep->targets.list[i].address, echo);
	echo->user_data = i;
	sweep->results[i].requests++;
}

static size_t take_again(struct sweep *sweep)
{
	size_t i = sweep->again[sweep->again_first];

	if (++sweep->again_first == sweep->targets.count)
		sweep->again_first = 0;
	sweep->again_count--;
	return i;
}

static void ask_again(struct sweep *sweep, size_t i)
{
	size_t end = sweep->again_first + sweep->again_count;

	if (end >= sweep->targets.count)
		end -= sweep->targets.count;
	sweep->again[end] = (uint32_t)i;
	sweep->again_count++;
}

/* Those to ask again come first: the lines of all behind them wait for theirs. */
static uint32_t fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		     uint64_t *due_ns)
{
	struct sweep *sweep = self;
	uint32_t n = 0;

	while (n < room && sweep->again_count)
		make_request(sweep, &echoes[n++], take_again(sweep));
	while (n < room && sweep->next < sweep->targets.count)
		make_request(sweep, &echoes[n++], sweep->next++);
	sweep->requests += n;
	if (n)
		sweep->last_request_ns = now_ns;
	*due_ns = ENGINE_NEVER;
	return n;
}

static void settle(struct sweep *sweep, struct sweep_result *result, enum sweep_state state)
{
	result->state = (uint8_t)state;
	sweep->counts[state]++;
	sweep->known++;
}

static void keep_answer(struct sweep_result *result, const struct icmpecho_completion *c)
{
	result->rtt_ns = c->rtt_ns;
	result->status = c->status;
	result->scope_id = c->scope_id;
	memcpy(result->from, c->from, sizeof(result->from));
}

static void completed(void *self, const struct icmpecho_completion *c)
{
	struct sweep *sweep = self;
	size_t i = c->user_data;
	struct sweep_result *result = &sweep->results[i];

	switch (outcome_of(c)) {
	case OUTCOME_ANSWERED:
		keep_answer(result, c);
		/* Others answer for a broadcast address, which is no host. */
		settle(sweep, result,
		       memcmp(c->from, sweep->targets.list[i].address.bytes, sizeof(c->from)) ?
			       STATE_ERROR : STATE_ALIVE);
		break;
	case OUTCOME_ERROR:
		keep_answer(result, c);
		settle(sweep, result, STATE_ERROR);
		break;
	case OUTCOME_UNSENT:
		result->status = c->status;
		result->error = c->error;
		settle(sweep, result, STATE_UNSENT);
		break;
	default:
		if (result->requests <= sweep->retries)
			ask_again(sweep, i);
		else
			settle(sweep, result, STATE_SILENT);
	}
}

static void refused(void *self, const struct icmpecho_echo *echo, int error)
{
	struct sweep *sweep = self;
	struct sweep_result *result = &sweep->results[echo->user_data];

	result->error = error;
	settle(sweep, result, STATE_UNSENT);
}

static void idle(void *self, uint64_t now_ns)
{
	struct sweep *sweep = self;

	sweep_print_known(sweep, false);
	sweep_show_progress(sweep, now_ns);
}

static const struct engine_ops ops = {
	.fill = fill,
	.completed = completed,
	.refused = refused,
	.idle = idle,
};

static int parse(struct sweep *sweep, int argc, char **argv)
{
	int first;

	options_init(&sweep->options);
	sweep->options.interval_ns = DEFAULT_INTERVAL_NS;
	sweep->retries = DEFAULT_RETRIES;
	first = options_parse(&sweep->options, &option_set, sweep, argc, argv);
	if (first < 0)
		return -1;
	targets_init(&sweep->targets, sweep->options.family);
	sweep->targets.allow_files = true;
	if (targets_add_words(&sweep->targets, argc - first, argv + first))
		return -1;
	targets_sort(&sweep->targets);
	options_make_echo(&sweep->options, &sweep->template);
	/* No bytes of the replies are needed. */
	sweep->template.reply_capacity = 0;
	return 0;
}

static int open_engine(struct sweep *sweep)
{
	struct engine_config config = {
		.tick_ns = sweep->options.interval_ns ? TICK_NS : 0,
		.pace_ns = sweep->options.interval_ns,
		.window = sweep->options.interval_ns ? 0 : WINDOW,
	};

	sweep->engine = engine_open(&config);
	return sweep->engine ? 0 : -1;
}

static int run(struct sweep *sweep)
{
	sweep->results = allocate(sweep->targets.count, sizeof(*sweep->results));
	sweep->again = allocate(sweep->targets.count, sizeof(*sweep->again));
	output_open(sweep->options.format);
	progress_init(&sweep->progress, !sweep->options.quiet);
	sweep->started_ns = engine_now_ns();
	sweep->last_request_ns = sweep->started_ns;
	if (engine_run(sweep->engine, &ops, sweep))
		return EXIT_WRONG_USE;
	progress_clear(&sweep->progress);
	sweep_print_known(sweep, true);
	sweep_summarise(sweep);
	if (output_close())
		return EXIT_WRONG_USE;
	return sweep->counts[STATE_ALIVE] == sweep->targets.count ? EXIT_ALL_ANSWERED :
								    EXIT_SOME_LOST;
}

int sweep_main(int argc, char **argv)
{
	struct sweep sweep = { 0 };
	int status = EXIT_WRONG_USE;

	if (!parse(&sweep, argc, argv) && !open_engine(&sweep))
		status = run(&sweep);
	engine_close(sweep.engine);
	free(sweep.results);
	free(sweep.again);
	targets_free(&sweep.targets);
	options_free(&sweep.options);
	return status;
}
