/* SPDX-License-Identifier: MIT */
/*
 * Standard output in one of three formats. A record is a list of named values, which
 * becomes a JSON object in a line of its own, or a row of CSV below a header of their
 * names. What was not measured is null, or an empty cell, never 0.
 *
 *	record_begin("answer");
 *	record_string("host", name);
 *	if (answered) record_ms("rtt_ms", ns); else record_null("rtt_ms");
 *	record_end();
 *
 * Output that cannot be written ends the program with a message and EXIT_WRONG_USE, as
 * soon as output_flush() finds out.
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

enum output_format {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_CSV,
};

enum colour {
	COLOUR_NONE,
	COLOUR_GOOD,			/* green */
	COLOUR_WARNING,			/* yellow */
	COLOUR_BAD,			/* red */
	COLOUR_DIM,
};

/* Call it first. From then on a closed pipe is an error and no signal. */
void output_open(enum output_format format);

/* printf() to standard output. */
__attribute__((format(printf, 1, 2))) void output_text(const char *format, ...);

/* What switches to a colour and, with COLOUR_NONE, back; "" unless it is a terminal. */
const char *output_colour(enum colour colour);

/* Writes what was printed so far; ends the program if that fails. */
void output_flush(void);

/* The same at the end. Returns 0, or -1 after a message. */
int output_close(void);

/* All records of a CSV output must have the same names in the same order. */
void record_begin(const char *type);
void record_string(const char *name, const char *value);
void record_number(const char *name, uint64_t value);
void record_double(const char *name, double value, int digits);
void record_bool(const char *name, bool value);
void record_null(const char *name);
/* record_null() if @text is NULL. */
void record_text(const char *name, const char *text);
/* Nanoseconds, printed in milliseconds without losing any. */
void record_ms(const char *name, double ns);
/* Nanoseconds since 1970, printed in seconds. */
void record_time(const char *name, uint64_t ns);
/* Takes over an array of what has a structure. In CSV, the cell has its JSON. */
void record_json(const char *name, struct json_object *value);
/* Takes over an array of strings without blanks, which stand between them in CSV. */
void record_words(const char *name, struct json_object *words);
void record_end(void);

#endif /* TOOLS_OUTPUT_H */
