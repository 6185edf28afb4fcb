// SPDX-License-Identifier: MIT
/*
 * APCs. Each thread that asks for one gets a queue, with an event that the kernel
 * signals when one of its requests completes. What is in the queue is ready to
 * run: whoever collected the completion has filled the reply buffer and put it
 * there. Only the thread itself takes it out, in an alertable wait.
 */
#include <pthread.h>

#include "internal.h"

/*
 * Lives as long as its thread, and as requests that refer to it. When the thread
 * ends the queue is lost: what completes afterwards is dropped.
 */
struct apc_queue {
	struct event event;		/* first: apc_event() */
	bool lost;			/* locked */
	STAILQ_HEAD(apc_list, apc) ready; /* locked */
};

struct apc {
	struct apc_queue *queue;
	PIO_APC_ROUTINE routine;
	PVOID context;
	IO_STATUS_BLOCK status;
	STAILQ_ENTRY(apc) link;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;		/* its struct apc_queue */
static bool have_key;

static void queue_destroy(struct object *object)
{
	event_close((struct event *)object);
	free(object);
}

static const struct object_type queue_type = { .destroy = queue_destroy, .waitable = true };

/* Runs when the thread ends. */
static void queue_lose(void *arg)
{
	struct apc_list ready = STAILQ_HEAD_INITIALIZER(ready);
	struct apc_queue *queue = arg;
	struct apc *apc;

	win32_lock();
	queue->lost = true;
	STAILQ_CONCAT(&ready, &queue->ready);
	object_put_locked(&queue->event.object);
	win32_unlock();

	while ((apc = STAILQ_FIRST(&ready))) {
		STAILQ_REMOVE_HEAD(&ready, link);
		free(apc);
	}
}

static void make_key(void)
{
	have_key = pthread_key_create(&key, queue_lose) == 0;
}

static struct apc_queue *current_queue(void)
{
	pthread_once(&once, make_key);
	return have_key ? pthread_getspecific(key) : NULL;
}

static struct apc_queue *create_current_queue(void)
{
	struct apc_queue *queue;

	pthread_once(&once, make_key);
	queue = have_key ? calloc(1, sizeof(*queue)) : NULL;
	if (!queue)
		return NULL;
	STAILQ_INIT(&queue->ready);
	if (!event_init(&queue->event, &queue_type, false)) {
		free(queue);
		return NULL;
	}
	if (pthread_setspecific(key, queue)) {
		object_put(&queue->event.object);
		return NULL;
	}
	return queue;
}

struct apc *apc_create(FARPROC routine, PVOID context)
{
	struct apc_queue *queue = current_queue();
	struct apc *apc;

	if (!queue)
		queue = create_current_queue();
	apc = queue ? malloc(sizeof(*apc)) : NULL;
	if (!apc)
		return NULL;
	apc->queue = queue;
	/* What the program has cast to FARPROC takes three arguments. */
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
	memset(&apc->status, 0, sizeof(apc->status));
	apc->status.Status = status;
	apc->status.Information = information;
	STAILQ_INSERT_TAIL(&apc->queue->ready, apc, link);
}

struct event *apc_current_event(void)
{
	struct apc_queue *queue = current_queue();

	return queue ? &queue->event : NULL;
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

/* A routine may send requests, wait alertably, and end the thread. */
bool apc_run(void)
{
	struct apc_queue *queue = current_queue();
	struct apc *next, apc;
	bool any = false;

	while (queue && (next = take_apc(queue))) {
		apc = *next;
		free(next);
		apc.routine(apc.context, &apc.status, 0);
		any = true;
	}
	return any;
}

void apc_thread_exit(void)
{
	struct apc_queue *queue = current_queue();

	if (!queue)
		return;
	pthread_setspecific(key, NULL);
	queue_lose(queue);
}
