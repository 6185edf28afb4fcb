/* SPDX-License-Identifier: MIT */
/*
 * When each of many targets is due: a heap, so that a thousand of them, each with an
 * interval of its own, cost a few comparisons for each request.
 */
#ifndef TOOLS_SCHEDULE_H
#define TOOLS_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#define SCHEDULE_NEVER	UINT64_MAX	/* as ENGINE_NEVER */

struct schedule_entry {
	uint64_t due_ns;
	size_t item;
};

struct schedule {
	struct schedule_entry *heap;	/* the earliest one first */
	size_t count, room;
};

void schedule_init(struct schedule *schedule, size_t room);
void schedule_free(struct schedule *schedule);

/* Adds an item, which is not in the schedule. No more than @room of schedule_init(). */
void schedule_add(struct schedule *schedule, size_t item, uint64_t due_ns);

/* When the earliest one is due; SCHEDULE_NEVER if there is none. */
uint64_t schedule_next_ns(const struct schedule *schedule);

/* Takes the earliest one out. There must be one. */
size_t schedule_take(struct schedule *schedule);

#endif /* TOOLS_SCHEDULE_H */
