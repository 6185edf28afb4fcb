// SPDX-License-Identifier: GPL-2.0
/* Other programs, and what they print. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define OUTPUT	"/run/icmpecho-bench-output"

bool child_exists(const char *program)
{
	char path[256];
	char *copy = strdup(getenv("PATH") ?: "/usr/bin");
	char *save, *dir;
	bool found = false;

	for (dir = strtok_r(copy, ":", &save); dir && !found; dir = strtok_r(NULL, ":", &save)) {
		snprintf(path, sizeof(path), "%s/%s", dir, program);
		found = !access(path, X_OK);
	}
	free(copy);
	return found;
}

static void become(char *const argv[])
{
	int out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(127);
	execvp(argv[0], argv);
	_exit(127);
}

int child_run(char *const argv[])
{
	int status;
	pid_t pid;

	/* vfork() so that the size of this program matters to no one. */
	pid = vfork();
	if (pid < 0)
		die("vfork");
	if (!pid)
		become(argv);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	errno = ENOENT;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 127)
		die("%s", argv[0]);
	return WEXITSTATUS(status);
}

FILE *child_output(void)
{
	FILE *file = fopen(OUTPUT, "re");

	if (!file)
		die(OUTPUT);
	return file;
}

void child_explain(void)
{
	FILE *file = child_output();
	char line[256];
	int lines = 0;

	while (lines++ < 5 && fgets(line, sizeof(line), file))
		printf("# %s", line);
	fclose(file);
}
