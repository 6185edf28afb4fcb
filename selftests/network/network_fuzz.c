// SPDX-License-Identifier: GPL-2.0
/*
 * A hostile network, which sees all requests of 10,000 in flight, and sends packets of a
 * grammar of ICMP (network.h). Each packet is judged before it is sent. A request completes
 * by the packets that answer it, and by no other; and the counters of the kernel and of the
 * module say of each packet what became of it.
 *
 *	ICMPECHO_FUZZ_PACKETS	how many, to each family; by default 1,000,000
 *	ICMPECHO_FUZZ_SEED	another one makes other packets
 */
#include "kselftest_harness.h"

#include <sys/socket.h>
#include <sys/utsname.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "netns6.h"
#include "network.h"
#include "setting.h"

/* Packets that are sent at once: less than a backlog holds (net.core.netdev_max_backlog) */
#define VOLLEY		500
/* Room for the last ones that the grammar makes in one go */
#define ROOM		(VOLLEY + 8)
#define ARENA		(8 << 20)
/* Volleys between two looks at the counters */
#define ROUND		10
#define PROGRESS	200000

#define MOST_KINDS	128

const struct family *family;

/* Packets on their way to near, and the answers among them */
static struct {
	unsigned int n;
	struct mmsghdr messages[ROOM];
	struct iovec bytes[ROOM];
	unsigned int used;
	unsigned char arena[ARENA];
	unsigned int nr_answers;
	struct answer answers[ROOM];
	unsigned int kinds[ROOM];
} volley;

static struct sockaddr_ll near_link;
static unsigned long nr_packets;
static unsigned long fates[MOST_KINDS][NR_FATES];
static unsigned long nr_other_payloads;
static struct record record;

void session_submit(int fd, unsigned int index, const unsigned char *host)
{
	struct icmpecho_echo echo = {
		.family = family->family,
		.user_data = index,
		.payload = u64_ptr(targets[index].secret),
		.payload_len = targets[index].secret_len,
		.reply_capacity = CAPACITY,
		.timeout_ns = 24 * NEVER_NS,
		.flags = index % 2 ? ICMPECHO_QUOTE : 0,
	};
	int ret;

	memcpy(echo.dst, host, family->address_len);
	set_address(echo.src, family->near);
	ret = echo_submit(fd, &echo, 1);
	errno = ret < 0 ? -ret : 0;
	if (ret != 1)
		die("submit");
}

long long session_counter(int fd, const char *name)
{
	return echo_fdinfo(fd, name);
}

void send_packet(const struct packet *packet, unsigned int kind)
{
	struct answer *answer = &volley.answers[volley.nr_answers];
	unsigned char *bytes = volley.arena + volley.used;
	enum fate fate;

	memcpy(bytes, packet->bytes, packet->len);
	volley.bytes[volley.n] = (struct iovec) { bytes, packet->len };
	volley.messages[volley.n].msg_hdr = (struct msghdr) {
		.msg_name = &near_link,
		.msg_namelen = sizeof(near_link),
		.msg_iov = &volley.bytes[volley.n],
		.msg_iovlen = 1,
	};
	volley.n++;
	volley.used += packet->len;
	nr_packets++;

	fate = host_receive(bytes, packet->len, answer);
	fates[kind][fate]++;
	if (fate == FATE_ANSWER)
		volley.kinds[volley.nr_answers++] = kind;
}

static void volley_make(void)
{
	volley.n = 0;
	volley.used = 0;
	volley.nr_answers = 0;
	while (volley.n < VOLLEY && volley.used + 4 * sizeof(draft.bytes) < ARENA)
		grammar_next();
	/* Packets arrive in order, so the completion of the last one says that all were seen. */
	grammar_right_reply();
}

static void volley_send(int sender)
{
	unsigned int sent = 0;
	int n;

	while (sent < volley.n) {
		n = sendmmsg(sender, volley.messages + sent, volley.n - sent, 0);
		if (n <= 0)
			die("sendmmsg");
		sent += n;
	}
}

static bool is_own_data(const struct answer *answer)
{
	__u32 asked = answer->reply || (answer->target - targets) % 2 ? CAPACITY : 0;
	__u32 len = answer->len < asked ? answer->len : asked;

	return record.c.data_len == len && !memcmp(record_data(&record.c), answer->data, len) &&
	       (!answer->reply || record.c.wire_len == answer->len);
}

static bool is_secret(const struct answer *answer)
{
	const struct target *target = answer->target;

	return record.c.data_len == target->secret_len &&
	       !memcmp(record_data(&record.c), target->secret, target->secret_len);
}

/* The completion in @record is what the answer deserves. */
static bool is_right(const struct answer *answer, unsigned int kind)
{
	const struct icmpecho_completion *c = &record.c;
	bool replied = c->status == ICMPECHO_STATUS_SUCCESS;

	if (c->user_data != answer->target - targets || replied != answer->reply ||
	    memcmp(c->from, answer->from, sizeof(c->from)) || c->type != answer->type ||
	    c->code != answer->code || c->ttl != answer->ttl || c->tos != answer->tos ||
	    c->info != answer->info || c->error || !is_own_data(answer))
		return false;
	if (!answer->reply || is_secret(answer))
		return true;
	nr_other_payloads++;
	/* The first kind of the grammar promises more. */
	return kind != 0;
}

static void complain(const struct answer *answer, unsigned int kind)
{
	const struct icmpecho_completion *c = &record.c;

	printf("# '%s' answers request %td: type %u, code %u, ttl %u, tos %u, info %u, %u bytes\n",
	       grammar_kind(kind), answer->target - targets, answer->type, answer->code,
	       answer->ttl, answer->tos, answer->info, answer->len);
	printf("# completed is request %llu: type %u, code %u, ttl %u, tos %u, info %u, %u bytes\n",
	       c->user_data, c->type, c->code, c->ttl, c->tos, c->info, c->data_len);
}

/* Each answer of the volley has completed its request, in order, and nothing else any. */
static bool volley_is_answered(int fd)
{
	unsigned int i;
	int ret;

	for (i = 0; i < volley.nr_answers; i++) {
		ret = reap_one(fd, &record);
		if (ret == 1 && is_right(&volley.answers[i], volley.kinds[i]))
			continue;
		printf("# answer %u of %u among the packets up to %lu: REAP returned %d\n", i,
		       volley.nr_answers, nr_packets, ret);
		if (ret == 1)
			complain(&volley.answers[i], volley.kinds[i]);
		return false;
	}
	ret = reap_now(fd, &record);
	if (ret)
		printf("# one completion too many, of request %llu\n", record.c.user_data);
	return !ret;
}

/* So that nothing arrives at near but what the test sends, and no fragment is given up */
static void prepare(const struct pair *pair)
{
	netns_enter(pair->world);
	netns_sysctl("ipv6/conf/world0/disable_ipv6", "1");
	netns_drop_output();
	link_set_mtu("world0", 65535);
	netns_enter(pair->near);
	link_set_mtu("near0", 65535);
	link_add_address("near0", family->alias_on_link);
	netns_sysctl("ipv4/conf/all/accept_redirects", "0");
	netns_sysctl("ipv4/conf/near0/accept_redirects", "0");
	netns_sysctl("ipv4/ipfrag_time", "86400");
	netns_sysctl("ipv4/ipfrag_max_dist", "0");
	netns_sysctl("ipv4/ipfrag_high_thresh", "134217728");
	netns_sysctl("ipv6/ip6frag_time", "86400");
	netns_sysctl("ipv6/ip6frag_high_thresh", "134217728");
	stay_on(0);
}

/* A socket that sends to near, and receives nothing. */
static int open_sender(const struct pair *pair)
{
	int fd;

	netns_enter(pair->world);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("packet socket");
	near_link = (struct sockaddr_ll) {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(family->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP),
		.sll_ifindex = if_nametoindex("world0"),
		.sll_halen = ETH_ALEN,
		.sll_addr = { 2, 0, 0, 0, 0, 1 },
	};
	netns_enter(pair->near);
	return fd;
}

static void print_kinds(void)
{
	unsigned int kind, fate;
	unsigned long sum;

	for (kind = 0; kind < grammar_nr_kinds(); kind++) {
		for (fate = 0, sum = 0; fate < NR_FATES; fate++)
			sum += fates[kind][fate];
		if (!sum)
			continue;
		printf("# figures: %9lu %s:", sum, grammar_kind(kind));
		for (fate = 0; fate < NR_FATES; fate++)
			if (fates[kind][fate])
				printf(" %lu %s;", fates[kind][fate], fate_names[fate]);
		printf("\n");
	}
}

static void print_fates(void)
{
	unsigned int kind, fate;
	unsigned long sum;

	for (fate = 0; fate < NR_FATES; fate++) {
		for (kind = 0, sum = 0; kind < MOST_KINDS; kind++)
			sum += fates[kind][fate];
		printf("# figures: %9lu in all: %s\n", sum, fate_names[fate]);
	}
}

FIXTURE(hostile)
{
	struct pair pair;
	int fd;
	int sender;
	unsigned long packets;
	unsigned long submitted;
};

FIXTURE_VARIANT(hostile)
{
	const struct family *family;
};

FIXTURE_VARIANT_ADD(hostile, ipv4) { .family = &ipv4_family };
FIXTURE_VARIANT_ADD(hostile, ipv6) { .family = &ipv6_family };

FIXTURE_SETUP(hostile)
{
	unsigned int seed = setting("ICMPECHO_FUZZ_SEED", 1) ?: 1;
	struct utsname kernel;

	uname(&kernel);
	family = variant->family;
	self->packets = setting("ICMPECHO_FUZZ_PACKETS", 1000000);
	ASSERT_GE(MOST_KINDS, grammar_nr_kinds());
	printf("# figures: %s: %lu packets, seed %u, Linux %s\n",
	       family->family == AF_INET ? "IPv4" : "IPv6", self->packets, seed, kernel.release);
	fflush(stdout);
	pick_from(seed);
	self->pair = family->pair();
	prepare(&self->pair);
	self->sender = open_sender(&self->pair);
	requests_open(&self->pair);
	host_open();
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->submitted = requests_refill(self->fd);
	ASSERT_EQ(NR_TARGETS, self->submitted);
	counters_begin(self->fd);
}

FIXTURE_TEARDOWN(hostile)
{
	close(self->fd);
}

/* Cancel what is in flight: each request completes, once. Returns how many there were. */
static unsigned int cancel_all(struct __test_metadata *_metadata, int fd)
{
	static bool seen[NR_TARGETS];
	int i, n = echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0);

	for (i = 0; i < n; i++) {
		ASSERT_EQ(1, reap_one(fd, &record));
		ASSERT_EQ(ICMPECHO_STATUS_CANCELLED, record.c.status);
		ASSERT_FALSE(seen[record.c.user_data]);
		seen[record.c.user_data] = true;
	}
	EXPECT_EQ(0, reap_now(fd, &record));
	EXPECT_EQ(0, echo_fdinfo(fd, "in_flight"));
	EXPECT_EQ(0, echo_fdinfo(fd, "unreaped"));
	return n;
}

static void print_progress(void)
{
	static unsigned long next = PROGRESS;

	if (nr_packets < next)
		return;
	next += PROGRESS;
	printf("# figures: %9lu packets sent so far\n", nr_packets);
	fflush(stdout);
}

TEST_F_TIMEOUT(hostile, packets_complete_only_the_request_they_answer_and_counters_explain_the_rest,
	       12 * 3600)
{
	unsigned long completed = 0, volleys = 0;

	while (nr_packets < self->packets) {
		volley_make();
		volley_send(self->sender);
		ASSERT_TRUE(volley_is_answered(self->fd));
		completed += volley.nr_answers;
		self->submitted += requests_refill(self->fd);
		if (++volleys % ROUND == 0)
			ASSERT_TRUE(counters_agree(self->fd))
				TH_LOG("after %lu packets", nr_packets);
		print_progress();
	}
	ASSERT_TRUE(counters_agree(self->fd));
	ASSERT_TRUE(counters_agree_on_types(self->fd));
	print_kinds();
	print_fates();
	counters_print(self->fd);
	printf("# figures: %9lu completed, %lu of them with another payload than the request's\n",
	       completed, nr_other_payloads);
	EXPECT_LE(nr_packets / 1000, completed);
	EXPECT_EQ(self->submitted, completed + cancel_all(_metadata, self->fd));
	fflush(stdout);
}

TEST_HARNESS_MAIN
