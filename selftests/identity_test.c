// SPDX-License-Identifier: GPL-2.0
/*
 * Identifier and sequence number on the wire. Who cannot see our packets must
 * not be able to guess them, or anybody could answer for anybody; a late reply
 * must not meet a later request that looks the same; and connection tracking
 * and load balancers, which go by the identifier, must see one flow for each
 * destination.
 */
#include "kselftest_harness.h"

#include "icmpecho_test.h"
#include "netns.h"
#include "wire.h"

static struct packet packet;
static unsigned char buffer[1 << 20];

struct identity {
	__u16 ident;
	__u16 seq;
};

FIXTURE(identity)
{
	struct pair pair;
	int wire;
	int fd;
};

FIXTURE_SETUP(identity)
{
	self->pair = netns_pair();
	self->wire = wire_open(self->pair.world, "world0");
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(identity)
{
	close(self->fd);
}

/* End all requests in flight, so that there is room for more. */
static void clear_session(int fd)
{
	echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0);
	while (echo_reap(fd, buffer, sizeof(buffer), 0, 10000, 0) > 0)
		;
}

/* Send n requests to @dst and note how they look on the wire. */
static void observe(struct __test_metadata *_metadata, int fd, int wire,
		    const char *dst, struct identity *seen, unsigned int n)
{
	struct icmpecho_echo echo = echo_to(dst);
	unsigned int i;

	echo.timeout_ns = NEVER_NS;
	for (i = 0; i < n; i++) {
		ASSERT_EQ(1, echo_submit(fd, &echo, 1));
		wire_request(wire, &packet);
		seen[i].ident = ntohs(packet_icmp(&packet)->un.echo.id);
		seen[i].seq = ntohs(packet_icmp(&packet)->un.echo.sequence);
		if (i % 4096 == 4095)
			clear_session(fd);
	}
	clear_session(fd);
}

TEST_F(identity, destination_sees_one_identifier)
{
	static struct identity seen[1000];
	unsigned int i, others = 0;

	observe(_metadata, self->fd, self->wire, BEYOND, seen, 1000);
	for (i = 1; i < 1000; i++)
		others += seen[i].ident != seen[0].ident;
	EXPECT_EQ(0, others);
	EXPECT_NE(0, seen[0].ident);
}

TEST_F(identity, sessions_share_the_identifier_of_a_destination)
{
	struct identity first, second;
	int other = echo_open();

	ASSERT_LE(0, other);
	observe(_metadata, self->fd, self->wire, BEYOND, &first, 1);
	observe(_metadata, other, self->wire, BEYOND, &second, 1);
	EXPECT_EQ(first.ident, second.ident);
	EXPECT_NE(first.seq, second.seq);
}

/* Bounds that chance passes by once in more than 10^9 runs. */
static void expect_unpredictable(struct __test_metadata *_metadata,
				 const struct identity *seen)
{
	unsigned int i, worst = 0, rising = 0, odd = 0;
	unsigned int steps[65536] = {};

	for (i = 1; i < 4096; i++) {
		__u16 step = seen[i].seq - seen[i - 1].seq;

		if (++steps[step] > worst)
			worst = steps[step];
		rising += seen[i].seq > seen[i - 1].seq;
		odd += seen[i].seq & 1;
	}
	EXPECT_GT(12, worst);	/* no step is usual */
	EXPECT_LT(4096 / 2 - 250, rising);
	EXPECT_GT(4096 / 2 + 250, rising);
	EXPECT_LT(4096 / 2 - 250, odd);
	EXPECT_GT(4096 / 2 + 250, odd);
}

/* Each destination has a key of its own, and a permutation may have bad ones. */
TEST_F_TIMEOUT(identity, sequence_numbers_are_not_predictable_from_the_last, 300)
{
	static struct identity seen[4096];
	unsigned int n = scaled(16, 1), i;
	char dst[32];

	for (i = 0; i < n; i++) {
		snprintf(dst, sizeof(dst), "203.0.113.%u", i + 1);
		observe(_metadata, self->fd, self->wire, dst, seen, 4096);
		expect_unpredictable(_metadata, seen);
	}
}

TEST_F(identity, destinations_see_unrelated_identifiers)
{
	static struct identity seen[64];
	unsigned int i, j, equal = 0, close_by = 0;
	char dst[32];

	for (i = 0; i < 64; i++) {
		snprintf(dst, sizeof(dst), "203.0.113.%u", i + 1);
		observe(_metadata, self->fd, self->wire, dst, &seen[i], 1);
	}
	for (i = 0; i < 64; i++)
		for (j = 0; j < i; j++)
			equal += seen[i].ident == seen[j].ident;
	for (i = 1; i < 64; i++) {
		__u16 step = seen[i].ident - seen[i - 1].ident;

		close_by += step < 256 || step > 65536 - 256;
	}
	EXPECT_GT(5, equal);
	EXPECT_GT(10, close_by);
}

/* A destination that sees its own sequence learns nothing about another's. */
TEST_F(identity, destinations_see_unrelated_sequences)
{
	static struct identity first[256], second[256];
	unsigned int i, same_step = 0;

	for (i = 0; i < 256; i++) {
		observe(_metadata, self->fd, self->wire, BEYOND, &first[i], 1);
		observe(_metadata, self->fd, self->wire, WORLD, &second[i], 1);
	}
	for (i = 1; i < 256; i++)
		same_step += (__u16)(first[i].seq - second[i].seq) ==
			     (__u16)(first[i - 1].seq - second[i - 1].seq);
	EXPECT_GT(8, same_step);
}

/* The secret is the namespace's: another one tells nothing about it. */
TEST_F(identity, namespaces_use_unrelated_identities)
{
	static struct identity here[8], there[8];
	struct pair other;
	unsigned int i, equal = 0;
	char dst[32];
	int wire, fd;

	other = netns_pair();
	wire = wire_open(other.world, "world0");
	fd = echo_open();
	ASSERT_LE(0, fd);
	for (i = 0; i < 8; i++) {
		snprintf(dst, sizeof(dst), "203.0.113.%u", i + 1);
		observe(_metadata, self->fd, self->wire, dst, &here[i], 1);
		observe(_metadata, fd, wire, dst, &there[i], 1);
		equal += here[i].ident == there[i].ident;
	}
	EXPECT_GT(3, equal);
}

/* So that replies, however late, do not meet another request. */
TEST_F_TIMEOUT(identity, no_identity_comes_again_within_65536_requests, 300)
{
	static struct identity seen[65536];
	static unsigned char used[65536];
	unsigned int n = scaled(65536, 4096), i, again = 0;

	observe(_metadata, self->fd, self->wire, BEYOND, seen, n);
	for (i = 0; i < n; i++)
		if (seen[i].ident == seen[0].ident)
			again += used[seen[i].seq]++ > 0;
	EXPECT_EQ(0, again);
}

/*
 * More requests in flight to one destination than there are sequence numbers
 * (on a debugging kernel, only many): none may take over the identity of
 * another. Two sessions, because one may not hold so many.
 */
#define CROWD_BATCH	500
#define CROWD_BATCHES	67	/* of each session */
#define CROWD		(2 * CROWD_BATCHES * CROWD_BATCH)

static int compare_identities(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct identity));
}

static void crowd(struct __test_metadata *_metadata, int fd, int wire,
		  struct identity *seen, unsigned int n)
{
	static struct icmpecho_echo echoes[CROWD_BATCH];
	unsigned int i;

	for (i = 0; i < CROWD_BATCH; i++) {
		echoes[i] = echo_to(BEYOND);
		echoes[i].timeout_ns = NEVER_NS;
	}
	for (i = 0; i < n; i++) {
		if (i % CROWD_BATCH == 0)
			ASSERT_EQ(CROWD_BATCH, echo_submit(fd, echoes, CROWD_BATCH));
		wire_request(wire, &packet);
		seen[i].ident = packet_icmp(&packet)->un.echo.id;
		seen[i].seq = packet_icmp(&packet)->un.echo.sequence;
	}
}

TEST_F_TIMEOUT(identity, crowded_destination_does_not_share_identities, 300)
{
	static struct identity seen[CROWD];
	unsigned int half = scaled(CROWD_BATCHES, 4) * CROWD_BATCH;
	unsigned int i, shared = 0;
	int other = echo_open();

	ASSERT_LE(0, other);
	crowd(_metadata, self->fd, self->wire, seen, half);
	crowd(_metadata, other, self->wire, seen + half, half);
	qsort(seen, 2 * half, sizeof(seen[0]), compare_identities);
	for (i = 1; i < 2 * half; i++)
		shared += !compare_identities(&seen[i], &seen[i - 1]);
	EXPECT_EQ(0, shared);
	EXPECT_EQ(half, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(half, echo_cancel(other, ICMPECHO_CANCEL_ALL, 0));
}

TEST_HARNESS_MAIN
