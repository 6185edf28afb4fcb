// SPDX-License-Identifier: MIT
/* Threads. Needs no device. */
#include <windows.h>
#include <process.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tap.h"

static DWORD WINAPI return_parameter(LPVOID parameter)
{
	return (DWORD)(uintptr_t)parameter;
}

static DWORD WINAPI exit_with_parameter(LPVOID parameter)
{
	ExitThread((DWORD)(uintptr_t)parameter);
}

static unsigned WINAPI end_with_parameter(void *parameter)
{
	_endthreadex((unsigned int)(uintptr_t)parameter);
	return 0;
}

static DWORD code_of(HANDLE thread)
{
	DWORD code = 0xdeadbeef;

	CHECK_EQ(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
	/* It stays. */
	CHECK_EQ(WaitForSingleObject(thread, 0), WAIT_OBJECT_0);
	CHECK(GetExitCodeThread(thread, &code));
	CHECK(CloseHandle(thread));
	return code;
}

TEST(thread_has_an_exit_code)
{
	PVOID seven = (PVOID)(uintptr_t)7;

	CHECK_EQ(code_of(CreateThread(NULL, 0, return_parameter, seven, 0, NULL)), 7);
	CHECK_EQ(code_of(CreateThread(NULL, 1 << 20, exit_with_parameter, seven, 0, NULL)), 7);
	CHECK_EQ(code_of((HANDLE)_beginthreadex(NULL, 1, end_with_parameter, seven, 0, NULL)), 7);
}

static DWORD WINAPI wait_for(LPVOID event)
{
	WaitForSingleObject(event, INFINITE);
	return GetCurrentThreadId();
}

TEST(thread_is_active_until_it_ends)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
	DWORD id = 0, code;
	HANDLE thread = CreateThread(NULL, 0, wait_for, event, STACK_SIZE_PARAM_IS_A_RESERVATION,
				     &id);

	CHECK(id && id != GetCurrentThreadId());
	CHECK_EQ(WaitForSingleObject(thread, 10), WAIT_TIMEOUT);
	CHECK(GetExitCodeThread(thread, &code));
	CHECK_EQ(code, STILL_ACTIVE);
	SetLastError(0);
	CHECK(!SetEvent(thread));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	SetEvent(event);
	CHECK_EQ(code_of(thread), id);
	CloseHandle(event);
}

TEST(main_thread_is_the_process)
{
	CHECK_EQ(GetCurrentThreadId(), (DWORD)getpid());
	CHECK_EQ(GetCurrentProcessId(), (DWORD)getpid());
	CHECK_EQ(_getpid(), getpid());
}

TEST(suspended_thread_is_not_supported)
{
	SetLastError(0);
	CHECK(!CreateThread(NULL, 0, return_parameter, NULL, CREATE_SUSPENDED, NULL));
	CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
	CHECK(!_beginthreadex(NULL, 0, end_with_parameter, NULL, CREATE_SUSPENDED, NULL));
}

#define COUNTERS 16
#define ADDITIONS 10000

static CRITICAL_SECTION section;
static LONG interlocked;
static unsigned int counter;

static void count_twice(void)
{
	EnterCriticalSection(&section);
	EnterCriticalSection(&section);
	counter++;
	LeaveCriticalSection(&section);
	LeaveCriticalSection(&section);
	InterlockedIncrement(&interlocked);
}

static unsigned WINAPI count_thread(void *unused)
{
	unsigned int i;

	for (i = 0; i < ADDITIONS; i++)
		count_twice();
	return unused != NULL;
}

TEST(critical_section_excludes_others_and_admits_its_owner_again)
{
	HANDLE threads[COUNTERS];
	size_t i;

	InitializeCriticalSection(&section);
	for (i = 0; i < COUNTERS; i++)
		threads[i] = (HANDLE)_beginthreadex(NULL, 0, count_thread, NULL, 0, NULL);
	CHECK_EQ(WaitForMultipleObjects(COUNTERS, threads, TRUE, INFINITE), WAIT_OBJECT_0);
	CHECK_EQ(counter, COUNTERS * ADDITIONS);
	CHECK_EQ(interlocked, COUNTERS * ADDITIONS);
	for (i = 0; i < COUNTERS; i++)
		CloseHandle(threads[i]);
	DeleteCriticalSection(&section);
}

static DWORD WINAPI try_enter(LPVOID unused)
{
	BOOL entered = TryEnterCriticalSection(&section);

	(void)unused;
	if (entered)
		LeaveCriticalSection(&section);
	return (DWORD)entered;
}

TEST(critical_section_can_be_tried)
{
	CHECK(InitializeCriticalSectionAndSpinCount(&section, 4000));
	CHECK_EQ(code_of(CreateThread(NULL, 0, try_enter, NULL, 0, NULL)), TRUE);
	CHECK(TryEnterCriticalSection(&section));
	CHECK_EQ(code_of(CreateThread(NULL, 0, try_enter, NULL, 0, NULL)), FALSE);
	LeaveCriticalSection(&section);
	DeleteCriticalSection(&section);
}

static HANDLE began;

static void begin(void *event)
{
	SetEvent(event);
	_endthread();
}

TEST(handle_of_beginthread_closes_itself)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
	DWORD code;
	int tries;

	began = (HANDLE)_beginthread(begin, 0, event);
	CHECK(began != (HANDLE)-1);
	CHECK_EQ(WaitForSingleObject(event, 10000), WAIT_OBJECT_0);
	for (tries = 0; tries < 5000 && GetExitCodeThread(began, &code); tries++)
		usleep(1000);
	CHECK(!CloseHandle(began));
	CloseHandle(event);
}
