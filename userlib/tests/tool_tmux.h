/* SPDX-License-Identifier: MIT */
/*
 * The tool in tmux: the test program is started anew in the terminal, and is the tool there,
 * on the device of fake_device.h.
 */
#ifndef TOOL_TMUX_H
#define TOOL_TMUX_H

#include "tmux.h"
#include "tool.h"

#define TMUX_LINE	"TMUX_TOOL_LINE"
#define TMUX_PATH_LEN	256

__attribute__((constructor)) static void tmux_be_the_tool(void)
{
	const char *line = getenv(TMUX_LINE);

	if (!line)
		return;
	fake_reset();
	tool_exec(line, -1, STDOUT_FILENO, STDERR_FILENO);
}

/* This program's file, with a suffix. */
static inline const char *tmux_program(char *path, const char *suffix)
{
	ssize_t len = readlink("/proc/self/exe", path, TMUX_PATH_LEN - strlen(suffix) - 1);

	if (len < 0)
		abort();
	strcpy(path + len, suffix);
	return path;
}

/* Runs "icmpecho ...", as tmux_run(). */
static inline void tmux_run_tool(int columns, int rows, const char *line)
{
	char program[TMUX_PATH_LEN], command[1024];

	tmux_program(program, "");
	snprintf(command, sizeof(command),
		 TMUX_LINE "=\"%s\" sh -c \"echo \\$\\$ >%s.pid; exec %s\"", line, program,
		 program);
	tmux_run(columns, rows, command);
}

/* Sends a signal to the tool in the terminal. */
static inline void tmux_kill(int signal)
{
	char path[TMUX_PATH_LEN];
	FILE *file = fopen(tmux_program(path, ".pid"), "r");
	int pid = 0;

	if (!file || fscanf(file, "%d", &pid) != 1 || pid <= 1)
		abort();
	fclose(file);
	kill(pid, signal);
}

#endif /* TOOL_TMUX_H */
