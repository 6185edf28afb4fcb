// SPDX-License-Identifier: GPL-2.0
/* The tables, for people. */
#include <math.h>
#include <string.h>

#include "report.h"

static void print_ratio(const struct row *row, const struct row *other)
{
	if (other)
		printf(" %9.3f", row_median(row) / row_median(other));
	else
		printf(" %9s", "-");
}

static void print_spread(const struct row *row)
{
	if (row->boots > 1)
		printf(" %7.2f %%%s", row_spread(row) * 100,
		       row_spread(row) > MAX_SPREAD ? " SPREAD" : "");
	printf("\n");
}

static void print_broken(const struct row *row)
{
	printf("%-26s %10s   %s\n", row->name, row->skipped ? "skipped" : "REJECTED", row->why);
}

static bool has_main(int family, int payload)
{
	int i;

	for (i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].section, "main") && rows[i].family == family &&
		    rows[i].payload == payload)
			return true;
	return false;
}

static void print_main(int family, int payload)
{
	const struct row *fping = row_find("main", "fping-loop", family, payload);
	const struct row *best = row_best_sockets(family, payload);
	const struct row *floor = row_find("main", "floor-b", family, payload);
	int i;

	if (!has_main(family, payload))
		return;
	printf("\nIPv%d, %4d B               %10s %9s %9s %9s %9s\n", family, payload, "per echo",
	       "to fping", "sockets", "floor B", "spread");
	for (i = 0; i < nr_rows; i++) {
		const struct row *row = &rows[i];

		if (strcmp(row->section, "main") || row->family != family ||
		    row->payload != payload)
			continue;
		if (row->rejected || row->skipped) {
			print_broken(row);
			continue;
		}
		printf("%-26s %10.0f", row->name, row_median(row));
		print_ratio(row, fping);
		print_ratio(row, best);
		print_ratio(row, floor);
		print_spread(row);
	}
}

static void print_values(const struct row *row)
{
	static const double percent[] = { 50, 90, 99, 100 };
	size_t i;

	printf("%-26s", row->name);
	for (i = 0; i < ARRAY_SIZE(percent); i++)
		printf(" %12.1f", row_percentile(row, percent[i]));
	printf("\n");
}

static void print_section(const char *section, const char *heading)
{
	bool begun = false;
	int i;

	for (i = 0; i < nr_rows; i++) {
		const struct row *row = &rows[i];

		if (strcmp(row->section, section))
			continue;
		if (!begun)
			printf("\n%s\n", heading);
		begun = true;
		if (row->rejected || row->skipped) {
			print_broken(row);
		} else if (row->values) {
			print_values(row);
		} else {
			printf("%-26s %10.*f", row->name, row_median(row) < 100 ? 3 : 0,
			       row_median(row));
			print_spread(row);
		}
	}
}

void tables_print(void)
{
	int i;

	for (i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].section, "machine"))
			printf("Linux %s, counting %s\n", rows[i].name, rows[i].unit);
	print_section("baseline", "The same all the time, IPv4, 56 B (sendto-raw), per echo");
	print_main(4, 56);
	print_main(4, 1400);
	print_main(6, 56);
	print_main(6, 1400);
	print_section("commands", "1000 hosts once a second, per echo; a sweep, per address");
	print_section("delay", "Answers after 1 ms, IPv4, 56 B, per echo");
	print_section("scaling", "Many at once: processes with a socket or file each, per echo");
	print_section("flight", "Many in flight, per request");
	print_section("rtt", "RTT error in us (5 ms delay, 256 in flight)"
		      "\n                                    p50          p90          p99          max");
	print_section("calls", "System calls for an echo");
}
