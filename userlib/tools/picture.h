/* SPDX-License-Identifier: MIT */
/* The last round-trip times of a host as a line, and all of them as bars, for any output. */
#ifndef TOOLS_PICTURE_H
#define TOOLS_PICTURE_H

#include "host.h"

#define PICTURE_NONE	(-2)		/* nothing was asked yet */
#define PICTURE_LOST	(-1)

/*
 * Writes the height, from 0 to @top, of each of the last @count round-trip times, the oldest
 * first, or PICTURE_LOST or PICTURE_NONE. The fastest of them is 0, the slowest is @top.
 */
void picture_line(const struct host *host, unsigned int count, int top, int *heights);

/*
 * Writes the heights, from 0 to @top, of @count bars: how many times were in each of as many
 * ranges, which grow by the same factor, from the fastest to the slowest. Where one was
 * counted, the height is not 0. Returns whether there is anything.
 */
bool picture_bars(const struct host *host, unsigned int count, int top, int *heights);

#endif /* TOOLS_PICTURE_H */
