// SPDX-License-Identifier: MIT
/*
 * APCs. A thread that asks for one gets a queue with an event. The kernel signals the
 * event when one of the thread's requests completes, another thread when it queues a
 * routine. All APCs in the queue are ready to run: the thread that collects a
 * completion fills the reply buffer and then queues the APC. Only the thread that
 * owns the queue takes APCs out, in an alertable wait.
 */
#include "internal.h"

/*
 * References: the thread, its requests, and struct thread. When the thread ends, the
 * queue is lost: the APCs of requests that complete later are dropped.
 */
struct apc_queue {
	struct event event;		/* first: apc_event() */
	struct exit_hook hook;		/* of its thread */
	bool lost;			/* locked */
	STAILQ_HEAD(apc_list, apc) ready; /* locked */
};

struct apc {
	struct apc_queue *queue;
	PAPCFUNC user_routine;		/* of QueueUserAPC(); NULL: a request's APC */
	PIO_APC_ROUTINE routine;
	PVOID context;			/* or the parameter of user_routine */
	IO_STATUS_BLOCK status;
	STAILQ_ENTRY(apc) link;
};

static __thread struct apc_queue *current;

static void queue_destroy(struct object *object)
{
	event_close((struct event *)object);
	free(object);
}

static const struct object_type queue_type = { .destroy = queue_destroy, .waitable = true };

struct apc_queue *apc_queue_create(void)
{
	struct apc_queue *queue = calloc(1, sizeof(*queue));

	if (!queue) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	STAILQ_INIT(&queue->ready);
	if (!event_init(&queue->event, &queue_type, false)) {
		free(queue);
		return NULL;
	}
	return queue;
}

static void queue_lose(struct apc_queue *queue)
{
	struct apc_list ready = STAILQ_HEAD_INITIALIZER(ready);
	struct apc *apc;

	win32_lock();
	queue->lost = true;
	STAILQ_CONCAT(&ready, &queue->ready);
	win32_unlock();

	while ((apc = STAILQ_FIRST(&ready))) {
		STAILQ_REMOVE_HEAD(&ready, link);
		free(apc);
	}
}

/* Runs when the thread ends. */
static void lose_current(struct exit_hook *hook)
{
	struct apc_queue *queue = current;

	(void)hook;
	current = NULL;
	queue_lose(queue);
	object_put(&queue->event.object);
}

bool apc_queue_attach(struct apc_queue *queue)
{
	if (!exit_hook_add(&queue->hook, lose_current)) {
		queue_lose(queue);
		return false;
	}
	win32_lock();
	object_get_locked(&queue->event.object);
	win32_unlock();
	current = queue;
	return true;
}

struct apc_queue *apc_queue_current(void)
{
	struct apc_queue *queue;

	if (current)
		return current;
	queue = apc_queue_create();
	if (queue) {
		apc_queue_attach(queue);
		object_put(&queue->event.object);
	}
	return current;
}

struct event *apc_queue_event(struct apc_queue *queue)
{
	return &queue->event;
}

DWORD apc_queue_user(struct apc_queue *queue, PAPCFUNC routine, ULONG_PTR parameter)
{
	struct apc *apc = calloc(1, sizeof(*apc));
	bool lost;

	if (!apc)
		return ERROR_NOT_ENOUGH_MEMORY;
	apc->queue = queue;
	apc->user_routine = routine;
	apc->context = (PVOID)parameter;
	win32_lock();
	lost = queue->lost;
	if (!lost) {
		STAILQ_INSERT_TAIL(&queue->ready, apc, link);
		event_set_locked(&queue->event);
	}
	win32_unlock();
	if (lost)
		free(apc);
	return lost ? ERROR_GEN_FAILURE : ERROR_SUCCESS;
}

struct apc *apc_create(FARPROC routine, PVOID context)
{
	struct apc_queue *queue = apc_queue_current();
	struct apc *apc = queue ? calloc(1, sizeof(*apc)) : NULL;

	if (!apc)
		return NULL;
	apc->queue = queue;
	/* The program has cast to FARPROC a routine of three arguments. */
	apc->routine = (PIO_APC_ROUTINE)(void (*)(void))routine;
	apc->context = context;
	return apc;
}

void apc_free(struct apc *apc)
{
	free(apc);
}

struct event *apc_event(const struct apc *apc)
{
	return &apc->queue->event;
}

bool apc_is_lost_locked(const struct apc *apc)
{
	return apc->queue->lost;
}

void apc_queue_locked(struct apc *apc, NTSTATUS status, ULONG_PTR information)
{
	apc->status.Status = status;
	apc->status.Information = information;
	STAILQ_INSERT_TAIL(&apc->queue->ready, apc, link);
}

struct event *apc_current_event(void)
{
	return current ? &current->event : NULL;
}

static struct apc *take_apc(struct apc_queue *queue)
{
	struct apc *apc;

	win32_lock();
	apc = STAILQ_FIRST(&queue->ready);
	if (apc)
		STAILQ_REMOVE_HEAD(&queue->ready, link);
	win32_unlock();
	return apc;
}

/* @next is freed before the call: a routine may end the thread, or wait alertably. */
bool apc_run(void)
{
	struct apc *next, apc;
	bool any = false;

	while (current && (next = take_apc(current))) {
		apc = *next;
		free(next);
		if (apc.user_routine)
			apc.user_routine((ULONG_PTR)apc.context);
		else
			apc.routine(apc.context, &apc.status, 0);
		any = true;
	}
	return any;
}
