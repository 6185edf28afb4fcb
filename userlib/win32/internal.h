/* SPDX-License-Identifier: MIT */
/*
 * The map of libicmpecho-win32.
 *
 *	icmpapi.c	the Icmp* functions: arguments to struct icmpecho_echo
 *	wait.c		waits for events, threads, mutexes and APCs
 *	thread.c	threads
 *	pending.c	asynchronous requests: which event, which reply buffer
 *	apc.c		APCs of each thread that are ready to run
 *	mutex.c		mutexes
 *	event.c		events
 *	reply.c		completion record to reply buffer; pure
 *	handle.c	handles, objects, the lock
 *	names.c		names of objects
 *	exit.c		hooks that run when a thread ends
 *
 * Each file calls only those below it. The rest of what programs need stands
 * alone: message.c (errors in words), loadlibrary.c (LoadLibrary() and
 * GetProcAddress()), winsock.c and address.c (names and addresses), console.c and
 * conio.c, kernel32.c (critical sections, clocks, memory, the version). wmain.c is
 * the main() of programs that have none.
 *
 * There is one lock, win32_lock(). It protects the members marked "locked", and the
 * caller of a *_locked() function holds it. It is held for a few microseconds at most:
 * to look up a handle or a name, to reset an event, or to copy completions into reply
 * buffers. No thread waits or sends a packet while it holds the lock, so synchronous
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
 * Another thread may have collected this completion already, and have filled the
 * buffer under the lock. In either case the buffer is filled when the waiting thread
 * has had the lock.
 *
 * For APCs each thread that asks for one has an event of its own. The thread that
 * collects the completion puts the APC into the queue of the thread that has sent the
 * request, and the next alertable wait of that one takes it out.
 */
#ifndef WIN32_INTERNAL_H
#define WIN32_INTERNAL_H

#include <stdbool.h>
#include <sys/queue.h>
/* Before <icmpecho.h>, which includes <netinet/in.h>: see ws2ipdef.h. */
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
	 * For objects that a wait does not take by their event alone; all NULL for
	 * others.
	 */
	/* Whether this thread may wait for one; sets the last error if not. */
	bool (*prepare)(void);
	/* Whether this thread can take it. */
	bool (*is_ready_locked)(const struct event *event);
	/* Takes it when it is ready. Returns whether it was abandoned. */
	bool (*take_locked)(struct event *event);
};

/*
 * What a handle stands for. It lives while there are references: of the handle table, of
 * a call in progress, or of a request in flight.
 */
struct object {
	const struct object_type *type;
	unsigned int refs;		/* locked */
	unsigned int handles;		/* locked */
	struct name *name;		/* locked; NULL: it has none */
	SLIST_ENTRY(object) dead;
};

void win32_lock(void);
/* Then destroys the objects whose last reference was dropped under the lock. */
void win32_unlock(void);

/* Returns 0 and sets the last error. */
DWORD fail(DWORD error);

void object_init(struct object *object, const struct object_type *type);
void object_get_locked(struct object *object);
void object_put_locked(struct object *object);
void object_put(struct object *object);

/* Takes over the caller's reference. NULL with the last error if the table is full. */
HANDLE handle_create(struct object *object);
/* The value of GetCurrentThread(), which is not in the table. */
#define CURRENT_THREAD	((HANDLE)(LONG_PTR)-2)
/*
 * As handle_create(), and gives the object a name in UTF-8; NULL and "" are none. If an
 * object of this type has the name already, returns a handle of that one and sets
 * ERROR_ALREADY_EXISTS; otherwise the last error becomes ERROR_SUCCESS.
 */
HANDLE handle_create_named(struct object *object, const char *name);
/* A handle of the object with this name and type; NULL with the last error. */
HANDLE handle_open_named(const char *name, const struct object_type *type);
/*
 * Returns the object of an open handle, and a reference. NULL if it has another type;
 * with @type NULL, if it is not waitable.
 */
struct object *handle_get(HANDLE handle, const struct object_type *type);
/* Likewise closes the handle, whose reference goes to the caller. */
struct object *handle_remove_locked(HANDLE handle, const struct object_type *type);

/* names.c */

/* Bytes for a name that is one character too long, and its null. */
#define NAME_SIZE	((MAX_PATH + 1) * 4 + 1)

/* Writes wide characters to @text as UTF-8 and returns @text. NULL for NULL. */
const char *name_narrow(const wchar_t *wide, char text[NAME_SIZE]);
/* Makes a name from UTF-8, with "Local\" or "Global\". Returns an error, or 0. */
DWORD name_create(const char *text, struct name **result);
void name_free(struct name *name);
/* Claims the name for this process until name_free(). Returns an error, or 0. */
DWORD name_claim(struct name *name);
/* Returns the object of this name, without a reference, or NULL. */
struct object *name_find_locked(const struct name *name);
/* Gives the object a claimed name, which it takes over. */
void name_add_locked(struct name *name, struct object *object);
/* Takes the object's name away and frees it. */
void name_remove_locked(struct object *object);

/* exit.c */

struct exit_hook {
	void (*run)(struct exit_hook *hook);
	SLIST_ENTRY(exit_hook) link;
};

/* @run is called once, when this thread ends. Sets the last error on failure. */
bool exit_hook_add(struct exit_hook *hook, void (*run)(struct exit_hook *hook));
/* Runs this thread's hooks, the latest first. */
void exit_hooks_run(void);

/* reply.c */

/*
 * Writes a request's completion to @buffer: an array of ICMP_ECHO_REPLY with the number
 * of replies in Reserved of the first, or an ICMPV6_ECHO_REPLY. @size is at least that
 * of one structure. Writes no byte beyond the structures and the answers' options and
 * data, however large @size is. Returns the number of bytes used.
 */
DWORD reply_fill(void *buffer, DWORD size, const struct icmpecho_completion *completion);
/*
 * Returns the Status of the IO_STATUS_BLOCK for a buffer that reply_fill() has filled:
 * STATUS_SUCCESS if it has a reply that counts, otherwise an error.
 */
NTSTATUS reply_io_status(const void *buffer, const struct icmpecho_completion *completion);
/* Returns the number of replies, and sets Reserved to 0. */
DWORD reply_take_count(void *buffer);
DWORD reply_status(const void *buffer);
DWORD reply6_count(const void *buffer);
DWORD reply6_status(const void *buffer);

/* event.c */

struct source;

/* An event. It is set while the counter of its eventfd is not zero. */
struct event {
	struct object object;
	int fd;				/* constant */
	bool manual_reset;		/* constant */
	LIST_HEAD(, source) sources;	/* locked; of pending.c */
};

/* @type is that of an object that begins with a struct event. Sets the last error. */
bool event_init(struct event *event, const struct object_type *type, bool manual_reset);
/* Ends what event_init() has begun: for the destroy() of @type. */
void event_close(struct event *event);
/* Returns the event and a reference, or NULL. */
struct event *event_get(HANDLE handle);
void event_set_locked(struct event *event);
void event_set(struct event *event);
/* Return whether the event is, or was, set. */
bool event_is_set(const struct event *event);
bool event_reset(struct event *event);

/* mutex.c */

bool is_mutex(HANDLE handle);

/* apc.c */

struct apc;
struct apc_queue;

/* The event's reference is that of the queue. NULL with the last error on failure. */
struct apc_queue *apc_queue_create(void);
/* Gives the queue to this thread, which takes a reference. On failure it is lost. */
bool apc_queue_attach(struct apc_queue *queue);
/* Returns this thread's queue, which it makes if necessary. No reference. */
struct apc_queue *apc_queue_current(void);
/* The event that is set when the queue may have APCs. */
struct event *apc_queue_event(struct apc_queue *queue);
/* Queues a routine for QueueUserAPC(). Returns an error, or 0. */
DWORD apc_queue_user(struct apc_queue *queue, PAPCFUNC routine, ULONG_PTR parameter);

/* Makes an APC that this thread is to run. NULL if there is no memory. */
struct apc *apc_create(FARPROC routine, PVOID context);
void apc_free(struct apc *apc);
/* The event of the queue of the thread that is to run @apc. */
struct event *apc_event(const struct apc *apc);
/* Whether that thread has ended. */
bool apc_is_lost_locked(const struct apc *apc);
/* Queues @apc for the next alertable wait of its thread. */
void apc_queue_locked(struct apc *apc, NTSTATUS status, ULONG_PTR information);

/* The event of this thread's queue, without a reference; NULL if it has none. */
struct event *apc_current_event(void);
/* Runs this thread's queued APCs. Returns whether there were any. */
bool apc_run(void);

/* pending.c */

/* An ICMP handle. */
struct icmp {
	struct object object;
	struct icmpecho *session;	/* constant */
	uint16_t family;		/* constant */
	unsigned int sources;		/* locked: number of sources of this session */
	bool closed;			/* locked: the handle is closed, requests are left */
	LIST_ENTRY(icmp) closed_link;	/* locked; if closed */
};

struct pending;

/*
 * Makes what belongs to a request that is about to be submitted. NULL if there is no
 * memory. The request takes over @apc, which may be NULL, and queues it when it
 * completes.
 */
struct pending *pending_create(struct icmp *icmp, struct event *event, struct apc *apc,
			       void *reply, DWORD reply_size);
/* Frees a request that was refused. */
void pending_destroy(struct pending *pending);
/* Completes a request that was not submitted, and sets its event. */
void pending_complete(struct pending *pending, const struct icmpecho_completion *completion);

/* Keeps @icmp, whose handle was closed, until its requests have completed. */
void icmp_closed_locked(struct icmp *icmp);

/* The maximum number of answers to a request. */
#define MAX_ANSWERS 4096

/*
 * *_collect() fill the reply buffers of completed requests. This one: of a session.
 * Returns whether there were any.
 */
bool icmp_collect(struct icmp *icmp);
/* Of all sessions with requests on an event. */
void event_collect(struct event *event);
/* Of the session with a request for this reply buffer, if there is one. */
void reply_collect(const void *reply);
/* Of all sessions whose handle was closed. */
void closed_collect(void);

/* message.c */

/* Returns the message for an error, without a line break, or NULL. */
const char *message_of(DWORD error);

#endif /* WIN32_INTERNAL_H */
