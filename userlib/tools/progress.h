/* SPDX-License-Identifier: MIT */
/*
 * A progress bar on standard error, if that is a terminal. It shares the terminal with what
 * is printed, so it is removed before lines are.
 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_wanted, is_shown;
	uint64_t next_ns;		/* when to draw it again */
};

/* @is_wanted: but not for -q. */
void progress_init(struct progress *progress, bool is_wanted);

/*
 * Draws it, if the last time is not too recent: @done of @total, @words, and how long it
 * takes still. Nothing, if @total is 0.
 */
void progress_show(struct progress *progress, uint64_t now_ns, uint64_t done, uint64_t total,
		   const char *words, uint64_t left_ns);

/* Removes it. */
void progress_clear(struct progress *progress);

#endif /* TOOLS_PROGRESS_H */
