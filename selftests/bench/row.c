// SPDX-License-Identifier: GPL-2.0
/*
 * The rows as they are printed: a line of JSON each, which report.c reads. No
 * string in them needs quoting.
 */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

static void begin(const struct row_key *key)
{
	printf("{\"section\":\"%s\",\"name\":\"%s\",\"family\":%d,\"payload\":%u",
	       key->section, key->name, key->family == AF_INET6 ? 6 : 4, key->payload);
}

static void end(void)
{
	printf("}\n");
	fflush(stdout);
}

void row_cost(const struct row_key *key, int64_t cost, unsigned int count,
	      unsigned int good)
{
	begin(key);
	printf(",\"unit\":\"%s\",\"count\":%u,\"good\":%u,\"value\":%.1f,\"ok\":%s",
	       meter_name(), count, good, (double)cost / count,
	       good == count ? "true" : "false");
	end();
}

void row_value(const struct row_key *key, const char *unit, double value)
{
	begin(key);
	printf(",\"unit\":\"%s\",\"value\":%.4f,\"ok\":true", unit, value);
	end();
}

void row_values(const struct row_key *key, const char *unit, const double *values,
		unsigned int count, unsigned int wanted)
{
	unsigned int i;

	begin(key);
	printf(",\"unit\":\"%s\",\"count\":%u,\"good\":%u,\"values\":[", unit, wanted, count);
	for (i = 0; i < count; i++)
		printf("%s%.3f", i ? "," : "", values[i]);
	printf("],\"ok\":%s", count == wanted ? "true" : "false");
	end();
}

void row_skip(const struct row_key *key, const char *why)
{
	begin(key);
	printf(",\"skip\":\"%s\"", why);
	end();
}

void row_reject(const struct row_key *key, const char *why)
{
	begin(key);
	printf(",\"ok\":false,\"why\":\"%s\"", why);
	end();
}
