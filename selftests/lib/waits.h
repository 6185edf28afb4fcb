/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For how much of others' work a task waits, from the moment it is woken until it runs. It is
 * counted in events of the module, not in time, by tracepoints.
 *
 * A task with real-time priority waits for softirqs, and for code of the kernel that does not
 * let it run. So what these two do without a break is what it waits for. If the scheduler runs
 * another task meanwhile, that is its choice, and the wait does not count. A task is woken when its
 * CPU has been told (sched_wakeup): a VM may stop another CPU that is about to do so.
 */
#ifndef WAITS_H
#define WAITS_H

#include "tracing.h"

struct waits {
	unsigned int seen;	/* waits */
	unsigned int most;	/* events in one of them */
	unsigned int all;	/* events, also while nobody waited */
	/* With times, in seconds */
	double softirq;		/* the longest softirq */
	int vec;		/* its number */
	double raised;		/* the longest time for which one was put off */
};

/* Record the waits of @tid, and how requests end whose user_data is @user_data. */
static inline void waits_start(pid_t tid, __u64 user_data)
{
	static const char *const events[] = {
		"icmpecho/icmpecho_timeout", "icmpecho/icmpecho_cancel", "icmpecho/icmpecho_sent",
	};
	char filter[64];
	unsigned int i;

	trace_instance();
	snprintf(filter, sizeof(filter), "pid==%d", tid);
	trace_event("sched/sched_wakeup", filter);
	trace_event("sched/sched_switch", "0");
	snprintf(filter, sizeof(filter), "user_data==%llu", user_data);
	for (i = 0; i < ARRAY_SIZE(events); i++)
		trace_event(events[i], filter);
}

/* Record softirqs with their times, too. */
static inline void waits_with_times(void)
{
	trace_write("buffer_size_kb", "65536");
	trace_write("trace_clock", "mono");
	trace_event("irq/softirq_raise", "0");
	trace_event("irq/softirq_entry", "0");
	trace_event("irq/softirq_exit", "0");
}

/* What has been seen of the task and its CPU so far */
struct waiter {
	bool runs;
	bool waits;
	unsigned int events;	/* in this wait */
	double entered;		/* when the softirq began that runs */
	double raised[16];	/* when each was asked for that has not run yet, or 0 */
};

static inline int cpu_of_line(const char *line)
{
	const char *bracket = strchr(line, '[');

	return bracket ? atoi(bracket + 1) : -1;
}

static inline void softirq_line(struct waits *waits, struct waiter *waiter, const char *event)
{
	const char *vec = strstr(event, "vec=");
	const char *time = event - 2;
	unsigned int number = vec ? atoi(vec + 4) % 16 : 0;
	double now;

	while (time[-1] != ' ')
		time--;
	now = atof(time);
	if (strstr(event, "_raise:")) {
		if (!waiter->raised[number])
			waiter->raised[number] = now;
	} else if (strstr(event, "_entry:")) {
		if (waiter->raised[number] && now - waiter->raised[number] > waits->raised)
			waits->raised = now - waiter->raised[number];
		waiter->raised[number] = 0;
		waiter->entered = now;
	} else if (waiter->entered && now - waiter->entered > waits->softirq) {
		waits->softirq = now - waiter->entered;
		waits->vec = number;
	}
}

static inline void waits_line(struct waits *waits, struct waiter *waiter, const char *line,
			      const char *next, int cpu)
{
	if (strstr(line, "sched_wakeup:")) {
		if (!waiter->runs && !waiter->waits)
			waiter->events = 0;
		waiter->waits = !waiter->runs;
	} else if (strstr(line, "sched_switch:") && cpu_of_line(line) == cpu) {
		waiter->runs = strstr(line, next);
		if (waiter->runs && waiter->waits) {
			waits->seen++;
			if (waiter->events > waits->most)
				waits->most = waiter->events;
		}
		waiter->waits = false;
	} else if (strstr(line, "softirq_")) {
		if (cpu_of_line(line) == cpu)
			softirq_line(waits, waiter, strstr(line, "softirq_"));
	} else if (strstr(line, "icmpecho_")) {
		waits->all++;
		waiter->events += cpu_of_line(line) == cpu;
	}
}

/* Stop, and count. @tid stays on @cpu. */
static inline struct waits waits_stop(pid_t tid, int cpu)
{
	struct waiter waiter = { .runs = true };
	struct waits waits = {};
	char line[512], next[32];
	FILE *file;

	trace_write("tracing_on", "0");
	snprintf(next, sizeof(next), "next_pid=%d ", tid);
	file = fopen(TRACE_INSTANCE "/trace", "re");
	if (!file)
		die(TRACE_INSTANCE);
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '#')
			waits_line(&waits, &waiter, line, next, cpu);
	}
	fclose(file);
	rmdir(TRACE_INSTANCE);
	return waits;
}

#endif /* WAITS_H */
