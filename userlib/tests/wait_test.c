// SPDX-License-Identifier: MIT
/* Waiting for many events, and for none. Needs no device. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../win32/internal.h"
#include "tap.h"

static uint64_t now_ms(void)
{
	return icmpecho_deadline_ns(0) / 1000000;
}

/* Auto-reset. */
static void make_events(HANDLE *events, size_t count)
{
	while (count-- > 0)
		events[count] = CreateEvent(NULL, FALSE, FALSE, NULL);
}

static void close_events(const HANDLE *events, size_t count)
{
	while (count-- > 0)
		CloseHandle(events[count]);
}

TEST(wait_for_any_returns_the_first_that_is_set)
{
	HANDLE events[MAXIMUM_WAIT_OBJECTS];

	make_events(events, MAXIMUM_WAIT_OBJECTS);
	CHECK_EQ(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, events, FALSE, 0), WAIT_TIMEOUT);
	SetEvent(events[63]);
	SetEvent(events[5]);
	CHECK_EQ(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, events, FALSE, 1000), 5);
	CHECK_EQ(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, events, FALSE, INFINITE), 63);
	CHECK_EQ(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, events, FALSE, 10), WAIT_TIMEOUT);
	close_events(events, MAXIMUM_WAIT_OBJECTS);
}

TEST(wait_for_all_takes_all_or_none)
{
	HANDLE events[3];

	make_events(events, 3);
	SetEvent(events[0]);
	SetEvent(events[2]);
	CHECK_EQ(WaitForMultipleObjects(3, events, TRUE, 20), WAIT_TIMEOUT);
	CHECK_EQ(WaitForSingleObject(events[0], 0), WAIT_OBJECT_0);
	SetEvent(events[0]);
	SetEvent(events[1]);
	CHECK_EQ(WaitForMultipleObjects(3, events, TRUE, 1000), WAIT_OBJECT_0);
	CHECK_EQ(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_TIMEOUT);
	close_events(events, 3);
}

TEST(wait_of_a_wrong_count_is_an_invalid_parameter)
{
	HANDLE events[MAXIMUM_WAIT_OBJECTS + 1] = { NULL };

	events[0] = CreateEvent(NULL, TRUE, TRUE, NULL);
	events[1] = events[0];
	SetLastError(0);
	CHECK_EQ(WaitForMultipleObjects(0, events, FALSE, 0), WAIT_FAILED);
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	SetLastError(0);
	CHECK_EQ(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS + 1, events, FALSE, 0), WAIT_FAILED);
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	SetLastError(0);
	CHECK_EQ(WaitForMultipleObjects(2, events, TRUE, 0), WAIT_FAILED);
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	CHECK_EQ(WaitForMultipleObjects(2, events, FALSE, 0), WAIT_OBJECT_0);
	CloseHandle(events[0]);
}

TEST(sleep_takes_as_long_as_asked)
{
	uint64_t start = now_ms();

	Sleep(30);
	CHECK(now_ms() - start >= 29);
	start = now_ms();
	CHECK_EQ(SleepEx(30, TRUE), 0);
	CHECK(now_ms() - start >= 29);
	start = now_ms();
	CHECK_EQ(MsgWaitForMultipleObjectsEx(0, NULL, 30, QS_ALLINPUT, MWMO_ALERTABLE),
		 WAIT_TIMEOUT);
	CHECK(now_ms() - start >= 29);
}

TEST(signal_and_wait_does_both)
{
	HANDLE events[2];

	make_events(events, 2);
	CHECK_EQ(SignalObjectAndWait(events[0], events[0], 0, FALSE), WAIT_OBJECT_0);
	CHECK_EQ(SignalObjectAndWait(events[0], events[1], 10, FALSE), WAIT_TIMEOUT);
	CHECK_EQ(WaitForSingleObject(events[0], 0), WAIT_OBJECT_0);
	close_events(events, 2);
}

#define PAIRS 4
#define ROUNDS 500

struct shared {
	HANDLE events[2];
	_Atomic unsigned int taken, done;
};

static void *take_pairs(void *arg)
{
	struct shared *shared = arg;

	while (!shared->done) {
		if (WaitForMultipleObjects(2, shared->events, TRUE, 10) == WAIT_OBJECT_0)
			shared->taken++;
	}
	return NULL;
}

/* Two threads wait for the same pair: one takes both events, and no signal is lost. */
TEST(pairs_are_taken_whole)
{
	struct shared shared = { .taken = 0 };
	pthread_t threads[PAIRS];
	unsigned int i;

	make_events(shared.events, 2);
	for (i = 0; i < PAIRS; i++)
		pthread_create(&threads[i], NULL, take_pairs, &shared);
	for (i = 1; i <= ROUNDS; i++) {
		SetEvent(shared.events[i % 2]);
		SetEvent(shared.events[1 - i % 2]);
		while (shared.taken < i)
			sched_yield();
	}
	usleep(1000);
	CHECK_EQ(shared.taken, ROUNDS);
	shared.done = 1;
	for (i = 0; i < PAIRS; i++)
		pthread_join(threads[i], NULL);
	close_events(shared.events, 2);
}

TEST(event_of_an_eventfd_is_the_eventfd)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	HANDLE event = icmpecho_event_from_fd(fd);
	uint64_t count = 3;

	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	CHECK(write(fd, &count, sizeof(count)) == sizeof(count));
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CHECK(read(fd, &count, sizeof(count)) < 0 && errno == EAGAIN);
	SetEvent(event);
	CHECK(read(fd, &count, sizeof(count)) == sizeof(count) && count == 1);
	CHECK(CloseHandle(event));
	CHECK(write(fd, &count, sizeof(count)) == sizeof(count));
	close(fd);
}

TEST(event_of_no_descriptor_is_refused)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	SetLastError(0);
	CHECK(!icmpecho_event_from_fd(-1));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	/* A blocking one. */
	SetLastError(0);
	CHECK(!icmpecho_event_from_fd(fd));
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	close(fd);
}

/* APCs, queued as a completed request queues them. */

static unsigned int apc_count, apc_order[4];

static VOID NTAPI note_apc(PVOID context, PIO_STATUS_BLOCK status, ULONG reserved)
{
	CHECK_EQ(status->Information, 40);
	CHECK_EQ(reserved, 0);
	apc_order[apc_count++] = (unsigned int)(uintptr_t)context;
}

static void queue_apc(unsigned int number)
{
	struct apc *apc = apc_create((FARPROC)(void (*)(void))note_apc,
				     (PVOID)(uintptr_t)number);

	win32_lock();
	apc_queue_locked(apc, STATUS_SUCCESS, 40);
	win32_unlock();
	event_set(apc_event(apc));
}

TEST(apcs_run_in_order_before_the_wait_returns)
{
	HANDLE event = CreateEvent(NULL, FALSE, TRUE, NULL);
	unsigned int i;

	apc_count = 0;
	for (i = 0; i < 3; i++)
		queue_apc(i);
	CHECK_EQ(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	CHECK_EQ(apc_count, 0);
	CHECK_EQ(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
	CHECK_EQ(apc_count, 3);
	for (i = 0; i < 3; i++)
		CHECK_EQ(apc_order[i], i);
	CHECK_EQ(WaitForSingleObjectEx(event, 0, TRUE), WAIT_TIMEOUT);
	CloseHandle(event);
}

static void *queue_and_end(void *unused)
{
	(void)unused;
	queue_apc(0);
	return NULL;
}

TEST(apcs_of_an_ended_thread_are_lost)
{
	pthread_t thread;

	apc_count = 0;
	pthread_create(&thread, NULL, queue_and_end, NULL);
	pthread_join(thread, NULL);
	CHECK_EQ(SleepEx(5, TRUE), 0);
	CHECK_EQ(apc_count, 0);
}
