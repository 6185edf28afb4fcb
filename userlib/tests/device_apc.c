// SPDX-License-Identifier: MIT
/* APC routines of echo requests on a real device. */
#define TAP_PART
#include <winsock2.h>
#include <process.h>
#include <winternl.h>
#define PIO_APC_ROUTINE_DEFINED
#include "device.h"

/* What a routine was called with. */
struct call {
	unsigned int count;
	DWORD thread;
	IO_STATUS_BLOCK status;
	ULONG reserved;
	/* To issue one request more from within, or not. */
	HANDLE again;
	PICMP_ECHO_REPLY reply;
};

static VOID NTAPI note_call(PVOID context, PIO_STATUS_BLOCK status, ULONG reserved)
{
	struct call *call = context;

	call->count++;
	call->thread = GetCurrentThreadId();
	call->status = *status;
	call->reserved = reserved;
	if (call->again && call->count == 1)
		IcmpSendEcho2(call->again, NULL, note_call, call, loopback(), pattern,
			      PAYLOAD_SIZE, NULL, call->reply, REPLY_SIZE, 1000);
}

static DWORD send_apc(HANDLE icmp, struct call *call, IPAddr destination, void *reply,
		      DWORD timeout)
{
	return IcmpSendEcho2(icmp, NULL, note_call, call, destination, pattern, PAYLOAD_SIZE,
			     NULL, reply, REPLY_SIZE, timeout);
}

TEST(apc_runs_in_an_alertable_wait_only)
{
	struct call call = { 0 };
	PICMP_ECHO_REPLY reply;
	HANDLE icmp, event;

	need_device();
	icmp = IcmpCreateFile();
	event = CreateEvent(NULL, TRUE, TRUE, NULL);
	reply = new_reply(REPLY_SIZE);
	SetLastError(0);
	CHECK_EQ(send_apc(icmp, &call, loopback(), reply, 1000), 0);
	CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
	Sleep(50);
	CHECK_EQ(SleepEx(0, FALSE), 0);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	/* What is set comes first. */
	CHECK_EQ(WaitForSingleObjectEx(event, 0, TRUE), WAIT_OBJECT_0);
	CHECK_EQ(call.count, 0);
	CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
	CHECK_EQ(call.count, 1);
	CHECK_EQ(call.thread, GetCurrentThreadId());
	CHECK_EQ(call.reserved, 0);
	CHECK_EQ(call.status.Status, STATUS_SUCCESS);
	CHECK_EQ(call.status.Information, REPLY_SIZE);
	CHECK(is_whole_reply(reply));
	CHECK_EQ(IcmpParseReplies(reply, REPLY_SIZE), 1);
	CHECK_EQ(SleepEx(0, TRUE), 0);
	CHECK_EQ(call.count, 1);
	free(reply);
	CloseHandle(event);
	IcmpCloseHandle(icmp);
}

TEST(every_alertable_wait_runs_apcs)
{
	HANDLE icmp, events[2], other;
	struct call call = { 0 };
	PICMP_ECHO_REPLY reply;
	DWORD ret = 0;
	int kind;

	need_device();
	icmp = IcmpCreateFile();
	events[0] = CreateEvent(NULL, TRUE, FALSE, NULL);
	events[1] = CreateEvent(NULL, TRUE, FALSE, NULL);
	other = CreateEvent(NULL, TRUE, FALSE, NULL);
	reply = new_reply(REPLY_SIZE);
	for (kind = 0; kind < 6; kind++) {
		memset(&call, 0, sizeof(call));
		send_apc(icmp, &call, loopback(), reply, 1000);
		if (kind == 0)
			ret = WaitForSingleObjectEx(events[0], 5000, TRUE);
		else if (kind == 1)
			ret = WaitForMultipleObjectsEx(2, events, FALSE, 5000, TRUE);
		else if (kind == 2)
			ret = WaitForMultipleObjectsEx(2, events, TRUE, 5000, TRUE);
		else if (kind == 3)
			ret = SignalObjectAndWait(other, events[0], 5000, TRUE);
		else if (kind == 4)
			ret = MsgWaitForMultipleObjectsEx(2, events, 5000, QS_ALLINPUT,
							  MWMO_ALERTABLE);
		else
			ret = SleepEx(5000, TRUE);
		CHECK_EQ(ret, WAIT_IO_COMPLETION);
		CHECK_EQ(call.count, 1);
	}
	CHECK_EQ(WaitForSingleObject(other, 0), WAIT_OBJECT_0);
	free(reply);
	CloseHandle(events[0]);
	CloseHandle(events[1]);
	CloseHandle(other);
	IcmpCloseHandle(icmp);
}

TEST(apc_of_a_time_out_has_no_data)
{
	struct call call = { 0 };
	PICMP_ECHO_REPLY reply;
	uint64_t start;
	HANDLE icmp;

	need_device();
	icmp = IcmpCreateFile();
	reply = new_reply(REPLY_SIZE);
	start = now_ms();
	send_apc(icmp, &call, silent(), reply, 50);
	CHECK_EQ(SleepEx(10, TRUE), 0);
	CHECK_EQ(SleepEx(5000, TRUE), WAIT_IO_COMPLETION);
	CHECK(now_ms() - start >= 49);
	CHECK_EQ(call.status.Status, STATUS_TIMEOUT);
	CHECK_EQ(call.status.Information, sizeof(ICMP_ECHO_REPLY));
	CHECK_EQ(IcmpParseReplies(reply, REPLY_SIZE), 0);
	CHECK_EQ(GetLastError(), IP_REQ_TIMED_OUT);
	free(reply);
	IcmpCloseHandle(icmp);
}

TEST(event_takes_the_place_of_the_apc)
{
	struct call call = { 0 };
	PICMP_ECHO_REPLY reply;
	HANDLE icmp, event;

	need_device();
	icmp = IcmpCreateFile();
	event = CreateEvent(NULL, FALSE, FALSE, NULL);
	reply = new_reply(REPLY_SIZE);
	CHECK_EQ(IcmpSendEcho2(icmp, event, note_call, &call, loopback(), pattern, PAYLOAD_SIZE,
			       NULL, reply, REPLY_SIZE, 1000), 0);
	CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
	CHECK_EQ(WaitForSingleObjectEx(event, 2000, TRUE), WAIT_OBJECT_0);
	CHECK(is_whole_reply(reply));
	CHECK_EQ(SleepEx(20, TRUE), 0);
	CHECK_EQ(call.count, 0);
	free(reply);
	CloseHandle(event);
	IcmpCloseHandle(icmp);
}

TEST(refused_request_calls_no_apc)
{
	struct call call = { 0 };
	PICMP_ECHO_REPLY reply;
	HANDLE icmp;

	need_device();
	icmp = IcmpCreateFile();
	reply = new_reply(REPLY_SIZE);
	CHECK_EQ(send_apc(icmp, &call, 0, reply, 50), 0);
	CHECK_EQ(GetLastError(), ERROR_INVALID_NETNAME);
	CHECK_EQ(send_apc(icmp, &call, inet_addr("203.0.113.1"), reply, 50), 0);
	CHECK_EQ(GetLastError(), ERROR_NETWORK_UNREACHABLE);
	CHECK_EQ(SleepEx(100, TRUE), 0);
	CHECK_EQ(call.count, 0);
	free(reply);
	IcmpCloseHandle(icmp);
}

TEST(apc_comes_after_the_handle_is_closed)
{
	struct call calls[2] = { { 0 }, { 0 } };
	PICMP_ECHO_REPLY replies[2];
	HANDLE icmp;

	need_device();
	icmp = IcmpCreateFile();
	replies[0] = new_reply(REPLY_SIZE);
	replies[1] = new_reply(REPLY_SIZE);
	send_apc(icmp, &calls[0], loopback(), replies[0], 1000);
	send_apc(icmp, &calls[1], silent(), replies[1], 50);
	CHECK(IcmpCloseHandle(icmp));
	while (!calls[0].count || !calls[1].count) {
		if (SleepEx(2000, TRUE) != WAIT_IO_COMPLETION)
			break;
	}
	CHECK(calls[0].count == 1 && is_whole_reply(replies[0]));
	CHECK(calls[1].count == 1 && replies[1]->Status == IP_REQ_TIMED_OUT);
	free(replies[0]);
	free(replies[1]);
}

TEST(apc_can_send_the_next_request)
{
	struct call call = { 0 };
	HANDLE icmp;

	need_device();
	icmp = IcmpCreateFile();
	call.again = icmp;
	call.reply = new_reply(REPLY_SIZE);
	send_apc(icmp, &call, loopback(), call.reply, 1000);
	while (call.count < 2 && SleepEx(2000, TRUE) == WAIT_IO_COMPLETION)
		;
	CHECK_EQ(call.count, 2);
	CHECK(is_whole_reply(call.reply));
	free(call.reply);
	IcmpCloseHandle(icmp);
}

/* Threads share a handle, so that each collects what is for the others. */
#define PROBERS 6
#define PROBES 200

static unsigned int WINAPI prober(void *icmp)
{
	PICMP_ECHO_REPLY replies[PROBES];
	struct call calls[PROBES];
	unsigned int wrong = 0, i, done = 0;

	memset(calls, 0, sizeof(calls));
	for (i = 0; i < PROBES; i++) {
		replies[i] = new_reply(REPLY_SIZE);
		if (send_apc(icmp, &calls[i], loopback(), replies[i], 10000) ||
		    GetLastError() != ERROR_IO_PENDING)
			wrong++;
	}
	while (done < PROBES && SleepEx(20000, TRUE) == WAIT_IO_COMPLETION) {
		for (i = 0, done = 0; i < PROBES; i++)
			done += calls[i].count;
	}
	for (i = 0; i < PROBES; i++) {
		if (calls[i].count != 1 || calls[i].thread != GetCurrentThreadId() ||
		    !is_whole_reply(replies[i]))
			wrong++;
		free(replies[i]);
	}
	return wrong;
}

TEST(each_thread_runs_its_own_apcs)
{
	HANDLE icmp, threads[PROBERS];
	DWORD code;
	size_t i;

	need_device();
	icmp = IcmpCreateFile();
	for (i = 0; i < PROBERS; i++)
		threads[i] = (HANDLE)_beginthreadex(NULL, 0, prober, icmp, 0, NULL);
	CHECK_EQ(WaitForMultipleObjects(PROBERS, threads, TRUE, 60000), WAIT_OBJECT_0);
	for (i = 0; i < PROBERS; i++) {
		CHECK(GetExitCodeThread(threads[i], &code));
		CHECK_EQ(code, 0);
		CloseHandle(threads[i]);
	}
	IcmpCloseHandle(icmp);
}

struct leaver {
	HANDLE icmp, event;
	PICMP_ECHO_REPLY with_event, with_apc;
	struct call call;
};

static DWORD WINAPI leave(LPVOID arg)
{
	struct leaver *leaver = arg;

	IcmpSendEcho2(leaver->icmp, leaver->event, note_call, &leaver->call, silent(), pattern,
		      PAYLOAD_SIZE, NULL, leaver->with_event, REPLY_SIZE, 50);
	send_apc(leaver->icmp, &leaver->call, silent(), leaver->with_apc, 50);
	send_apc(leaver->icmp, &leaver->call, loopback(), leaver->with_apc, 50);
	return 7;
}

TEST(requests_of_an_ended_thread_complete_their_events_only)
{
	struct leaver leaver = { 0 };
	PICMP_ECHO_REPLY reply;
	HANDLE thread;
	DWORD code;

	need_device();
	leaver.icmp = IcmpCreateFile();
	leaver.event = CreateEvent(NULL, FALSE, FALSE, NULL);
	leaver.with_event = new_reply(REPLY_SIZE);
	leaver.with_apc = new_reply(REPLY_SIZE);
	thread = CreateThread(NULL, 0, leave, &leaver, 0, NULL);
	CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
	CHECK(GetExitCodeThread(thread, &code) && code == 7);
	CloseHandle(thread);
	/* From now on it is not written to: the sanitizer watches. */
	free(leaver.with_apc);
	CHECK_EQ(WaitForSingleObjectEx(leaver.event, 5000, TRUE), WAIT_OBJECT_0);
	CHECK_EQ(leaver.with_event->Status, IP_REQ_TIMED_OUT);
	Sleep(20);
	/* Collects what is left. */
	reply = new_reply(REPLY_SIZE);
	IcmpSendEcho2(leaver.icmp, leaver.event, NULL, NULL, loopback(), pattern, PAYLOAD_SIZE,
		      NULL, reply, REPLY_SIZE, 1000);
	CHECK_EQ(WaitForSingleObjectEx(leaver.event, 5000, TRUE), WAIT_OBJECT_0);
	CHECK_EQ(leaver.call.count, 0);
	free(reply);
	free(leaver.with_event);
	CloseHandle(leaver.event);
	IcmpCloseHandle(leaver.icmp);
}
