// SPDX-License-Identifier: GPL-2.0
/*
 * The table of rights of icmpecho-security(7), whole: each kind of request for each pair of
 * who opened the device and who calls, and who may open it by the mode of its node.
 */
#include "kselftest_harness.h"

#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "rights.h"

#define SOMEBODY	1000	/* uid and gid */

/* Over the user namespace that owns the network namespace, unless said otherwise */
enum who {
	ROOT,
	ROOT_WITHOUT_NET_RAW,
	USER_WITH_NET_RAW,
	USER,
	ROOT_ELSEWHERE,		/* has all capabilities over another user namespace */
};

static bool has_net_raw(enum who who)
{
	return who == ROOT || who == USER_WITH_NET_RAW;
}

/* Effective is CAP_NET_RAW alone, which KEEPCAPS leaves permitted. */
static void become_user_with_net_raw(void)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) ||
	    setresgid(SOMEBODY, SOMEBODY, SOMEBODY) || setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
		die("become a user");
	capset_net_raw(true, true);
}

/* For good */
static void become(enum who who)
{
	switch (who) {
	case ROOT:
		break;
	case ROOT_WITHOUT_NET_RAW:
		capset_net_raw(false, false);
		break;
	case USER_WITH_NET_RAW:
		become_user_with_net_raw();
		break;
	case USER:
		become_user_with_net_raw();
		capset_net_raw(false, false);
		break;
	case ROOT_ELSEWHERE:
		if (unshare(CLONE_NEWUSER))
			die("user namespace");
	}
}

/* Open the device in another process, which shares its descriptors with this one. */
static int open_as(enum who who)
{
	pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	int status, fd;

	if (!pid) {
		become(who);
		fd = echo_open();
		_exit(fd < 0 ? 128 - fd : fd);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		die("opener");
	fd = WEXITSTATUS(status);
	return fd < 128 ? fd : 128 - fd;
}

/* What is asked of the session, and what everybody gets, or those without CAP_NET_RAW */
struct asked {
	const char *what;
	const char *dst;
	const char *src;
	const char *device;
	__u32 mark;
	__u32 flags;
	__u8 ttl;
	__u8 tos;
	unsigned char options[8];
	int privileged;
	int others;
};

#define FOR_ALL(answer)		.privileged = (answer), .others = (answer)
#define NEEDS_NET_RAW		.privileged = 1, .others = -EPERM
#define FROM_NOBODY		FOR_ALL(-EADDRNOTAVAIL)

static const struct asked all_asked[] = {
	{ "a host", "127.0.0.1", FOR_ALL(1) },
	{ "a host, IPv6", "::1", FOR_ALL(1) },
	{ "a group", "224.0.0.1", FOR_ALL(1) },
	{ "a group, IPv6", "ff02::1", .device = "lo", FOR_ALL(1) },
	{ "a TTL", "127.0.0.1", .ttl = 1, FOR_ALL(1) },
	{ "a hop limit", "::1", .ttl = 1, FOR_ALL(1) },
	{ "a TOS", "127.0.0.1", .tos = 0xb8, FOR_ALL(1) },
	{ "a traffic class", "::1", .tos = 0xb8, FOR_ALL(1) },
	{ "DF", "127.0.0.1", .flags = ICMPECHO_DONT_FRAGMENT, FOR_ALL(1) },
	{ "DF, IPv6", "::1", .flags = ICMPECHO_DONT_FRAGMENT, FOR_ALL(1) },
	{ "a record of the route", "127.0.0.1", .options = { 7, 7, 4 }, FOR_ALL(1) },
	{ "an interface", "127.0.0.1", .device = "lo", FOR_ALL(1) },
	{ "an interface, IPv6", "::1", .device = "lo", FOR_ALL(1) },
	{ "a source of this host", "127.0.0.1", "127.0.0.1", FOR_ALL(1) },
	{ "a source of this host, IPv6", "::1", "::1", FOR_ALL(1) },
	{ "a source of another host", "127.0.0.1", "192.0.2.9", FROM_NOBODY },
	{ "a source of another host, IPv6", "::1", "2001:db8::9", FROM_NOBODY },
	{ "a broadcast", "127.255.255.255", NEEDS_NET_RAW },
	{ "a broadcast to all", "255.255.255.255", NEEDS_NET_RAW },
	{ "a loose source route", "127.0.0.1", .options = { 0x83, 7, 4, 127, 0, 0, 1 },
	  NEEDS_NET_RAW },
	{ "a strict source route", "127.0.0.1", .options = { 0x89, 7, 4, 127, 0, 0, 1 },
	  NEEDS_NET_RAW },
	{ "a mark", "127.0.0.1", .mark = 7, NEEDS_NET_RAW },
	{ "a mark, IPv6", "::1", .mark = 7, NEEDS_NET_RAW },
};

static int ask(int fd, const struct asked *asked)
{
	struct icmpecho_echo echo = echo_to(asked->dst);

	if (asked->src)
		inet_pton(echo.family, asked->src, echo.src);
	if (asked->device)
		echo.ifindex = if_nametoindex(asked->device);
	if (asked->options[0]) {
		echo.options = u64_ptr(asked->options);
		echo.options_len = sizeof(asked->options);
	}
	echo.mark = asked->mark;
	echo.flags = asked->flags;
	echo.ttl = asked->ttl;
	echo.tos = asked->tos;
	return echo_submit(fd, &echo, 1);
}

/* Whoever opens the node needs no right to it: its mode is the other half of the table. */
static void let_all_open(void)
{
	if (chmod(ICMPECHO_DEVICE, 0666))
		die("chmod");
}

static void let_root_open(void)
{
	if (chown(ICMPECHO_DEVICE, 0, 0) || chmod(ICMPECHO_DEVICE, 0600))
		die("chmod");
}

FIXTURE(rights)
{
	int fd;
};

FIXTURE_VARIANT(rights)
{
	enum who opener;
	enum who caller;
};

#define OPENED_AND_CALLED(opened, called, o, c) \
	FIXTURE_VARIANT_ADD(rights, by_##opened##_used_by_##called) { .opener = o, .caller = c }
#define OPENED_BY(name, who) \
	OPENED_AND_CALLED(name, root, who, ROOT); \
	OPENED_AND_CALLED(name, root_without_net_raw, who, ROOT_WITHOUT_NET_RAW); \
	OPENED_AND_CALLED(name, user_with_net_raw, who, USER_WITH_NET_RAW); \
	OPENED_AND_CALLED(name, user, who, USER); \
	OPENED_AND_CALLED(name, root_elsewhere, who, ROOT_ELSEWHERE)

OPENED_BY(root, ROOT);
OPENED_BY(root_without_net_raw, ROOT_WITHOUT_NET_RAW);
OPENED_BY(user_with_net_raw, USER_WITH_NET_RAW);
OPENED_BY(user, USER);
OPENED_BY(root_elsewhere, ROOT_ELSEWHERE);

FIXTURE_SETUP(rights)
{
	netns_alone();
	link_add_route_on_link(ALL, "lo");
	let_all_open();
	self->fd = open_as(variant->opener);
	let_root_open();
	ASSERT_LE(0, self->fd);
	become(variant->caller);
}

FIXTURE_TEARDOWN(rights)
{
	close(self->fd);
}

TEST_F(rights, are_those_of_the_manual)
{
	bool privileged = has_net_raw(variant->opener) && has_net_raw(variant->caller);
	const struct asked *asked;

	for (asked = all_asked; asked < all_asked + ARRAY_SIZE(all_asked); asked++) {
		EXPECT_EQ(privileged ? asked->privileged : asked->others, ask(self->fd, asked))
			TH_LOG("%s", asked->what);
	}
}

/* In its own network, where nobody but the namespace's user is concerned */
TEST(root_of_a_user_namespace_may_all_in_its_own_network)
{
	const struct asked *asked;
	int fd;

	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	netns_alone();
	link_add_route_on_link(ALL, "lo");
	fd = echo_open();
	ASSERT_LE(0, fd);
	for (asked = all_asked; asked < all_asked + ARRAY_SIZE(all_asked); asked++) {
		EXPECT_EQ(asked->privileged, ask(fd, asked))
			TH_LOG("%s", asked->what);
	}
}

FIXTURE(node)
{
};

FIXTURE_VARIANT(node)
{
	mode_t mode;
	gid_t group;
	int user;	/* what somebody gets who is not root */
};

FIXTURE_VARIANT_ADD(node, for_root) { .mode = 0600, .user = -EACCES };
FIXTURE_VARIANT_ADD(node, for_roots_group) { .mode = 0660, .user = -EACCES };
FIXTURE_VARIANT_ADD(node, for_the_users_group) { .mode = 0660, .group = SOMEBODY };
FIXTURE_VARIANT_ADD(node, for_all) { .mode = 0666 };

FIXTURE_SETUP(node)
{
	netns_alone();
	if (chown(ICMPECHO_DEVICE, 0, variant->group) || chmod(ICMPECHO_DEVICE, variant->mode))
		die("chmod");
}

FIXTURE_TEARDOWN(node)
{
	let_root_open();
}

/* CAP_NET_RAW does not open it. */
TEST_F(node, is_opened_by_whom_its_mode_allows)
{
	static const enum who everybody[] = {
		ROOT, ROOT_WITHOUT_NET_RAW, USER_WITH_NET_RAW, USER, ROOT_ELSEWHERE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(everybody); i++) {
		bool is_user = everybody[i] == USER || everybody[i] == USER_WITH_NET_RAW;
		int fd = open_as(everybody[i]);

		if (is_user && variant->user) {
			EXPECT_EQ(variant->user, fd)
				TH_LOG("%u", everybody[i]);
		} else {
			EXPECT_LE(0, fd)
				TH_LOG("%u", everybody[i]);
		}
	}
}

TEST_HARNESS_MAIN
