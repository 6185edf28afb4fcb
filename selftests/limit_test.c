// SPDX-License-Identifier: GPL-2.0
/*
 * Limits: of a session (EAGAIN), of a user (EDQUOT), of a send buffer
 * (ENOBUFS). Reaching one loses nothing, and all comes back when the requests
 * have ended.
 */
#include "kselftest_harness.h"

#include <dirent.h>
#include <linux/aio_abi.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "netns6.h"
#include "parameter.h"
#include "poll_for.h"
#include "users.h"

#define PATIENCE_MS ((int)(PATIENCE_NS / NS_PER_MS))

static struct record record;
static unsigned char payload[1400];

/* Parameters are those of the machine, so each test puts them back. */
FIXTURE(limit)
{
	unsigned long max_requests;
	unsigned long max_user_bytes;
	struct icmpecho_echo echo;	/* never answered */
};

FIXTURE_SETUP(limit)
{
	wait_for_former_tests(0);
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->max_requests = read_parameter(MAX_REQUESTS);
	self->max_user_bytes = read_parameter(MAX_USER_BYTES);
	self->echo = echo_with("127.0.0.1", payload, 8);
	self->echo.timeout_ns = NEVER_NS;
}

FIXTURE_TEARDOWN(limit)
{
	write_parameter(MAX_REQUESTS, self->max_requests);
	write_parameter(MAX_USER_BYTES, self->max_user_bytes);
}

static int submit_one(int fd, struct icmpecho_echo *echo)
{
	return echo_submit(fd, echo, 1);
}

TEST_F(limit, parameters_are_writable_by_root_only)
{
	struct stat st;

	ASSERT_EQ(0, stat(MAX_REQUESTS, &st));
	EXPECT_EQ(0644, st.st_mode & 07777);
	ASSERT_EQ(0, stat(MAX_USER_BYTES, &st));
	EXPECT_EQ(0644, st.st_mode & 07777);
}

/* A session that may hold nothing would wait for room for ever. */
TEST_F(limit, parameters_that_allow_nothing_are_refused)
{
	static const char *const none[] = { "0", "-1", "4294967296", "many", "" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		EXPECT_GT(0, try_parameter(MAX_REQUESTS, none[i]))
			TH_LOG("max_requests = %s", none[i]);
		EXPECT_EQ(self->max_requests, read_parameter(MAX_REQUESTS));
	}
	EXPECT_EQ(-EINVAL, try_parameter(MAX_REQUESTS, "0"));
	EXPECT_EQ(0, try_parameter(MAX_REQUESTS, "1"));
	EXPECT_EQ(-EINVAL, try_parameter(MAX_USER_BYTES, "0"));
	EXPECT_EQ(-EINVAL, try_parameter(MAX_USER_BYTES, "65535"));
	EXPECT_EQ(-EINVAL, try_parameter(MAX_USER_BYTES, "-1"));
	EXPECT_EQ(self->max_user_bytes, read_parameter(MAX_USER_BYTES));
}

TEST_F(limit, smallest_memory_of_a_user_holds_the_longest_request)
{
	static unsigned char longest[65507];
	struct icmpecho_echo echo = echo_with("127.0.0.1", longest, sizeof(longest));
	unsigned long bytes = 65536;
	char text[16];
	int fd;

	echo.reply_capacity = 65535;
	do {
		snprintf(text, sizeof(text), "%lu", ++bytes);
	} while (try_parameter(MAX_USER_BYTES, text) && bytes < 70000);
	ASSERT_EQ(bytes, read_parameter(MAX_USER_BYTES));
	fd = echo_open();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	ASSERT_EQ(0, echo_send(fd, &echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(limit, info_shows_the_limits_in_force)
{
	struct icmpecho_info info;
	int fd;

	write_parameter(MAX_REQUESTS, 12);
	write_parameter(MAX_USER_BYTES, 345678);
	fd = echo_open();
	ASSERT_EQ(0, echo_info(fd, &info));
	EXPECT_EQ(12, info.max_requests);
	EXPECT_EQ(345678, info.max_user_bytes);
}

TEST_F(limit, open_session_keeps_its_number_of_requests)
{
	struct icmpecho_info info;
	int fd = echo_open();

	write_parameter(MAX_REQUESTS, 12);
	ASSERT_EQ(0, echo_info(fd, &info));
	EXPECT_EQ(self->max_requests, info.max_requests);
}

/* One session that may hold three requests. */
static int open_for_three(void)
{
	int fd;

	write_parameter(MAX_REQUESTS, 3);
	fd = echo_open();
	if (fd < 0)
		die("open");
	return fd;
}

TEST_F(limit, full_session_is_eagain)
{
	struct icmpecho_echo echoes[5];
	int fd = open_for_three(), i;

	for (i = 0; i < 5; i++)
		echoes[i] = self->echo;
	EXPECT_EQ(3, echo_submit(fd, echoes, 5));
	EXPECT_EQ(-EAGAIN, submit_one(fd, &self->echo));
	EXPECT_EQ(-EAGAIN, echo_send(fd, &self->echo, &record));
}

TEST_F(limit, unreaped_completions_count_as_requests)
{
	int fd = open_for_three(), i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(1, submit_one(fd, &self->echo));
	ASSERT_EQ(3, echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(-EAGAIN, submit_one(fd, &self->echo));
	ASSERT_EQ(1, reap_now(fd, &record));
	EXPECT_EQ(1, submit_one(fd, &self->echo));
	EXPECT_EQ(-EAGAIN, submit_one(fd, &self->echo));
}

TEST_F(limit, full_session_does_not_limit_another)
{
	int full = open_for_three(), other = open_for_three();

	while (submit_one(full, &self->echo) == 1)
		;
	EXPECT_EQ(1, submit_one(other, &self->echo));
}

TEST_F(limit, refused_requests_do_not_use_up_the_limit)
{
	struct icmpecho_echo bad = self->echo;
	int fd = open_for_three(), i;

	bad.payload = 16;
	for (i = 0; i < 10; i++)
		EXPECT_EQ(-EFAULT, submit_one(fd, &bad));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(1, submit_one(fd, &self->echo));
	EXPECT_EQ(-EAGAIN, submit_one(fd, &self->echo));
}

/* A user's memory: submit until there is no more. */
static unsigned int fill_quota(int fd, struct icmpecho_echo *echo, int *err)
{
	unsigned int n = 0;

	while ((*err = submit_one(fd, echo)) == 1)
		n++;
	return n;
}

TEST_F(limit, memory_of_a_user_is_edquot)
{
	int fd = echo_open(), err;

	write_parameter(MAX_USER_BYTES, 100000);
	EXPECT_LT(0, fill_quota(fd, &self->echo, &err));
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_EQ(-EDQUOT, echo_send(fd, &self->echo, &record));
}

TEST_F(limit, sessions_of_a_user_share_the_memory)
{
	int first = echo_open(), second = echo_open(), err;

	write_parameter(MAX_USER_BYTES, 100000);
	fill_quota(first, &self->echo, &err);
	EXPECT_EQ(-EDQUOT, submit_one(second, &self->echo));
}

TEST_F(limit, reply_capacity_is_charged)
{
	unsigned int small, large;
	int fd = echo_open(), err;

	write_parameter(MAX_USER_BYTES, 1000000);
	small = fill_quota(fd, &self->echo, &err);
	close(fd);
	fd = echo_open();
	self->echo.reply_capacity = 65535;
	large = fill_quota(fd, &self->echo, &err);
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_GE(1000000 / 65535, large);
	EXPECT_LT(10 * large, small);
}

TEST_F(limit, reaped_requests_give_their_memory_back)
{
	unsigned int first, i;
	int fd = echo_open(), err;

	write_parameter(MAX_USER_BYTES, 100000);
	first = fill_quota(fd, &self->echo, &err);
	EXPECT_LT(0, echo_used_bytes(fd));
	ASSERT_EQ(first, echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(-EDQUOT, submit_one(fd, &self->echo));
	for (i = 0; i < first; i++)
		ASSERT_EQ(1, reap_now(fd, &record));
	EXPECT_EQ(0, echo_used_bytes(fd));
	EXPECT_EQ(first, fill_quota(fd, &self->echo, &err));
}

TEST_F(limit, refused_requests_give_their_memory_back)
{
	int fd = open_for_three(), err, i;

	EXPECT_EQ(3, fill_quota(fd, &self->echo, &err));
	EXPECT_EQ(-EAGAIN, err);
	ASSERT_EQ(3, echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(1, reap_now(fd, &record));
	EXPECT_EQ(0, echo_used_bytes(fd));
}

/* Pending requests of a closed session must not burden its user for ever. */
TEST_F(limit, closed_sessions_give_their_memory_back)
{
	int fd = echo_open(), other = echo_open(), i;
	__u64 deadline;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(1, submit_one(fd, &self->echo));
	ASSERT_EQ(1, echo_cancel(fd, 0, self->echo.id));
	close(fd);
	deadline = now_ns() + PATIENCE_NS;
	while (echo_used_bytes(other) && now_ns() < deadline)
		usleep(1000);
	EXPECT_EQ(0, echo_used_bytes(other));
}

/*
 * Idle sessions keep free requests, with room for answers, for their next ones.
 * That is charged, and given back when it is needed elsewhere. A kernel with KASAN
 * keeps none.
 */
#define IDLE ((int)scaled(100, 10))
#define MAX_IDLE 100
#define KEPT_ECHOES 64

FIXTURE(idle)
{
	unsigned long max_user_bytes;
	struct icmpecho_echo echoes[KEPT_ECHOES];
	int fds[MAX_IDLE];
	bool keeps;
};

/* Send and reap as many as a session keeps. */
static void echo_and_be_idle(struct __test_metadata *_metadata, int fd,
			     struct icmpecho_echo *echoes)
{
	unsigned int i;

	ASSERT_EQ(KEPT_ECHOES, echo_submit(fd, echoes, KEPT_ECHOES));
	for (i = 0; i < KEPT_ECHOES; i++)
		ASSERT_EQ(1, reap_one(fd, &record));
}

FIXTURE_SETUP(idle)
{
	unsigned int i;

	wait_for_former_tests(0);
	netns_alone();
	self->max_user_bytes = read_parameter(MAX_USER_BYTES);
	for (i = 0; i < KEPT_ECHOES; i++)
		self->echoes[i] = echo_with("127.0.0.1", payload, sizeof(payload));
	for (i = 0; i < IDLE; i++) {
		self->fds[i] = echo_open();
		ASSERT_LE(0, self->fds[i]);
		echo_and_be_idle(_metadata, self->fds[i], self->echoes);
	}
	self->keeps = echo_fdinfo(self->fds[0], "user_cached_bytes") > KEPT_ECHOES * 1400;
}

FIXTURE_TEARDOWN(idle)
{
	write_parameter(MAX_USER_BYTES, self->max_user_bytes);
}

/* Objects of a slab cache, or -1 if it is not told, or the cache merged with others. */
static long long slab_objects(const char *name)
{
	char line[512], cache[64];
	FILE *file = fopen("/proc/slabinfo", "re");
	long long active, sum = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %lld", cache, &active) == 2 && !strcmp(cache, name))
			sum = active;
	if (file)
		fclose(file);
	return sum;
}

TEST_F(idle, memory_of_free_requests_is_charged)
{
	long long charged = echo_fdinfo(self->fds[0], "user_bytes");

	if (!self->keeps)
		SKIP(return, "this kernel keeps no requests");
	EXPECT_LE((long long)IDLE * KEPT_ECHOES * sizeof(payload), charged);
	EXPECT_GE((long long)IDLE * KEPT_ECHOES * (sizeof(payload) + 256), charged);
	EXPECT_EQ(0, echo_used_bytes(self->fds[0]));
}

TEST_F(idle, user_at_the_quota_gets_back_what_other_sessions_keep)
{
	long long kept = echo_fdinfo(self->fds[0], "user_cached_bytes");
	int other = echo_open();

	/* Where nothing is kept, there must be enough without giving back. */
	write_parameter(MAX_USER_BYTES, kept > 200000 ? kept : 200000);
	echo_and_be_idle(_metadata, other, self->echoes);
	EXPECT_GE(read_parameter(MAX_USER_BYTES), echo_fdinfo(other, "user_bytes"));
	write_parameter(MAX_USER_BYTES, 100000);
	self->echoes[0].reply_capacity = 65535;
	ASSERT_EQ(1, submit_one(other, self->echoes));
	EXPECT_GE(100000, echo_fdinfo(other, "user_bytes"));
}

TEST_F(idle, kept_memory_is_given_back_when_memory_is_short)
{
	long long objects = slab_objects("icmpecho_request"), deadline;
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	deadline = now_ns() + PATIENCE_NS;
	/* Shrinkers may be passed over while others are at work. */
	do {
		ASSERT_EQ(1, write(fd, "2", 1));
	} while (echo_fdinfo(self->fds[0], "user_bytes") && now_ns() < deadline);
	EXPECT_EQ(0, echo_fdinfo(self->fds[0], "user_bytes"));
	EXPECT_EQ(0, echo_fdinfo(self->fds[0], "user_cached_bytes"));
	if (self->keeps && objects > 0)
		EXPECT_LE(IDLE * KEPT_ECHOES / 2, objects - slab_objects("icmpecho_request"));
	close(fd);
	echo_and_be_idle(_metadata, self->fds[0], self->echoes);
	EXPECT_EQ(0, echo_used_bytes(self->fds[0]));
}

/* But for what is known of the destination, which the user's other session may use. */
TEST_F(idle, closed_session_keeps_nothing)
{
	int fd = echo_open(), i;

	for (i = 0; i < IDLE; i++)
		close(self->fds[i]);
	EXPECT_GE(4096, echo_fdinfo(fd, "user_bytes"));
}

/* Less than a page for the request itself, which is kept. */
TEST_F(idle, page_of_destinations_is_charged_while_its_user_is_there)
{
	__u64 deadline = now_ns() + PATIENCE_NS;
	int first, second, elsewhere;

	netns_alone();
	first = open_as(1000);
	second = open_as(1001);
	ASSERT_LE(0, first);
	ASSERT_LE(0, second);
	ASSERT_EQ(0, echo_send(first, self->echoes, &record));
	EXPECT_LE(4096, echo_fdinfo(first, "user_bytes"));
	ASSERT_EQ(0, echo_send(second, self->echoes, &record));
	EXPECT_GT(4096, echo_fdinfo(second, "user_bytes"));

	netns_alone();
	elsewhere = open_as(1000);
	ASSERT_LE(0, elsewhere);
	close(first);
	while (echo_fdinfo(elsewhere, "user_bytes") && now_ns() < deadline)
		usleep(1000);
	EXPECT_EQ(0, echo_fdinfo(elsewhere, "user_bytes"));
	ASSERT_EQ(0, echo_send(second, self->echoes, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	EXPECT_LE(4096, echo_fdinfo(second, "user_bytes"));
}

TEST_F(idle, table_of_destinations_grows_with_their_number)
{
	struct icmpecho_echo echo = echo_with("127.0.0.1", payload, 8);
	long long before, after;
	unsigned int i;

	before = echo_fdinfo(self->fds[0], "user_bytes");
	/* Not from 127.0.0.0, which kernels before 5.14 take for a broadcast address. */
	for (i = 1; i <= 4096; i++) {
		echo.dst[2] = i >> 8;
		echo.dst[3] = i;
		ASSERT_EQ(1, submit_one(self->fds[0], &echo));
		ASSERT_EQ(1, reap_one(self->fds[0], &record));
		ASSERT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	}
	after = echo_fdinfo(self->fds[0], "user_bytes");
	EXPECT_LT(200000, after - before);
	EXPECT_GT(1000000, after - before);
}

TEST_F(idle, no_quota_for_the_table_is_no_reason_to_refuse)
{
	struct icmpecho_echo echo = echo_with("127.0.0.1", payload, 8);
	int fd, i, held = 0;

	for (i = 0; i < IDLE; i++)
		close(self->fds[i]);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	fd = echo_open();
	write_parameter(MAX_USER_BYTES, 100000);
	echo.timeout_ns = NEVER_NS;
	/* So much that no page fits any more. */
	while (echo_used_bytes(fd) < 97000 && submit_one(fd, &echo) == 1)
		held++;
	ASSERT_LT(100, held);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	echo = echo_with("127.0.200.200", payload, 8);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, echo_send(fd, &echo, &record));
		EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	}
	EXPECT_GE(100000, echo_fdinfo(fd, "user_bytes"));
}

TEST_F(limit, users_have_their_own_memory)
{
	int fd = echo_open(), other = open_as(1000), err;

	ASSERT_LE(0, other);
	write_parameter(MAX_USER_BYTES, 100000);
	fill_quota(fd, &self->echo, &err);
	ASSERT_EQ(-EDQUOT, err);
	EXPECT_EQ(1, submit_one(other, &self->echo));
}

/* The user who opened the session pays, even where another user submits. */
TEST_F(limit, memory_is_charged_to_the_opener)
{
	int theirs = open_as(1000), mine = echo_open(), err;

	ASSERT_LE(0, theirs);
	write_parameter(MAX_USER_BYTES, 100000);
	fill_quota(theirs, &self->echo, &err);
	ASSERT_EQ(-EDQUOT, err);
	EXPECT_EQ(1, submit_one(mine, &self->echo));
}

/*
 * User namespaces, in which a user has as many uids as they like. Everybody may
 * open the node meanwhile.
 */
#define USERS 4

FIXTURE(userns)
{
	unsigned long max_user_bytes;
	struct icmpecho_echo echo;	/* never answered */
	int fds[USERS];			/* sessions of as many uids */
};

FIXTURE_SETUP(userns)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	ASSERT_EQ(0, chmod(ICMPECHO_DEVICE, 0666));
	self->max_user_bytes = read_parameter(MAX_USER_BYTES);
	self->echo = echo_with("127.0.0.1", payload, 8);
	self->echo.timeout_ns = NEVER_NS;
}

FIXTURE_TEARDOWN(userns)
{
	write_parameter(MAX_USER_BYTES, self->max_user_bytes);
	chmod(ICMPECHO_DEVICE, 0600);
}

/*
 * The other process: makes a namespace as @creator, and when it has uids, opens a
 * session as one after the other, the last one in a namespace within it.
 */
static void open_in_userns(uid_t creator, const int *fds, int asked, int answer)
{
	char byte = 0;
	int i;

	if (setresuid(creator, creator, creator) || unshare(CLONE_NEWUSER))
		die("namespace of user %u", creator);
	if (write(answer, &byte, 1) != 1 || read(asked, &byte, 1) != 1)
		die("pipe");
	for (i = 0; i < USERS; i++) {
		/* Back to root, who may become any user. */
		if (seteuid(0) || setresuid(i, i, 0))
			die("become user %d", i);
		if (i == USERS - 1 && unshare(CLONE_NEWUSER))
			die("namespace in a namespace");
		if (dup2(echo_open(), fds[i]) < 0)
			die("open");
	}
	if (write(answer, &byte, 1) != 1)
		die("pipe");
	pause();
}

static void write_map(pid_t pid, const char *name, const char *map)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	write_file(path, map);
}

/* Take what the other process has opened. */
static void take_sessions(pid_t pid, int *fds)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), i;

	for (i = 0; i < USERS; i++) {
		close(fds[i]);
		fds[i] = syscall(SYS_pidfd_getfd, pidfd, fds[i], 0);
		if (fds[i] < 0)
			die("pidfd_getfd");
	}
	close(pidfd);
}

/* Open sessions of several uids in a namespace that @creator made. */
static void open_sessions_in_userns(uid_t creator, int *fds)
{
	int asked[2], answer[2], i;
	char byte = 0;
	pid_t pid;

	if (pipe(asked) || pipe(answer))
		die("pipe");
	for (i = 0; i < USERS; i++)
		fds[i] = dup(asked[0]);
	pid = fork();
	if (!pid)
		open_in_userns(creator, fds, asked[0], answer[1]);
	close(answer[1]);
	if (read(answer[0], &byte, 1) != 1)
		die("pipe");
	write_map(pid, "uid_map", "0 100000 10\n");
	write_map(pid, "gid_map", "0 0 1\n");
	if (write(asked[1], &byte, 1) != 1 || read(answer[0], &byte, 1) != 1)
		die("pipe");
	take_sessions(pid, fds);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_F(userns, subordinate_uids_share_their_owners_memory)
{
	int owner = open_as(1000), other = open_as(1001), err, i;

	ASSERT_LE(0, owner);
	ASSERT_LE(0, other);
	open_sessions_in_userns(1000, self->fds);
	write_parameter(MAX_USER_BYTES, 100000);
	fill_quota(self->fds[0], &self->echo, &err);
	ASSERT_EQ(-EDQUOT, err);
	for (i = 1; i < USERS; i++)
		EXPECT_EQ(-EDQUOT, submit_one(self->fds[i], &self->echo))
			TH_LOG("uid %d", i);
	EXPECT_EQ(-EDQUOT, submit_one(owner, &self->echo));
	EXPECT_EQ(1, submit_one(other, &self->echo));
}

TEST_F(userns, uids_that_root_gave_away_have_their_own_memory)
{
	int root = open_as(0), err;

	ASSERT_LE(0, root);
	open_sessions_in_userns(0, self->fds);
	write_parameter(MAX_USER_BYTES, 100000);
	fill_quota(self->fds[1], &self->echo, &err);
	ASSERT_EQ(-EDQUOT, err);
	EXPECT_EQ(1, submit_one(self->fds[0], &self->echo));
	EXPECT_EQ(1, submit_one(self->fds[2], &self->echo));
	EXPECT_EQ(1, submit_one(root, &self->echo));
}

/*
 * A link that stands still behind a queue that is longer than the send buffer:
 * packets that wait there count against the session. What SUBMIT accepts gets
 * through when the link moves again, what it refuses was never sent, and
 * nothing is lost between the two.
 */
#define JAM 1500

FIXTURE(jam)
{
	int fd;
	struct icmpecho_echo echoes[JAM];
};

/* Slow enough that no backlog builds up, from which the kernel drops. */
static void set_rate(const char *verb, const char *rate)
{
	tc_batch("qdisc %s dev near0 root tbf rate %s burst 3000 limit 100000000\n",
		 verb, rate);
}

FIXTURE_SETUP(jam)
{
	struct pair pair = netns_pair();
	unsigned int i;

	netns_enter(pair.world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_enter(pair.near);
	set_rate("add", "8kbit");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	for (i = 0; i < JAM; i++) {
		self->echoes[i] = echo_with(WORLD, payload, sizeof(payload));
		self->echoes[i].reply_capacity = 0;
		self->echoes[i].timeout_ns = NEVER_NS;
		self->echoes[i].user_data = i;
	}
}

FIXTURE_TEARDOWN(jam)
{
	close(self->fd);
}

TEST_F(jam, full_send_buffer_is_enobufs)
{
	int accepted = echo_submit(self->fd, self->echoes, JAM);
	int ret;

	EXPECT_LT(0, accepted);
	EXPECT_GT(JAM, accepted);
	/* A packet leaves every second or so, and makes room for another. */
	do {
		ret = submit_one(self->fd, self->echoes);
		accepted += ret == 1;
	} while (ret == 1 && accepted < JAM);
	EXPECT_EQ(-ENOBUFS, ret);
	EXPECT_EQ(accepted, echo_fdinfo(self->fd, "in_flight") +
			    echo_fdinfo(self->fd, "unreaped"));
}

TEST_F(jam, session_is_writable_again_when_its_send_buffer_drains)
{
	ASSERT_GT(JAM, echo_submit(self->fd, self->echoes, JAM));
	ASSERT_EQ(0, poll_for(self->fd, POLLOUT, 0));
	set_rate("change", "2mbit");
	ASSERT_EQ(POLLOUT, poll_for(self->fd, POLLOUT, PATIENCE_MS));
	EXPECT_EQ(1, submit_one(self->fd, self->echoes));
}

TEST_F(jam, epoll_edge_tells_when_the_send_buffer_drains)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	ASSERT_EQ(1, epoll_wait(epoll, &event, 1, 0));
	ASSERT_GT(JAM, echo_submit(self->fd, self->echoes, JAM));
	set_rate("change", "2mbit");
	ASSERT_EQ(1, epoll_wait(epoll, &event, 1, PATIENCE_MS));
	EXPECT_EQ(EPOLLOUT, event.events);
	EXPECT_EQ(1, submit_one(self->fd, self->echoes));
	close(epoll);
}

/* It takes files that wake their pollers from one place only. */
TEST_F(jam, aio_poll_tells_when_the_send_buffer_drains)
{
	struct timespec patience = { .tv_sec = PATIENCE_NS / NS_PER_S };
	struct iocb iocb = {
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_fildes = self->fd,
		.aio_buf = POLLOUT,
	};
	struct iocb *iocbs[] = { &iocb };
	struct io_event event;
	aio_context_t aio = 0;

	ASSERT_EQ(0, syscall(SYS_io_setup, 1, &aio));
	ASSERT_GT(JAM, echo_submit(self->fd, self->echoes, JAM));
	ASSERT_EQ(1, syscall(SYS_io_submit, aio, 1, iocbs));
	set_rate("change", "2mbit");
	ASSERT_EQ(1, syscall(SYS_io_getevents, aio, 1, 1, &event, &patience));
	EXPECT_EQ(POLLOUT, event.res & POLLOUT);
	EXPECT_EQ(1, submit_one(self->fd, self->echoes));
	syscall(SYS_io_destroy, aio);
}

/* Collect some, and note which. */
static unsigned int reap_some(struct __test_metadata *_metadata, int fd,
			      unsigned char *seen)
{
	static unsigned char buffer[100 * sizeof(struct icmpecho_completion)];
	const struct icmpecho_completion *c = (void *)buffer;
	int n, i;

	n = echo_reap(fd, buffer, sizeof(buffer), 1, 100, now_ns() + PATIENCE_NS);
	ASSERT_LT(0, n);
	for (i = 0; i < n; i++, c = next_record(c)) {
		EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, c->status);
		seen[c->user_data]++;
	}
	return n;
}

TEST_F_TIMEOUT(jam, batch_gets_through_piece_by_piece_without_loss_or_doubling, 120)
{
	int accepted = echo_submit(self->fd, self->echoes, JAM);
	static unsigned char seen[JAM];
	unsigned int reaped = 0, i;

	ASSERT_GT(JAM, accepted);
	set_rate("change", "2mbit");
	while (reaped < JAM) {
		int n = echo_submit(self->fd, self->echoes + accepted,
				    JAM - accepted);

		ASSERT_TRUE(n >= 0 || n == -ENOBUFS) TH_LOG("%d", n);
		accepted += n > 0 ? n : 0;
		reaped += reap_some(_metadata, self->fd, seen);
	}
	for (i = 0; i < JAM; i++)
		ASSERT_EQ(1, seen[i]) TH_LOG("request %u", i);
	EXPECT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "unreaped"));
	EXPECT_EQ(0, echo_used_bytes(self->fd));
}

/*
 * One that is built in a row takes the next power of 2, and needs as many pages side
 * by side, which a machine that has run for long may not have.
 */
TEST(big_packets_take_no_more_of_the_send_buffer_than_they_need)
{
	static unsigned char bytes[40000];
	struct icmpecho_echo echo = echo_with(WORLD, bytes, sizeof(bytes));
	struct icmpecho_echo echo6 = echo_with(WORLD6, bytes, sizeof(bytes));
	struct pair pair = netns_pair6();
	unsigned int i, n = (1 << 20) / 50000;
	int fd;

	netns_enter(pair.world);
	link_set_mtu("world0", 65535);
	netns_enter(pair.near);
	link_set_mtu("near0", 65535);
	tc_batch("qdisc add dev near0 root tbf rate 8kbit burst 65536 limit 100000000\n");
	fd = echo_open();
	ASSERT_LE(0, fd);
	for (i = 0; i < n; i++)
		EXPECT_EQ(1, submit_one(fd, &echo)) TH_LOG("packet %u", i);
	for (i = 0; i < n; i++)
		EXPECT_EQ(1, submit_one(fd, &echo6)) TH_LOG("packet %u", i);
	close(fd);
}

/*
 * A link whose queue is shorter than the send buffer, and full most of the time: it
 * drops what does not fit, and each kind of packet must be told of that.
 */
#define SHAPED scaled(200, 60)

FIXTURE(shaped)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_VARIANT(shaped)
{
	const char *to;
	unsigned int len;
	unsigned int options_len;
	bool plain;
};

FIXTURE_VARIANT_ADD(shaped, plain) { WORLD, 1400, 0, true };
FIXTURE_VARIANT_ADD(shaped, plain6) { WORLD6, 1400, 0, true };
FIXTURE_VARIANT_ADD(shaped, by_socket) { WORLD, 1400, 0, false };
FIXTURE_VARIANT_ADD(shaped, by_socket6) { WORLD6, 1400, 0, false };
FIXTURE_VARIANT_ADD(shaped, fragments) { WORLD, 2000, 0, true };
FIXTURE_VARIANT_ADD(shaped, fragments6) { WORLD6, 2000, 0, true };
FIXTURE_VARIANT_ADD(shaped, options) { WORLD, 1400, 8, true };
FIXTURE_VARIANT_ADD(shaped, fragments_with_options) { WORLD, 2000, 8, true };
FIXTURE_VARIANT_ADD(shaped, multicast) { "224.0.0.1", 1400, 0, true };
FIXTURE_VARIANT_ADD(shaped, multicast6) { "ff02::1", 1400, 0, true };
FIXTURE_VARIANT_ADD(shaped, broadcast) { "192.0.2.255", 1400, 0, true };

FIXTURE_SETUP(shaped)
{
	static const unsigned char record_route[8] = { 7, 7, 4 };
	static unsigned char bytes[2000];
	struct pair pair = netns_pair6();

	netns_enter(pair.world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	netns_sysctl("ipv6/icmp/echo_ignore_all", "0");
	netns_enter(pair.near);
	netns_sysctl("ipv6/icmp/echo_ignore_multicast", "1");
	link_add_route_on_link("224.0.0.0/4", "near0");
	/*
	 * Newer kernels accept a packet unseen while another CPU works on the queue, and
	 * drop it later if that is full. The queue's timer runs where it was last filled.
	 */
	stay_on(0);
	/* Slower than requests are made, which on a kernel that checks itself is slow. */
	tc_batch("qdisc add dev near0 root tbf rate %ukbit burst 3000 limit 8000\n",
		 scaled(4000, 100));
	send_plain(variant->plain);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with(variant->to, bytes, variant->len);
	self->echo.reply_capacity = 0;
	if (variant->options_len)
		self->echo.options = u64_ptr(record_route);
	self->echo.options_len = variant->options_len;
	if (!strcmp(variant->to, "ff02::1"))
		self->echo.ifindex = if_nametoindex("near0");
}

FIXTURE_TEARDOWN(shaped)
{
	send_plain(true);
	close(self->fd);
}

TEST_F_TIMEOUT(shaped, what_is_accepted_is_not_lost, 120)
{
	unsigned int accepted = 0, refused = 0, i;
	int ret;

	while (accepted < SHAPED) {
		ret = submit_one(self->fd, &self->echo);
		accepted += ret == 1;
		if (ret == 1)
			continue;
		ASSERT_EQ(-ENOBUFS, ret);
		refused++;
		ASSERT_EQ(POLLOUT, poll_for(self->fd, POLLOUT, PATIENCE_MS));
	}
	EXPECT_LT(0, refused);
	for (i = 0; i < SHAPED; i++) {
		ASSERT_EQ(1, reap_one(self->fd, &record));
		ASSERT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	}
}

/*
 * What softirqs do not get done in 2 ms they leave to ksoftirqd, and until that gets
 * the CPU, what is sent over loopback or veth piles up in the CPU's backlog. Here
 * the backlog is small, ksoftirqd gets the CPU when nobody else wants it, and there
 * are packets that go in circles until they have used up their TTL, which takes
 * long. On a fast machine it may not, and on one that checks itself everything takes
 * too long: there is nothing to lose here then.
 */
#define CROWD scaled(1000, 50)
#define MAX_CROWD 1000
#define ONE_IN 50
#define SMALL_BACKLOG "100"
#define CIRCLE "198.51.100.0/24"
#define IN_CIRCLE "198.51.100.1"

FIXTURE(backlog)
{
	int fd;
	int limit_fd;			/* net.core.netdev_max_backlog */
	char limit[16];			/* what it was */
	cpu_set_t cpus;			/* where this process could run */
	pid_t ksoftirqd;
	struct icmpecho_echo echoes[MAX_CROWD];
};

/* Returns the thread of one CPU, by its name. */
static pid_t find_ksoftirqd(int cpu)
{
	char wanted[32], path[300], name[32];
	struct dirent *entry;
	pid_t pid = 0;
	DIR *dir = opendir("/proc");

	snprintf(wanted, sizeof(wanted), "ksoftirqd/%d\n", cpu);
	while (dir && !pid && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && !strcmp(name, wanted))
			pid = atoi(entry->d_name);
		fclose(file);
	}
	closedir(dir);
	return pid;
}

static int set_policy(pid_t pid, int policy)
{
	struct sched_param param = {};

	return sched_setscheduler(pid, policy, &param);
}

/* Each sends on what is for the other, and says nothing about it. */
static void send_in_circles(struct pair pair)
{
	netns_enter(pair.world);
	netns_sysctl("ipv4/ip_forward", "1");
	netns_sysctl("ipv4/conf/all/send_redirects", "0");
	netns_sysctl("ipv4/conf/world0/send_redirects", "0");
	link_add_route(CIRCLE, NEAR);
	netns_enter(pair.near);
	netns_sysctl("ipv4/ip_forward", "1");
	netns_sysctl("ipv4/conf/all/send_redirects", "0");
	netns_sysctl("ipv4/conf/near0/send_redirects", "0");
	netns_sysctl("ipv4/conf/near0/accept_local", "1");
}

FIXTURE_SETUP(backlog)
{
	struct pair pair;
	unsigned int i;
	int cpu;

	/* Only the first namespace has it. */
	self->limit_fd = open("/proc/sys/net/core/netdev_max_backlog",
			      O_RDWR | O_CLOEXEC);
	ASSERT_LT(0, pread(self->limit_fd, self->limit, sizeof(self->limit) - 1, 0));
	pair = netns_pair();
	netns_enter(pair.world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	send_in_circles(pair);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	for (i = 0; i < CROWD; i++) {
		self->echoes[i] = echo_to(i % ONE_IN ? WORLD : IN_CIRCLE);
		self->echoes[i].timeout_ns = i % ONE_IN ? NEVER_NS : 0;
		self->echoes[i].ttl = scaled(255, 64);
	}
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(self->cpus), &self->cpus));
	cpu = sched_getcpu();
	stay_on(cpu);
	self->ksoftirqd = find_ksoftirqd(cpu);
	ASSERT_LT(0, self->ksoftirqd);
}

FIXTURE_TEARDOWN(backlog)
{
	sched_setaffinity(0, sizeof(self->cpus), &self->cpus);
	close(self->limit_fd);
	close(self->fd);
}

TEST_F(backlog, batch_loses_nothing_to_a_ksoftirqd_that_must_wait)
{
	unsigned int i, good = 0;
	int accepted;

	ASSERT_LT(0, pwrite(self->limit_fd, SMALL_BACKLOG, strlen(SMALL_BACKLOG), 0));
	EXPECT_EQ(0, set_policy(self->ksoftirqd, SCHED_IDLE));
	accepted = echo_submit(self->fd, self->echoes, CROWD);
	EXPECT_EQ(0, set_policy(self->ksoftirqd, SCHED_OTHER));
	EXPECT_LT(0, pwrite(self->limit_fd, self->limit, strlen(self->limit), 0));
	ASSERT_EQ(CROWD, accepted);
	for (i = 0; i < CROWD && reap_one(self->fd, &record) == 1; i++)
		good += record.c.status == ICMPECHO_STATUS_SUCCESS;
	EXPECT_EQ(CROWD - CROWD / ONE_IN, good);
}

/*
 * Replies that a lazy program does not collect must not fill what all sessions
 * receive through.
 */
TEST_F(limit, lazy_reader_does_not_starve_another_session)
{
	int lazy = echo_open(), busy = echo_open();
	unsigned int i, n = scaled(20000, 2000);

	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	for (i = 0; i < n; i++)
		ASSERT_EQ(1, submit_one(lazy, &self->echo));
	self->echo.timeout_ns = ANSWER_NS;
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, echo_send(busy, &self->echo, &record));
		ASSERT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	}
	for (i = 0; i < n; i++) {
		ASSERT_EQ(1, reap_one(lazy, &record));
		ASSERT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	}
}

TEST_HARNESS_MAIN
