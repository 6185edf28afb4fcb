// SPDX-License-Identifier: GPL-2.0
/*
 * The ends of a request race each other: reply, timeout, cancel, close. Many
 * times, so that each order happens; and each request has exactly one end.
 *
 * Echoes over loopback are answered inside the call that sends them, which is
 * where a kernel deadlocks that holds a lock meanwhile, and loses replies if it
 * makes the request known only after sending it.
 */
#include "kselftest_harness.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "netns.h"
#include "watchers.h"

/* Less in flight than net.core.netdev_max_backlog, beyond which packets drop. */
#define WINDOW		128
#define REAP_MAX	64

/* One thread's part of the requests, and what it saw of their ends. */
struct worker {
	pthread_t thread;
	int fd;
	struct icmpecho_echo echo;
	unsigned int n;
	unsigned char *ends;		/* of each request, by user_data */
	unsigned int by_status[3];	/* success, timed out, other */
	__u32 other_status;
	int err;
};

static struct worker new_worker(int fd, const char *dst, unsigned int n)
{
	struct worker worker = { .fd = fd, .echo = echo_to(dst), .n = n };

	worker.echo.timeout_ns = NEVER_NS;
	worker.ends = mmap(NULL, n, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || worker.ends == MAP_FAILED)
		die("worker");
	return worker;
}

static void note_end(struct worker *worker, const struct icmpecho_completion *c)
{
	if (c->user_data < worker->n)
		worker->ends[c->user_data]++;
	else
		worker->err = -ERANGE;
	switch (c->status) {
	case ICMPECHO_STATUS_SUCCESS:
		worker->by_status[0]++;
		break;
	case ICMPECHO_STATUS_TIMED_OUT:
		worker->by_status[1]++;
		break;
	default:
		worker->by_status[2]++;
		worker->other_status = c->status;
	}
}

/* Reap at least @min; returns how many. */
static unsigned int reap_into(struct worker *worker, unsigned int min)
{
	unsigned char buffer[REAP_MAX * sizeof(struct icmpecho_completion)]
		__attribute__((aligned(8)));
	const struct icmpecho_completion *c = (void *)buffer;
	int n, i;

	n = echo_reap(worker->fd, buffer, sizeof(buffer), min, REAP_MAX,
		      now_ns() + PATIENCE_NS);
	for (i = 0; i < n; i++, c = next_record(c))
		note_end(worker, c);
	if (n < (int)min)
		worker->err = n < 0 ? n : -ETIMEDOUT;
	return n > 0 ? n : 0;
}

/* Submit as many as the window has room for, from number @first on. */
static unsigned int submit_some(struct worker *worker, unsigned int first,
				unsigned int room)
{
	struct icmpecho_echo echoes[32];
	unsigned int i, n = worker->n - first;
	int ret;

	if (n > room)
		n = room;
	if (n > 32)
		n = 32;
	for (i = 0; i < n; i++) {
		echoes[i] = worker->echo;
		echoes[i].user_data = first + i;
	}
	ret = n ? echo_submit(worker->fd, echoes, n) : 0;
	if (ret >= 0)
		return ret;
	if (ret != -ENOBUFS && ret != -EAGAIN)
		worker->err = ret;
	return 0;
}

static void *submit_and_reap(void *arg)
{
	struct worker *worker = arg;
	unsigned int submitted = 0, reaped = 0;

	while (reaped < worker->n && !worker->err) {
		submitted += submit_some(worker, submitted,
					 WINDOW - (submitted - reaped));
		reaped += reap_into(worker, submitted > reaped);
	}
	return NULL;
}

static void start(struct worker *worker, void *(*function)(void *))
{
	if (pthread_create(&worker->thread, NULL, function, worker))
		die("pthread_create");
}

static void finish(struct worker *worker)
{
	pthread_join(worker->thread, NULL);
}

/* Every request of a finished worker ended once. */
static void expect_one_end_each(struct __test_metadata *_metadata,
				struct worker *worker)
{
	unsigned int i, lost = 0, doubled = 0;

	EXPECT_EQ(0, worker->err);
	for (i = 0; i < worker->n; i++) {
		lost += worker->ends[i] == 0;
		doubled += worker->ends[i] > 1;
	}
	EXPECT_EQ(0, lost);
	EXPECT_EQ(0, doubled);
	EXPECT_EQ(0, echo_fdinfo(worker->fd, "in_flight"));
	EXPECT_EQ(0, echo_fdinfo(worker->fd, "unreaped"));
}

static void expect_all_answered(struct __test_metadata *_metadata,
				struct worker *worker)
{
	expect_one_end_each(_metadata, worker);
	EXPECT_EQ(worker->n, worker->by_status[0])
		TH_LOG("%u timed out, %u other, the last of status %u",
		       worker->by_status[1], worker->by_status[2],
		       worker->other_status);
}

FIXTURE(loopback)
{
	unsigned int unused;
};

FIXTURE_SETUP(loopback)
{
	netns_alone();
}

FIXTURE_TEARDOWN(loopback)
{
}

TEST_F_TIMEOUT(loopback, million_echoes_of_two_threads_are_answered_once_each, 600)
{
	struct worker workers[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		workers[i] = new_worker(echo_open(), "127.0.0.1", scaled(500000, 50000));
		start(&workers[i], submit_and_reap);
	}
	for (i = 0; i < 2; i++)
		finish(&workers[i]);
	for (i = 0; i < 2; i++)
		expect_all_answered(_metadata, &workers[i]);
}

static void *send_in_turn(void *arg)
{
	static __thread struct record record;
	struct worker *worker = arg;
	unsigned int i;

	for (i = 0; i < worker->n && !worker->err; i++) {
		worker->echo.user_data = i;
		worker->err = echo_send(worker->fd, &worker->echo, &record);
		if (!worker->err)
			note_end(worker, &record.c);
	}
	return NULL;
}

TEST_F_TIMEOUT(loopback, threads_that_send_in_one_session_get_their_own_answers, 300)
{
	int fd = echo_open();
	struct worker workers[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		workers[i] = new_worker(fd, "127.0.0.1", scaled(10000, 500));
		start(&workers[i], send_in_turn);
	}
	for (i = 0; i < 4; i++)
		finish(&workers[i]);
	for (i = 0; i < 4; i++)
		expect_all_answered(_metadata, &workers[i]);
}

/*
 * One thread submits, the other reaps: the request may be answered, reaped and
 * freed while its SUBMIT has not returned yet.
 */
struct split {
	struct worker worker;		/* the reaper */
	pthread_t submitter;
	unsigned int submitted;
	unsigned int reaped;
};

static void *only_submit(void *arg)
{
	struct split *split = arg;
	unsigned int done = 0;

	while (done < split->worker.n && !split->worker.err) {
		unsigned int reaped = __atomic_load_n(&split->reaped,
						      __ATOMIC_RELAXED);

		if (done - reaped >= WINDOW) {
			sched_yield();
			continue;
		}
		done += submit_some(&split->worker, done, WINDOW - (done - reaped));
	}
	return NULL;
}

static void *only_reap(void *arg)
{
	struct split *split = arg;

	while (split->reaped < split->worker.n && !split->worker.err)
		__atomic_fetch_add(&split->reaped, reap_into(&split->worker, 1),
				   __ATOMIC_RELAXED);
	return NULL;
}

TEST_F_TIMEOUT(loopback, request_may_be_reaped_before_its_submit_returns, 300)
{
	struct split split = {
		.worker = new_worker(echo_open(), "127.0.0.1", scaled(200000, 4000)),
	};

	ASSERT_EQ(0, pthread_create(&split.worker.thread, NULL, only_reap, &split));
	ASSERT_EQ(0, pthread_create(&split.submitter, NULL, only_submit, &split));
	pthread_join(split.submitter, NULL);
	finish(&split.worker);
	expect_all_answered(_metadata, &split.worker);
}

TEST_F_TIMEOUT(loopback, veth_without_delay_loses_nothing, 300)
{
	struct pair pair = netns_pair();
	struct worker worker;

	netns_enter(pair.world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_enter(pair.near);
	worker = new_worker(echo_open(), WORLD, scaled(100000, 3000));
	start(&worker, submit_and_reap);
	finish(&worker);
	expect_all_answered(_metadata, &worker);
}

/*
 * Replies take as long as the timeout, so both ends come at the same moment,
 * and whoever is second must find the request taken.
 */
#define DELAY_MS 10

FIXTURE(delayed)
{
	int fd;
};

FIXTURE_SETUP(delayed)
{
	netns_alone();
	/* Half on the way there, half on the way back. */
	tc_batch("qdisc add dev lo root netem delay %ums limit 100000\n",
		 DELAY_MS / 2);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(delayed)
{
	close(self->fd);
}

/*
 * Timeouts spread around the delay, to meet it whatever the machine adds. A slow one adds
 * more than a few ms to each, hence each 16th timeout is spread further. A timer of a kernel
 * with 100 ticks a second is 10 ms late, hence another 16th is short.
 */
static __u64 race_timeout(unsigned int i)
{
	unsigned int spread = i * 7919 % 3000;

	switch (i % 16) {
	case 0:
		return DELAY_MS * NS_PER_MS + spread * 300000ULL;
	case 8:
		return spread * DELAY_MS * NS_PER_MS / 3000;
	default:
		return DELAY_MS * NS_PER_MS + spread * 1000ULL;
	}
}

static void *race_timeouts(void *arg)
{
	struct worker *worker = arg;
	unsigned int submitted = 0, reaped = 0;

	while (reaped < worker->n && !worker->err) {
		worker->echo.timeout_ns = race_timeout(submitted);
		submitted += submit_some(worker, submitted,
					 500 - (submitted - reaped));
		reaped += reap_into(worker, submitted - reaped >= 500 ||
				    submitted == worker->n);
	}
	return NULL;
}

TEST_F_TIMEOUT(delayed, reply_and_timeout_at_once_end_a_request_once, 300)
{
	struct worker worker = new_worker(self->fd, "127.0.0.1", scaled(100000, 3000));

	start(&worker, race_timeouts);
	finish(&worker);
	expect_one_end_each(_metadata, &worker);
	/* Else it was no race. */
	EXPECT_LT(0, worker.by_status[0]);
	EXPECT_LT(0, worker.by_status[1]);
	EXPECT_EQ(0, worker.by_status[2]);
}

static void *cancel_for_ever(void *arg)
{
	struct worker *worker = arg;
	int fd = worker->fd;

	while (!__atomic_load_n(&worker->n, __ATOMIC_RELAXED)) {
		echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0);
		usleep(DELAY_MS * 1000);
	}
	return NULL;
}

TEST_F_TIMEOUT(delayed, reply_timeout_and_cancel_at_once_end_a_request_once, 300)
{
	struct worker worker = new_worker(self->fd, "127.0.0.1", scaled(100000, 3000));
	struct worker canceller = { .fd = self->fd };	/* until its n is set */

	start(&canceller, cancel_for_ever);
	start(&worker, race_timeouts);
	finish(&worker);
	__atomic_store_n(&canceller.n, 1, __ATOMIC_RELAXED);
	finish(&canceller);
	expect_one_end_each(_metadata, &worker);
	EXPECT_LT(0, worker.by_status[2]);
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, worker.other_status);
}

/* Close: nobody is told of the ends, so what can be seen is that all is freed. */

static void expect_all_freed(struct __test_metadata *_metadata, int observer)
{
	__u64 deadline = now_ns() + PATIENCE_NS;

	while (echo_used_bytes(observer) && now_ns() < deadline)
		usleep(1000);
	EXPECT_EQ(0, echo_used_bytes(observer));
}

static void submit_many(struct __test_metadata *_metadata, int fd,
			const struct icmpecho_echo *echo, unsigned int n)
{
	struct icmpecho_echo echoes[100];
	unsigned int i;

	for (i = 0; i < 100; i++)
		echoes[i] = *echo;
	for (i = 0; i < n; i += 100) {
		int ret = echo_submit(fd, echoes, 100);

		ASSERT_TRUE(ret > 0 || ret == -ENOBUFS) TH_LOG("%d", ret);
	}
}

TEST_F_TIMEOUT(delayed, close_while_replies_arrive_frees_all, 300)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	unsigned int i, n = scaled(300, 10);

	for (i = 0; i < n; i++) {
		int fd = echo_open();

		ASSERT_LE(0, fd);
		submit_many(_metadata, fd, &echo, 500);
		/* From before the first reply to after the last. */
		usleep(i * 97 % (2 * DELAY_MS * 1000));
		close(fd);
	}
	expect_all_freed(_metadata, self->fd);
	EXPECT_EQ(1, netns_raw_sockets());
}

FIXTURE(silence)
{
	int fd;
};

FIXTURE_SETUP(silence)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(silence)
{
	close(self->fd);
}

TEST_F_TIMEOUT(silence, close_while_timeouts_expire_frees_all, 300)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	unsigned int i;

	echo.timeout_ns = NS_PER_MS;
	for (i = 0; i < 30; i++) {
		int fd = echo_open();

		ASSERT_LE(0, fd);
		submit_many(_metadata, fd, &echo, scaled(5000, 100));
		close(fd);
	}
	expect_all_freed(_metadata, self->fd);
}

static __u64 ns_until(__u64 due)
{
	__u64 now = now_ns();

	return now < due ? due - now : 0;
}

/*
 * Who drops the last reference of a session may be in softirq, or under RCU, and must leave to
 * others what sleeps. So close a session while its requests time out, under RCU: requests of
 * another session have timed out just before, whose eventfd told us, and now one is signalled that
 * many watch.
 */
#define WATCHERS	800
#define DUE		8	/* requests of each kind, for some in each shard of the table */

static void submit_due(int fd, __u64 due, int eventfd)
{
	struct icmpecho_echo echoes[DUE];
	unsigned int i;

	for (i = 0; i < DUE; i++) {
		echoes[i] = echo_to("127.0.0.1");
		echoes[i].timeout_ns = ns_until(due);
		echoes[i].flags = eventfd < 0 ? 0 : ICMPECHO_EVENTFD;
		echoes[i].eventfd = eventfd < 0 ? 0 : eventfd;
	}
	/* EBADF: the machine was so slow that it has been closed already. */
	if (echo_submit(fd, echoes, DUE) != DUE && errno != EBADF)
		die("submit");
}

struct closer {
	pthread_t thread;
	int session;
	int eventfd;
};

static void *close_when_told(void *arg)
{
	struct closer *closer = arg;
	struct pollfd told = { .fd = closer->eventfd, .events = POLLIN };

	stay_on(1);
	poll(&told, 1, PATIENCE_NS / NS_PER_MS);
	close(closer->session);
	return NULL;
}

/* In a namespace of its own, whose receive sockets are closed with it */
static int open_alone(int back)
{
	int fd;

	close(netns_alone());
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	fd = echo_open();
	if (fd < 0)
		die("open");
	netns_enter(back);
	return fd;
}

TEST_F_TIMEOUT(silence, last_reference_may_be_dropped_where_one_may_not_sleep, 300)
{
	int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int watched = watched_eventfd(WATCHERS);
	struct closer closer = { .eventfd = eventfd(0, EFD_NONBLOCK) };
	static struct record record;
	unsigned int i, ended;
	__u64 due, count;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "the time-outs and the close need a CPU each");

	stay_on(0);
	for (i = 0; i < 30; i++) {
		closer.session = open_alone(ns);
		pthread_create(&closer.thread, NULL, close_when_told, &closer);
		usleep(10000);
		/* All of them in one tick of 2^20 ns. The oldest is ended first. */
		due = ((now_ns() >> 20) + 40) << 20;
		submit_due(self->fd, due, closer.eventfd);
		submit_due(self->fd, due, watched);
		submit_due(closer.session, due, -1);
		pthread_join(closer.thread, NULL);
		ASSERT_EQ(sizeof(count), read(closer.eventfd, &count, sizeof(count)));
		for (ended = 0; ended < 2 * DUE; ended++)
			ASSERT_EQ(1, reap_one(self->fd, &record));
	}
	expect_all_freed(_metadata, self->fd);
}

/*
 * Cancel requests at the very moment at which they are due: who waits for the lock while a
 * request that times out is taken out of flight must see that it is taken.
 */
struct canceller {
	pthread_t thread;
	int fd;
	__u64 at;
	int cancelled;
};

static void *cancel_all(void *arg)
{
	struct canceller *canceller = arg;

	if (canceller->at) {
		stay_on(1);
		while (now_ns() < canceller->at)
			;
	}
	canceller->cancelled = echo_cancel(canceller->fd, ICMPECHO_CANCEL_ALL, 0);
	return NULL;
}

TEST_F_TIMEOUT(silence, timeout_and_cancel_at_one_moment_end_a_request_once, 300)
{
	struct worker worker = new_worker(self->fd, "127.0.0.1", 32 * scaled(300, 50));
	struct canceller canceller = { .fd = self->fd };
	unsigned int submitted, reaped = 0, cancelled = 0;
	__u64 due;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "the softirq and the cancel need a CPU each");
	stay_on(0);
	while (reaped < worker.n && !worker.err) {
		/* In one tick; the timer expires when that is over. */
		due = ((now_ns() >> 20) + 4) << 20;
		canceller.at = due + (1 << 20);
		pthread_create(&canceller.thread, NULL, cancel_all, &canceller);
		worker.echo.timeout_ns = ns_until(due);
		submitted = reaped;
		submitted += submit_some(&worker, submitted, 32);
		pthread_join(canceller.thread, NULL);
		cancelled += canceller.cancelled;
		while (reaped < submitted && !worker.err)
			reaped += reap_into(&worker, 1);
	}
	expect_one_end_each(_metadata, &worker);
	EXPECT_EQ(cancelled, worker.by_status[2]);
	/* Else it was no race. */
	EXPECT_LT(0, worker.by_status[1]);
	EXPECT_LT(0, worker.by_status[2]);
}

TEST_F_TIMEOUT(silence, close_of_full_session_frees_all, 300)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	int fd = echo_open();

	ASSERT_LE(0, fd);
	echo.timeout_ns = NEVER_NS;
	submit_many(_metadata, fd, &echo, scaled(60000, 2000));
	close(fd);
	expect_all_freed(_metadata, self->fd);
}

/* Two threads cancel the same requests: each is cancelled once. */
TEST_F_TIMEOUT(silence, two_cancellers_share_the_requests, 300)
{
	struct worker worker = new_worker(self->fd, "127.0.0.1", scaled(20000, 2000));
	struct canceller cancellers[2] = { { .fd = self->fd }, { .fd = self->fd } };
	unsigned int i, submitted = 0, reaped = 0;

	while (submitted < worker.n)
		submitted += submit_some(&worker, submitted, worker.n);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&cancellers[i].thread, NULL, cancel_all,
					    &cancellers[i]));
	for (i = 0; i < 2; i++)
		pthread_join(cancellers[i].thread, NULL);
	EXPECT_EQ(worker.n, cancellers[0].cancelled + cancellers[1].cancelled);
	while (reaped < worker.n && !worker.err)
		reaped += reap_into(&worker, 1);
	for (i = 0; i < worker.n; i++)
		ASSERT_EQ(1, worker.ends[i]);
	EXPECT_EQ(worker.n, worker.by_status[2]);
}

TEST_HARNESS_MAIN
