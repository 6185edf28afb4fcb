/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The longest time for which a CPU had interrupts off, and where that ended: by a timer that
 * interrupts the CPU every 50 us and notes when it did (perf's "cpu-clock"). Where interrupts
 * are off, it is late. Only in a VM that counts instructions the figures say much: elsewhere the
 * VM's CPU stands still when the machine is busy.
 */
#ifndef LATENCY_H
#define LATENCY_H

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"

#define LATENCY_PERIOD_NS	50000ULL
#define LATENCY_RING		(8UL << 20)

struct latency {
	int fd;
	struct perf_event_mmap_page *ring;	/* a page, then LATENCY_RING bytes */
	__u64 late_ns;
	__u64 ip;		/* where the CPU was then */
};

struct latency_sample {
	struct perf_event_header header;
	__u64 ip;
	__u64 time;
};

static inline void latency_start(struct latency *latency, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = LATENCY_PERIOD_NS,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TIME,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};

	memset(latency, 0, sizeof(*latency));
	latency->fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (latency->fd < 0)
		die("perf_event_open");
	latency->ring = mmap(NULL, getpagesize() + LATENCY_RING, PROT_READ | PROT_WRITE,
			     MAP_SHARED, latency->fd, 0);
	if (latency->ring == MAP_FAILED)
		die("ring of perf");
}

/*
 * Stop, and fill in the results. What did not fit into the ring is not seen, nor what happens
 * while perf has stopped the timer because it takes too long (PERF_RECORD_THROTTLE).
 */
static inline void latency_stop(struct latency *latency)
{
	const char *data = (const char *)latency->ring + getpagesize();
	const struct latency_sample *sample;
	__u64 before = 0, at, head;

	ioctl(latency->fd, PERF_EVENT_IOC_DISABLE, 0);
	head = __atomic_load_n(&latency->ring->data_head, __ATOMIC_ACQUIRE);
	for (at = 0; at < head; at += sample->header.size) {
		sample = (const void *)(data + at);
		if (sample->header.type != PERF_RECORD_SAMPLE) {
			before = 0;
			continue;
		}
		if (before && sample->time > before + LATENCY_PERIOD_NS + latency->late_ns) {
			latency->late_ns = sample->time - before - LATENCY_PERIOD_NS;
			latency->ip = sample->ip;
		}
		before = sample->time;
	}
	munmap(latency->ring, getpagesize() + LATENCY_RING);
	close(latency->fd);
}

/* The kernel's function at an address */
static inline const char *latency_function(__u64 ip)
{
	static char found[128] = "?";
	unsigned long long address, best = 0;
	char line[256], name[128];
	FILE *file = fopen("/proc/kallsyms", "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %*c %127s", &address, name) != 2 || address > ip ||
		    address < best)
			continue;
		best = address;
		strcpy(found, name);
	}
	if (file)
		fclose(file);
	return found;
}

#endif /* LATENCY_H */
