/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the tool share: the tool in a process of its own, on the device of
 * fake_device.h as the test has set it up.
 */
#ifndef TOOL_H
#define TOOL_H

#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fake_device.h"
#include "tap.h"

/* Each test has a new device. */
#undef TEST
#define TEST(name) \
	static void tool_test_##name(void); \
	TAP_ADD(name, #name) \
	{ \
		fake_reset(); \
		tool_test_##name(); \
	} \
	static void tool_test_##name(void)

/* main() of the tool. The Makefile renames it. */
int tool_main(int argc, char **argv);

/* What the tool has printed, on standard output and on standard error. */
static char tool_output[1 << 20], tool_errors[1 << 16];

/* What was started last: the line whose output is read next. */
static char tool_line[1024];

/* The search at exit takes most of a short run's time. */
static bool tool_finds_leaks = true;

/*
 * Adds each JSON object, and each line of CSV, behind what the tool was called with, to the
 * file that $TOOL_RECORD names, if any. tests/json-test checks them.
 */
static inline void tool_record(const char *text)
{
	bool is_csv = strstr(tool_line, " --csv");
	const char *path = getenv("TOOL_RECORD"), *end;
	FILE *file = path ? fopen(path, "a") : NULL;

	if (!file)
		return;
	for (; (end = strchr(text, '\n')); text = end + 1) {
		if (is_csv || *text == '{')
			fprintf(file, "%s\t%.*s\n", tool_line, (int)(end - text), text);
	}
	fclose(file);
}

static inline void tool_read(FILE *file, char *text, size_t size)
{
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	if (text == tool_output)
		tool_record(text);
}

/* In the child: never returns. The words are separated by single blanks. */
static inline void tool_exec(const char *line, int in, int out, int err)
{
	char *words = strdup(line), *argv[64], *rest;
	int argc = 0, status;

	if (in >= 0)
		dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	for (argv[0] = strtok_r(words, " ", &rest); argv[argc] && argc < 63;)
		argv[++argc] = strtok_r(NULL, " ", &rest);
	argv[argc] = NULL;
	status = tool_main(argc, argv);
	free(words);
	if (!tool_finds_leaks) {
		fflush(NULL);
		_exit(status);
	}
	exit(status);
}

/* Begins "icmpecho ...", whose output goes to these files. */
static inline pid_t tool_start(const char *line, int in, FILE *out, FILE *err)
{
	pid_t child;

	snprintf(tool_line, sizeof(tool_line), "%s", line);
	fflush(stdout);
	child = fork();
	if (!child)
		tool_exec(line, in, fileno(out), fileno(err));
	return child;
}

/* The exit status; 1000 and the signal if that killed it. */
static inline int tool_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/*
 * Runs a line as "icmpecho ping 10.9.0.1", with @input, or nothing, as standard input. Returns
 * its exit status, and leaves what it printed in tool_output and tool_errors.
 */
static inline int run_tool_with(const char *line, const char *input)
{
	FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
	int status = -1;

	fputs(input, in);
	rewind(in);
	waitpid(tool_start(line, fileno(in), out, err), &status, 0);
	tool_read(out, tool_output, sizeof(tool_output));
	tool_read(err, tool_errors, sizeof(tool_errors));
	fclose(in);
	return tool_status(status);
}

static inline int run_tool(const char *line)
{
	return run_tool_with(line, "");
}

/* The same with its output into @out, which is closed. Leaves its messages in tool_errors. */
static inline int run_tool_into(const char *line, FILE *out)
{
	FILE *err = tmpfile();
	int status = -1;

	waitpid(tool_start(line, -1, out, err), &status, 0);
	tool_read(err, tool_errors, sizeof(tool_errors));
	fclose(out);
	return tool_status(status);
}

/* A line that runs beside the test, and what it prints. */
struct tool_run {
	pid_t child;
	FILE *out, *err;
};

static inline void tool_begin(struct tool_run *run, const char *line)
{
	run->out = tmpfile();
	run->err = tmpfile();
	run->child = tool_start(line, -1, run->out, run->err);
}

static inline void tool_read_now(FILE *file, char *text, size_t size)
{
	ssize_t len = pread(fileno(file), text, size - 1, 0);

	text[len > 0 ? len : 0] = '\0';
}

/* Whether it prints that within 20 seconds. */
static inline bool tool_prints(const struct tool_run *run, const char *part)
{
	const struct timespec wait = { .tv_nsec = 10000000 };
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		tool_read_now(run->out, tool_output, sizeof(tool_output));
		tool_read_now(run->err, tool_errors, sizeof(tool_errors));
		if (strstr(tool_output, part) || strstr(tool_errors, part))
			return true;
		nanosleep(&wait, NULL);
	}
	return false;
}

/* Ends it by a signal. Returns as run_tool(). */
static inline int tool_finish(struct tool_run *run, int signal)
{
	int status;

	kill(run->child, signal);
	waitpid(run->child, &status, 0);
	tool_read(run->out, tool_output, sizeof(tool_output));
	tool_read(run->err, tool_errors, sizeof(tool_errors));
	return tool_status(status);
}

/* The object in a line of tool_output, the first of which is 0, or NULL. The caller frees it. */
static inline struct json_object *tool_json(unsigned int line)
{
	struct json_object *object;
	const char *text = tool_output;
	char *copy;

	for (; text && line; line--) {
		text = strchr(text, '\n');
		text += !!text;
	}
	if (!text)
		return NULL;
	copy = strndup(text, strcspn(text, "\n"));
	object = json_tokener_parse(copy);
	free(copy);
	return object;
}

/* A value as text: "null", or "(none)" if the object has no such name. */
static inline const char *tool_member(struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value))
		return "(none)";
	return value ? json_object_get_string(value) : "null";
}

/* The text is there; says where not. */
#define CHECK_HAS(text, part) tool_check_has(__FILE__, __LINE__, text, part, true)
#define CHECK_HAS_NOT(text, part) tool_check_has(__FILE__, __LINE__, text, part, false)
#define CHECK_TEXT(text, expected) tool_check_text(__FILE__, __LINE__, text, expected)

static inline void tool_check_has(const char *file, int line, const char *text, const char *part,
				  bool wanted)
{
	if (!strstr(text, part) != wanted)
		return;
	printf("# %s:%d: %s in this: %s\n# \"%s\"\n", file, line,
	       wanted ? "missing" : "unexpected", part, text);
	tap_failed = true;
}

static inline void tool_check_text(const char *file, int line, const char *text,
				   const char *expected)
{
	if (!strcmp(text, expected))
		return;
	printf("# %s:%d: \"%s\"\n# is not \"%s\"\n", file, line, text, expected);
	tap_failed = true;
}

struct tool_mistake {
	const char *line, *message;
};

/* The tool refuses these lines, up to { 0 }, says why, and does nothing. */
static inline void tool_check_mistakes(const struct tool_mistake *mistake)
{
	for (; mistake->line; mistake++) {
		CHECK_EQ(run_tool(mistake->line), 2);
		CHECK_HAS(tool_errors, mistake->message);
		CHECK_TEXT(tool_output, "");
	}
}

/* A line that would print ends with a message if it cannot. */
static inline void tool_check_output_errors(const char *line)
{
	int fds[2];

	CHECK_EQ(run_tool_into(line, fopen("/dev/full", "w")), 2);
	CHECK_HAS(tool_errors, "cannot write to standard output: No space left on device\n");
	/* A pipe without a reader */
	CHECK(!pipe(fds));
	close(fds[0]);
	CHECK_EQ(run_tool_into(line, fdopen(fds[1], "w")), 2);
	CHECK_HAS(tool_errors, "cannot write to standard output: Broken pipe\n");
}

#endif /* TOOL_H */
