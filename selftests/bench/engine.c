// SPDX-License-Identifier: GPL-2.0
/* The ways to send, and how one is measured. */
#include <string.h>

#include "bench.h"

#define BATCH	64
/*
 * What is not steady from the first packet on gets so many before we look: once
 * around, for who remembers destinations, or as few as will do.
 */
#define WARM_UP	WORLD_HOSTS
#define WARM_UP_FRESH 128

static const struct way rivals[] = {
	{ "sendto-raw", &engine_naive, { .batch = 1 } },
	{ "sendto-ping", &engine_naive, { .batch = 1, .ping_socket = true } },
	{ "sendmmsg-raw", &engine_mmsg, { .batch = BATCH } },
	{ "sendmmsg-ping", &engine_mmsg, { .batch = BATCH, .ping_socket = true } },
	{ "sendmmsg-raw-stamps", &engine_mmsg, { .batch = BATCH, .variant = true } },
	{ "uring-raw", &engine_uring, { .batch = BATCH } },
	{ "uring-ping", &engine_uring, { .batch = BATCH, .ping_socket = true } },
	{ "packet-rings", &engine_rings, { .batch = BATCH } },
	{ "socket-each-raw", &engine_each, { .batch = 1 } },
	{ "socket-each-ping", &engine_each, { .batch = 1, .ping_socket = true } },
};

static const struct way ours[] = {
	{ "us-1", &engine_us, { .batch = 1 } },
	{ "us-16", &engine_us, { .batch = 16 } },
	{ "us-64", &engine_us, { .batch = 64 } },
	{ "us-256", &engine_us, { .batch = 256 } },
	{ "us-64-new", &engine_us, { .batch = 64, .fresh = true } },
	{ "us-64-eventfd", &engine_us, { .batch = 64, .variant = true } },
	{ "us-sync", &engine_us_sync, { .batch = 1 } },
};

static const struct way floors[] = {
	{ "floor-b", &engine_floor_socket, { .batch = 1 } },
	{ "floor-c", &engine_floor_packet, { .batch = 1 } },
};

static const struct way *find_in(const struct way *way, unsigned int n, const char *name)
{
	for (; n; n--, way++)
		if (!strcmp(way->name, name))
			return way;
	return NULL;
}

const struct way *way_find(const char *name)
{
	const struct way *way = find_in(rivals, ARRAY_SIZE(rivals), name);

	if (!way)
		way = find_in(ours, ARRAY_SIZE(ours), name);
	if (!way)
		way = find_in(floors, ARRAY_SIZE(floors), name);
	if (!way)
		die("no way is called %s", name);
	return way;
}

static struct load load_of(const struct way *way, int family, unsigned int payload)
{
	struct load load = way->load;

	load.family = family;
	load.payload = payload;
	return load;
}

void way_measure(const char *section, const char *label, const char *name, int family,
		 unsigned int payload, unsigned int count)
{
	const struct row_key key = { section, label, family, payload };
	const struct way *way = way_find(name);
	struct load load = load_of(way, family, payload);
	uint64_t before, after;
	unsigned int good;
	void *state;

	world_wait_for_quiet();
	state = way->engine->open(&load, 0);
	if (!state) {
		row_skip(&key, "not to be had here");
		return;
	}
	way->engine->run(state, load.fresh ? WARM_UP_FRESH : WARM_UP);
	before = meter_now();
	good = way->engine->run(state, count);
	after = meter_now();
	way->engine->close(state);
	row_cost(&key, after - before, count, good);
}

unsigned int way_run(const char *name, int family, unsigned int payload, unsigned int count)
{
	const struct way *way = way_find(name);
	struct load load = load_of(way, family, payload);
	void *state = way->engine->open(&load, 0);
	unsigned int good;

	if (!state)
		die("%s is not to be had here", name);
	good = way->engine->run(state, count);
	way->engine->close(state);
	return good;
}

static void measure_all(const struct way *way, unsigned int n, int family,
			unsigned int payload, unsigned int count)
{
	for (; n; n--, way++) {
		if (family != AF_INET && way->engine->ipv4_only)
			continue;
		way_measure("main", way->name, way->name, family, payload, count);
	}
}

void ways_rivals(int family, unsigned int payload, unsigned int count)
{
	measure_all(rivals, ARRAY_SIZE(rivals), family, payload, count);
}

void ways_ours(int family, unsigned int payload, unsigned int count)
{
	measure_all(ours, ARRAY_SIZE(ours), family, payload, count);
}

void ways_floors(int family, unsigned int payload, unsigned int count)
{
	measure_all(floors, ARRAY_SIZE(floors), family, payload, count);
}

/* With answers that take a while, so that who waits for them sleeps. */
void ways_delayed(bool of_us, unsigned int count)
{
	static const char *const others[] = {
		"sendto-raw", "sendmmsg-raw", "uring-raw", "socket-each-raw",
	};
	static const char *const own[] = { "us-64", "us-64-eventfd", "us-sync" };
	const char *const *names = of_us ? own : others;
	unsigned int i, n = of_us ? ARRAY_SIZE(own) : ARRAY_SIZE(others);

	world_delay_us(1000);
	for (i = 0; i < n; i++)
		way_measure("delay", names[i], names[i], AF_INET, 56, count);
	world_delay_us(0);
}
