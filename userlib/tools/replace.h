/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_REPLACE_H
#define TOOLS_REPLACE_H

#include <stdio.h>

/*
 * Writes a file beside @path and puts it in the place of @path, so that a reader sees the old
 * one or the new one, whole, whatever happens. Returns 0, or -1 with errno set and the
 * old file as it was.
 */
int replace_file(const char *path, void (*write)(FILE *stream, void *self), void *self);

#endif /* TOOLS_REPLACE_H */
