// SPDX-License-Identifier: MIT
/*
 * The resolver's thread. A lookup cannot be cancelled, so the thread may outlive
 * names_close(): whoever of the two is last frees what they share.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine.h"
#include "message.h"
#include "names.h"
#include "parse.h"

struct entry {
	struct entry *next;
	struct address address;
	bool is_done;
	char name[NAME_LEN];		/* "" if there is none */
};

struct names {
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	unsigned int users;		/* the owner and the thread */
	bool is_closed;
	int event_fd;
	struct entry *first, **last;	/* all, in the order in which they were asked for */
	struct entry *next;		/* the thread looks this one up next */
};

static void release(struct names *names)
{
	struct entry *entry;
	bool is_last;

	pthread_mutex_lock(&names->lock);
	is_last = !--names->users;
	pthread_mutex_unlock(&names->lock);
	if (!is_last)
		return;
	while ((entry = names->first)) {
		names->first = entry->next;
		free(entry);
	}
	close(names->event_fd);
	pthread_mutex_destroy(&names->lock);
	pthread_cond_destroy(&names->wanted);
	free(names);
}

/* Whoever owns a reverse zone chooses its bytes. */
static void clean(char *name)
{
	for (; *name; name++) {
		if (*name <= ' ' || *name > '~')
			*name = '?';
	}
}

static void look_up(const struct address *address, char *name)
{
	struct sockaddr_storage sockaddr;
	socklen_t len = address_to_sockaddr(address, &sockaddr);

	name[0] = '\0';
	if (getnameinfo((struct sockaddr *)&sockaddr, len, name, NAME_LEN, NULL, 0, NI_NAMEREQD))
		name[0] = '\0';
	clean(name);
}

static void *run(void *argument)
{
	const uint64_t one = 1;
	struct names *names = argument;
	struct entry *entry;
	char name[NAME_LEN];

	pthread_mutex_lock(&names->lock);
	while (!names->is_closed) {
		entry = names->next;
		if (!entry) {
			pthread_cond_wait(&names->wanted, &names->lock);
			continue;
		}
		names->next = entry->next;
		pthread_mutex_unlock(&names->lock);
		look_up(&entry->address, name);
		pthread_mutex_lock(&names->lock);
		memcpy(entry->name, name, sizeof(entry->name));
		entry->is_done = true;
		while (write(names->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	}
	pthread_mutex_unlock(&names->lock);
	release(names);
	return NULL;
}

/* The signals are for the thread that owns it. */
static int start(struct names *names)
{
	sigset_t all, old;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, NULL, run, names);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!error)
		pthread_detach(thread);
	return error;
}

struct names *names_open(void)
{
	struct names *names = allocate(1, sizeof(*names));
	int error;

	pthread_mutex_init(&names->lock, NULL);
	pthread_cond_init(&names->wanted, NULL);
	names->users = 2;
	names->last = &names->first;
	names->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = names->event_fd < 0 ? errno : start(names);
	if (error) {
		complain("cannot start to look names up: %s", strerror(error));
		exit(EXIT_WRONG_USE);
	}
	return names;
}

void names_close(struct names *names)
{
	if (!names)
		return;
	pthread_mutex_lock(&names->lock);
	names->is_closed = true;
	pthread_cond_signal(&names->wanted);
	pthread_mutex_unlock(&names->lock);
	release(names);
}

int names_fd(const struct names *names)
{
	return names->event_fd;
}

void names_clear(struct names *names)
{
	uint64_t count;

	while (read(names->event_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

static struct entry *find(const struct names *names, const struct address *address)
{
	struct entry *entry;

	for (entry = names->first; entry; entry = entry->next) {
		if (!address_compare(&entry->address, address))
			break;
	}
	return entry;
}

static void ask(struct names *names, const struct address *address)
{
	struct entry *entry = allocate(1, sizeof(*entry));

	entry->address = *address;
	*names->last = entry;
	names->last = &entry->next;
	if (!names->next)
		names->next = entry;
	pthread_cond_signal(&names->wanted);
}

const char *names_get(struct names *names, const struct address *address)
{
	const struct entry *entry;
	const char *name = NULL;

	pthread_mutex_lock(&names->lock);
	entry = find(names, address);
	if (!entry)
		ask(names, address);
	else if (entry->is_done && entry->name[0])
		name = entry->name;
	pthread_mutex_unlock(&names->lock);
	return name;
}

bool names_is_pending(struct names *names, const struct address *address)
{
	const struct entry *entry;
	bool is_pending;

	pthread_mutex_lock(&names->lock);
	entry = find(names, address);
	is_pending = entry && !entry->is_done;
	pthread_mutex_unlock(&names->lock);
	return is_pending;
}

const char *names_wait(struct names *names, const struct address *address, uint64_t until_ns)
{
	const char *name = names_get(names, address);
	struct pollfd poll_fd = { .fd = names->event_fd, .events = POLLIN };
	uint64_t now_ns;

	while (!name && names_is_pending(names, address)) {
		now_ns = engine_now_ns();
		if (now_ns >= until_ns)
			break;
		poll(&poll_fd, 1, (int)((until_ns - now_ns) / NS_PER_MS) + 1);
		names_clear(names);
		name = names_get(names, address);
	}
	return name;
}
