// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation and each copy to or from user memory of a call fails once,
 * the first, the second, and so on until the call meets no failure any more.
 * Whatever the call says then, the promises hold: what it accepted completes
 * once, what it refused left nothing behind.
 *
 * Needs CONFIG_FAULT_INJECTION; without it, the calls are made once and must
 * succeed.
 */
#include "kselftest_harness.h"

#include <sys/eventfd.h>

#include "icmpecho_test.h"
#include "machine.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"

/* No call allocates or copies so often. */
#define MOST_FAULTS 1000

static struct record record;
static unsigned char payload[1000];

static void write_debugfs(const char *name, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", name);
	write_file(path, value);
}

static bool can_inject(void)
{
	return !access(FAIL_NTH, W_OK) &&
	       !access("/sys/kernel/debug/failslab", F_OK);
}

/* Fail allocations that may sleep too, and do not fill the log. */
static void prepare_injection(void)
{
	if (!can_inject())
		return;
	write_debugfs("failslab/ignore-gfp-wait", "N");
	write_debugfs("failslab/verbose", "0");
	write_debugfs("fail_page_alloc/ignore-gfp-wait", "N");
	write_debugfs("fail_page_alloc/ignore-gfp-highmem", "N");
	write_debugfs("fail_page_alloc/min-order", "0");
	write_debugfs("fail_page_alloc/verbose", "0");
	write_debugfs("fail_usercopy/verbose", "0");
}

FIXTURE(fault)
{
	int fail_nth;
	int fd;
	struct icmpecho_echo echo;
	unsigned int n;
	bool failed;
};

FIXTURE_SETUP(fault)
{
	netns_alone();
	prepare_injection();
	self->fail_nth = can_inject() ? open(FAIL_NTH, O_RDWR | O_CLOEXEC) : -1;
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with("127.0.0.1", payload, sizeof(payload));
}

FIXTURE_TEARDOWN(fault)
{
	EXPECT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "unreaped"));
	EXPECT_EQ(0, echo_used_bytes(self->fd));
	EXPECT_GT(MOST_FAULTS, self->n);
	TH_LOG("%u faults", self->n - 1);
	close(self->fd);
}

/* Let the next chance to fail of this thread fail that has not failed yet. */
static void arm(FIXTURE_DATA(fault) *self)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ++self->n);
	if (self->fail_nth >= 0 &&
	    pwrite(self->fail_nth, text, strlen(text), 0) < 0)
		die(FAIL_NTH);
}

/*
 * No failure from now on; notes whether there was one since arm(). The failure
 * may also hit the copy that this makes itself: then there was none before.
 */
static void disarm(FIXTURE_DATA(fault) *self)
{
	char text[16] = "1";

	if (self->fail_nth >= 0 &&
	    pread(self->fail_nth, text, sizeof(text) - 1, 0) <= 0 &&
	    errno != EFAULT)
		die("read " FAIL_NTH);
	self->failed = !atoi(text) && self->n < MOST_FAULTS;
	while (self->fail_nth >= 0 && pwrite(self->fail_nth, "0", 1, 0) < 0)
		if (errno != EFAULT)
			die("write " FAIL_NTH);
}

TEST_F(fault, open_fails_cleanly_or_works)
{
	int fd;

	do {
		arm(self);
		fd = echo_open();
		disarm(self);
		if (fd >= 0) {
			EXPECT_EQ(0, echo_send(fd, &self->echo, &record));
			close(fd);
		} else {
			EXPECT_TRUE(fd == -ENOMEM || fd == -ENOBUFS ||
				    fd == -EFAULT || fd == -ENFILE)
				TH_LOG("fault %u: %d", self->n, fd);
		}
	} while (self->failed);
	EXPECT_LE(0, fd);
	EXPECT_EQ(1, netns_raw_sockets());
}

TEST_F(fault, submit_accepts_or_refuses)
{
	int ret;

	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd(0, EFD_CLOEXEC);
	do {
		arm(self);
		ret = echo_submit(self->fd, &self->echo, 1);
		disarm(self);
		if (ret == 1) {
			ASSERT_EQ(1, reap_one(self->fd, &record))
				TH_LOG("fault %u", self->n);
		} else {
			EXPECT_TRUE(ret == -ENOMEM || ret == -EFAULT ||
				    ret == -ENOBUFS)
				TH_LOG("fault %u: %d", self->n, ret);
		}
		ASSERT_EQ(0, reap_now(self->fd, &record));
	} while (self->failed);
	EXPECT_EQ(1, ret);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(fault, batch_stops_at_the_failure)
{
	struct icmpecho_echo echoes[3] = { self->echo, self->echo, self->echo };
	int ret, i;

	do {
		arm(self);
		ret = echo_submit(self->fd, echoes, 3);
		disarm(self);
		for (i = 0; i < ret; i++)
			ASSERT_EQ(1, reap_one(self->fd, &record))
				TH_LOG("fault %u, request %d", self->n, i);
		ASSERT_EQ(0, reap_now(self->fd, &record));
	} while (self->failed);
	EXPECT_EQ(3, ret);
}

/* A copy out that fails leaves the completion for the next call. */
TEST_F(fault, reap_loses_nothing)
{
	int ret;

	do {
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
		while (!echo_fdinfo(self->fd, "unreaped"))
			;
		arm(self);
		ret = reap_now(self->fd, &record);
		disarm(self);
		if (ret != 1) {
			EXPECT_EQ(-EFAULT, ret);
			ASSERT_EQ(1, reap_now(self->fd, &record));
		}
		EXPECT_EQ(sizeof(payload), record.c.data_len);
	} while (self->failed);
	EXPECT_EQ(1, ret);
}

TEST_F(fault, send_can_be_repeated)
{
	struct icmpecho_send send;
	int ret;

	do {
		send = send_of(&self->echo, &record);
		arm(self);
		ret = echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send);
		disarm(self);
		if (ret && send.id)
			ret = echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send);
		EXPECT_TRUE(!ret || ret == -ENOMEM || ret == -EFAULT ||
			    ret == -ENOBUFS || ret == -ENOENT)
			TH_LOG("fault %u: %d", self->n, ret);
		ASSERT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
		ASSERT_EQ(0, echo_fdinfo(self->fd, "unreaped"));
	} while (self->failed);
	EXPECT_EQ(0, ret);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_F(fault, info_fails_or_works)
{
	struct icmpecho_info info;
	int ret;

	do {
		arm(self);
		ret = echo_info(self->fd, &info);
		disarm(self);
		EXPECT_TRUE(!ret || ret == -EFAULT);
	} while (self->failed);
	EXPECT_EQ(0, ret);
}

TEST_F(fault, eventfd_fails_or_works)
{
	int event = eventfd(0, EFD_CLOEXEC), ret;

	do {
		arm(self);
		ret = echo_bind_eventfd(self->fd, event);
		disarm(self);
		EXPECT_TRUE(!ret || ret == -EFAULT);
	} while (self->failed);
	EXPECT_EQ(0, ret);
}

TEST_HARNESS_MAIN
