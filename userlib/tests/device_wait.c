// SPDX-License-Identifier: MIT
/* Waiting for many things, and events of the program's own, on a real device. */
#define TAP_PART
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "device.h"

#define REQUESTS MAXIMUM_WAIT_OBJECTS

struct requests {
	HANDLE icmp, events[REQUESTS];
	PICMP_ECHO_REPLY replies[REQUESTS];
};

static void send_requests(struct requests *requests)
{
	size_t i;

	requests->icmp = IcmpCreateFile();
	for (i = 0; i < REQUESTS; i++) {
		requests->events[i] = CreateEvent(NULL, FALSE, FALSE, NULL);
		requests->replies[i] = new_reply(REPLY_SIZE);
		IcmpSendEcho2(requests->icmp, requests->events[i], NULL, NULL, loopback(), pattern,
			      PAYLOAD_SIZE, NULL, requests->replies[i], REPLY_SIZE, 5000);
		CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
	}
}

static void free_requests(struct requests *requests)
{
	size_t i;

	for (i = 0; i < REQUESTS; i++) {
		free(requests->replies[i]);
		CloseHandle(requests->events[i]);
	}
	IcmpCloseHandle(requests->icmp);
}

TEST(wait_for_all_fills_all_buffers)
{
	struct requests requests;
	size_t i;

	need_device();
	send_requests(&requests);
	CHECK_EQ(WaitForMultipleObjects(REQUESTS, requests.events, TRUE, 10000), WAIT_OBJECT_0);
	for (i = 0; i < REQUESTS; i++) {
		CHECK(is_whole_reply(requests.replies[i]));
		CHECK_EQ(WaitForSingleObject(requests.events[i], 0), WAIT_TIMEOUT);
	}
	free_requests(&requests);
}

TEST(wait_for_any_fills_its_buffer)
{
	struct requests requests;
	bool seen[REQUESTS] = { false };
	size_t i, n;

	need_device();
	send_requests(&requests);
	for (i = 0; i < REQUESTS; i++) {
		n = WaitForMultipleObjects(REQUESTS, requests.events, FALSE, 10000) - WAIT_OBJECT_0;
		CHECK(n < REQUESTS && !seen[n]);
		if (n >= REQUESTS)
			break;
		seen[n] = true;
		CHECK(is_whole_reply(requests.replies[n]));
	}
	free_requests(&requests);
}

TEST(own_eventfd_is_an_event)
{
	struct pollfd pollfd = { .fd = eventfd(0, EFD_NONBLOCK), .events = POLLIN };
	PICMP_ECHO_REPLY reply;
	HANDLE icmp, event;
	uint64_t count;

	need_device();
	icmp = IcmpCreateFile();
	event = icmpecho_event_from_fd(pollfd.fd);
	reply = new_reply(REPLY_SIZE);
	IcmpSendEcho2(icmp, event, NULL, NULL, loopback(), pattern, PAYLOAD_SIZE, NULL, reply,
		      REPLY_SIZE, 5000);
	CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
	CHECK_EQ(poll(&pollfd, 1, 5000), 1);
	CHECK(read(pollfd.fd, &count, sizeof(count)) == sizeof(count) && count == 1);
	CHECK_EQ(IcmpParseReplies(reply, REPLY_SIZE), 1);
	CHECK(is_whole_reply(reply));
	close(pollfd.fd);
	/* The event holds a descriptor of its own. */
	IcmpSendEcho2(icmp, event, NULL, NULL, loopback(), pattern, PAYLOAD_SIZE, NULL, reply,
		      REPLY_SIZE, 5000);
	CHECK_EQ(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
	CHECK(is_whole_reply(reply));
	free(reply);
	CloseHandle(event);
	IcmpCloseHandle(icmp);
}

TEST(event_of_no_eventfd_is_an_invalid_handle)
{
	PICMP_ECHO_REPLY reply;
	HANDLE icmp, event;
	int pipes[2];

	need_device();
	icmp = IcmpCreateFile();
	reply = new_reply(REPLY_SIZE);
	if (pipe2(pipes, O_NONBLOCK) == 0) {
		event = icmpecho_event_from_fd(pipes[0]);
		IcmpSendEcho2(icmp, event, NULL, NULL, loopback(), pattern, PAYLOAD_SIZE, NULL,
			      reply, REPLY_SIZE, 5000);
		CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
		CloseHandle(event);
		close(pipes[0]);
		close(pipes[1]);
	}
	free(reply);
	IcmpCloseHandle(icmp);
}
