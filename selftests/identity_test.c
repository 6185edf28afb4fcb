// SPDX-License-Identifier: GPL-2.0
/*
 * Identifier and sequence number on the wire. A host that cannot see our packets
 * must not be able to guess them, or anybody could answer for anybody; a late reply
 * must not meet a later request that looks the same, least of all another user's;
 * and connection tracking and load balancers, which go by the identifier, must see
 * one flow for each destination and user, and 65,536 requests.
 */
#include "kselftest_harness.h"

#include "icmpecho_test.h"
#include "netns6.h"
#include "inject.h"

/* Requests that are sent at once */
#define BATCH 500

static struct packet packet;
static struct record record;
static unsigned char buffer[1 << 20];

struct identity {
	__u16 ident;
	__u16 seq;
};

FIXTURE(identity)
{
	struct pair pair;
	int injector;
	int fd;
};

FIXTURE_SETUP(identity)
{
	self->pair = netns_pair();
	self->injector = injector_open(self->pair.world, "world0", AF_INET);
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

static struct identity next_identity(int injector)
{
	struct icmphdr *icmp;

	injector_request(injector, &packet);
	icmp = packet_icmp(&packet);
	return (struct identity) { ntohs(icmp->un.echo.id), ntohs(icmp->un.echo.sequence) };
}

/* Send n requests to @dst and note how they look on the wire. */
static void observe(struct __test_metadata *_metadata, int fd, int injector,
		    const char *dst, struct identity *seen, unsigned int n)
{
	struct icmpecho_echo echo = echo_to(dst);
	unsigned int i;

	echo.timeout_ns = NEVER_NS;
	for (i = 0; i < n; i++) {
		ASSERT_EQ(1, echo_submit(fd, &echo, 1));
		seen[i] = next_identity(injector);
		if (i % 4096 == 4095)
			clear_session(fd);
	}
	clear_session(fd);
}

/* A session of another user; the caller stays root in all but name. */
static int open_as(uid_t uid)
{
	int fd;

	if (setresuid(uid, 0, 0))
		die("setresuid");
	fd = echo_open();
	if (setresuid(0, 0, 0))
		die("setresuid");
	return fd;
}

/* As observe(), many at a time */
static void observe_many(struct __test_metadata *_metadata, int fd, int injector,
			 const char *dst, struct identity *seen, unsigned int n)
{
	static struct icmpecho_echo echoes[BATCH];
	unsigned int i, batch;

	for (i = 0; i < BATCH; i++) {
		echoes[i] = echo_to(dst);
		echoes[i].timeout_ns = NEVER_NS;
	}
	for (i = 0; i < n; i++) {
		batch = n - i < BATCH ? n - i : BATCH;
		if (i % BATCH == 0)
			ASSERT_EQ(batch, echo_submit(fd, echoes, batch));
		seen[i] = next_identity(injector);
		if (i % (8 * BATCH) == 8 * BATCH - 1)
			clear_session(fd);
	}
	clear_session(fd);
}

TEST_F(identity, destination_sees_one_identifier)
{
	static struct identity seen[1000];
	unsigned int i, others = 0;

	observe(_metadata, self->fd, self->injector, BEYOND, seen, 1000);
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
	observe(_metadata, self->fd, self->injector, BEYOND, &first, 1);
	observe(_metadata, other, self->injector, BEYOND, &second, 1);
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
		observe(_metadata, self->fd, self->injector, dst, seen, 4096);
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
		observe(_metadata, self->fd, self->injector, dst, &seen[i], 1);
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
		observe(_metadata, self->fd, self->injector, BEYOND, &first[i], 1);
		observe(_metadata, self->fd, self->injector, WORLD, &second[i], 1);
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
	int injector, fd;

	other = netns_pair();
	injector = injector_open(other.world, "world0", AF_INET);
	fd = echo_open();
	ASSERT_LE(0, fd);
	for (i = 0; i < 8; i++) {
		snprintf(dst, sizeof(dst), "203.0.113.%u", i + 1);
		observe(_metadata, self->fd, self->injector, dst, &here[i], 1);
		observe(_metadata, fd, injector, dst, &there[i], 1);
		equal += here[i].ident == there[i].ident;
	}
	EXPECT_GT(3, equal);
}

static int compare_identities(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct identity));
}

/* How many were there before. Sorts them. */
static unsigned int count_repeated(struct identity *seen, unsigned int n)
{
	unsigned int i, repeated = 0;

	qsort(seen, n, sizeof(seen[0]), compare_identities);
	for (i = 1; i < n; i++)
		repeated += !compare_identities(&seen[i], &seen[i - 1]);
	return repeated;
}

/* So that replies, however late, do not meet another request. */
#define MANY 200000

TEST_F_TIMEOUT(identity, no_identity_comes_again_within_200000_requests, 300)
{
	static struct identity seen[MANY];
	unsigned int n = scaled(MANY, 4096);

	observe_many(_metadata, self->fd, self->injector, BEYOND, seen, n);
	EXPECT_EQ(0, count_repeated(seen, n));
}

/* One flow in connection tracking lasts that long, and no longer. */
TEST_F_TIMEOUT(identity, identifier_moves_on_after_65536_requests, 300)
{
	static struct identity seen[2 * 65536 + 1];
	unsigned int n = scaled(2 * 65536 + 1, 4096), i, moves = 0;

	observe_many(_metadata, self->fd, self->injector, BEYOND, seen, n);
	for (i = 1; i < n; i++) {
		if (seen[i].ident == seen[i - 1].ident)
			continue;
		EXPECT_EQ(0, i % 65536);
		moves++;
	}
	EXPECT_EQ((n - 1) / 65536, moves);
}

TEST_F(identity, users_have_different_identifiers)
{
	struct identity own, others[8];
	unsigned int i, j;
	int fd[8];

	observe(_metadata, self->fd, self->injector, BEYOND, &own, 1);
	for (i = 0; i < 8; i++) {
		fd[i] = open_as(1000 + i);
		ASSERT_LE(0, fd[i]);
		observe(_metadata, fd[i], self->injector, BEYOND, &others[i], 1);
		EXPECT_NE(own.ident, others[i].ident);
		for (j = 0; j < i; j++)
			EXPECT_NE(others[j].ident, others[i].ident);
	}
}

TEST_F_TIMEOUT(identity, users_never_have_the_same_identity, 300)
{
	static struct identity seen[MANY];
	unsigned int n = scaled(MANY, 4096) / 4, i;
	int fd;

	for (i = 0; i < 4; i++) {
		fd = i ? open_as(1000 + i) : self->fd;
		ASSERT_LE(0, fd);
		observe_many(_metadata, fd, self->injector, BEYOND, seen + i * n, n);
	}
	EXPECT_EQ(0, count_repeated(seen, 4 * n));
}

/* A closed session is freed a little later, and with the last one the receive sockets. */
static void wait_for_no_session(struct __test_metadata *_metadata)
{
	__u64 deadline = now_ns() + PATIENCE_NS;

	while (netns_raw_sockets() && now_ns() < deadline)
		usleep(1000);
	ASSERT_EQ(0, netns_raw_sockets());
}

/* There are 65,535 identifiers, and a program can open and close in a loop. */
TEST_F(identity, users_who_come_and_go_use_up_no_identifiers)
{
	struct identity seen, known[4];
	unsigned int i, j, nr_known = 0;
	int fd;

	for (i = 0; i < 20; i++) {
		fd = open_as(1000 + i % 4);
		ASSERT_LE(0, fd);
		observe(_metadata, fd, self->injector, BEYOND, &seen, 1);
		close(fd);
		usleep(100000);	/* most probably, the session is gone then */
		for (j = 0; j < nr_known && known[j].ident != seen.ident; j++)
			;
		if (j < nr_known)
			continue;
		ASSERT_GT(4, nr_known);
		known[nr_known++] = seen;
	}
}

/* The same of one user with nobody else there, so that the namespace has no session in between. */
TEST_F(identity, user_alone_who_comes_and_goes_uses_up_no_identifiers)
{
	struct identity seen, first = {};
	unsigned int i;
	int fd;

	close(self->fd);
	for (i = 0; i < 10; i++) {
		wait_for_no_session(_metadata);
		fd = open_as(1000);
		ASSERT_LE(0, fd);
		observe(_metadata, fd, self->injector, BEYOND, &seen, 1);
		close(fd);
		if (!i)
			first = seen;
		EXPECT_EQ(first.ident, seen.ident);
	}
	self->fd = echo_open();
}

/*
 * More requests in flight to one destination than there are sequence numbers
 * (on a debugging kernel, only many): none may take over the identity of
 * another. Two sessions, because one may not hold so many.
 */
#define CROWD_BATCHES	67	/* of each session */
#define CROWD		(2 * CROWD_BATCHES * BATCH)

static void crowd(struct __test_metadata *_metadata, int fd, int injector,
		  struct identity *seen, unsigned int n)
{
	static struct icmpecho_echo echoes[BATCH];
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		echoes[i] = echo_to(BEYOND);
		echoes[i].timeout_ns = NEVER_NS;
	}
	for (i = 0; i < n; i++) {
		if (i % BATCH == 0)
			ASSERT_EQ(BATCH, echo_submit(fd, echoes, BATCH));
		seen[i] = next_identity(injector);
	}
}

TEST_F_TIMEOUT(identity, crowded_destination_does_not_share_identities, 300)
{
	static struct identity seen[CROWD];
	unsigned int half = scaled(CROWD_BATCHES, 4) * BATCH;
	int other = echo_open();

	ASSERT_LE(0, other);
	crowd(_metadata, self->fd, self->injector, seen, half);
	crowd(_metadata, other, self->injector, seen + half, half);
	EXPECT_EQ(0, count_repeated(seen, 2 * half));
	EXPECT_EQ(half, echo_cancel(self->fd, ICMPECHO_CANCEL_ALL, 0));
	EXPECT_EQ(half, echo_cancel(other, ICMPECHO_CANCEL_ALL, 0));
}

/*
 * Replies that come when their requests have long timed out, to a session that has
 * requests of its own in flight. More of them than a block of identities has.
 */
#define LATE		70000
#define LATE_TTL	99
#define RIGHT_TTL	33
#define NR_LATER	200

FIXTURE(late)
{
	int injector;
};

FIXTURE_VARIANT(late)
{
	int family;
	uid_t uid;	/* whose the later session is */
};

FIXTURE_VARIANT_ADD(late, ipv4_same_user) { .family = AF_INET };
FIXTURE_VARIANT_ADD(late, ipv4_another_user) { .family = AF_INET, .uid = 1000 };
FIXTURE_VARIANT_ADD(late, ipv6_same_user) { .family = AF_INET6 };
FIXTURE_VARIANT_ADD(late, ipv6_another_user) { .family = AF_INET6, .uid = 1000 };

FIXTURE_SETUP(late)
{
	struct pair pair = netns_pair6();

	self->injector = injector_open(pair.world, "world0", variant->family);
}

FIXTURE_TEARDOWN(late)
{
}

/* From the destination of the request taken last */
static void send_reply(int injector, struct identity identity, int ttl)
{
	static struct packet reply;

	packet_reply(&reply, &packet);
	*ip_ttl(reply.bytes) = ttl;
	packet_icmp(&reply)->un.echo.id = htons(identity.ident);
	packet_icmp(&reply)->un.echo.sequence = htons(identity.seq);
	packet_seal(&reply);
	injector_send(injector, &reply);
}

TEST_F_TIMEOUT(late, replies_complete_nothing_of_a_later_session, 300)
{
	static struct identity late[LATE], later[NR_LATER];
	unsigned int n = scaled(LATE, 2000), i;
	struct icmpecho_echo echo;
	const char *dst = variant->family == AF_INET6 ? BEYOND6 : BEYOND;
	int fd = echo_open();

	ASSERT_LE(0, fd);
	observe_many(_metadata, fd, self->injector, dst, late, n);
	fd = open_as(variant->uid);
	ASSERT_LE(0, fd);
	echo = echo_to(dst);
	echo.timeout_ns = NEVER_NS;
	for (i = 0; i < NR_LATER; i++) {
		ASSERT_EQ(1, echo_submit(fd, &echo, 1));
		later[i] = next_identity(self->injector);
	}
	for (i = 0; i < n; i++)
		send_reply(self->injector, late[i], LATE_TTL);
	for (i = 0; i < NR_LATER; i++)
		send_reply(self->injector, later[i], RIGHT_TTL);
	for (i = 0; i < NR_LATER; i++) {
		ASSERT_EQ(1, reap_one(fd, &record));
		EXPECT_EQ(RIGHT_TTL, record.c.ttl);
	}
}

TEST_HARNESS_MAIN
