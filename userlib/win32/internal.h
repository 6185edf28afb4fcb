/* SPDX-License-Identifier: MIT */
/*
 * Inside of the Windows face.
 *
 *	icmpapi.c	the Icmp* calls: arguments to struct icmpecho_echo
 *	wait.c		events and waiting for them
 *	pending.c	asynchronous requests: which event, which reply buffer
 *	reply.c		completion record to ICMP_ECHO_REPLY; pure
 *	handle.c	handles, objects, the lock, the last error
 *
 * Each file calls only those below it.
 *
 * There is one lock, and all that is written "locked" is done under it. What it
 * protects takes a few microseconds at most: looking up a handle, or copying
 * completions that are already there into reply buffers. It is never held over
 * a wait or over the sending of a packet, so that synchronous calls run side by
 * side.
 *
 * An asynchronous request completes like this:
 *
 *	kernel				thread that waits
 *	queue the completion
 *	add 1 to the event's eventfd
 *					wake up; take the event's signal
 *					lock
 *					collect all completions of the
 *					sessions with requests on this event
 *					unlock
 *
 * Another thread may have collected this very completion before. It filled the
 * buffer under the lock, so the buffer is filled once the waiter has had the
 * lock, whoever came first.
 */
#ifndef WIN32_INTERNAL_H
#define WIN32_INTERNAL_H

#include <stdbool.h>
#include <sys/queue.h>
/* First of the two: its in_addr has the S_un of Windows. */
#include <winsock2.h>
#include <icmpapi.h>
#include <icmpecho.h>

/* handle.c */

struct object;

struct object_type {
	void (*destroy)(struct object *object);
};

/*
 * What a handle stands for. Lives as long as somebody holds a reference: the
 * handle table, a call in progress, or a request on its way.
 */
struct object {
	const struct object_type *type;
	unsigned int refs;		/* locked */
	SLIST_ENTRY(object) dead;
};

void win32_lock(void);
/* Also destroys the objects whose last reference went while it was locked. */
void win32_unlock(void);

void object_init(struct object *object, const struct object_type *type);
void object_get_locked(struct object *object);
void object_put_locked(struct object *object);
void object_put(struct object *object);

/* Takes over the caller's reference. NULL with last error if there is no room. */
HANDLE handle_create(struct object *object);
/* NULL unless the handle is open and of this type. The caller gets a reference. */
struct object *handle_get(HANDLE handle, const struct object_type *type);
/* As handle_get(), and invalidates the handle: its reference goes to the caller. */
struct object *handle_remove_locked(HANDLE handle, const struct object_type *type);

/* wait.c */

struct source;

/* An event. Its state is whether the counter of its eventfd is zero. */
struct event {
	struct object object;
	int fd;				/* constant */
	bool manual_reset;		/* constant */
	LIST_HEAD(, source) sources;	/* locked; of pending.c */
};

/* The caller gets a reference. */
struct event *event_get(HANDLE handle);
bool event_set(struct event *event);
/* Returns whether it was set. */
bool event_reset(struct event *event);

/* reply.c */

/*
 * Fills an array of one reply at @buffer, of which only sizeof(ICMP_ECHO_REPLY)
 * and the answer's options and data are written, however large @size is. @size
 * is at least sizeof(ICMP_ECHO_REPLY). Reserved becomes the number of replies.
 */
void reply_fill(void *buffer, DWORD size, const struct icmpecho_completion *completion);
/* Returns the number of replies, and sets Reserved to 0. */
DWORD reply_take_count(void *buffer);
DWORD reply_status(const void *buffer);

/* pending.c */

/* An ICMP handle. */
struct icmp {
	struct object object;
	struct icmpecho *session;	/* constant */
	unsigned int sources;		/* locked: how many name this session */
	bool closed;			/* locked: no handle any more, requests left */
	LIST_ENTRY(icmp) closed_link;	/* locked; if closed */
};

struct pending;

/* A request that is about to be submitted, or NULL if there is no memory. */
struct pending *pending_create(struct icmp *icmp, struct event *event, void *reply,
			       DWORD reply_size);
/* Forget a request that was refused. */
void pending_destroy(struct pending *pending);

/* The handle of @icmp was closed: keep it until its requests have completed. */
void icmp_closed_locked(struct icmp *icmp);

/* Fill the reply buffers of all completed requests of one session; of */
bool icmp_collect(struct icmp *icmp);	/* returns whether there were any */
/* all sessions with requests on an event; of */
void event_collect(struct event *event);
/* the session with a request for a reply buffer, if there is one; of */
void reply_collect(const void *reply);
/* all sessions whose handle was closed. */
void closed_collect(void);

#endif /* WIN32_INTERNAL_H */
