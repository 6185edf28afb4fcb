// SPDX-License-Identifier: GPL-2.0
/*
 * How many requests the callers know to be accepted, and how many the module has completed.
 * The module's tracepoints are counted by perf events, so those count, too, which the last
 * close of a session has completed.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keeper.h"

#define MOST_CPUS	64

/* The first is at the publication of a request, one of the others at its completion. */
#define NR_EVENTS	6
static const char *const events[NR_EVENTS] = {
	"submit", "reply", "error", "timeout", "cancel", "not_sent",
};

static int counters[NR_EVENTS][MOST_CPUS];
static long nr_cpus;

static int event_id(const char *name)
{
	char path[128];
	int id = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/icmpecho/icmpecho_%s/id", name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%d", &id) != 1)
		id = -1;
	fclose(file);
	return id;
}

static int open_counter(int id, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
	};

	return syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

bool ledger_open(void)
{
	unsigned int i;
	int cpu, id;

	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	for (i = 0; i < NR_EVENTS; i++) {
		id = event_id(events[i]);
		for (cpu = 0; id >= 0 && cpu < nr_cpus && cpu < MOST_CPUS; cpu++) {
			counters[i][cpu] = open_counter(id, cpu);
			if (counters[i][cpu] < 0)
				return false;
		}
		if (id < 0)
			return false;
	}
	return true;
}

static __u64 sum_of(unsigned int event)
{
	__u64 sum = 0, value;
	int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		if (read(counters[event][cpu], &value, sizeof(value)) != sizeof(value))
			return 0;
		sum += value;
	}
	return sum;
}

void ledger_count(struct ledger *ledger)
{
	static __u64 last[NR_EVENTS];
	__u64 sum;
	unsigned int i;

	for (i = 0; i < NR_EVENTS; i++) {
		sum = sum_of(i);
		*(i ? &ledger->completed : &ledger->published) += sum - last[i];
		last[i] = sum;
	}
}

bool ledger_agrees(struct ledger *ledger, struct ledger *sum)
{
	if (ledger->completed < ledger->accepted ||
	    ledger->completed > ledger->accepted + ledger->maybe ||
	    ledger->completed > ledger->published) {
		printf("# %llu requests completed; accepted %llu (+%llu), published %llu\n",
		       ledger->completed, ledger->accepted, ledger->maybe, ledger->published);
		return false;
	}
	sum->accepted += ledger->accepted;
	sum->maybe += ledger->maybe;
	sum->completed += ledger->completed;
	sum->published += ledger->published;
	*ledger = (struct ledger) {};
	return true;
}

void ledger_add_program(struct ledger *ledger, struct shared *shared)
{
	unsigned int i;

	for (i = 0; i < NR_ACCOUNTS; i++) {
		ledger->accepted += shared->accounts[i].accepted;
		ledger->maybe += shared->accounts[i].maybe_accepted;
	}
	for (i = 0; i < NR_ACTORS; i++)
		if (shared->pending[i].account)
			ledger->maybe += shared->pending[i].accept;
	memset(shared->accounts, 0, sizeof(shared->accounts));
	memset(shared->pending, 0, sizeof(shared->pending));
	shared->nr_accounts = 0;
	shared->nr_actors = NR_THREADS;
	shared->news = 0;
}
