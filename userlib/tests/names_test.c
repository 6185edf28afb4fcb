// SPDX-License-Identifier: MIT
/* Names of events and mutexes. Needs no device. */
#include <windows.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

/* Closes the event. */
static bool is_set(HANDLE event)
{
	bool set = WaitForSingleObject(event, 0) == WAIT_OBJECT_0;

	CloseHandle(event);
	return set;
}

TEST(name_is_one_object)
{
	HANDLE first, second, third;

	SetLastError(12345);
	first = CreateEventA(NULL, TRUE, FALSE, "one");
	CHECK_EQ(GetLastError(), ERROR_SUCCESS);
	/* Kind and state are those of the event that exists, not those asked for. */
	second = CreateEventA(NULL, FALSE, TRUE, "one");
	CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
	third = OpenEventA(EVENT_ALL_ACCESS, FALSE, "one");
	CHECK(first && second && third && first != second && second != third);
	CHECK_EQ(WaitForSingleObject(second, 0), WAIT_TIMEOUT);
	CHECK(SetEvent(third));
	CHECK_EQ(WaitForSingleObject(first, 0), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(second, 0), WAIT_OBJECT_0);
	CHECK(CloseHandle(third));
	CHECK(CloseHandle(second));
	CHECK(is_set(first));
}

TEST(no_name_is_an_object_of_its_own)
{
	HANDLE first = CreateEventA(NULL, TRUE, FALSE, ""), second;

	SetLastError(12345);
	second = CreateEventA(NULL, TRUE, TRUE, "");
	CHECK_EQ(GetLastError(), ERROR_SUCCESS);
	CHECK(is_set(second));
	CHECK(!is_set(first));
}

TEST(name_is_the_same_in_wide_characters)
{
	HANDLE narrow = CreateEventA(NULL, TRUE, TRUE, "z\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x94");
	HANDLE wide = OpenEventW(SYNCHRONIZE, FALSE, L"z\u00e9\u20ac\U0001f514");

	CHECK(is_set(wide));
	wide = CreateEventW(NULL, TRUE, FALSE, L"z\u00e9\u20ac\U0001f514");
	CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
	CHECK(is_set(wide));
	CloseHandle(narrow);
	CHECK(!OpenEventW(SYNCHRONIZE, FALSE, L"z\u00e9\u20ac\U0001f514"));
}

TEST(open_finds_only_what_is_there)
{
	HANDLE mutex = CreateMutexA(NULL, FALSE, "there"), opened;

	opened = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "there");
	CHECK_EQ(GetLastError(), ERROR_SUCCESS);
	CHECK(CloseHandle(opened));
	opened = OpenMutexW(SYNCHRONIZE, FALSE, L"there");
	CHECK(CloseHandle(opened));
	CHECK(!OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "There"));
	CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
	CloseHandle(mutex);
	CHECK(!OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "there"));
	CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
	CHECK(!OpenEventW(EVENT_ALL_ACCESS, FALSE, NULL));
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

TEST(name_of_another_kind_is_invalid_handle)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, "kind");

	SetLastError(0);
	CHECK(!CreateMutexA(NULL, TRUE, "kind"));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	SetLastError(0);
	CHECK(!OpenMutexA(SYNCHRONIZE, FALSE, "kind"));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	CloseHandle(event);
	event = CreateMutexA(NULL, FALSE, "kind");
	CHECK_EQ(GetLastError(), ERROR_SUCCESS);
	CloseHandle(event);
}

static void *wait_for_event(void *event)
{
	return (void *)(uintptr_t)(WaitForSingleObject(event, 60000) + 1);
}

/* The last handle takes the name along; the event lives while threads wait for it. */
TEST(name_goes_with_the_last_handle)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, "last"), again;
	pthread_t thread;
	void *ret;

	again = OpenEventA(EVENT_ALL_ACCESS, FALSE, "last");
	pthread_create(&thread, NULL, wait_for_event, event);
	usleep(20000);
	CloseHandle(event);
	event = OpenEventA(EVENT_ALL_ACCESS, FALSE, "last");
	CHECK(event != NULL);
	CloseHandle(event);
	SetEvent(again);
	CloseHandle(again);
	event = CreateEventA(NULL, TRUE, FALSE, "last");
	CHECK_EQ(GetLastError(), ERROR_SUCCESS);
	CHECK(!is_set(event));
	pthread_join(thread, &ret);
	CHECK(ret == (void *)(uintptr_t)(WAIT_OBJECT_0 + 1));
}

TEST(name_has_a_namespace)
{
	HANDLE plain = CreateEventA(NULL, TRUE, TRUE, "space"), other;

	other = CreateEventA(NULL, TRUE, FALSE, "Local\\space");
	CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
	CHECK(is_set(other));
	other = CreateEventW(NULL, TRUE, FALSE, L"Global\\space");
	CHECK_EQ(GetLastError(), ERROR_SUCCESS);
	CHECK(!is_set(other));
	CloseHandle(plain);
}

TEST(name_that_is_none_is_refused)
{
	static const char *const names[] = { "a\\b", "Local\\", "Global\\", "Global\\a\\b", "\\",
					     "local\\a" };
	char name[MAX_PATH + 2];
	HANDLE event;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		SetLastError(0);
		CHECK(!CreateEventA(NULL, TRUE, TRUE, names[i]));
		CHECK_EQ(GetLastError(), ERROR_PATH_NOT_FOUND);
	}
	memset(name, 'a', sizeof(name) - 1);
	name[MAX_PATH + 1] = '\0';
	CHECK(!CreateMutexA(NULL, TRUE, name));
	CHECK_EQ(GetLastError(), ERROR_FILENAME_EXCED_RANGE);
	name[MAX_PATH] = '\0';
	event = CreateEventA(NULL, TRUE, TRUE, name);
	CHECK(is_set(event));
}

TEST(wide_name_may_be_as_long)
{
	wchar_t name[2 * MAX_PATH];
	HANDLE event;

	wmemset(name, 0x1f514, 2 * MAX_PATH - 1);
	name[2 * MAX_PATH - 1] = 0;
	CHECK(!CreateEventW(NULL, TRUE, TRUE, name));
	CHECK_EQ(GetLastError(), ERROR_FILENAME_EXCED_RANGE);
	name[MAX_PATH] = 0;
	event = CreateEventW(NULL, TRUE, TRUE, name);
	CHECK(is_set(event));
}

TEST(long_names_that_begin_alike_are_different)
{
	char first[MAX_PATH], second[MAX_PATH];
	HANDLE events[2];

	memset(first, 'a', sizeof(first) - 1);
	first[MAX_PATH - 1] = '\0';
	strcpy(second, first);
	second[MAX_PATH - 2] = 'b';
	events[0] = CreateEventA(NULL, TRUE, TRUE, first);
	events[1] = CreateEventA(NULL, TRUE, FALSE, second);
	CHECK_EQ(GetLastError(), ERROR_SUCCESS);
	CHECK(!is_set(events[1]));
	CHECK(is_set(events[0]));
}

/* Another process, which the test kills. */
static pid_t start_owner(const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	CHECK(pipe(ready) == 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (CreateEventA(NULL, TRUE, TRUE, name))
			write(ready[1], "y", 1);
		close(ready[1]);
		pause();
		_exit(1);
	}
	close(ready[1]);
	CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

TEST(name_of_another_process_is_refused)
{
	pid_t pid = start_owner("Local\\theirs");
	HANDLE event;

	SetLastError(0);
	CHECK(!CreateEventA(NULL, TRUE, TRUE, "theirs"));
	CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
	SetLastError(0);
	CHECK(!OpenEventA(SYNCHRONIZE, FALSE, "theirs"));
	CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
	SetLastError(0);
	CHECK(!CreateMutexW(NULL, TRUE, L"theirs"));
	CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
	event = CreateEventA(NULL, TRUE, TRUE, "Global\\theirs");
	CHECK(is_set(event));

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK(!OpenEventA(SYNCHRONIZE, FALSE, "theirs"));
	CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
	event = CreateEventA(NULL, TRUE, TRUE, "theirs");
	CHECK(is_set(event));
}

#define CREATORS 8
#define ROUNDS 300

static _Atomic unsigned int created, failed;

static void *create_named(void *barrier)
{
	HANDLE mutex;

	pthread_barrier_wait(barrier);
	mutex = CreateMutexA(NULL, FALSE, "Local\\raced");
	if (!mutex)
		failed++;
	else if (GetLastError() == ERROR_SUCCESS)
		created++;
	/* No thread closes its handle before all have one. */
	pthread_barrier_wait(barrier);
	CloseHandle(mutex);
	return NULL;
}

TEST(one_of_many_threads_creates_it)
{
	pthread_t threads[CREATORS];
	pthread_barrier_t barrier;
	unsigned int round, i;

	pthread_barrier_init(&barrier, NULL, CREATORS);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < CREATORS; i++)
			pthread_create(&threads[i], NULL, create_named, &barrier);
		for (i = 0; i < CREATORS; i++)
			pthread_join(threads[i], NULL);
	}
	pthread_barrier_destroy(&barrier);
	CHECK_EQ(created, ROUNDS);
	CHECK_EQ(failed, 0);
}
