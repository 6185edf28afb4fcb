/* SPDX-License-Identifier: GPL-2.0 */
/* Count events of the kernel by tracepoints, in a trace instance of the test's own. */
#ifndef TRACING_H
#define TRACING_H

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

/* Record @event, too, where @filter is true; "0" stands for always. */
static inline void trace_event(const char *event, const char *filter)
{
	char name[128];

	snprintf(name, sizeof(name), "events/%s/filter", event);
	trace_write(name, filter);
	snprintf(name, sizeof(name), "events/%s/enable", event);
	trace_write(name, "1");
}

/* Record @event alone. */
static inline void trace_start(const char *event)
{
	trace_instance();
	trace_event(event, "0");
}

struct events {
	unsigned int all;
	unsigned int interrupts;	/* those in hardirq or softirq */
};

/*
 * Did the event of @line happen in hardirq or softirq? The third of the letters behind the CPU
 * says so: "[001] d.s1. 12.345678: ".
 */
static inline bool is_interrupt(const char *line)
{
	const char *bracket = strstr(line, "] ");

	return bracket && strlen(bracket) > 4 && strchr("hHszZ", bracket[4]);
}

/* Stop, and count the events whose line has @name. */
static inline struct events trace_stop(const char *name)
{
	struct events events = {};
	char line[512];
	FILE *file;

	trace_write("tracing_on", "0");
	file = fopen(TRACE_INSTANCE "/trace", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (line[0] == '#' || !strstr(line, name))
			continue;
		events.all++;
		events.interrupts += is_interrupt(line);
	}
	if (!file)
		die(TRACE_INSTANCE);
	fclose(file);
	rmdir(TRACE_INSTANCE);
	return events;
}

#endif /* TRACING_H */
