// SPDX-License-Identifier: MIT
/*
 * Waits for any or all of some events and for APCs. Threads and mutexes are events, too.
 *
 * A wait tries to take its events. If it cannot, it sleeps until one may be set, and
 * tries again. Another thread may have taken the event first; then the wait sleeps for
 * the rest of its time.
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

/* As Windows, refuses a wait for all objects in which one occurs twice. */
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

static bool prepare(const struct event *event)
{
	return !event->object.type->prepare || event->object.type->prepare();
}

/* Takes a reference to each event. Sets the last error if it fails. */
static bool get_events(struct wait *wait, const HANDLE *handles, DWORD count)
{
	DWORD i;

	for (i = 0; i < count; i++) {
		wait->events[i] = (struct event *)handle_get(handles[i], NULL);
		if (!wait->events[i]) {
			SetLastError(ERROR_INVALID_HANDLE);
			break;
		}
		wait->count++;
		if (!prepare(wait->events[i]))
			break;
	}
	if (i < count)
		;
	else if (wait->all && has_duplicates(wait))
		SetLastError(ERROR_INVALID_PARAMETER);
	else
		return true;
	put_events(wait);
	return false;
}

static bool is_ready_locked(const struct event *event)
{
	const struct object_type *type = event->object.type;

	return type->is_ready_locked ? type->is_ready_locked(event) : event_is_set(event);
}

/*
 * Takes an event's signal; a manual-reset event stays set. Under the lock no other wait
 * takes a signal. Only ResetEvent() can, and a program that reads its own eventfd.
 */
static bool take_signal_locked(struct event *event)
{
	return event->manual_reset ? event_is_set(event) : event_reset(event);
}

/* Whether the object is taken by a function of its type, not by its event. */
static bool has_own_way(const struct event *event)
{
	return event->object.type->take_locked != NULL;
}

static DWORD take_own_way_locked(struct event *event)
{
	return event->object.type->take_locked(event) ? WAIT_ABANDONED_0 : WAIT_OBJECT_0;
}

/* take_*_locked() return WAIT_TIMEOUT if they cannot take it. */
static DWORD take_one_locked(struct event *event)
{
	if (has_own_way(event))
		return is_ready_locked(event) ? take_own_way_locked(event) : WAIT_TIMEOUT;
	return take_signal_locked(event) ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

static DWORD take_any_locked(const struct wait *wait)
{
	DWORD i, taken;

	for (i = 0; i < wait->count; i++) {
		taken = take_one_locked(wait->events[i]);
		if (taken != WAIT_TIMEOUT)
			return taken + i;
	}
	return WAIT_TIMEOUT;
}

/* If ResetEvent() has reset one meanwhile, sets those already taken again. */
static bool take_all_signals_locked(const struct wait *wait)
{
	DWORD i;

	for (i = 0; i < wait->count; i++) {
		if (has_own_way(wait->events[i]) || take_signal_locked(wait->events[i]))
			continue;
		while (i-- > 0) {
			if (!has_own_way(wait->events[i]))
				event_set_locked(wait->events[i]);
		}
		return false;
	}
	return true;
}

static DWORD take_all_locked(const struct wait *wait)
{
	DWORD i, taken = WAIT_OBJECT_0;

	for (i = 0; i < wait->count; i++) {
		if (!is_ready_locked(wait->events[i]))
			return WAIT_TIMEOUT;
	}
	if (!take_all_signals_locked(wait))
		return WAIT_TIMEOUT;
	for (i = 0; i < wait->count; i++) {
		if (has_own_way(wait->events[i]))
			taken |= take_own_way_locked(wait->events[i]);
	}
	return taken;
}

/* Fills the reply buffers of requests on the events that it takes. */
static DWORD take(const struct wait *wait)
{
	DWORD taken, i;

	win32_lock();
	taken = wait->all ? take_all_locked(wait) : take_any_locked(wait);
	win32_unlock();

	for (i = 0; taken != WAIT_TIMEOUT && i < wait->count; i++) {
		if (wait->all || i == (taken & ~WAIT_ABANDONED_0))
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

static DWORD first_not_ready(const struct wait *wait)
{
	DWORD i = 0;

	win32_lock();
	while (i + 1 < wait->count && is_ready_locked(wait->events[i]))
		i++;
	win32_unlock();
	return i;
}

/* What to sleep on. A wait for all sleeps on one event that is not set. */
static nfds_t fill_pollfds(const struct wait *wait, struct pollfd *pollfds)
{
	struct event *apc = wait->alertable ? apc_current_event() : NULL;
	DWORD i = wait->all ? first_not_ready(wait) : 0;
	nfds_t n = 0;

	for (; i < wait->count; i++) {
		pollfds[n++] = (struct pollfd){ .fd = wait->events[i]->fd, .events = POLLIN };
		if (wait->all)
			break;
	}
	if (apc)
		pollfds[n++] = (struct pollfd){ .fd = apc->fd, .events = POLLIN };
	return n;
}

/* Returns false when the deadline has passed; true if it may be worth another try. */
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
	DWORD taken;

	for (;;) {
		taken = take(wait);
		if (taken != WAIT_TIMEOUT)
			return taken;
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
	BOOL signalled = is_mutex(hObjectToSignal) ? ReleaseMutex(hObjectToSignal) :
						    SetEvent(hObjectToSignal);

	if (!signalled)
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
