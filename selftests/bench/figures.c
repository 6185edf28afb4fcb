// SPDX-License-Identifier: GPL-2.0
/*
 * The figures that count, of which smaller is better: what we must reach and
 * what we want to, and, in expected.json, what was reached before. Most are
 * ratios of rows of the same boots.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* A figure may fall so far short of what is expected. */
#define TOLERANCE	0.05
/* Single packets decide, and one in thousands may be anything. */
#define UNGUARDED	INFINITY

struct figure {
	const char *name;	/* stays, for expected.json knows it */
	double (*compute)(const struct figure *figure);
	/* For compute(); what they mean is its matter. */
	const char *row;
	const char *other;
	int family;
	int payload;
	double must;		/* 0: there is none */
	double goal;		/* as well */
	double tolerance;	/* 0: TOLERANCE */
	double value;		/* NAN: could not be computed */
};

static double ratio(const struct row *row, const struct row *other)
{
	return row && other ? row_median(row) / row_median(other) : NAN;
}

static double main_ratio(const struct figure *f)
{
	return ratio(row_find("main", f->row, f->family, f->payload),
		     row_find("main", f->other, f->family, f->payload));
}

static double best_sockets_ratio(const struct figure *f)
{
	return ratio(row_find("main", f->row, f->family, f->payload),
		     row_best_sockets(f->family, f->payload));
}

/* What the far side's kernel takes of an echo of 56 bytes, whoever sent it */
#define FAR_SIDE	7000

static double near_side(const struct row *row, const struct row *other)
{
	return row && other ? (row_median(row) - FAR_SIDE) / (row_median(other) - FAR_SIDE) : NAN;
}

static double near_ratio(const struct figure *f)
{
	return near_side(row_find("main", f->row, f->family, f->payload),
			 row_find("main", f->other, f->family, f->payload));
}

static double near_sockets_ratio(const struct figure *f)
{
	return near_side(row_find("main", f->row, f->family, f->payload),
			 row_best_sockets(f->family, f->payload));
}

/* Both kinds of socket are in use for it: the cheaper one is our measure. */
static double socket_each_ratio(const struct figure *f)
{
	const struct row *us = row_find("main", f->row, f->family, f->payload);
	const struct row *raw = row_find("main", "socket-each-raw", f->family, f->payload);
	const struct row *ping = row_find("main", "socket-each-ping", f->family, f->payload);

	return fmax(ratio(us, raw), ratio(us, ping));
}

static double commands_ratio(const struct figure *f)
{
	return ratio(row_find("commands", f->row, 4, 56), row_find("commands", f->other, 4, 56));
}

/* Of the addresses that are swept, a sixteenth answers. */
static double near_sweep_ratio(const struct figure *f)
{
	const struct row *row = row_find("commands", f->row, 4, 56);
	const struct row *other = row_find("commands", f->other, 4, 56);
	double far = FAR_SIDE / 16.0;

	return row && other ? (row_median(row) - far) / (row_median(other) - far) : NAN;
}

static double scaling_ratio(const struct figure *f)
{
	return ratio(row_find("scaling", f->row, 4, 56), row_find("scaling", f->other, 4, 56));
}

static double delay_ratio(const struct figure *f)
{
	return ratio(row_find("delay", f->row, 4, 56), row_find("delay", f->other, 4, 56));
}

static double flight_ratio(const struct figure *f)
{
	return ratio(row_find("flight", f->row, 4, 56), row_find("flight", f->other, 4, 56));
}

static double flight_sum(const struct figure *f)
{
	const struct row *row = row_find("flight", f->row, 4, 56);
	const struct row *other = row_find("flight", f->other, 4, 56);

	return row && other ? row_median(row) + row_median(other) : NAN;
}

static double plain(const struct figure *f)
{
	const struct row *row = row_find(f->row, f->other, 4, 56);

	return row ? row_median(row) : NAN;
}

/* The payload is the percentage. */
static double rtt_percentile(const struct figure *f)
{
	const struct row *row = row_find("rtt", f->row, 4, 56);

	return row ? row_percentile(row, f->payload) : NAN;
}

static double cost_to_others(const struct figure *f)
{
	return fabs(ratio(row_find("baseline", "module-closed", 4, 56),
			  row_find("baseline", "without-module", 4, 56)) - 1);
}

static struct figure figures[] = {
	{ "batch of 64, 56 B: to fping", main_ratio, "us-64", "fping-loop", 4, 56, 0.645, 0.62 },
	{ "batch of 64, 56 B: to best user sockets", best_sockets_ratio, "us-64", NULL, 4, 56,
	  0.835, 0.80 },
	{ "batch of 64, 56 B: to floor C", main_ratio, "us-64", "floor-c", 4, 56, 1.12, 1.05 },
	{ "near side, batch of 64, 56 B: to fping", near_ratio, "us-64", "fping-loop", 4, 56,
	  0.49, 0.45 },
	{ "near side, batch of 64, 56 B: to best user sockets", near_sockets_ratio, "us-64", NULL,
	  4, 56, 0.74, 0.66 },
	{ "batch of 64, 1400 B: to fping", main_ratio, "us-64", "fping-loop", 4, 1400,
	  0.66, 0.62 },
	{ "batch of 64, 1400 B: to best user sockets", best_sockets_ratio, "us-64", NULL, 4, 1400,
	  0.91, 0.86 },
	{ "synchronous, 56 B: to sendto/recvfrom", main_ratio, "us-sync", "sendto-raw", 4, 56,
	  0.91, 0.86 },
	{ "synchronous, 56 B: to a socket for each", socket_each_ratio, "us-sync", NULL, 4, 56,
	  0.50, 0.47 },
	{ "16 open files to 1", scaling_ratio, "us-64 x16", "us-64 x1", 4, 0, 1.08, 1.03 },
	{ "64 open files to 64 raw sockets", scaling_ratio, "us-64 x64", "sendmmsg-raw x64", 4, 0,
	  0.12, 0.10, 0.1 },
	{ "submit with 1000000 in flight to 1000", flight_ratio, "submit 1000000", "submit 1000",
	  4, 0, 1.05, 1.02 },
	/* Depends on where the wheel stands when the first ones are due. */
	{ "time-out with 1000000 in flight: expire and reap", flight_sum, "expire 1000000",
	  "reap 1000000", 4, 0, 615, 400, 0.2 },
	{ "memory of each of 1000000 in flight, bytes", plain, "flight", "memory 1000000", 4, 0,
	  256, 192 },
	{ "RTT error under load, p50, us", rtt_percentile, "us hogs", NULL, 4, 50, 6, 4, 0.25 },
	{ "RTT error under load, p99, us", rtt_percentile, "us hogs", NULL, 4, 99, 12, 9, 0.5 },
	{ "RTT error under load, max, us", rtt_percentile, "us hogs", NULL, 4, 100, 20, 12,
	  UNGUARDED },
	/* None at all; what is below cannot be told from nothing by measuring. */
	{ "cost to others while no file is open", cost_to_others, NULL, NULL, 4, 0, 0.005, 0.005,
	  2 },
	/* Two for a batch of 64 */
	{ "system calls for an echo in batches of 64", plain, "calls", "us-64", 4, 0, 0.04,
	  2.0 / 64 },

	{ "monitor of 1000 hosts once a second: to fping", commands_ratio, "monitor", "fping-watch",
	  4, 0, 0.70, 0.66 },
	{ "sweep of 65536 addresses: to fping", commands_ratio, "sweep", "fping-sweep", 4, 0,
	  0.70, 0.45 },
	{ "near side, sweep of 65536 addresses: to fping", near_sweep_ratio, "sweep",
	  "fping-sweep", 4, 0, 0.45, 0.40 },

	{ "IPv6, batch of 64, 56 B: to best user sockets", best_sockets_ratio, "us-64", NULL, 6,
	  56, 0.80, 0.76 },
	{ "IPv6, batch of 64, 1400 B: to best user sockets", best_sockets_ratio, "us-64", NULL, 6,
	  1400, 0.87, 0.82 },
	/* The others shall be within 10 % of what IPv4 must be. */
	{ "IPv6, batch of 64, 56 B: to fping", main_ratio, "us-64", "fping-loop", 6, 56,
	  1.1 * 0.645 },
	{ "IPv6, batch of 64, 1400 B: to fping", main_ratio, "us-64", "fping-loop", 6, 1400,
	  1.1 * 0.66 },
	{ "IPv6, synchronous, 56 B: to sendto/recvfrom", main_ratio, "us-sync", "sendto-raw", 6,
	  56, 1.1 * 0.91 },
	{ "IPv6, synchronous, 56 B: to a socket for each", socket_each_ratio, "us-sync", NULL, 6,
	  56, 1.1 * 0.50 },

	/* Without goals of their own, but they shall not grow either */
	{ "batch of 64, 56 B: to floor B", main_ratio, "us-64", "floor-b", 4, 56 },
	{ "IPv6, batch of 64, 56 B: to floor B", main_ratio, "us-64", "floor-b", 6, 56 },
	{ "batch of 1, 56 B: to floor B", main_ratio, "us-1", "floor-b", 4, 56 },
	{ "batch of 16, 56 B: to floor B", main_ratio, "us-16", "floor-b", 4, 56 },
	{ "batch of 256, 56 B: to floor B", main_ratio, "us-256", "floor-b", 4, 56 },
	{ "new destinations, batch of 64, 56 B: to floor B", main_ratio, "us-64-new", "floor-b", 4,
	  56 },
	{ "eventfd, batch of 64, 56 B: to floor B", main_ratio, "us-64-eventfd", "floor-b", 4, 56 },
	{ "batch of 64, 1400 B: to floor B", main_ratio, "us-64", "floor-b", 4, 1400 },
	{ "synchronous, 1400 B: to sendto/recvfrom", main_ratio, "us-sync", "sendto-raw", 4, 1400 },
	{ "submit with 100000 in flight to 1000", flight_ratio, "submit 100000", "submit 1000",
	  4, 0 },
	{ "time-out with 100000 in flight: expire and reap", flight_sum, "expire 100000",
	  "reap 100000", 4, 0 },
	{ "memory of each of 100000 in flight, bytes", plain, "flight", "memory 100000", 4, 0 },
	{ "answers after 1 ms, batch of 64: to sendmmsg", delay_ratio, "us-64", "sendmmsg-raw", 4,
	  0 },
	{ "answers after 1 ms, synchronous: to sendto/recvfrom", delay_ratio, "us-sync",
	  "sendto-raw", 4, 0 },
};

void figures_compute(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(figures); i++)
		figures[i].value = figures[i].compute(&figures[i]);
}

static const char *judge(double value, double limit)
{
	/* Rounding of decimal numbers is no miss. */
	return value <= limit * 1.0000001 ? "met" : "missed";
}

static void print_limit(double value, double limit)
{
	if (limit)
		printf(" %8.4g %-6s", limit, isnan(value) ? "" : judge(value, limit));
}

void figures_print_goals(void)
{
	const struct figure *f;

	printf("\n%-50s %10s %8s        %8s\n", "Goals", "value", "must", "goal");
	for (f = figures; f < figures + ARRAY_SIZE(figures); f++) {
		if (!f->must)
			continue;
		if (isnan(f->value))
			printf("%-50s %10s", f->name, "-");
		else
			printf("%-50s %10.4g", f->name, f->value);
		print_limit(f->value, f->must);
		print_limit(f->value, f->goal);
		printf("%s\n", isnan(f->value) ? " not measured" : "");
	}
}

static void guard(const struct figure *f, struct json_object *expected, bool quick,
		  struct verdict *verdict)
{
	double tolerance = f->tolerance ? f->tolerance : TOLERANCE;
	struct json_object *value;
	double limit;

	if (isinf(tolerance))
		return;
	/* The quick plan leaves some rows out. */
	if (isnan(f->value) && quick)
		return;
	if (isnan(f->value) || !json_object_object_get_ex(expected, f->name, &value)) {
		printf("skipped  %-50s %s\n", f->name,
		       isnan(f->value) ? "not measured" : "nothing is expected");
		verdict->skipped++;
		return;
	}
	limit = json_object_get_double(value) * (1 + tolerance);
	/* Nothing may be expected of the cost to others but that it is lost in noise. */
	if (f->compute == cost_to_others)
		limit = f->must;
	if (f->value <= limit) {
		printf("passed   %-50s %10.4g, expected %.4g\n", f->name, f->value,
		       json_object_get_double(value));
		verdict->passed++;
	} else {
		printf("FAILED   %-50s %10.4g, expected %.4g, at most %.4g\n", f->name, f->value,
		       json_object_get_double(value), limit);
		verdict->failed++;
	}
}

struct verdict figures_guard(const char *expected_path, bool quick)
{
	struct json_object *file = json_object_from_file(expected_path);
	struct json_object *expected = NULL;
	struct verdict verdict = {};
	size_t i;

	printf("\nGuard\n");
	if (!file || !json_object_object_get_ex(file, "figures", &expected))
		printf("there is no %s\n", expected_path);
	for (i = 0; i < ARRAY_SIZE(figures); i++)
		guard(&figures[i], expected, quick, &verdict);
	json_object_put(file);
	return verdict;
}

/* What was not measured this time keeps its old value. */
void figures_write_expected(const char *path)
{
	struct json_object *file = json_object_from_file(path);
	struct json_object *expected;
	char number[32];
	size_t i;

	if (!file) {
		file = json_object_new_object();
		json_object_object_add(file, "SPDX-License-Identifier",
				       json_object_new_string("GPL-2.0"));
		json_object_object_add(file, "figures", json_object_new_object());
	}
	json_object_object_get_ex(file, "figures", &expected);
	for (i = 0; i < ARRAY_SIZE(figures); i++) {
		if (isnan(figures[i].value) || isinf(figures[i].tolerance))
			continue;
		snprintf(number, sizeof(number), "%.4g", figures[i].value);
		json_object_object_add(expected, figures[i].name,
				       json_object_new_double_s(figures[i].value, number));
	}
	if (json_object_to_file_ext(path, file, JSON_C_TO_STRING_PRETTY |
				    JSON_C_TO_STRING_PRETTY_TAB | JSON_C_TO_STRING_SPACED |
				    JSON_C_TO_STRING_NOSLASHESCAPE))
		fail("cannot write %s", path);
	json_object_put(file);
}

struct json_object *figures_json(void)
{
	struct json_object *array = json_object_new_array(), *object;
	const struct figure *f;

	for (f = figures; f < figures + ARRAY_SIZE(figures); f++) {
		if (isnan(f->value))
			continue;
		object = json_object_new_object();
		json_object_object_add(object, "name", json_object_new_string(f->name));
		json_object_object_add(object, "value", json_object_new_double(f->value));
		if (f->must) {
			json_object_object_add(object, "must", json_object_new_double(f->must));
			if (f->goal)
				json_object_object_add(object, "goal",
						       json_object_new_double(f->goal));
		}
		json_object_array_add(array, object);
	}
	return array;
}
