// SPDX-License-Identifier: MIT
/*
 * Handlers of control events. On Windows the system makes a thread that calls them, so
 * they may call any function. Here the signal handler, which may call nearly none,
 * only counts the signal; a thread that is started with the first handler calls them.
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include "../export.h"
#include "internal.h"

struct handler {
	PHANDLER_ROUTINE routine;
	LIST_ENTRY(handler) link;
};

static struct {
	int number;
	DWORD event;
	struct sigaction before;	/* console_lock; valid while there are handlers */
	sig_atomic_t pending;		/* atomic: counted by the signal handler */
} signals[] = {
	{ .number = SIGINT, .event = CTRL_C_EVENT },
	{ .number = SIGQUIT, .event = CTRL_BREAK_EVENT },
	{ .number = SIGHUP, .event = CTRL_CLOSE_EVENT },
	{ .number = SIGTERM, .event = CTRL_CLOSE_EVENT },
};

#define SIGNAL_COUNT (sizeof(signals) / sizeof(*signals))

/* Never held while a handler runs. */
static pthread_mutex_t console_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, handler) handlers = LIST_HEAD_INITIALIZER(handlers);	/* console_lock */
static bool has_thread;			/* console_lock */
static sem_t wakeup;			/* posted by the signal handler */

static void count_signal(int number)
{
	size_t i;

	for (i = 0; i < SIGNAL_COUNT; i++) {
		if (signals[i].number == number)
			__atomic_fetch_add(&signals[i].pending, 1, __ATOMIC_SEQ_CST);
	}
	sem_post(&wakeup);
}

/* Ends the process as the signal does without a handler. */
static void die_of(int number)
{
	signal(number, SIG_DFL);
	kill(getpid(), number);
}

/* Looks each handler up anew, since the previous one may have added or removed some. */
static PHANDLER_ROUTINE handler_at(size_t position)
{
	PHANDLER_ROUTINE routine = NULL;
	struct handler *handler;

	pthread_mutex_lock(&console_lock);
	LIST_FOREACH(handler, &handlers, link) {
		if (position-- == 0) {
			routine = handler->routine;
			break;
		}
	}
	pthread_mutex_unlock(&console_lock);
	return routine;
}

static void call_handlers(int number, DWORD event)
{
	PHANDLER_ROUTINE routine;
	BOOL handled = FALSE;
	size_t i;

	for (i = 0; !handled && (routine = handler_at(i)); i++)
		handled = routine(event);
	if (!handled || event == CTRL_CLOSE_EVENT)
		die_of(number);
}

static void *console_thread(void *unused)
{
	size_t i;

	for (;;) {
		while (sem_wait(&wakeup) < 0)
			;
		for (i = 0; i < SIGNAL_COUNT; i++) {
			if (__atomic_load_n(&signals[i].pending, __ATOMIC_SEQ_CST) == 0)
				continue;
			__atomic_fetch_sub(&signals[i].pending, 1, __ATOMIC_SEQ_CST);
			call_handlers(signals[i].number, signals[i].event);
			break;
		}
	}
	return unused;
}

/* The thread blocks all signals, so that they go to threads of the program. */
static bool start_thread(void)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	if (has_thread)
		return true;
	sem_init(&wakeup, 0, 0);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, console_thread, NULL);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	has_thread = error == 0;
	return has_thread;
}

static void catch_signal(int number)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };

	sigfillset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

/* Ignored signals stay ignored. */
static void catch_signals(void)
{
	size_t i;

	for (i = 0; i < SIGNAL_COUNT; i++) {
		sigaction(signals[i].number, NULL, &signals[i].before);
		if (signals[i].before.sa_handler != SIG_IGN)
			catch_signal(signals[i].number);
	}
}

/* Leaves signals alone that the program has changed meanwhile. */
static void release_signals(void)
{
	struct sigaction now;
	size_t i;

	for (i = 0; i < SIGNAL_COUNT; i++) {
		sigaction(signals[i].number, NULL, &now);
		if (now.sa_handler == count_signal)
			sigaction(signals[i].number, &signals[i].before, NULL);
	}
}

static DWORD add_handler(PHANDLER_ROUTINE routine)
{
	struct handler *handler = malloc(sizeof(*handler));

	if (!handler || !start_thread()) {
		free(handler);
		return ERROR_NOT_ENOUGH_MEMORY;
	}
	if (LIST_EMPTY(&handlers))
		catch_signals();
	handler->routine = routine;
	LIST_INSERT_HEAD(&handlers, handler, link);
	return ERROR_SUCCESS;
}

static DWORD remove_handler(PHANDLER_ROUTINE routine)
{
	struct handler *handler;

	LIST_FOREACH(handler, &handlers, link) {
		if (handler->routine == routine)
			break;
	}
	if (!handler)
		return ERROR_INVALID_PARAMETER;
	LIST_REMOVE(handler, link);
	free(handler);
	if (LIST_EMPTY(&handlers))
		release_signals();
	return ERROR_SUCCESS;
}

static DWORD ignore_ctrl_c(bool ignore)
{
	struct sigaction now;

	sigaction(SIGINT, NULL, &now);
	if (ignore)
		signal(SIGINT, SIG_IGN);
	else if (now.sa_handler == SIG_IGN && LIST_EMPTY(&handlers))
		signal(SIGINT, SIG_DFL);
	else if (now.sa_handler == SIG_IGN)
		catch_signal(SIGINT);
	return ERROR_SUCCESS;
}

EXPORT BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add)
{
	DWORD error;

	pthread_mutex_lock(&console_lock);
	if (!HandlerRoutine)
		error = ignore_ctrl_c(Add);
	else if (Add)
		error = add_handler(HandlerRoutine);
	else
		error = remove_handler(HandlerRoutine);
	pthread_mutex_unlock(&console_lock);
	return error ? (BOOL)fail(error) : TRUE;
}
