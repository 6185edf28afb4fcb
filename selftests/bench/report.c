// SPDX-License-Identifier: GPL-2.0
/*
 * report - say what the benchmark's rows mean
 *
 *	report [--json FILE] [--svg FILE] [--expected FILE] [--expect] ROWS...
 *
 * ROWS are files of what bench printed, one for each boot. --expect writes the
 * expected figures instead of comparing with them. The last line and the exit
 * status say whether all rows were complete and no figure has fallen behind.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("report: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

static void write_json(const char *path)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "figures", figures_json());
	json_object_object_add(object, "rows", rows_json());
	if (json_object_to_file_ext(path, object, JSON_C_TO_STRING_PLAIN))
		fail("cannot write %s", path);
	json_object_put(object);
}

/* Each row that lost an echo, or could not be measured, counts for itself. */
static void judge_rows(struct verdict *verdict)
{
	int i;

	for (i = 0; i < nr_rows; i++) {
		if (rows[i].rejected) {
			printf("FAILED   %s: %s, IPv%d, %d B: %s\n", rows[i].section,
			       rows[i].name, rows[i].family, rows[i].payload, rows[i].why);
			verdict->failed++;
		} else if (rows[i].skipped) {
			verdict->skipped++;
		} else {
			verdict->passed++;
		}
	}
}

static void report_spread(void)
{
	int i, wide = 0, most = 0;

	for (i = 0; i < nr_rows; i++) {
		if (rows[i].values || !rows[i].boots)
			continue;
		wide += row_spread(&rows[i]) > MAX_SPREAD;
		if (rows[i].boots > most)
			most = rows[i].boots;
	}
	if (most > 1)
		printf("\n%d rows differ by more than %.0f %% between %d boots\n", wide,
		       MAX_SPREAD * 100, most);
}

struct arguments {
	const char *json, *svg, *expected;
	bool expect, quick;
};

/* Returns false for an unknown option, which getopt_long() has reported. */
static bool arguments_parse(struct arguments *to, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "json", required_argument, NULL, 'j' },
		{ "svg", required_argument, NULL, 's' },
		{ "expected", required_argument, NULL, 'e' },
		{ "expect", no_argument, NULL, 'w' },
		{ "quick", no_argument, NULL, 'q' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			to->json = optarg;
			break;
		case 's':
			to->svg = optarg;
			break;
		case 'e':
			to->expected = optarg;
			break;
		case 'w':
			to->expect = true;
			break;
		case 'q':
			to->quick = true;
			break;
		default:
			return false;
		}
	}
	return true;
}

int main(int argc, char *argv[])
{
	struct arguments arguments = {};
	struct verdict verdict = {};

	if (!arguments_parse(&arguments, argc, argv))
		return 2;
	for (; optind < argc; optind++)
		rows_read(argv[optind]);
	figures_compute();
	tables_print();
	report_spread();
	figures_print_goals();
	if (arguments.json)
		write_json(arguments.json);
	if (arguments.svg)
		picture_write(arguments.svg);
	if (arguments.expected && arguments.expect)
		figures_write_expected(arguments.expected);
	if (arguments.expected)
		verdict = figures_guard(arguments.expected, arguments.quick);
	judge_rows(&verdict);
	printf("\n%d passed, %d failed, %d skipped\n", verdict.passed, verdict.failed,
	       verdict.skipped);
	return verdict.failed ? 1 : 0;
}
