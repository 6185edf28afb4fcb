// SPDX-License-Identifier: GPL-2.0
/*
 * A test that is killed, as the harness kills one that takes too long, cannot put back what it
 * has changed. So its program does, for those that come after it.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parameter.h"

static struct {
	char path[128], value[64];
} saved[16];
static unsigned int nr_saved;
static pid_t program;

static bool read_value(const char *path, char *value, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, value, size - 1);
	close(fd);
	value[len > 0 ? len : 0] = '\0';
	return len > 0;
}

__attribute__((constructor)) static void save_parameters(void)
{
	glob_t found;
	size_t i;

	program = getpid();
	if (glob(PARAMETER("*"), 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc && nr_saved < sizeof(saved) / sizeof(*saved); i++) {
		const char *path = found.gl_pathv[i];

		if (access(path, W_OK) || strlen(path) >= sizeof(saved->path))
			continue;
		strcpy(saved[nr_saved].path, path);
		nr_saved += read_value(path, saved[nr_saved].value, sizeof(saved->value));
	}
	globfree(&found);
}

/* The tests are children of the program, and end without this. */
__attribute__((destructor)) static void restore_parameters(void)
{
	char value[sizeof(saved->value)];
	unsigned int i;

	if (getpid() != program)
		return;
	for (i = 0; i < nr_saved; i++) {
		if (read_value(saved[i].path, value, sizeof(value)) &&
		    strcmp(value, saved[i].value))
			try_parameter(saved[i].path, saved[i].value);
	}
}
