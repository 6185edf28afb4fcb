// SPDX-License-Identifier: GPL-2.0
/*
 * Hostile users of the device, one after the other, each in user and network namespaces of
 * its own (user.h). Whatever programs they run, in the end nothing hangs, each request
 * was accounted for, and nothing of theirs is left.
 *
 *	ICMPECHO_FUZZ_SECONDS	how long; by default 60
 *	ICMPECHO_FUZZ_SEED	another one makes other programs
 *	ICMPECHO_FUZZ_SEEDS	file of programs to begin with
 *	ICMPECHO_FUZZ_ONLY	run only these programs, again and again
 */
#include "kselftest_harness.h"

#include <grp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "icmpecho_test.h"
#include "keeper.h"
#include "machine.h"
#include "netns6.h"
#include "parameter.h"
#include "setting.h"

#define SEEDS	"user.seeds"

/* Open a session as the hostile user: it shows how much memory is charged to that user. */
static int open_as_hostile(void)
{
	pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	int status, fd;

	if (!pid) {
		if (setresuid(HOSTILE_UID, HOSTILE_UID, HOSTILE_UID))
			die("become a user");
		fd = echo_open();
		_exit(fd < 0 ? 0 : fd);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    !WEXITSTATUS(status))
		die("session of the hostile user");
	return WEXITSTATUS(status);
}

FIXTURE(hostile_user)
{
	struct shared *shared;
	struct path path;
	struct life life;
	struct ledger ledger;	/* of this life */
	struct ledger sum;	/* of those before */
	bool alive;
	bool has_ledger;
	bool has_narrow;
	bool only_seeds;
	int observer;
	unsigned long max_requests;
	unsigned long max_user_bytes;
	unsigned long lives;
	unsigned long programs;
	unsigned long killed;
};

static void print_start(FIXTURE_DATA(hostile_user) *self, unsigned int seed, int nr_seeds)
{
	struct utsname kernel;

	uname(&kernel);
	printf("# figures: seed %u, %d programs to begin with, Linux %s\n", seed, nr_seeds,
	       kernel.release);
	printf("# figures: guided by %s\n", self->shared->has_kcov ? "coverage (KCOV)" :
	       "what the calls return: this kernel has no KCOV");
	if (!self->has_ledger)
		printf("# figures: this kernel does not count tracepoints\n");
	if (!self->has_narrow)
		printf("# figures: hostile_user is not built for 32 bits\n");
	fflush(stdout);
}

FIXTURE_SETUP(hostile_user)
{
	unsigned int seed = setting("ICMPECHO_FUZZ_SEED", 1) ?: 1;
	int nr_seeds;

	grammar_begin(seed);
	self->max_requests = read_parameter(MAX_REQUESTS);
	self->max_user_bytes = read_parameter(MAX_USER_BYTES);
	self->only_seeds = setting("ICMPECHO_FUZZ_ONLY", 0);
	self->has_narrow = life_has_narrow();
	nr_seeds = corpus_read(getenv("ICMPECHO_FUZZ_SEEDS") ?: SEEDS);
	ASSERT_LE(0, nr_seeds);
	ASSERT_EQ(0, chmod(ICMPECHO_DEVICE, 0666));
	write_file("/proc/sys/vm/unprivileged_userfaultfd", "1");
	self->path = netns_path6();
	/* The observer is elsewhere, so that nothing of the users stays in near. */
	netns_alone();
	self->observer = open_as_hostile();
	self->shared = life_memory();
	self->shared->has_kcov = life_open_kcov();
	self->has_ledger = ledger_open();
	ledger_add_program(&self->ledger, self->shared);
	print_start(self, seed, nr_seeds);
}

FIXTURE_TEARDOWN(hostile_user)
{
	close(self->observer);
	write_parameter(MAX_REQUESTS, self->max_requests);
	write_parameter(MAX_USER_BYTES, self->max_user_bytes);
	write_file("/proc/sys/vm/unprivileged_userfaultfd", "0");
	chmod(ICMPECHO_DEVICE, 0600);
}

/* Now and then limits are so low that they are reached. */
static void begin_life(FIXTURE_DATA(hostile_user) *self)
{
	static const unsigned int memory[] = { 0, 0, 0, 64, 32, 16 };
	struct conditions conditions = {
		.narrow = self->has_narrow && !pick(3),
		.memory = memory[pick(6)],
	};

	write_parameter(MAX_REQUESTS, pick(3) ? self->max_requests : 1 + pick(64));
	write_parameter(MAX_USER_BYTES, pick(3) ? self->max_user_bytes : 70000 + pick(1000000));
	life_begin(&self->life, self->path.near, &conditions);
	self->alive = true;
	self->lives++;
}

/* What is charged to the user comes back: workers free it soon after the last close. */
static long long left_bytes(int observer)
{
	__u64 end = now_ns() + BOUND_MS * NS_PER_MS;
	long long bytes;

	while ((bytes = echo_fdinfo(observer, "user_bytes")) && now_ns() < end)
		usleep(1000);
	return bytes;
}

/* All processes go away, nothing is charged to them any more, and the sums are right. */
static bool end_life(FIXTURE_DATA(hostile_user) *self)
{
	long long bytes;

	self->alive = false;
	if (!life_end(&self->life))
		return false;
	ledger_add_program(&self->ledger, self->shared);
	bytes = left_bytes(self->observer);
	if (bytes)
		printf("# %lld bytes are still charged to the user\n", bytes);
	if (self->has_ledger)
		ledger_count(&self->ledger);
	return !bytes && (!self->has_ledger || ledger_agrees(&self->ledger, &self->sum));
}

static bool complains(FIXTURE_DATA(hostile_user) *self, enum fate fate)
{
	if (fate == FATE_HUNG)
		complain(self->shared, "the program does not end");
	if (!self->shared->complaint[0])
		return false;
	printf("# %s; the program was:\n", self->shared->complaint);
	program_print(stdout, &self->shared->program, "# ");
	return true;
}

/* A program that has reached something new is worth changing, and keeping. */
static void keep(FIXTURE_DATA(hostile_user) *self)
{
	corpus_add(&self->shared->program);
	printf("# reached %u new:\n", self->shared->news);
	program_print(stdout, &self->shared->program, "# seed: ");
	fflush(stdout);
}

/* Run one program. Returns false if something is wrong. */
static bool run_one(FIXTURE_DATA(hostile_user) *self)
{
	__u32 kill_us = self->only_seeds || pick(8) ? 0 : 1 + pick(30000);
	enum fate fate;
	bool fresh;

	if (!self->alive)
		begin_life(self);
	fresh = corpus_next(&self->shared->program, self->only_seeds);
	fate = life_run(&self->life, kill_us);
	self->programs++;
	if (complains(self, fate))
		return false;
	if (fate == FATE_RAN) {
		if (fresh && self->shared->news)
			keep(self);
		ledger_add_program(&self->ledger, self->shared);
	} else {
		self->killed++;
	}
	if (fate == FATE_RAN && self->life.programs < NR_PROGRAMS)
		return true;
	return end_life(self) && !complains(self, FATE_RAN);
}

static void print_figures(FIXTURE_DATA(hostile_user) *self)
{
	unsigned int i;

	printf("# figures: %9lu programs in %lu lives, %lu of which were killed in one\n",
	       self->programs, self->lives, self->killed);
	printf("# figures: %9u programs have reached something new\n", corpus_size());
	for (i = 0; i < NR_CALLS; i++)
		printf("# figures: %9llu %s done, %llu refused\n", self->shared->tallies[i].good,
		       calls[i].name, self->shared->tallies[i].refused);
	printf("# figures: %9llu requests accepted, and %llu maybe; %llu completed\n",
	       self->sum.accepted, self->sum.maybe, self->sum.completed);
	fflush(stdout);
}

TEST_F_TIMEOUT(hostile_user, is_accounted_for_and_hangs_nothing_and_leaves_nothing_behind,
	       24 * 3600)
{
	__u64 end = now_ns() + setting("ICMPECHO_FUZZ_SECONDS", 60) * NS_PER_S;

	bool good = true;

	while (good && now_ns() < end)
		good = run_one(self);
	/* What it has printed comes before the harness's own words. */
	fflush(stdout);
	ASSERT_TRUE(good)
		TH_LOG("program %lu", self->programs);
	EXPECT_TRUE(!self->alive || end_life(self));
	print_figures(self);
	EXPECT_TRUE(self->only_seeds || self->shared->tallies[CALL_SUBMIT].good);
}

TEST_HARNESS_MAIN
