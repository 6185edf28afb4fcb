// SPDX-License-Identifier: MIT
/*
 * Waiting: for any or all of some events, which threads are too, and for APCs.
 * A wait tries to take what it waits for, and sleeps until there may be more to
 * take; another thread can be faster then, and it goes back to sleep for the
 * rest of the time.
 */
#include <poll.h>
#include <time.h>

#include "../export.h"
#include "internal.h"

struct wait {
	struct event *events[MAXIMUM_WAIT_OBJECTS];
	DWORD count;
	bool all;
	bool alertable;
	uint64_t deadline_ns;
};

static uint64_t deadline_of(DWORD timeout_ms)
{
	if (timeout_ms == INFINITE)
		return ICMPECHO_FOREVER;
	return timeout_ms ? icmpecho_deadline_ns((uint64_t)timeout_ms * 1000000) : 0;
}

static void put_events(struct wait *wait)
{
	DWORD i;

	for (i = 0; i < wait->count; i++)
		object_put(&wait->events[i]->object);
}

/* Windows refuses to wait for all of the same. */
static bool has_duplicates(const struct wait *wait)
{
	DWORD i, j;

	for (i = 0; i < wait->count; i++) {
		for (j = 0; j < i; j++) {
			if (wait->events[i] == wait->events[j])
				return true;
		}
	}
	return false;
}

/* Takes a reference to each event. Sets the last error if it fails. */
static bool get_events(struct wait *wait, const HANDLE *handles, DWORD count)
{
	DWORD i;

	for (i = 0; i < count; i++) {
		wait->events[i] = (struct event *)handle_get(handles[i], NULL);
		if (!wait->events[i])
			break;
		wait->count++;
	}
	if (i < count)
		SetLastError(ERROR_INVALID_HANDLE);
	else if (wait->all && has_duplicates(wait))
		SetLastError(ERROR_INVALID_PARAMETER);
	else
		return true;
	put_events(wait);
	return false;
}

static bool take_any_locked(const struct wait *wait, DWORD *index)
{
	for (*index = 0; *index < wait->count; (*index)++) {
		if (event_take_locked(wait->events[*index]))
			return true;
	}
	return false;
}

/*
 * Nobody else takes one while we have the lock, except a program that reads an
 * eventfd of its own: then what was taken is given back.
 */
static bool take_all_locked(const struct wait *wait)
{
	DWORD i;

	for (i = 0; i < wait->count; i++) {
		if (!event_is_set(wait->events[i]))
			return false;
	}
	for (i = 0; i < wait->count; i++) {
		if (event_take_locked(wait->events[i]))
			continue;
		while (i-- > 0)
			event_set_locked(wait->events[i]);
		return false;
	}
	return true;
}

/* What was taken has its reply buffers filled. */
static bool take(const struct wait *wait, DWORD *index)
{
	bool taken;
	DWORD i;

	win32_lock();
	*index = 0;
	taken = wait->all ? take_all_locked(wait) : take_any_locked(wait, index);
	win32_unlock();

	for (i = 0; taken && i < wait->count; i++) {
		if (wait->all || i == *index)
			event_collect(wait->events[i]);
	}
	return taken;
}

static bool run_apcs(void)
{
	struct event *event = apc_current_event();

	if (!event)
		return false;
	event_reset(event);
	event_collect(event);
	return apc_run();
}

/* Until something may have changed. For all of them, one not set is enough. */
static nfds_t fill_pollfds(const struct wait *wait, struct pollfd *pollfds)
{
	struct event *apc = wait->alertable ? apc_current_event() : NULL;
	nfds_t n = 0;
	DWORD i;

	for (i = 0; i < wait->count; i++) {
		if (wait->all && i + 1 < wait->count && event_is_set(wait->events[i]))
			continue;
		pollfds[n++] = (struct pollfd){ .fd = wait->events[i]->fd, .events = POLLIN };
		if (wait->all)
			break;
	}
	if (apc)
		pollfds[n++] = (struct pollfd){ .fd = apc->fd, .events = POLLIN };
	return n;
}

/* Returns false when the deadline has passed; true is no promise. */
static bool sleep_a_while(const struct wait *wait)
{
	struct pollfd pollfds[MAXIMUM_WAIT_OBJECTS + 1];
	struct timespec left;
	uint64_t left_ns;

	if (wait->deadline_ns == ICMPECHO_FOREVER) {
		ppoll(pollfds, fill_pollfds(wait, pollfds), NULL, NULL);
		return true;
	}
	left_ns = icmpecho_deadline_ns(0);
	if (left_ns >= wait->deadline_ns)
		return false;
	left_ns = wait->deadline_ns - left_ns;
	left.tv_sec = (time_t)(left_ns / 1000000000);
	left.tv_nsec = (long)(left_ns % 1000000000);
	ppoll(pollfds, fill_pollfds(wait, pollfds), &left, NULL);
	return true;
}

static DWORD wait_for(const struct wait *wait)
{
	DWORD index;

	for (;;) {
		if (wait->count && take(wait, &index))
			return WAIT_OBJECT_0 + index;
		if (wait->alertable && run_apcs())
			return WAIT_IO_COMPLETION;
		if (!sleep_a_while(wait))
			return WAIT_TIMEOUT;
	}
}

EXPORT DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
					     DWORD dwMilliseconds, BOOL bAlertable)
{
	struct wait wait = {
		.all = bWaitAll,
		.alertable = bAlertable,
		.deadline_ns = deadline_of(dwMilliseconds),
	};
	DWORD ret;

	if (nCount == 0 || nCount > MAXIMUM_WAIT_OBJECTS || !lpHandles) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return WAIT_FAILED;
	}
	if (!get_events(&wait, lpHandles, nCount))
		return WAIT_FAILED;
	ret = wait_for(&wait);
	put_events(&wait);
	return ret;
}

EXPORT DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
					   DWORD dwMilliseconds)
{
	return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

EXPORT DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
	return WaitForMultipleObjectsEx(1, &hHandle, FALSE, dwMilliseconds, bAlertable);
}

EXPORT DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
	return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

EXPORT DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn,
					DWORD dwMilliseconds, BOOL bAlertable)
{
	if (!SetEvent(hObjectToSignal))
		return WAIT_FAILED;
	return WaitForSingleObjectEx(hObjectToWaitOn, dwMilliseconds, bAlertable);
}

EXPORT DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable)
{
	const struct wait wait = {
		.alertable = bAlertable,
		.deadline_ns = deadline_of(dwMilliseconds),
	};

	return wait_for(&wait) == WAIT_IO_COMPLETION ? WAIT_IO_COMPLETION : 0;
}

EXPORT VOID WINAPI Sleep(DWORD dwMilliseconds)
{
	SleepEx(dwMilliseconds, FALSE);
}

EXPORT DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD nCount, const HANDLE *pHandles,
						DWORD dwMilliseconds, DWORD dwWakeMask,
						DWORD dwFlags)
{
	BOOL alertable = dwFlags & MWMO_ALERTABLE ? TRUE : FALSE;
	DWORD ret;

	(void)dwWakeMask;
	if (nCount)
		return WaitForMultipleObjectsEx(nCount, pHandles, dwFlags & MWMO_WAITALL,
						dwMilliseconds, alertable);
	ret = SleepEx(dwMilliseconds, alertable);
	return ret ? ret : WAIT_TIMEOUT;
}
