// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments, put together as RFC 791 and RFC 8200 say: those with the same source,
 * destination and id are of one packet. Since RFC 5722, a fragment that overlaps another
 * one spoils the packet; one that repeats bytes which are there is ignored. The test lets
 * none time out.
 */
#include <stdlib.h>
#include <string.h>

#include "network.h"

#define MAX_RUNS	64
#define NR_BUCKETS	4096

/* Bytes in a row. A fragment extends a run only if it continues the last one. */
struct run {
	unsigned int begin;
	unsigned int end;
};

/* A packet that is not whole yet */
struct queue {
	struct queue *next;
	__u32 id;
	unsigned char ip[40];		/* header of its first fragment, or of any */
	unsigned char protocol;
	bool has_first;
	bool has_last;
	unsigned int len;		/* as far as it is known */
	unsigned int got;		/* bytes */
	unsigned int nr_runs;
	unsigned int last;		/* the run that ends last */
	struct run runs[MAX_RUNS];
	unsigned char *bytes;
	unsigned int room;
};

static struct queue *buckets[NR_BUCKETS];

static unsigned int header_len(void)
{
	return family->header_len;
}

static bool same_addresses(const unsigned char *a, const unsigned char *b)
{
	unsigned int offset = header_len() - 2 * family->address_len;

	return !memcmp(a + offset, b + offset, 2 * family->address_len);
}

/* Where the queue of the fragment is linked, or would be */
static struct queue **queue_find(const struct fragment *fragment)
{
	struct queue **link = &buckets[fragment->id % NR_BUCKETS];

	while (*link && ((*link)->id != fragment->id ||
			 !same_addresses((*link)->ip, fragment->ip)))
		link = &(*link)->next;
	return link;
}

static struct queue *queue_start(struct queue **link, const struct fragment *fragment)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		die("calloc");
	queue->id = fragment->id;
	memcpy(queue->ip, fragment->ip, header_len());
	*link = queue;
	return queue;
}

static enum reassembly queue_end(struct queue **link, enum reassembly how)
{
	struct queue *queue = *link;

	*link = queue->next;
	free(queue->bytes);
	free(queue);
	return how;
}

/* Does the fragment agree with what is known of the packet's end? If so, take over its part. */
static bool agrees_on_end(struct queue *queue, const struct fragment *fragment)
{
	if (!fragment->more) {
		if (fragment->end < queue->len ||
		    (queue->has_last && fragment->end != queue->len))
			return false;
		queue->has_last = true;
		queue->len = fragment->end;
	} else if (fragment->end > queue->len) {
		if (queue->has_last)
			return false;
		queue->len = fragment->end;
	}
	return fragment->end > fragment->begin;
}

static void add_run(struct queue *queue, unsigned int begin, unsigned int end)
{
	if (queue->nr_runs == MAX_RUNS)
		die("a packet of more than %u fragments", MAX_RUNS);
	queue->runs[queue->nr_runs++] = (struct run) { begin, end };
}

enum room { ROOM_FREE, ROOM_REPEATS, ROOM_OVERLAPS };

/* Find room for bytes that do not reach beyond all others. */
static enum room add_between(struct queue *queue, unsigned int begin, unsigned int end)
{
	unsigned int i;

	for (i = 0; i < queue->nr_runs; i++) {
		const struct run *run = &queue->runs[i];

		if (end <= run->begin || begin >= run->end)
			continue;
		return begin >= run->begin && end <= run->end ? ROOM_REPEATS : ROOM_OVERLAPS;
	}
	add_run(queue, begin, end);
	return ROOM_FREE;
}

static enum room add_bytes(struct queue *queue, unsigned int begin, unsigned int end)
{
	struct run *last = &queue->runs[queue->last];

	if (queue->nr_runs && last->end >= end)
		return add_between(queue, begin, end);
	if (queue->nr_runs && begin < last->end)
		return ROOM_OVERLAPS;
	if (queue->nr_runs && begin == last->end) {
		last->end = end;
	} else {
		queue->last = queue->nr_runs;
		add_run(queue, begin, end);
	}
	return ROOM_FREE;
}

static void copy_bytes(struct queue *queue, const struct fragment *fragment)
{
	if (fragment->end > queue->room) {
		queue->room = fragment->end;
		queue->bytes = realloc(queue->bytes, queue->room);
		if (!queue->bytes)
			die("realloc");
	}
	memcpy(queue->bytes + fragment->begin, fragment->data, fragment->end - fragment->begin);
	queue->got += fragment->end - fragment->begin;
	if (!fragment->begin) {
		queue->has_first = true;
		queue->protocol = fragment->protocol;
		memcpy(queue->ip, fragment->ip, header_len());
	}
}

/* The lengths in the headers count the header in IPv4 only. */
static bool too_long(const struct queue *queue)
{
	return queue->len + (family->family == AF_INET ? header_len() : 0) > 65535;
}

static void take_whole(const struct queue *queue, struct whole *whole)
{
	static unsigned char bytes[65536];

	memcpy(bytes, queue->bytes, queue->len);
	memcpy(whole->ip, queue->ip, header_len());
	whole->protocol = queue->protocol;
	whole->len = queue->len;
	whole->bytes = bytes;
}

enum reassembly reassemble(const struct fragment *fragment, struct whole *whole)
{
	struct queue **link = queue_find(fragment);
	struct queue *queue = *link ?: queue_start(link, fragment);

	if (!agrees_on_end(queue, fragment))
		return queue_end(link, REASSEMBLY_FAILED);
	switch (add_bytes(queue, fragment->begin, fragment->end)) {
	case ROOM_OVERLAPS:
		return queue_end(link, REASSEMBLY_FAILED);
	case ROOM_REPEATS:
		return REASSEMBLY_HELD;
	case ROOM_FREE:
		copy_bytes(queue, fragment);
	}
	if (!queue->has_first || !queue->has_last || queue->got != queue->len)
		return REASSEMBLY_HELD;
	if (too_long(queue))
		return queue_end(link, REASSEMBLY_FAILED);
	take_whole(queue, whole);
	return queue_end(link, REASSEMBLY_WHOLE);
}
