// SPDX-License-Identifier: GPL-2.0
/* Rows by name, over all boots. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

struct row rows[MAX_ROWS];
int nr_rows;

static const char *string_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : "";
}

static double number_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ?
	       json_object_get_double(value) : NAN;
}

static struct row *find(const char *section, const char *name, int family, int payload)
{
	int i;

	for (i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].section, section) && !strcmp(rows[i].name, name) &&
		    rows[i].family == family && rows[i].payload == payload)
			return &rows[i];
	return NULL;
}

static struct row *find_or_add(struct json_object *object)
{
	const char *section = string_of(object, "section");
	const char *name = string_of(object, "name");
	int family = number_of(object, "family");
	int payload = number_of(object, "payload");
	struct row *row = find(section, name, family, payload);

	if (row)
		return row;
	if (nr_rows == MAX_ROWS)
		fail("more than %d rows", MAX_ROWS);
	row = &rows[nr_rows++];
	snprintf(row->section, sizeof(row->section), "%s", section);
	snprintf(row->name, sizeof(row->name), "%s", name);
	snprintf(row->unit, sizeof(row->unit), "%s", string_of(object, "unit"));
	row->family = family;
	row->payload = payload;
	return row;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void add_values(struct row *row, struct json_object *values)
{
	int n = json_object_array_length(values), i;

	row->values = realloc(row->values, (row->nr_values + n) * sizeof(double));
	for (i = 0; i < n; i++)
		row->values[row->nr_values++] =
			json_object_get_double(json_object_array_get_idx(values, i));
	qsort(row->values, row->nr_values, sizeof(double), compare);
}

/* A row that one boot has spoilt is spoilt. */
static void add_row(struct json_object *object)
{
	struct row *row = find_or_add(object);
	struct json_object *value;

	if (json_object_object_get_ex(object, "skip", &value)) {
		row->skipped = true;
		snprintf(row->why, sizeof(row->why), "%s", json_object_get_string(value));
		return;
	}
	if (!json_object_object_get_ex(object, "ok", &value) || !json_object_get_boolean(value)) {
		row->rejected = true;
		snprintf(row->why, sizeof(row->why), "%s", string_of(object, "why"));
		if (!row->why[0])
			snprintf(row->why, sizeof(row->why), "%.0f of %.0f echoes were good",
				 number_of(object, "good"), number_of(object, "count"));
	}
	if (row->boots == MAX_BOOTS)
		fail("more than %d boots", MAX_BOOTS);
	if (json_object_object_get_ex(object, "values", &value))
		add_values(row, value);
	else
		row->value[row->boots] = number_of(object, "value");
	row->boots++;
}

void rows_read(const char *path)
{
	struct json_object *object;
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		fail("cannot read %s", path);
	while (getline(&line, &room, file) > 0) {
		if (line[0] != '{') {
			fputs(line, stderr);
			continue;
		}
		object = json_tokener_parse(line);
		if (!object)
			fail("%s: no JSON: %.60s", path, line);
		add_row(object);
		json_object_put(object);
	}
	free(line);
	fclose(file);
}

const struct row *row_find(const char *section, const char *name, int family, int payload)
{
	const struct row *row = find(section, name, family, payload);

	return row && row->boots && !row->rejected && !row->skipped ? row : NULL;
}

double row_median(const struct row *row)
{
	double sorted[MAX_BOOTS];
	int n = row->boots;

	memcpy(sorted, row->value, n * sizeof(double));
	qsort(sorted, n, sizeof(double), compare);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double row_spread(const struct row *row)
{
	double low = row->value[0], high = row->value[0];
	int i;

	for (i = 1; i < row->boots; i++) {
		low = fmin(low, row->value[i]);
		high = fmax(high, row->value[i]);
	}
	return high == low ? 0 : (high - low) / fabs(row_median(row));
}

/* Exact: the smallest value that so many percent do not exceed. */
double row_percentile(const struct row *row, double percent)
{
	int rank = ceil(percent / 100 * row->nr_values);

	return row->values[rank ? rank - 1 : 0];
}

const struct row *row_best_sockets(int family, int payload)
{
	static const char *const names[] = {
		"sendto-raw", "sendto-ping", "sendmmsg-raw", "sendmmsg-ping", "uring-raw",
		"uring-ping",
	};
	const struct row *row, *best = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		row = row_find("main", names[i], family, payload);
		if (row && (!best || row_median(row) < row_median(best)))
			best = row;
	}
	return best;
}

static struct json_object *numbers(const double *value, int n)
{
	struct json_object *array = json_object_new_array();
	int i;

	for (i = 0; i < n; i++)
		json_object_array_add(array, json_object_new_double(value[i]));
	return array;
}

static struct json_object *row_json(const struct row *row)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "section", json_object_new_string(row->section));
	json_object_object_add(object, "name", json_object_new_string(row->name));
	json_object_object_add(object, "family", json_object_new_int(row->family));
	json_object_object_add(object, "payload", json_object_new_int(row->payload));
	json_object_object_add(object, "unit", json_object_new_string(row->unit));
	if (row->why[0])
		json_object_object_add(object, row->skipped ? "skipped" : "rejected",
				       json_object_new_string(row->why));
	if (row->values) {
		json_object_object_add(object, "values", numbers(row->values, row->nr_values));
	} else if (row->boots) {
		json_object_object_add(object, "boots", numbers(row->value, row->boots));
		json_object_object_add(object, "median", json_object_new_double(row_median(row)));
		json_object_object_add(object, "spread", json_object_new_double(row_spread(row)));
	}
	return object;
}

struct json_object *rows_json(void)
{
	struct json_object *array = json_object_new_array();
	int i;

	for (i = 0; i < nr_rows; i++)
		json_object_array_add(array, row_json(&rows[i]));
	return array;
}
