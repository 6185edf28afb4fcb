/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The report: takes the rows that bench printed in some boots, and tells what
 * they mean.
 *
 *	report.c	arguments, and bench.json
 *	rows.c		rows by name, over all boots
 *	figures.c	the ratios that count: goals, and what is expected
 *	tables.c	for people
 *	picture.c	bench.svg
 */
#ifndef REPORT_H
#define REPORT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_BOOTS	16
#define MAX_ROWS	512

/* A spread over boots above this is reported. */
#define MAX_SPREAD	0.02

/* ---- rows.c */

/* One measurement, in all boots */
struct row {
	char section[16];
	char name[48];
	int family;
	int payload;
	char unit[24];
	char why[96];		/* it was rejected or skipped */
	bool rejected;
	bool skipped;
	int boots;
	double value[MAX_BOOTS];	/* of each boot */
	double *values;		/* where a row is many values: sorted, all boots' */
	int nr_values;
};

extern struct row rows[MAX_ROWS];
extern int nr_rows;

void rows_read(const char *path);
/* NULL if it is not there, or was rejected or skipped. */
const struct row *row_find(const char *section, const char *name, int family, int payload);
double row_median(const struct row *row);
/* Largest less smallest, relative to the median. */
double row_spread(const struct row *row);
double row_percentile(const struct row *row, double percent);
struct json_object *rows_json(void);

/* The cheapest of the sockets that user space has; NULL if none was measured. */
const struct row *row_best_sockets(int family, int payload);

/* ---- figures.c */

/* Judge all figures against @expected; returns how many failed. */
struct verdict {
	int passed;
	int failed;
	int skipped;
};

void figures_compute(void);
void figures_print_goals(void);
struct verdict figures_guard(const char *expected_path, bool quick);
void figures_write_expected(const char *path);
struct json_object *figures_json(void);

/* ---- tables.c */

void tables_print(void);

/* ---- picture.c */

void picture_write(const char *path);

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif /* REPORT_H */
