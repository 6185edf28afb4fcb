// SPDX-License-Identifier: MIT
/*
 * Mutexes. A mutex is an auto-reset event that is set while no thread owns it, so that
 * other threads can sleep on its descriptor. The owner's own wait succeeds at once.
 * When a thread ends, the mutexes that it still owns are abandoned.
 */
#include "../export.h"
#include "internal.h"

/* One per thread. Its address identifies the thread. */
struct owner {
	struct exit_hook hook;
	bool has_hook;
	LIST_HEAD(, mutex) mutexes;	/* locked */
};

struct mutex {
	struct event event;		/* first: destroy() */
	/* All locked */
	const struct owner *owner;	/* NULL: free */
	unsigned int count;		/* how often it was taken */
	bool abandoned;			/* and no wait has returned that yet */
	LIST_ENTRY(mutex) link;		/* in owner->mutexes, if there is one */
};

static __thread struct owner self;

static void own_locked(struct mutex *mutex)
{
	mutex->owner = &self;
	mutex->count = 1;
	LIST_INSERT_HEAD(&self.mutexes, mutex, link);
}

static void disown_locked(struct mutex *mutex)
{
	LIST_REMOVE(mutex, link);
	mutex->owner = NULL;
	mutex->count = 0;
	event_set_locked(&mutex->event);
}

/* Runs when the thread ends. */
static void abandon_mutexes(struct exit_hook *hook)
{
	struct mutex *mutex;

	(void)hook;
	self.has_hook = false;
	win32_lock();
	while ((mutex = LIST_FIRST(&self.mutexes))) {
		mutex->abandoned = true;
		disown_locked(mutex);
	}
	win32_unlock();
}

/* A thread must not get a mutex if it could not give it up at its end. */
static bool mutex_prepare(void)
{
	if (!self.has_hook)
		self.has_hook = exit_hook_add(&self.hook, abandon_mutexes);
	return self.has_hook;
}

static bool mutex_is_ready_locked(const struct event *event)
{
	const struct mutex *mutex = (const struct mutex *)event;

	return !mutex->owner || mutex->owner == &self;
}

static bool mutex_take_locked(struct event *event)
{
	struct mutex *mutex = (struct mutex *)event;
	bool was_abandoned = mutex->abandoned;

	if (mutex->owner) {
		mutex->count++;
		return false;
	}
	event_reset(event);
	own_locked(mutex);
	mutex->abandoned = false;
	return was_abandoned;
}

/* The last reference is gone, but the owner may end meanwhile and abandon the mutex. */
static void mutex_destroy(struct object *object)
{
	struct mutex *mutex = (struct mutex *)object;

	win32_lock();
	if (mutex->owner)
		LIST_REMOVE(mutex, link);
	win32_unlock();
	event_close(&mutex->event);
	free(mutex);
}

static const struct object_type mutex_type = {
	.destroy = mutex_destroy,
	.waitable = true,
	.prepare = mutex_prepare,
	.is_ready_locked = mutex_is_ready_locked,
	.take_locked = mutex_take_locked,
};

EXPORT HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
				  LPCSTR lpName)
{
	struct mutex *mutex;

	(void)lpMutexAttributes;
	if (bInitialOwner && !mutex_prepare())
		return NULL;
	mutex = calloc(1, sizeof(*mutex));
	if (!mutex) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	if (!event_init(&mutex->event, &mutex_type, false)) {
		free(mutex);
		return NULL;
	}
	win32_lock();
	if (bInitialOwner)
		own_locked(mutex);
	else
		event_set_locked(&mutex->event);
	win32_unlock();
	return handle_create_named(&mutex->event.object, lpName);
}

EXPORT HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
				  LPCWSTR lpName)
{
	char name[NAME_SIZE];

	return CreateMutexA(lpMutexAttributes, bInitialOwner, name_narrow(lpName, name));
}

EXPORT HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
	(void)dwDesiredAccess;
	(void)bInheritHandle;
	return handle_open_named(lpName, &mutex_type);
}

EXPORT HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
	char name[NAME_SIZE];

	return OpenMutexA(dwDesiredAccess, bInheritHandle, name_narrow(lpName, name));
}

bool is_mutex(HANDLE handle)
{
	struct object *object = handle_get(handle, &mutex_type);

	if (object)
		object_put(object);
	return object != NULL;
}

EXPORT BOOL WINAPI ReleaseMutex(HANDLE hMutex)
{
	struct mutex *mutex = (struct mutex *)handle_get(hMutex, &mutex_type);
	bool is_owner;

	if (!mutex)
		return (BOOL)fail(ERROR_INVALID_HANDLE);
	win32_lock();
	is_owner = mutex->owner == &self;
	if (is_owner && --mutex->count == 0)
		disown_locked(mutex);
	object_put_locked(&mutex->event.object);
	win32_unlock();

	return is_owner ? TRUE : (BOOL)fail(ERROR_NOT_OWNER);
}
