// SPDX-License-Identifier: GPL-2.0
/*
 * Being told of completions: poll and epoll, level and edge, and eventfds of a
 * request and of a session.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "parameter.h"
#include "poll_for.h"

#define PATIENCE_MS ((int)(PATIENCE_NS / NS_PER_MS))

static struct record record;

FIXTURE(event)
{
	int fd;
	struct icmpecho_echo echo;	/* answered */
};

FIXTURE_SETUP(event)
{
	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to("127.0.0.1");
}

FIXTURE_TEARDOWN(event)
{
	close(self->fd);
}

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		die("eventfd");
	return fd;
}

/* What was counted since the last time; 0 for nothing. */
static __u64 counted(int eventfd)
{
	__u64 count;

	return read(eventfd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/*
 * Expect an eventfd to count @n. A completion can be collected before the eventfd has
 * counted it: a softirq of another CPU may stand between the two.
 */
static void expect_count(struct __test_metadata *_metadata, int eventfd, __u64 n)
{
	__u64 seen = 0;

	while (seen < n && poll_for(eventfd, POLLIN, PATIENCE_MS))
		seen += counted(eventfd);
	EXPECT_EQ(n, seen);
	EXPECT_EQ(0, counted(eventfd));
}

static void submit(struct __test_metadata *_metadata, FIXTURE_DATA(event) *self)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
}

/* Wait for n completions, and collect them. */
static void collect(struct __test_metadata *_metadata, FIXTURE_DATA(event) *self,
		    unsigned int n)
{
	while (n--)
		ASSERT_EQ(1, reap_one(self->fd, &record));
}

TEST_F(event, poll_wakes_for_a_completion)
{
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->echo.timeout_ns = 50 * NS_PER_MS;
	submit(_metadata, self);
	EXPECT_EQ(POLLIN, poll_for(self->fd, POLLIN, PATIENCE_MS));
	EXPECT_EQ(1, reap_now(self->fd, &record));
}

TEST_F(event, fresh_session_is_writable_and_not_readable)
{
	EXPECT_EQ(POLLOUT, poll_for(self->fd, POLLIN | POLLOUT, 0));
}

TEST_F(event, completion_of_send_does_not_make_readable)
{
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(0, poll_for(self->fd, POLLIN, 0));
}

static int epoll_edge(int fd, __u32 events)
{
	struct epoll_event event = { .events = events | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll");
	return epoll;
}

static __u32 epoll_events(int epoll, int ms)
{
	struct epoll_event event;

	return epoll_wait(epoll, &event, 1, ms) == 1 ? event.events : 0;
}

TEST_F(event, epoll_level_repeats_until_reaped)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	submit(_metadata, self);
	EXPECT_EQ(EPOLLIN, epoll_events(epoll, PATIENCE_MS));
	EXPECT_EQ(EPOLLIN, epoll_events(epoll, 0));
	collect(_metadata, self, 1);
	EXPECT_EQ(0, epoll_events(epoll, 0));
}

TEST_F(event, epoll_edge_tells_once)
{
	int epoll = epoll_edge(self->fd, EPOLLIN);

	submit(_metadata, self);
	EXPECT_EQ(EPOLLIN, epoll_events(epoll, PATIENCE_MS));
	EXPECT_EQ(0, epoll_events(epoll, 0));
}

/* Waking only for the first completion would leave this program asleep. */
TEST_F(event, epoll_edge_tells_of_the_next_though_one_was_left)
{
	int epoll = epoll_edge(self->fd, EPOLLIN);

	submit(_metadata, self);
	ASSERT_EQ(EPOLLIN, epoll_events(epoll, PATIENCE_MS));
	submit(_metadata, self);
	EXPECT_EQ(EPOLLIN, epoll_events(epoll, PATIENCE_MS));
}

/* EPOLLOUT, at a session that may hold one request only. */

FIXTURE(full)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(full)
{
	struct icmpecho_info info;

	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, echo_info(self->fd, &info));
	close(self->fd);

	write_parameter(MAX_REQUESTS, 1);
	self->fd = echo_open();
	write_parameter(MAX_REQUESTS, info.max_requests);
	ASSERT_LE(0, self->fd);
	self->echo = echo_to("127.0.0.1");
}

FIXTURE_TEARDOWN(full)
{
	close(self->fd);
}

TEST_F(full, session_is_not_writable_until_its_completion_is_reaped)
{
	ASSERT_EQ(POLLOUT, poll_for(self->fd, POLLOUT, 0));
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, poll_for(self->fd, POLLOUT, 0));
	ASSERT_EQ(1, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(0, poll_for(self->fd, POLLOUT, 0));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_EQ(POLLOUT, poll_for(self->fd, POLLOUT, 0));
}

static void *cancel_and_reap(void *arg)
{
	static struct record r;
	int fd = *(int *)arg;

	echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0);
	reap_one(fd, &r);
	return NULL;
}

TEST_F(full, poll_for_writing_wakes_when_there_is_room)
{
	pthread_t thread;

	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(0, pthread_create(&thread, NULL, cancel_and_reap, &self->fd));
	EXPECT_EQ(POLLOUT, poll_for(self->fd, POLLOUT, PATIENCE_MS));
	pthread_join(thread, NULL);
}

TEST_F(full, epoll_edge_tells_of_room_each_time)
{
	int epoll = epoll_edge(self->fd, EPOLLOUT);
	unsigned int i;

	EXPECT_EQ(EPOLLOUT, epoll_events(epoll, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
		ASSERT_EQ(0, epoll_events(epoll, 0) & EPOLLOUT);
		cancel_and_reap(&self->fd);
		EXPECT_EQ(EPOLLOUT, epoll_events(epoll, PATIENCE_MS) & EPOLLOUT);
	}
}

/* Eventfds of requests */

TEST_F(event, eventfd_of_request_counts_its_completion)
{
	int eventfd = new_eventfd();

	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd;
	submit(_metadata, self);
	EXPECT_EQ(POLLIN, poll_for(eventfd, POLLIN, PATIENCE_MS));
	expect_count(_metadata, eventfd, 1);
	EXPECT_EQ(1, reap_now(self->fd, &record));
}

TEST_F(event, requests_may_share_an_eventfd)
{
	int eventfd = new_eventfd();
	unsigned int i;

	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd;
	for (i = 0; i < 5; i++)
		submit(_metadata, self);
	collect(_metadata, self, 5);
	expect_count(_metadata, eventfd, 5);
}

TEST_F(event, eventfd_of_request_counts_timeouts_and_cancellations)
{
	int eventfd = new_eventfd();

	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd;
	self->echo.timeout_ns = NS_PER_MS;
	submit(_metadata, self);
	collect(_metadata, self, 1);
	expect_count(_metadata, eventfd, 1);
	self->echo.timeout_ns = NEVER_NS;
	submit(_metadata, self);
	EXPECT_EQ(0, counted(eventfd));
	EXPECT_EQ(1, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	expect_count(_metadata, eventfd, 1);
}

TEST_F(event, eventfd_of_request_counts_local_failure)
{
	int eventfd = new_eventfd();

	self->echo = echo_to(FAR);	/* no route */
	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd;
	submit(_metadata, self);
	collect(_metadata, self, 1);
	expect_count(_metadata, eventfd, 1);
}

TEST_F(event, refused_request_does_not_count)
{
	int eventfd = new_eventfd();

	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd;
	self->echo.payload = 16;
	self->echo.payload_len = 8;
	EXPECT_EQ(-EFAULT, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, counted(eventfd));
}

TEST_F(event, eventfd_closed_by_its_owner_is_kept_for_the_request)
{
	int eventfd = new_eventfd();
	int other = dup(eventfd);

	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd;
	submit(_metadata, self);
	close(eventfd);
	collect(_metadata, self, 1);
	expect_count(_metadata, other, 1);
}

/* The record can be reaped once the eventfd has counted it. */
TEST_F(event, eventfd_counts_after_the_completion_is_there)
{
	int eventfd = new_eventfd();
	unsigned int i;

	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd;
	for (i = 0; i < 200; i++) {
		submit(_metadata, self);
		ASSERT_EQ(POLLIN, poll_for(eventfd, POLLIN, PATIENCE_MS));
		ASSERT_EQ(1, counted(eventfd));
		ASSERT_EQ(1, reap_now(self->fd, &record));
	}
}

/* Eventfds of sessions */

TEST_F(event, eventfd_of_session_counts_each_completion)
{
	int eventfd = new_eventfd();
	unsigned int i;

	ASSERT_EQ(0, echo_bind_eventfd(self->fd, eventfd));
	for (i = 0; i < 4; i++)
		submit(_metadata, self);
	collect(_metadata, self, 4);
	expect_count(_metadata, eventfd, 4);
}

/*
 * Many of two sessions, of one moment and of all kinds: those of a session are
 * delivered together, but no more than those.
 */
#define TOGETHER 100

static void submit_mixed(struct __test_metadata *_metadata, int fd,
			 struct icmpecho_echo echo, unsigned int i, int eventfd)
{
	echo.user_data = i;
	if (i % 7 == 0) {
		echo.flags = ICMPECHO_EVENTFD;
		echo.eventfd = eventfd;
	} else if (i % 5 == 0) {
		echo.max_replies = 4;
	}
	ASSERT_EQ(1, echo_submit(fd, &echo, 1));
}

static void collect_each_once(struct __test_metadata *_metadata, int fd)
{
	bool seen[TOGETHER] = {};
	unsigned int i;

	for (i = 0; i < TOGETHER; i++) {
		ASSERT_EQ(1, reap_one(fd, &record));
		EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
		ASSERT_GT(TOGETHER, record.c.user_data);
		EXPECT_FALSE(seen[record.c.user_data]);
		seen[record.c.user_data] = true;
	}
	EXPECT_EQ(0, reap_now(fd, &record));
}

TEST_F(event, timeouts_of_one_moment_reach_each_its_own_session)
{
	int own = new_eventfd();
	int of_session[2], fds[2];
	unsigned int i;

	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	fds[0] = self->fd;
	fds[1] = echo_open();
	ASSERT_LE(0, fds[1]);
	for (i = 0; i < 2; i++) {
		of_session[i] = new_eventfd();
		ASSERT_EQ(0, echo_bind_eventfd(fds[i], of_session[i]));
	}
	self->echo.timeout_ns = NS_PER_S / 2;
	for (i = 0; i < 2 * TOGETHER; i++)
		submit_mixed(_metadata, fds[i % 2], self->echo, i / 2, own);
	for (i = 0; i < 2; i++) {
		collect_each_once(_metadata, fds[i]);
		expect_count(_metadata, of_session[i], TOGETHER);
	}
	expect_count(_metadata, own, 2 * ((TOGETHER + 6) / 7));
	close(fds[1]);
}

TEST_F(event, eventfd_of_session_does_not_count_send)
{
	int eventfd = new_eventfd();

	ASSERT_EQ(0, echo_bind_eventfd(self->fd, eventfd));
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(0, counted(eventfd));
}

TEST_F(event, new_eventfd_of_session_replaces_the_old)
{
	int first = new_eventfd(), second = new_eventfd();

	ASSERT_EQ(0, echo_bind_eventfd(self->fd, first));
	ASSERT_EQ(0, echo_bind_eventfd(self->fd, second));
	submit(_metadata, self);
	collect(_metadata, self, 1);
	EXPECT_EQ(0, counted(first));
	expect_count(_metadata, second, 1);
}

TEST_F(event, eventfd_of_session_can_be_taken_away)
{
	int eventfd = new_eventfd();

	ASSERT_EQ(0, echo_bind_eventfd(self->fd, eventfd));
	ASSERT_EQ(0, echo_bind_eventfd(self->fd, -1));
	submit(_metadata, self);
	collect(_metadata, self, 1);
	EXPECT_EQ(0, counted(eventfd));
}

TEST_F(event, refused_eventfd_leaves_the_old_in_place)
{
	int eventfd = new_eventfd();

	ASSERT_EQ(0, echo_bind_eventfd(self->fd, eventfd));
	ASSERT_EQ(-EBADF, echo_bind_eventfd(self->fd, 1000));
	submit(_metadata, self);
	collect(_metadata, self, 1);
	expect_count(_metadata, eventfd, 1);
}

/* A full counter may lose counts, but must neither block nor lose completions. */
TEST_F(event, eventfd_at_its_maximum_does_not_block_completions)
{
	__u64 full = ~0ULL - 1;
	int eventfd = new_eventfd();

	ASSERT_EQ(sizeof(full), write(eventfd, &full, sizeof(full)));
	ASSERT_EQ(0, echo_bind_eventfd(self->fd, eventfd));
	submit(_metadata, self);
	submit(_metadata, self);
	collect(_metadata, self, 2);
}

/* Replacing the eventfd while completions use it. */
static void *rebind(void *arg)
{
	int fd = *(int *)arg;
	unsigned int i;

	for (i = 0; i < 200; i++) {
		int eventfd = new_eventfd();

		echo_bind_eventfd(fd, i % 3 ? eventfd : -1);
		close(eventfd);
	}
	return NULL;
}

TEST_F(event, eventfd_of_session_can_be_replaced_under_load)
{
	pthread_t thread;
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, rebind, &self->fd));
	for (i = 0; i < scaled(5000, 500); i++) {
		submit(_metadata, self);
		collect(_metadata, self, 1);
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_HARNESS_MAIN
