// SPDX-License-Identifier: GPL-2.0
/*
 * Hogs: one user takes all they may of something, and another user's requests go on as if
 * nothing were. None is refused, lost or early, and the other user waits for no more of the
 * hog's work than a worker does in two runs.
 *
 * With ICMPECHO_TEST_FIGURES in the environment, each test prints what was measured.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "abandon.h"
#include "icmpecho_test.h"
#include "latency.h"
#include "machine.h"
#include "netns.h"
#include "parameter.h"
#include "users.h"
#include "victim.h"
#include "waits.h"
#include "watchers.h"

#define HOG_UID		1000
#define VICTIM_UID	1001
#define HOG_DATA	1000000		/* user_data of the hog's requests */
#define CPU		0		/* of both */

#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"

/* Few requests fill it up. */
#define USER_BYTES	((figures() ? 8UL : 2UL) << 20)
#define BATCH		64
#define MAX_FDS		1024

/* How many a hog takes that does not stop at its quota */
#define DUE		(scaled(100, 16) * BATCH)
#define FILES		scaled(1000, 50)
#define NAMESPACES	scaled(50, 4)
#define SENDS		scaled(2000, 100)
#define EVENTFDS	8
#define WATCHERS	(figures() ? 1000 : scaled(100, 10))

#define ROUNDS		scaled(100, 20)
#define ACTS		3

/*
 * How many of the hog's requests end before a victim that was woken runs. Requests that time out
 * end in runs of 256 at most, or 32 if each tells another eventfd, and after each run the scheduler
 * decides. A second run may begin before an interrupt from another CPU says that the victim waits.
 * All others end one by one.
 */
#define RUN_MOST	(2 * 256)
#define SIGNALS_MOST	(2 * 32)
#define SINGLE_MOST	16

/* The other process: what it has taken */
struct hog {
	struct icmpecho_echo echoes[BATCH];
	int fds[MAX_FDS];
	unsigned int nr_fds;
	unsigned int next;		/* of @fds, or of what else it takes in turn */
	int eventfds[EVENTFDS];
};

/* Shared by both */
struct shared {
	unsigned int held;	/* what the hog had taken before the victim began */
	unsigned int acts;	/* what it has done since */
	__u64 due;		/* when many of its requests time out */
	__u64 waking;		/* when the victim's first time-out wakes it */
};

static struct hog hog;
static struct shared *shared;
static unsigned char buffer[BATCH * (sizeof(struct icmpecho_completion) + 64)];

/* Are times measured as well? */
static bool figures(void)
{
	return getenv("ICMPECHO_TEST_FIGURES");
}

static int hog_open(void)
{
	int fd = open_as(HOG_UID);

	if (fd < 0 || hog.nr_fds == MAX_FDS)
		die("open: %d", fd);
	hog.fds[hog.nr_fds++] = fd;
	return fd;
}

static void hog_init(const char *dst)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		hog.echoes[i] = echo_to(dst);
		hog.echoes[i].timeout_ns = NEVER_NS;
		hog.echoes[i].user_data = HOG_DATA;
	}
}

/* Collect what has completed; returns how many. */
static unsigned int hog_reap(int fd, unsigned int min)
{
	int n = echo_reap(fd, buffer, sizeof(buffer), min, BATCH, now_ns() + PATIENCE_NS);

	return n < 0 ? 0 : n;
}

/* Fill session after session, until the user's memory is used up. Returns how many. */
static unsigned int take_all_memory(void)
{
	unsigned int n = 0;
	int fd = hog_open(), ret;

	do {
		ret = echo_submit(fd, hog.echoes, BATCH);
		n += ret > 0 ? ret : 0;
		if (ret == -EAGAIN)
			fd = hog_open();
	} while (ret != -EDQUOT);
	return n;
}

/* Take some back, and submit as many again, which it may not do for more. */
static void turn_over(void)
{
	int fd = hog.fds[0], i;

	if (echo_submit(fd, hog.echoes, BATCH) > 0)
		return;
	for (i = 0; i < BATCH; i++)
		echo_cancel(fd, 0, hog.echoes[i].id);
	while (hog_reap(fd, 0))
		;
}

static unsigned int take_requests(void)
{
	return take_all_memory();
}

/* Each of them to a destination of its own */
static unsigned int take_destinations(void)
{
	unsigned int n = 0, i;
	int ret;

	hog_open();
	do {
		for (i = 0; i < BATCH; i++) {
			hog.echoes[i].dst[2] = (n + i) >> 8;
			hog.echoes[i].dst[3] = n + i;
		}
		ret = echo_submit(hog.fds[0], hog.echoes, BATCH);
		n += ret > 0 ? ret : 0;
	} while (ret == BATCH);
	return n;
}

/* All due in revolutions of the timeout wheel that share a slot, but the last */
static unsigned int take_long_timeouts(void)
{
	const __u64 turn_of_all = 1024ULL << 32;
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		hog.echoes[i].timeout_ns = (1 + i % 8) * turn_of_all;
	hog.echoes[BATCH - 1].timeout_ns = 4 * NS_PER_S;
	return take_all_memory();
}

/* Each collects the answers of a group. */
static unsigned int take_replies(void)
{
	unsigned int i;

	hog_init("224.0.0.1");
	for (i = 0; i < BATCH; i++)
		hog.echoes[i].max_replies = 16;
	return take_all_memory();
}

/* Many that are due at the same time, and some of the victim's with them */
static void fall_due(void)
{
	__u64 due = now_ns() + DUE * scaled(1, 32) * (NS_PER_S / 10000);
	unsigned int n, i;

	for (n = 0; n < DUE; n += BATCH) {
		__u64 now = now_ns();

		for (i = 0; i < BATCH; i++)
			hog.echoes[i].timeout_ns = now < due ? due - now : 0;
		if (echo_submit(hog.fds[0], hog.echoes, BATCH) != BATCH)
			die("SUBMIT");
	}
	__atomic_store_n(&shared->due, due, __ATOMIC_RELAXED);
	for (n = 0; n < DUE; n += i) {
		i = hog_reap(hog.fds[0], 1);
		if (!i)
			die("REAP");
	}
}

static unsigned int take_time(void)
{
	hog_open();
	return DUE;
}

/* As many, each of which tells all watchers of another eventfd than the one before. */
static unsigned int take_watchers(void)
{
	unsigned int i;

	for (i = 0; i < EVENTFDS; i++)
		hog.eventfds[i] = watched_eventfd(WATCHERS);
	for (i = 0; i < BATCH; i++) {
		hog.echoes[i].flags = ICMPECHO_EVENTFD;
		hog.echoes[i].eventfd = hog.eventfds[i % EVENTFDS];
	}
	hog_open();
	return EVENTFDS * WATCHERS;
}

static void hold_one(int fd)
{
	if (echo_submit(fd, hog.echoes, 1) != 1)
		die("SUBMIT");
}

static unsigned int take_files(void)
{
	while (hog.nr_fds < FILES)
		hold_one(hog_open());
	return hog.nr_fds;
}

static void reopen_file(void)
{
	unsigned int i = hog.next++ % hog.nr_fds;

	close(hog.fds[i]);
	hog.fds[i] = open_as(HOG_UID);
	hold_one(hog.fds[i]);
}

/* A session keeps its namespace. */
static int open_in_namespace(void)
{
	int ns = netns_alone(), fd;

	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	close(ns);
	fd = open_as(HOG_UID);
	hold_one(fd);
	return fd;
}

static unsigned int take_namespaces(void)
{
	hog_init("127.0.0.1");
	while (hog.nr_fds < NAMESPACES)
		hog.fds[hog.nr_fds++] = open_in_namespace();
	return hog.nr_fds;
}

static void replace_namespace(void)
{
	unsigned int i = hog.next++ % hog.nr_fds;

	close(hog.fds[i]);
	hog.fds[i] = open_in_namespace();
}

static unsigned int take_sends(void)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	leave_sends(hog_open(), SENDS);
	return SENDS;
}

/* Ask for what is not there. */
static void search_for_a_send(void)
{
	static struct record record;
	struct icmpecho_send send = send_of(hog.echoes, &record);

	send.id = ~0ULL - hog.next++;
	if (echo_ioctl(hog.fds[0], ICMPECHO_IOC_SEND, &send) != -ENOENT ||
	    echo_cancel(hog.fds[0], 0, send.id) != -ENOENT)
		die("SEND");
}

/* The victim's time-outs are 8 ms apart at most. */
static void wait_for_a_waking(void)
{
	__u64 deadline = now_ns() + 20 * NS_PER_MS, now, waking;

	do {
		now = now_ns();
		waking = __atomic_load_n(&shared->waking, __ATOMIC_RELAXED);
	} while (now < deadline && (now > waking || now + NS_PER_MS / 10 < waking));
}

/* All at the moment in which the victim is woken */
static void cancel_all(void)
{
	unsigned int n;

	for (n = 0; n < DUE; n += BATCH)
		if (echo_submit(hog.fds[0], hog.echoes, BATCH) != BATCH)
			die("SUBMIT");
	wait_for_a_waking();
	if (echo_cancel(hog.fds[0], ICMPECHO_CANCEL_ALL, 0) != DUE)
		die("CANCEL_ALL");
	while (hog_reap(hog.fds[0], 0))
		;
}

static unsigned int take_nothing(void)
{
	return 1;
}

static void do_nothing(void)
{
	usleep(1000);
}

FIXTURE(hog)
{
	unsigned long max_user_bytes;
	unsigned long rt_runtime;
	struct pair pair;
	pid_t pid;
	struct victim victim;
};

FIXTURE_VARIANT(hog)
{
	const char *of;
	unsigned int (*take)(void);	/* what there is of it; returns how much */
	void (*act)(void);		/* again and again */
	unsigned int most;		/* requests for whose end another user waits */
};

FIXTURE_VARIANT_ADD(hog, of_nothing)
{
	.of = "nothing",
	.take = take_nothing,
	.act = do_nothing,
};

FIXTURE_VARIANT_ADD(hog, of_requests_in_flight)
{
	.of = "requests in flight",
	.take = take_destinations,
	.act = turn_over,
	.most = SINGLE_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_identities_of_a_destination)
{
	.of = "one destination's identities",
	.take = take_requests,
	.act = turn_over,
	.most = SINGLE_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_long_timeouts)
{
	.of = "long time-outs",
	.take = take_long_timeouts,
	.act = turn_over,
	.most = RUN_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_replies)
{
	.of = "many replies",
	.take = take_replies,
	.act = turn_over,
	.most = SINGLE_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_requests_due_at_once)
{
	.of = "requests due at once",
	.take = take_time,
	.act = fall_due,
	.most = RUN_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_watchers)
{
	.of = "watchers of eventfds",
	.take = take_watchers,
	.act = fall_due,
	.most = SIGNALS_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_open_files)
{
	.of = "open files",
	.take = take_files,
	.act = reopen_file,
	.most = SINGLE_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_namespaces)
{
	.of = "namespaces",
	.take = take_namespaces,
	.act = replace_namespace,
	.most = SINGLE_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_abandoned_sends)
{
	.of = "abandoned SENDs",
	.take = take_sends,
	.act = search_for_a_send,
	.most = SINGLE_MOST,
};

FIXTURE_VARIANT_ADD(hog, of_cancel_all)
{
	.of = "CANCEL_ALL",
	.take = take_time,
	.act = cancel_all,
	.most = SINGLE_MOST,
};

FIXTURE_SETUP(hog)
{
	struct rlimit files = { 2 * MAX_FDS + EVENTFDS * WATCHERS, 1 << 20 };

	wait_for_former_tests(HOG_UID);
	self->pair = netns_pair();
	netns_enter(self->pair.world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	netns_enter(self->pair.near);
	link_add_route_on_link("224.0.0.0/4", "near0");
	self->max_user_bytes = read_parameter(MAX_USER_BYTES);
	write_parameter(MAX_USER_BYTES, USER_BYTES);
	/* The victim is never made to wait for having real-time priority too often. */
	self->rt_runtime = read_parameter(RT_RUNTIME);
	ASSERT_EQ(0, try_parameter(RT_RUNTIME, "-1"));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
}

FIXTURE_TEARDOWN(hog)
{
	if (self->pid > 0) {
		kill(self->pid, SIGKILL);
		waitpid(self->pid, NULL, 0);
	}
	write_parameter(MAX_USER_BYTES, self->max_user_bytes);
	write_parameter(RT_RUNTIME, self->rt_runtime);
	close(self->victim.fd);
}

static pid_t start_hog(const FIXTURE_VARIANT(hog) *variant)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stay_on(CPU);
	hog_init(BEYOND);
	__atomic_store_n(&shared->held, variant->take(), __ATOMIC_RELEASE);
	for (;;) {
		variant->act();
		__atomic_add_fetch(&shared->acts, 1, __ATOMIC_RELAXED);
	}
}

/* Returns false if it did not get so far. */
static bool wait_for_hog(pid_t pid)
{
	__u64 deadline = now_ns() + 3 * PATIENCE_NS;

	while (!__atomic_load_n(&shared->held, __ATOMIC_ACQUIRE)) {
		if (now_ns() > deadline || waitpid(pid, NULL, WNOHANG))
			return false;
		usleep(1000);
	}
	return true;
}

/* The rounds of the victim, until the hog has acted some times. */
static void victim_lives(struct victim *victim)
{
	__u64 deadline = now_ns() + 9 * PATIENCE_NS;
	unsigned int i;

	for (i = 0; i < ROUNDS || (shared->acts < ACTS && now_ns() < deadline); i++) {
		victim_prepare(victim, __atomic_load_n(&shared->due, __ATOMIC_RELAXED));
		__atomic_store_n(&shared->waking, victim_first_due(victim), __ATOMIC_RELAXED);
		victim_round(victim);
	}
}

/* A row of a table, and where the last figure comes from */
static void print_figures(const char *of, struct victim *v, const struct waits *waits,
			  const struct latency *latency)
{
	dprintf(STDOUT_FILENO, "#| %s | %u | %.1f / %.1f | %.2f | %.2f / %.2f | %u | %.0f (%d) | "
		"%.0f | %.0f |\n# interrupts were off longest until %s\n",
		of, shared->held, series_us(&v->rtt, 50), series_us(&v->rtt, 100),
		series_us(&v->submit, 50) / VICTIM_ECHOES, series_us(&v->late, 50) / 1000,
		series_us(&v->late, 100) / 1000, v->refused, waits->softirq * 1e6, waits->vec,
		waits->raised * 1e6, latency->late_ns / 1e3, latency_function(latency->ip));
}

TEST_F_TIMEOUT(hog, costs_another_user_little, 600)
{
	struct victim *v = &self->victim;
	struct latency latency = {};
	struct waits waits = {};
	bool traced = trace_works();

	victim_init(v, open_as(VICTIM_UID), WORLD, BEYOND);
	ASSERT_LE(0, v->fd);
	self->pid = start_hog(variant);
	ASSERT_TRUE(wait_for_hog(self->pid));
	victim_comes_first(CPU);
	if (traced)
		waits_start(getpid(), HOG_DATA);
	if (figures()) {
		waits_with_times();
		latency_start(&latency, CPU);
	}
	victim_lives(v);
	if (figures())
		latency_stop(&latency);
	if (traced)
		waits = waits_stop(getpid(), CPU);

	EXPECT_LE(ACTS, shared->acts);
	EXPECT_EQ(0, v->refused);
	EXPECT_EQ(0, v->wrong);
	EXPECT_EQ(0, v->early);
	EXPECT_EQ(v->sent, v->answered + v->timed_out);
	EXPECT_EQ(v->answered, v->timed_out);
	EXPECT_GE(variant->most, waits.most);
	if (traced)
		EXPECT_LT(0, waits.seen);
	if (figures())
		print_figures(variant->of, v, &waits, &latency);
}

TEST_HARNESS_MAIN
