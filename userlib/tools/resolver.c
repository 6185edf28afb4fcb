// SPDX-License-Identifier: MIT
/*
 * Threads that look names up. A lookup cannot be cancelled, so a thread may outlive
 * resolver_close(): the last of them frees what they share.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "message.h"
#include "resolver.h"
#include "targets.h"

/* More names wait, so that a long list is no load on this host or its DNS server. */
#define MAX_THREADS	32

struct lookup {
	struct lookup *next;
	char *name;
	int family;
	void *token;
	int error;
	struct address address;
};

struct list {
	struct lookup *first, **last;
};

struct resolver {
	struct engine *engine;		/* this and the next two are for the owner only */
	resolver_done done;
	void *self;
	pthread_mutex_t lock;		/* protects the rest */
	unsigned int users;		/* the owner and the threads */
	bool is_closed;
	struct list waiting, finished;
	int event_fd;
};

static void list_init(struct list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static void list_add(struct list *list, struct lookup *lookup)
{
	lookup->next = NULL;
	*list->last = lookup;
	list->last = &lookup->next;
}

static struct lookup *list_take(struct list *list)
{
	struct lookup *lookup = list->first;

	if (lookup)
		list->first = lookup->next;
	if (!list->first)
		list->last = &list->first;
	return lookup;
}

static void free_lookup(struct lookup *lookup)
{
	free(lookup->name);
	free(lookup);
}

static void list_free(struct list *list)
{
	struct lookup *lookup;

	while ((lookup = list_take(list)))
		free_lookup(lookup);
}

/* With the lock, which it gives back. */
static void release(struct resolver *resolver)
{
	bool is_last = !--resolver->users;

	pthread_mutex_unlock(&resolver->lock);
	if (!is_last)
		return;
	list_free(&resolver->waiting);
	list_free(&resolver->finished);
	close(resolver->event_fd);
	pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

static void look_up(struct lookup *lookup)
{
	lookup->error = target_resolve(lookup->name, lookup->family, &lookup->address);
	if (lookup->error)
		memset(&lookup->address, 0, sizeof(lookup->address));
}

static void *run(void *argument)
{
	const uint64_t one = 1;
	struct resolver *resolver = argument;
	struct lookup *lookup;

	pthread_mutex_lock(&resolver->lock);
	while (!resolver->is_closed && (lookup = list_take(&resolver->waiting))) {
		pthread_mutex_unlock(&resolver->lock);
		look_up(lookup);
		pthread_mutex_lock(&resolver->lock);
		list_add(&resolver->finished, lookup);
		while (write(resolver->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	}
	release(resolver);
	return NULL;
}

static struct lookup *take_finished(struct resolver *resolver)
{
	struct lookup *lookup;

	pthread_mutex_lock(&resolver->lock);
	lookup = list_take(&resolver->finished);
	pthread_mutex_unlock(&resolver->lock);
	return lookup;
}

static void ready(void *self, short revents)
{
	struct resolver *resolver = self;
	struct lookup *lookup;
	uint64_t count;

	(void)revents;
	while (read(resolver->event_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	while ((lookup = take_finished(resolver))) {
		resolver->done(resolver->self, lookup->token, lookup->error, &lookup->address);
		free_lookup(lookup);
	}
}

struct resolver *resolver_open(struct engine *engine, resolver_done done, void *self)
{
	struct resolver *resolver = allocate(1, sizeof(*resolver));

	resolver->engine = engine;
	resolver->done = done;
	resolver->self = self;
	resolver->users = 1;
	list_init(&resolver->waiting);
	list_init(&resolver->finished);
	resolver->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (resolver->event_fd < 0) {
		complain("cannot look names up: %s", strerror(errno));
		free(resolver);
		return NULL;
	}
	pthread_mutex_init(&resolver->lock, NULL);
	engine_watch(engine, resolver->event_fd, POLLIN, ready, resolver);
	return resolver;
}

void resolver_close(struct resolver *resolver)
{
	if (!resolver)
		return;
	engine_watch(resolver->engine, resolver->event_fd, 0, NULL, NULL);
	pthread_mutex_lock(&resolver->lock);
	resolver->is_closed = true;
	release(resolver);
}

/* Signals are for the loop: the thread takes none. */
static int start_thread(struct resolver *resolver)
{
	sigset_t all, old;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	error = pthread_create(&thread, NULL, run, resolver);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!error)
		pthread_detach(thread);
	return error;
}

/* With the lock. Without a new thread, an old one will come to it, if there is any. */
static int enqueue(struct resolver *resolver, struct lookup *lookup)
{
	bool has_thread = resolver->users > 1;

	if (resolver->users <= MAX_THREADS && !start_thread(resolver)) {
		resolver->users++;
		has_thread = true;
	}
	if (!has_thread)
		return -1;
	list_add(&resolver->waiting, lookup);
	return 0;
}

int resolver_start(struct resolver *resolver, const char *name, int family, void *token)
{
	struct lookup *lookup = allocate(1, sizeof(*lookup));
	int error = -1;

	lookup->name = strdup(name);
	lookup->family = family;
	lookup->token = token;
	pthread_mutex_lock(&resolver->lock);
	if (lookup->name)
		error = enqueue(resolver, lookup);
	pthread_mutex_unlock(&resolver->lock);
	if (error)
		free_lookup(lookup);
	return error;
}
