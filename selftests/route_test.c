// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of a route is used again as long as a look-up would find the same:
 * a session that has been running follows every change, as a socket beside it does
 * that asks anew for each packet.
 */
#include "kselftest_harness.h"

#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include "icmpecho_test.h"
#include "netns6.h"

#define GATEWAYS 2

static const char *const gateways[GATEWAYS] = { "192.0.2.100", "192.0.2.101" };
static const char *const gateways6[GATEWAYS] = { "fe80::100", "fe80::101" };

static struct record record;

/*
 * Two gateways on near's link, of which each has the address BEYOND itself. One dies
 * when the bridge shuts its port: near's link stays up, and only the neighbour table
 * tells.
 */
struct fork {
	int fd;
	int ping;
	struct crowd crowd;
	struct icmpecho_echo echo;
};

FIXTURE(gateways)
{
	struct fork fork;
};

FIXTURE_VARIANT(gateways)
{
	const char *to;
	const char *routes;	/* for ip -batch, with the gateways to put in */
	const char *const *via;
	const char *sysctl;	/* to set to 1 */
};

#define GROUP "nexthop add id 1 via %s dev near0\n" \
	      "nexthop add id 2 via %s dev near0\n" \
	      "nexthop add id 3 group 1/2\n"

FIXTURE_VARIANT_ADD(gateways, nexthop_group) {
	BEYOND, GROUP "route add " BEYOND " nhid 3\n", gateways,
};

FIXTURE_VARIANT_ADD(gateways, nexthop_group6) {
	BEYOND6, GROUP "route add " BEYOND6 " nhid 3\n", gateways6,
};

FIXTURE_VARIANT_ADD(gateways, ipv4_by_nexthop_group6) {
	BEYOND, GROUP "route add " BEYOND " nhid 3\n", gateways6,
};

FIXTURE_VARIANT_ADD(gateways, multipath) {
	BEYOND, "route add " BEYOND " nexthop via %s dev near0 nexthop via %s dev near0\n",
	gateways, "ipv4/fib_multipath_use_neigh",
};

FIXTURE_VARIANT_ADD(gateways, multipath6) {
	BEYOND6, "route add " BEYOND6 " nexthop via %s dev near0 nexthop via %s dev near0\n",
	gateways6,
};

FIXTURE_VARIANT_ADD(gateways, default_routes) {
	BEYOND, "route replace default via %s dev near0\n"
		"route append default via %s dev near0\n", gateways,
};

FIXTURE_VARIANT_ADD(gateways, default_routes6) {
	BEYOND6, "route del ::/0\n"
		 "route add ::/0 via %s dev near0 metric 1\n"
		 "route add ::/0 via %s dev near0 metric 2\n", gateways6,
};

/* A silent neighbour is noticed in seconds. A slow one is not taken for silent. */
static void hurry(const char *family)
{
	static const char *const settings[][2] = {
		{ "base_reachable_time_ms", "1000" },
		{ "delay_first_probe_time", "1" },
		{ "retrans_time_ms", "1000" },
		{ "ucast_solicit", "2" },
		{ "mcast_solicit", "2" },
	};
	char name[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		snprintf(name, sizeof(name), "%s/neigh/near0/%s", family, settings[i][0]);
		netns_sysctl(name, settings[i][1]);
	}
}

static void build_gateways(struct crowd *crowd)
{
	unsigned int i;

	*crowd = netns_crowd(GATEWAYS);
	for (i = 0; i < GATEWAYS; i++) {
		netns_enter(crowd->hosts[i]);
		link_add_address("lo", BEYOND "/32");
		link_add_address("lo", BEYOND6 "/128");
		ip_batch("route add " NEAR6 " dev host0\n");
		link_add_neighbour("host0", NEAR6, NEAR_MAC);
	}
	netns_enter(crowd->near);
	hurry("ipv4");
	hurry("ipv6");
}

static void open_fork(struct fork *fork, const char *to)
{
	bool v6 = strchr(to, ':');

	fork->fd = echo_open();
	fork->ping = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC,
			    v6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	if (fork->fd < 0 || fork->ping < 0)
		die("open");
	fork->echo = echo_to(to);
}

static void build_fork(struct fork *fork, const char *to)
{
	build_gateways(&fork->crowd);
	open_fork(fork, to);
}

FIXTURE_SETUP(gateways)
{
	build_fork(&self->fork, variant->to);
	if (variant->sysctl)
		netns_sysctl(variant->sysctl, "1");
	ip_batch(variant->routes, variant->via[0], variant->via[1]);
}

FIXTURE_TEARDOWN(gateways)
{
	close(self->fork.fd);
}

/* What ping does: ask the routing code for each packet. Returns its errno, or 0. */
static int ping_send(struct fork *fork, __u16 seq)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct icmphdr echo = {
		.type = ICMP_ECHO,
		.un.echo = { .id = htons(7), .sequence = htons(seq) },
	};
	bool v6 = fork->echo.family == AF_INET6;
	__u32 sum = htons(ICMP_ECHO << 8) + htons(7) + htons(seq);

	memcpy(&to.sin_addr, fork->echo.dst, sizeof(to.sin_addr));
	memcpy(&to6.sin6_addr, fork->echo.dst, sizeof(to6.sin6_addr));
	echo.checksum = ~((sum & 0xffff) + (sum >> 16));
	if (v6)
		echo.type = ICMP6_ECHO_REQUEST;
	if (sendto(fork->ping, &echo, sizeof(echo), 0,
		   v6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to,
		   v6 ? sizeof(to6) : sizeof(to)) < 0)
		return errno;
	return 0;
}

static bool is_reply(const unsigned char *packet, bool v6, __u16 seq)
{
	const struct icmphdr *icmp = (void *)(packet + (v6 ? 0 : 20));

	return icmp->type == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
	       icmp->un.echo.id == htons(7) && icmp->un.echo.sequence == htons(seq);
}

static bool ping_answered(struct fork *fork, __u16 seq)
{
	struct pollfd pollfd = { .fd = fork->ping, .events = POLLIN };
	unsigned char packet[2048];

	while (poll(&pollfd, 1, 2000) > 0) {
		if (recv(fork->ping, packet, sizeof(packet), MSG_DONTWAIT) > 0 &&
		    is_reply(packet, fork->echo.family == AF_INET6, seq))
			return true;
	}
	return false;
}

/* How many echo requests the gateway has had. */
static long echoes_at(struct fork *fork, unsigned int gateway)
{
	long n;

	netns_enter(fork->crowd.hosts[gateway]);
	n = fork->echo.family == AF_INET6 ? netns_counter6("Icmp6InEchos") :
					    netns_counter("Icmp", "InEchos");
	netns_enter(fork->crowd.near);
	return n;
}

static void set_port(struct fork *fork, unsigned int gateway, const char *state)
{
	netns_enter(fork->crowd.world);
	ip_batch("link set port%u %s\n", gateway, state);
	netns_enter(fork->crowd.near);
}

/* Until the completion of this request. */
static void expect_answered(struct __test_metadata *_metadata,
			    struct fork *fork, unsigned int number)
{
	do {
		ASSERT_EQ(1, reap_one(fork->fd, &record));
	} while (record.c.user_data != number);
	EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
}

static void submit(struct __test_metadata *_metadata, struct fork *fork,
		   unsigned int number)
{
	fork->echo.user_data = number;
	ASSERT_EQ(1, echo_submit(fork->fd, &fork->echo, 1));
}

/* Let the session run for a while. Returns the gateway that it goes by. */
static unsigned int run_in(struct __test_metadata *_metadata, struct fork *fork)
{
	long before[GATEWAYS] = { echoes_at(fork, 0), echoes_at(fork, 1) };
	unsigned int i;

	for (i = 0; i < 5; i++) {
		submit(_metadata, fork, i);
		expect_answered(_metadata, fork, i);
	}
	before[0] = echoes_at(fork, 0) - before[0];
	before[1] = echoes_at(fork, 1) - before[1];
	EXPECT_EQ(5, before[0] + before[1]);
	return before[0] < before[1];
}

/*
 * Of a nexthop group, older kernels (5.10, 6.1 at first) take the last member even if it
 * is dead, when the hash chooses it: there, ping stays with it for ever.
 */
static bool keeps_dead_gateway(const char *routes, unsigned int used)
{
	return !strncmp(routes, GROUP, strlen(GROUP)) && used == GATEWAYS - 1;
}

/*
 * Ping is first each time, so what it learns of the gateway, the session may know. It
 * asks twice: among default routes the choice can alternate. Returns false if ping stays
 * with the gateway that was @used, as it may only if @may_stay, and so does the session.
 */
static bool expect_to_follow_ping(struct __test_metadata *_metadata, struct fork *fork,
				  unsigned int used, bool may_stay)
{
	long before = echoes_at(fork, !used);
	unsigned int i;

	for (i = 100; i < 130; i++) {
		ping_send(fork, 2 * i);
		ping_send(fork, 2 * i + 1);
		submit(_metadata, fork, i);
		if (ping_answered(fork, 2 * i) && ping_answered(fork, 2 * i + 1))
			break;
	}
	if (i == 130) {
		ASSERT_TRUE(may_stay) TH_LOG("ping goes by the dead gateway for ever");
		EXPECT_EQ(before, echoes_at(fork, !used));
		return false;
	}
	expect_answered(_metadata, fork, i);
	return true;
}

TEST_F_TIMEOUT(gateways, session_follows_ping_when_its_gateway_dies, 120)
{
	unsigned int used = run_in(_metadata, &self->fork);

	set_port(&self->fork, used, "down");
	if (expect_to_follow_ping(_metadata, &self->fork, used,
				  keeps_dead_gateway(variant->routes, used)))
		EXPECT_EQ(!used, run_in(_metadata, &self->fork));
}

/* The kernel asks a gateway again that it has given up when somebody else did. */
TEST_F_TIMEOUT(gateways, session_is_back_when_its_gateway_is_back, 120)
{
	unsigned int used = run_in(_metadata, &self->fork);
	__u64 deadline;
	long before;

	set_port(&self->fork, used, "down");
	expect_to_follow_ping(_metadata, &self->fork, used,
			      keeps_dead_gateway(variant->routes, used));
	set_port(&self->fork, used, "up");
	ip_batch("neigh del %s dev near0\n", variant->via[used]);
	before = echoes_at(&self->fork, used);
	deadline = now_ns() + 2 * PATIENCE_NS;
	while (echoes_at(&self->fork, used) == before && now_ns() < deadline) {
		ASSERT_EQ(0, echo_send(self->fork.fd, &self->fork.echo, &record));
		usleep(100000);
	}
	/* Nor does ping go back there, then. */
	if (echoes_at(&self->fork, used) == before && self->fork.echo.family == AF_INET6 &&
	    access("/proc/sys/net/ipv6/conf/all/router_probe_interval", F_OK))
		SKIP(return, "this kernel has no CONFIG_IPV6_ROUTER_PREF");
	EXPECT_LT(before, echoes_at(&self->fork, used));
}

/* Routes by a nexthop group are not told when a member changes. */
FIXTURE(nexthops)
{
	struct fork fork;
	unsigned int used;
};

FIXTURE_VARIANT(nexthops)
{
	const char *to;
	const char *const *via;
};

FIXTURE_VARIANT_ADD(nexthops, ipv4) { BEYOND, gateways };
FIXTURE_VARIANT_ADD(nexthops, ipv6) { BEYOND6, gateways6 };

FIXTURE_SETUP(nexthops)
{
	build_fork(&self->fork, variant->to);
	ip_batch(GROUP "route add %s nhid 3\n", variant->via[0], variant->via[1],
		 variant->to);
	self->used = run_in(_metadata, &self->fork);
}

FIXTURE_TEARDOWN(nexthops)
{
	close(self->fork.fd);
}

TEST_F(nexthops, session_takes_the_replaced_one)
{
	ip_batch("nexthop replace id %u via %s dev near0\n", self->used + 1,
		 variant->via[!self->used]);
	EXPECT_EQ(!self->used, run_in(_metadata, &self->fork));
}

TEST_F(nexthops, session_takes_the_remaining_one)
{
	ip_batch("nexthop del id %u\n", self->used + 1);
	EXPECT_EQ(!self->used, run_in(_metadata, &self->fork));
}

/* Of each family, a session that has been running, and what ping meets beside it. */
FIXTURE(change)
{
	struct fork forks[2];
};

FIXTURE_SETUP(change)
{
	static const char *const to[] = { WORLD, WORLD6 };
	struct pair pair = netns_pair6();
	unsigned int i;

	netns_enter(pair.world);
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_sysctl("ipv6/icmp/echo_ignore_all", "0");
	netns_enter(pair.near);
	for (i = 0; i < 2; i++)
		open_fork(&self->forks[i], to[i]);
}

FIXTURE_TEARDOWN(change)
{
	close(self->forks[0].fd);
	close(self->forks[1].fd);
}

/* Both are refused with this errno, or with 0 both are answered. */
static void expect_alike(struct __test_metadata *_metadata, FIXTURE_DATA(change) *self,
			 int error)
{
	struct fork *fork;

	for (fork = self->forks; fork < self->forks + 2; fork++) {
		EXPECT_EQ(error, ping_send(fork, 1));
		ASSERT_EQ(0, echo_send(fork->fd, &fork->echo, &record));
		EXPECT_EQ(error, record.c.error);
		if (!error)
			EXPECT_EQ(ICMPECHO_STATUS_SUCCESS, record.c.status);
	}
}

TEST_F(change, of_policies_applies)
{
	expect_alike(_metadata, self, 0);
	ip_batch("xfrm policy add dir out src 0.0.0.0/0 dst 0.0.0.0/0 action block\n"
		 "xfrm policy add dir out src ::/0 dst ::/0 proto 58 type 128 action block\n");
	expect_alike(_metadata, self, EPERM);
	ip_batch("xfrm policy delete dir out src 0.0.0.0/0 dst 0.0.0.0/0\n"
		 "xfrm policy delete dir out src ::/0 dst ::/0 proto 58 type 128\n");
	expect_alike(_metadata, self, 0);
}

TEST_F(change, of_the_devices_vrf_applies)
{
	expect_alike(_metadata, self, 0);
	ip_batch("link add vrf0 type vrf table 10\n"
		 "link set vrf0 up\n"
		 "link set near0 master vrf0\n");
	expect_alike(_metadata, self, ENETUNREACH);
}

TEST_HARNESS_MAIN
