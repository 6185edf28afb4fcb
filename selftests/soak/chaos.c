// SPDX-License-Identifier: GPL-2.0
/* What happens to the workers and to their world, one thing after the other. */
#include "soak.h"
#include "random.h"

static void kill_some(void)
{
	unsigned int i, n = 1 + random_below(4);

	for (i = 0; i < n; i++) {
		struct tally *tally = &soak->tallies[random_below(NR_WORKERS)];

		if (tally->pid)
			worker_kill(tally, random_below(2));
	}
	workers_start();
}

/* One that has lost something, if there is one */
static struct soak_pair *pair_to_replace(void)
{
	unsigned int i, n = random_below(NR_PAIRS);

	for (i = 0; i < NR_PAIRS && !pairs[n].broken; i++)
		n = (n + 1) % NR_PAIRS;
	return &pairs[n];
}

/* The namespaces lose their descriptors before or after they lose their workers. */
static void replace_pair(void)
{
	struct soak_pair *pair = pair_to_replace();
	bool before = random_below(2);
	unsigned int i;

	if (before)
		world_drop(pair);
	for (i = 0; i < NR_WORKERS; i++)
		if (pair_of(i) == pair && soak->tallies[i].pid)
			worker_kill(&soak->tallies[i], random_below(2));
	if (!before)
		world_drop(pair);
	world_build(pair);
	workers_start();
}

static const struct {
	const char *name;
	void (*happen)(void);
	unsigned int weight;
} events[] = {
	{ "workers killed", kill_some, 4 },
	{ "pair of namespaces replaced", replace_pair, 4 },
	{ "link down and up", link_flap, 2 },
	{ "link renamed", link_rename, 1 },
	{ "link moved to another namespace", link_move, 1 },
	{ "link deleted", link_delete, 1 },
	{ "link made to delay, lose, repeat, reorder, damage", link_impair, 4 },
	{ "routes, rules and addresses changed", routes_change, 4 },
	{ "wall clock set", clock_set, 2 },
	{ "CPU unplugged or plugged", cpu_toggle, 1 },
	{ "memory limited, caches dropped", memory_press, 2 },
	{ "parameter of the module set", parameter_set, 2 },
	{ "module unloaded and loaded", module_reload, 1 },
};

static unsigned long happened[ARRAY_SIZE(events)];
static unsigned int steps;

void chaos_open(void)
{
	random_state = soak_seed ?: 1;
	machine_open();
}

static unsigned int any_event(void)
{
	unsigned int i, sum = 0, n;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		sum += events[i].weight;
	n = random_below(sum);
	for (i = 0; n >= events[i].weight; i++)
		n -= events[i].weight;
	return i;
}

void chaos_step(void)
{
	unsigned int i = steps < ARRAY_SIZE(events) ? steps : any_event();

	steps++;
	events[i].happen();
	happened[i]++;
}

void chaos_close(void)
{
	machine_close();
}

bool chaos_is_complete(void)
{
	return steps >= ARRAY_SIZE(events);
}

void chaos_show(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		printf("# figures: %9lu times: %s\n", happened[i], events[i].name);
}
