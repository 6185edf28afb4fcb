// SPDX-License-Identifier: MIT
/* Text, JSON and CSV on standard output. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "output.h"

#define JSON_FLAGS	(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static struct {
	enum output_format format;
	bool has_colours;
	int error;			/* errno of the first failure */
	struct json_object *object;	/* of the record that is being made */
	bool has_header;		/* CSV: it was printed */
	bool has_cell;			/* CSV: the row has begun */
	char *row;			/* CSV: the first row, which waits for the header */
	size_t row_len;
	FILE *cells;			/* where cells go: stdout, or a stream into @row */
} output;

void output_open(enum output_format format)
{
	const char *terminal = getenv("TERM");

	output.format = format;
	output.has_colours = format == OUTPUT_TEXT && isatty(STDOUT_FILENO) && terminal &&
			     strcmp(terminal, "dumb") && !getenv("NO_COLOR");
	signal(SIGPIPE, SIG_IGN);
}

/* A full buffer is written by whichever call fills it, and that call's errno is the reason. */
static void note_error(void)
{
	if (ferror(stdout) && !output.error)
		output.error = errno;
}

void output_text(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	note_error();
}

const char *output_colour(enum colour colour)
{
	static const char *const escapes[] = {
		[COLOUR_NONE] = "\033[0m", [COLOUR_GOOD] = "\033[32m",
		[COLOUR_WARNING] = "\033[33m", [COLOUR_BAD] = "\033[31m", [COLOUR_DIM] = "\033[2m",
	};

	return output.has_colours ? escapes[colour] : "";
}

/* Not by complain(), which would flush what cannot be written. */
static int refuse(int error)
{
	fprintf(stderr, "%s: cannot write to standard output: %s\n", program_name,
		strerror(error));
	return -1;
}

static int write_out(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	note_error();
	return refuse(output.error);
}

void output_flush(void)
{
	if (write_out())
		exit(EXIT_WRONG_USE);
}

/* Some file systems report a full disk only when the file is closed. */
int output_close(void)
{
	if (write_out())
		return -1;
	return close(STDOUT_FILENO) && errno != EBADF ? refuse(errno) : 0;
}

/* A stream into memory. */
static FILE *open_cell(char **text, size_t *len)
{
	FILE *stream = open_memstream(text, len);

	if (!stream) {
		complain("there is no memory for a row");
		exit(EXIT_WRONG_USE);
	}
	return stream;
}

/*
 * The names of the first record's values are the header. They go out as they come, while
 * the row collects in memory until record_end().
 */
static void begin_row(void)
{
	output.has_cell = false;
	output.cells = stdout;
	if (output.has_header)
		return;
	output.cells = open_cell(&output.row, &output.row_len);
}

/* RFC 4180: quotes around what has a comma, a quote or a line break, and quotes doubled. */
static void put_cell(const char *name, const char *value)
{
	if (!output.has_header)
		printf("%s%s", output.has_cell ? "," : "", name);
	if (output.has_cell)
		putc(',', output.cells);
	output.has_cell = true;
	if (!strpbrk(value, ",\"\r\n")) {
		fputs(value, output.cells);
		return;
	}
	putc('"', output.cells);
	for (; *value; value++) {
		if (*value == '"')
			putc('"', output.cells);
		putc(*value, output.cells);
	}
	putc('"', output.cells);
}

static void end_row(void)
{
	if (!output.has_header) {
		fclose(output.cells);
		printf("\n%s", output.row);
		free(output.row);
		output.row = NULL;
		output.has_header = true;
	}
	putchar('\n');
	note_error();
}

static void add(const char *name, struct json_object *value)
{
	json_object_object_add(output.object, name, value);
}

void record_begin(const char *type)
{
	if (output.format == OUTPUT_CSV) {
		begin_row();
		return;
	}
	output.object = json_object_new_object();
	add("type", json_object_new_string(type));
}

void record_string(const char *name, const char *value)
{
	if (output.format == OUTPUT_CSV)
		put_cell(name, value);
	else
		add(name, json_object_new_string(value));
}

/* A number that is written exactly so: json-c would print a double with 17 digits. */
static void put_literal(const char *name, double value, const char *literal)
{
	if (output.format == OUTPUT_CSV)
		put_cell(name, literal);
	else
		add(name, json_object_new_double_s(value, literal));
}

void record_number(const char *name, uint64_t value)
{
	char literal[24];

	snprintf(literal, sizeof(literal), "%" PRIu64, value);
	if (output.format == OUTPUT_CSV)
		put_cell(name, literal);
	else
		add(name, json_object_new_uint64(value));
}

void record_double(const char *name, double value, int digits)
{
	char literal[48];

	snprintf(literal, sizeof(literal), "%.*f", digits, value);
	put_literal(name, value, literal);
}

void record_bool(const char *name, bool value)
{
	if (output.format == OUTPUT_CSV)
		put_cell(name, value ? "true" : "false");
	else
		add(name, json_object_new_boolean(value));
}

void record_null(const char *name)
{
	if (output.format == OUTPUT_CSV)
		put_cell(name, "");
	else
		add(name, NULL);
}

void record_text(const char *name, const char *text)
{
	if (text)
		record_string(name, text);
	else
		record_null(name);
}

void record_ms(const char *name, double ns)
{
	record_double(name, ns / 1e6, 6);
}

void record_time(const char *name, uint64_t ns)
{
	char literal[32];

	snprintf(literal, sizeof(literal), "%" PRIu64 ".%09" PRIu64, ns / 1000000000,
		 ns % 1000000000);
	put_literal(name, (double)ns / 1e9, literal);
}

void record_json(const char *name, struct json_object *value)
{
	if (output.format != OUTPUT_CSV) {
		add(name, value);
		return;
	}
	put_cell(name, json_object_array_length(value) ?
		 json_object_to_json_string_ext(value, JSON_FLAGS) : "");
	json_object_put(value);
}

void record_words(const char *name, struct json_object *words)
{
	char *cell = NULL;
	size_t len, i;
	FILE *stream;

	if (output.format != OUTPUT_CSV) {
		add(name, words);
		return;
	}
	stream = open_cell(&cell, &len);
	for (i = 0; i < json_object_array_length(words); i++) {
		fprintf(stream, "%s%s", i ? " " : "",
			json_object_get_string(json_object_array_get_idx(words, i)));
	}
	fclose(stream);
	put_cell(name, cell);
	free(cell);
	json_object_put(words);
}

void record_end(void)
{
	if (output.format == OUTPUT_CSV) {
		end_row();
		return;
	}
	puts(json_object_to_json_string_ext(output.object, JSON_FLAGS));
	note_error();
	json_object_put(output.object);
	output.object = NULL;
}
