// SPDX-License-Identifier: GPL-2.0
/*
 * A program as text. A call is a line: number of the thread, name of the call, "." and the
 * slot of the session if it is not the first one, and the fields that are not the usual ones.
 *
 *	run ms=20 abrupt=1
 *	0 echo dst=198.51.100.2 payload=edge+8136
 *	0 submit.1 count=100
 *	1 reap buffer=late+0 max=3
 */
#include <stdlib.h>
#include <string.h>

#include "keeper.h"

#define USUAL_MS	20

static void print_value(FILE *file, const struct field *field, __u64 value)
{
	fprintf(file, " %s=", field->name);
	if (field->kind == POINTER)
		fprintf(file, "%s+%u", regions[value >> 32], (__u32)value);
	else if (field->kind == ADDRESS)
		fputs(addresses[value], file);
	else if (field->kind == DESCRIPTOR)
		fputs(descriptors[value], file);
	else if (value > 0xffffff)
		fprintf(file, "%#llx", value);
	else
		fprintf(file, "%llu", value);
}

void program_print(FILE *file, const struct program *program, const char *prefix)
{
	unsigned int i, j;

	fprintf(file, "%srun ms=%u abrupt=%u\n", prefix, program->ms, program->abrupt);
	for (i = 0; i < program->nr_ops; i++) {
		const struct op *op = &program->ops[i];
		const struct call *call = &calls[op->call];

		fprintf(file, "%s%u %s", prefix, op->thread, call->name);
		if (op->session)
			fprintf(file, ".%u", op->session);
		for (j = 0; j < call->nr_fields; j++)
			if (op->given & 1U << j)
				print_value(file, &call->fields[j], op->values[j]);
		fprintf(file, "\n");
	}
	fprintf(file, "%s\n", prefix);
}

/* Index of @text in @names, or -1 */
static int find(const char *const *names, const char *text)
{
	int i;

	for (i = 0; names[i]; i++)
		if (!strcmp(names[i], text))
			return i;
	return -1;
}

static bool read_pointer(char *text, __u64 *value)
{
	char *plus = strchr(text, '+');
	int region;

	if (!plus)
		return false;
	*plus = 0;
	region = find(regions, text);
	*value = POINTER_TO(region, strtoul(plus + 1, NULL, 0));
	return region >= 0;
}

static bool read_value(const struct field *field, char *text, __u64 *value)
{
	int index;
	char *end;

	switch (field->kind) {
	case POINTER:
		return read_pointer(text, value);
	case ADDRESS:
		index = find(addresses, text);
		break;
	case DESCRIPTOR:
		index = find(descriptors, text);
		break;
	default:
		*value = strtoull(text, &end, 0);
		return *text && !*end;
	}
	*value = index;
	return index >= 0;
}

static bool read_field(struct op *op, char *word)
{
	const struct call *call = &calls[op->call];
	char *text = strchr(word, '=');
	unsigned int i;

	if (!text)
		return false;
	*text++ = 0;
	for (i = 0; i < call->nr_fields; i++) {
		if (strcmp(call->fields[i].name, word))
			continue;
		op->given |= 1U << i;
		return read_value(&call->fields[i], text, &op->values[i]);
	}
	return false;
}

static bool read_call(struct op *op, char *word)
{
	char *dot = word ? strchr(word, '.') : NULL;

	if (!word)
		return false;
	if (dot) {
		*dot = 0;
		op->session = strtoul(dot + 1, NULL, 10) % NR_SESSIONS;
	}
	for (op->call = 0; op->call < NR_CALLS; op->call++)
		if (!strcmp(calls[op->call].name, word))
			return true;
	return false;
}

static bool read_op(struct program *program, char *line)
{
	struct op op = {};
	char *save, *word = strtok_r(line, " \n", &save);

	if (!strcmp(word, "run")) {
		char *rest = strtok_r(NULL, "\n", &save);

		return rest && sscanf(rest, "ms=%u abrupt=%u", &program->ms, &program->abrupt) == 2;
	}
	if (word[0] < '0' || word[0] >= '0' + NR_THREADS || word[1] || program->nr_ops == NR_OPS)
		return false;
	op.thread = word[0] - '0';
	if (!read_call(&op, strtok_r(NULL, " \n", &save)))
		return false;
	while ((word = strtok_r(NULL, " \n", &save)))
		if (!read_field(&op, word))
			return false;
	program->ops[program->nr_ops++] = op;
	return true;
}

int program_read(FILE *file, struct program *program)
{
	char line[1024], copy[1024];

	*program = (struct program) { .ms = USUAL_MS };
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		if (line[0] == '\n') {
			if (program->nr_ops)
				return 1;
			continue;
		}
		strcpy(copy, line);
		if (!read_op(program, line)) {
			printf("# this is not a call: %s", copy);
			return -1;
		}
	}
	return program->nr_ops > 0;
}
