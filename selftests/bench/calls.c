// SPDX-License-Identifier: GPL-2.0
/*
 * System calls for an echo, as strace counts them; the difference between two
 * runs, so that starting and ending a program does not count.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define COUNTS	"/run/icmpecho-bench-calls"

static long total_calls(void)
{
	FILE *file = fopen(COUNTS, "re");
	long calls = -1, n;
	char line[256], last[64];

	if (!file)
		die(COUNTS);
	/* % time, seconds, usecs/call, calls, errors or nothing, "total" */
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*f %*f %*d %ld", &n) == 1 &&
		    sscanf(strrchr(line, ' ') ?: "", "%63s", last) == 1 &&
		    !strcmp(last, "total"))
			calls = n;
	fclose(file);
	return calls;
}

static long traced(char *const program[])
{
	char *argv[32] = { "strace", "-f", "-c", "-o", COUNTS };
	unsigned int n = 5, i;

	for (i = 0; program[i]; i++)
		argv[n++] = program[i];
	argv[n] = NULL;
	if (child_run(argv))
		child_explain();
	return total_calls();
}

static void report(const char *name, long few, long many, unsigned int more)
{
	const struct row_key key = { "calls", name, AF_INET, 56 };

	if (few < 0 || many < few)
		row_reject(&key, "strace has counted nothing");
	else
		row_value(&key, "system calls", (double)(many - few) / more);
}

static long way_calls(const char *name, unsigned int count)
{
	char self[256] = {}, number[16];
	char *argv[8] = { self, "run", (char *)name, "4", "56", number };

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		die("/proc/self/exe");
	snprintf(number, sizeof(number), "%u", count);
	return traced(argv);
}

static void measure_way(const char *name)
{
	long few = way_calls(name, 128);

	report(name, few, way_calls(name, 640), 512);
}

static void measure_tool(const char *name)
{
	char *argv[16];
	long few, many;
	unsigned int more;

	if (!tools_words(name, false, argv))
		return;
	few = traced(argv);
	more = tools_words(name, true, argv);
	many = traced(argv);
	report(name, few, many, more);
}

void calls_measure(bool ours, bool quick)
{
	static const char *const rivals[] = {
		"sendto-raw", "socket-each-raw", "sendmmsg-raw", "uring-raw", "packet-rings",
	};
	static const char *const own[] = { "us-64", "us-sync", "us-64-eventfd" };
	static const char *const tools[] = { "fping-loop", "fping-scan", "ping-flood", "oping" };
	unsigned int i;

	for (i = 0; ours && i < (quick ? 1 : ARRAY_SIZE(own)); i++)
		measure_way(own[i]);
	if (ours || quick)
		return;
	for (i = 0; i < ARRAY_SIZE(rivals); i++)
		measure_way(rivals[i]);
	for (i = 0; i < ARRAY_SIZE(tools); i++)
		measure_tool(tools[i]);
}
