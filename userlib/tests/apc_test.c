// SPDX-License-Identifier: MIT
/* APCs that the program queues. Needs no device. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../win32/internal.h"
#include "tap.h"

#define MAX_NOTES 8

static unsigned int note_count;
static ULONG_PTR notes[MAX_NOTES];

static VOID NTAPI note(ULONG_PTR number)
{
	if (note_count < MAX_NOTES)
		notes[note_count] = number;
	note_count++;
}

static VOID NTAPI note_reply(PVOID number, PIO_STATUS_BLOCK status, ULONG reserved)
{
	(void)status;
	(void)reserved;
	note((ULONG_PTR)number);
}

/* Queues an APC as a completed request does. */
static void queue_reply(ULONG_PTR number)
{
	struct apc *apc = apc_create((FARPROC)(void (*)(void))note_reply, (PVOID)number);

	win32_lock();
	apc_queue_locked(apc, STATUS_SUCCESS, 0);
	win32_unlock();
	event_set(apc_event(apc));
}

/* A handle of this thread that other threads can use. */
static HANDLE own_handle(void)
{
	HANDLE handle = NULL;

	CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
			      &handle, 0, FALSE, DUPLICATE_SAME_ACCESS));
	return handle;
}

static DWORD end_of(HANDLE thread)
{
	DWORD code = 0xdeadbeef;

	CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	CHECK(GetExitCodeThread(thread, &code));
	CloseHandle(thread);
	return code;
}

TEST(apcs_are_called_in_order_by_an_alertable_wait)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
	ULONG_PTR i;

	note_count = 0;
	for (i = 0; i < 3; i++)
		CHECK_EQ(QueueUserAPC(note, GetCurrentThread(), i), 1);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	CHECK_EQ(SleepEx(0, FALSE), 0);
	CHECK_EQ(note_count, 0);
	CHECK_EQ(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
	CHECK_EQ(note_count, 3);
	for (i = 0; i < 3; i++)
		CHECK_EQ(notes[i], i);
	CHECK_EQ(SleepEx(0, TRUE), 0);
	CloseHandle(event);
}

TEST(object_that_is_set_comes_before_apcs)
{
	HANDLE event = CreateEvent(NULL, FALSE, TRUE, NULL);

	note_count = 0;
	QueueUserAPC(note, GetCurrentThread(), 0);
	CHECK_EQ(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_OBJECT_0);
	CHECK_EQ(note_count, 0);
	CHECK_EQ(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
	CHECK_EQ(note_count, 1);
	CloseHandle(event);
}

TEST(apcs_of_requests_and_of_the_program_keep_their_order)
{
	ULONG_PTR i;

	note_count = 0;
	queue_reply(0);
	QueueUserAPC(note, GetCurrentThread(), 1);
	queue_reply(2);
	QueueUserAPC(note, GetCurrentThread(), 3);
	CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
	CHECK_EQ(note_count, 4);
	for (i = 0; i < 4; i++)
		CHECK_EQ(notes[i], i);
}

static VOID NTAPI queue_another(ULONG_PTR number)
{
	note(number);
	if (number > 0)
		QueueUserAPC(queue_another, GetCurrentThread(), number - 1);
}

TEST(apc_that_queues_another_is_followed_by_it)
{
	note_count = 0;
	QueueUserAPC(queue_another, GetCurrentThread(), 3);
	CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
	CHECK_EQ(note_count, 4);
	CHECK_EQ(SleepEx(0, TRUE), 0);
}

static DWORD WINAPI sleep_alertably(LPVOID ready)
{
	SetEvent(ready);
	return SleepEx(INFINITE, TRUE);
}

static DWORD WINAPI wait_alertably(LPVOID ready)
{
	HANDLE never = CreateEvent(NULL, TRUE, FALSE, NULL);
	DWORD ret;

	SetEvent(ready);
	ret = WaitForMultipleObjectsEx(1, &never, TRUE, INFINITE, TRUE);
	CloseHandle(never);
	return ret;
}

static ULONG_PTR apc_thread;

static VOID NTAPI note_thread(ULONG_PTR unused)
{
	(void)unused;
	apc_thread = GetCurrentThreadId();
}

TEST(apc_wakes_another_thread)
{
	static const LPTHREAD_START_ROUTINE routines[] = { sleep_alertably, wait_alertably };
	HANDLE ready = CreateEvent(NULL, FALSE, FALSE, NULL), thread;
	DWORD id;
	size_t i;

	for (i = 0; i < 2; i++) {
		thread = CreateThread(NULL, 0, routines[i], ready, 0, &id);
		WaitForSingleObject(ready, INFINITE);
		Sleep(5);
		CHECK_EQ(QueueUserAPC(note_thread, thread, 0), 1);
		CHECK_EQ(end_of(thread), WAIT_IO_COMPLETION);
		CHECK_EQ(apc_thread, id);
	}
	CloseHandle(ready);
}

static DWORD WINAPI wait_without_alert(LPVOID event)
{
	DWORD ret = WaitForSingleObject(event, INFINITE);

	return ret == WAIT_OBJECT_0 && SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION;
}

TEST(apc_does_not_wake_a_wait_that_is_not_alertable)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
	HANDLE thread = CreateThread(NULL, 0, wait_without_alert, event, 0, NULL);

	Sleep(5);
	QueueUserAPC(note, thread, 0);
	CHECK_EQ(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
	SetEvent(event);
	CHECK_EQ(end_of(thread), TRUE);
	CloseHandle(event);
}

static DWORD WINAPI queue_to(LPVOID thread)
{
	return QueueUserAPC(note, thread, 7);
}

TEST(first_thread_of_the_process_gets_apcs_too)
{
	HANDLE self = own_handle(), thread;

	note_count = 0;
	thread = CreateThread(NULL, 0, queue_to, self, 0, NULL);
	CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
	CHECK(note_count == 1 && notes[0] == 7);
	CHECK_EQ(end_of(thread), 1);
	CHECK(CloseHandle(self));
}

static bool was_noted;

static DWORD WINAPI look_at_notes(LPVOID unused)
{
	(void)unused;
	was_noted = note_count == 1;
	while (note_count == 0)
		SleepEx(INFINITE, TRUE);
	return 5;
}

/* Queued in time only if this thread is faster, so it is tried several times. */
TEST(apc_that_is_queued_before_the_thread_begins_is_called_first)
{
	unsigned int tries;
	HANDLE thread;

	was_noted = false;
	for (tries = 0; tries < 20000 && !was_noted; tries++) {
		note_count = 0;
		thread = CreateThread(NULL, 0, look_at_notes, NULL, 0, NULL);
		CHECK_EQ(QueueUserAPC(note, thread, 0), 1);
		CHECK_EQ(end_of(thread), 5);
		CHECK_EQ(note_count, 1);
	}
	CHECK(was_noted);
}

static VOID NTAPI end_thread(ULONG_PTR code)
{
	ExitThread((DWORD)code);
}

TEST(apc_can_end_the_thread)
{
	HANDLE ready = CreateEvent(NULL, FALSE, FALSE, NULL);
	HANDLE thread = CreateThread(NULL, 0, sleep_alertably, ready, 0, NULL);

	note_count = 0;
	QueueUserAPC(end_thread, thread, 9);
	QueueUserAPC(note, thread, 0);
	CHECK_EQ(end_of(thread), 9);
	CHECK_EQ(note_count, 0);
	CloseHandle(ready);
}

static DWORD WINAPI queue_to_itself_and_end(LPVOID unused)
{
	(void)unused;
	return QueueUserAPC(note, GetCurrentThread(), 0);
}

TEST(apcs_left_when_a_thread_ends_are_never_called)
{
	HANDLE thread = CreateThread(NULL, 0, queue_to_itself_and_end, NULL, 0, NULL);

	note_count = 0;
	CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	SetLastError(0);
	CHECK_EQ(QueueUserAPC(note, thread, 0), 0);
	CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
	CHECK_EQ(end_of(thread), 1);
	CHECK_EQ(note_count, 0);
}

static void *give_handle(void *handle)
{
	*(HANDLE *)handle = own_handle();
	return NULL;
}

TEST(thread_that_is_not_ours_ends_too)
{
	HANDLE handle = NULL;
	pthread_t thread;

	pthread_create(&thread, NULL, give_handle, &handle);
	pthread_join(thread, NULL);
	CHECK_EQ(QueueUserAPC(note, handle, 0), 0);
	CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
	CHECK_EQ(end_of(handle), 0);
}

TEST(apc_for_no_thread_is_invalid_handle)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
	const HANDLE handles[] = { NULL, INVALID_HANDLE_VALUE, event, (HANDLE)(uintptr_t)0x1234 };
	size_t i;

	for (i = 0; i < sizeof(handles) / sizeof(*handles); i++) {
		SetLastError(0);
		CHECK_EQ(QueueUserAPC(note, handles[i], 0), 0);
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	}
	CloseHandle(event);
}

#define SENDERS 8
#define EACH 500

static DWORD WINAPI queue_many(LPVOID thread)
{
	unsigned int i;

	for (i = 0; i < EACH; i++) {
		if (!QueueUserAPC(note, thread, i))
			return 1;
	}
	return 0;
}

TEST(none_of_many_apcs_is_lost)
{
	HANDLE self = own_handle(), threads[SENDERS];
	size_t i;

	note_count = 0;
	for (i = 0; i < SENDERS; i++)
		threads[i] = CreateThread(NULL, 0, queue_many, self, 0, NULL);
	while (note_count < SENDERS * EACH)
		CHECK_EQ(SleepEx(30000, TRUE), WAIT_IO_COMPLETION);
	for (i = 0; i < SENDERS; i++)
		CHECK_EQ(end_of(threads[i]), 0);
	CHECK_EQ(SleepEx(0, TRUE), 0);
	CloseHandle(self);
}

/* Threads end while others queue; each APC is called, refused or lost. */
TEST(thread_may_end_while_others_queue)
{
	HANDLE ready = CreateEvent(NULL, FALSE, FALSE, NULL), thread, senders[2];
	unsigned int round, i;

	for (round = 0; round < 50; round++) {
		thread = CreateThread(NULL, 0, sleep_alertably, ready, 0, NULL);
		WaitForSingleObject(ready, INFINITE);
		for (i = 0; i < 2; i++)
			senders[i] = CreateThread(NULL, 0, queue_many, thread, 0, NULL);
		WaitForMultipleObjects(2, senders, TRUE, INFINITE);
		for (i = 0; i < 2; i++)
			CloseHandle(senders[i]);
		CHECK_EQ(end_of(thread), WAIT_IO_COMPLETION);
	}
	CloseHandle(ready);
}

TEST(handle_can_be_duplicated)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL), other = NULL;

	CHECK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &other, 0, FALSE,
			      DUPLICATE_SAME_ACCESS));
	CHECK(other && other != event);
	SetEvent(other);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CHECK(CloseHandle(event));
	CHECK(DuplicateHandle(GetCurrentProcess(), other, GetCurrentProcess(), &event, 0, FALSE,
			      DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
	CHECK(!CloseHandle(other));
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CHECK(CloseHandle(event));
	SetLastError(0);
	CHECK(!DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &other, 0, FALSE,
			       DUPLICATE_SAME_ACCESS));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	CHECK(!DuplicateHandle(NULL, GetCurrentThread(), GetCurrentProcess(), &other, 0, FALSE,
			       DUPLICATE_SAME_ACCESS));
	CHECK(CloseHandle(GetCurrentThread()));
}
