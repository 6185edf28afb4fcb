// SPDX-License-Identifier: GPL-2.0
/* CANCEL: of one request, of all, of one that another thread waits for. */
#include "kselftest_harness.h"

#include <pthread.h>

#include "icmpecho_test.h"
#include "netns.h"

static struct record record;

FIXTURE(cancel)
{
	int fd;
	struct icmpecho_echo echo;	/* never answered */
};

FIXTURE_SETUP(cancel)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to("127.0.0.1");
}

FIXTURE_TEARDOWN(cancel)
{
	close(self->fd);
}

TEST_F(cancel, cancelled_request_completes_as_cancelled)
{
	self->echo.user_data = 5;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, echo_cancel(self->fd, 0, self->echo.id));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, record.c.status);
	EXPECT_EQ(5, record.c.user_data);
	EXPECT_EQ(self->echo.id, record.c.id);
	EXPECT_EQ(0, record.c.flags);
	EXPECT_EQ(0, record.c.error);
	EXPECT_EQ(0, record.c.rtt_ns);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(cancel, other_requests_stay_in_flight)
{
	struct icmpecho_echo echoes[3] = { self->echo, self->echo, self->echo };

	ASSERT_EQ(3, echo_submit(self->fd, echoes, 3));
	ASSERT_EQ(1, echo_cancel(self->fd, 0, echoes[1].id));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_EQ(echoes[1].id, record.c.id);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(cancel, cancelled_twice_is_enoent)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, echo_cancel(self->fd, 0, self->echo.id));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
	ASSERT_EQ(1, reap_now(self->fd, &record));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
}

TEST_F(cancel, completed_request_is_enoent)
{
	self->echo.timeout_ns = NS_PER_MS;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, reap_one(self->fd, &record));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
}

TEST_F(cancel, request_of_another_session_is_enoent)
{
	int other = echo_open();

	ASSERT_LE(0, other);
	ASSERT_EQ(1, echo_submit(other, &self->echo, 1));
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(0, reap_now(other, &record));
}

TEST_F(cancel, all_tells_how_many)
{
	struct icmpecho_echo echoes[100];
	unsigned int i;

	for (i = 0; i < 100; i++)
		echoes[i] = self->echo;
	ASSERT_EQ(100, echo_submit(self->fd, echoes, 100));
	EXPECT_EQ(100, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(1, reap_now(self->fd, &record));
		EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, record.c.status);
	}
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(cancel, all_of_nothing_is_0)
{
	EXPECT_EQ(0, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
}

TEST_F(cancel, id_of_a_cancelled_request_does_not_name_a_later_one)
{
	__u64 old;
	unsigned int i;

	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	old = self->echo.id;
	ASSERT_EQ(1, echo_cancel(self->fd, 0, old));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
		ASSERT_EQ(-ENOENT, echo_cancel(self->fd, 0, old));
	}
}

/* A thread that waits in SEND. */
struct sender {
	int fd;
	struct icmpecho_send send;
	int result;
	pthread_t thread;
	pid_t tid;
};

static struct icmpecho_echo waiting_echo;
static struct record waiting_record;

static void *wait_in_send(void *arg)
{
	struct sender *sender = arg;

	sender->tid = gettid();
	sender->result = echo_ioctl(sender->fd, ICMPECHO_IOC_SEND, &sender->send);
	return NULL;
}

/* Start it, and wait until its id is there, which is before it sleeps. */
static __u64 start_sender(struct sender *sender, int fd)
{
	__u64 deadline = now_ns() + PATIENCE_NS, id;

	waiting_echo = echo_to("127.0.0.1");
	sender->fd = fd;
	sender->send = send_of(&waiting_echo, &waiting_record);
	if (pthread_create(&sender->thread, NULL, wait_in_send, sender))
		die("pthread_create");
	do {
		id = __atomic_load_n(&sender->send.id, __ATOMIC_RELAXED);
	} while (!id && now_ns() < deadline);
	return id;
}

TEST_F(cancel, cancel_by_id_wakes_a_send)
{
	struct sender sender;
	__u64 id = start_sender(&sender, self->fd);

	ASSERT_NE(0, id);
	EXPECT_EQ(1, echo_cancel(self->fd, 0, id));
	pthread_join(sender.thread, NULL);
	EXPECT_EQ(0, sender.result);
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, waiting_record.c.status);
	EXPECT_EQ(id, waiting_record.c.id);
	EXPECT_EQ(0, reap_now(self->fd, &record));
}

TEST_F(cancel, cancel_all_wakes_a_send)
{
	struct sender sender;
	__u64 id = start_sender(&sender, self->fd);

	ASSERT_NE(0, id);
	EXPECT_EQ(1, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	pthread_join(sender.thread, NULL);
	EXPECT_EQ(0, sender.result);
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, waiting_record.c.status);
}

/* Whether a thread of ours sleeps, from /proc. */
static bool sleeps(pid_t tid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		die("%s", path);
	fclose(file);
	return state == 'S';
}

TEST_F(cancel, second_waiter_of_a_send_is_ebusy)
{
	struct icmpecho_send send = send_of(&self->echo, &record);
	__u64 deadline = now_ns() + PATIENCE_NS;
	struct sender sender;

	send.id = start_sender(&sender, self->fd);
	ASSERT_NE(0, send.id);
	while (!sleeps(__atomic_load_n(&sender.tid, __ATOMIC_RELAXED)))
		ASSERT_GT(deadline, now_ns());
	EXPECT_EQ(-EBUSY, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	EXPECT_EQ(1, echo_cancel(self->fd, 0, send.id));
	pthread_join(sender.thread, NULL);
	EXPECT_EQ(0, sender.result);
}

TEST_F(cancel, send_of_another_sessions_id_is_enoent)
{
	struct icmpecho_send send = send_of(&self->echo, &record);
	int other = echo_open();
	struct sender sender;

	ASSERT_LE(0, other);
	send.id = start_sender(&sender, self->fd);
	ASSERT_NE(0, send.id);
	EXPECT_EQ(-ENOENT, echo_ioctl(other, ICMPECHO_IOC_SEND, &send));
	EXPECT_EQ(1, echo_cancel(self->fd, 0, send.id));
	pthread_join(sender.thread, NULL);
}

TEST_HARNESS_MAIN
