// SPDX-License-Identifier: GPL-2.0
/*
 * Many requests: a million in flight at once, and millions one after the other
 * from several threads. Each completes exactly once, and nothing is left behind.
 *
 * ICMPECHO_TEST_ECHOES in the environment says how many echoes go between two
 * namespaces; ten million take 5 minutes under emulation.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "icmpecho_test.h"
#include "netns.h"
#include "parameter.h"

/* Nobody answers: what is sent to a dummy device is gone. */
FIXTURE(silence)
{
	unsigned long max_requests;
	unsigned long max_user_bytes;
	unsigned int n;
	unsigned char *ends;		/* of each request, by user_data */
	int fd;
};

FIXTURE_SETUP(silence)
{
	netns_alone();
	ip_batch("link add dummy0 type dummy\n");
	link_up("dummy0", "203.0.113.1");
	link_add_neighbour("dummy0", "203.0.113.2", "02:00:00:00:00:02");
	link_add_route("10.0.0.0/8", "203.0.113.2");

	self->n = scaled(1000000, 20000);
	self->max_requests = read_parameter(MAX_REQUESTS);
	self->max_user_bytes = read_parameter(MAX_USER_BYTES);
	write_parameter(MAX_REQUESTS, self->n);
	write_parameter(MAX_USER_BYTES, self->n * 256UL);
	self->ends = mmap(NULL, self->n, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->ends);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(silence)
{
	write_parameter(MAX_REQUESTS, self->max_requests);
	write_parameter(MAX_USER_BYTES, self->max_user_bytes);
	close(self->fd);
}

#define BLOCK	1000

static void submit_all(struct __test_metadata *_metadata, FIXTURE_DATA(silence) *self)
{
	static struct icmpecho_echo echoes[BLOCK];
	__be32 dst;
	unsigned int i, k;

	for (i = 0; i < self->n; i += BLOCK) {
		for (k = 0; k < BLOCK; k++) {
			echoes[k] = echo_to("10.0.0.0");
			dst = htonl((10 << 24) + i + k);
			memcpy(echoes[k].dst, &dst, sizeof(dst));
			echoes[k].timeout_ns = NEVER_NS;
			echoes[k].user_data = i + k;
		}
		ASSERT_EQ(BLOCK, echo_submit(self->fd, echoes, BLOCK));
	}
}

static void reap_all_cancelled(struct __test_metadata *_metadata,
			       FIXTURE_DATA(silence) *self)
{
	static struct icmpecho_completion records[BLOCK];
	unsigned int left;
	int n, i;

	for (left = self->n; left; left -= n) {
		n = echo_reap(self->fd, records, sizeof(records), 1, BLOCK,
			      now_ns() + PATIENCE_NS);
		ASSERT_LT(0, n);
		for (i = 0; i < n; i++) {
			ASSERT_EQ(ICMPECHO_STATUS_CANCELLED, records[i].status);
			ASSERT_GT(self->n, records[i].user_data);
			ASSERT_EQ(0, self->ends[records[i].user_data]++);
		}
	}
	EXPECT_EQ(0, echo_reap(self->fd, records, sizeof(records), 0, BLOCK, 0));
}

static long slab_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "Slab: %ld", &kib);
	if (!file || kib < 0)
		die("/proc/meminfo");
	fclose(file);
	return kib;
}

TEST_F_TIMEOUT(silence, all_in_flight_complete_once_and_leave_nothing, 600)
{
	long before, peak, after = 0, taken;
	int ms;

	before = slab_kib();
	submit_all(_metadata, self);
	EXPECT_EQ(self->n, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_LT(0, echo_used_bytes(self->fd));
	peak = slab_kib();
	taken = self->n / 4;	/* 256 bytes each, in KiB */
	EXPECT_LE(taken * 9 / 10, peak - before);

	EXPECT_EQ(self->n, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	reap_all_cancelled(_metadata, self);
	EXPECT_EQ(0, echo_fdinfo(self->fd, "in_flight"));
	EXPECT_EQ(0, echo_used_bytes(self->fd));
	/* A debugging allocator keeps what is freed in quarantine for a while. */
	for (ms = 0; ms < 5000; ms++) {
		after = slab_kib();
		if (after - before < taken / 5)
			break;
		usleep(1000);
	}
	if (self->n == 1000000)
		EXPECT_GT(taken / 5, after - before);
}

/* Below what the other kernel's ICMP answers without losing any */
#define WINDOW	32
#define THREADS	4
#define BATCH	16

struct submitter {
	struct flood *flood;
	pthread_t thread;
	unsigned int first;
	unsigned int n;
	atomic_uint in_flight;
};

/* One file, and threads that submit their own and reap each other's. */
struct flood {
	int fd;
	unsigned int n;
	unsigned char *ends;
	struct submitter submitters[THREADS];
	atomic_uint wrong;	/* not a reply, or of no request */
	atomic_int err;
};

static void note_end(struct flood *flood, const struct icmpecho_completion *c)
{
	if (c->status != ICMPECHO_STATUS_SUCCESS || c->user_data >= flood->n) {
		flood->wrong++;
		return;
	}
	flood->ends[c->user_data]++;
	flood->submitters[c->user_data / (flood->n / THREADS)].in_flight--;
}

static void reap_some(struct flood *flood, bool wait)
{
	struct icmpecho_completion records[2 * BATCH];
	int n, i;

	/* What it waits for may be reaped by another, so not for long. */
	n = echo_reap(flood->fd, records, sizeof(records), wait, 2 * BATCH,
		      now_ns() + 10 * NS_PER_MS);
	if (n < 0)
		flood->err = n;
	for (i = 0; i < n; i++)
		note_end(flood, &records[i]);
}

/* From number @from on; returns how many. */
static unsigned int submit_some(struct submitter *s, unsigned int from)
{
	struct icmpecho_echo echoes[BATCH];
	unsigned int i, n = s->first + s->n - from;
	int ret;

	if (n > BATCH)
		n = BATCH;
	for (i = 0; i < n; i++) {
		echoes[i] = echo_to(FAR);
		echoes[i].timeout_ns = 60 * NS_PER_S;
		echoes[i].user_data = from + i;
	}
	s->in_flight += n;
	ret = echo_submit(s->flood->fd, echoes, n);
	if (ret < 0 && ret != -ENOBUFS && ret != -EAGAIN)
		s->flood->err = ret;
	if (ret < 0)
		ret = 0;
	s->in_flight -= n - ret;
	return ret;
}

static void *submit_and_reap(void *arg)
{
	struct submitter *s = arg;
	struct flood *flood = s->flood;
	unsigned int next = s->first, end = s->first + s->n;

	while ((next < end || s->in_flight) && !flood->err && !flood->wrong) {
		if (next < end && s->in_flight <= WINDOW - BATCH)
			next += submit_some(s, next);
		reap_some(flood, s->in_flight);
	}
	return NULL;
}

static unsigned int how_many(void)
{
	const char *text = getenv("ICMPECHO_TEST_ECHOES");

	return (text ? atoi(text) : scaled(100000, 4000)) / THREADS * THREADS;
}

FIXTURE(path)
{
	struct flood flood;
};

FIXTURE_SETUP(path)
{
	struct flood *flood = &self->flood;

	netns_path();
	flood->n = how_many();
	flood->fd = echo_open();
	ASSERT_LE(0, flood->fd);
	flood->ends = mmap(NULL, flood->n, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, flood->ends);
}

FIXTURE_TEARDOWN(path)
{
	close(self->flood.fd);
}

TEST_F_TIMEOUT(path, answers_four_threads_with_nothing_lost_or_doubled, 7200)
{
	struct flood *flood = &self->flood;
	unsigned int i, bad = 0;

	for (i = 0; i < THREADS; i++) {
		struct submitter *s = &flood->submitters[i];

		s->flood = flood;
		s->n = flood->n / THREADS;
		s->first = i * s->n;
		ASSERT_EQ(0, pthread_create(&s->thread, NULL, submit_and_reap, s));
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(flood->submitters[i].thread, NULL);
	EXPECT_EQ(0, flood->err);
	EXPECT_EQ(0, flood->wrong);
	for (i = 0; i < flood->n; i++)
		bad += flood->ends[i] != 1;
	EXPECT_EQ(0, bad) TH_LOG("of %u", flood->n);
	EXPECT_EQ(flood->n, echo_fdinfo(flood->fd, "replies"));
	EXPECT_EQ(0, echo_used_bytes(flood->fd));
}

TEST_HARNESS_MAIN
