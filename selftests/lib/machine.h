/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a test sets on the machine: the text of a file of the kernel, the CPU it runs on. All
 * die if it cannot be.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("cannot write '%s' to %s", text, path);
	close(fd);
}

static inline void stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("stay on CPU %d", cpu);
}

#endif /* MACHINE_H */
