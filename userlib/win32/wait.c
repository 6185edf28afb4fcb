// SPDX-License-Identifier: MIT
/*
 * Events, each an eventfd that the kernel module can signal by itself, and
 * waiting for them. An event is set while the counter is not zero: reading it
 * resets it, and of several threads that read only one gets the signal, which
 * is just what an auto-reset event needs.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../export.h"
#include "internal.h"

static void event_destroy(struct object *object)
{
	struct event *event = (struct event *)object;

	close(event->fd);
	free(event);
}

static const struct object_type event_type = { .destroy = event_destroy };

static HANDLE create_event(bool manual_reset, bool initial_state)
{
	struct event *event = calloc(1, sizeof(*event));

	if (!event) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	event->fd = eventfd(initial_state, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event->fd < 0) {
		SetLastError(errno == ENOMEM ? ERROR_NOT_ENOUGH_MEMORY :
					       ERROR_TOO_MANY_OPEN_FILES);
		free(event);
		return NULL;
	}
	event->manual_reset = manual_reset;
	LIST_INIT(&event->sources);
	object_init(&event->object, &event_type);
	return handle_create(&event->object);
}

EXPORT HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
				  BOOL bInitialState, LPCSTR lpName)
{
	(void)lpEventAttributes;
	if (lpName) {
		SetLastError(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	return create_event(bManualReset, bInitialState);
}

EXPORT HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
				  BOOL bInitialState, LPCWSTR lpName)
{
	return CreateEventA(lpEventAttributes, bManualReset, bInitialState, lpName ? "" : NULL);
}

struct event *event_get(HANDLE handle)
{
	return (struct event *)handle_get(handle, &event_type);
}

/* As event_get(), for the functions that say so to the program. */
static struct event *event_get_or_fail(HANDLE handle)
{
	struct event *event = event_get(handle);

	if (!event)
		SetLastError(ERROR_INVALID_HANDLE);
	return event;
}

bool event_set(struct event *event)
{
	uint64_t one = 1;

	/* EAGAIN: the counter is at its maximum, so the event is set. */
	return write(event->fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN;
}

bool event_reset(struct event *event)
{
	uint64_t count;

	return read(event->fd, &count, sizeof(count)) == sizeof(count);
}

EXPORT BOOL WINAPI SetEvent(HANDLE hEvent)
{
	struct event *event = event_get_or_fail(hEvent);

	if (!event)
		return FALSE;
	event_set(event);
	object_put(&event->object);
	return TRUE;
}

EXPORT BOOL WINAPI ResetEvent(HANDLE hEvent)
{
	struct event *event = event_get_or_fail(hEvent);

	if (!event)
		return FALSE;
	event_reset(event);
	object_put(&event->object);
	return TRUE;
}

EXPORT BOOL WINAPI CloseHandle(HANDLE hObject)
{
	struct object *object;

	win32_lock();
	object = handle_remove_locked(hObject, &event_type);
	if (object)
		object_put_locked(object);
	win32_unlock();

	if (!object)
		SetLastError(ERROR_INVALID_HANDLE);
	return object != NULL;
}

EXPORT int icmpecho_event_fd(HANDLE Event)
{
	struct event *event = event_get_or_fail(Event);
	int fd = -1;

	if (event) {
		fd = event->fd;
		object_put(&event->object);
	}
	return fd;
}

/* Takes the signal if there is one. A manual-reset event keeps it for others. */
static bool event_take(struct event *event)
{
	struct pollfd pollfd = { .fd = event->fd, .events = POLLIN };

	if (!event->manual_reset)
		return event_reset(event);
	return poll(&pollfd, 1, 0) == 1;
}

/* Returns false when the deadline has passed; true is no promise. */
static bool event_sleep(struct event *event, uint64_t deadline_ns)
{
	struct pollfd pollfd = { .fd = event->fd, .events = POLLIN };
	uint64_t now_ns = icmpecho_deadline_ns(0);
	struct timespec left;

	if (deadline_ns == ICMPECHO_FOREVER) {
		ppoll(&pollfd, 1, NULL, NULL);
		return true;
	}
	if (now_ns >= deadline_ns)
		return false;
	left.tv_sec = (time_t)((deadline_ns - now_ns) / 1000000000);
	left.tv_nsec = (long)((deadline_ns - now_ns) % 1000000000);
	ppoll(&pollfd, 1, &left, NULL);
	return true;
}

/*
 * Another thread may take the signal between our sleep and our event_take():
 * then this goes back to sleep for the rest of the time.
 */
static bool event_wait(struct event *event, DWORD timeout_ms)
{
	uint64_t deadline_ns = ICMPECHO_FOREVER;

	if (event_take(event))
		return true;
	if (timeout_ms == 0)
		return false;
	if (timeout_ms != INFINITE)
		deadline_ns = icmpecho_deadline_ns((uint64_t)timeout_ms * 1000000);
	while (event_sleep(event, deadline_ns)) {
		if (event_take(event))
			return true;
	}
	return false;
}

EXPORT DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
	struct event *event = event_get_or_fail(hHandle);
	DWORD ret = WAIT_TIMEOUT;

	(void)bAlertable;
	if (!event)
		return WAIT_FAILED;
	if (event_wait(event, dwMilliseconds)) {
		event_collect(event);
		ret = WAIT_OBJECT_0;
	}
	object_put(&event->object);
	return ret;
}

EXPORT DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
	return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}
