// SPDX-License-Identifier: GPL-2.0
/*
 * Signals: whatever interrupts a SEND, the request goes out once and its
 * timeout runs once. A kernel that restarts the ioctl from its beginning sends
 * a second echo request, and starts the timeout anew with every signal.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "inject.h"

static struct record record;
static struct packet request, answer;

/* That it runs is what matters. */
static void do_nothing(int sig)
{
}

static void handle(int sig, int flags)
{
	struct sigaction action = {
		.sa_handler = do_nothing,
		.sa_flags = flags,
	};

	if (sigaction(sig, &action, NULL))
		die("sigaction");
}

/* A SIGALRM every 10 ms, or none any more. */
static void tick(bool on)
{
	struct itimerval timer = {
		.it_value.tv_usec = on ? 10000 : 0,
		.it_interval.tv_usec = on ? 10000 : 0,
	};

	if (setitimer(ITIMER_REAL, &timer, NULL))
		die("setitimer");
}

/* Packets of near can be counted at the world. */
FIXTURE(interrupted)
{
	int fd;
	int injector;
	struct icmpecho_echo echo;
	struct icmpecho_send send;
};

FIXTURE_SETUP(interrupted)
{
	struct pair pair = netns_pair();

	self->injector = injector_open(pair.world, "world0", AF_INET);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to(BEYOND);
	self->send = send_of(&self->echo, &record);
}

FIXTURE_TEARDOWN(interrupted)
{
	tick(false);
	close(self->fd);
}

static int do_send(FIXTURE_DATA(interrupted) *self)
{
	return echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &self->send);
}

TEST_F(interrupted, send_ends_with_eintr_and_tells_the_id)
{
	handle(SIGALRM, 0);
	tick(true);
	EXPECT_EQ(-EINTR, do_send(self));
	EXPECT_NE(0, self->send.id);
}

/* Not even SA_RESTART restarts it: the program decides whether to go on. */
TEST_F(interrupted, send_ends_with_eintr_despite_sa_restart)
{
	handle(SIGALRM, SA_RESTART);
	tick(true);
	EXPECT_EQ(-EINTR, do_send(self));
}

/* Repeat the call as it is, however often. */
static unsigned int send_despite_signals(FIXTURE_DATA(interrupted) *self, int *ret)
{
	unsigned int interruptions = 0;

	while ((*ret = do_send(self)) == -EINTR)
		interruptions++;
	return interruptions;
}

TEST_F(interrupted, send_repeated_after_eintr_sends_one_request)
{
	int ret;

	handle(SIGALRM, SA_RESTART);
	self->echo.timeout_ns = 2 * NS_PER_S;
	tick(true);
	EXPECT_LT(1, send_despite_signals(self, &ret));
	tick(false);
	ASSERT_EQ(0, ret);
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
	EXPECT_EQ(self->send.id, record.c.id);
	EXPECT_EQ(1, injector_drain(self->injector));
}

TEST_F(interrupted, timeout_runs_once_whatever_interrupts)
{
	__u64 start = now_ns(), elapsed;
	int ret;

	handle(SIGALRM, SA_RESTART);
	self->echo.timeout_ns = 500 * NS_PER_MS;
	tick(true);
	send_despite_signals(self, &ret);
	tick(false);
	elapsed = now_ns() - start;
	ASSERT_EQ(0, ret);
	EXPECT_LE(self->echo.timeout_ns, elapsed);
	/* One that began again with each signal would never end. */
	EXPECT_GT(PATIENCE_NS, elapsed);
}

TEST_F(interrupted, reply_between_eintr_and_repetition_is_delivered)
{
	handle(SIGALRM, 0);
	tick(true);
	ASSERT_EQ(-EINTR, do_send(self));
	tick(false);
	injector_request(self->injector, &request);
	packet_reply(&answer, &request);
	injector_send(self->injector, &answer);
	ASSERT_EQ(0, do_send(self));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(interrupted, send_given_up_can_be_cancelled_and_collected)
{
	handle(SIGALRM, 0);
	tick(true);
	ASSERT_EQ(-EINTR, do_send(self));
	tick(false);
	EXPECT_EQ(1, echo_cancel(self->fd, 0, self->send.id));
	EXPECT_EQ(0, do_send(self));
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, record.c.status);
	EXPECT_EQ(-ENOENT, do_send(self));
}

TEST_F(interrupted, repetition_waits_in_another_buffer_if_told_so)
{
	static struct record other;

	handle(SIGALRM, 0);
	tick(true);
	ASSERT_EQ(-EINTR, do_send(self));
	tick(false);
	self->send.buffer = u64_ptr(&other);
	ASSERT_EQ(1, echo_cancel(self->fd, 0, self->send.id));
	ASSERT_EQ(0, do_send(self));
	EXPECT_EQ(self->send.id, other.c.id);
	EXPECT_EQ(0, record.c.record_len);
}

/* In a child that is stopped or traced: 0 if the echo was answered. */
static void child_sends(FIXTURE_DATA(interrupted) *self)
{
	int ret = do_send(self);

	_exit(ret ? 1 : record.c.status != ICMPECHO_STATUS_SUCCESS);
}

static void answer_child(struct __test_metadata *_metadata,
			 FIXTURE_DATA(interrupted) *self, pid_t pid)
{
	int status;

	packet_reply(&answer, &request);
	injector_send(self->injector, &answer);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, injector_drain(self->injector));
}

TEST_F(interrupted, stop_and_continue_do_not_show)
{
	int status, i;
	pid_t pid;

	pid = fork();
	if (!pid)
		child_sends(self);
	injector_request(self->injector, &request);
	for (i = 0; i < 3; i++) {
		kill(pid, SIGSTOP);
		ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
		kill(pid, SIGCONT);
		ASSERT_EQ(pid, waitpid(pid, &status, WCONTINUED));
	}
	answer_child(_metadata, self, pid);
}

TEST_F(interrupted, debugger_that_attaches_does_not_show)
{
	int status, i;
	pid_t pid;

	pid = fork();
	if (!pid)
		child_sends(self);
	injector_request(self->injector, &request);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, ptrace(PTRACE_ATTACH, pid, 0, 0));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, ptrace(PTRACE_DETACH, pid, 0, 0));
	}
	answer_child(_metadata, self, pid);
}

TEST_F(interrupted, killed_sender_leaves_nothing_behind)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		child_sends(self);
	injector_request(self->injector, &request);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(1, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
}

/* REAP */

TEST_F(interrupted, reap_of_nothing_ends_with_eintr)
{
	handle(SIGALRM, 0);
	tick(true);
	EXPECT_EQ(-EINTR, echo_reap(self->fd, &record, sizeof(record), 1, 1,
				    ICMPECHO_FOREVER));
}

TEST_F(interrupted, reap_after_the_first_ends_with_what_there_is)
{
	self->echo.timeout_ns = 0;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	handle(SIGALRM, 0);
	while (!echo_fdinfo(self->fd, "unreaped"))
		;
	tick(true);
	EXPECT_EQ(1, echo_reap(self->fd, &record, sizeof(record), 2, 2,
			       ICMPECHO_FOREVER));
}

/* SUBMIT stops at a signal, and what it says it accepted is what was sent. */
TEST_F(interrupted, submit_says_how_many_were_sent_before_the_signal)
{
	static struct icmpecho_echo echoes[20000];
	unsigned int i;
	int accepted;

	for (i = 0; i < 20000; i++)
		echoes[i] = self->echo;
	handle(SIGALRM, 0);
	tick(true);
	/* On a slow machine the first signal may come before the first request. */
	do
		accepted = echo_submit(self->fd, echoes, 20000);
	while (accepted == -EINTR);
	tick(false);
	ASSERT_LT(0, accepted);
	EXPECT_GT(20000, accepted);
	EXPECT_EQ(accepted, injector_drain(self->injector));
	EXPECT_EQ(accepted, echo_fdinfo(self->fd, "in_flight"));
}

TEST_HARNESS_MAIN
