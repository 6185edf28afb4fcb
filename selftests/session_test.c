// SPDX-License-Identifier: GPL-2.0
/*
 * What belongs to a session whoever holds its descriptor: its network
 * namespace, its requests and completions, its counters in fdinfo. And what is
 * there only while a session is: the receive socket.
 */
#include "kselftest_harness.h"

#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "rights.h"
#include "inject.h"
#include "tracing.h"

static struct record record;
static struct packet packet;

static void expect_raw_sockets(struct __test_metadata *_metadata, int expected)
{
	__u64 deadline = now_ns() + PATIENCE_NS;

	/* A worker releases the socket some time after the last close. */
	while (netns_raw_sockets() != expected && now_ns() < deadline)
		usleep(1000);
	EXPECT_EQ(expected, netns_raw_sockets());
}

FIXTURE(session)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(session)
{
	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to("127.0.0.1");
}

FIXTURE_TEARDOWN(session)
{
	close(self->fd);
}

TEST_F(session, node_is_for_root_only)
{
	struct stat st;

	ASSERT_EQ(0, stat(ICMPECHO_DEVICE, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
}

/* Receive sockets cost everybody's packets, so there is one, and not for ever. */

TEST_F(session, receive_socket_is_there_while_the_session_is)
{
	EXPECT_EQ(1, netns_raw_sockets());
	close(self->fd);
	expect_raw_sockets(_metadata, 0);
}

TEST_F(session, sessions_share_one_receive_socket)
{
	int others[8], i;

	for (i = 0; i < 8; i++) {
		others[i] = echo_open();
		ASSERT_LE(0, others[i]);
	}
	EXPECT_EQ(1, netns_raw_sockets());
	for (i = 0; i < 8; i++)
		close(others[i]);
	EXPECT_EQ(1, netns_raw_sockets());
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(session, send_sockets_receive_nothing)
{
	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	self->echo.flags = 0;
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(1, netns_raw_sockets());
}

TEST_F(session, requests_in_flight_do_not_keep_the_receive_socket)
{
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	close(self->fd);
	expect_raw_sockets(_metadata, 0);
}

TEST_F(session, namespaces_have_their_own_receive_sockets)
{
	netns_alone();
	EXPECT_EQ(0, netns_raw_sockets());
	ASSERT_LE(0, echo_open());
	EXPECT_EQ(1, netns_raw_sockets());
}

TEST_F(session, opens_and_closes_leave_nothing_behind)
{
	unsigned int i;

	close(self->fd);
	for (i = 0; i < 200; i++) {
		self->fd = echo_open();
		ASSERT_LE(0, self->fd);
		close(self->fd);
	}
	expect_raw_sockets(_metadata, 0);
}

/*
 * Whoever opens or closes the device waits for nobody whose cgroup is short of
 * memory: nothing is allocated on an opener's account under a lock of ours, and
 * the device is not one of those that are opened under a common mutex.
 */

TEST_F(session, open_takes_no_lock_of_other_devices)
{
	char line[64];
	FILE *file = fopen("/proc/misc", "re");

	while (file && fgets(line, sizeof(line), file))
		EXPECT_EQ(NULL, strstr(line, "icmpecho"));
	if (file)
		fclose(file);
}

/*
 * A line names a lock, with the number of its uses, or with an arrow, one taken under it.
 * Returns whether the kernel knows of @lock.
 */
static bool find_lock(FILE *lockdep, const char *lock, bool *allocated_under)
{
	char line[256];
	bool ours = false, known = false;

	while (fgets(line, sizeof(line), lockdep)) {
		if (!strncmp(line, " -> ", 4)) {
			*allocated_under |= ours && strstr(line, "fs_reclaim");
		} else if (*line != '\n') {
			ours = strstr(line, lock);
			known |= ours;
		}
	}
	return known;
}

TEST_F(session, nothing_is_allocated_under_locks_of_openers)
{
	static const char *const locks[] = {
		"users_lock", "&ns->mutex",
	};
	unsigned int i;

	if (access("/proc/lockdep", R_OK))
		SKIP(return, "this kernel does not tell of its locks");
	for (i = 0; i < ARRAY_SIZE(locks); i++) {
		FILE *lockdep = fopen("/proc/lockdep", "re");
		bool allocated_under = false;

		ASSERT_NE(NULL, lockdep);
		EXPECT_TRUE(find_lock(lockdep, locks[i], &allocated_under)) {
			TH_LOG("there is no lock %s", locks[i]);
		}
		EXPECT_FALSE(allocated_under) {
			TH_LOG("%s", locks[i]);
		}
		fclose(lockdep);
	}
}

/* It does not matter which process holds the descriptor. */

TEST_F(session, duplicate_is_the_same_session)
{
	int other = dup(self->fd);

	self->echo.user_data = 8;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	close(self->fd);
	ASSERT_EQ(1, reap_one(other, &record));
	EXPECT_EQ(8, record.c.user_data);
}

TEST_F(session, two_opens_are_two_sessions)
{
	int other = echo_open();

	ASSERT_LE(0, other);
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, reap_now(other, &record));
	EXPECT_EQ(1, reap_one(self->fd, &record));
}

TEST_F(session, child_submits_and_parent_reaps)
{
	int status;
	pid_t pid;

	self->echo.user_data = 9;
	pid = fork();
	if (!pid)
		_exit(echo_submit(self->fd, &self->echo, 1) != 1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(9, record.c.user_data);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(session, death_of_the_submitter_does_not_end_its_requests)
{
	int status;
	pid_t pid;

	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->echo.timeout_ns = 100 * NS_PER_MS;
	pid = fork();
	if (!pid) {
		echo_submit(self->fd, &self->echo, 1);
		kill(getpid(), SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
}

static void pass_fd(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = {};
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(socket, &msg, 0) != 1)
		die("sendmsg");
}

static int receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* In another process, which was given the session: 0 if all went well. */
static int use_passed_session(int socket)
{
	struct icmpecho_echo echo = echo_to("127.0.0.1");
	int fd = receive_fd(socket);

	if (reap_one(fd, &record) != 1 || record.c.user_data != 4)
		return 1;
	echo.user_data = 5;
	return echo_submit(fd, &echo, 1) != 1;
}

TEST_F(session, passed_descriptor_reaps_and_submits)
{
	int sockets[2], status;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	pid = fork();
	if (!pid) {
		close(self->fd);
		_exit(use_passed_session(sockets[1]));
	}
	self->echo.user_data = 4;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	pass_fd(sockets[0], self->fd);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(5, record.c.user_data);
}

/* The namespace is the opener's, wherever the caller is. */
TEST_F(session, packets_leave_in_the_openers_namespace)
{
	struct icmpecho_echo echo = echo_to(BEYOND);
	struct pair pair = netns_pair();
	int injector = injector_open(pair.world, "world0", AF_INET);
	int fd = echo_open();

	ASSERT_LE(0, fd);
	netns_alone();
	ASSERT_EQ(1, echo_submit(fd, &echo, 1));
	injector_request(injector, &packet);
	EXPECT_EQ(inet_addr(NEAR), packet.ip.saddr);
	EXPECT_EQ(0, netns_counter("Icmp", "OutMsgs"));
}

TEST_F(session, session_keeps_its_namespace_alive)
{
	netns_alone();	/* nobody else is in the first one now */
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(session, requests_of_one_namespace_are_not_answered_in_another)
{
	int first = self->fd, second;

	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	ASSERT_EQ(1, echo_submit(first, &self->echo, 1));
	netns_alone();
	second = echo_open();
	ASSERT_LE(0, second);
	ASSERT_EQ(0, echo_send(second, &self->echo, &record));
	EXPECT_EQ(0, reap_now(first, &record));
}

/* fdinfo */

/*
 * Which rights the kernel asks a process for, and whether a refusal would be
 * audited: each question comes through cap_capable(), last argument its options.
 */
#define CAP_OPT_NOAUDIT 2

/* Not all kernels have kprobes. */
static bool can_watch_questions(void)
{
	return trace_works() && !access(TRACING "/kprobe_events", F_OK);
}

static void watch_questions(pid_t pid)
{
	char filter[64];

	if (!trace_probe("icmpecho_asked", "cap_capable cap=$arg3:s32 opts=$arg4:u32"))
		die("probe of cap_capable()");
	trace_instance();
	snprintf(filter, sizeof(filter), "common_pid==%d && cap==%d", pid, CAP_NET_RAW);
	trace_event("kprobes/icmpecho_asked", filter);
}

/* How many questions for CAP_NET_RAW there were, with and without audit. */
static void count_questions(unsigned int *audited, unsigned int *silent)
{
	FILE *trace = fopen(TRACE_INSTANCE "/trace", "re");
	char line[512], *opts;

	*audited = *silent = 0;
	while (trace && fgets(line, sizeof(line), trace)) {
		opts = strstr(line, "opts=");
		if (opts && atoi(opts + strlen("opts=")) & CAP_OPT_NOAUDIT)
			(*silent)++;
		else if (opts)
			(*audited)++;
	}
	if (!trace || fclose(trace))
		die(TRACE_INSTANCE);
}

static void unwatch_questions(void)
{
	trace_write("events/kprobes/icmpecho_asked/enable", "0");
	if (rmdir(TRACE_INSTANCE))
		die(TRACE_INSTANCE);
	trace_unprobe("icmpecho_asked");
}

/* What any program may do with the device, one that asks for no right */
static void use_without_rights(void)
{
	static unsigned char payload[4000];
	struct icmpecho_echo echoes[] = {
		echo_to("127.0.0.1"), echo_to("::1"), echo_to("224.0.0.1"),
		echo_with("127.0.0.1", payload, sizeof(payload)),
		echo_with("::1", payload, sizeof(payload)),
	};
	unsigned char record_route[] = { 7, 7, 4, 0, 0, 0, 0, 1 };
	unsigned int i;
	int fd;

	netns_sysctl("ipv6/conf/all/disable_ipv6", "0");
	capset_net_raw(false, false);
	echoes[0].options = u64_ptr(record_route);
	echoes[0].options_len = sizeof(record_route);
	fd = echo_open();
	for (i = 0; i < ARRAY_SIZE(echoes); i++) {
		echoes[i].timeout_ns = 0;
		if (echo_submit(fd, &echoes[i], 1) != 1)
			die("echo %u", i);
	}
	close(fd);
}

TEST_F(session, nothing_asks_for_rights_with_audit_that_the_user_did_not_ask_for)
{
	unsigned int audited, silent;
	int go[2], status;
	pid_t child;
	char c;

	if (!can_watch_questions())
		SKIP(return, "no kprobes");
	ASSERT_EQ(0, pipe(go));
	child = fork();
	if (!child) {
		if (read(go[0], &c, 1) == 1)
			use_without_rights();
		_exit(0);
	}
	watch_questions(child);
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	count_questions(&audited, &silent);
	unwatch_questions();
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, audited);
	EXPECT_LT(0, silent);
}

TEST_F(session, fdinfo_counts_requests_in_flight_and_unreaped)
{
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	EXPECT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "unreaped"));
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(1, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "unreaped"));
	ASSERT_EQ(1, echo_cancel(self->fd, 0, self->echo.id));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_EQ(1, echo_fdinfo(self->fd, "unreaped"));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "unreaped"));
}

TEST_F(session, fdinfo_counts_outcomes)
{
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->echo.timeout_ns = 0;
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	self->echo = echo_to(FAR);
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(1, echo_fdinfo(self->fd, "replies"));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "errors"));
	EXPECT_EQ(1, echo_fdinfo(self->fd, "timeouts"));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "cancelled"));
	EXPECT_EQ(1, echo_fdinfo(self->fd, "not_sent"));
}

TEST_F(session, fdinfo_names_the_namespace)
{
	struct stat st;

	ASSERT_EQ(0, stat("/proc/self/ns/net", &st));
	EXPECT_EQ(st.st_ino, echo_fdinfo(self->fd, "netns"));
}

TEST_F(session, fdinfo_counts_bad_checksums)
{
	struct icmpecho_echo echo = echo_to(BEYOND);
	struct pair pair = netns_pair();
	int injector = injector_open(pair.world, "world0", AF_INET);
	int fd = echo_open();
	static struct packet forged;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, echo_submit(fd, &echo, 1));
	injector_request(injector, &packet);
	packet_reply(&forged, &packet);
	packet_icmp(&forged)->checksum ^= 1;
	injector_send(injector, &forged);
	packet_icmp(&forged)->checksum ^= 1;
	injector_send(injector, &forged);
	ASSERT_EQ(1, reap_one(fd, &record));
	EXPECT_EQ(1, echo_fdinfo(fd, "netns_drop_checksum"));
}

TEST_HARNESS_MAIN
