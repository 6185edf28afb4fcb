// SPDX-License-Identifier: MIT
/* Hooks that run when a thread ends, also in threads that this library has not started. */
#include <pthread.h>

#include "internal.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;		/* its destructor runs the hooks */
static bool have_key;
static __thread SLIST_HEAD(, exit_hook) hooks;

/* A hook may add others, which run, too. */
void exit_hooks_run(void)
{
	struct exit_hook *hook;

	while ((hook = SLIST_FIRST(&hooks))) {
		SLIST_REMOVE_HEAD(&hooks, link);
		hook->run(hook);
	}
}

static void run_at_exit(void *unused)
{
	(void)unused;
	exit_hooks_run();
}

static void make_key(void)
{
	have_key = pthread_key_create(&key, run_at_exit) == 0;
}

bool exit_hook_add(struct exit_hook *hook, void (*run)(struct exit_hook *hook))
{
	pthread_once(&once, make_key);
	if (!have_key || pthread_setspecific(key, &hooks)) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return false;
	}
	hook->run = run;
	SLIST_INSERT_HEAD(&hooks, hook, link);
	return true;
}
