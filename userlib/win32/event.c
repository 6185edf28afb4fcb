// SPDX-License-Identifier: MIT
/*
 * Events. Each is an eventfd, which the kernel module can signal. An event is set while
 * the counter is not zero. read(2) resets it, and of several threads that read only
 * one gets the signal: that makes an auto-reset event.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../export.h"
#include "internal.h"

void event_close(struct event *event)
{
	close(event->fd);
}

static void event_destroy(struct object *object)
{
	event_close((struct event *)object);
	free(object);
}

static const struct object_type event_type = { .destroy = event_destroy, .waitable = true };

/* Takes over @fd. If that is -1, errno becomes the last error. */
static bool event_init_fd(struct event *event, const struct object_type *type, int fd,
			  bool manual_reset)
{
	if (fd < 0) {
		SetLastError(errno == ENOMEM ? ERROR_NOT_ENOUGH_MEMORY :
			     errno == EBADF ? ERROR_INVALID_HANDLE : ERROR_TOO_MANY_OPEN_FILES);
		return false;
	}
	event->fd = fd;
	event->manual_reset = manual_reset;
	LIST_INIT(&event->sources);
	object_init(&event->object, type);
	return true;
}

bool event_init(struct event *event, const struct object_type *type, bool manual_reset)
{
	return event_init_fd(event, type, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), manual_reset);
}

/* Takes over @fd. Returns NULL with the last error on failure. */
static struct event *event_create(int fd, bool manual_reset)
{
	struct event *event = calloc(1, sizeof(*event));

	if (!event) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!event_init_fd(event, &event_type, fd, manual_reset)) {
		free(event);
		return NULL;
	}
	return event;
}

EXPORT HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
				  BOOL bInitialState, LPCSTR lpName)
{
	int fd = eventfd(bInitialState ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct event *event = event_create(fd, bManualReset);

	(void)lpEventAttributes;
	return event ? handle_create_named(&event->object, lpName) : NULL;
}

EXPORT HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
				  BOOL bInitialState, LPCWSTR lpName)
{
	char name[NAME_SIZE];

	return CreateEventA(lpEventAttributes, bManualReset, bInitialState,
			    name_narrow(lpName, name));
}

EXPORT HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
	(void)dwDesiredAccess;
	(void)bInheritHandle;
	return handle_open_named(lpName, &event_type);
}

EXPORT HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
	char name[NAME_SIZE];

	return OpenEventA(dwDesiredAccess, bInheritHandle, name_narrow(lpName, name));
}

struct event *event_get(HANDLE handle)
{
	return (struct event *)handle_get(handle, &event_type);
}

/* As event_get(), and sets the last error on failure. */
static struct event *event_get_or_fail(HANDLE handle)
{
	struct event *event = event_get(handle);

	if (!event)
		SetLastError(ERROR_INVALID_HANDLE);
	return event;
}

void event_set_locked(struct event *event)
{
	uint64_t one = 1;

	/* EAGAIN: the counter is at its maximum, so the event is set. */
	while (write(event->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/*
 * Takes the lock so that the thread that takes the signal sees what this thread has
 * written before: system calls on a descriptor do not promise that.
 */
void event_set(struct event *event)
{
	win32_lock();
	event_set_locked(event);
	win32_unlock();
}

bool event_is_set(const struct event *event)
{
	struct pollfd pollfd = { .fd = event->fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1;
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

EXPORT HANDLE icmpecho_event_from_fd(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct event *event;

	/* Setting O_NONBLOCK here would change the program's own descriptor. */
	if (flags >= 0 && !(flags & O_NONBLOCK)) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	event = event_create(fcntl(fd, F_DUPFD_CLOEXEC, 0), false);
	return event ? handle_create(&event->object) : NULL;
}
