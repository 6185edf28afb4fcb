// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that collect the answers of many: how answers are added, what ends
 * the collection, and how they lie in the one record that they share.
 */
#include "kselftest_harness.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "netns6.h"
#include "inject.h"
#include "poll_for.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#define GROUP "224.0.0.1"
#define HEADER sizeof(struct icmpecho_completion)

/* A record of many answers may be longer than those of the other tests. */
#define BUFFER_LEN (8 << 20)

static union {
	struct icmpecho_completion c;
	unsigned char bytes[BUFFER_LEN];
} buffer;
static struct packet request, answer;
static unsigned char payload[1024];

static int reap_many(int fd)
{
	return echo_reap(fd, &buffer, sizeof(buffer), 1, 1, now_ns() + PATIENCE_NS);
}

static int reap_many_now(int fd)
{
	return echo_reap(fd, &buffer, sizeof(buffer), 0, 1, 0);
}

/* Wait until there is one to reap. */
static void await_completion(int fd)
{
	if (!poll_for(fd, POLLIN, PATIENCE_NS / NS_PER_MS))
		die("no completion");
}

static const struct icmpecho_completion *nth_answer(unsigned int n)
{
	const struct icmpecho_completion *c = &buffer.c;

	while (n-- && c)
		c = next_answer(c);
	return c;
}

static unsigned int count_answers(void)
{
	const struct icmpecho_completion *c;
	unsigned int n = 0;

	for (c = &buffer.c; c; c = next_answer(c))
		n++;
	return n;
}

static unsigned int aligned(unsigned int len)
{
	return (len + 7) & ~7;
}

/* All that holds of any record of many answers, whatever they are */
static void expect_sound_layout(struct __test_metadata *_metadata)
{
	const struct icmpecho_completion *c;
	unsigned int len, sum = 0, i;

	for (c = &buffer.c; c; c = next_answer(c)) {
		EXPECT_EQ(HEADER, c->header_len);
		EXPECT_EQ(buffer.c.id, c->id);
		EXPECT_EQ(buffer.c.user_data, c->user_data);
		EXPECT_EQ(buffer.c.family, c->family);
		len = HEADER + aligned(c->options_len) + aligned(c->data_len);
		if (c->next)
			EXPECT_EQ(len, c->next);
		if (c != &buffer.c)
			EXPECT_EQ(len, c->record_len);
		for (i = c->data_len; i < aligned(c->data_len); i++)
			EXPECT_EQ(0, ((unsigned char *)record_data(c))[i]);
		sum += len;
	}
	EXPECT_EQ(sum, buffer.c.record_len);
}

/* The world plays all hosts that answer. */
FIXTURE(collection)
{
	struct pair pair;
	int fd;
	int injector;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(collection)
{
	fill_payload(payload, sizeof(payload));
	self->pair = netns_pair();
	self->injector = injector_open(self->pair.world, "world0", AF_INET);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	link_add_route_on_link("224.0.0.0/4", "near0");
	self->echo = echo_with(GROUP, payload, 20);
	self->echo.user_data = 0xfeedfacecafebeefULL;
	self->echo.timeout_ns = NEVER_NS;
	self->echo.max_replies = 3;
}

FIXTURE_TEARDOWN(collection)
{
	close(self->fd);
}

static void submit_and_capture(struct __test_metadata *_metadata,
			       FIXTURE_DATA(collection) *self)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	injector_request(self->injector, &request);
}

/* Member number @i of the group */
static in_addr_t member(unsigned int i)
{
	return htonl(0xc0000264 + i);	/* 192.0.2.100 + i */
}

/* Prepare the reply of a member; its TTL tells it from others. */
static void prepare_reply(unsigned int i)
{
	packet_reply(&answer, &request);
	answer.ip.saddr = member(i);
	answer.ip.ttl = 100 + i;
	packet_seal(&answer);
}

static void reply_from(int injector, unsigned int i)
{
	prepare_reply(i);
	injector_send(injector, &answer);
}

/* Wait until @n replies have arrived; sending one does not wait for that. */
static void await_replies(unsigned int n)
{
	__u64 deadline = now_ns() + PATIENCE_NS;

	while (netns_counter("Icmp", "InEchoReps") < n) {
		if (now_ns() > deadline)
			die("fewer than %u replies arrived", n);
		usleep(1000);
	}
}

/* The answers, in the order in which they came. */
static void expect_members(struct __test_metadata *_metadata, unsigned int n)
{
	const struct icmpecho_completion *c = &buffer.c;
	unsigned int i;

	EXPECT_EQ(n, count_answers());
	for (i = 0; i < n && c; i++, c = next_answer(c)) {
		EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, c->status);
		EXPECT_EQ(member(i), ipv4(c->from));
		EXPECT_EQ(100 + i, c->ttl);
		EXPECT_LT(0, c->rtt_ns);
		EXPECT_LT(0, c->received_ns);
		EXPECT_EQ(if_nametoindex("near0"), c->ifindex);
		EXPECT_EQ(20, c->wire_len);
		ASSERT_EQ(20, c->data_len);
		EXPECT_EQ(0, memcmp(payload, record_data(c), 20));
	}
	expect_sound_layout(_metadata);
}

TEST_F(collection, info_tells_of_many_replies)
{
	struct icmpecho_info info;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	EXPECT_TRUE(info.features & ICMPECHO_FEATURE_MANY_REPLIES);
}

TEST_F(collection, ends_when_its_room_is_full)
{
	unsigned int i;

	submit_and_capture(_metadata, self);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, reap_many_now(self->fd));
		reply_from(self->injector, i);
	}
	ASSERT_EQ(1, reap_many(self->fd));
	expect_members(_metadata, 3);
	EXPECT_EQ(self->echo.id, buffer.c.id);
	EXPECT_EQ(self->echo.user_data, buffer.c.user_data);
	EXPECT_EQ(0, reap_many_now(self->fd));
}

TEST_F(collection, does_not_take_what_comes_when_it_is_full)
{
	unsigned int i;

	submit_and_capture(_metadata, self);
	for (i = 0; i < 5; i++)
		reply_from(self->injector, i);
	ASSERT_EQ(1, reap_many(self->fd));
	expect_members(_metadata, 3);
	EXPECT_EQ(0, reap_many_now(self->fd));
}

TEST_F(collection, ends_at_its_timeout_with_what_came)
{
	__u64 before = now_ns();

	/* Both replies come before, however slow the machine. */
	self->echo.timeout_ns = scaled(3, 10) * NS_PER_S;
	self->echo.max_replies = 100;
	submit_and_capture(_metadata, self);
	reply_from(self->injector, 0);
	reply_from(self->injector, 1);
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_LE(self->echo.timeout_ns, now_ns() - before);
	expect_members(_metadata, 2);
	EXPECT_EQ(1, echo_fdinfo(self->fd, "replies"));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "timeouts"));
}

TEST_F(collection, of_nothing_times_out)
{
	self->echo.timeout_ns = 100 * NS_PER_MS;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, buffer.c.status);
	EXPECT_EQ(HEADER, buffer.c.record_len);
	EXPECT_EQ(0, buffer.c.next);
	EXPECT_EQ(0, ipv4(buffer.c.from));
	EXPECT_EQ(1, echo_fdinfo(self->fd, "timeouts"));
}

TEST_F(collection, of_max_replies_1_ends_at_the_first)
{
	self->echo.max_replies = 1;
	submit_and_capture(_metadata, self);
	reply_from(self->injector, 0);
	reply_from(self->injector, 1);
	ASSERT_EQ(1, reap_many(self->fd));
	expect_members(_metadata, 1);
}

/* Whoever answers twice, is there twice: the caller may want to know. */
TEST_F(collection, counts_duplicates)
{
	submit_and_capture(_metadata, self);
	reply_from(self->injector, 0);
	reply_from(self->injector, 0);
	reply_from(self->injector, 1);
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_EQ(3, count_answers());
	EXPECT_EQ(member(0), ipv4(nth_answer(0)->from));
	EXPECT_EQ(member(0), ipv4(nth_answer(1)->from));
	EXPECT_EQ(member(1), ipv4(nth_answer(2)->from));
}

TEST_F(collection, counts_errors)
{
	submit_and_capture(_metadata, self);
	packet_error(&answer, &request, "203.0.113.1", ICMP_DEST_UNREACH, 1);
	injector_send(self->injector, &answer);
	reply_from(self->injector, 0);
	packet_error(&answer, &request, "203.0.113.2", ICMP_PARAMETERPROB, 0);
	packet_icmp(&answer)->un.gateway = htonl(21U << 24);
	packet_seal(&answer);
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_many(self->fd));
	ASSERT_EQ(3, count_answers());
	EXPECT_EQ(ICMPECHO_STATUS_DEST_HOST_UNREACHABLE, nth_answer(0)->status);
	EXPECT_EQ(inet_addr("203.0.113.1"), ipv4(nth_answer(0)->from));
	EXPECT_EQ(0, nth_answer(0)->data_len);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, nth_answer(1)->status);
	EXPECT_EQ(20, nth_answer(1)->data_len);
	EXPECT_EQ(ICMPECHO_STATUS_PARAMETER_PROBLEM, nth_answer(2)->status);
	EXPECT_EQ(21, nth_answer(2)->info);
	expect_sound_layout(_metadata);
}

TEST_F(collection, of_a_host_takes_only_its_own_answers)
{
	self->echo = echo_with(BEYOND, payload, 20);
	self->echo.max_replies = 2;
	submit_and_capture(_metadata, self);
	reply_from(self->injector, 0);
	packet_reply(&answer, &request);
	injector_send(self->injector, &answer);
	injector_send(self->injector, &answer);
	ASSERT_EQ(1, reap_many(self->fd));
	ASSERT_EQ(2, count_answers());
	EXPECT_EQ(inet_addr(BEYOND), ipv4(nth_answer(0)->from));
	EXPECT_EQ(inet_addr(BEYOND), ipv4(nth_answer(1)->from));
}

TEST_F(collection, takes_nothing_with_a_bad_checksum)
{
	submit_and_capture(_metadata, self);
	prepare_reply(0);
	packet_icmp(&answer)->checksum ^= htons(0x100);
	injector_send(self->injector, &answer);
	reply_from(self->injector, 0);
	reply_from(self->injector, 1);
	reply_from(self->injector, 2);
	ASSERT_EQ(1, reap_many(self->fd));
	expect_members(_metadata, 3);
}

/* Answers of all lengths lie one behind the other, each cut by itself. */
TEST_F(collection, keeps_each_answer_up_to_capacity)
{
	static const unsigned int lens[] = { 0, 1, 7, 8, 9, 33, 34, 300 };
	unsigned int i;

	self->echo.reply_capacity = 33;
	self->echo.max_replies = 8;
	submit_and_capture(_metadata, self);
	memset(&buffer, 0xa5, sizeof(buffer));
	for (i = 0; i < 8; i++) {
		prepare_reply(i);
		answer.len = 28;
		packet_append(&answer, payload, lens[i]);
		packet_seal(&answer);
		injector_send(self->injector, &answer);
	}
	ASSERT_EQ(1, reap_many(self->fd));
	ASSERT_EQ(8, count_answers());
	for (i = 0; i < 8; i++) {
		const struct icmpecho_completion *c = nth_answer(i);
		unsigned int len = lens[i] < 33 ? lens[i] : 33;

		EXPECT_EQ(member(i), ipv4(c->from));
		EXPECT_EQ(lens[i], c->wire_len);
		EXPECT_EQ(lens[i] > 33 ? ICMPECHO_TRUNCATED : 0, c->flags);
		ASSERT_EQ(len, c->data_len);
		EXPECT_EQ(0, memcmp(payload, record_data(c), len));
	}
	expect_sound_layout(_metadata);
	EXPECT_EQ(0xa5, buffer.bytes[buffer.c.record_len]);
}

TEST_F(collection, keeps_the_options_of_each_answer)
{
	static const unsigned char options[40] = { [0 ... 39] = 1 };
	unsigned int i;

	self->echo.options = u64_ptr(options);
	self->echo.options_len = 4;
	submit_and_capture(_metadata, self);
	for (i = 0; i < 3; i++) {
		unsigned int len = 20 * i;

		prepare_reply(i);
		memmove(answer.bytes + 20 + len, answer.bytes + 20, answer.len - 20);
		memcpy(answer.bytes + 20, options, len);
		answer.len += len;
		answer.ip.ihl += len / 4;
		packet_seal(&answer);
		injector_send(self->injector, &answer);
	}
	ASSERT_EQ(1, reap_many(self->fd));
	ASSERT_EQ(3, count_answers());
	for (i = 0; i < 3; i++) {
		const struct icmpecho_completion *c = nth_answer(i);

		EXPECT_EQ(20 * i, c->options_len);
		EXPECT_EQ(0, memcmp(options, record_options(c), 20 * i));
		EXPECT_EQ(0, memcmp(payload, record_data(c), 20));
	}
	expect_sound_layout(_metadata);
}

TEST_F(collection, can_be_of_most_answers_without_data)
{
	unsigned int i;

	self->echo.reply_capacity = 0;
	self->echo.max_replies = 65535;
	submit_and_capture(_metadata, self);
	for (i = 0; i < 1000; i++)
		reply_from(self->injector, i % 100);
	await_replies(1000);
	ASSERT_EQ(1, echo_cancel(self->fd, 0, self->echo.id));
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_EQ(1000, count_answers());
	expect_sound_layout(_metadata);
}

TEST_F(collection, is_one_completion_to_poll_and_eventfd)
{
	int event = eventfd(0, EFD_NONBLOCK);
	eventfd_t count = 0;

	self->echo.flags = ICMPECHO_EVENTFD;
	self->echo.eventfd = event;
	submit_and_capture(_metadata, self);
	reply_from(self->injector, 0);
	reply_from(self->injector, 1);
	EXPECT_EQ(0, poll_for(self->fd, POLLIN, 0));
	EXPECT_EQ(-1, eventfd_read(event, &count));
	reply_from(self->injector, 2);
	EXPECT_EQ(POLLIN, poll_for(self->fd, POLLIN, PATIENCE_NS / NS_PER_MS));
	EXPECT_EQ(0, eventfd_read(event, &count));
	EXPECT_EQ(1, count);
}

TEST_F(collection, ends_when_cancelled_with_what_came)
{
	submit_and_capture(_metadata, self);
	reply_from(self->injector, 0);
	reply_from(self->injector, 1);
	await_replies(2);
	EXPECT_EQ(1, echo_cancel(self->fd, 0, self->echo.id));
	ASSERT_EQ(1, reap_many(self->fd));
	expect_members(_metadata, 2);
	EXPECT_EQ(-ENOENT, echo_cancel(self->fd, 0, self->echo.id));
}

TEST_F(collection, of_nothing_that_is_cancelled_says_so)
{
	submit_and_capture(_metadata, self);
	EXPECT_EQ(1, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_EQ(ICMPECHO_STATUS_CANCELLED, buffer.c.status);
	EXPECT_EQ(0, buffer.c.next);
}

TEST_F(collection, that_cannot_be_sent_fails_once)
{
	self->echo = echo_to(BEYOND);
	self->echo.max_replies = 10;
	link_add_route_of_type(BEYOND, RTN_UNREACHABLE);
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_EQ(ICMPECHO_STATUS_DEST_HOST_UNREACHABLE, buffer.c.status);
	EXPECT_EQ(ICMPECHO_LOCAL, buffer.c.flags);
	EXPECT_EQ(EHOSTUNREACH, buffer.c.error);
	EXPECT_EQ(0, buffer.c.next);
	EXPECT_EQ(0, reap_many_now(self->fd));
}

/*
 * Another CPU receives. On the CPU that sends, old kernels (5.10) let ksoftirqd receive what
 * a task sends to its own group, which is after the sending.
 */
static void receive_on_another_cpu(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	stay_on(0);
	/* /sys shows the devices of the namespace in which it was mounted. */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL))
		die("/sys");
	write_file("/sys/class/net/near0/queues/rx-0/rps_cpus", "2");
}

/*
 * One packet to the group may leave, ours to ourselves. The next is dropped, after a walk of
 * 2^13 rules, in which the first is answered.
 */
static void let_one_out(void)
{
	char rules[4096];
	int i, len = 0;

	len += sprintf(rules + len, "table ip t\ndelete table ip t\nadd table ip t\n");
	for (i = 13; i >= 0; i--) {
		len += sprintf(rules + len, "add chain ip t d%d\n", i);
		if (i < 13)
			len += sprintf(rules + len, "add rule ip t d%d jump d%d\n"
				       "add rule ip t d%d jump d%d\n", i, i + 1, i, i + 1);
	}
	sprintf(rules + len,
		"add chain ip t c { type filter hook postrouting priority 0; }\n"
		"add rule ip t c ip daddr " GROUP " limit rate 1/hour burst 1 packets accept\n"
		"add rule ip t c ip daddr " GROUP " jump d0\n"
		"add rule ip t c ip daddr " GROUP " drop\n");
	nft(rules);
}

/*
 * We are a member, too, and get the request before it fails to leave: what
 * came stays an answer. (A busy softirq may answer too late for that.)
 */
TEST_F(collection, that_we_answer_before_sending_fails_keeps_our_answer)
{
	int tries = 20;

	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	receive_on_another_cpu();
	self->echo.timeout_ns = 100 * NS_PER_MS;
	do {
		let_one_out();
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
		ASSERT_EQ(1, reap_many(self->fd));
	} while (buffer.c.error == EPERM && --tries);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, buffer.c.status);
	EXPECT_EQ(inet_addr(NEAR), ipv4(buffer.c.from));
	EXPECT_EQ(0, buffer.c.flags);
	EXPECT_EQ(0, buffer.c.error);
	EXPECT_EQ(0, buffer.c.next);
}

/* Faults and short buffers lose nothing, and nothing is there twice. */
TEST_F(collection, stays_in_the_session_until_the_buffer_has_room_for_all)
{
	unsigned int len = 3 * (HEADER + aligned(20)), i;

	submit_and_capture(_metadata, self);
	for (i = 0; i < 3; i++)
		reply_from(self->injector, i);
	await_completion(self->fd);
	for (i = 0; i < len; i += 8) {
		ASSERT_EQ(-ENOSPC, echo_reap(self->fd, &buffer, i, 1, 1, 0))
			TH_LOG("%u bytes", i);
	}
	memset(&buffer, 0xa5, sizeof(buffer));
	ASSERT_EQ(1, echo_reap(self->fd, &buffer, len, 1, 1, 0));
	expect_members(_metadata, 3);
	EXPECT_EQ(0, reap_many_now(self->fd));
}

TEST_F(collection, stays_in_the_session_if_the_buffer_faults_anywhere)
{
	unsigned int len = 3 * (HEADER + aligned(20)), i;
	long page = sysconf(_SC_PAGESIZE);
	unsigned char *p;

	p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, mprotect(p + page, page, PROT_NONE));
	submit_and_capture(_metadata, self);
	for (i = 0; i < 3; i++)
		reply_from(self->injector, i);
	await_completion(self->fd);
	for (i = 0; i < len; i++) {
		ASSERT_EQ(-EFAULT, echo_reap(self->fd, p + page - i, len, 1, 1, 0))
			TH_LOG("%u bytes mapped", i);
	}
	ASSERT_EQ(1, reap_many(self->fd));
	expect_members(_metadata, 3);
}

/* A reaper that knows a longer header gets it in front of each answer. */
TEST_F(collection, has_headers_of_the_size_that_the_caller_asks_for)
{
	struct icmpecho_reap reap = {
		.size = sizeof(reap),
		.min = 1,
		.max = 1,
		.buffer_len = sizeof(buffer),
		.buffer = u64_ptr(&buffer),
		.deadline_ns = ICMPECHO_FOREVER,
		.completion_size = HEADER + 16,
	};
	const struct icmpecho_completion *c = &buffer.c;
	static const unsigned char zeros[16];
	unsigned int i;

	submit_and_capture(_metadata, self);
	memset(&buffer, 0xa5, sizeof(buffer));
	for (i = 0; i < 3; i++)
		reply_from(self->injector, i);
	ASSERT_EQ(1, echo_ioctl(self->fd, ICMPECHO_IOC_REAP, &reap));
	EXPECT_EQ(3 * (HEADER + 16 + 24), c->record_len);
	for (i = 0; i < 3; i++, c = next_answer(c)) {
		ASSERT_NE(NULL, c);
		EXPECT_EQ(HEADER + 16, c->header_len);
		EXPECT_EQ(i < 2 ? HEADER + 16 + 24 : 0, c->next);
		EXPECT_EQ(0, memcmp(zeros, c + 1, 16));
		EXPECT_EQ(member(i), ipv4(c->from));
		EXPECT_EQ(0, memcmp(payload, record_data(c), 20));
	}
}

/* SEND waits for all, in a thread: the world is played by this one. */
struct sender {
	pthread_t thread;
	int fd;
	struct icmpecho_echo *echo;
	__u32 buffer_len;
	int ret;
};

static void *send_many(void *arg)
{
	struct sender *sender = arg;
	struct icmpecho_send send = send_of(sender->echo, (void *)&buffer);

	send.buffer_len = sender->buffer_len;
	sender->ret = echo_ioctl(sender->fd, ICMPECHO_IOC_SEND, &send);
	return NULL;
}

static void start_send(struct __test_metadata *_metadata,
		       FIXTURE_DATA(collection) *self, struct sender *sender)
{
	sender->fd = self->fd;
	sender->echo = &self->echo;
	sender->buffer_len = 3 * (HEADER + aligned(20));
	ASSERT_EQ(0, pthread_create(&sender->thread, NULL, send_many, sender));
	injector_request(self->injector, &request);
}

TEST_F(collection, by_send_ends_when_its_room_is_full)
{
	struct sender sender;
	unsigned int i;

	start_send(_metadata, self, &sender);
	for (i = 0; i < 3; i++)
		reply_from(self->injector, i);
	pthread_join(sender.thread, NULL);
	ASSERT_EQ(0, sender.ret);
	expect_members(_metadata, 3);
	EXPECT_EQ(0, reap_many_now(self->fd));
}

TEST_F(collection, by_send_ends_at_its_timeout_with_what_came)
{
	struct sender sender;

	self->echo.timeout_ns = NS_PER_S;
	start_send(_metadata, self, &sender);
	reply_from(self->injector, 0);
	reply_from(self->injector, 1);
	pthread_join(sender.thread, NULL);
	ASSERT_EQ(0, sender.ret);
	expect_members(_metadata, 2);
}

TEST_F(collection, by_send_ends_when_cancelled_with_what_came)
{
	struct sender sender;

	start_send(_metadata, self, &sender);
	reply_from(self->injector, 0);
	await_replies(1);
	EXPECT_EQ(1, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	pthread_join(sender.thread, NULL);
	ASSERT_EQ(0, sender.ret);
	expect_members(_metadata, 1);
}

TEST_F(collection, by_send_needs_a_buffer_for_all_answers_with_their_options)
{
	static const unsigned char nops[4] = { 1, 1, 1, 1 };
	struct icmpecho_send send = send_of(&self->echo, (void *)&buffer);

	send.buffer_len = 3 * (HEADER + aligned(20)) - 1;
	EXPECT_EQ(-ENOSPC, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	self->echo.options = u64_ptr(nops);
	self->echo.options_len = sizeof(nops);
	send.buffer_len = 3 * (HEADER + 40 + aligned(20)) - 1;
	EXPECT_EQ(-ENOSPC, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	EXPECT_FALSE(injector_next(self->injector, &request, 0));
	self->echo.timeout_ns = NS_PER_MS;
	send.buffer_len++;
	EXPECT_EQ(0, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
}

/* No product of 32-bit numbers may overflow into something small. */
TEST_F(collection, of_most_answers_by_send_needs_a_buffer_for_them)
{
	struct icmpecho_send send = send_of(&self->echo, (void *)&buffer);

	self->echo.reply_capacity = 65535;
	self->echo.max_replies = 65535;
	send.buffer_len = sizeof(buffer);
	EXPECT_EQ(-ENOSPC, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
	send.completion_size = 4096;
	EXPECT_EQ(-ENOSPC, echo_ioctl(self->fd, ICMPECHO_IOC_SEND, &send));
}

/* Memory: bounded for a request, charged to the user, and given back. */
FIXTURE(memory)
{
	int fd;
	struct icmpecho_echo echo;
};

FIXTURE_SETUP(memory)
{
	netns_alone();
	netns_sysctl("ipv4/icmp_echo_ignore_all", "1");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_to("127.0.0.1");
	self->echo.timeout_ns = NEVER_NS;
}

FIXTURE_TEARDOWN(memory)
{
	close(self->fd);
}

TEST_F(memory, of_1_mib_is_accepted_and_more_is_einval)
{
	static const struct {
		__u32 capacity;
		__u16 replies;
		int ret;
	} cases[] = {
		{ 1024, 1024, 1 }, { 1024, 1025, -EINVAL }, { 1025, 1024, -EINVAL },
		{ 16, 65535, 1 }, { 17, 65535, -EINVAL },
		{ 65535, 16, 1 }, { 65535, 17, -EINVAL }, { 65535, 65535, -EINVAL },
		{ 65535, 0, 1 }, { 65535, 1, 1 }, { 0, 65535, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		self->echo.reply_capacity = cases[i].capacity;
		self->echo.max_replies = cases[i].replies;
		EXPECT_EQ(cases[i].ret, echo_submit(self->fd, &self->echo, 1))
			TH_LOG("%u bytes, %u times", cases[i].capacity,
			       cases[i].replies);
		echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0);
		while (reap_many_now(self->fd) == 1)
			;
	}
	EXPECT_EQ(0, echo_used_bytes(self->fd));
}

TEST_F(memory, of_all_answers_is_charged_and_comes_back)
{
	self->echo.reply_capacity = 1000;
	self->echo.max_replies = 1000;
	EXPECT_EQ(0, echo_used_bytes(self->fd));
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	EXPECT_LE(1000 * 1000 + 1000 * 64, echo_used_bytes(self->fd));
	EXPECT_EQ(1, echo_cancel(self->fd, 0, self->echo.id));
	EXPECT_LE(1000 * 1000, echo_used_bytes(self->fd));
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_EQ(0, echo_used_bytes(self->fd));
}

TEST_F(memory, beyond_the_users_share_is_edquot)
{
	struct icmpecho_info info;
	unsigned int n = 0;
	int ret;

	ASSERT_EQ(0, echo_info(self->fd, &info));
	self->echo.max_replies = 65535;
	do {
		ret = echo_submit(self->fd, &self->echo, 1);
		n += ret == 1;
	} while (ret == 1 && n < 10000);
	EXPECT_EQ(-EDQUOT, ret);
	EXPECT_GE(info.max_user_bytes, echo_used_bytes(self->fd));
	EXPECT_EQ(n, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	while (reap_many_now(self->fd) == 1)
		;
	EXPECT_EQ(0, echo_used_bytes(self->fd));
}

/* The user's other session tells what is left of the one that is gone. */
TEST_F(memory, comes_back_when_the_session_is_closed_in_the_middle)
{
	__u64 deadline = now_ns() + PATIENCE_NS;
	int other = echo_open();

	ASSERT_LE(0, other);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	self->echo.reply_capacity = 100;
	self->echo.max_replies = 100;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	EXPECT_EQ(1, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_LE(100 * 100, echo_used_bytes(other));
	close(self->fd);
	self->fd = -1;
	while (echo_used_bytes(other) && now_ns() < deadline)
		usleep(1000);
	EXPECT_EQ(0, echo_used_bytes(other));
}

/*
 * Answers pour in while timeouts, cancels and full rooms end the collections:
 * each has one end, and never more answers than it has room for.
 */
#define FLOOD_REPLIES 4

struct flood {
	pthread_t thread;
	int injector;
	bool stop;		/* atomic */
};

/* Answer each request a few more times than it asks for. */
static void *answer_all(void *arg)
{
	static struct packet request, answer;
	struct flood *flood = arg;
	unsigned int i;

	while (!__atomic_load_n(&flood->stop, __ATOMIC_RELAXED)) {
		if (!injector_next(flood->injector, &request, 10) ||
		    packet_icmp(&request)->type != ICMP_ECHO)
			continue;
		packet_reply(&answer, &request);
		for (i = 0; i < FLOOD_REPLIES + 2; i++) {
			answer.ip.saddr = member(i);
			packet_seal(&answer);
			injector_send(flood->injector, &answer);
		}
	}
	return NULL;
}

static void stop_flood(struct flood *flood)
{
	__atomic_store_n(&flood->stop, true, __ATOMIC_RELAXED);
	pthread_join(flood->thread, NULL);
}

/* How long a collection takes that has all the time it needs */
static __u64 time_to_fill(struct __test_metadata *_metadata,
			  FIXTURE_DATA(collection) *self)
{
	__u64 before = now_ns();

	self->echo.timeout_ns = NEVER_NS;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_EQ(FLOOD_REPLIES, count_answers());
	return now_ns() - before;
}

TEST_F_TIMEOUT(collection, flooded_with_answers_at_its_end_has_one_end, 300)
{
	unsigned int i, n = scaled(20000, 20000 / 10), full = 0, empty = 0;
	struct flood flood = { .injector = self->injector };
	__u64 typical;

	self->echo.max_replies = FLOOD_REPLIES;
	ASSERT_EQ(0, pthread_create(&flood.thread, NULL, answer_all, &flood));
	typical = time_to_fill(_metadata, self);
	for (i = 0; i < n; i++) {
		self->echo.user_data = i;
		/* From too short for any answer to long enough for all */
		self->echo.timeout_ns = i % 16 * typical / 4;
		ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
		if (i % 5 == 0)
			echo_cancel(self->fd, 0, self->echo.id);
		ASSERT_EQ(1, reap_many(self->fd));
		ASSERT_EQ(i, buffer.c.user_data);
		ASSERT_GE(FLOOD_REPLIES, count_answers());
		full += count_answers() == FLOOD_REPLIES;
		empty += buffer.c.status != ICMPECHO_STATUS_SUCCESS;
		expect_sound_layout(_metadata);
	}
	stop_flood(&flood);
	EXPECT_EQ(0, reap_many_now(self->fd));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_EQ(0, echo_used_bytes(self->fd));
	/* Else it was no race. */
	EXPECT_LT(0, full);
	EXPECT_LT(0, empty);
}

TEST_F_TIMEOUT(collection, closed_while_answers_pour_in_frees_all, 300)
{
	unsigned int i, n = scaled(1000, 1000 / 10);
	struct flood flood = { .injector = self->injector };
	__u64 deadline;

	self->echo.max_replies = FLOOD_REPLIES + 10;
	ASSERT_EQ(0, pthread_create(&flood.thread, NULL, answer_all, &flood));
	for (i = 0; i < n; i++) {
		struct icmpecho_echo echoes[4] = {
			self->echo, self->echo, self->echo, self->echo
		};
		int fd = echo_open();

		ASSERT_LE(0, fd);
		ASSERT_EQ(4, echo_submit(fd, echoes, 4));
		if (i % 2)
			usleep(100);
		close(fd);
	}
	stop_flood(&flood);
	deadline = now_ns() + PATIENCE_NS;
	while (echo_used_bytes(self->fd) && now_ns() < deadline)
		usleep(1000);
	EXPECT_EQ(0, echo_used_bytes(self->fd));
}

/* Real hosts on one link */
#define CROWD 5

FIXTURE(crowd)
{
	int fd;
};

FIXTURE_SETUP(crowd)
{
	fill_payload(payload, sizeof(payload));
	netns_crowd(CROWD);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(crowd)
{
	close(self->fd);
}

/* Each host is there once, whatever the order. */
static void expect_crowd(struct __test_metadata *_metadata)
{
	const struct icmpecho_completion *c;
	unsigned int seen = 0;

	for (c = &buffer.c; c; c = next_answer(c)) {
		unsigned int i = c->from[3] - 100;

		ASSERT_EQ(ICMPECHO_STATUS_SUCCESS, c->status);
		ASSERT_GT(CROWD, i);
		EXPECT_EQ(member(i), ipv4(c->from));
		EXPECT_EQ(0, seen & 1U << i);
		seen |= 1U << i;
		EXPECT_LT(0, c->rtt_ns);
		ASSERT_EQ(56, c->data_len);
		EXPECT_EQ(0, memcmp(payload, record_data(c), 56));
	}
	EXPECT_EQ((1U << CROWD) - 1, seen);
	expect_sound_layout(_metadata);
}

TEST_F_TIMEOUT(crowd, answers_a_broadcast, 120)
{
	struct icmpecho_echo echo = echo_with("192.0.2.255", payload, 56);

	echo.max_replies = CROWD;
	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_many(self->fd));
	expect_crowd(_metadata);
}

TEST_F_TIMEOUT(crowd, answers_a_multicast, 120)
{
	struct icmpecho_echo echo = echo_with(GROUP, payload, 56);

	echo.max_replies = CROWD;
	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_many(self->fd));
	expect_crowd(_metadata);
}

TEST_F_TIMEOUT(crowd, answers_an_ipv6_group, 120)
{
	struct icmpecho_echo echo = echo_with("ff02::1", payload, 56);
	const struct icmpecho_completion *c;
	char address[INET6_ADDRSTRLEN];
	unsigned int seen = 0, i;

	netns_sysctl("ipv6/icmp/echo_ignore_multicast", "1");
	echo.scope_id = if_nametoindex("near0");
	echo.max_replies = CROWD;
	ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
	ASSERT_EQ(1, reap_many(self->fd));
	EXPECT_EQ(CROWD, count_answers());
	for (c = &buffer.c; c; c = next_answer(c)) {
		EXPECT_EQ(echo.scope_id, c->scope_id);
		for (i = 0; i < CROWD; i++) {
			snprintf(address, sizeof(address), "fe80::%u", 100 + i);
			if (!strcmp(address, ipv6(c->from)))
				seen |= 1U << i;
		}
	}
	EXPECT_EQ((1U << CROWD) - 1, seen);
	expect_sound_layout(_metadata);
}

TEST_HARNESS_MAIN
