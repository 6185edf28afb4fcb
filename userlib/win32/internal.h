/* SPDX-License-Identifier: MIT */
/*
 * Inside of the Windows face.
 *
 *	icmpapi.c	the Icmp* calls: arguments to struct icmpecho_echo
 *	wait.c		waiting for events, threads and APCs
 *	thread.c	threads
 *	pending.c	asynchronous requests: which event, which reply buffer
 *	apc.c		APCs of each thread that are ready to run
 *	mutex.c		mutexes
 *	event.c		events
 *	reply.c		completion record to reply buffer; pure
 *	handle.c	handles, objects, the lock
 *	names.c		names of objects
 *	exit.c		what is to be done when a thread ends
 *
 * Each file calls only those below it. The rest of what programs need stands
 * alone: message.c (errors in words), loadlibrary.c (LoadLibrary() and
 * GetProcAddress()), winsock.c and address.c (names and addresses), console.c and
 * conio.c, kernel32.c (critical sections, clocks, memory, the version). wmain.c is
 * the main() of programs that have none.
 *
 * There is one lock, and all that is written "locked" is done under it. What it
 * protects takes a few microseconds at most: looking up a handle or a name,
 * resetting an event, or copying completions that are already there into reply buffers. It is
 * never held over a wait or over the sending of a packet, so that synchronous
 * calls run side by side.
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
 *
 * APCs are the same: each thread that asks for one has an event of its own for
 * them. Who collects the completion puts the APC into the queue of the thread
 * that sent the request, where its next alertable wait finds it.
 */
#ifndef WIN32_INTERNAL_H
#define WIN32_INTERNAL_H

#include <stdbool.h>
#include <sys/queue.h>
/* First of the two: its in_addr has the S_un of Windows. */
#include <winsock2.h>
#include <icmpapi.h>
#include <icmpecho.h>
#include <winternl.h>

/* handle.c */

struct event;
struct name;
struct object;

struct object_type {
	void (*destroy)(struct object *object);
	bool waitable;			/* the object is a struct event */
	/*
	 * For what is waitable but not by its event alone, or NULL: whether this
	 * thread may wait for it, or else the last error is set; whether it can
	 * be taken by this thread; and taking it when it can, which cannot fail.
	 * The latter returns whether it was abandoned.
	 */
	bool (*prepare)(void);
	bool (*is_ready_locked)(const struct event *event);
	bool (*take_locked)(struct event *event);
};

/*
 * What a handle stands for. Lives as long as somebody holds a reference: the
 * handle table, a call in progress, or a request on its way.
 */
struct object {
	const struct object_type *type;
	unsigned int refs;		/* locked */
	unsigned int handles;		/* locked */
	struct name *name;		/* locked; NULL: it has none */
	SLIST_ENTRY(object) dead;
};

void win32_lock(void);
/* Also destroys the objects whose last reference went while it was locked. */
void win32_unlock(void);

/* Returns 0 and sets the last error. */
DWORD fail(DWORD error);

void object_init(struct object *object, const struct object_type *type);
void object_get_locked(struct object *object);
void object_put_locked(struct object *object);
void object_put(struct object *object);

/* Takes over the caller's reference. NULL with last error if there is no room. */
HANDLE handle_create(struct object *object);
/* What GetCurrentThread() returns: not in the table. */
#define CURRENT_THREAD	((HANDLE)(LONG_PTR)-2)
/*
 * As handle_create(), of an object that gets this name; or of the one of that type that has
 * it, with the last error ERROR_ALREADY_EXISTS, which is otherwise ERROR_SUCCESS.
 * @name is UTF-8, NULL or "" for none.
 */
HANDLE handle_create_named(struct object *object, const char *name);
HANDLE handle_open_named(const char *name, const struct object_type *type);
/*
 * NULL unless the handle is open and of this type, or with type NULL, of any
 * waitable one. The caller gets a reference.
 */
struct object *handle_get(HANDLE handle, const struct object_type *type);
/* As handle_get(), and invalidates the handle: its reference goes to the caller. */
struct object *handle_remove_locked(HANDLE handle, const struct object_type *type);

/* names.c */

/* In bytes, of one character more than a name may have. */
#define NAME_SIZE	((MAX_PATH + 1) * 4 + 1)

/* From wide characters to UTF-8, in @text, which is returned. NULL for NULL. */
const char *name_narrow(const wchar_t *wide, char text[NAME_SIZE]);
/* Of UTF-8 with its namespace. Returns an error, or 0. */
DWORD name_create(const char *text, struct name **result);
void name_free(struct name *name);
/* Makes it this process's, until it is freed. Returns an error, or 0. */
DWORD name_claim(struct name *name);
/* The object of this name, or NULL. No reference. */
struct object *name_find_locked(const struct name *name);
/* Takes over a claimed name. */
void name_add_locked(struct name *name, struct object *object);
/* Also frees the name. */
void name_remove_locked(struct object *object);

/* exit.c */

struct exit_hook {
	void (*run)(struct exit_hook *hook);
	SLIST_ENTRY(exit_hook) link;
};

/* To be run once when this thread ends. Sets the last error if it fails. */
bool exit_hook_add(struct exit_hook *hook, void (*run)(struct exit_hook *hook));
/* Now, the latest first, since this thread ends. */
void exit_hooks_run(void);

/* reply.c */

/*
 * Fills @buffer with the array of replies, or the one ICMPV6_ECHO_REPLY, that a
 * request's completion amounts to. Only what the structures and the answers'
 * options and data need is written, however large @size is; @size is at least
 * that of one structure. Reserved of the first becomes the number of replies.
 * Returns how many bytes are used.
 */
DWORD reply_fill(void *buffer, DWORD size, const struct icmpecho_completion *completion);
/*
 * The Status of the IO_STATUS_BLOCK for a buffer that was filled so: a success
 * exactly where there is a reply to be counted.
 */
NTSTATUS reply_io_status(const void *buffer, const struct icmpecho_completion *completion);
/* Returns the number of replies, and sets Reserved to 0. */
DWORD reply_take_count(void *buffer);
DWORD reply_status(const void *buffer);
DWORD reply6_count(const void *buffer);
DWORD reply6_status(const void *buffer);

/* event.c */

struct source;

/* An event. Its state is whether the counter of its eventfd is zero. */
struct event {
	struct object object;
	int fd;				/* constant */
	bool manual_reset;		/* constant */
	LIST_HEAD(, source) sources;	/* locked; of pending.c */
};

/* Of this type, or of one that begins with a struct event. Sets the last error. */
bool event_init(struct event *event, const struct object_type *type, bool manual_reset);
/* For the destroy() of such a type. */
void event_close(struct event *event);
/* The caller gets a reference. */
struct event *event_get(HANDLE handle);
void event_set_locked(struct event *event);
void event_set(struct event *event);
/* Return whether it was set. */
bool event_is_set(const struct event *event);
bool event_reset(struct event *event);

/* mutex.c */

bool is_mutex(HANDLE handle);

/* apc.c */

struct apc;
struct apc_queue;

/* Holds a reference to its event. NULL with last error on failure. */
struct apc_queue *apc_queue_create(void);
/* From now on this thread's, which takes a reference. Otherwise it is lost. */
bool apc_queue_attach(struct apc_queue *queue);
/* This thread's, which is made if there is none. No reference. */
struct apc_queue *apc_queue_current(void);
/* Is set when there may be APCs to run. */
struct event *apc_queue_event(struct apc_queue *queue);
/* A routine of the program's. Returns an error, or 0. */
DWORD apc_queue_user(struct apc_queue *queue, PAPCFUNC routine, ULONG_PTR parameter);

/* NULL if there is no memory. Belongs to this thread, which is the one to run it. */
struct apc *apc_create(FARPROC routine, PVOID context);
void apc_free(struct apc *apc);
/* The event of the thread that @apc belongs to. */
struct event *apc_event(const struct apc *apc);
/* Whether that thread has ended. */
bool apc_is_lost_locked(const struct apc *apc);
/* To be run by the next alertable wait. */
void apc_queue_locked(struct apc *apc, NTSTATUS status, ULONG_PTR information);

/* This thread's, or NULL if there never was an APC for it. No reference. */
struct event *apc_current_event(void);
/* Runs this thread's APCs that are queued; returns whether there were any. */
bool apc_run(void);

/* pending.c */

/* An ICMP handle. */
struct icmp {
	struct object object;
	struct icmpecho *session;	/* constant */
	uint16_t family;		/* constant */
	unsigned int sources;		/* locked: how many name this session */
	bool closed;			/* locked: no handle any more, requests left */
	LIST_ENTRY(icmp) closed_link;	/* locked; if closed */
};

struct pending;

/*
 * A request that is about to be submitted, or NULL if there is no memory. When it
 * completes @apc is queued, unless that is NULL; it belongs to the request.
 */
struct pending *pending_create(struct icmp *icmp, struct event *event, struct apc *apc,
			       void *reply, DWORD reply_size);
/* Forget a request that was refused. */
void pending_destroy(struct pending *pending);
/* Complete a request that was not submitted, and set its event. */
void pending_complete(struct pending *pending, const struct icmpecho_completion *completion);

/* The handle of @icmp was closed: keep it until its requests have completed. */
void icmp_closed_locked(struct icmp *icmp);

/* The most answers that a request may ask for. */
#define MAX_ANSWERS 4096

/* Fill the reply buffers of all completed requests of one session; of */
bool icmp_collect(struct icmp *icmp);	/* returns whether there were any */
/* all sessions with requests on an event; of */
void event_collect(struct event *event);
/* the session with a request for a reply buffer, if there is one; of */
void reply_collect(const void *reply);
/* all sessions whose handle was closed. */
void closed_collect(void);

/* message.c */

/* An error's message without a line break, or NULL. */
const char *message_of(DWORD error);

#endif /* WIN32_INTERNAL_H */
