// SPDX-License-Identifier: GPL-2.0
/*
 * The rules that all ioctls share: sizes that may grow, pointers that lead
 * nowhere, numbers that do not exist, and the layout of the structures.
 */
#include "kselftest_harness.h"

#include <sys/mman.h>

#include "icmpecho_test.h"
#include "netns.h"

#define LAYOUT(type, member, offset)					\
	_Static_assert(offsetof(struct type, member) == (offset),	\
		       #type "." #member " has moved")

_Static_assert(sizeof(struct icmpecho_echo) == 112, "icmpecho_echo");
LAYOUT(icmpecho_echo, id, 32);
LAYOUT(icmpecho_echo, dst, 40);
LAYOUT(icmpecho_echo, flags, 72);
LAYOUT(icmpecho_echo, eventfd, 96);
LAYOUT(icmpecho_echo, family, 100);
LAYOUT(icmpecho_echo, ttl, 106);
LAYOUT(icmpecho_echo, reserved, 108);

_Static_assert(sizeof(struct icmpecho_completion) == 96, "icmpecho_completion");
LAYOUT(icmpecho_completion, user_data, 8);
LAYOUT(icmpecho_completion, from, 40);
LAYOUT(icmpecho_completion, data_len, 68);
LAYOUT(icmpecho_completion, header_len, 80);
LAYOUT(icmpecho_completion, type, 88);
LAYOUT(icmpecho_completion, next, 92);

_Static_assert(sizeof(struct icmpecho_info) == 48, "icmpecho_info");
LAYOUT(icmpecho_info, max_payload, 32);
LAYOUT(icmpecho_info, max_payload6, 40);
_Static_assert(sizeof(struct icmpecho_send) == 40, "icmpecho_send");
LAYOUT(icmpecho_send, id, 32);
_Static_assert(sizeof(struct icmpecho_submit) == 24, "icmpecho_submit");
_Static_assert(sizeof(struct icmpecho_reap) == 40, "icmpecho_reap");
_Static_assert(sizeof(struct icmpecho_cancel) == 16, "icmpecho_cancel");
_Static_assert(sizeof(struct icmpecho_eventfd) == 8, "icmpecho_eventfd");
_Static_assert(sizeof(struct icmpecho_pace) == 16, "icmpecho_pace");

/* The argument of any ioctl, with a tail from the future. */
union argument {
	__u32 size;
	struct icmpecho_info info;
	struct icmpecho_send send;
	struct icmpecho_submit submit;
	struct icmpecho_reap reap;
	struct icmpecho_cancel cancel;
	struct icmpecho_eventfd eventfd;
	struct icmpecho_pace pace;
	unsigned char bytes[128];
};

static struct icmpecho_echo loopback_echo;
static struct record record;

static void fill_info(union argument *arg)
{
}

static void fill_send(union argument *arg)
{
	arg->send = send_of(&loopback_echo, &record);
}

static void fill_submit(union argument *arg)
{
	arg->submit.echo_size = sizeof(loopback_echo);
	arg->submit.echoes = u64_ptr(&loopback_echo);
	arg->submit.count = 1;
}

static void fill_reap(union argument *arg)
{
	arg->reap.completion_size = sizeof(struct icmpecho_completion);
	arg->reap.max = 1;
	arg->reap.buffer = u64_ptr(&record);
	arg->reap.buffer_len = sizeof(record);
}

static void fill_cancel(union argument *arg)
{
	arg->cancel.flags = ICMPECHO_CANCEL_ALL;
}

static void fill_eventfd(union argument *arg)
{
	arg->eventfd.eventfd = -1;
}

static void fill_pace(union argument *arg)
{
	arg->pace.burst = 1;
}

/* Each ioctl with an argument that it accepts. */
FIXTURE(argument)
{
	int fd;
	union argument arg;
};

FIXTURE_VARIANT(argument)
{
	unsigned int cmd;
	__u32 size;
	__u32 first_size;	/* of the structure as first published */
	int result;
	void (*fill)(union argument *arg);
};

#define ARGUMENT(name, number, last, result_)			\
	FIXTURE_VARIANT_ADD(argument, name)			\
	{							\
		.cmd = ICMPECHO_IOC_##number,			\
		.size = sizeof(struct icmpecho_##name),		\
		.first_size = offsetof(struct icmpecho_##name, last) + \
			sizeof(((struct icmpecho_##name *)NULL)->last), \
		.result = result_,				\
		.fill = fill_##name,				\
	}

ARGUMENT(info, INFO, max_requests, 0);
ARGUMENT(send, SEND, id, 0);
ARGUMENT(submit, SUBMIT, reserved, 1);
ARGUMENT(reap, REAP, reserved, 0);
ARGUMENT(cancel, CANCEL, id, 0);
ARGUMENT(eventfd, EVENTFD, eventfd, 0);
ARGUMENT(pace, PACE, interval_ns, 0);

FIXTURE_SETUP(argument)
{
	netns_alone();
	loopback_echo = echo_to("127.0.0.1");
	variant->fill(&self->arg);
	self->arg.size = variant->size;
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(argument)
{
	close(self->fd);
}

TEST_F(argument, size_as_published_is_accepted)
{
	EXPECT_EQ(variant->result, echo_ioctl(self->fd, variant->cmd, &self->arg));
}

TEST_F(argument, size_too_small_is_einval)
{
	__u32 size;

	for (size = 0; size < variant->first_size; size++) {
		self->arg.size = size;
		EXPECT_EQ(-EINVAL, echo_ioctl(self->fd, variant->cmd, &self->arg))
			TH_LOG("size %u", size);
	}
}

TEST_F(argument, size_as_first_published_is_accepted)
{
	self->arg.size = variant->first_size;
	EXPECT_EQ(variant->result, echo_ioctl(self->fd, variant->cmd, &self->arg));
}

TEST_F(argument, unknown_tail_of_zeros_is_accepted)
{
	self->arg.size = sizeof(self->arg);
	EXPECT_EQ(variant->result, echo_ioctl(self->fd, variant->cmd, &self->arg));
}

TEST_F(argument, each_nonzero_byte_of_unknown_tail_is_e2big)
{
	__u32 i;

	self->arg.size = sizeof(self->arg);
	for (i = variant->size; i < sizeof(self->arg); i++) {
		self->arg.bytes[i] = 1;
		EXPECT_EQ(-E2BIG, echo_ioctl(self->fd, variant->cmd, &self->arg))
			TH_LOG("byte %u", i);
		self->arg.bytes[i] = 0;
	}
}

TEST_F(argument, null_pointer_is_efault)
{
	EXPECT_EQ(-EFAULT, echo_ioctl(self->fd, variant->cmd, NULL));
}

TEST_F(argument, kernel_pointer_is_efault)
{
	EXPECT_EQ(-EFAULT, echo_ioctl(self->fd, variant->cmd, (void *)-4096L));
}

/* Two pages, the second of which cannot be touched. */
static unsigned char *guarded_page(long page)
{
	unsigned char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + page, page, PROT_NONE))
		die("guarded page");
	return p;
}

TEST_F(argument, structure_cut_by_unmapped_page_is_efault)
{
	long page = sysconf(_SC_PAGESIZE);
	unsigned char *p = guarded_page(page);
	unsigned int mapped;

	for (mapped = 1; mapped < variant->size; mapped++) {
		memcpy(p + page - mapped, &self->arg, mapped);
		EXPECT_EQ(-EFAULT, echo_ioctl(self->fd, variant->cmd,
					      p + page - mapped))
			TH_LOG("%u bytes mapped", mapped);
	}
}

FIXTURE(device)
{
	int fd;
};

FIXTURE_SETUP(device)
{
	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(device)
{
	close(self->fd);
}

TEST_F(device, unknown_ioctl_number_is_enotty)
{
	struct icmpecho_info info = { .size = sizeof(info) };
	unsigned int nr;

	for (nr = _IOC_NR(ICMPECHO_IOC_PACE) + 1; nr < 256; nr++)
		EXPECT_EQ(-ENOTTY, echo_ioctl(self->fd, _IO(ICMPECHO_IOC_TYPE, nr),
					      &info));
}

TEST_F(device, ioctl_of_another_type_is_enotty)
{
	struct icmpecho_info info = { .size = sizeof(info) };

	EXPECT_EQ(-ENOTTY, echo_ioctl(self->fd, _IO(ICMPECHO_IOC_TYPE + 1, 0), &info));
	EXPECT_EQ(-ENOTTY, echo_ioctl(self->fd, _IOR(ICMPECHO_IOC_TYPE, 0, info),
				      &info));
}

TEST_F(device, info_tells_version_and_features)
{
	struct icmpecho_info info;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	EXPECT_EQ(ICMPECHO_ABI_VERSION, info.abi_version);
	EXPECT_EQ(ICMPECHO_FEATURE_IPV4 | ICMPECHO_FEATURE_OPTIONS |
		  ICMPECHO_FEATURE_MANY_REPLIES | ICMPECHO_FEATURE_PACING |
		  (access("/proc/net/if_inet6", F_OK) ? 0 : ICMPECHO_FEATURE_IPV6),
		  info.features);
}

TEST_F(device, info_tells_limits)
{
	struct icmpecho_info info;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	EXPECT_EQ(65507, info.max_payload);
	EXPECT_EQ(65527, info.max_payload6);
	EXPECT_EQ(0, info.reserved);
	EXPECT_LE(60 * NS_PER_S, info.max_timeout_ns);
	EXPECT_LE(1024, info.max_requests);
	EXPECT_LE(1 << 20, info.max_user_bytes);
}

TEST_F(device, info_ignores_what_the_caller_left_in_its_members)
{
	struct icmpecho_info info;

	memset(&info, 0xff, sizeof(info));
	ASSERT_EQ(0, echo_info(self->fd, &info));
	EXPECT_EQ(ICMPECHO_ABI_VERSION, info.abi_version);
}

TEST_F(device, info_is_not_written_beyond_the_callers_size)
{
	struct icmpecho_info info;

	memset(&info, 0xa5, sizeof(info));
	info.size = offsetof(struct icmpecho_info, max_payload6);
	ASSERT_EQ(0, echo_ioctl(self->fd, ICMPECHO_IOC_INFO, &info));
	EXPECT_EQ(65507, info.max_payload);
	EXPECT_EQ(0xa5a5a5a5, info.max_payload6);
}

TEST_F(device, info_into_read_only_memory_is_efault)
{
	struct icmpecho_info *info = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, info);
	info->size = sizeof(*info);
	ASSERT_EQ(0, mprotect(info, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, echo_ioctl(self->fd, ICMPECHO_IOC_INFO, info));
}

TEST_F(device, structures_may_be_unaligned)
{
	unsigned char bytes[sizeof(struct icmpecho_info) + 1];
	__u32 size = sizeof(struct icmpecho_info);
	unsigned char *unaligned = bytes + 1;

	memcpy(unaligned, &size, sizeof(size));
	EXPECT_EQ(0, echo_ioctl(self->fd, ICMPECHO_IOC_INFO, unaligned));
}

TEST_F(device, cannot_be_read_written_or_sought)
{
	char byte = 0;

	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
}

/*
 * The header of completion records may grow: each caller gets it in the size
 * that it knows, by SEND and by REAP.
 */
FIXTURE(completion_size)
{
	int fd;
};

FIXTURE_VARIANT(completion_size)
{
	bool reap;
};

FIXTURE_VARIANT_ADD(completion_size, of_send)
{
	.reap = false,
};

FIXTURE_VARIANT_ADD(completion_size, of_reap)
{
	.reap = true,
};

FIXTURE_SETUP(completion_size)
{
	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(completion_size)
{
	close(self->fd);
}

/* Collect one echo with headers of this size into @record; its answer's data is "hello". */
static int collect(int fd, bool reap, __u32 size)
{
	struct icmpecho_echo echo = echo_with("127.0.0.1", "hello", 5);
	struct icmpecho_send send = send_of(&echo, &record);
	struct icmpecho_reap arg = {
		.size = sizeof(arg),
		.min = 1,
		.max = 1,
		.buffer_len = sizeof(record),
		.buffer = u64_ptr(&record),
		.deadline_ns = ICMPECHO_FOREVER,
		.completion_size = size,
	};

	memset(&record, 0xa5, sizeof(record));
	if (reap) {
		if (echo_submit(fd, &echo, 1) != 1)
			die("submit");
		return echo_ioctl(fd, ICMPECHO_IOC_REAP, &arg) - 1;
	}
	send.completion_size = size;
	return echo_ioctl(fd, ICMPECHO_IOC_SEND, &send);
}

/* REAP by itself, so that nothing is left of what was refused. */
static int refused(int fd, bool reap, __u32 size)
{
	struct icmpecho_reap arg = {
		.size = sizeof(arg),
		.max = 1,
		.buffer_len = sizeof(record),
		.buffer = u64_ptr(&record),
		.completion_size = size,
	};

	return reap ? echo_ioctl(fd, ICMPECHO_IOC_REAP, &arg) :
		      collect(fd, false, size);
}

TEST_F(completion_size, too_small_is_einval)
{
	__u32 size;

	for (size = 0; size < sizeof(struct icmpecho_completion); size++) {
		ASSERT_EQ(-EINVAL, refused(self->fd, variant->reap, size))
			TH_LOG("size %u", size);
	}
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(completion_size, that_is_no_multiple_of_8_is_einval)
{
	__u32 size;

	for (size = 97; size < 200; size++) {
		if (size % 8 == 0)
			continue;
		ASSERT_EQ(-EINVAL, refused(self->fd, variant->reap, size))
			TH_LOG("size %u", size);
	}
	EXPECT_EQ(-EINVAL, refused(self->fd, variant->reap, 0xffffffff));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(completion_size, beyond_a_page_is_e2big)
{
	EXPECT_EQ(-E2BIG, refused(self->fd, variant->reap,
				  sysconf(_SC_PAGESIZE) + 8));
	EXPECT_EQ(-E2BIG, refused(self->fd, variant->reap, 0xfffffff8));
	EXPECT_EQ(0, netns_counter("Icmp", "InMsgs"));
}

TEST_F(completion_size, of_the_future_is_filled_with_zeros)
{
	const __u32 known = sizeof(struct icmpecho_completion);
	unsigned char *bytes = (unsigned char *)&record;
	__u32 size, i;

	for (size = known; size <= 4096; size += size < 200 ? 8 : 1000) {
		ASSERT_EQ(0, collect(self->fd, variant->reap, size))
			TH_LOG("size %u", size);
		EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
		EXPECT_EQ(size, record.c.header_len);
		EXPECT_EQ(size + 8, record.c.record_len);
		EXPECT_EQ(5, record.c.data_len);
		for (i = known; i < size; i++)
			ASSERT_EQ(0, bytes[i]);
		EXPECT_EQ(0, memcmp("hello\0\0\0", bytes + size, 8));
		EXPECT_EQ(0xa5, bytes[size + 8]);
	}
}

/* Records of a batch begin where the one before says that it ends. */
TEST_F(completion_size, of_the_future_moves_the_next_record)
{
	struct icmpecho_echo echoes[3];
	struct icmpecho_reap reap = {
		.size = sizeof(reap),
		.min = 3,
		.max = 3,
		.buffer_len = sizeof(record),
		.buffer = u64_ptr(&record),
		.deadline_ns = ICMPECHO_FOREVER,
		.completion_size = 200,
	};
	const struct icmpecho_completion *c = &record.c;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		echoes[i] = echo_with("127.0.0.1", "hello", 5);
		echoes[i].user_data = i;
	}
	ASSERT_EQ(3, echo_submit(self->fd, echoes, 3));
	ASSERT_EQ(3, echo_ioctl(self->fd, ICMPECHO_IOC_REAP, &reap));
	for (i = 0; i < 3; i++, c = next_record(c)) {
		EXPECT_EQ(i, c->user_data);
		EXPECT_EQ(208, c->record_len);
		EXPECT_EQ(0, memcmp("hello", record_data(c), 5));
	}
}

TEST_HARNESS_MAIN
