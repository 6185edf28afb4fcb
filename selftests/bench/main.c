// SPDX-License-Identifier: GPL-2.0
/*
 * bench - measure icmpecho and its rivals in network namespaces of this machine
 *
 *	bench [quick]
 *	bench run NAME FAMILY PAYLOAD COUNT
 *
 * BENCH_ICOUNT=yes: this is a guest of QEMU -icount, and the benchmark's module
 * is loaded. BENCH_MODULE: file of icmpecho's module, if it is not loaded yet.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

#define BASELINE "sendto-raw"

struct plan {
	bool quick;
	unsigned int count;	/* echoes for each row */
};

/*
 * The first row of a boot is dearer than it should be, so it counts for nothing.
 * The baseline comes again and again: it must be the same before and after.
 */
static void baseline(const struct plan *plan, const char *label)
{
	way_measure("baseline", label, BASELINE, AF_INET, 56, plan->count);
}

static void measure_rivals(const struct plan *plan)
{
	ways_rivals(AF_INET, 56, plan->count);
	tools_measure(AF_INET, 56, !plan->quick);
	ways_rivals(AF_INET, 1400, plan->count);
	tools_measure(AF_INET, 1400, !plan->quick);
	ways_rivals(AF_INET6, 56, plan->count);
	commands_measure(false);
	if (plan->quick)
		return;
	tools_measure(AF_INET6, 56, false);
	ways_rivals(AF_INET6, 1400, plan->count);
	tools_measure(AF_INET6, 1400, false);
	ways_delayed(false, plan->count);
}

static void measure_ours(const struct plan *plan)
{
	ways_ours(AF_INET, 56, plan->count);
	ways_ours(AF_INET, 1400, plan->count);
	ways_ours(AF_INET6, 56, plan->count);
	commands_measure(true);
	if (plan->quick)
		return;
	ways_ours(AF_INET6, 1400, plan->count);
	ways_delayed(true, plan->count);
}

static void describe_machine(void)
{
	struct utsname name;
	struct row_key key = { "machine", name.release, AF_INET, 0 };

	if (uname(&name))
		die("uname");
	row_value(&key, meter_name(), 0);
}

static void measure(const struct plan *plan)
{
	describe_machine();
	/* What booting has left to do gets done meanwhile. */
	sleep(5);
	way_measure("baseline", "warm-up", BASELINE, AF_INET, 56, 2 * plan->count);
	baseline(plan, "before");
	measure_rivals(plan);
	scaling_measure(false, plan->quick);
	rtt_measure(false, plan->quick);
	calls_measure(false, plan->quick);
	/* What the crowds have left to the kernel shall be over before it counts. */
	baseline(plan, "after-crowds");
	baseline(plan, "without-module");
	if (!module_load())
		return;
	baseline(plan, "module-closed");
	measure_ours(plan);
	ways_floors(AF_INET, 56, plan->count);
	ways_floors(AF_INET, 1400, plan->count);
	ways_floors(AF_INET6, 56, plan->count);
	scaling_measure(true, plan->quick);
	flight_measure(plan->quick);
	rtt_measure(true, plan->quick);
	calls_measure(true, plan->quick);
	baseline(plan, "after");
}

/* To compare two modules in one boot, which takes one after the other. */
static void measure_ours_only(const struct plan *plan)
{
	sleep(5);
	way_measure("baseline", "warm-up", BASELINE, AF_INET, 56, 2 * plan->count);
	if (module_load())
		measure_ours(plan);
}

static int run_one(char *argv[])
{
	unsigned int count = atoi(argv[5]);
	int family = atoi(argv[3]) == 6 ? AF_INET6 : AF_INET;

	return way_run(argv[2], family, atoi(argv[4]), count) == count ? 0 : 1;
}

int main(int argc, char *argv[])
{
	struct plan plan = { .count = 5120 };

	if (argc == 6 && !strcmp(argv[1], "run"))
		return run_one(argv);
	if (argc == 2 && strcmp(argv[1], "full")) {
		plan.quick = true;
		plan.count = 2560;
	}
	meter_open();
	world_build();
	if (argc == 2 && !strcmp(argv[1], "ours"))
		measure_ours_only(&plan);
	else
		measure(&plan);
	return 0;
}
