// SPDX-License-Identifier: GPL-2.0
/*
 * SUBMIT and REAP in bulk: partial batches, strides, order, deadlines, and
 * buffers that are too short, unmapped, or stall. Whatever the buffer, each
 * completion is collected exactly once.
 */
#include "kselftest_harness.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "userfault.h"

#define RECORD_LEN(data_len) \
	(sizeof(struct icmpecho_completion) + (((data_len) + 7) & ~7))

static struct record record;
static unsigned char payload[64];

FIXTURE(reap)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(reap)
{
	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with("127.0.0.1", payload, 13);
}

FIXTURE_TEARDOWN(reap)
{
	close(self->fd);
}

static void be_silent(void)
{
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
}

static bool readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1;
}

/* Submit n requests numbered from @first, and wait until all are answered. */
static void complete(struct __test_metadata *_metadata, int fd,
		     const struct icmpecho_echo *echo, __u64 first, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct icmpecho_echo e = *echo;
		long before = netns_counter("IcmpMsg", "InType0");
		__u64 deadline = now_ns() + PATIENCE_NS;

		e.user_data = first + i;
		ASSERT_EQ(1, echo_submit(fd, &e, 1));
		do {
			ASSERT_GT(deadline, now_ns());
		} while (netns_counter("IcmpMsg", "InType0") == before);
	}
}

TEST_F(reap, submit_of_nothing_accepts_nothing)
{
	EXPECT_EQ(0, echo_submit(self->fd, &self->echo, 0));
}

TEST_F(reap, submit_stops_at_the_first_refused_request)
{
	struct icmpecho_echo echoes[5];
	unsigned int i;

	for (i = 0; i < 5; i++) {
		echoes[i] = self->echo;
		echoes[i].user_data = i;
	}
	echoes[3].reserved = 1;
	EXPECT_EQ(3, echo_submit(self->fd, echoes, 5));
	EXPECT_EQ(-EINVAL, echo_submit(self->fd, echoes + 3, 2));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, reap_one(self->fd, &record));
		EXPECT_EQ(i, record.c.user_data);
	}
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(reap, submit_stops_where_the_array_ends_in_unmapped_memory)
{
	long page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct icmpecho_echo *echoes;

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, mprotect(p + page, page, PROT_NONE));
	echoes = (void *)(p + page - 2 * sizeof(*echoes) - 40);
	echoes[0] = self->echo;
	echoes[1] = self->echo;
	EXPECT_EQ(2, echo_submit(self->fd, echoes, 3));
	EXPECT_EQ(-EFAULT, echo_submit(self->fd, echoes + 2, 1));
}

TEST_F(reap, stride_may_be_longer_than_the_request)
{
	struct {
		struct icmpecho_echo echo;
		__u64 future[5];
	} echoes[4] = {};
	struct icmpecho_submit submit = {
		.size = sizeof(submit),
		.echo_size = sizeof(echoes[0]),
		.echoes = u64_ptr(echoes),
		.count = 4,
	};
	unsigned int i;

	for (i = 0; i < 4; i++) {
		echoes[i].echo = self->echo;
		echoes[i].echo.user_data = 100 + i;
	}
	ASSERT_EQ(4, echo_ioctl(self->fd, ICMPECHO_IOC_SUBMIT, &submit));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, reap_one(self->fd, &record));
		EXPECT_EQ(100 + i, record.c.user_data);
		EXPECT_EQ(echoes[i].echo.id, record.c.id);
	}
}

TEST_F(reap, count_times_stride_does_not_overflow)
{
	struct icmpecho_submit submit = {
		.size = sizeof(submit),
		.echo_size = 0x80000000,
		.echoes = u64_ptr(&self->echo),
		.count = 0x20000002,
	};

	EXPECT_GT(0, echo_ioctl(self->fd, ICMPECHO_IOC_SUBMIT, &submit));
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(reap, completions_come_oldest_first)
{
	unsigned int i;

	complete(_metadata, self->fd, &self->echo, 0, 100);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(1, reap_now(self->fd, &record));
		EXPECT_EQ(i, record.c.user_data);
	}
}

TEST_F(reap, records_are_packed_and_aligned)
{
	static unsigned char buffer[4096] __attribute__((aligned(8)));
	const struct icmpecho_completion *c = (void *)buffer;
	unsigned int i;

	for (i = 0; i < 9; i++) {
		self->echo.payload_len = i;
		complete(_metadata, self->fd, &self->echo, i, 1);
	}
	ASSERT_EQ(9, echo_reap(self->fd, buffer, sizeof(buffer), 0, 100, 0));
	for (i = 0; i < 9; i++, c = next_record(c)) {
		EXPECT_EQ(i, c->user_data);
		EXPECT_EQ(i, c->data_len);
		EXPECT_EQ(RECORD_LEN(i), c->record_len);
	}
}

TEST_F(reap, max_bounds_the_number_of_records)
{
	static unsigned char buffer[4096];

	complete(_metadata, self->fd, &self->echo, 0, 5);
	EXPECT_EQ(2, echo_reap(self->fd, buffer, sizeof(buffer), 0, 2, 0));
	EXPECT_EQ(2, echo_reap(self->fd, buffer, sizeof(buffer), 1, 2, 0));
	EXPECT_EQ(1, echo_reap(self->fd, buffer, sizeof(buffer), 1, 2, 0));
	EXPECT_EQ(0, echo_reap(self->fd, buffer, sizeof(buffer), 0, 2, 0));
}

TEST_F(reap, min_0_does_not_wait)
{
	be_silent();
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, echo_reap(self->fd, &record, sizeof(record), 0, 1,
			       ICMPECHO_FOREVER));
}

TEST_F(reap, min_waits_for_so_many)
{
	static unsigned char buffer[4096];
	unsigned int i;

	be_silent();
	for (i = 1; i <= 3; i++) {
		self->echo.timeout_ns = i * 30 * NS_PER_MS;
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	}
	EXPECT_EQ(3, echo_reap(self->fd, buffer, sizeof(buffer), 3, 10,
			       ICMPECHO_FOREVER));
}

TEST_F(reap, deadline_ends_the_wait_with_what_there_is)
{
	static unsigned char buffer[4096];
	__u64 deadline;

	complete(_metadata, self->fd, &self->echo, 0, 2);
	deadline = now_ns() + 50 * NS_PER_MS;
	EXPECT_EQ(2, echo_reap(self->fd, buffer, sizeof(buffer), 3, 3, deadline));
	EXPECT_LE(deadline, now_ns());
	deadline = now_ns() + 50 * NS_PER_MS;
	EXPECT_EQ(0, echo_reap(self->fd, buffer, sizeof(buffer), 1, 3, deadline));
	EXPECT_LE(deadline, now_ns());
}

TEST_F(reap, deadline_in_the_past_does_not_wait)
{
	be_silent();
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(0, echo_reap(self->fd, &record, sizeof(record), 1, 1, 1));
}

/* Time namespaces, in which the clock of the deadline shows another time. */

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

FIXTURE(timens)
{
	int fd;
};

FIXTURE_VARIANT(timens)
{
	const char *offset;
};

FIXTURE_VARIANT_ADD(timens, ahead)
{
	.offset = "monotonic 1000 0",
};

FIXTURE_VARIANT_ADD(timens, behind)
{
	.offset = "monotonic -1 0",
};

FIXTURE_SETUP(timens)
{
	netns_alone();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(timens)
{
	close(self->fd);
}

/* Children of the process are in the namespace. Returns false if there is none. */
static bool timens_enter(const char *offset)
{
	if (unshare(CLONE_NEWTIME))
		return false;
	write_file("/proc/self/timens_offsets", offset);
	return true;
}

static int reap_until(int fd, __u64 deadline)
{
	return echo_reap(fd, &record, sizeof(record), 1, 1, deadline);
}

/* In a child: 0 if a wait ends, and not before its deadline. */
static int wait_for_deadline(int fd, __u64 wait_ns)
{
	__u64 deadline = now_ns() + wait_ns;

	alarm(PATIENCE_NS / NS_PER_S);
	if (reap_until(fd, deadline))
		return 1;
	return now_ns() < deadline ? 2 : 0;
}

TEST_F(timens, deadline_is_of_the_callers_clock)
{
	__u64 before = now_ns();
	int status;
	pid_t pid;

	if (!timens_enter(variant->offset))
		SKIP(return, "no time namespaces");
	pid = fork();
	if (!pid)
		_exit(wait_for_deadline(self->fd, 200 * NS_PER_MS));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_LE(before + 200 * NS_PER_MS, now_ns());
}

/* In a child: 0 if the first deadlines have passed, and the last ones never do. */
static int wait_at_the_ends(int fd, const struct icmpecho_echo *echo)
{
	struct icmpecho_echo copy = *echo;

	alarm(PATIENCE_NS / NS_PER_S);
	if (reap_until(fd, 0) ||
	    reap_until(fd, 1))
		return 1;
	if (echo_submit(fd, &copy, 1) != 1 ||
	    reap_until(fd, ICMPECHO_FOREVER) != 1)
		return 2;
	if (echo_submit(fd, &copy, 1) != 1 ||
	    reap_until(fd, ICMPECHO_FOREVER - 1) != 1)
		return 3;
	return 0;
}

TEST_F(timens, first_and_last_deadline_stay_so)
{
	struct icmpecho_echo echo = echo_to(BEYOND);
	int status;
	pid_t pid;

	if (!timens_enter(variant->offset))
		SKIP(return, "no time namespaces");
	netns_pair();
	echo.timeout_ns = 50 * NS_PER_MS;
	close(self->fd);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	pid = fork();
	if (!pid)
		_exit(wait_at_the_ends(self->fd, &echo));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(reap, short_buffer_is_enospc_and_loses_nothing)
{
	__u32 need = RECORD_LEN(13), len;

	complete(_metadata, self->fd, &self->echo, 7, 1);
	for (len = 0; len < need; len++)
		EXPECT_EQ(-ENOSPC, echo_reap(self->fd, &record, len, 1, 1,
					     ICMPECHO_FOREVER));
	EXPECT_EQ(1, echo_reap(self->fd, &record, need, 1, 1, ICMPECHO_FOREVER));
	EXPECT_EQ(7, record.c.user_data);
}

TEST_F(reap, full_buffer_ends_the_batch_and_loses_nothing)
{
	static unsigned char buffer[4096];
	unsigned int i;

	complete(_metadata, self->fd, &self->echo, 0, 3);
	ASSERT_EQ(2, echo_reap(self->fd, buffer, 3 * RECORD_LEN(13) - 1, 3, 3,
			       ICMPECHO_FOREVER));
	for (i = 2; i < 3; i++) {
		ASSERT_EQ(1, reap_now(self->fd, &record));
		EXPECT_EQ(i, record.c.user_data);
	}
}

TEST_F(reap, bytes_behind_the_records_are_untouched)
{
	static unsigned char buffer[4096];
	unsigned int i, len = 2 * RECORD_LEN(13);

	memset(buffer, 0xa5, sizeof(buffer));
	complete(_metadata, self->fd, &self->echo, 0, 2);
	ASSERT_EQ(2, echo_reap(self->fd, buffer, sizeof(buffer), 2, 9,
			       ICMPECHO_FOREVER));
	for (i = len; i < sizeof(buffer); i++)
		ASSERT_EQ(0xa5, buffer[i]);
}

/*
 * The buffer claims to be long, but ends at a page that cannot be written, at
 * every offset. A kernel that takes the record off its queue before it has
 * copied it loses it; one that copies first and fails later repeats it.
 */
static void reap_at_edge(struct __test_metadata *_metadata, int fd,
			 unsigned char *edge, unsigned int room, __u64 first)
{
	unsigned int need = RECORD_LEN(13), whole = room / need, i;
	int n = echo_reap(fd, edge - room, 4096, 2, 2, ICMPECHO_FOREVER);

	if (whole > 2)
		whole = 2;
	EXPECT_EQ(whole ? (int)whole : -EFAULT, n)
		TH_LOG("room for %u bytes", room);
	for (i = 0; i < whole; i++) {
		struct icmpecho_completion c;

		memcpy(&c, edge - room + i * need, sizeof(c));
		EXPECT_EQ(first + i, c.user_data);
	}
	for (; i < 2; i++) {
		ASSERT_EQ(1, reap_now(fd, &record));
		EXPECT_EQ(first + i, record.c.user_data);
	}
	ASSERT_EQ(0, reap_now(fd, &record));
}

TEST_F(reap, fault_at_any_offset_neither_loses_nor_repeats_a_record)
{
	long page = sysconf(_SC_PAGESIZE);
	unsigned char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int room;

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, mprotect(p + page, page, PROT_NONE));
	for (room = 0; room <= 2 * RECORD_LEN(13) + 8; room++) {
		complete(_metadata, self->fd, &self->echo, 2 * room, 2);
		reap_at_edge(_metadata, self->fd, p + page, room, 2 * room);
	}
}

TEST_F(reap, send_into_bad_buffer_is_efault_and_can_be_repeated_with_the_id)
{
	struct icmpecho_send send = send_of(&self->echo, &record);

	self->echo.user_data = 31;
	send.buffer = 16;
	ASSERT_EQ(-EFAULT, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	ASSERT_NE(0, send.id);
	send.buffer = u64_ptr(&record);
	send.echo = 0;	/* not read again */
	ASSERT_EQ(0, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	EXPECT_EQ(31, record.c.user_data);
	EXPECT_EQ(-ENOENT, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	EXPECT_EQ(1, netns_counter("IcmpMsg", "InType8"));
}

/* Two reapers, each with its own buffer, share the completions. */
#define MOST_SHARED 20000

struct reaper {
	int fd;
	pthread_t thread;
	unsigned char *seen;
	unsigned int *collected;	/* by both */
	unsigned int n;			/* of all there will be */
	int err;
};

static void *reap_until_all_seen(void *arg)
{
	struct reaper *reaper = arg;
	unsigned char buffer[2048];

	while (__atomic_load_n(reaper->collected, __ATOMIC_RELAXED) <
	       reaper->n) {
		const struct icmpecho_completion *c = (void *)buffer;
		int n = echo_reap(reaper->fd, buffer, sizeof(buffer), 1, 8,
				  now_ns() + 50 * NS_PER_MS);

		if (n < 0) {
			reaper->err = n;
			break;
		}
		__atomic_fetch_add(reaper->collected, n, __ATOMIC_RELAXED);
		for (; n > 0; n--, c = next_record(c))
			__atomic_fetch_add(&reaper->seen[c->user_data], 1,
					   __ATOMIC_RELAXED);
	}
	return NULL;
}

static void submit_numbers(struct __test_metadata *_metadata, int fd,
			   struct icmpecho_echo echo, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		echo.user_data = i;
		ASSERT_EQ(1, echo_submit(fd, &echo, 1));
	}
}

TEST_F_TIMEOUT(reap, two_reapers_share_completions_without_loss_or_doubling, 120)
{
	unsigned int n = scaled(MOST_SHARED, 2000), collected = 0, i;
	static unsigned char seen[MOST_SHARED];
	struct reaper reapers[2] = {};

	for (i = 0; i < 2; i++) {
		reapers[i] = (struct reaper) {
			.fd = self->fd, .seen = seen, .collected = &collected,
			.n = n,
		};
		ASSERT_EQ(0, pthread_create(&reapers[i].thread, NULL,
					    reap_until_all_seen, &reapers[i]));
	}
	submit_numbers(_metadata, self->fd, self->echo, n);
	for (i = 0; i < 2; i++) {
		pthread_join(reapers[i].thread, NULL);
		EXPECT_EQ(0, reapers[i].err);
	}
	for (i = 0; i < n; i++)
		ASSERT_EQ(1, seen[i]) TH_LOG("request %u", i);
}

/*
 * A reaper that stalls in the middle of a copy, as with memory on a slow disk.
 * Meanwhile others come.
 */
struct lone_reaper {
	int fd;
	void *buffer;
	int result;
};

static void *reap_two(void *arg)
{
	struct lone_reaper *reaper = arg;

	reaper->result = echo_reap(reaper->fd, reaper->buffer, 4096, 1, 2,
				   now_ns() + PATIENCE_NS);
	return NULL;
}

TEST_F(reap, reaper_stalled_in_its_buffer_loses_nothing_to_a_second_one)
{
	static unsigned char buffer[4096];
	struct lone_reaper stalled = { .fd = self->fd };
	struct lone_reaper second = { .fd = self->fd, .buffer = buffer };
	pthread_t threads[2];
	int uffd = userfault_page(&stalled.buffer);

	complete(_metadata, self->fd, &self->echo, 0, 3);
	pthread_create(&threads[0], NULL, reap_two, &stalled);
	userfault_wait(uffd);
	pthread_create(&threads[1], NULL, reap_two, &second);
	userfault_serve(uffd, stalled.buffer);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	EXPECT_EQ(2, stalled.result);
	EXPECT_EQ(1, second.result);
	EXPECT_EQ(0, ((struct icmpecho_completion *)stalled.buffer)->user_data);
	EXPECT_EQ(2, ((struct icmpecho_completion *)buffer)->user_data);
}

/* What a child does behind the reaper's back */
static void call_ioctl(unsigned int i, int fd, struct icmpecho_echo *echo)
{
	struct icmpecho_pace pace = { .size = sizeof(pace), .burst = 1 };
	struct icmpecho_info info;

	switch (i) {
	case 0:
		reap_one(fd, &record);
		break;
	case 1:
		echo_bind_eventfd(fd, -1);
		break;
	case 2:
		echo_submit(fd, echo, 1);
		break;
	case 3:
		echo_send(fd, echo, &record);
		break;
	case 4:
		echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0);
		break;
	case 5:
		echo_ioctl(fd, ICMPECHO_IOC_PACE, &pace);
		break;
	case 6:
		echo_info(fd, &info);
		break;
	}
}

/* A process that calls an ioctl is dead soon after it was told to die. */
static void expect_killable(struct __test_metadata *_metadata,
			    FIXTURE_DATA(reap) *self, unsigned int i)
{
	__u64 deadline = now_ns() + PATIENCE_NS;
	pid_t pid = fork();

	if (!pid) {
		call_ioctl(i, self->fd, &self->echo);
		_exit(0);
	}
	while (task_state(pid) == 'R') {
		usleep(100);
		ASSERT_GT(deadline, now_ns());
	}
	kill(pid, SIGKILL);
	while (!waitpid(pid, NULL, WNOHANG)) {
		usleep(100);
		ASSERT_GT(deadline, now_ns()) TH_LOG("call %u", i);
	}
}

TEST_F(reap, no_call_behind_a_stalled_reaper_is_deaf_to_sigkill)
{
	struct lone_reaper stalled = { .fd = self->fd };
	pthread_t thread;
	unsigned int i;
	int uffd = userfault_page(&stalled.buffer);

	complete(_metadata, self->fd, &self->echo, 0, 3);
	pthread_create(&thread, NULL, reap_two, &stalled);
	userfault_wait(uffd);
	for (i = 0; i < 7; i++)
		expect_killable(_metadata, self, i);
	userfault_serve(uffd, stalled.buffer);
	pthread_join(thread, NULL);
	EXPECT_EQ(2, stalled.result);
}

/* Nor does one that need not wait for the reaper do so. */
static void *take_eventfd_away(void *arg)
{
	echo_bind_eventfd(*(int *)arg, -1);
	return NULL;
}

TEST_F(reap, eventfd_is_replaced_though_a_reaper_stalls)
{
	struct lone_reaper stalled = { .fd = self->fd };
	pthread_t threads[2];
	struct timespec until;
	int uffd = userfault_page(&stalled.buffer);

	complete(_metadata, self->fd, &self->echo, 0, 3);
	pthread_create(&threads[0], NULL, reap_two, &stalled);
	userfault_wait(uffd);
	pthread_create(&threads[1], NULL, take_eventfd_away, &self->fd);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_NS / NS_PER_S;
	EXPECT_EQ(0, pthread_timedjoin_np(threads[1], NULL, &until));
	userfault_serve(uffd, stalled.buffer);
	pthread_join(threads[0], NULL);
	EXPECT_EQ(2, stalled.result);
}

/*
 * A buffer belongs to the process that reaps with it, whoever submitted: a
 * kernel that kept the submitter's pointer would write into the wrong memory.
 */
TEST_F(reap, child_reaps_into_its_own_memory_only)
{
	int status;
	pid_t pid;

	memset(&record, 0x5a, sizeof(record));
	self->echo.user_data = 77;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	pid = fork();
	if (!pid)
		_exit(reap_one(self->fd, &record) != 1 ||
		      record.c.user_data != 77);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0x5a5a5a5a, record.c.record_len);
	EXPECT_EQ(0x5a, record.data[0]);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(reap, poll_says_readable_as_long_as_a_completion_waits)
{
	EXPECT_FALSE(readable(self->fd));
	complete(_metadata, self->fd, &self->echo, 0, 2);
	EXPECT_TRUE(readable(self->fd));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_TRUE(readable(self->fd));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_FALSE(readable(self->fd));
}

TEST_HARNESS_MAIN
