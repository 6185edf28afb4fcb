// SPDX-License-Identifier: GPL-2.0
/* How fast a session sends: its pace and burst, by who waits and who does not. */
#include "kselftest_harness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "poll_for.h"
#include "tracing.h"
#include "watchers.h"

#define NS_PER_HOUR (3600 * NS_PER_S)

static struct record record;
static struct icmpecho_echo echoes[64];

static int echo_pace(int fd, __u64 interval_ns, __u32 burst)
{
	struct icmpecho_pace pace = {
		.size = sizeof(pace),
		.burst = burst,
		.interval_ns = interval_ns,
	};

	return echo_ioctl(fd, ICMPECHO_IOC_PACE, &pace);
}

static void set_nonblocking(int fd)
{
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		die("fcntl");
}

static short poll_now(int fd)
{
	return poll_for(fd, POLLOUT, 0);
}

FIXTURE(pace)
{
	int fd;
};

FIXTURE_SETUP(pace)
{
	unsigned int i;

	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	for (i = 0; i < ARRAY_SIZE(echoes); i++)
		echoes[i] = echo_to("127.0.0.1");
}

FIXTURE_TEARDOWN(pace)
{
	close(self->fd);
}

static void reap_successes(struct __test_metadata *_metadata, int fd, unsigned int n)
{
	for (; n; n--) {
		ASSERT_EQ(1, reap_one(fd, &record));
		EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	}
	EXPECT_EQ(0, reap_now(fd, &record));
}

TEST_F(pace, is_a_feature)
{
	struct icmpecho_info info;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	EXPECT_EQ(ICMPECHO_FEATURE_PACING, info.features & ICMPECHO_FEATURE_PACING);
}

TEST_F(pace, burst_of_0_is_einval)
{
	EXPECT_EQ(-EINVAL, echo_pace(self->fd, 1, 0));
	EXPECT_EQ(-EINVAL, echo_pace(self->fd, 0, 0));
}

TEST_F(pace, times_beyond_the_clock_are_erange)
{
	EXPECT_EQ(-ERANGE, echo_pace(self->fd, ~0ULL, 1));
	EXPECT_EQ(-ERANGE, echo_pace(self->fd, 1ULL << 62, 1));
	EXPECT_EQ(-ERANGE, echo_pace(self->fd, 1ULL << 40, ~0U));
	EXPECT_EQ(0, echo_pace(self->fd, 1ULL << 40, 1));
	EXPECT_EQ(0, echo_pace(self->fd, 1, ~0U));
}

/* A first one at once, and each other an interval after the one before. */
TEST_F(pace, submit_waits_for_each_turn)
{
	const __u64 interval = 50000000;
	__u64 start, took, first = 0, last = 0;
	unsigned int i;

	ASSERT_EQ(0, echo_pace(self->fd, interval, 1));
	start = now_ns();
	ASSERT_EQ(20, echo_submit(self->fd, echoes, 20));
	took = now_ns() - start;
	EXPECT_LE(19 * interval, took);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(1, reap_one(self->fd, &record));
		EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
		last = record.c.received_ns;
		first = first ?: last;
	}
	/* They left at their turns, not together at the end, though the first one may be late. */
	EXPECT_LE(15 * interval, last - first);
}

TEST_F(pace, send_waits_for_its_turn)
{
	const __u64 interval = 1000000000;
	__u64 start = now_ns();

	ASSERT_EQ(0, echo_pace(self->fd, interval, 1));
	ASSERT_EQ(0, echo_send(self->fd, &echoes[0], &record));
	ASSERT_EQ(0, echo_send(self->fd, &echoes[0], &record));
	EXPECT_LE(interval, now_ns() - start);
	/* Waiting is not a part of the round trip. */
	EXPECT_GT(interval, record.c.rtt_ns);
}

TEST_F(pace, nonblocking_submit_accepts_a_burst)
{
	set_nonblocking(self->fd);
	ASSERT_EQ(0, echo_pace(self->fd, NS_PER_HOUR, 7));
	EXPECT_EQ(POLLOUT, poll_now(self->fd));
	EXPECT_EQ(7, echo_submit(self->fd, echoes, 64));
	EXPECT_EQ(-EAGAIN, echo_submit(self->fd, echoes, 64));
	EXPECT_EQ(-EAGAIN, echo_send(self->fd, &echoes[0], &record));
	EXPECT_EQ(0, poll_now(self->fd));
	reap_successes(_metadata, self->fd, 7);
}

TEST_F(pace, poll_says_when_the_next_may_leave)
{
	const __u64 interval = 500000000;
	__u64 start = now_ns();
	int sent = 1, accepted;

	set_nonblocking(self->fd);
	ASSERT_EQ(0, echo_pace(self->fd, interval, 1));
	ASSERT_EQ(1, echo_submit(self->fd, echoes, 1));
	while (sent < 4) {
		ASSERT_EQ(POLLOUT, poll_for(self->fd, POLLOUT, 60000));
		accepted = echo_submit(self->fd, echoes, 2);
		ASSERT_LE(1, accepted);
		sent += accepted;
		EXPECT_LE((sent - 1) * interval, now_ns() - start);
	}
	reap_successes(_metadata, self->fd, sent);
}

/* Any number of tasks may wait for a turn, and while an interrupt lasts, all others wait. */
TEST_F(pace, many_pollers_are_not_woken_in_an_interrupt)
{
	const unsigned int watchers = 50;
	struct epoll_event event;
	struct events events;
	int last;

	if (!trace_works() || !trace_probe("icmpecho_wake", "ep_poll_callback"))
		SKIP(return, "no kprobes");
	ASSERT_EQ(0, echo_pace(self->fd, 2 * NS_PER_S, 1));
	ASSERT_EQ(1, echo_submit(self->fd, echoes, 1));
	reap_successes(_metadata, self->fd, 1);
	trace_start("kprobes/icmpecho_wake");
	last = add_watchers(self->fd, EPOLLOUT, watchers);
	EXPECT_EQ(1, epoll_wait(last, &event, 1, 60000));
	events = trace_stop("icmpecho_wake:");
	trace_unprobe("icmpecho_wake");
	EXPECT_LE(watchers, events.all);
	EXPECT_EQ(0, events.interrupts);
}

TEST_F(pace, pause_saves_up_no_more_than_a_burst)
{
	const __u64 interval = 100000000;
	__u64 begin;
	int accepted;

	set_nonblocking(self->fd);
	ASSERT_EQ(0, echo_pace(self->fd, interval, 3));
	ASSERT_EQ(1, echo_submit(self->fd, echoes, 1));
	usleep(2000000);
	begin = now_ns();
	accepted = echo_submit(self->fd, echoes, 64);
	EXPECT_LE(3, accepted);
	/* And one more for each interval that the submission itself takes. */
	EXPECT_GE(4 + (now_ns() - begin) / interval, (__u64)accepted);
	ASSERT_EQ(0, echo_pace(self->fd, NS_PER_HOUR, 3));
	usleep(1000);
	EXPECT_EQ(3, echo_submit(self->fd, echoes, 64));
}

TEST_F(pace, refused_request_takes_no_turn)
{
	struct icmpecho_echo bad = echo_to("0.0.0.0");

	set_nonblocking(self->fd);
	ASSERT_EQ(0, echo_pace(self->fd, NS_PER_HOUR, 2));
	EXPECT_EQ(-EDESTADDRREQ, echo_submit(self->fd, &bad, 1));
	EXPECT_EQ(-EDESTADDRREQ, echo_send(self->fd, &bad, &record));
	EXPECT_EQ(2, echo_submit(self->fd, echoes, 64));
}

TEST_F(pace, switched_off_sends_at_once)
{
	set_nonblocking(self->fd);
	ASSERT_EQ(0, echo_pace(self->fd, NS_PER_HOUR, 1));
	EXPECT_EQ(1, echo_submit(self->fd, echoes, 64));
	ASSERT_EQ(0, echo_pace(self->fd, 0, 1));
	EXPECT_EQ(POLLOUT, poll_now(self->fd));
	EXPECT_EQ(64, echo_submit(self->fd, echoes, 64));
	reap_successes(_metadata, self->fd, 65);
}

static void nothing(int number)
{
}

static void *submit_two(void *arg)
{
	return (void *)(long)echo_submit(*(int *)arg, echoes, 2);
}

TEST_F(pace, new_pace_holds_for_who_waits_already)
{
	pthread_t thread;
	void *accepted;

	ASSERT_EQ(0, echo_pace(self->fd, NS_PER_HOUR, 1));
	ASSERT_EQ(0, pthread_create(&thread, NULL, submit_two, &self->fd));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	usleep(100000);
	ASSERT_EQ(0, echo_pace(self->fd, 0, 1));
	pthread_join(thread, &accepted);
	EXPECT_EQ(2, (long)accepted);
	reap_successes(_metadata, self->fd, 1);
}

TEST_F(pace, signal_ends_the_wait_and_nothing_is_lost)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval alarm = { .it_value.tv_usec = 200000,
				   .it_interval.tv_usec = 200000 };

	sigaction(SIGALRM, &action, NULL);
	ASSERT_EQ(0, echo_pace(self->fd, NS_PER_HOUR, 3));
	setitimer(ITIMER_REAL, &alarm, NULL);
	EXPECT_EQ(3, echo_submit(self->fd, echoes, 64));
	EXPECT_EQ(-EINTR, echo_submit(self->fd, echoes, 64));
	EXPECT_EQ(-EINTR, echo_send(self->fd, &echoes[0], &record));
	memset(&alarm, 0, sizeof(alarm));
	setitimer(ITIMER_REAL, &alarm, NULL);
	reap_successes(_metadata, self->fd, 3);
}

TEST_F(pace, sessions_do_not_share_it)
{
	int other = echo_open();

	ASSERT_LE(0, other);
	set_nonblocking(self->fd);
	set_nonblocking(other);
	ASSERT_EQ(0, echo_pace(self->fd, NS_PER_HOUR, 1));
	EXPECT_EQ(1, echo_submit(self->fd, echoes, 64));
	EXPECT_EQ(64, echo_submit(other, echoes, 64));
	reap_successes(_metadata, other, 64);
	close(other);
}

static void *poll_and_close(void *arg)
{
	int fd = echo_open();
	int i;

	for (i = 0; i < 50 && fd >= 0; i++) {
		set_nonblocking(fd);
		echo_pace(fd, 100000 * (i + 1), 1);
		echo_submit(fd, echoes, 2);
		poll_now(fd);
		close(fd);
		fd = echo_open();
	}
	close(fd);
	return NULL;
}

TEST_F(pace, session_may_close_before_its_turn)
{
	pthread_t threads[2];
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, poll_and_close, NULL));
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

TEST_HARNESS_MAIN
