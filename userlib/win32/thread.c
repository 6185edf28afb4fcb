// SPDX-License-Identifier: MIT
/*
 * Threads. A struct thread is a manual-reset event, which the thread sets when it ends,
 * with an exit code and a queue of APCs. References: its handles and the thread
 * itself. A thread that this library has not started, such as the first of the
 * process, gets a struct thread when it asks for a handle of itself.
 */
#include <errno.h>
#include <limits.h>
#include <process.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../export.h"
#include "internal.h"

/* The functions that a program may start, all with one parameter. */
union routine {
	LPTHREAD_START_ROUTINE windows;
	unsigned int (*beginthreadex)(void *parameter);
	void (*beginthread)(void *parameter);
};

struct thread {
	struct event event;		/* first: destroy() */
	struct apc_queue *apcs;		/* constant, with a reference */
	struct exit_hook hook;		/* of a thread not started here */
	union routine routine;
	void *parameter;
	HANDLE own_handle;		/* of _beginthread(): closed at the end; or NULL */
	DWORD exit_code;		/* constant once the event is set */
	DWORD id;			/* constant once started is posted */
	sem_t started;
};

static __thread struct thread *current_thread;

static void thread_destroy(struct object *object)
{
	struct thread *thread = (struct thread *)object;

	object_put(&apc_queue_event(thread->apcs)->object);
	event_close(&thread->event);
	sem_destroy(&thread->started);
	free(thread);
}

static const struct object_type thread_type = { .destroy = thread_destroy, .waitable = true };

/*
 * The last function in a thread. A thread that waits for the end of this one may then
 * free the reply buffers of its APCs, so the exit hooks give up APCs and mutexes
 * before the event is set.
 */
static void thread_end(void *arg)
{
	struct thread *thread = arg;

	exit_hooks_run();
	current_thread = NULL;
	event_set(&thread->event);
	if (thread->own_handle)
		CloseHandle(thread->own_handle);
	object_put(&thread->event.object);
}

static void other_thread_end(struct exit_hook *hook)
{
	(void)hook;
	thread_end(current_thread);
}

static void *thread_main(void *arg)
{
	struct thread *thread = arg;

	current_thread = thread;
	thread->id = GetCurrentThreadId();
	apc_queue_attach(thread->apcs);
	sem_post(&thread->started);
	/* Runs thread_end() also when a routine calls pthread_exit(). */
	pthread_cleanup_push(thread_end, thread);
	/* APCs that were queued before the thread had begun */
	apc_run();
	if (thread->own_handle)
		thread->routine.beginthread(thread->parameter);
	else
		thread->exit_code = thread->routine.windows(thread->parameter);
	pthread_cleanup_pop(1);
	return NULL;
}

/* Takes over the reference to the queue. NULL with last error on failure. */
static struct thread *thread_create(struct apc_queue *apcs)
{
	struct thread *thread = apcs ? calloc(1, sizeof(*thread)) : NULL;

	if (!apcs)
		return NULL;
	if (!thread)
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
	if (!thread || !event_init(&thread->event, &thread_type, true)) {
		free(thread);
		object_put(&apc_queue_event(apcs)->object);
		return NULL;
	}
	thread->apcs = apcs;
	sem_init(&thread->started, 0, 0);
	return thread;
}

/* Returns the current thread and a reference; NULL with the last error on failure. */
static struct thread *thread_get_current(void)
{
	struct thread *thread = current_thread;
	struct apc_queue *apcs;

	if (thread) {
		win32_lock();
		object_get_locked(&thread->event.object);
		win32_unlock();
		return thread;
	}
	apcs = apc_queue_current();
	if (!apcs)
		return NULL;
	win32_lock();
	object_get_locked(&apc_queue_event(apcs)->object);
	win32_unlock();
	thread = thread_create(apcs);
	if (!thread)
		return NULL;
	thread->id = GetCurrentThreadId();
	if (!exit_hook_add(&thread->hook, other_thread_end)) {
		object_put(&thread->event.object);
		return NULL;
	}
	current_thread = thread;
	win32_lock();
	object_get_locked(&thread->event.object);
	win32_unlock();
	return thread;
}

/* Returns the thread and a reference; NULL with the last error if it is not a thread. */
static struct thread *thread_get(HANDLE handle)
{
	struct thread *thread;

	if (handle == CURRENT_THREAD)
		return thread_get_current();
	thread = (struct thread *)handle_get(handle, &thread_type);
	if (!thread)
		SetLastError(ERROR_INVALID_HANDLE);
	return thread;
}

/* The new thread takes over one of the references. Returns an errno, or 0. */
static int thread_start(struct thread *thread, size_t stack_size)
{
	pthread_attr_t attr;
	pthread_t pthread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	/* Windows rounds a small size up; here the default serves instead. */
	if (stack_size > (size_t)PTHREAD_STACK_MIN + 65536)
		pthread_attr_setstacksize(&attr, (stack_size + 0xffff) & ~(size_t)0xffff);
	error = pthread_create(&pthread, &attr, thread_main, thread);
	pthread_attr_destroy(&attr);
	return error;
}

static HANDLE start_thread(union routine routine, void *parameter, size_t stack_size,
			   LPDWORD id, bool closes_itself)
{
	struct thread *thread = thread_create(apc_queue_create());
	HANDLE handle;

	if (!thread)
		return NULL;
	thread->routine = routine;
	thread->parameter = parameter;
	win32_lock();
	object_get_locked(&thread->event.object);	/* for the thread, */
	object_get_locked(&thread->event.object);	/* and to read its id */
	win32_unlock();

	handle = handle_create(&thread->event.object);
	if (closes_itself)
		thread->own_handle = handle;
	if (handle && thread_start(thread, stack_size) != 0) {
		CloseHandle(handle);
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		handle = NULL;
	}
	if (!handle) {
		object_put(&thread->event.object);
	} else if (id) {
		while (sem_wait(&thread->started) < 0)
			;
		*id = thread->id;
	}
	object_put(&thread->event.object);
	return handle;
}

EXPORT HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
				  LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
				  DWORD dwCreationFlags, LPDWORD lpThreadId)
{
	union routine routine = { .windows = lpStartAddress };

	(void)lpThreadAttributes;
	if (dwCreationFlags & ~STACK_SIZE_PARAM_IS_A_RESERVATION) {
		SetLastError(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	return start_thread(routine, lpParameter, dwStackSize, lpThreadId, false);
}

EXPORT uintptr_t _beginthreadex(void *security, unsigned int stack_size,
				unsigned int (*start_address)(void *), void *arglist,
				unsigned int initflag, unsigned int *thrdaddr)
{
	union routine routine = { .beginthreadex = start_address };
	HANDLE handle = CreateThread(security, stack_size, routine.windows, arglist, initflag,
				     thrdaddr);

	if (!handle)
		errno = EAGAIN;
	return (uintptr_t)handle;
}

EXPORT uintptr_t _beginthread(void (*start_address)(void *), unsigned int stack_size,
			      void *arglist)
{
	union routine routine = { .beginthread = start_address };
	HANDLE handle = start_thread(routine, arglist, stack_size, NULL, true);

	if (!handle)
		errno = EAGAIN;
	return handle ? (uintptr_t)handle : (uintptr_t)-1;
}

EXPORT VOID WINAPI ExitThread(DWORD dwExitCode)
{
	if (current_thread)
		current_thread->exit_code = dwExitCode;
	pthread_exit(NULL);
}

EXPORT void _endthreadex(unsigned int retval)
{
	ExitThread(retval);
}

EXPORT void _endthread(void)
{
	ExitThread(0);
}

EXPORT BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode)
{
	struct thread *thread = thread_get(hThread);

	if (!thread)
		return FALSE;
	win32_lock();
	*lpExitCode = event_is_set(&thread->event) ? thread->exit_code : STILL_ACTIVE;
	win32_unlock();
	object_put(&thread->event.object);
	return TRUE;
}

EXPORT DWORD WINAPI GetCurrentThreadId(VOID)
{
	return (DWORD)syscall(SYS_gettid);
}

EXPORT HANDLE WINAPI GetCurrentThread(VOID)
{
	return CURRENT_THREAD;
}

EXPORT HANDLE WINAPI GetCurrentProcess(VOID)
{
	return (HANDLE)(LONG_PTR)-1;
}

/* Returns the object and a reference; NULL with the last error on failure. */
static struct object *object_of(HANDLE handle)
{
	struct object *object;

	if (handle == CURRENT_THREAD)
		return (struct object *)thread_get_current();
	object = handle_get(handle, NULL);
	if (!object)
		SetLastError(ERROR_INVALID_HANDLE);
	return object;
}

EXPORT BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
				   HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
				   DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions)
{
	struct object *object;

	(void)dwDesiredAccess;
	(void)bInheritHandle;
	if (hSourceProcessHandle != GetCurrentProcess() ||
	    hTargetProcessHandle != GetCurrentProcess())
		return (BOOL)fail(ERROR_INVALID_HANDLE);
	object = object_of(hSourceHandle);
	if (!object)
		return FALSE;
	*lpTargetHandle = handle_create(object);
	if (dwOptions & DUPLICATE_CLOSE_SOURCE)
		CloseHandle(hSourceHandle);
	return *lpTargetHandle != NULL;
}

EXPORT DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData)
{
	struct thread *thread = thread_get(hThread);
	DWORD error;

	if (!thread)
		return 0;
	/* First the APCs of requests that have already completed, to keep the order. */
	event_collect(apc_queue_event(thread->apcs));
	error = apc_queue_user(thread->apcs, pfnAPC, dwData);
	object_put(&thread->event.object);
	return error ? fail(error) : 1;
}
