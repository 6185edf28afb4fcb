// SPDX-License-Identifier: MIT
/*
 * The library on a real device: run as root where the module is loaded. Works in
 * a network namespace of its own. Of several files: this one is about IPv4 with
 * and without events, and the native API.
 *
 * That the functions of Windows keep their contract is tested in selftests/. Here
 * is what goes beyond it: threads, signals, descriptors, the address sanitizer.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "device.h"

static bool run(const char *command)
{
	return system(command) == 0;
}

static bool make_network(void)
{
	return unshare(CLONE_NEWNET) == 0 && run("ip link set lo up") &&
	       run("ip link add silent type dummy") &&
	       run("ip link set silent arp off up") &&
	       run("ip addr add 10.77.0.1/24 brd + dev silent") &&
	       run("ip addr add fd77::1/64 dev silent nodad");
}

void need_device(void)
{
	struct icmpecho *handle = icmpecho_open();
	static bool is_ready;

	if (!handle)
		SKIP(icmpecho_strerror_open(errno));
	icmpecho_close(handle);
	if (!is_ready && !make_network())
		SKIP("no network namespace can be made here");
	is_ready = true;
}

char pattern[PAYLOAD_SIZE] = "0123456789abcdef0123456789ABCDE";

IPAddr loopback(void)
{
	return htonl(INADDR_LOOPBACK);
}

IPAddr silent(void)
{
	return inet_addr("10.77.0.9");
}

uint64_t now_ms(void)
{
	return icmpecho_deadline_ns(0) / 1000000;
}

static DWORD send_async(HANDLE icmp, HANDLE event, IPAddr destination, void *reply, DWORD timeout)
{
	return IcmpSendEcho2(icmp, event, NULL, NULL, destination, pattern, sizeof(pattern), NULL,
			     reply, REPLY_SIZE, timeout);
}

PICMP_ECHO_REPLY new_reply(size_t size)
{
	void *reply = malloc(size);

	memset(reply, 0xa5, size);
	return (PICMP_ECHO_REPLY)reply;
}

bool is_whole_reply(const ICMP_ECHO_REPLY *reply)
{
	return reply->Status == IP_SUCCESS && reply->Address == loopback() &&
	       reply->DataSize == sizeof(pattern) && reply->Data == reply + 1 &&
	       !memcmp(reply->Data, pattern, sizeof(pattern));
}

/* Synchronous */

/* Each is refused at once, also with an event, which stays set or not set. */
TEST(refused_request_leaves_the_event_alone)
{
	IP_OPTION_INFORMATION reverse = { .Flags = IP_FLAG_REVERSE };
	IP_OPTION_INFORMATION no_data = { .OptionsSize = 4 };
	const struct {
		IPAddr source, destination;
		PVOID data;
		PIP_OPTION_INFORMATION options;
		DWORD error;
	} cases[] = {
		{ 0, 0, pattern, NULL, ERROR_INVALID_NETNAME },
		{ inet_addr("1.1.1.1"), loopback(), pattern, NULL, ERROR_INVALID_NETNAME },
		{ 0, inet_addr("203.0.113.1"), pattern, NULL, ERROR_NETWORK_UNREACHABLE },
		{ 0, loopback(), NULL, NULL, ERROR_INVALID_PARAMETER },
		{ 0, loopback(), (PVOID)16, NULL, ERROR_NOACCESS },
		{ 0, loopback(), pattern, &reverse, ERROR_NOT_SUPPORTED },
		{ 0, loopback(), pattern, &no_data, ERROR_INVALID_PARAMETER },
	};
	PICMP_ECHO_REPLY reply;
	HANDLE icmp, event;
	size_t i;
	int set;

	need_device();
	icmp = IcmpCreateFile();
	reply = new_reply(REPLY_SIZE);
	event = CreateEvent(NULL, TRUE, FALSE, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (set = 0; set < 2; set++) {
			if (set)
				SetEvent(event);
			else
				ResetEvent(event);
			SetLastError(0);
			CHECK_EQ(IcmpSendEcho2Ex(icmp, event, NULL, NULL, cases[i].source,
						 cases[i].destination, cases[i].data, 32,
						 cases[i].options, reply, REPLY_SIZE, 100), 0);
			CHECK_EQ(GetLastError(), cases[i].error);
			CHECK_EQ(WaitForSingleObject(event, 0), set ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
		}
		CHECK_EQ(IcmpSendEcho2Ex(icmp, NULL, NULL, NULL, cases[i].source,
					 cases[i].destination, cases[i].data, 32, cases[i].options,
					 reply, REPLY_SIZE, 100), 0);
		CHECK_EQ(GetLastError(), cases[i].error);
	}
	CloseHandle(event);
	free(reply);
	IcmpCloseHandle(icmp);
}

TEST(time_out_is_on_time)
{
	static const DWORD timeouts[] = { 0, 1, 30, 200 };
	PICMP_ECHO_REPLY reply;
	uint64_t start, took;
	HANDLE icmp;
	size_t i;

	need_device();
	icmp = IcmpCreateFile();
	reply = new_reply(REPLY_SIZE);
	for (i = 0; i < 4; i++) {
		start = now_ms();
		CHECK_EQ(IcmpSendEcho(icmp, silent(), pattern, sizeof(pattern), NULL, reply,
				      REPLY_SIZE, timeouts[i]), 0);
		CHECK_EQ(GetLastError(), IP_REQ_TIMED_OUT);
		took = now_ms() - start;
		CHECK(took + 1 >= timeouts[i] && took < timeouts[i] + 600);
	}
	free(reply);
	IcmpCloseHandle(icmp);
}

static void ignore_signal(int number)
{
	(void)number;
}

static void start_alarms(void)
{
	struct sigaction action = { .sa_handler = ignore_signal };

	sigaction(SIGALRM, &action, NULL);
	ualarm(10000, 10000);
}

TEST(signals_do_not_end_a_synchronous_call)
{
	PICMP_ECHO_REPLY reply;
	uint64_t start;
	HANDLE icmp;

	need_device();
	icmp = IcmpCreateFile();
	reply = new_reply(REPLY_SIZE);
	start = now_ms();
	start_alarms();
	CHECK_EQ(IcmpSendEcho(icmp, silent(), pattern, sizeof(pattern), NULL, reply, REPLY_SIZE,
			      200), 0);
	ualarm(0, 0);
	CHECK_EQ(GetLastError(), IP_REQ_TIMED_OUT);
	CHECK(now_ms() - start >= 199);
	free(reply);
	IcmpCloseHandle(icmp);
}

/* With an event */

TEST(closed_handle_still_completes)
{
	PICMP_ECHO_REPLY replied, timed_out;
	HANDLE icmp, events[2];

	need_device();
	icmp = IcmpCreateFile();
	events[0] = CreateEvent(NULL, FALSE, FALSE, NULL);
	events[1] = CreateEvent(NULL, FALSE, FALSE, NULL);
	replied = new_reply(REPLY_SIZE);
	timed_out = new_reply(REPLY_SIZE);
	send_async(icmp, events[0], loopback(), replied, 1000);
	send_async(icmp, events[1], silent(), timed_out, 50);
	CHECK(IcmpCloseHandle(icmp));
	CHECK(!IcmpCloseHandle(icmp));
	CHECK_EQ(WaitForSingleObject(events[0], 1000), WAIT_OBJECT_0);
	CHECK(is_whole_reply(replied));
	CHECK_EQ(WaitForSingleObject(events[1], 1000), WAIT_OBJECT_0);
	CHECK_EQ(timed_out->Status, IP_REQ_TIMED_OUT);
	free(replied);
	free(timed_out);
	CloseHandle(events[0]);
	CloseHandle(events[1]);
}

TEST(forgotten_requests_are_done_by_the_next_create_file)
{
	PICMP_ECHO_REPLY reply;
	HANDLE icmp, event;

	need_device();
	icmp = IcmpCreateFile();
	event = CreateEvent(NULL, FALSE, FALSE, NULL);
	reply = new_reply(REPLY_SIZE);
	send_async(icmp, event, loopback(), reply, 1000);
	IcmpCloseHandle(icmp);
	CloseHandle(event);
	usleep(50000);
	IcmpCloseHandle(IcmpCreateFile());
	CHECK(is_whole_reply(reply));
	free(reply);
}

TEST(one_event_serves_requests_of_several_handles)
{
	PICMP_ECHO_REPLY replies[8];
	HANDLE icmp[8], event;
	size_t i, done;

	need_device();
	event = CreateEvent(NULL, FALSE, FALSE, NULL);
	for (i = 0; i < 8; i++) {
		icmp[i] = IcmpCreateFile();
		replies[i] = new_reply(REPLY_SIZE);
		replies[i]->Status = IP_PENDING;
	}
	for (i = 0; i < 8; i++)
		send_async(icmp[i], event, loopback(), replies[i], 1000);
	do {
		CHECK_EQ(WaitForSingleObject(event, 1000), WAIT_OBJECT_0);
		for (i = 0, done = 0; i < 8; i++)
			done += replies[i]->Status != IP_PENDING;
	} while (done < 8 && !tap_failed);
	for (i = 0; i < 8; i++) {
		CHECK(is_whole_reply(replies[i]));
		free(replies[i]);
		IcmpCloseHandle(icmp[i]);
	}
	CloseHandle(event);
}

TEST(parse_replies_fills_the_buffer_after_poll)
{
	PICMP_ECHO_REPLY reply;
	struct pollfd pollfd;
	HANDLE icmp, event;

	need_device();
	icmp = IcmpCreateFile();
	event = CreateEvent(NULL, FALSE, FALSE, NULL);
	pollfd = (struct pollfd){ .fd = icmpecho_event_fd(event), .events = POLLIN };
	reply = new_reply(REPLY_SIZE);
	send_async(icmp, event, loopback(), reply, 1000);
	CHECK_EQ(poll(&pollfd, 1, 1000), 1);
	CHECK_EQ(IcmpParseReplies(reply, REPLY_SIZE), 1);
	CHECK(is_whole_reply(reply));
	free(reply);
	CloseHandle(event);
	IcmpCloseHandle(icmp);
}

struct shared {
	HANDLE icmp, event;
	PICMP_ECHO_REPLY reply;
	_Atomic unsigned int wrong;
};

static void *async_sender(void *arg)
{
	struct shared *shared = arg;
	HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
	PICMP_ECHO_REPLY reply = new_reply(REPLY_SIZE);
	int i;

	for (i = 0; i < 500; i++) {
		memset(reply, 0xa5, REPLY_SIZE);
		send_async(shared->icmp, event, loopback(), reply, 5000);
		if (WaitForSingleObject(event, 10000) != WAIT_OBJECT_0 || !is_whole_reply(reply) ||
		    IcmpParseReplies(reply, REPLY_SIZE) != 1)
			shared->wrong++;
	}
	free(reply);
	CloseHandle(event);
	return NULL;
}

/* Each thread also collects the others' completions, and must find its own buffer filled. */
TEST(waiters_of_one_handle_find_their_own_replies)
{
	struct shared shared = { 0 };
	pthread_t threads[8];
	size_t i;

	need_device();
	shared.icmp = IcmpCreateFile();
	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, async_sender, &shared);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(shared.wrong, 0);
	IcmpCloseHandle(shared.icmp);
}

static void *manual_waiter(void *arg)
{
	struct shared *shared = arg;

	if (WaitForSingleObject(shared->event, 5000) != WAIT_OBJECT_0 ||
	    !is_whole_reply(shared->reply))
		shared->wrong++;
	return NULL;
}

TEST(all_waiters_of_one_event_find_the_reply)
{
	struct shared shared = { 0 };
	pthread_t threads[8];
	int round;
	size_t i;

	need_device();
	shared.icmp = IcmpCreateFile();
	shared.event = CreateEvent(NULL, TRUE, FALSE, NULL);
	shared.reply = new_reply(REPLY_SIZE);
	for (round = 0; round < 50; round++) {
		memset(shared.reply, 0xa5, REPLY_SIZE);
		ResetEvent(shared.event);
		for (i = 0; i < 8; i++)
			pthread_create(&threads[i], NULL, manual_waiter, &shared);
		send_async(shared.icmp, shared.event, loopback(), shared.reply, 1000);
		for (i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
	}
	CHECK_EQ(shared.wrong, 0);
	free(shared.reply);
	CloseHandle(shared.event);
	IcmpCloseHandle(shared.icmp);
}

/* Native */

TEST(info_names_the_version)
{
	struct icmpecho *handle;
	struct icmpecho_info info;

	need_device();
	handle = icmpecho_open();
	CHECK_EQ(icmpecho_get_info(handle, &info), 0);
	CHECK_EQ(info.abi_version, ICMPECHO_ABI_VERSION);
	CHECK(info.features & ICMPECHO_FEATURE_IPV4);
	CHECK(info.max_payload >= 65507);
	CHECK(info.max_timeout_ns >= 0xffffffffULL * 1000000);
	icmpecho_close(handle);
}

TEST(interrupted_send_goes_on_with_its_id)
{
	unsigned char record[ICMPECHO_RECORD_LEN(0)] __attribute__((aligned(8)));
	const struct icmpecho_completion *c;
	struct icmpecho_echo echo;
	struct in_addr dst;
	struct icmpecho *handle;
	int ret, interrupts = 0;
	uint64_t id = 0, first_id = 0;

	need_device();
	handle = icmpecho_open();
	dst.s_addr = silent();
	icmpecho_echo_ipv4(&echo, dst, NULL, 0, 200000000);
	start_alarms();
	while ((ret = icmpecho_send(handle, &echo, record, sizeof(record), &id)) < 0 &&
	       errno == EINTR) {
		interrupts++;
		if (!first_id)
			first_id = id;
		CHECK_EQ(id, first_id);
	}
	ualarm(0, 0);
	CHECK_EQ(ret, 0);
	CHECK(interrupts > 0 && first_id);
	c = icmpecho_next_completion(record, sizeof(record), NULL);
	CHECK(c && c->id == first_id && c->status == ICMPECHO_STATUS_TIMED_OUT);
	icmpecho_close(handle);
}

TEST(cancelled_request_completes)
{
	unsigned char records[4 * ICMPECHO_RECORD_LEN(0)] __attribute__((aligned(8)));
	const struct icmpecho_completion *c = NULL;
	struct icmpecho_echo echoes[3];
	struct icmpecho *handle;
	struct in_addr dst;
	uint64_t i, count;
	int efd = eventfd(0, EFD_NONBLOCK);

	need_device();
	handle = icmpecho_open();
	CHECK_EQ(icmpecho_set_eventfd(handle, efd), 0);
	dst.s_addr = silent();
	for (i = 0; i < 3; i++) {
		icmpecho_echo_ipv4(&echoes[i], dst, NULL, 0, 60000000000);
		echoes[i].user_data = i;
	}
	CHECK_EQ(icmpecho_submit(handle, echoes, 3), 3);
	CHECK_EQ(icmpecho_cancel(handle, echoes[1].id), 0);
	CHECK_EQ(icmpecho_cancel(handle, echoes[1].id), -1);
	CHECK_EQ(errno, ENOENT);
	CHECK_EQ(icmpecho_cancel_all(handle), 2);
	CHECK_EQ(icmpecho_reap(handle, records, sizeof(records), 3, 3, ICMPECHO_FOREVER), 3);
	for (i = 0; i < 3; i++) {
		c = icmpecho_next_completion(records, sizeof(records), c);
		CHECK(c && c->status == ICMPECHO_STATUS_CANCELLED);
		CHECK(c && c->user_data == (i == 0 ? 1 : i == 1 ? 0 : 2));
	}
	CHECK_EQ(icmpecho_reap(handle, records, sizeof(records), 1, 1,
			       icmpecho_deadline_ns(10000000)), 0);
	CHECK(read(efd, &count, sizeof(count)) == sizeof(count) && count == 3);
	CHECK_EQ(icmpecho_set_eventfd(handle, -1), 0);
	close(efd);
	icmpecho_close(handle);
}
