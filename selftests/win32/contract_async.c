// SPDX-License-Identifier: GPL-2.0
/* Facts 72 to 85: requests with an event or an APC routine. */
#include "contract_apc.h"

#include <linux/rtnetlink.h>

#include "inject.h"

FIXTURE(async)
{
	struct path path;
	struct call call;
};

FIXTURE_SETUP(async)
{
	self->path = contract_net();
	self->call = call_to(IcmpCreateFile(), FAR);
}

FIXTURE_TEARDOWN(async)
{
}

TEST(fact_010_routine_has_its_type_if_asked)
{
	typedef DWORD (*send_echo2)(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, IPAddr, LPVOID, WORD,
				    PIP_OPTION_INFORMATION, LPVOID, DWORD, DWORD);

	EXPECT_TRUE(__builtin_types_compatible_p(__typeof__(&IcmpSendEcho2), send_echo2));
}

TEST_F(async, fact_015_close_does_not_cancel_a_routine)
{
	self->call.routine = on_apc;
	EXPECT_PENDING(&self->call);
	EXPECT_EQ(TRUE, IcmpCloseHandle(self->call.icmp));
	EXPECT_APC();
	EXPECT_ECHO(&self->call, FAR);
}

TEST_F(async, fact_072_neither_event_nor_routine_is_synchronous)
{
	EXPECT_REPLY(&self->call);
	EXPECT_ECHO(&self->call, FAR);
	/* A context alone does not count. */
	self->call.context = self;
	EXPECT_REPLY(&self->call);
}

TEST_F(async, fact_072_event_or_routine_is_asynchronous)
{
	enum entry entry;

	for (entry = SEND_ECHO2; entry <= SEND_ECHO2_EX; entry++) {
		self->call.routine = NULL;
		self->call.event = auto_reset_event();
		EXPECT_FAILURE(ERROR_IO_PENDING, send_call_by(entry, &self->call));
		EXPECT_SIGNALLED(self->call.event);
		self->call.routine = on_apc;
		self->call.event = NULL;
		EXPECT_FAILURE(ERROR_IO_PENDING, send_call_by(entry, &self->call));
		EXPECT_APC();
	}
}

TEST_F(async, fact_073_accepted_call_returns_0_and_io_pending)
{
	self->call.event = auto_reset_event();
	SetLastError(0);
	EXPECT_EQ(0, send_call(&self->call));
	EXPECT_EQ(997, GetLastError());
}

TEST_F(async, fact_074_immediate_answer_is_pending_first)
{
	int i;

	self->call.destination = inet_addr(LOOPBACK);
	self->call.event = auto_reset_event();
	for (i = 0; i < 50; i++) {
		EXPECT_PENDING(&self->call);
		EXPECT_SIGNALLED(self->call.event);
		EXPECT_ECHO(&self->call, LOOPBACK);
	}
	self->call.event = NULL;
	self->call.routine = on_apc;
	for (i = 0; i < 50; i++) {
		EXPECT_PENDING(&self->call);
		EXPECT_APC();
		EXPECT_ECHO(&self->call, LOOPBACK);
	}
}

TEST_F(async, fact_074_failure_after_acceptance_is_pending_first)
{
	static char long_request[2000];
	IP_OPTION_INFORMATION options = { .Flags = IP_FLAG_DF };

	self->call.data = long_request;
	self->call.size = sizeof(long_request);
	self->call.options = &options;
	self->call.routine = on_apc;
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_EQ(IP_PACKET_TOO_BIG, reply_in(&self->call)->Status);
}

TEST_F(async, fact_074_refused_call_runs_no_routine)
{
	struct call call = self->call;

	call.routine = on_apc;
	call.destination = INADDR_ANY;
	EXPECT_FAILS(ERROR_INVALID_NETNAME, &call);
	call.destination = inet_addr(UNROUTED);
	EXPECT_FAILS(ERROR_NETWORK_UNREACHABLE, &call);
	call.destination = inet_addr(REJECTED);
	EXPECT_FAILS(ERROR_HOST_UNREACHABLE, &call);
	call.destination = inet_addr(FAR);
	call.source = inet_addr(FOREIGN);
	EXPECT_FAILS(ERROR_INVALID_NETNAME, &call);
	call.source = INADDR_ANY;
	call.reply_size = sizeof(ICMP_ECHO_REPLY) - 1;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);
	call.reply = NULL;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, &call);
	EXPECT_NO_APC();
	EXPECT_EQ(0, apc.calls);
}

TEST_F(async, fact_075_routine_beside_an_event_is_never_called)
{
	self->call.event = manual_reset_event();
	self->call.routine = on_apc;
	EXPECT_PENDING(&self->call);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObjectEx(self->call.event, PATIENCE_MS, TRUE));
	EXPECT_ECHO(&self->call, FAR);
	EXPECT_NO_APC();
	EXPECT_EQ(0, apc.calls);
}

TEST_F(async, fact_076_buffer_is_filled_when_the_event_is_signalled)
{
	int manual, i;

	for (manual = 0; manual < 2; manual++) {
		self->call.event = CreateEvent(NULL, manual, FALSE, NULL);
		for (i = 0; i < 20; i++) {
			self->call.reply = exact_buffer(REPLY_SIZE);
			EXPECT_PENDING(&self->call);
			EXPECT_SIGNALLED(self->call.event);
			EXPECT_ECHO(&self->call, FAR);
			EXPECT_EQ(manual ? WAIT_OBJECT_0 : WAIT_TIMEOUT,
				  WaitForSingleObject(self->call.event, 0));
		}
	}
}

/* The event that another thread waits for, which fills the buffer there. */
static DWORD WINAPI wait_in_thread(LPVOID arg)
{
	const struct call *call = arg;
	DWORD wait = WaitForSingleObject(call->event, PATIENCE_MS);

	return wait == WAIT_OBJECT_0 ? reply_in(call)->Status : wait;
}

TEST_F(async, fact_076_buffer_is_filled_for_a_waiter_in_another_thread)
{
	HANDLE thread;
	DWORD code;

	self->call.event = auto_reset_event();
	thread = CreateThread(NULL, 0, wait_in_thread, &self->call, 0, NULL);
	EXPECT_PENDING(&self->call);
	EXPECT_SIGNALLED(thread);
	EXPECT_TRUE(GetExitCodeThread(thread, &code));
	EXPECT_EQ(IP_SUCCESS, code);
	EXPECT_ECHO(&self->call, FAR);
}

TEST_F(async, fact_076_each_request_signals_its_own_event)
{
	struct call calls[2] = { self->call, call_to(self->call.icmp, SILENT) };
	HANDLE events[2];
	int i;

	calls[1].timeout = PLENTY_MS;
	for (i = 0; i < 2; i++) {
		events[i] = auto_reset_event();
		calls[i].event = events[i];
	}
	EXPECT_PENDING(&calls[1]);
	EXPECT_PENDING(&calls[0]);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, events, FALSE, PATIENCE_MS));
	EXPECT_ECHO(&calls[0], FAR);
	EXPECT_EQ(WAIT_OBJECT_0 + 1, WaitForMultipleObjects(2, events, FALSE, PATIENCE_MS));
	EXPECT_EQ(IP_REQ_TIMED_OUT, reply_in(&calls[1])->Status);
}

TEST_F(async, fact_076_all_of_many_events_are_signalled)
{
	struct call calls[8];
	HANDLE events[8];
	int i;

	for (i = 0; i < 8; i++) {
		calls[i] = call_to(self->call.icmp, i % 2 ? FAR : LOOPBACK);
		events[i] = auto_reset_event();
		calls[i].event = events[i];
		EXPECT_PENDING(&calls[i]);
	}
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(8, events, TRUE, PATIENCE_MS));
	for (i = 0; i < 8; i++)
		EXPECT_ECHO(&calls[i], i % 2 ? FAR : LOOPBACK);
}

/* Ours, as the convention of NT is. */
TEST_F(async, fact_077_accepted_request_resets_the_event)
{
	self->call.destination = inet_addr(SILENT);
	self->call.timeout = PLENTY_MS;
	self->call.event = manual_reset_event();
	SetEvent(self->call.event);
	EXPECT_PENDING(&self->call);
	EXPECT_NOT_SIGNALLED(self->call.event);
	EXPECT_SIGNALLED(self->call.event);
}

/* Ours */
TEST_F(async, fact_077_refused_request_leaves_the_event_set)
{
	self->call.event = manual_reset_event();
	SetEvent(self->call.event);
	self->call.destination = INADDR_ANY;
	EXPECT_FAILS(ERROR_INVALID_NETNAME, &self->call);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(self->call.event, 0));
	self->call.destination = inet_addr(UNROUTED);
	EXPECT_FAILS(ERROR_NETWORK_UNREACHABLE, &self->call);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(self->call.event, 0));
}

/* Routines */

/* The ways to wait alertably, for nothing but routines. */
static DWORD wait_alertably(int way)
{
	HANDLE events[2] = { auto_reset_event(), auto_reset_event() };

	switch (way) {
	case 0:
		return SleepEx(PATIENCE_MS, TRUE);
	case 1:
		return WaitForSingleObjectEx(events[0], PATIENCE_MS, TRUE);
	case 2:
		return WaitForMultipleObjectsEx(2, events, FALSE, PATIENCE_MS, TRUE);
	case 3:
		return WaitForMultipleObjectsEx(2, events, TRUE, PATIENCE_MS, TRUE);
	case 4:
		return SignalObjectAndWait(events[0], events[1], PATIENCE_MS, TRUE);
	default:
		return MsgWaitForMultipleObjectsEx(2, events, PATIENCE_MS, QS_ALLINPUT,
						   MWMO_ALERTABLE);
	}
}

TEST_F(async, fact_078_every_alertable_wait_runs_routines)
{
	int way;

	self->call.routine = on_apc;
	for (way = 0; way < 6; way++) {
		EXPECT_PENDING(&self->call);
		EXPECT_EQ(WAIT_IO_COMPLETION, wait_alertably(way))
			TH_LOG("way %d", way);
		EXPECT_EQ(way + 1, apc.calls);
		EXPECT_EQ(GetCurrentThreadId(), apc.thread);
		EXPECT_ECHO(&self->call, FAR);
	}
}

TEST_F(async, fact_078_other_waits_run_no_routine)
{
	HANDLE event = auto_reset_event();
	struct call sync = self->call;

	sync.reply = exact_buffer(REPLY_SIZE);
	self->call.routine = on_apc;
	EXPECT_PENDING(&self->call);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(event, 100));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObjectEx(event, 10, FALSE));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(1, &event, FALSE, 10));
	EXPECT_EQ(0, SleepEx(10, FALSE));
	Sleep(10);
	EXPECT_REPLY(&sync);
	EXPECT_EQ(0, apc.calls);
	EXPECT_APC();
	EXPECT_ECHO(&self->call, FAR);
}

static DWORD WINAPI sleep_alertably(LPVOID arg)
{
	return SleepEx(300, TRUE);
}

TEST_F(async, fact_078_routine_runs_on_the_thread_that_sent)
{
	HANDLE thread;
	DWORD code;

	self->call.routine = on_apc;
	EXPECT_PENDING(&self->call);
	thread = CreateThread(NULL, 0, sleep_alertably, NULL, 0, NULL);
	EXPECT_SIGNALLED(thread);
	EXPECT_TRUE(GetExitCodeThread(thread, &code));
	EXPECT_EQ(0, code);
	EXPECT_EQ(0, apc.calls);
	EXPECT_APC();
	EXPECT_EQ(GetCurrentThreadId(), apc.thread);
}

#define QUEUED 5

TEST_F(async, fact_079_all_queued_routines_run_in_one_wait)
{
	int i;

	self->call.routine = on_apc;
	self->call.destination = inet_addr(LOOPBACK);
	for (i = 0; i < QUEUED; i++) {
		self->call.reply = exact_buffer(REPLY_SIZE);
		EXPECT_PENDING(&self->call);
	}
	/* All have completed when one that was sent later has. */
	self->call.routine = NULL;
	EXPECT_REPLY(&self->call);
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT_EQ(QUEUED, apc.calls);
	EXPECT_NO_APC();
}

/* Which of the two comes first is open; the other one must not be lost. */
TEST_F(async, fact_079_signalled_object_and_routine_both_count)
{
	HANDLE event = auto_reset_event();
	DWORD first;

	self->call.routine = on_apc;
	self->call.destination = inet_addr(LOOPBACK);
	EXPECT_PENDING(&self->call);
	Sleep(100);
	SetEvent(event);
	first = WaitForSingleObjectEx(event, PATIENCE_MS, TRUE);
	if (first == WAIT_OBJECT_0) {
		EXPECT_EQ(0, apc.calls);
		EXPECT_APC();
	} else {
		EXPECT_EQ(WAIT_IO_COMPLETION, first);
		EXPECT_EQ(1, apc.calls);
		EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(event, 0));
	}
}

TEST_F(async, fact_080_routine_gets_its_context)
{
	static void *const contexts[] = { NULL, &apc, (void *)~(uintptr_t)0 };
	int i;

	self->call.routine = on_apc;
	for (i = 0; i < 3; i++) {
		self->call.context = contexts[i];
		EXPECT_PENDING(&self->call);
		EXPECT_APC();
		EXPECT_EQ(contexts[i], apc.context);
		EXPECT_NE(NULL, apc.block);
		EXPECT_EQ(0, apc.reserved);
	}
}

static int nesting, deepest;

static VOID NTAPI count_nesting(PVOID context, PIO_STATUS_BLOCK block, ULONG reserved)
{
	if (++nesting > deepest)
		deepest = nesting;
	apc.calls++;
	Sleep(5);
	nesting--;
}

TEST_F(async, fact_080_routines_run_one_at_a_time)
{
	int i;

	self->call.routine = count_nesting;
	for (i = 0; i < QUEUED; i++) {
		self->call.reply = exact_buffer(REPLY_SIZE);
		EXPECT_PENDING(&self->call);
	}
	while (apc.calls < QUEUED)
		ASSERT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT_EQ(1, deepest);
}

/* A routine may send the next request, as clients with a chain of probes do. */
static VOID NTAPI send_again(PVOID context, PIO_STATUS_BLOCK block, ULONG reserved)
{
	struct call *call = context;

	if (++apc.calls < QUEUED)
		send_call(call);
}

TEST_F(async, fact_080_routine_may_send_again)
{
	self->call.routine = send_again;
	self->call.context = &self->call;
	EXPECT_PENDING(&self->call);
	while (apc.calls < QUEUED)
		ASSERT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT_ECHO(&self->call, FAR);
	EXPECT_NO_APC();
}

TEST_F(async, fact_081_information_of_success_is_structure_and_data)
{
	self->call.routine = on_apc;
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0, (is_64_bit() ? 40 : 28) + DATA_SIZE);
	self->call.size = 0;
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0, is_64_bit() ? 40 : 28);
}

/* The status is ours. It does not say success. */
TEST_F(async, fact_081_status_of_a_time_out_is_timeout)
{
	self->call.routine = on_apc;
	self->call.destination = inet_addr(SILENT);
	self->call.timeout = 30;
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0x102, sizeof(ICMP_ECHO_REPLY));
	EXPECT_EQ(IP_REQ_TIMED_OUT, reply_in(&self->call)->Status);
}

/* Ours: IcmpParseReplies() returns 0 for these. */
TEST_F(async, fact_081_status_without_a_reply_is_an_error)
{
	static char long_request[2000];
	IP_OPTION_INFORMATION df = { .Flags = IP_FLAG_DF };
	IP_OPTION_INFORMATION bad = { .OptionsSize = 4, .OptionsData = (PUCHAR)"\x07\xff\x04" };
	struct call call = self->call;

	call.routine = on_apc;
	call.reply_size = REPLY_SIZE - 1;
	EXPECT_PENDING(&call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0xC0000001, sizeof(ICMP_ECHO_REPLY));
	EXPECT_FAILURE(IP_GENERAL_FAILURE, IcmpParseReplies(call.reply, call.reply_size));

	call.reply_size = REPLY_SIZE;
	call.options = &bad;
	EXPECT_PENDING(&call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0xC0000001, sizeof(ICMP_ECHO_REPLY));
	EXPECT_FAILURE(IP_BAD_OPTION, IcmpParseReplies(call.reply, call.reply_size));

	call.data = long_request;
	call.size = sizeof(long_request);
	call.options = &df;
	EXPECT_PENDING(&call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0xC0000001, sizeof(ICMP_ECHO_REPLY));
	EXPECT_FAILURE(IP_PACKET_TOO_BIG, IcmpParseReplies(call.reply, call.reply_size));
}

/* Ours. Errors of routers are replies, which are counted. */
TEST_F(async, fact_081_status_of_an_icmp_error_is_success)
{
	IP_OPTION_INFORMATION options = { .Ttl = 1 };

	self->call.routine = on_apc;
	self->call.options = &options;
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0, sizeof(ICMP_ECHO_REPLY));
	EXPECT_EQ(IP_TTL_EXPIRED_TRANSIT, reply_in(&self->call)->Status);

	path_route_of_type(&self->path, FAR, RTN_UNREACHABLE);
	self->call.options = NULL;
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_IO_STATUS(0, sizeof(ICMP_ECHO_REPLY));
	EXPECT_EQ(IP_DEST_HOST_UNREACHABLE, reply_in(&self->call)->Status);
}

/* There is no room for an IO_STATUS_BLOCK in the buffer, and none is taken. */
TEST_F(async, fact_082_io_status_is_not_in_the_buffer)
{
	self->call.routine = on_apc;
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_ECHO(&self->call, FAR);
	EXPECT_FALSE((char *)apc.block >= (char *)self->call.reply &&
		     (char *)apc.block < (char *)self->call.reply + REPLY_SIZE);
}

TEST_F(async, fact_083_time_out_applies_to_asynchronous_requests)
{
	struct late_tries by_event = {}, by_routine = {};
	unsigned long long start;

	self->call.destination = inet_addr(SILENT);
	self->call.timeout = 100;
	self->call.event = auto_reset_event();
	do {
		start = now_ms();
		EXPECT_PENDING(&self->call);
		EXPECT_SIGNALLED(self->call.event);
	} while (try_again(&by_event, 100, now_ms() - start));
	EXPECT_LE(80, by_event.shortest);
	EXPECT_GE(100 + LATE_MS, by_event.last);
	EXPECT_EQ(IP_REQ_TIMED_OUT, reply_in(&self->call)->Status);

	self->call.event = NULL;
	self->call.routine = on_apc;
	do {
		start = now_ms();
		EXPECT_PENDING(&self->call);
		EXPECT_APC();
	} while (try_again(&by_routine, 100, now_ms() - start));
	EXPECT_LE(80, by_routine.shortest);
	EXPECT_GE(100 + LATE_MS, by_routine.last);
	EXPECT_FAILURE(IP_REQ_TIMED_OUT,
		       IcmpParseReplies(self->call.reply, self->call.reply_size));
}

/* Ours, as in contract_reply */
TEST_F(async, fact_064_time_out_below_16_ms_is_16_ms)
{
	unsigned long long start;

	self->call.routine = on_apc;
	self->call.destination = inet_addr(SILENT);
	self->call.timeout = 0;
	start = now_ms();
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_LE(16, now_ms() - start);
	EXPECT_EQ(IP_REQ_TIMED_OUT, reply_in(&self->call)->Status);
}

static DWORD WINAPI send_and_exit(LPVOID arg)
{
	return send_call(arg) ? 0 : GetLastError();
}

static void send_in_a_thread_that_ends(struct __test_metadata *_metadata, struct call *call)
{
	HANDLE thread = CreateThread(NULL, 0, send_and_exit, call, 0, NULL);
	DWORD code;

	EXPECT_SIGNALLED(thread);
	EXPECT_TRUE(GetExitCodeThread(thread, &code));
	EXPECT_EQ(ERROR_IO_PENDING, code);
}

TEST_F(async, fact_084_event_comes_after_the_thread_has_ended)
{
	self->call.destination = inet_addr(SILENT);
	self->call.timeout = 300;
	self->call.event = auto_reset_event();
	self->call.routine = on_apc;
	send_in_a_thread_that_ends(_metadata, &self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_EQ(IP_REQ_TIMED_OUT, reply_in(&self->call)->Status);

	self->call.destination = inet_addr(FAR);
	self->call.timeout = ANSWER_MS;
	send_in_a_thread_that_ends(_metadata, &self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_ECHO(&self->call, FAR);
	EXPECT_NO_APC();
}

/* That the buffer is left alone then is ours. */
TEST_F(async, fact_084_routine_is_lost_with_its_thread)
{
	self->call.routine = on_apc;
	send_in_a_thread_that_ends(_metadata, &self->call);
	EXPECT_EQ(0, SleepEx(300, TRUE));
	IcmpCloseHandle(self->call.icmp);
	IcmpCloseHandle(IcmpCreateFile());
	EXPECT_EQ(0, apc.calls);
	EXPECT_TRUE(is_untouched(self->call.reply, REPLY_SIZE, 0));
}

TEST_F(async, fact_085_parse_is_possible_but_not_needed)
{
	self->call.event = auto_reset_event();
	EXPECT_PENDING(&self->call);
	EXPECT_SIGNALLED(self->call.event);
	EXPECT_ECHO(&self->call, FAR);
	EXPECT_EQ(1, IcmpParseReplies(self->call.reply, self->call.reply_size));

	self->call.event = NULL;
	self->call.routine = on_apc;
	EXPECT_PENDING(&self->call);
	EXPECT_APC();
	EXPECT_ECHO(&self->call, FAR);
	EXPECT_EQ(1, IcmpParseReplies(self->call.reply, self->call.reply_size));
}

TEST_HARNESS_MAIN
