// SPDX-License-Identifier: MIT
/* Events without any request on them. Needs no device. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../win32/internal.h"
#include "tap.h"

#define WAITERS 8

struct waiters {
	HANDLE event;
	DWORD timeout_ms;
	pthread_t threads[WAITERS];
	_Atomic unsigned int woken, timed_out;
};

static void *waiter(void *arg)
{
	struct waiters *waiters = arg;
	DWORD ret = WaitForSingleObject(waiters->event, waiters->timeout_ms);

	if (ret == WAIT_OBJECT_0)
		waiters->woken++;
	else if (ret == WAIT_TIMEOUT)
		waiters->timed_out++;
	return NULL;
}

static void start_waiters(struct waiters *waiters)
{
	size_t i;

	for (i = 0; i < WAITERS; i++)
		pthread_create(&waiters->threads[i], NULL, waiter, waiters);
}

static void join_waiters(struct waiters *waiters)
{
	size_t i;

	for (i = 0; i < WAITERS; i++)
		pthread_join(waiters->threads[i], NULL);
}

/* Waits until each thread holds a reference, besides the handle and this function. */
static void wait_for_waiters(struct waiters *waiters)
{
	struct event *event = event_get(waiters->event);
	unsigned int refs = 0, tries;

	for (tries = 0; refs < WAITERS + 2 && tries < 5000; tries++) {
		usleep(100);
		win32_lock();
		refs = event->object.refs;
		win32_unlock();
	}
	object_put(&event->object);
}

static uint64_t now_ms(void)
{
	return icmpecho_deadline_ns(0) / 1000000;
}

TEST(initial_state_is_as_asked)
{
	HANDLE set = CreateEvent(NULL, TRUE, TRUE, NULL);
	HANDLE unset = CreateEvent(NULL, TRUE, FALSE, NULL);

	CHECK_EQ(WaitForSingleObject(set, 0), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(unset, 0), WAIT_TIMEOUT);
	CloseHandle(set);
	CloseHandle(unset);
}

TEST(manual_reset_event_stays_set)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);

	CHECK(SetEvent(event));
	CHECK_EQ(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CHECK(ResetEvent(event));
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	CHECK(ResetEvent(event));
	CloseHandle(event);
}

TEST(auto_reset_event_is_taken_once)
{
	HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);

	CHECK(SetEvent(event));
	CHECK_EQ(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	CloseHandle(event);
}

TEST(event_set_twice_is_set_once)
{
	HANDLE event = CreateEvent(NULL, FALSE, TRUE, NULL);

	CHECK(SetEvent(event));
	CHECK(SetEvent(event));
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	CloseHandle(event);
}

TEST(wait_takes_as_long_as_asked)
{
	HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
	uint64_t start = now_ms(), took;

	CHECK_EQ(WaitForSingleObjectEx(event, 50, TRUE), WAIT_TIMEOUT);
	took = now_ms() - start;
	CHECK(took >= 49 && took < 2000);
	CloseHandle(event);
}

TEST(auto_reset_event_wakes_one_waiter_each_time)
{
	struct waiters waiters = { .timeout_ms = INFINITE };
	unsigned int i;

	waiters.event = CreateEvent(NULL, FALSE, FALSE, NULL);
	start_waiters(&waiters);
	for (i = 1; i <= WAITERS; i++) {
		SetEvent(waiters.event);
		while (waiters.woken < i)
			usleep(100);
		/* Other waiters may wake up, but none may return. */
		usleep(2000);
		CHECK_EQ(waiters.woken, i);
	}
	join_waiters(&waiters);
	CloseHandle(waiters.event);
}

TEST(losers_of_an_auto_reset_event_time_out)
{
	struct waiters waiters = { .timeout_ms = 100 };

	waiters.event = CreateEvent(NULL, FALSE, TRUE, NULL);
	start_waiters(&waiters);
	join_waiters(&waiters);
	CHECK_EQ(waiters.woken, 1);
	CHECK_EQ(waiters.timed_out, WAITERS - 1);
	CloseHandle(waiters.event);
}

TEST(manual_reset_event_wakes_all_waiters)
{
	struct waiters waiters = { .timeout_ms = INFINITE };

	waiters.event = CreateEvent(NULL, TRUE, FALSE, NULL);
	start_waiters(&waiters);
	wait_for_waiters(&waiters);
	SetEvent(waiters.event);
	join_waiters(&waiters);
	CHECK_EQ(waiters.woken, WAITERS);
	CloseHandle(waiters.event);
}

TEST(closing_does_not_end_a_wait)
{
	struct waiters waiters = { .timeout_ms = 1000 };

	waiters.event = CreateEvent(NULL, FALSE, FALSE, NULL);
	start_waiters(&waiters);
	wait_for_waiters(&waiters);
	CHECK(CloseHandle(waiters.event));
	join_waiters(&waiters);
	CHECK_EQ(waiters.timed_out, WAITERS);
}

static void ignore_signal(int number)
{
	(void)number;
}

TEST(signal_does_not_end_a_wait)
{
	struct sigaction action = { .sa_handler = ignore_signal };
	HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
	uint64_t start = now_ms();

	sigaction(SIGALRM, &action, NULL);
	ualarm(5000, 5000);
	CHECK_EQ(WaitForSingleObject(event, 50), WAIT_TIMEOUT);
	ualarm(0, 0);
	CHECK(now_ms() - start >= 49);
	CloseHandle(event);
}

TEST(event_fd_can_be_polled)
{
	HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
	struct pollfd pollfd = { .fd = icmpecho_event_fd(event), .events = POLLIN };

	CHECK(pollfd.fd >= 0);
	CHECK_EQ(poll(&pollfd, 1, 0), 0);
	SetEvent(event);
	CHECK_EQ(poll(&pollfd, 1, 0), 1);
	ResetEvent(event);
	CHECK_EQ(poll(&pollfd, 1, 0), 0);
	CloseHandle(event);
}
