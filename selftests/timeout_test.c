// SPDX-License-Identifier: GPL-2.0
/*
 * Timeouts: never early, and not much too late; and requests that fail before
 * they reach the wire.
 */
#include "kselftest_harness.h"

#include <linux/rtnetlink.h>
#include <sys/eventfd.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "netns.h"
#include "tracing.h"

static struct record record;

/* A host that never answers. */
FIXTURE(silence)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(silence)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to("127.0.0.1");
}

FIXTURE_TEARDOWN(silence)
{
	close(self->fd);
}

TEST_F(silence, ends_in_a_timeout_without_an_answer)
{
	static const __u8 nobody[16];

	self->echo.timeout_ns = 10 * NS_PER_MS;
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
	EXPECT_EQ(0, record.c.flags);
	EXPECT_EQ(0, record.c.error);
	EXPECT_EQ(0, record.c.rtt_ns);
	EXPECT_EQ(0, record.c.received_ns);
	EXPECT_EQ(0, record.c.ifindex);
	EXPECT_EQ(0, record.c.type);
	EXPECT_EQ(0, record.c.data_len);
	EXPECT_EQ(0, record.c.wire_len);
	EXPECT_EQ(0, memcmp(nobody, record.c.from, sizeof(nobody)));
}

TEST_F(silence, timeout_of_send_is_never_early)
{
	unsigned int ms;

	for (ms = 1; ms <= 50; ms++) {
		__u64 start = now_ns();

		self->echo.timeout_ns = ms * NS_PER_MS + 12345;
		ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
		EXPECT_LE(self->echo.timeout_ns, now_ns() - start);
	}
}

TEST_F(silence, timeout_0_ends_at_once)
{
	__u64 start = now_ns();

	self->echo.timeout_ns = 0;
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
	/* Not a turn of the timeout wheel late */
	EXPECT_GT(4 * NS_PER_S, now_ns() - start);
}

TEST_F(silence, longest_timeout_is_accepted)
{
	struct icmpecho_info info;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	self->echo.timeout_ns = info.max_timeout_ns;
	EXPECT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

/*
 * A thousand different timeouts at once, in an order that jumps about, some of
 * them longer than a turn of the timeout wheel, which takes 4.3 s. They must not
 * be early, and all but a few (the machine may be busy) not nearly as late as a
 * turn, which is what happens to a request that was put into a slot already passed.
 */
#define TIMEOUTS 1000
#define TIMEOUT_STEP_NS 5111111ULL

struct lateness {
	unsigned int seen;
	unsigned int early;
	unsigned int late;
};

/* Reap what is there, or wait for one. user_data is the earliest due time. */
static void judge_timeouts(int fd, struct lateness *all, __u32 min)
{
	int n;

	do {
		__u64 now;

		n = echo_reap(fd, &record, sizeof(record), min, 1,
			      now_ns() + PATIENCE_NS);
		if (n != 1)
			return;
		now = now_ns();
		all->seen++;
		all->early += now < record.c.user_data;
		all->late += now > record.c.user_data + 2 * NS_PER_S;
	} while (!min);
}

TEST_F(silence, thousand_timeouts_are_neither_early_nor_a_turn_late)
{
	struct lateness all = {};
	unsigned int i, last;

	for (i = 0; i < TIMEOUTS; i++) {
		self->echo.timeout_ns = i * 617 % TIMEOUTS * TIMEOUT_STEP_NS;
		self->echo.user_data = now_ns() + self->echo.timeout_ns;
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
		judge_timeouts(self->fd, &all, 0);
	}
	do {
		last = all.seen;
		judge_timeouts(self->fd, &all, 1);
	} while (all.seen < TIMEOUTS && all.seen > last);
	EXPECT_EQ(TIMEOUTS, all.seen);
	EXPECT_EQ(0, all.early);
	EXPECT_GT(TIMEOUTS / 10, all.late);
}

/* The same for some that wait for revolutions, of which the first is half over. */
TEST_F_TIMEOUT(silence, timeouts_of_some_revolutions_are_on_time, 60)
{
	struct lateness all = {};
	unsigned int i;

	for (i = 0; i < 200; i++) {
		self->echo.timeout_ns = 4 * NS_PER_S + i * 47 * NS_PER_MS;
		self->echo.user_data = now_ns() + self->echo.timeout_ns;
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	}
	for (i = 0; i < 200; i++)
		judge_timeouts(self->fd, &all, 1);
	EXPECT_EQ(200, all.seen);
	EXPECT_EQ(0, all.early);
	EXPECT_GT(20, all.late);
}

/* Requests that are due in an hour do not keep the wheel from telling the time. */
TEST_F_TIMEOUT(silence, short_timeouts_are_on_time_beside_long_ones, 60)
{
	struct icmpecho_echo distant = self->echo;
	struct lateness all = {};
	unsigned int i;

	distant.timeout_ns = NEVER_NS;
	for (i = 0; i < 200; i++)
		ASSERT_EQ(1, echo_submit(self->fd, &distant, 1));
	sleep(5);	/* more than a revolution */
	for (i = 0; i < 200; i++) {
		self->echo.timeout_ns = i * 7 * NS_PER_MS;
		self->echo.user_data = now_ns() + self->echo.timeout_ns;
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	}
	for (i = 0; i < 200; i++)
		judge_timeouts(self->fd, &all, 1);
	EXPECT_EQ(200, all.seen);
	EXPECT_EQ(0, all.early);
	EXPECT_GT(20, all.late);
	EXPECT_EQ(200, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
}

/*
 * In two revolutions of the wheel. A wheel that looks at each request once in a
 * revolution has its timer expire for nearly each of them.
 */
TEST_F_TIMEOUT(silence, requests_due_in_days_are_not_looked_at_until_then, 60)
{
	unsigned int i;

	if (!trace_works())
		SKIP(return, "no tracing of events");
	for (i = 0; i < 2000; i++) {
		self->echo.timeout_ns = 3 * 86400 * NS_PER_S + i * 2 * NS_PER_MS;
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	}
	trace_start("timer/hrtimer_expire_entry");
	sleep(9);
	EXPECT_GT(100, trace_stop("function=shard_timer").all);
	EXPECT_EQ(2000, echo_fdinfo(self->fd, "in_flight"));
}

TEST_F(silence, earlier_deadline_completes_first)
{
	struct icmpecho_echo echoes[3] = { self->echo, self->echo, self->echo };
	static const unsigned int ms[3] = { 1500, 100, 800 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		echoes[i].timeout_ns = ms[i] * NS_PER_MS;
		echoes[i].user_data = ms[i];
	}
	ASSERT_EQ(3, echo_submit(self->fd, echoes, 3));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(100, record.c.user_data);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(800, record.c.user_data);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(1500, record.c.user_data);
}

/*
 * Many due at once. They end in a task, a run of some at a time, and each run is told at once: as
 * long as an interrupt lasts, nobody else has this CPU, and an eventfd may have any number of
 * watchers.
 */
#define DUE		16384
#define RUN		128	/* at least so many in a run */
#define SHARDS_MOST	64	/* of the wheel, each of which signals for itself */

/*
 * Submit @n that are due at the same time, @period from now. Returns false if the machine was
 * too slow: some were due before the last was submitted.
 */
static bool submit_due(struct __test_metadata *_metadata, int fd,
		       struct icmpecho_echo echo, unsigned int n, __u64 period)
{
	__u64 due = now_ns() + period;
	struct icmpecho_echo echoes[64];
	unsigned int i, done;

	for (done = 0; done < n; done += 64) {
		echo.timeout_ns = now_ns() < due ? due - now_ns() : 0;
		for (i = 0; i < 64; i++)
			echoes[i] = echo;
		ASSERT_EQ(64, echo_submit(fd, echoes, 64)) {
			return false;
		}
	}
	return now_ns() < due;
}

/* What an eventfd has counted, when it is @expected or @patience has ended */
static __u64 counted(int eventfd, __u64 expected, __u64 patience)
{
	__u64 deadline = now_ns() + patience, count = 0, n;

	while (count < expected && now_ns() < deadline) {
		if (read(eventfd, &n, sizeof(n)) == sizeof(n))
			count += n;
		else
			usleep(1000);
	}
	return count;
}

FIXTURE(many)
{
	int fd;
	int eventfd;
	unsigned int n;
	struct icmpecho_echo echo;
};

FIXTURE_VARIANT(many)
{
	bool of_session;
};

FIXTURE_VARIANT_ADD(many, with_eventfd)
{
};

FIXTURE_VARIANT_ADD(many, with_eventfd_of_session)
{
	.of_session = true,
};

FIXTURE_SETUP(many)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->n = scaled(DUE, DUE / 4);
	self->eventfd = eventfd(0, EFD_NONBLOCK);
	self->echo = echo_to("127.0.0.1");
	if (variant->of_session) {
		ASSERT_EQ(0, echo_bind_eventfd(self->fd, self->eventfd));
	} else {
		self->echo.flags = ICMPECHO_EVENTFD;
		self->echo.eventfd = self->eventfd;
	}
	stay_on(0);
}

FIXTURE_TEARDOWN(many)
{
	close(self->fd);
}

/*
 * Count @event, whose lines in the trace have @name, while all time out together; with more time
 * to submit them on a machine that needs it.
 */
static struct events trace_due(struct __test_metadata *_metadata, FIXTURE_DATA(many) *self,
			       const char *event, const char *name)
{
	__u64 period = self->n * scaled(1, 32) * (NS_PER_S / 10000);
	static unsigned char buffer[1 << 20];
	struct events events;
	bool together;
	int tries = 3;

	do {
		trace_start(event);
		together = submit_due(_metadata, self->fd, self->echo, self->n, period);
		EXPECT_EQ(self->n, counted(self->eventfd, self->n, period + PATIENCE_NS));
		events = trace_stop(name);
		while (echo_reap(self->fd, buffer, sizeof(buffer), 0, self->n, 0) > 0)
			;
		period *= 4;
	} while (!together && --tries);
	EXPECT_TRUE(together);
	return events;
}

TEST_F_TIMEOUT(many, due_at_once_do_not_end_in_an_interrupt, 300)
{
	struct events events;

	if (!trace_works())
		SKIP(return, "no tracing of events");
	events = trace_due(_metadata, self, "icmpecho/icmpecho_timeout", "icmpecho_timeout:");
	EXPECT_EQ(self->n, events.all);
	EXPECT_EQ(0, events.interrupts);
}

TEST_F_TIMEOUT(many, due_at_once_signal_their_eventfd_once_in_a_run, 300)
{
	struct events events;

	if (!trace_works() || !trace_probe("icmpecho_signal", "eventfd_signal"))
		SKIP(return, "no kprobes, or a kernel that adds 1 at a time");
	events = trace_due(_metadata, self, "kprobes/icmpecho_signal", "icmpecho_signal:");
	trace_unprobe("icmpecho_signal");
	EXPECT_LT(0, events.all);
	EXPECT_GE(self->n / RUN + SHARDS_MOST, events.all);
	EXPECT_EQ(0, events.interrupts);
}

/* The high-resolution timers without which the tests above mean little. */
TEST_F(silence, is_measured_with_high_resolution_timers)
{
	FILE *file = fopen("/proc/timer_list", "re");
	unsigned int active = 0, cpus = 0;
	char line[256];
	int value;

	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " .hres_active : %d", &value) == 1) {
			cpus++;
			active += value;
		}
	fclose(file);
	EXPECT_LT(0, cpus);
	EXPECT_EQ(cpus, active);
}

/* What cannot be sent completes with the errno of sending. */
FIXTURE(unsendable)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_VARIANT(unsendable)
{
	unsigned char route;	/* its type, or 0 for none */
	bool drop;
	__u32 status;
	int error;
};

FIXTURE_VARIANT_ADD(unsendable, without_route)
{
	.status = ICMPECHO_STATUS_DEST_NET_UNREACHABLE,
	.error = ENETUNREACH,
};

FIXTURE_VARIANT_ADD(unsendable, by_unreachable_route)
{
	.route = RTN_UNREACHABLE,
	.status = ICMPECHO_STATUS_DEST_HOST_UNREACHABLE,
	.error = EHOSTUNREACH,
};

FIXTURE_VARIANT_ADD(unsendable, by_prohibit_route)
{
	.route = RTN_PROHIBIT,
	.error = EACCES,
};

FIXTURE_VARIANT_ADD(unsendable, by_blackhole_route)
{
	.route = RTN_BLACKHOLE,
	.error = EINVAL,
};

FIXTURE_VARIANT_ADD(unsendable, by_firewall)
{
	.route = RTN_UNICAST,
	.drop = true,
	.error = EPERM,
};

FIXTURE_SETUP(unsendable)
{
	netns_alone();
	if (variant->route == RTN_UNICAST)
		link_add_route_on_link(ALL, "lo");
	else if (variant->route)
		link_add_route_of_type(FAR, variant->route);
	if (variant->drop)
		netns_drop_output();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to(FAR);
	self->echo.user_data = 99;
}

FIXTURE_TEARDOWN(unsendable)
{
	close(self->fd);
}

static void expect_local_failure(struct __test_metadata *_metadata,
				 const FIXTURE_VARIANT(unsendable) *variant)
{
	EXPECT_EQ(99, record.c.user_data);
	EXPECT_EQ(ICMPECHO_LOCAL, record.c.flags);
	EXPECT_EQ(variant->error, record.c.error);
	EXPECT_NE(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_NE(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
	if (variant->status)
		EXPECT_EQ(variant->status, record.c.status);
	EXPECT_EQ(0, record.c.rtt_ns);
	EXPECT_EQ(0, ipv4(record.c.from));
}

TEST_F(unsendable, request_by_submit_completes_locally)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	expect_local_failure(_metadata, variant);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(unsendable, request_by_send_completes_locally)
{
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	expect_local_failure(_metadata, variant);
}

TEST_HARNESS_MAIN
