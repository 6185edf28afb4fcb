/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parameters of the module. They hold for the whole machine, so a test that changes
 * one puts it back; parameter.c does for a test that was killed.
 */
#ifndef PARAMETER_H
#define PARAMETER_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

#define PARAMETER(name)	"/sys/module/icmpecho/parameters/" name
#define MAX_REQUESTS	PARAMETER("max_requests")
#define MAX_USER_BYTES	PARAMETER("max_user_bytes")
#define PLAIN		PARAMETER("fast_path")

/* 0, or a negative errno. */
static inline int try_parameter(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		die("%s", path);
	/* An empty text is written as one byte, the end of the string. */
	err = write(fd, text, strlen(text) ?: 1) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static inline void write_parameter(const char *path, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", value);
	if (try_parameter(path, text))
		die("%s = %s", path, text);
}

/* Send ordinary requests on the fast path, or all by a socket. */
static inline void send_plain(bool plain)
{
	write_file(PLAIN, plain ? "Y" : "N");
}

static inline unsigned long read_parameter(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die("%s", path);
	close(fd);
	return strtoul(text, NULL, 10);
}

#endif /* PARAMETER_H */
