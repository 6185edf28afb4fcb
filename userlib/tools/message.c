// SPDX-License-Identifier: MIT
/* Messages on standard error. */
#include <errno.h>
#include <icmpecho.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "message.h"

const char *program_name = "icmpecho";
const char *message_place;
void (*message_hook)(const char *text);

/* @more: what is behind the text, or NULL. */
__attribute__((format(printf, 2, 0))) static void say(const char *more, const char *format,
						      va_list arguments)
{
	char text[1024], line[2048];

	vsnprintf(text, sizeof(text), format, arguments);
	snprintf(line, sizeof(line), "%s%s%s%s%s", message_place ? message_place : "",
		 message_place ? ": " : "", text, more ? ": " : "", more ? more : "");
	if (message_hook) {
		message_hook(line);
		return;
	}
	/* What was printed so far comes first where both streams are one terminal. */
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", program_name, line);
}

int complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(NULL, format, arguments);
	va_end(arguments);
	return -1;
}

int complain_errno(const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	say(icmpecho_strerror(error), format, arguments);
	va_end(arguments);
	return -1;
}

void *allocate(unsigned long count, unsigned long size)
{
	void *memory = calloc(count, size);

	if (!memory) {
		complain("there is no memory for %lu times %lu bytes", count, size);
		exit(EXIT_WRONG_USE);
	}
	return memory;
}
