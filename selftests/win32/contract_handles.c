// SPDX-License-Identifier: GPL-2.0
/* Facts 11 to 18: handles. Those of Icmp6CreateFile() are in contract_icmp6.c. */
#include "contract_test.h"

#include <sys/wait.h>

#include "inject.h"

TEST(fact_011_create_returns_an_open_handle)
{
	HANDLE icmp;
	struct call call;

	netns_alone();
	icmp = IcmpCreateFile();
	EXPECT_NE(INVALID_HANDLE_VALUE, icmp);
	EXPECT_NE(NULL, icmp);
	call = call_to(icmp, LOOPBACK);
	EXPECT_REPLY(&call);
}

/* What another user gets from IcmpCreateFile(): 0, the last error, or 1000 for NULL. */
static int create_as_nobody(struct __test_metadata *_metadata)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		HANDLE icmp = setgid(65534) || setuid(65534) ? NULL : IcmpCreateFile();

		if (icmp == INVALID_HANDLE_VALUE)
			_exit(GetLastError());
		_exit(icmp ? 0 : 255);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(fact_011_no_privilege_is_needed_if_the_device_says_so)
{
	own_dev(0666);
	EXPECT_EQ(0, create_as_nobody(_metadata));
}

/* Ours: the device node has a mode, which Windows has not. */
TEST(fact_011_mode_of_the_device_denies_access)
{
	own_dev(0600);
	EXPECT_EQ(ERROR_ACCESS_DENIED, create_as_nobody(_metadata));
}

/* Ours: the module is our protocol stack. */
TEST(fact_012_nothing_is_supported_without_the_module)
{
	own_dev(0);
	SetLastError(UNTOUCHED);
	EXPECT_EQ(INVALID_HANDLE_VALUE, IcmpCreateFile());
	EXPECT_EQ(ERROR_NOT_SUPPORTED, GetLastError());
}

TEST(fact_013_close_returns_true)
{
	EXPECT_EQ(TRUE, IcmpCloseHandle(IcmpCreateFile()));
}

TEST(fact_014_close_of_no_handle_is_invalid_handle)
{
	SetLastError(UNTOUCHED);
	EXPECT_EQ(FALSE, IcmpCloseHandle(INVALID_HANDLE_VALUE));
	EXPECT_EQ(ERROR_INVALID_HANDLE, GetLastError());
	SetLastError(UNTOUCHED);
	EXPECT_EQ(FALSE, IcmpCloseHandle(NULL));
	EXPECT_EQ(ERROR_INVALID_HANDLE, GetLastError());
}

TEST(fact_015_close_does_not_cancel_what_is_answered)
{
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	EXPECT_EQ(TRUE, IcmpCloseHandle(call.icmp));
	EXPECT_SIGNALLED(call.event);
	EXPECT_ECHO(&call, LOOPBACK);
}

/* The answer comes after the handle is closed. */
TEST(fact_015_close_does_not_cancel_what_is_answered_later)
{
	static struct packet request, answer;
	struct pair pair = netns_pair();
	int injector = injector_open(pair.world, "world0", AF_INET);
	struct call call = call_to(IcmpCreateFile(), BEYOND);

	call.event = auto_reset_event();
	EXPECT_PENDING(&call);
	EXPECT_EQ(TRUE, IcmpCloseHandle(call.icmp));
	EXPECT_NOT_SIGNALLED(call.event);
	injector_request(injector, &request);
	packet_reply(&answer, &request);
	injector_send(injector, &answer);
	EXPECT_SIGNALLED(call.event);
	EXPECT_ECHO(&call, BEYOND);
}

TEST(fact_015_close_does_not_cancel_what_times_out)
{
	struct call call;

	contract_net();
	call = call_to(IcmpCreateFile(), SILENT);
	call.event = auto_reset_event();
	call.timeout = 50;
	EXPECT_PENDING(&call);
	EXPECT_EQ(TRUE, IcmpCloseHandle(call.icmp));
	EXPECT_SIGNALLED(call.event);
	EXPECT_EQ(IP_REQ_TIMED_OUT, reply_in(&call)->Status);
}

/* Ours */
TEST(fact_016_second_close_is_invalid_handle)
{
	HANDLE icmp = IcmpCreateFile();

	EXPECT_EQ(TRUE, IcmpCloseHandle(icmp));
	SetLastError(UNTOUCHED);
	EXPECT_EQ(FALSE, IcmpCloseHandle(icmp));
	EXPECT_EQ(ERROR_INVALID_HANDLE, GetLastError());
}

/* Ours. Another handle is opened meanwhile, which must not be taken for it. */
TEST(fact_016_send_on_a_closed_handle_is_invalid_parameter)
{
	struct call call;

	netns_alone();
	call = call_to(IcmpCreateFile(), LOOPBACK);
	IcmpCloseHandle(call.icmp);
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);
	IcmpCreateFile();
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);
	EXPECT_TRUE(is_untouched(call.reply, call.reply_size, 0));
}

/* Ours: an event is not an ICMP handle. */
TEST(fact_016_close_of_an_event_is_invalid_handle)
{
	HANDLE event = auto_reset_event();

	EXPECT_EQ(FALSE, IcmpCloseHandle(event));
	EXPECT_EQ(ERROR_INVALID_HANDLE, GetLastError());
	EXPECT_TRUE(SetEvent(event));
}

#define MANY 60

TEST(fact_017_one_handle_carries_many_requests)
{
	struct call calls[MANY];
	HANDLE icmp;
	int i;

	contract_net();
	icmp = IcmpCreateFile();
	for (i = 0; i < MANY; i++) {
		calls[i] = call_to(icmp, i % 2 ? FAR : LOOPBACK);
		calls[i].size = i % (DATA_SIZE + 1);
		calls[i].event = auto_reset_event();
		EXPECT_PENDING(&calls[i]);
	}
	for (i = MANY; i--; ) {
		EXPECT_SIGNALLED(calls[i].event);
		EXPECT_ECHO(&calls[i], i % 2 ? FAR : LOOPBACK);
	}
}

#define THREADS 30

static DWORD WINAPI send_in_thread(LPVOID arg)
{
	const struct call *call = arg;
	DWORD count = send_call(call);

	return count ? reply_in(call)->Status : GetLastError();
}

static void expect_timed_out(struct __test_metadata *_metadata, HANDLE thread)
{
	DWORD code;

	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(thread, PATIENCE_MS));
	EXPECT_TRUE(GetExitCodeThread(thread, &code));
	EXPECT_EQ(IP_REQ_TIMED_OUT, code);
}

/* One after the other they would take 30 time-outs. */
TEST(fact_017_synchronous_calls_on_one_handle_do_not_wait_for_each_other)
{
	static struct call calls[THREADS];
	HANDLE icmp, threads[THREADS];
	unsigned long long start;
	int i;

	contract_net();
	icmp = IcmpCreateFile();
	for (i = 0; i < THREADS; i++) {
		calls[i] = call_to(icmp, SILENT);
		calls[i].timeout = 1000;
	}
	start = now_ms();
	for (i = 0; i < THREADS; i++)
		threads[i] = CreateThread(NULL, 0, send_in_thread, &calls[i], 0, NULL);
	for (i = 0; i < THREADS; i++)
		expect_timed_out(_metadata, threads[i]);
	EXPECT_GT(THREADS / 2 * 1000, now_ms() - start);
}

/* A thread that waits for the silent does not hold up one that is answered. */
TEST(fact_017_answered_call_overtakes_one_that_waits)
{
	struct call silent, answered;
	HANDLE thread;

	contract_net();
	silent = call_to(IcmpCreateFile(), SILENT);
	silent.timeout = PLENTY_MS;
	answered = call_to(silent.icmp, FAR);
	thread = CreateThread(NULL, 0, send_in_thread, &silent, 0, NULL);
	EXPECT_REPLY(&answered);
	EXPECT_EQ(0xa5a5a5a5, reply_in(&silent)->Status);
	expect_timed_out(_metadata, thread);
}

/*
 * The identifier is shared, and no two requests have the same sequence number.
 * Windows counts these up by one; ours cannot be guessed from the last.
 */
TEST(fact_018_requests_of_a_handle_share_the_identifier)
{
	static struct packet request;
	struct pair pair = netns_pair();
	int injector = injector_open(pair.world, "world0", AF_INET);
	struct call call = call_to(IcmpCreateFile(), BEYOND);
	__u16 id = 0, sequences[3];
	int i;

	call.event = auto_reset_event();
	for (i = 0; i < 3; i++) {
		call.reply = exact_buffer(REPLY_SIZE);
		EXPECT_PENDING(&call);
		injector_request(injector, &request);
		if (i)
			EXPECT_EQ(id, packet_icmp(&request)->un.echo.id);
		id = packet_icmp(&request)->un.echo.id;
		sequences[i] = packet_icmp(&request)->un.echo.sequence;
	}
	EXPECT_NE(sequences[0], sequences[1]);
	EXPECT_NE(sequences[1], sequences[2]);
	EXPECT_NE(sequences[0], sequences[2]);
}

TEST_HARNESS_MAIN
