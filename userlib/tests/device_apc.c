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
};

static VOID NTAPI note_call(PVOID context, PIO_STATUS_BLOCK status, ULONG reserved)
{
	struct call *call = context;

	call->count++;
	call->thread = GetCurrentThreadId();
	call->status = *status;
	call->reserved = reserved;
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
	/* A signalled object comes first. */
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

/* The threads share a handle, so each also collects the others' completions. */
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
	/* The sanitizer sees it if the library still writes to it. */
	free(leaver.with_apc);
	CHECK_EQ(WaitForSingleObjectEx(leaver.event, 5000, TRUE), WAIT_OBJECT_0);
	CHECK_EQ(leaver.with_event->Status, IP_REQ_TIMED_OUT);
	Sleep(20);
	/* One more request collects the completions that are left. */
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
