// SPDX-License-Identifier: GPL-2.0
/*
 * How many instructions the machine has executed, the idle loop's not counted.
 *
 * In a guest that QEMU runs with "-icount shift=0" a nanosecond is an
 * instruction, and the time that was not idle is what we look for. Elsewhere
 * the CPU counts them itself: everything that runs on the CPU to which this
 * program is bound is counted, its children and softirq included.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "module/bench_module.h"

static int clock_fd = -1;
static int perf_fd = -1;
static const char *name;

/* One instruction takes one nanosecond: nothing but icount is so exact. */
static bool runs_by_icount(void)
{
	const char *icount = getenv("BENCH_ICOUNT");

	return icount && !strcmp(icount, "yes");
}

static int bind_to_a_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
	return cpu;
}

static int perf_open(void)
{
	const char *event = getenv("BENCH_EVENT");
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_idle = 1,
	};

	name = "instructions";
	if (event && !strcmp(event, "cycles")) {
		attr.config = PERF_COUNT_HW_CPU_CYCLES;
		name = "cycles";
	}
	return syscall(SYS_perf_event_open, &attr, -1, bind_to_a_cpu(), -1,
		       PERF_FLAG_FD_CLOEXEC);
}

void meter_open(void)
{
	if (runs_by_icount()) {
		name = "instructions";
		clock_fd = open(BENCH_DEVICE, O_RDWR | O_CLOEXEC);
		if (clock_fd < 0)
			die(BENCH_DEVICE);
		return;
	}
	perf_fd = perf_open();
	if (perf_fd < 0)
		die("this machine cannot count %s (perf_event_open)", name);
}

uint64_t meter_now(void)
{
	struct bench_clock clock;
	uint64_t count;

	if (clock_fd >= 0) {
		if (ioctl(clock_fd, BENCH_IOC_CLOCK, &clock))
			die("BENCH_IOC_CLOCK");
		return clock.now_ns * clock.cpus - clock.idle_ns;
	}
	if (read(perf_fd, &count, sizeof(count)) != sizeof(count))
		die("read of a perf event");
	return count;
}

/* Work that others have left to the kernel gets done first, if it ever ends. */
void meter_settle(void)
{
	uint64_t before;
	int i;

	for (i = 0; i < 40; i++) {
		before = meter_now();
		usleep(50000);
		if (meter_now() - before < 500000)
			return;
	}
}

const char *meter_name(void)
{
	return name;
}
