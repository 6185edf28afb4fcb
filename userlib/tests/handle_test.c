// SPDX-License-Identifier: MIT
/* Handles that are closed, or never were handles. Needs no device. */
#include <winsock2.h>
#include <icmpapi.h>
#include <pthread.h>

#include "tap.h"

/* Values that are not handles: none may crash a function or pass for a handle. */
static HANDLE garbage(unsigned int number)
{
	static const uintptr_t values[] = {
		0, UINTPTR_MAX, 1, 2, 3, 5, 7, 0x1234, 0xdeadbeef, 0x400000, 0x400004, 0x3ffffc,
		UINTPTR_MAX - 3, (uintptr_t)1 << (sizeof(uintptr_t) * 8 - 1),
	};

	if (number >= sizeof(values) / sizeof(*values))
		return (HANDLE)(uintptr_t)&values;	/* an address */
	return (HANDLE)values[number];
}

#define GARBAGE_COUNT 15U

static char request[8];
static unsigned char reply[sizeof(ICMP_ECHO_REPLY) + 8];

TEST(close_of_no_handle_is_invalid_handle)
{
	unsigned int i;

	for (i = 0; i < GARBAGE_COUNT; i++) {
		SetLastError(0);
		CHECK(!IcmpCloseHandle(garbage(i)));
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		CHECK(!CloseHandle(garbage(i)));
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	}
}

TEST(event_calls_on_no_handle_are_invalid_handle)
{
	HANDLE handles[2] = { CreateEvent(NULL, TRUE, TRUE, NULL), NULL };
	unsigned int i;
	DWORD code;

	for (i = 0; i < GARBAGE_COUNT; i++) {
		SetLastError(0);
		CHECK(!SetEvent(garbage(i)));
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		CHECK(!ResetEvent(garbage(i)));
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		CHECK_EQ(WaitForSingleObject(garbage(i), INFINITE), WAIT_FAILED);
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		CHECK_EQ(icmpecho_event_fd(garbage(i)), -1);
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		handles[1] = garbage(i);
		CHECK_EQ(WaitForMultipleObjects(2, handles, TRUE, INFINITE), WAIT_FAILED);
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		CHECK_EQ(SignalObjectAndWait(garbage(i), handles[0], 0, TRUE), WAIT_FAILED);
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		CHECK(!GetExitCodeThread(garbage(i), &code));
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	}
	CloseHandle(handles[0]);
}

TEST(send_on_no_handle_is_invalid_parameter)
{
	struct sockaddr_in6 any = { .sin6_port = 0 };
	struct sockaddr_in6 self = { .sin6_addr = in6addr_loopback };
	unsigned int i;

	for (i = 0; i < GARBAGE_COUNT; i++) {
		SetLastError(0);
		CHECK_EQ(IcmpSendEcho(garbage(i), inet_addr("127.0.0.1"), request, sizeof(request),
				      NULL, reply, sizeof(reply), 100), 0);
		CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
		SetLastError(0);
		CHECK_EQ(Icmp6SendEcho2(garbage(i), NULL, NULL, NULL, &any, &self, request,
					sizeof(request), NULL, reply, sizeof(reply), 100), 0);
		CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	}
}

TEST(double_close_is_invalid_handle)
{
	HANDLE event = CreateEvent(NULL, TRUE, TRUE, NULL);

	CHECK(event != NULL);
	CHECK(CloseHandle(event));
	SetLastError(0);
	CHECK(!CloseHandle(event));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

TEST(closed_handle_is_not_the_next_one)
{
	HANDLE old = CreateEvent(NULL, TRUE, TRUE, NULL), new;
	int i;

	/* More often than the generation of a 32-bit handle has values is not tried. */
	for (i = 0; i < 500; i++) {
		CHECK(CloseHandle(old));
		new = CreateEvent(NULL, TRUE, TRUE, NULL);
		CHECK(new != old);
		CHECK(!SetEvent(old));
		old = new;
	}
	CHECK(CloseHandle(old));
}

TEST(event_is_no_icmp_handle)
{
	HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);

	SetLastError(0);
	CHECK(!IcmpCloseHandle(event));
	CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
	SetLastError(0);
	CHECK_EQ(IcmpSendEcho(event, inet_addr("127.0.0.1"), request, sizeof(request), NULL, reply,
			      sizeof(reply), 100), 0);
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	CHECK(CloseHandle(event));
}

/* The table grows while handles are open. */
TEST(handles_are_told_apart)
{
	HANDLE events[300];
	size_t i, j;

	for (i = 0; i < 300; i++) {
		events[i] = CreateEvent(NULL, TRUE, i % 3 == 0, NULL);
		CHECK(events[i] != NULL && events[i] != INVALID_HANDLE_VALUE);
		CHECK_EQ((uintptr_t)events[i] & 3, 0);
		for (j = 0; j < i; j++)
			CHECK(events[i] != events[j]);
	}
	for (i = 0; i < 300; i++)
		CHECK_EQ(WaitForSingleObject(events[i], 0), i % 3 ? WAIT_TIMEOUT : WAIT_OBJECT_0);
	for (i = 0; i < 300; i++)
		CHECK(CloseHandle(events[i]));
}

/* Argument checks that precede the look at the handle. */
TEST(reply_buffer_is_checked)
{
	static const struct {
		void *buffer;
		DWORD size;
	} bad[] = {
		{ NULL, 0 }, { NULL, sizeof(reply) }, { reply, 0 }, { reply, 1 },
		{ reply, sizeof(ICMP_ECHO_REPLY) - 1 },
	};
	HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		SetLastError(0);
		CHECK_EQ(IcmpSendEcho2(NULL, event, NULL, NULL, inet_addr("127.0.0.1"), request,
				       sizeof(request), NULL, bad[i].buffer, bad[i].size, 100), 0);
		CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
		CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	}
	CHECK(CloseHandle(event));
}

static void *set_last_error(void *unused)
{
	(void)unused;
	SetLastError(77);
	return NULL;
}

TEST(last_error_is_one_per_thread)
{
	pthread_t thread;

	SetLastError(5);
	pthread_create(&thread, NULL, set_last_error, NULL);
	pthread_join(thread, NULL);
	CHECK_EQ(GetLastError(), 5);
}
