// SPDX-License-Identifier: MIT
/*
 * Handles. A handle is a number: that of a slot in a table, and the generation of the
 * slot. So a function can tell whether any value that a program passes is an open
 * handle, without reading memory that the value points to; and it does not take a
 * closed handle for a later one in the same slot.
 *
 *	bits 0-1: zero, as in Windows' own	bits 2-21: slot number + 1
 *	bits 22 and above: generation, counted up whenever the slot is freed
 */
#include <pthread.h>

#include "../export.h"
#include "internal.h"

#define INDEX_BITS	20
#define INDEX_MASK	(((uintptr_t)1 << INDEX_BITS) - 1)
#define GENERATION_MASK	(UINTPTR_MAX >> (INDEX_BITS + 2))

struct slot {
	struct object *object;		/* NULL: free */
	uintptr_t generation;
	size_t next_free;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* All locked */
static struct slot *slots;
static size_t slots_len;
static size_t first_free;		/* slots_len: none */
static SLIST_HEAD(, object) dead_objects = SLIST_HEAD_INITIALIZER(dead_objects);

static __thread DWORD last_error;

EXPORT DWORD WINAPI GetLastError(VOID)
{
	return last_error;
}

EXPORT VOID WINAPI SetLastError(DWORD dwErrCode)
{
	last_error = dwErrCode;
}

DWORD fail(DWORD error)
{
	last_error = error;
	return 0;
}

void win32_lock(void)
{
	pthread_mutex_lock(&lock);
}

/* destroy() closes descriptors, which may take a while, so it runs without the lock. */
void win32_unlock(void)
{
	struct object *object = SLIST_FIRST(&dead_objects), *next;

	SLIST_INIT(&dead_objects);
	pthread_mutex_unlock(&lock);

	for (; object; object = next) {
		next = SLIST_NEXT(object, dead);
		object->type->destroy(object);
	}
}

void object_init(struct object *object, const struct object_type *type)
{
	object->type = type;
	object->refs = 1;
	object->handles = 0;
	object->name = NULL;
}

void object_get_locked(struct object *object)
{
	object->refs++;
}

void object_put_locked(struct object *object)
{
	if (--object->refs == 0)
		SLIST_INSERT_HEAD(&dead_objects, object, dead);
}

void object_put(struct object *object)
{
	win32_lock();
	object_put_locked(object);
	win32_unlock();
}

static bool grow_locked(void)
{
	size_t new_len = slots_len ? slots_len * 2 : 64;
	struct slot *new_slots;
	size_t i;

	if (slots_len >= INDEX_MASK)
		return false;
	if (new_len > INDEX_MASK)
		new_len = INDEX_MASK;
	new_slots = realloc(slots, new_len * sizeof(*slots));
	if (!new_slots)
		return false;
	for (i = slots_len; i < new_len; i++)
		new_slots[i] = (struct slot){ .next_free = i + 1 };
	slots = new_slots;
	slots_len = new_len;
	return true;
}

static HANDLE create_locked(struct object *object)
{
	struct slot *slot;
	HANDLE handle;

	if (first_free == slots_len && !grow_locked()) {
		object_put_locked(object);
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	slot = &slots[first_free];
	slot->object = object;
	object->handles++;
	handle = (HANDLE)((slot->generation << INDEX_BITS | (first_free + 1)) << 2);
	first_free = slot->next_free;
	return handle;
}

HANDLE handle_create(struct object *object)
{
	HANDLE handle;

	win32_lock();
	handle = create_locked(object);
	win32_unlock();
	return handle;
}

static HANDLE open_locked(struct object *existing, const struct object_type *type)
{
	HANDLE handle;

	if (existing->type != type) {
		SetLastError(ERROR_INVALID_HANDLE);
		return NULL;
	}
	object_get_locked(existing);
	handle = create_locked(existing);
	if (handle)
		SetLastError(ERROR_ALREADY_EXISTS);
	return handle;
}

/* Takes over the name. @object is NULL when a name that does not exist is opened. */
static HANDLE name_locked(struct name *name, struct object *object)
{
	DWORD error = name_claim(name);
	HANDLE handle = NULL;

	if (!error && !object)
		error = ERROR_FILE_NOT_FOUND;
	SetLastError(error);
	if (!error) {
		object_get_locked(object);
		handle = create_locked(object);
	}
	if (handle)
		name_add_locked(name, object);
	else
		name_free(name);
	return handle;
}

/* Takes over the caller's reference to @object, which may be NULL. */
static HANDLE open_or_create(const char *text, struct object *object,
			     const struct object_type *type)
{
	struct object *existing;
	HANDLE handle = NULL;
	struct name *name;
	DWORD error = name_create(text, &name);

	win32_lock();
	existing = error ? NULL : name_find_locked(name);
	if (error) {
		SetLastError(error);
	} else if (existing) {
		handle = open_locked(existing, type);
		name_free(name);
	} else {
		handle = name_locked(name, object);
	}
	if (object)
		object_put_locked(object);
	win32_unlock();
	return handle;
}

HANDLE handle_create_named(struct object *object, const char *text)
{
	HANDLE handle;

	if (text && *text)
		return open_or_create(text, object, object->type);
	handle = handle_create(object);
	if (handle)
		SetLastError(ERROR_SUCCESS);
	return handle;
}

HANDLE handle_open_named(const char *text, const struct object_type *type)
{
	HANDLE handle;

	if (!text) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	handle = open_or_create(text, NULL, type);
	if (handle)
		SetLastError(ERROR_SUCCESS);
	return handle;
}

static struct slot *find_slot_locked(HANDLE handle, const struct object_type *type)
{
	uintptr_t number = (uintptr_t)handle >> 2;
	/* In a value without a slot number, index wraps to one beyond the table. */
	size_t index = (number & INDEX_MASK) - 1;

	if ((uintptr_t)handle & 3 || index >= slots_len)
		return NULL;
	if (!slots[index].object || slots[index].generation != number >> INDEX_BITS)
		return NULL;
	if (type ? slots[index].object->type != type : !slots[index].object->type->waitable)
		return NULL;
	return &slots[index];
}

struct object *handle_get(HANDLE handle, const struct object_type *type)
{
	struct object *object = NULL;
	struct slot *slot;

	win32_lock();
	slot = find_slot_locked(handle, type);
	if (slot) {
		object = slot->object;
		object_get_locked(object);
	}
	win32_unlock();
	return object;
}

struct object *handle_remove_locked(HANDLE handle, const struct object_type *type)
{
	struct slot *slot = find_slot_locked(handle, type);
	struct object *object;

	if (!slot)
		return NULL;
	object = slot->object;
	slot->object = NULL;
	/* Waits for the object go on, but its name must not find it any more. */
	if (--object->handles == 0 && object->name)
		name_remove_locked(object);
	slot->generation = (slot->generation + 1) & GENERATION_MASK;
	slot->next_free = first_free;
	first_free = (size_t)(slot - slots);
	return object;
}

EXPORT BOOL WINAPI CloseHandle(HANDLE hObject)
{
	struct object *object;

	/* GetCurrentThread() opens nothing. */
	if (hObject == CURRENT_THREAD)
		return TRUE;
	win32_lock();
	object = handle_remove_locked(hObject, NULL);
	if (object)
		object_put_locked(object);
	win32_unlock();

	if (!object)
		SetLastError(ERROR_INVALID_HANDLE);
	return object != NULL;
}
