// SPDX-License-Identifier: MIT
/* Mutexes. Needs no device. */
#include <windows.h>
#include <process.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "tap.h"

/* What another thread's wait for the mutex returns. That thread releases it again. */
static DWORD WINAPI try_mutex(LPVOID mutex)
{
	DWORD ret = WaitForSingleObject(mutex, 0);

	if (ret != WAIT_TIMEOUT)
		ReleaseMutex(mutex);
	return ret;
}

static DWORD in_another_thread(LPTHREAD_START_ROUTINE routine, LPVOID parameter)
{
	HANDLE thread = CreateThread(NULL, 0, routine, parameter, 0, NULL);
	DWORD code = 0xdeadbeef;

	CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	CHECK(GetExitCodeThread(thread, &code));
	CloseHandle(thread);
	return code;
}

TEST(owner_may_take_it_again_and_must_release_it_as_often)
{
	HANDLE mutex = CreateMutex(NULL, FALSE, NULL);

	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_TIMEOUT);
	CHECK(ReleaseMutex(mutex));
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_TIMEOUT);
	CHECK(ReleaseMutex(mutex));
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_OBJECT_0);
	SetLastError(0);
	CHECK(!ReleaseMutex(mutex));
	CHECK_EQ(GetLastError(), ERROR_NOT_OWNER);
	CloseHandle(mutex);
}

TEST(initial_owner_is_who_creates_it)
{
	HANDLE mutex = CreateMutexW(NULL, TRUE, L"owned"), again;

	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_TIMEOUT);
	/* The mutex exists already, so its creation gives no thread ownership. */
	again = CreateMutexA(NULL, TRUE, "owned");
	CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
	CHECK(ReleaseMutex(again));
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_OBJECT_0);
	CHECK(!ReleaseMutex(mutex));
	CloseHandle(again);
	CloseHandle(mutex);
}

static DWORD WINAPI release(LPVOID mutex)
{
	return ReleaseMutex(mutex) ? 0 : GetLastError();
}

TEST(only_the_owner_releases_it)
{
	HANDLE mutex = CreateMutex(NULL, TRUE, NULL);

	CHECK_EQ(in_another_thread(release, mutex), ERROR_NOT_OWNER);
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_TIMEOUT);
	CHECK(ReleaseMutex(mutex));
	CHECK_EQ(in_another_thread(release, mutex), ERROR_NOT_OWNER);
	CloseHandle(mutex);
}

TEST(mutex_is_no_event_and_an_event_no_mutex)
{
	HANDLE mutex = CreateMutex(NULL, FALSE, NULL);
	HANDLE event = CreateEvent(NULL, TRUE, TRUE, NULL);

	SetLastError(0);
	CHECK(!SetEvent(mutex));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	SetLastError(0);
	CHECK(!ResetEvent(mutex));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	SetLastError(0);
	CHECK(!ReleaseMutex(event));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	CloseHandle(event);
	CloseHandle(mutex);
}

static DWORD WINAPI take_and_return(LPVOID mutex)
{
	return WaitForSingleObject(mutex, INFINITE);
}

static DWORD WINAPI take_and_exit(LPVOID mutex)
{
	ExitThread(WaitForSingleObject(mutex, INFINITE));
}

static void *take_in_a_pthread(void *mutex)
{
	return (void *)(uintptr_t)WaitForSingleObject(mutex, INFINITE);
}

TEST(mutex_of_an_ended_thread_is_abandoned)
{
	HANDLE mutex = CreateMutex(NULL, FALSE, NULL);
	pthread_t thread;

	CHECK_EQ(in_another_thread(take_and_return, mutex), WAIT_OBJECT_0);
	/* Only the next owner's wait returns that it was abandoned. */
	CHECK_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
	CHECK_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
	CHECK(ReleaseMutex(mutex) && ReleaseMutex(mutex));
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_OBJECT_0);

	CHECK_EQ(in_another_thread(take_and_exit, mutex), WAIT_OBJECT_0);
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_ABANDONED);
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_OBJECT_0);

	pthread_create(&thread, NULL, take_in_a_pthread, mutex);
	pthread_join(thread, NULL);
	CHECK_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
	CHECK(ReleaseMutex(mutex));
	CloseHandle(mutex);
}

static HANDLE closed;

static DWORD WINAPI take_and_close(LPVOID unused)
{
	(void)unused;
	WaitForSingleObject(closed, INFINITE);
	return (DWORD)CloseHandle(closed);
}

/* The sanitizer sees it if the end of the thread still touches the mutex. */
TEST(owned_mutex_can_be_closed)
{
	closed = CreateMutex(NULL, FALSE, NULL);
	CHECK_EQ(in_another_thread(take_and_close, NULL), TRUE);
	CHECK_EQ(WaitForSingleObject(closed, 0), WAIT_FAILED);
}

TEST(wait_for_any_says_which_was_abandoned)
{
	HANDLE objects[3];

	objects[0] = CreateEvent(NULL, FALSE, FALSE, NULL);
	objects[1] = CreateMutex(NULL, FALSE, NULL);
	objects[2] = CreateMutex(NULL, FALSE, NULL);
	CHECK_EQ(in_another_thread(take_and_return, objects[1]), WAIT_OBJECT_0);
	CHECK_EQ(WaitForMultipleObjects(3, objects, FALSE, INFINITE), WAIT_ABANDONED_0 + 1);
	CHECK(!ReleaseMutex(objects[2]));
	CHECK(ReleaseMutex(objects[1]));
	CHECK_EQ(WaitForMultipleObjects(3, objects, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
	CHECK(ReleaseMutex(objects[1]));
	CloseHandle(objects[0]);
	CloseHandle(objects[1]);
	CloseHandle(objects[2]);
}

TEST(wait_for_all_takes_mutexes_with_the_rest_or_not_at_all)
{
	HANDLE objects[3];

	objects[0] = CreateMutex(NULL, FALSE, NULL);
	objects[1] = CreateEvent(NULL, FALSE, FALSE, NULL);
	objects[2] = CreateMutex(NULL, TRUE, NULL);
	CHECK_EQ(WaitForMultipleObjects(3, objects, TRUE, 10), WAIT_TIMEOUT);
	CHECK_EQ(in_another_thread(try_mutex, objects[0]), WAIT_OBJECT_0);
	SetEvent(objects[1]);
	CHECK_EQ(WaitForMultipleObjects(3, objects, TRUE, INFINITE), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(objects[1], 0), WAIT_TIMEOUT);
	CHECK_EQ(in_another_thread(try_mutex, objects[0]), WAIT_TIMEOUT);
	CHECK(ReleaseMutex(objects[0]));
	CHECK(ReleaseMutex(objects[2]) && ReleaseMutex(objects[2]));

	CHECK_EQ(in_another_thread(take_and_return, objects[2]), WAIT_OBJECT_0);
	SetEvent(objects[1]);
	CHECK_EQ(WaitForMultipleObjects(3, objects, TRUE, INFINITE), WAIT_ABANDONED_0);
	CHECK(ReleaseMutex(objects[0]) && ReleaseMutex(objects[2]));
	CloseHandle(objects[0]);
	CloseHandle(objects[1]);
	CloseHandle(objects[2]);
}

static DWORD WINAPI set_later(LPVOID event)
{
	Sleep(20);
	return (DWORD)SetEvent(event);
}

/* The wait sleeps on the event, not on the mutex that its thread owns. */
TEST(wait_for_all_is_woken_though_it_owns_the_mutex)
{
	HANDLE objects[2], thread;

	objects[0] = CreateMutex(NULL, TRUE, NULL);
	objects[1] = CreateEvent(NULL, FALSE, FALSE, NULL);
	thread = CreateThread(NULL, 0, set_later, objects[1], 0, NULL);
	CHECK_EQ(WaitForMultipleObjects(2, objects, TRUE, 30000), WAIT_OBJECT_0);
	CHECK(ReleaseMutex(objects[0]) && ReleaseMutex(objects[0]));
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	CloseHandle(objects[0]);
	CloseHandle(objects[1]);
}

TEST(signal_and_wait_releases_a_mutex)
{
	HANDLE mutex = CreateMutex(NULL, TRUE, NULL);
	HANDLE event = CreateEvent(NULL, TRUE, TRUE, NULL);

	CHECK_EQ(SignalObjectAndWait(mutex, event, 0, FALSE), WAIT_OBJECT_0);
	CHECK_EQ(in_another_thread(try_mutex, mutex), WAIT_OBJECT_0);
	SetLastError(0);
	CHECK_EQ(SignalObjectAndWait(mutex, event, 0, FALSE), WAIT_FAILED);
	CHECK_EQ(GetLastError(), ERROR_NOT_OWNER);
	CHECK_EQ(SignalObjectAndWait(event, mutex, 0, FALSE), WAIT_OBJECT_0);
	CHECK(ReleaseMutex(mutex));
	CloseHandle(event);
	CloseHandle(mutex);
}

#define COUNTERS 8
#define ADDITIONS 2000

static unsigned int counter;

static unsigned WINAPI count_thread(void *mutex)
{
	unsigned int i;

	for (i = 0; i < ADDITIONS; i++) {
		if (WaitForSingleObject(mutex, INFINITE) != WAIT_OBJECT_0)
			return 1;
		counter++;
		ReleaseMutex(mutex);
	}
	return 0;
}

TEST(mutex_excludes_others)
{
	HANDLE mutex = CreateMutex(NULL, FALSE, NULL), threads[COUNTERS];
	DWORD code;
	size_t i;

	for (i = 0; i < COUNTERS; i++)
		threads[i] = (HANDLE)_beginthreadex(NULL, 0, count_thread, mutex, 0, NULL);
	CHECK_EQ(WaitForMultipleObjects(COUNTERS, threads, TRUE, INFINITE), WAIT_OBJECT_0);
	for (i = 0; i < COUNTERS; i++) {
		CHECK(GetExitCodeThread(threads[i], &code));
		CHECK_EQ(code, 0);
		CloseHandle(threads[i]);
	}
	CHECK_EQ(counter, COUNTERS * ADDITIONS);
	CloseHandle(mutex);
}

/* Each thread takes the mutex from the previous one, which has ended. */
TEST(mutex_that_is_abandoned_again_and_again_is_never_lost)
{
	HANDLE mutex = CreateMutex(NULL, TRUE, NULL), threads[COUNTERS];
	unsigned int abandoned = 0;
	DWORD code;
	size_t i;

	for (i = 0; i < COUNTERS; i++)
		threads[i] = CreateThread(NULL, 0, take_and_return, mutex, 0, NULL);
	ReleaseMutex(mutex);
	CHECK_EQ(WaitForMultipleObjects(COUNTERS, threads, TRUE, INFINITE), WAIT_OBJECT_0);
	for (i = 0; i < COUNTERS; i++) {
		GetExitCodeThread(threads[i], &code);
		abandoned += code == WAIT_ABANDONED;
		CloseHandle(threads[i]);
	}
	CHECK_EQ(abandoned, COUNTERS - 1);
	CloseHandle(mutex);
}
