// SPDX-License-Identifier: MIT
/*
 * The examples of the manual pages that are marked "tool", on a device that is not real: each
 * command prints what the page says. man/examples knows how such an example looks.
 */
#include <ctype.h>

#include "tool.h"

/* What differs between any two runs, behind these words, and any number where it does. */
static const char *const varying[] = { "\"time\":", "\"seconds\":", " requests in " };

static void mask(char *text)
{
	char *number, *end;
	size_t i;

	for (i = 0; i < sizeof(varying) / sizeof(*varying); i++) {
		for (end = text; (number = strstr(end, varying[i]));) {
			number += strlen(varying[i]);
			for (end = number; isdigit((unsigned char)*end) || *end == '.';)
				end++;
			memmove(number, end, strlen(end) + 1);
			end = number;
		}
	}
}

/* A line that ends with a backslash goes on behind the blanks of the next one. */
static void join_lines(char *text)
{
	char *next;

	while ((text = strstr(text, "\\\n"))) {
		for (next = text + 2; *next == ' ';)
			next++;
		memmove(text, next, strlen(next) + 1);
	}
}

/* The end of what a command prints: the next command, or the end of the text. */
static char *end_of_output(char *text)
{
	char *next;

	if (!strncmp(text, "$ ", 2))
		return text;
	next = strstr(text, "\n$ ");
	return next ? next + 1 : text + strlen(text);
}

/* Both streams, as on a terminal where standard error comes last. */
static char *run_command(const char *command, int *status)
{
	static char printed[sizeof(tool_output) + sizeof(tool_errors)];

	if (!strcmp(command, "echo $?")) {
		snprintf(printed, sizeof(printed), "%d\n", *status);
		return printed;
	}
	fake_reset();
	*status = run_tool(command);
	snprintf(printed, sizeof(printed), "%s%s", tool_output, tool_errors);
	return printed;
}

/* Runs all commands of an example. Returns how many they are. */
static unsigned int run_example(char *text)
{
	unsigned int commands = 0;
	char *output, *end, *printed;
	int status = 0;
	char next;

	while (!strncmp(text, "$ ", 2) && (output = strchr(text, '\n'))) {
		*output++ = '\0';
		printed = run_command(text + 2, &status);
		end = end_of_output(output);
		next = *end;
		*end = '\0';
		mask(printed);
		mask(output);
		CHECK_TEXT(printed, output);
		/* mask() has moved the end of the output, but not what follows it. */
		*end = next;
		text = end;
		commands++;
	}
	CHECK_TEXT(text, "");
	return commands;
}

/* What a command of the shell prints. */
static char *output_of(const char *command)
{
	static char text[1 << 16];
	FILE *pipe = popen(command, "r");

	CHECK(pipe != NULL);
	if (!pipe)
		return strcpy(text, "");
	text[fread(text, 1, sizeof(text) - 1, pipe)] = '\0';
	CHECK_EQ(pclose(pipe), 0);
	return text;
}

/* The first word of each line; make runs the tests in the directory of the library. */
TEST_CASES(examples)
{
	char *names = strdup(output_of("man/examples list tool")), *line, *rest, *name;
	char command[256], result[256];

	report(*names, "manual_has_examples_of_the_tool");
	for (line = strtok_r(names, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		name = strsep(&line, " ");
		tap_failed = false;
		snprintf(command, sizeof(command), "man/examples show %s", name);
		line = output_of(command);
		join_lines(line);
		CHECK(run_example(line) > 0);
		snprintf(result, sizeof(result), "manual_%s_prints_what_the_page_says", name);
		report(!tap_failed, result);
	}
	free(names);
}
