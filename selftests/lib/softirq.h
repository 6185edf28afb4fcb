/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens inside single softirqs of the high-resolution timers, seen by
 * tracepoints, in a trace instance of the test's own. It counts work, not time.
 */
#ifndef SOFTIRQ_H
#define SOFTIRQ_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"

#define TRACING		"/sys/kernel/tracing"
#define TRACE_INSTANCE	TRACING "/instances/icmpecho_test"
#define MAX_CPUS	256

static inline void trace_write(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), TRACE_INSTANCE "/%s", name);
	write_file(path, text);
}

/* Can this kernel trace events? One made to find memory bugs may not. */
static inline bool trace_works(void)
{
	if (access(TRACING "/instances", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	return !access(TRACING "/instances", F_OK);
}

/* Make an event of calls of a kernel function; returns false if that cannot be. */
static inline bool trace_probe(const char *event, const char *function)
{
	int fd = open(TRACING "/kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);
	char text[128];
	ssize_t len;
	bool made;

	len = snprintf(text, sizeof(text), "p:%s %s", event, function);
	made = fd >= 0 && write(fd, text, len) == len;
	close(fd);
	return made;
}

static inline void trace_unprobe(const char *event)
{
	int fd = open(TRACING "/kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "-:%s", event) < 0)
		die("%s", event);
	close(fd);
}

/* Make the instance, which records nothing yet. */
static inline void trace_instance(void)
{
	rmdir(TRACE_INSTANCE);
	if (mkdir(TRACE_INSTANCE, 0700))
		die(TRACE_INSTANCE);
	trace_write("buffer_size_kb", "4096");
}

/* Record the softirqs of timers, and @event. */
static inline void trace_start(const char *event)
{
	char enable[128];

	trace_instance();
	trace_write("events/irq/softirq_entry/filter", "vec==8");
	trace_write("events/irq/softirq_exit/filter", "vec==8");
	trace_write("events/irq/softirq_entry/enable", "1");
	trace_write("events/irq/softirq_exit/enable", "1");
	snprintf(enable, sizeof(enable), "events/%s/enable", event);
	trace_write(enable, "1");
}

struct softirqs {
	unsigned int seen;	/* with the event */
	unsigned int most;	/* events in one of them */
	unsigned int all;	/* events, also in tasks */
};

static inline int cpu_of_line(const char *line)
{
	const char *bracket = strchr(line, '[');
	int cpu = bracket ? atoi(bracket + 1) : -1;

	return cpu < MAX_CPUS ? cpu : -1;
}

/* Stop, and count the events whose line has @name, and by the softirq they were in. */
static inline struct softirqs trace_stop(const char *name)
{
	unsigned int now[MAX_CPUS] = {};
	bool runs[MAX_CPUS] = {};
	struct softirqs softirqs = {};
	char line[512];
	FILE *file;
	int cpu;

	trace_write("tracing_on", "0");
	file = fopen(TRACE_INSTANCE "/trace", "re");
	while (file && fgets(line, sizeof(line), file)) {
		cpu = cpu_of_line(line);
		if (cpu < 0)
			continue;
		if (strstr(line, "softirq_entry:")) {
			runs[cpu] = true;
			now[cpu] = 0;
		} else if (strstr(line, "softirq_exit:")) {
			runs[cpu] = false;
		} else if (strstr(line, name)) {
			softirqs.all++;
			if (!runs[cpu])
				continue;
			softirqs.seen += !now[cpu]++;
			if (now[cpu] > softirqs.most)
				softirqs.most = now[cpu];
		}
	}
	if (!file)
		die(TRACE_INSTANCE);
	fclose(file);
	rmdir(TRACE_INSTANCE);
	return softirqs;
}

#endif /* SOFTIRQ_H */
