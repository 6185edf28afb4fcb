// SPDX-License-Identifier: GPL-2.0
/*
 * Many at once: so many processes, each with a socket or a file of its own. A
 * raw socket is handed a copy of what all the others asked for, which its owner
 * must read, so all of them stay busy while we measure.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define MAX_SIZE	64

/* What a process of the crowd tells; each has one that only it writes. */
struct member {
	unsigned int ready;
	unsigned int sent;
	unsigned int good;
	unsigned char elsewhere[52];
};

struct crowd {
	const char *name;
	unsigned int size;
	struct load load;
	struct member *member;		/* shared */
	pid_t pid[MAX_SIZE];
};

static void be_one(const struct crowd *crowd, unsigned int number)
{
	const struct way *way = way_find(crowd->name);
	struct member *self = &crowd->member[number];
	unsigned int batch = crowd->load.batch;
	void *state;

	state = way->engine->open(&crowd->load, number * WORLD_HOSTS / MAX_SIZE);
	if (!state)
		die("%s", crowd->name);
	for (;;) {
		__atomic_store_n(&self->good, self->good + way->engine->run(state, batch),
				 __ATOMIC_RELAXED);
		__atomic_store_n(&self->sent, self->sent + batch, __ATOMIC_RELAXED);
		self->ready = 1;
	}
}

static void sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static bool all_ready(const struct crowd *crowd)
{
	unsigned int i;

	for (i = 0; i < crowd->size; i++)
		if (!__atomic_load_n(&crowd->member[i].ready, __ATOMIC_RELAXED))
			return false;
	return true;
}

static void start(struct crowd *crowd)
{
	unsigned int i, ms;

	fflush(stdout);
	for (i = 0; i < crowd->size; i++) {
		crowd->pid[i] = fork();
		if (crowd->pid[i] < 0)
			die("fork");
		if (crowd->pid[i])
			continue;
		setpriority(PRIO_PROCESS, 0, 0);
		be_one(crowd, i);
	}
	for (ms = 0; !all_ready(crowd); ms += 10) {
		errno = ETIMEDOUT;
		if (ms > 30000)
			die("%s x%u does not get going", crowd->name, crowd->size);
		sleep_ms(10);
	}
}

static void stop(struct crowd *crowd)
{
	unsigned int i;

	for (i = 0; i < crowd->size; i++)
		kill(crowd->pid[i], SIGKILL);
	for (i = 0; i < crowd->size; i++)
		waitpid(crowd->pid[i], NULL, 0);
	/* Queues full of packets, of whose end the kernel is slow to make all. */
	sleep_ms(3000);
}

struct sums {
	uint64_t cost;
	unsigned int sent;
	unsigned int good;
};

static struct sums look(const struct crowd *crowd)
{
	struct sums sums = { meter_now() };
	unsigned int i;

	for (i = 0; i < crowd->size; i++) {
		sums.good += __atomic_load_n(&crowd->member[i].good, __ATOMIC_RELAXED);
		sums.sent += __atomic_load_n(&crowd->member[i].sent, __ATOMIC_RELAXED);
	}
	return sums;
}

/*
 * Batches so small that altogether no more is in flight than the far side can
 * answer, and the same for one as for sixteen, so that only their number counts.
 */
static void measure(const char *name, unsigned int size, unsigned int ms)
{
	char label[64];
	const struct row_key key = { "scaling", label, AF_INET, 56 };
	struct crowd crowd = {
		.name = name,
		.size = size,
		.load = way_find(name)->load,
	};
	struct sums before, after;
	unsigned int lost;

	crowd.load.family = AF_INET;
	crowd.load.payload = 56;
	crowd.load.batch = size > 16 ? 2 : 8;
	crowd.member = mmap(NULL, MAX_SIZE * sizeof(struct member), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (crowd.member == MAP_FAILED)
		die("mmap");
	world_wait_for_quiet();
	start(&crowd);
	before = look(&crowd);
	sleep_ms(ms);
	after = look(&crowd);
	stop(&crowd);

	/* One may have been about to count what was good. */
	lost = after.sent > after.good ? after.sent - after.good : 0;
	snprintf(label, sizeof(label), "%s x%u", name, size);
	row_cost(&key, after.cost - before.cost, after.sent - before.sent,
		 after.sent - before.sent - lost);
	munmap(crowd.member, MAX_SIZE * sizeof(struct member));
}

void scaling_measure(bool ours, bool quick)
{
	static const char *const rivals[] = { "sendmmsg-raw", "sendmmsg-ping" };
	static const unsigned int sizes[] = { 1, 4, 16, 64 };
	unsigned int i, k, ms;

	/* Soon enough on the CPU when the time is over. */
	setpriority(PRIO_PROCESS, 0, -20);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* Where one echo takes all of them, there are few in a second. */
		ms = sizes[i] <= 16 ? 200 : quick || ours ? 1500 : 3000;
		if (ours)
			measure("us-64", sizes[i], ms);
		for (k = 0; !ours && k < ARRAY_SIZE(rivals); k++)
			if (!quick || (k == 0 && sizes[i] == 64))
				measure(rivals[k], sizes[i], ms);
	}
	setpriority(PRIO_PROCESS, 0, 0);
}
