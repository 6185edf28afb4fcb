// SPDX-License-Identifier: GPL-2.0
/*
 * Many at once: so many processes, each with a socket or a file of its own. A
 * raw socket is handed a copy of what all the others asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* The parent closes its end of @go to have them start, and of @end to finish. */
struct crowd {
	const char *name;
	unsigned int size;
	struct load load;
	unsigned int each;	/* echoes of a process */
	int go[2];
	int end[2];
	int told[2];		/* what processes tell */
};

static void tell(const struct crowd *crowd, unsigned int what)
{
	if (write(crowd->told[1], &what, sizeof(what)) != sizeof(what))
		die("write");
}

/* Add up what all of them tell. */
static unsigned int hear(const struct crowd *crowd)
{
	unsigned int i, what, sum = 0;

	for (i = 0; i < crowd->size; i++) {
		if (read(crowd->told[0], &what, sizeof(what)) != sizeof(what))
			die("a process of the crowd is gone");
		sum += what;
	}
	return sum;
}

static void wait_for_close(int pipe[2])
{
	char byte;

	if (read(pipe[0], &byte, 1) != 0)
		die("read");
}

static void be_one(const struct crowd *crowd, unsigned int number)
{
	const struct way *way = way_find(crowd->name);
	void *state;

	close(crowd->go[1]);
	close(crowd->end[1]);
	state = way->engine->open(&crowd->load, number * crowd->each);
	if (!state)
		die("%s", crowd->name);
	tell(crowd, way->engine->run(state, crowd->load.batch));
	wait_for_close((int *)crowd->go);
	tell(crowd, way->engine->run(state, crowd->each));
	/* The sockets stay open until the last one has finished. */
	wait_for_close((int *)crowd->end);
	_exit(0);
}

static void start(struct crowd *crowd)
{
	unsigned int i;
	pid_t pid;

	if (pipe(crowd->go) || pipe(crowd->end) || pipe(crowd->told))
		die("pipe");
	fflush(stdout);
	for (i = 0; i < crowd->size; i++) {
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid)
			be_one(crowd, i);
	}
	close(crowd->go[0]);
	close(crowd->end[0]);
	/* Nobody else can tell anything, so an end is noticed. */
	close(crowd->told[1]);
}

static void finish(const struct crowd *crowd)
{
	unsigned int i;

	close(crowd->end[1]);
	close(crowd->told[0]);
	for (i = 0; i < crowd->size; i++)
		wait(NULL);
}

/*
 * Batches as small that altogether no more is in flight than the far side can
 * answer, and the same for one as for sixteen, so that only their number counts.
 */
static void measure(const char *name, unsigned int size, unsigned int count)
{
	char label[64];
	const struct row_key key = { "scaling", label, AF_INET, 56 };
	struct crowd crowd = {
		.name = name,
		.size = size,
		.load = way_find(name)->load,
		.each = count / size,
	};
	unsigned int good;
	uint64_t before;

	snprintf(label, sizeof(label), "%s x%u", name, size);
	crowd.load.family = AF_INET;
	crowd.load.payload = 56;
	crowd.load.batch = size > 16 ? 2 : 8;
	world_wait_for_quiet();
	start(&crowd);
	hear(&crowd);
	before = meter_now();
	close(crowd.go[1]);
	good = hear(&crowd);
	row_cost(&key, meter_now() - before, count, good);
	finish(&crowd);
}

void scaling_measure(bool ours, bool quick)
{
	static const char *const rivals[] = { "sendmmsg-raw", "sendmmsg-ping" };
	static const unsigned int sizes[] = { 1, 4, 16, 64 };
	unsigned int i, k, count = quick ? 2048 : 4096;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (ours)
			measure("us-64", sizes[i], count);
		for (k = 0; !ours && k < ARRAY_SIZE(rivals); k++)
			if (!quick || (k == 0 && sizes[i] == 64))
				measure(rivals[k], sizes[i], count);
	}
}
