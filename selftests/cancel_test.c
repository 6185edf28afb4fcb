// SPDX-License-Identifier: GPL-2.0
/*
 * CANCEL: of one request, of all, of one that another thread waits for. And SENDs
 * that were left alone, which stay with the session until somebody takes them over:
 * whatever their number, each is found at once, and all are cancelled in one pass.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "abandon.h"
#include "icmpecho_test.h"
#include "netns.h"
#include "parameter.h"
#include "userfault.h"
#include "watchers.h"

static struct record record;

FIXTURE(cancel)
{
	int fd;
	struct icmpecho_echo echo;	/* never answered */
};

FIXTURE_SETUP(cancel)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to("127.0.0.1");
}

FIXTURE_TEARDOWN(cancel)
{
	close(self->fd);
}

TEST_F(cancel, cancelled_request_completes_as_cancelled)
{
	self->echo.user_data = 5;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, echo_cancel(self->fd, 0, self->echo.id));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, record.c.status);
	EXPECT_EQ(5, record.c.user_data);
	EXPECT_EQ(self->echo.id, record.c.id);
	EXPECT_EQ(0, record.c.flags);
	EXPECT_EQ(0, record.c.error);
	EXPECT_EQ(0, record.c.rtt_ns);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(cancel, other_requests_stay_in_flight)
{
	struct icmpecho_echo echoes[3] = { self->echo, self->echo, self->echo };

	ASSERT_EQ(3, echo_submit(self->fd, echoes, 3));
	ASSERT_EQ(1, echo_cancel(self->fd, 0, echoes[1].id));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_EQ(echoes[1].id, record.c.id);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(cancel, cancelled_twice_is_enoent)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, echo_cancel(self->fd, 0, self->echo.id));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
}

TEST_F(cancel, completed_request_is_enoent)
{
	self->echo.timeout_ns = NS_PER_MS;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
}

TEST_F(cancel, request_of_another_session_is_enoent)
{
	int other = echo_open();

	ASSERT_LE(0, other);
	ASSERT_EQ(1, echo_submit(other, &self->echo, 1));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(0, reap_now(other, &record));
}

TEST_F(cancel, all_tells_how_many)
{
	struct icmpecho_echo echoes[100];
	unsigned int i;

	for (i = 0; i < 100; i++)
		echoes[i] = self->echo;
	ASSERT_EQ(100, echo_submit(self->fd, echoes, 100));
	EXPECT_EQ(100, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(1, reap_now(self->fd, &record));
		EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, record.c.status);
	}
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(cancel, all_of_nothing_is_0)
{
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
}

TEST_F(cancel, id_of_a_cancelled_request_does_not_name_a_later_one)
{
	__u64 old;
	unsigned int i;

	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	old = self->echo.id;
	ASSERT_EQ(1, echo_cancel(self->fd, 0, old));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
		ASSERT_EQ(-ENOENT, echo_cancel(self->fd, 0, old));
	}
}

/* A thread that waits in SEND. */
struct sender {
	int fd;
	struct icmpecho_send send;
	int result;
	pthread_t thread;
	pid_t tid;
};

static struct icmpecho_echo waiting_echo;
static struct record waiting_record;

static void *wait_in_send(void *arg)
{
	struct sender *sender = arg;

	sender->tid = gettid();
	sender->result = echo_ioctl(sender->fd, ICMPECHO_IOC_SEND, &sender->send);
	return NULL;
}

/* Start it, and wait until its id is there, which is before it sleeps. */
static __u64 start_sender(struct sender *sender, int fd)
{
	__u64 deadline = now_ns() + PATIENCE_NS, id;

	waiting_echo = echo_to("127.0.0.1");
	sender->fd = fd;
	sender->send = send_of(&waiting_echo, &waiting_record);
	if (pthread_create(&sender->thread, NULL, wait_in_send, sender))
		die("pthread_create");
	do {
		id = __atomic_load_n(&sender->send.id, __ATOMIC_RELAXED);
	} while (!id && now_ns() < deadline);
	return id;
}

TEST_F(cancel, cancel_by_id_wakes_a_send)
{
	struct sender sender;
	__u64 id = start_sender(&sender, self->fd);

	ASSERT_NE(0, id);
	EXPECT_EQ(1, echo_cancel(self->fd, 0, id));
	pthread_join(sender.thread, NULL);
	EXPECT_EQ(0, sender.result);
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, waiting_record.c.status);
	EXPECT_EQ(id, waiting_record.c.id);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(cancel, cancel_all_wakes_a_send)
{
	struct sender sender;
	__u64 id = start_sender(&sender, self->fd);

	ASSERT_NE(0, id);
	EXPECT_EQ(1, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	pthread_join(sender.thread, NULL);
	EXPECT_EQ(0, sender.result);
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, waiting_record.c.status);
}

TEST_F(cancel, second_waiter_of_a_send_is_ebusy)
{
	struct icmpecho_send send = send_of(&self->echo, &record);
	__u64 deadline = now_ns() + PATIENCE_NS;
	struct sender sender;

	send.id = start_sender(&sender, self->fd);
	ASSERT_NE(0, send.id);
	while (task_state(__atomic_load_n(&sender.tid, __ATOMIC_RELAXED)) != 'S') {
		usleep(100);
		ASSERT_GT(deadline, now_ns());
	}
	EXPECT_EQ(-EBUSY, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	EXPECT_EQ(1, echo_cancel(self->fd, 0, send.id));
	pthread_join(sender.thread, NULL);
	EXPECT_EQ(0, sender.result);
}

TEST_F(cancel, send_of_another_sessions_id_is_enoent)
{
	struct icmpecho_send send = send_of(&self->echo, &record);
	int other = echo_open();
	struct sender sender;

	ASSERT_LE(0, other);
	send.id = start_sender(&sender, self->fd);
	ASSERT_NE(0, send.id);
	EXPECT_EQ(-ENOENT, echo_ioctl(other, ICMPECHO_IOC_SEND, &send));
	EXPECT_EQ(1, echo_cancel(self->fd, 0, send.id));
	pthread_join(sender.thread, NULL);
}

TEST_F(cancel, send_of_a_submitted_id_is_enoent)
{
	struct icmpecho_send send = send_of(&self->echo, &record);

	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	send.id = self->echo.id;
	EXPECT_EQ(-ENOENT, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	EXPECT_EQ(1, echo_cancel(self->fd, 0, send.id));
}

/*
 * A SEND that stalls in its payload has told its id, and is refused then. Who
 * waited for it by that id would wait for ever.
 */
TEST_F(cancel, send_that_is_refused_leaves_no_waiter_behind)
{
	struct icmpecho_send refused, resumed;
	struct sender first = { .fd = self->fd }, second = { .fd = self->fd };
	struct timespec until;
	void *page;
	int uffd = userfault_page(&page);

	self->echo.payload = u64_ptr(page);
	self->echo.payload_len = 8;
	refused = send_of(&self->echo, &record);
	first.send = refused;
	ASSERT_EQ(0, pthread_create(&first.thread, NULL, wait_in_send, &first));
	userfault_wait(uffd);
	ASSERT_NE(0, first.send.id);

	resumed = send_of(&self->echo, &waiting_record);
	resumed.id = first.send.id;
	second.send = resumed;
	second.result = 1;	/* not back yet */
	ASSERT_EQ(0, pthread_create(&second.thread, NULL, wait_in_send, &second));
	while (__atomic_load_n(&second.result, __ATOMIC_RELAXED) == 1 &&
	       task_state(__atomic_load_n(&second.tid, __ATOMIC_RELAXED)) != 'S')
		;
	userfault_refuse(uffd, page);
	pthread_join(first.thread, NULL);
	EXPECT_EQ(-EFAULT, first.result);

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_NS / NS_PER_S;
	ASSERT_EQ(0, pthread_timedjoin_np(second.thread, NULL, &until));
	EXPECT_EQ(-EBUSY, second.result);
	EXPECT_EQ(-ENOENT, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &resumed));
}

/* SENDs that were left alone */

/* Completed, but the record could not be written. Returns the id. */
static __u64 leave_completed(int fd)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	struct icmpecho_send send = send_of(&echo, (struct record *)16);

	if (echo_ioctl(fd, ICMPECHO_IOC_SEND, &send) != -EFAULT)
		die("SEND");
	return send.id;
}

#define LEFT	1000

TEST_F(cancel, each_of_many_sends_left_alone_is_found_by_its_id)
{
	struct icmpecho_send send = send_of(&self->echo, &record);
	static __u64 ids[LEFT];
	unsigned int i;

	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	for (i = 0; i < LEFT; i++)
		ids[i] = leave_completed(self->fd);
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	for (i = 0; i < LEFT; i++) {
		send.id = ids[i * 617 % LEFT];
		EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, send.id));
		ASSERT_EQ(0, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
		ASSERT_EQ(ids[i * 617 % LEFT], record.c.id);
		ASSERT_EQ(-ENOENT, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	}
	EXPECT_EQ(0, echo_fdinfo(self->fd, "unreaped"));
}

/*
 * What a call costs this thread, compared for few and for many. The machine may be
 * busy, so one try below the limit is enough; what is looked for is above by far.
 */
#define TRIES	5

static double tried_below(double limit, double (*ratio)(void))
{
	double last = limit;
	unsigned int i;

	for (i = 0; i < TRIES && last >= limit; i++)
		last = ratio();
	return last;
}

/* CPU time of 500 searches for an id that none of @n requests has */
static __u64 time_of_search(unsigned int n)
{
	struct icmpecho_send send = send_of(&waiting_echo, &record);
	int fd = echo_open();
	unsigned int i;
	__u64 start;

	for (i = 0; i < n; i++)
		leave_completed(fd);
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (i = 0; i < 500; i++) {
		send.id = ~0ULL - i;
		if (echo_ioctl(fd, ICMPECHO_IOC_SEND, &send) != -ENOENT)
			die("SEND");
	}
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	close(fd);
	return start;
}

static double ratio_of_searches(void)
{
	__u64 few = time_of_search(1);

	return (double)time_of_search(scaled(16000, 4000)) / few;
}

/* A list of 16,000 takes 100 times as long as one of 1. */
TEST_F_TIMEOUT(cancel, search_for_a_send_does_not_depend_on_how_many_there_are, 120)
{
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	EXPECT_GT(5, tried_below(5, ratio_of_searches));
}

static __u64 time_of_cancel(unsigned int n)
{
	int fd = echo_open();
	__u64 start;

	leave_sends(fd, n);
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0) != n)
		die("CANCEL_ALL");
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	close(fd);
	return start;
}

static double ratio_of_cancels(void)
{
	unsigned int n = scaled(500, 100);
	__u64 few = time_of_cancel(n);

	return (double)time_of_cancel(16 * n) / few;
}

/* A pass that begins anew after each takes 256 times as long for 16 times as many. */
TEST_F_TIMEOUT(cancel, all_takes_16_times_as_long_for_16_times_as_many, 300)
{
	EXPECT_GT(80, tried_below(80, ratio_of_cancels));
}

/* Threads that submit, and reap what was cancelled, until told to stop. */
struct submitter {
	int fd;
	struct icmpecho_echo echo;
	pthread_t thread;
};

static bool stop;

static void *submit_on_and_on(void *arg)
{
	struct submitter *submitter = arg;
	struct icmpecho_completion records[8];
	struct icmpecho_echo echoes[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		echoes[i] = submitter->echo;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		echo_submit(submitter->fd, echoes, 8);
		echo_reap(submitter->fd, records, sizeof(records), 0, 8, 0);
	}
	return NULL;
}

static int session_of(unsigned int max_requests)
{
	unsigned long usual = read_parameter(MAX_REQUESTS);
	int fd;

	write_parameter(MAX_REQUESTS, max_requests);
	fd = echo_open();
	write_parameter(MAX_REQUESTS, usual);
	return fd;
}

/* They fill the session again and again, which holds no more than this at once. */
#define ROOM	2000

TEST_F_TIMEOUT(cancel, all_does_not_chase_who_submits_meanwhile, 120)
{
	struct submitter submitters[3];
	int fd = session_of(ROOM), n;
	unsigned int i;

	self->echo.flags = ICMPECHO_EVENTFD;
	/* To cancel a request takes long. */
	self->echo.eventfd = watched_eventfd(200);
	self->echo.timeout_ns = NEVER_NS;
	for (i = 0; i < 3; i++) {
		submitters[i].fd = fd;
		submitters[i].echo = self->echo;
		ASSERT_EQ(0, pthread_create(&submitters[i].thread, NULL,
					    submit_on_and_on, &submitters[i]));
	}
	while (echo_fdinfo(fd, "in_flight") < 500)
		;
	n = echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0);
	EXPECT_LT(0, n);
	EXPECT_GE(ROOM, n);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++)
		pthread_join(submitters[i].thread, NULL);
	close(fd);
}

/* Two at a time do not hide requests from each other. */
static void *cancel_all(void *arg)
{
	int *fd = arg;

	*fd = echo_cancel(*fd, ICMPECHO_CANCEL_ALL, 0);
	return NULL;
}

TEST_F(cancel, two_at_a_time_cancel_each_request_once)
{
	unsigned int n = scaled(20000, 2000), i, submitted;
	struct icmpecho_echo echoes[100];
	pthread_t threads[2];
	int results[2] = { self->fd, self->fd };

	for (i = 0; i < 100; i++)
		echoes[i] = self->echo;
	for (submitted = 0; submitted < n; submitted += 100)
		ASSERT_EQ(100, echo_submit(self->fd, echoes, 100));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, cancel_all,
					    &results[i]));
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(n, results[0] + results[1]);
	EXPECT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_EQ(n, echo_fdinfo(self->fd, "unreaped"));
}

/* Kill a process that cancels all as soon as it has begun. Returns what is left. */
static long long kill_while_cancelling(int fd)
{
	pid_t pid = fork();

	if (!pid) {
		echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0);
		_exit(0);
	}
	while (!echo_fdinfo(fd, "cancelled"))
		;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return echo_fdinfo(fd, "in_flight");
}

/* It may be done before it is killed, if we were kept from running; not each time. */
TEST_F_TIMEOUT(cancel, fatal_signal_ends_all, 120)
{
	struct icmpecho_echo echoes[100];
	unsigned int try, i, n;
	long long left = 0;

	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = watched_eventfd(200);
	self->echo.timeout_ns = NEVER_NS;
	for (i = 0; i < 100; i++)
		echoes[i] = self->echo;
	for (try = 0; try < TRIES && !left; try++) {
		int fd = echo_open();

		for (n = 0; n < scaled(10000, 2000); n += 100)
			ASSERT_EQ(100, echo_submit(fd, echoes, 100));
		left = kill_while_cancelling(fd);
		close(fd);
	}
	EXPECT_LT(0, left);
}

TEST_HARNESS_MAIN
