// SPDX-License-Identifier: MIT
/*
 * Asynchronous requests in flight: which reply buffer each one fills, and which
 * sessions have requests on which event.
 *
 *	event ──< source >── icmp (session)
 *	            │
 *	            ^ pending ── reply buffer
 *
 * A source stands for all requests of one session on one event. It exists while
 * there are any, and holds a reference to both. So a closed ICMP handle or event
 * lives until its requests have completed.
 */
#include <errno.h>

#include "internal.h"

struct source {
	struct event *event;
	struct icmp *icmp;
	unsigned int requests;		/* locked */
	LIST_ENTRY(source) link;	/* locked; in event->sources */
};

/* The request's user_data. The thread that collects the completion frees it. */
struct pending {
	struct source *source;
	struct apc *apc;		/* NULL: the event is the program's */
	void *reply;
	DWORD reply_size;
	LIST_ENTRY(pending) link;	/* locked; in pending_table */
};

LIST_HEAD(pending_list, pending);
LIST_HEAD(icmp_list, icmp);

#define PENDING_TABLE_LEN	1024

/* All locked. Hashed by the address of the reply buffer, for IcmpParseReplies(). */
static struct pending_list pending_table[PENDING_TABLE_LEN];
static struct icmp_list closed_list = LIST_HEAD_INITIALIZER(closed_list);
/*
 * Room for the longest possible record: its answers have at most 1 MiB of data
 * together. Pages that are never written to take no memory.
 */
static unsigned char records[MAX_ANSWERS * ICMPECHO_RECORD_LEN(8) + (1 << 20)]
	__attribute__((aligned(8)));

static struct pending_list *pending_bucket(const void *reply)
{
	/* The low bits of the address of a reply buffer are all 0: mix all bits. */
	uint64_t hash = (uintptr_t)reply * 0x9e3779b97f4a7c15ULL;

	return &pending_table[(hash >> 32) % PENDING_TABLE_LEN];
}

/* Takes a reference to the source for one request. */
static struct source *source_get_locked(struct icmp *icmp, struct event *event)
{
	struct source *source;

	LIST_FOREACH(source, &event->sources, link) {
		if (source->icmp == icmp) {
			source->requests++;
			return source;
		}
	}
	source = malloc(sizeof(*source));
	if (!source)
		return NULL;
	source->event = event;
	source->icmp = icmp;
	source->requests = 1;
	LIST_INSERT_HEAD(&event->sources, source, link);
	icmp->sources++;
	object_get_locked(&event->object);
	object_get_locked(&icmp->object);
	return source;
}

static void source_put_locked(struct source *source)
{
	struct icmp *icmp = source->icmp;

	if (--source->requests)
		return;
	LIST_REMOVE(source, link);
	if (--icmp->sources == 0 && icmp->closed)
		LIST_REMOVE(icmp, closed_link);
	object_put_locked(&source->event->object);
	object_put_locked(&icmp->object);
	free(source);
}

static void pending_destroy_locked(struct pending *pending)
{
	LIST_REMOVE(pending, link);
	source_put_locked(pending->source);
	free(pending);
}

struct pending *pending_create(struct icmp *icmp, struct event *event, struct apc *apc,
			       void *reply, DWORD reply_size)
{
	struct pending *pending = malloc(sizeof(*pending));
	struct source *source;

	if (!pending)
		return NULL;
	win32_lock();
	source = source_get_locked(icmp, event);
	pending->source = source;
	pending->apc = apc;
	pending->reply = reply;
	pending->reply_size = reply_size;
	if (source)
		LIST_INSERT_HEAD(pending_bucket(reply), pending, link);
	win32_unlock();

	if (!source) {
		free(pending);
		return NULL;
	}
	return pending;
}

void pending_destroy(struct pending *pending)
{
	win32_lock();
	apc_free(pending->apc);
	pending_destroy_locked(pending);
	win32_unlock();
}

/*
 * When the thread that an APC belongs to has ended, the program cannot learn when the
 * request completes, and may have freed the buffer: nothing is written to it.
 */
static void complete_locked(struct pending *pending, const struct icmpecho_completion *c)
{
	struct apc *apc = pending->apc;

	if (apc && apc_is_lost_locked(apc)) {
		apc_free(apc);
	} else {
		DWORD used = reply_fill(pending->reply, pending->reply_size, c);

		if (apc)
			apc_queue_locked(apc, reply_io_status(pending->reply, c), used);
	}
	pending_destroy_locked(pending);
}

void pending_complete(struct pending *pending, const struct icmpecho_completion *c)
{
	struct event *event;

	win32_lock();
	event = pending->source->event;
	object_get_locked(&event->object);
	complete_locked(pending, c);
	win32_unlock();

	event_set(event);
	object_put(&event->object);
}

/* The caller holds a reference to @icmp: completing the last request drops one. */
static bool icmp_collect_locked(struct icmp *icmp)
{
	const struct icmpecho_completion *c;
	bool any = false;
	int n, i;

	while (icmp->sources) {
		n = icmpecho_reap(icmp->session, records, sizeof(records), 0, 1024, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		any = true;
		for (i = 0, c = NULL; i < n; i++) {
			c = icmpecho_next_completion(records, sizeof(records), c);
			if (!c)
				return any;
			complete_locked((struct pending *)(uintptr_t)c->user_data, c);
		}
	}
	return any;
}

bool icmp_collect(struct icmp *icmp)
{
	bool any;

	win32_lock();
	any = icmp_collect_locked(icmp);
	win32_unlock();
	return any;
}

/*
 * Collecting a session can free its source, but no other source of this event, so
 * the next one is safe.
 */
void event_collect(struct event *event)
{
	struct source *source, *next;

	win32_lock();
	for (source = LIST_FIRST(&event->sources); source; source = next) {
		next = LIST_NEXT(source, link);
		/* win32_unlock() destroys the objects whose last reference goes here. */
		icmp_collect_locked(source->icmp);
	}
	win32_unlock();
}

void reply_collect(const void *reply)
{
	struct pending *pending;

	win32_lock();
	LIST_FOREACH(pending, pending_bucket(reply), link) {
		if (pending->reply == reply) {
			icmp_collect_locked(pending->source->icmp);
			break;
		}
	}
	win32_unlock();
}

void closed_collect(void)
{
	struct icmp *icmp, *next;

	win32_lock();
	for (icmp = LIST_FIRST(&closed_list); icmp; icmp = next) {
		next = LIST_NEXT(icmp, closed_link);
		icmp_collect_locked(icmp);
	}
	win32_unlock();
}

void icmp_closed_locked(struct icmp *icmp)
{
	if (!icmp->sources)
		return;
	icmp->closed = true;
	LIST_INSERT_HEAD(&closed_list, icmp, closed_link);
}
