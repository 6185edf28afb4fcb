// SPDX-License-Identifier: GPL-2.0
/*
 * A sweep of 65,536 addresses finds all that are alive: on the link, where most
 * never answer ARP and the neighbour table has room for 1,024, and behind a router.
 */
#include "kselftest_harness.h"

#include <linux/rtnetlink.h>
#include <poll.h>

#include "icmpecho_test.h"
#include "netns6.h"
#include "parameter.h"

/* Of 65,536 each LIVE_STEPth address is alive. */
#define ADDRESSES	65536
#define LIVE_STEP	257
#define BATCH		64

static unsigned char found[ADDRESSES];
static __u32 last_status[ADDRESSES];
static unsigned char records[BATCH * sizeof(struct icmpecho_completion)];

FIXTURE(sweep)
{
	int fd;
	struct pair pair;
	unsigned int swept;
};

FIXTURE_VARIANT(sweep)
{
	const char *first;	/* of the addresses */
	const char *all;
	const char *gateway;
	/* How the live ones get theirs, one by one */
	const char *address;
	const char *local;
	const char *family;	/* among the sysctls */
	bool plain;
	unsigned int share;	/* of the addresses is swept */
};

#define IPV4_SWEEP \
	.first = "172.16.0.0", \
	.all = "172.16.0.0/16", \
	.gateway = WORLD, \
	.address = "addr add 172.16.%u.%u/32 dev world0\n", \
	.local = "route add local 172.16.%u.%u dev lo\n", \
	.family = "ipv4"

/* Addresses that differ above their last 24 bits: see know_group(). */
#define IPV6_SWEEP \
	.first = "2001:db8:10::1", \
	.all = "2001:db8:10::/80", \
	.gateway = WORLD6, \
	.address = "addr add 2001:db8:10::%x%02x:0:1/128 dev world0 nodad\n", \
	.local = "route add local 2001:db8:10::%x%02x:0:1 dev lo\n", \
	.family = "ipv6"

FIXTURE_VARIANT_ADD(sweep, ipv4) { IPV4_SWEEP, .plain = true, .share = 1 };
FIXTURE_VARIANT_ADD(sweep, ipv6) { IPV6_SWEEP, .plain = true, .share = 1 };
FIXTURE_VARIANT_ADD(sweep, ipv4_by_socket) { IPV4_SWEEP, .plain = false, .share = 8 };
FIXTURE_VARIANT_ADD(sweep, ipv6_by_socket) { IPV6_SWEEP, .plain = false, .share = 8 };

FIXTURE_SETUP(sweep)
{
	self->pair = netns_pair6();
	send_plain(variant->plain);
	/* A kernel that checks itself loses requests of ARP when they are many. */
	self->swept = scaled(ADDRESSES / variant->share, 512);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	if (fcntl(self->fd, F_SETFL, O_NONBLOCK))
		die("fcntl");
}

FIXTURE_TEARDOWN(sweep)
{
	send_plain(true);
	close(self->fd);
}

static bool is_alive(unsigned int i)
{
	return i % LIVE_STEP == 1;
}

/* In the world: the hosts that are alive answer from these addresses. */
static void populate(FIXTURE_DATA(sweep) *self, const char *how)
{
	unsigned int i;

	netns_enter(self->pair.world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_sysctl("ipv6/icmp/echo_ignore_all", "0");
	for (i = 0; i < self->swept; i++) {
		if (is_alive(i))
			ip_batch(how, i >> 8, i & 255);
	}
	netns_enter(self->pair.near);
}

static int reap_all(struct __test_metadata *_metadata, FIXTURE_DATA(sweep) *self)
{
	struct icmpecho_completion *c = (struct icmpecho_completion *)records;
	int n, i;

	n = echo_reap(self->fd, records, sizeof(records), 0, BATCH, 0);
	for (i = 0; i < n; i++, c = (void *)c + c->record_len) {
		ASSERT_GT(self->swept, c->user_data);
		last_status[c->user_data] = c->status;
		if (c->status == ICMPECHO_STATUS_SUCCESS)
			found[c->user_data % ADDRESSES]++;
	}
	return n;
}

/* As one would: submit what is taken, else wait, and collect what comes. */
static void sweep(struct __test_metadata *_metadata, FIXTURE_DATA(sweep) *self,
		  const char *first)
{
	struct pollfd pollfd = { .fd = self->fd };
	struct icmpecho_echo echo = echo_to(first);
	__u8 *number = echo.dst + (echo.family == AF_INET6 ? 10 : 2);
	unsigned int next = 0, done = 0;
	int ret;

	echo.timeout_ns = 20 * NS_PER_S;
	while (done < self->swept) {
		pollfd.events = POLLIN | (next < self->swept ? POLLOUT : 0);
		ASSERT_EQ(1, poll(&pollfd, 1, 120000));
		while (next < self->swept && pollfd.revents & POLLOUT) {
			number[0] = next >> 8;
			number[1] = next;
			echo.user_data = next;
			ret = echo_submit(self->fd, &echo, 1);
			if (ret != 1)
				break;
			next++;
		}
		while ((ret = reap_all(_metadata, self)) > 0)
			done += ret;
		ASSERT_EQ(0, ret);
	}
}

/* How many packets a CPU's backlog had no room for, summed up over the CPUs. */
static unsigned int backlog_drops(void)
{
	FILE *file = fopen("/proc/net/softnet_stat", "re");
	unsigned int dropped, sum = 0;

	while (file && fscanf(file, "%*x %x%*[^\n]", &dropped) == 1)
		sum += dropped;
	if (file)
		fclose(file);
	return sum;
}

static void expect_all_found(struct __test_metadata *_metadata, FIXTURE_DATA(sweep) *self)
{
	unsigned int i;

	for (i = 0; i < self->swept; i++) {
		EXPECT_EQ(is_alive(i), found[i]) {
			TH_LOG("host %u of %u: status %u, packets lost to full backlogs: %u",
			       i, self->swept, last_status[i], backlog_drops());
		}
	}
}

static void hurry(const char *family, const char *retrans_ms)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/neigh/near0/mcast_solicit", family);
	netns_sysctl(name, "3");
	snprintf(name, sizeof(name), "%s/neigh/near0/retrans_time_ms", family);
	netns_sysctl(name, retrans_ms);
}

/*
 * A solicitation over IPv6 goes to a multicast group, by the last 24 bits of the address
 * that is asked for, and the group takes a place in the neighbour table, too. In a table
 * full of hosts that are being asked for, the kernel finds none and drops the solicitation,
 * whoever sends the echoes: then a host that is alive is given up, three drops later. So
 * all hosts have one group, and its place is permanent, which does not count.
 */
static void know_group(void)
{
	ip6_batch("neigh replace ff02::1:ff00:1 lladdr 33:33:ff:00:00:01 dev near0 "
		  "nud permanent\n");
}

TEST_F_TIMEOUT(sweep, on_the_link_finds_all_that_are_alive, 600)
{
	/* A silent host is given up soon, or this takes minutes. */
	hurry(variant->family, self->swept > 512 ? "200" : "2000");
	populate(self, variant->address);
	if (!strcmp(variant->family, "ipv6"))
		know_group();
	link_add_route_on_link(variant->all, "near0");
	sweep(_metadata, self, variant->first);
	expect_all_found(_metadata, self);
}

TEST_F_TIMEOUT(sweep, behind_a_router_finds_all_that_are_alive, 600)
{
	populate(self, variant->local);
	netns_enter(self->pair.world);
	link_add_route_of_type(variant->all, RTN_BLACKHOLE);
	netns_enter(self->pair.near);
	link_add_route(variant->all, variant->gateway);
	sweep(_metadata, self, variant->first);
	expect_all_found(_metadata, self);
}

TEST_HARNESS_MAIN
