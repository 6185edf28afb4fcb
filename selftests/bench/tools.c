// SPDX-License-Identifier: GPL-2.0
/*
 * Pingers as Debian has them. What they need to start and to end is not looked
 * at: each runs twice, with a small count and a larger one, and the difference
 * is what the echoes more have cost. They judge their answers themselves; that
 * none is missing is seen in the kernel's counters.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

const char *tools_targets(int family, unsigned int count)
{
	static char name[80];
	struct world_address address;
	char text[INET6_ADDRSTRLEN];
	unsigned int i;
	FILE *file;

	snprintf(name, sizeof(name), "/run/icmpecho-bench-targets-%d-%u", family, count);
	file = fopen(name, "we");
	if (!file)
		die("%s", name);
	for (i = 0; i < count; i++) {
		address = world_address(family, i);
		inet_ntop(family, family == AF_INET ? (void *)&address.in.sin_addr :
						      (void *)&address.in6.sin6_addr,
			  text, sizeof(text));
		fprintf(file, "%s\n", text);
	}
	fclose(file);
	return name;
}

struct run {
	unsigned int hosts;
	unsigned int echoes;	/* for each */
};

struct tool {
	const char *name;
	const char *program;
	void (*words)(char *argv[], int family, unsigned int payload, struct run run);
	struct run small;
	struct run large;
	bool quick;
};

/* Words that live until the next run */
static char *word(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *word(const char *format, ...)
{
	static char words[32][64];
	static unsigned int next;
	char *text = words[next++ % ARRAY_SIZE(words)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(words[0]), format, args);
	va_end(args);
	return text;
}

static char *address_word(int family)
{
	return word("%s", family == AF_INET ? "10.64.0.1" : "fd00:64::2");
}

/* Intervals between requests, and between those to the same host, are in ms. */
static void fping_rounds(char *argv[], int family, unsigned int payload, struct run run,
			 unsigned int interval, unsigned int period)
{
	const char *targets = tools_targets(family, run.hosts);
	int n = 0;

	argv[n++] = word("fping");
	argv[n++] = word(family == AF_INET ? "-4" : "-6");
	argv[n++] = word("-q");
	argv[n++] = word("-i%u", interval);
	argv[n++] = word("-p%u", period);
	argv[n++] = word("-t500");
	argv[n++] = word("-c%u", run.echoes);
	argv[n++] = word("-b%u", payload);
	argv[n++] = word("-f");
	argv[n++] = word("%s", targets);
	argv[n] = NULL;
}

/* A period of 1 ms means: as fast as they go. */
static void fping_loop(char *argv[], int family, unsigned int payload, struct run run)
{
	fping_rounds(argv, family, payload, run, 0, 1);
}

static void fping_scan(char *argv[], int family, unsigned int payload, struct run run)
{
	const char *targets = tools_targets(family, run.hosts);
	int n = 0;

	argv[n++] = word("fping");
	argv[n++] = word(family == AF_INET ? "-4" : "-6");
	argv[n++] = word("-q");
	argv[n++] = word("-i0");
	argv[n++] = word("-r0");
	argv[n++] = word("-b%u", payload);
	argv[n++] = word("-f");
	argv[n++] = word("%s", targets);
	argv[n] = NULL;
}

static void ping_flood(char *argv[], int family, unsigned int payload, struct run run)
{
	int n = 0;

	argv[n++] = word("ping");
	argv[n++] = word(family == AF_INET ? "-4" : "-6");
	argv[n++] = word("-nfq");
	argv[n++] = word("-c%u", run.echoes);
	argv[n++] = word("-s%u", payload);
	argv[n++] = address_word(family);
	argv[n] = NULL;
}

/* As somebody watches hosts: each once a second. */
static void fping_watch(char *argv[], int family, unsigned int payload, struct run run)
{
	fping_rounds(argv, family, payload, run, 1, 1000);
}

static void monitor(char *argv[], int family, unsigned int payload, struct run run)
{
	const char *targets = tools_targets(family, run.hosts);
	int n = 0;

	argv[n++] = word("icmpecho");
	argv[n++] = word("monitor");
	argv[n++] = word(family == AF_INET ? "-4" : "-6");
	argv[n++] = word("-q");
	argv[n++] = word("-i1");
	argv[n++] = word("-W500ms");
	argv[n++] = word("-c%u", run.echoes);
	argv[n++] = word("-s%u", payload);
	argv[n++] = word("-f");
	argv[n++] = word("%s", targets);
	argv[n] = NULL;
}

/* One request to each address. A prefix would be two addresses less for fping. */
static void fping_sweep(char *argv[], int family, unsigned int payload, struct run run)
{
	int n = 0;

	argv[n++] = word("fping");
	argv[n++] = word("-a");
	argv[n++] = word("-i0");
	argv[n++] = word("-r0");
	argv[n++] = word("-t500");
	argv[n++] = word("-b%u", payload);
	argv[n++] = word("-g");
	argv[n++] = word("%s", WORLD_SWEPT_FIRST);
	argv[n++] = word("%s", WORLD_SWEPT_LAST);
	argv[n] = NULL;
}

static void sweep(char *argv[], int family, unsigned int payload, struct run run)
{
	int n = 0;

	argv[n++] = word("icmpecho");
	argv[n++] = word("sweep");
	argv[n++] = word("--alive");
	argv[n++] = word("-r0");
	argv[n++] = word("-W500ms");
	argv[n++] = word("-s%u", payload);
	argv[n++] = word("%s-%s", WORLD_SWEPT_FIRST, WORLD_SWEPT_LAST);
	argv[n] = NULL;
}

/* It has no option for the size, which is 56 bytes. */
static void oping(char *argv[], int family, unsigned int payload, struct run run)
{
	const char *targets = tools_targets(family, run.hosts);
	int n = 0;

	argv[n++] = word("oping");
	argv[n++] = word(family == AF_INET ? "-4" : "-6");
	argv[n++] = word("-i0.001");
	argv[n++] = word("-c%u", run.echoes);
	argv[n++] = word("-f");
	argv[n++] = word("%s", targets);
	argv[n] = NULL;
}

static const struct tool tools[] = {
	{ "fping-loop", "fping", fping_loop, { 1000, 2 }, { 1000, 5 }, true },
	{ "fping-scan", "fping", fping_scan, { 1000, 1 }, { 4000, 1 }, true },
	{ "ping-flood", "ping", ping_flood, { 1, 1000 }, { 1, 4000 }, true },
	{ "oping", "oping", oping, { 100, 10 }, { 100, 30 }, false },
};

/* What people do, with icmpecho's tool and with fping */
struct command {
	struct tool tool;
	bool ours;
	bool once;		/* the whole run counts, whatever it takes to start */
};

static const struct command commands[] = {
	{ { "fping-watch", "fping", fping_watch, { 1000, 2 }, { 1000, 5 } } },
	{ { "monitor", "icmpecho", monitor, { 1000, 2 }, { 1000, 5 } }, .ours = true },
	{ { "fping-sweep", "fping", fping_sweep }, .once = true },
	{ { "sweep", "icmpecho", sweep }, .ours = true, .once = true },
};

static unsigned int echoes_of(struct run run)
{
	return run.hosts * run.echoes;
}

/* Returns what it cost; counts the answers. */
static uint64_t run_tool(const struct tool *tool, const struct row_key *key, struct run run,
			 unsigned int *good)
{
	char *argv[16];
	uint64_t before;
	long replies;

	tool->words(argv, key->family, key->payload, run);
	replies = world_replies(key->family);
	before = meter_now();
	/* An answer of its own that some are missing does not interest us here. */
	child_run(argv);
	before = meter_now() - before;
	*good += world_replies(key->family) - replies;
	return before;
}

static void measure(const struct tool *tool, const struct row_key *key)
{
	unsigned int more = echoes_of(tool->large) - echoes_of(tool->small);
	unsigned int good = 0, all = echoes_of(tool->large) + echoes_of(tool->small);
	uint64_t small, large;

	world_wait_for_quiet();
	small = run_tool(tool, key, tool->small, &good);
	large = run_tool(tool, key, tool->large, &good);
	if (good != all)
		child_explain();
	/* One that is missing, or comes twice, spoils the row in whichever run it was. */
	row_cost(key, large - small, more, more - abs((int)(all - good)));
}

/* Of each address, whether it answers or not */
static void measure_once(const struct tool *tool, const struct row_key *key)
{
	unsigned int good = 0;
	uint64_t cost;

	world_wait_for_quiet();
	cost = run_tool(tool, key, tool->small, &good);
	if (good != WORLD_HOSTS)
		child_explain();
	row_cost(key, cost, WORLD_SWEPT, good == WORLD_HOSTS ? WORLD_SWEPT : good);
}

static bool is_here(const struct tool *tool)
{
	return child_exists(tool->program);
}

void tools_measure(int family, unsigned int payload, bool all)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tools); i++) {
		const struct row_key key = { "main", tools[i].name, family, payload };

		if ((!all && !tools[i].quick) || (tools[i].words == oping && payload != 56))
			continue;
		if (is_here(&tools[i]))
			measure(&tools[i], &key);
		else
			row_skip(&key, "not installed");
	}
}

void commands_measure(bool ours)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct tool *tool = &commands[i].tool;
		const struct row_key key = { "commands", tool->name, AF_INET, 56 };

		if (commands[i].ours != ours)
			continue;
		if (!is_here(tool))
			row_skip(&key, "not installed");
		else if (commands[i].once)
			measure_once(tool, &key);
		else
			measure(tool, &key);
	}
}

unsigned int tools_words(const char *name, bool longer, char *argv[])
{
	const struct tool *tool = tools;
	struct run run;

	while (strcmp(tool->name, name))
		tool++;
	run = tool->small;
	if (run.hosts > 1)
		run.hosts = 100;
	else
		run.echoes = 100;
	if (longer && tool->large.echoes > tool->small.echoes)
		run.echoes *= 5;
	else if (longer)
		run.hosts *= 5;
	tool->words(argv, AF_INET, 56, run);
	return is_here(tool) ? echoes_of(run) / 5 * 4 : 0;
}
