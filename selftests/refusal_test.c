// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that are refused, and the errno of each: one errno per cause, the
 * same from SUBMIT and SEND, and never a packet or a completion.
 */
#include "kselftest_harness.h"

#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "rights.h"

static struct record record;
static char payload[65536];

static int submit_one(int fd, struct icmpecho_echo *echo)
{
	return echo_submit(fd, echo, 1);
}

/* A session whose requests are never answered, so that nothing completes. */
FIXTURE(refusal)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(refusal)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with("127.0.0.1", payload, 32);
}

/* What was refused was never sent, and nothing is left of it. */
FIXTURE_TEARDOWN(refusal)
{
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(0, reap_now(self->fd, &record));
	close(self->fd);
}

#define expect_refused(err)						\
	do {								\
		EXPECT_EQ(-(err), submit_one(self->fd, &self->echo));	\
		EXPECT_EQ(-(err), echo_send(self->fd, &self->echo, &record)); \
	} while (0)

TEST_F(refusal, each_unknown_flag_is_einval)
{
	unsigned int bit;

	for (bit = 4; bit < 32; bit++) {
		self->echo.flags = 1U << bit;
		expect_refused(EINVAL);
	}
}

TEST_F(refusal, reserved_member_of_request_is_einval)
{
	self->echo.reserved = 1;
	expect_refused(EINVAL);
}

TEST_F(refusal, reserved_member_of_submit_is_einval)
{
	struct icmpecho_submit submit = {
		.size = sizeof(submit),
		.echo_size = sizeof(self->echo),
		.echoes = u64_ptr(&self->echo),
		.count = 1,
		.reserved = 1,
	};

	EXPECT_EQ(-EINVAL, echo_ioctl(self->fd, ICMPECHO_IOC_SUBMIT, &submit));
}

TEST_F(refusal, each_unknown_flag_of_cancel_is_einval)
{
	unsigned int bit;

	for (bit = 1; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, echo_cancel(self->fd, 1U << bit, 0));
}

TEST_F(refusal, cancel_all_with_an_id_is_einval)
{
	EXPECT_EQ(-EINVAL, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 1));
}

TEST_F(refusal, bytes_after_ipv4_destination_are_einval)
{
	unsigned int i;

	for (i = 4; i < 16; i++) {
		self->echo.dst[i] = 1;
		expect_refused(EINVAL);
		self->echo.dst[i] = 0;
	}
}

TEST_F(refusal, bytes_after_ipv4_source_are_einval)
{
	unsigned int i;

	for (i = 4; i < 16; i++) {
		self->echo.src[i] = 1;
		expect_refused(EINVAL);
		self->echo.src[i] = 0;
	}
}

TEST_F(refusal, scope_of_ipv4_destination_is_einval)
{
	self->echo.scope_id = 1;
	expect_refused(EINVAL);
}

TEST_F(refusal, eventfd_without_its_flag_is_einval)
{
	self->echo.eventfd = eventfd(0, EFD_CLOEXEC);
	ASSERT_LT(0, self->echo.eventfd);
	expect_refused(EINVAL);
}

TEST_F(refusal, eventfd_with_send_is_einval)
{
	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = eventfd(0, EFD_CLOEXEC);
	EXPECT_EQ(-EINVAL, echo_send(self->fd, &self->echo, &record));
}

TEST_F(refusal, reply_capacity_above_65535_is_einval)
{
	self->echo.reply_capacity = 65536;
	EXPECT_EQ(-EINVAL, submit_one(self->fd, &self->echo));
}

TEST_F(refusal, stride_below_request_is_einval)
{
	struct icmpecho_submit submit = {
		.size = sizeof(submit),
		.echoes = u64_ptr(&self->echo),
		.count = 1,
	};

	for (; submit.echo_size < sizeof(self->echo); submit.echo_size += 8)
		EXPECT_EQ(-EINVAL, echo_ioctl(self->fd, ICMPECHO_IOC_SUBMIT, &submit));
}

TEST_F(refusal, stride_not_multiple_of_8_is_einval)
{
	struct icmpecho_echo echoes[2] = { self->echo };
	struct icmpecho_submit submit = {
		.size = sizeof(submit),
		.echo_size = sizeof(self->echo) + 4,
		.echoes = u64_ptr(echoes),
		.count = 1,
	};

	EXPECT_EQ(-EINVAL, echo_ioctl(self->fd, ICMPECHO_IOC_SUBMIT, &submit));
}

TEST_F(refusal, unknown_tail_of_request_is_e2big)
{
	struct {
		struct icmpecho_echo echo;
		__u64 tail;
	} longer = { .echo = self->echo, .tail = 1 };
	struct icmpecho_submit submit = {
		.size = sizeof(submit),
		.echo_size = sizeof(longer),
		.echoes = u64_ptr(&longer),
		.count = 1,
	};
	struct icmpecho_send send = send_of(&longer.echo, &record);

	EXPECT_EQ(-E2BIG, echo_ioctl(self->fd, ICMPECHO_IOC_SUBMIT, &submit));
	send.echo_size = sizeof(longer);
	EXPECT_EQ(-E2BIG, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
}

TEST_F(refusal, reap_with_max_0_or_below_min_is_einval)
{
	EXPECT_EQ(-EINVAL, echo_reap(self->fd, &record, sizeof(record), 0, 0, 0));
	EXPECT_EQ(-EINVAL, echo_reap(self->fd, &record, sizeof(record), 2, 1, 0));
}

TEST_F(refusal, ipv6_is_eafnosupport_on_a_host_without_it)
{
	bool host_has_it = !access("/proc/net/if_inet6", F_OK);
	struct icmpecho_echo echo = echo_to("::1");

	EXPECT_EQ(host_has_it ? 0 : -EAFNOSUPPORT,
		  echo_send(self->fd, &echo, &record));
}

TEST_F(refusal, unknown_family_is_eafnosupport)
{
	self->echo.family = AF_UNSPEC;
	expect_refused(EAFNOSUPPORT);
	self->echo.family = AF_UNIX;
	expect_refused(EAFNOSUPPORT);
	self->echo.family = 0xffff;
	expect_refused(EAFNOSUPPORT);
}

TEST_F(refusal, more_than_40_bytes_of_options_are_einval)
{
	self->echo.options = u64_ptr(payload);
	self->echo.options_len = 41;
	expect_refused(EINVAL);
	self->echo.options_len = 0xffff;
	expect_refused(EINVAL);
}

TEST_F(refusal, options_without_length_are_einval)
{
	self->echo.options = u64_ptr(payload);
	expect_refused(EINVAL);
}

TEST_F(refusal, options_from_nowhere_are_efault)
{
	self->echo.options_len = 4;
	expect_refused(EFAULT);
	self->echo.options = 16;
	expect_refused(EFAULT);
}

TEST_F(refusal, more_than_1_mib_for_all_replies_is_einval)
{
	self->echo.reply_capacity = 1025;
	self->echo.max_replies = 1024;
	EXPECT_EQ(-EINVAL, submit_one(self->fd, &self->echo));
}

TEST_F(refusal, unspecified_destination_is_edestaddrreq)
{
	memset(self->echo.dst, 0, sizeof(self->echo.dst));
	expect_refused(EDESTADDRREQ);
}

/* A source of somebody else's would make the module a tool for spoofing. */
TEST_F(refusal, foreign_source_is_eaddrnotavail)
{
	inet_pton(AF_INET, "192.0.2.77", self->echo.src);
	expect_refused(EADDRNOTAVAIL);
}

TEST_F(refusal, multicast_or_broadcast_source_is_eaddrnotavail)
{
	inet_pton(AF_INET, "224.0.0.1", self->echo.src);
	expect_refused(EADDRNOTAVAIL);
	inet_pton(AF_INET, "255.255.255.255", self->echo.src);
	expect_refused(EADDRNOTAVAIL);
}

TEST_F(refusal, unknown_interface_is_enodev)
{
	self->echo.ifindex = 4711;
	expect_refused(ENODEV);
	self->echo.ifindex = 0xffffffff;
	expect_refused(ENODEV);
}

TEST_F(refusal, payload_above_65507_bytes_is_emsgsize)
{
	self->echo.payload_len = 65508;
	expect_refused(EMSGSIZE);
	self->echo.payload_len = 0xffffffff;
	expect_refused(EMSGSIZE);
}

TEST_F(refusal, timeout_above_the_longest_is_erange)
{
	struct icmpecho_info info;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	self->echo.timeout_ns = info.max_timeout_ns + 1;
	expect_refused(ERANGE);
	self->echo.timeout_ns = ~0ULL;
	expect_refused(ERANGE);
}

TEST_F(refusal, closed_eventfd_is_ebadf)
{
	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = 1000;
	EXPECT_EQ(-EBADF, submit_one(self->fd, &self->echo));
	self->echo.eventfd = -1;
	EXPECT_EQ(-EBADF, submit_one(self->fd, &self->echo));
	EXPECT_EQ(-EBADF, echo_bind_eventfd(self->fd, 1000));
	EXPECT_EQ(-EBADF, echo_bind_eventfd(self->fd, -2));
}

TEST_F(refusal, eventfd_that_is_none_is_ebadf)
{
	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = self->fd;
	EXPECT_EQ(-EBADF, submit_one(self->fd, &self->echo));
	EXPECT_EQ(-EBADF, echo_bind_eventfd(self->fd, self->fd));
}

TEST_F(refusal, payload_from_nowhere_is_efault)
{
	self->echo.payload = 16;
	expect_refused(EFAULT);
	self->echo.payload = ~0ULL - 8;
	expect_refused(EFAULT);
}

TEST_F(refusal, request_from_nowhere_is_efault)
{
	EXPECT_EQ(-EFAULT, submit_one(self->fd, NULL));
	EXPECT_EQ(-EFAULT, echo_send(self->fd, NULL, &record));
}

static void *read_only_copy(const void *from, size_t len)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	memcpy(p, from, len);
	if (mprotect(p, 4096, PROT_READ))
		die("mprotect");
	return p;
}

/* The id cannot be told, so nobody could ever name the request. */
TEST_F(refusal, submit_of_read_only_request_is_efault)
{
	struct icmpecho_echo *echo = read_only_copy(&self->echo, sizeof(self->echo));

	EXPECT_EQ(-EFAULT, submit_one(self->fd, echo));
}

TEST_F(refusal, send_with_read_only_argument_is_efault)
{
	struct icmpecho_send send = send_of(&self->echo, &record);

	EXPECT_EQ(-EFAULT, echo_ioctl(self->fd, ICMPECHO_IOC_SEND,
				      read_only_copy(&send, sizeof(send))));
}

TEST_F(refusal, send_into_buffer_too_small_for_capacity_is_enospc)
{
	struct icmpecho_send send = send_of(&self->echo, &record);

	self->echo.reply_capacity = 33;	/* 40 with the record's padding */
	send.buffer_len = sizeof(struct icmpecho_completion) + 39;
	EXPECT_EQ(-ENOSPC, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
}

TEST_F(refusal, cancel_of_unknown_request_is_enoent)
{
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, 0));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, 0x123456789abcdefULL));
}

TEST_F(refusal, send_of_unknown_id_is_enoent)
{
	struct icmpecho_send send = send_of(&self->echo, &record);

	send.id = 0x123456789abcdefULL;
	EXPECT_EQ(-ENOENT, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
}

TEST_F(refusal, missing_route_is_enetunreach_if_asked)
{
	self->echo = echo_to(FAR);
	self->echo.flags = ICMPECHO_NEED_ROUTE;
	expect_refused(ENETUNREACH);
}

TEST_F(refusal, unreachable_route_is_ehostunreach_if_asked)
{
	link_add_route_of_type(FAR, RTN_UNREACHABLE);
	self->echo = echo_to(FAR);
	self->echo.flags = ICMPECHO_NEED_ROUTE;
	expect_refused(EHOSTUNREACH);
}

/* Rights: every case is one broadcast destination or one firewall mark. */

FIXTURE(privilege)
{
	struct icmpecho_echo echo;
};

FIXTURE_VARIANT(privilege)
{
	const char *dst;
	__u32 mark;
};

FIXTURE_VARIANT_ADD(privilege, broadcast)
{
	.dst = "127.255.255.255",
};

FIXTURE_VARIANT_ADD(privilege, limited_broadcast)
{
	.dst = "255.255.255.255",
};

FIXTURE_VARIANT_ADD(privilege, mark)
{
	.dst = "127.0.0.1",
	.mark = 7,
};

FIXTURE_SETUP(privilege)
{
	netns_alone();
	link_add_route_on_link(ALL, "lo");
	self->echo = echo_to(variant->dst);
	self->echo.mark = variant->mark;
}

FIXTURE_TEARDOWN(privilege)
{
}

TEST_F(privilege, is_granted_with_cap_net_raw)
{
	EXPECT_EQ(1, submit_one(echo_open(), &self->echo));
}

TEST_F(privilege, is_eperm_for_opener_without_cap_net_raw)
{
	int fd;

	capset_net_raw(false, true);
	fd = echo_open();
	ASSERT_LE(0, fd);
	capset_net_raw(true, true);
	EXPECT_EQ(-EPERM, submit_one(fd, &self->echo));
	EXPECT_EQ(-EPERM, echo_send(fd, &self->echo, &record));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(privilege, is_eperm_for_caller_without_cap_net_raw)
{
	int fd = echo_open();

	ASSERT_LE(0, fd);
	capset_net_raw(false, false);
	EXPECT_EQ(-EPERM, submit_one(fd, &self->echo));
	EXPECT_EQ(-EPERM, echo_send(fd, &self->echo, &record));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

/* All capabilities, but over a user namespace that does not own the session's. */
TEST_F(privilege, is_eperm_for_root_of_another_user_namespace)
{
	int fd = echo_open();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_EQ(-EPERM, submit_one(fd, &self->echo));
}

TEST_F(privilege, ordinary_requests_do_not_need_it)
{
	struct icmpecho_echo plain = echo_to("127.0.0.1");
	int fd;

	capset_net_raw(false, false);
	fd = echo_open();
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, echo_send(fd, &plain, &record));
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

TEST_HARNESS_MAIN
