// SPDX-License-Identifier: MIT
/* A binary heap of due times. */
#include <stdbool.h>
#include <stdlib.h>

#include "message.h"
#include "schedule.h"

void schedule_init(struct schedule *schedule, size_t room)
{
	schedule->heap = allocate(room, sizeof(*schedule->heap));
	schedule->room = room;
	schedule->count = 0;
}

void schedule_free(struct schedule *schedule)
{
	free(schedule->heap);
	schedule->heap = NULL;
	schedule->count = 0;
}

/* Of two that are due at once, the one with the lower number comes first. */
static bool is_before(const struct schedule_entry *a, const struct schedule_entry *b)
{
	return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->item < b->item);
}

void schedule_add(struct schedule *schedule, size_t item, uint64_t due_ns)
{
	const struct schedule_entry entry = { .due_ns = due_ns, .item = item };
	struct schedule_entry *heap = schedule->heap;
	size_t i = schedule->count++, parent;

	for (; i; i = parent) {
		parent = (i - 1) / 2;
		if (is_before(&heap[parent], &entry))
			break;
		heap[i] = heap[parent];
	}
	heap[i] = entry;
}

uint64_t schedule_next_ns(const struct schedule *schedule)
{
	return schedule->count ? schedule->heap[0].due_ns : SCHEDULE_NEVER;
}

size_t schedule_take(struct schedule *schedule)
{
	struct schedule_entry *heap = schedule->heap, last = heap[--schedule->count];
	size_t item = heap[0].item, i = 0, child;

	for (; (child = 2 * i + 1) < schedule->count; i = child) {
		if (child + 1 < schedule->count && is_before(&heap[child + 1], &heap[child]))
			child++;
		if (is_before(&last, &heap[child]))
			break;
		heap[i] = heap[child];
	}
	heap[i] = last;
	return item;
}
