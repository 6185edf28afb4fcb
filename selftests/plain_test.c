// SPDX-License-Identifier: GPL-2.0
/*
 * The two ways to send: straight to the IP layer, and through a socket. The
 * module parameter "fast_path" chooses. Both must put the same bytes on the wire, and
 * meet the same routes, filters and limits.
 */
#include "kselftest_harness.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "netns6.h"
#include "parameter.h"
#include "userfault.h"
#include "inject.h"

#define CGROUPS "/sys/fs/cgroup"
#define NET_CLS "/tmp/icmpecho-net_cls"
#define GROUP "/icmpecho-plain"

/* Rules of a test are added to it. What it drops, the sender is told with EPERM. */
#define OUTPUT_CHAIN								\
	"add table inet t\n"							\
	"add chain inet t c { type filter hook output priority 0; policy accept; }\n"

static struct record record;
static struct packet packets[2];
static struct packet packets6[2];
static unsigned char payload[4000];

FIXTURE(wire)
{
	int fd;
	int injector;
	int injector6;
	struct pair pair;
};

FIXTURE_SETUP(wire)
{
	fill_payload(payload, sizeof(payload));
	self->pair = netns_pair6();
	self->injector = injector_open(self->pair.world, "world0", AF_INET);
	self->injector6 = injector_open(self->pair.world, "world0", AF_INET6);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(wire)
{
	send_plain(true);
	close(self->fd);
}

/* What may differ: the packet's id, and the request's number with its checksum. */
static void forget_numbers(struct packet *packet)
{
	if (!(packet->ip.frag_off & htons(0x4000)))
		packet->ip.id = 0;
	packet->ip.check = 0;
	packet_icmp(packet)->un.echo.sequence = 0;
	packet_icmp(packet)->checksum = 0;
}

static void forget_numbers6(struct packet *packet)
{
	packet_icmp(packet)->un.echo.sequence = 0;
	packet_icmp(packet)->checksum = 0;
}

static void expect_same_packets(struct __test_metadata *_metadata,
				FIXTURE_DATA(wire) *self, struct icmpecho_echo echo)
{
	int i;

	for (i = 0; i < 2; i++) {
		send_plain(i == 0);
		ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
		injector_request(self->injector, &packets[i]);
		EXPECT_EQ(0, internet_checksum(&packets[i].ip, packets[i].ip.ihl * 4));
		EXPECT_EQ(0, internet_checksum(packet_icmp(&packets[i]),
					       packet_icmp_len(&packets[i])));
		forget_numbers(&packets[i]);
	}
	ASSERT_EQ(packets[0].len, packets[1].len);
	EXPECT_EQ(0, memcmp(packets[0].bytes, packets[1].bytes, packets[0].len));
}

static void expect_same_packets6(struct __test_metadata *_metadata,
				 FIXTURE_DATA(wire) *self, struct icmpecho_echo echo)
{
	int i;

	for (i = 0; i < 2; i++) {
		send_plain(i == 0);
		ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
		injector_request(self->injector6, &packets6[i]);
		EXPECT_EQ(0, packet_sum(&packets6[i]));
		forget_numbers6(&packets6[i]);
	}
	ASSERT_EQ(packets6[0].len, packets6[1].len);
	EXPECT_EQ(0, memcmp(packets6[0].bytes, packets6[1].bytes, packets6[0].len));
}

TEST_F(wire, packets_are_the_same_at_any_length)
{
	static const unsigned int lengths[] = {
		0, 1, 7, 8, 55, 56, 57, 120, 121, 1400, 1471, 1472,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		expect_same_packets(_metadata, self, echo_with(BEYOND, payload, lengths[i]));
	for (i = 0; i < ARRAY_SIZE(lengths) - 2; i++)
		expect_same_packets6(_metadata, self, echo_with(BEYOND6, payload, lengths[i]));
}

TEST_F(wire, packets_are_the_same_with_any_header)
{
	static const unsigned char values[] = { 0, 1, 0x10, 0xb8, 0xff };
	struct icmpecho_echo echo, echo6;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values) * 4; i++) {
		echo = echo_with(BEYOND, payload, 56);
		echo.ttl = values[i % ARRAY_SIZE(values)];
		echo.tos = values[(i * 3 + 1) % ARRAY_SIZE(values)];
		echo.flags = i & 1 ? ICMPECHO_DONT_FRAGMENT : 0;
		echo.mark = i & 2;
		if (i & 4)
			inet_pton(AF_INET, NEAR, echo.src);
		if (i & 8)
			echo.ifindex = if_nametoindex("near0");
		echo6 = echo_with(BEYOND6, payload, 56);
		echo6.ttl = echo.ttl;
		echo6.tos = echo.tos;
		echo6.flags = echo.flags;
		echo6.mark = echo.mark;
		echo6.ifindex = echo.ifindex;
		if (i & 4)
			inet_pton(AF_INET6, NEAR6, echo6.src);
		expect_same_packets(_metadata, self, echo);
		expect_same_packets6(_metadata, self, echo6);
	}
}

TEST_F(wire, link_local_packets_are_the_same)
{
	struct icmpecho_echo echo = echo_with(WORLD_LL, payload, 56);

	echo.scope_id = if_nametoindex("near0");
	expect_same_packets6(_metadata, self, echo);
}

TEST_F(wire, flow_labels_follow_the_sysctl_either_way)
{
	netns_sysctl("ipv6/auto_flowlabels", "0");
	expect_same_packets6(_metadata, self, echo_with(BEYOND6, payload, 56));
	EXPECT_EQ(0, packets6[0].ip6.flow_lbl[0] | packets6[0].ip6.flow_lbl[1] |
		     packets6[0].ip6.flow_lbl[2]);
	netns_sysctl("ipv6/auto_flowlabels", "1");
	expect_same_packets6(_metadata, self, echo_with(BEYOND6, payload, 56));
	EXPECT_NE(0, packets6[0].ip6.flow_lbl[0] | packets6[0].ip6.flow_lbl[1] |
		     packets6[0].ip6.flow_lbl[2]);
}

#define COUNTERS	6

static void read_counters(long counters[COUNTERS])
{
	counters[0] = netns_counter("Icmp", "OutMsgs");
	counters[1] = netns_counter("Icmp", "OutEchos");
	counters[2] = netns_counter("Ip", "OutRequests");
	counters[3] = netns_counter6("Icmp6OutMsgs");
	counters[4] = netns_counter6("Icmp6OutEchos");
	counters[5] = netns_counter6("Ip6OutRequests");
}

TEST_F(wire, counters_of_the_host_grow_alike)
{
	long before[COUNTERS], after[COUNTERS];
	struct icmpecho_echo echo, echo6;
	unsigned int i, j;
	long multicasts;

	for (i = 0; i < 2; i++) {
		send_plain(i == 0);
		echo = echo_with(BEYOND, payload, 56);
		echo6 = echo_with(BEYOND6, payload, 56);
		/* The host reports its multicast groups whenever it likes: then again. */
		do {
			multicasts = netns_counter6("Ip6OutMcastPkts");
			read_counters(before);
			ASSERT_EQ(1, echo_submit(self->fd, &echo, 1));
			ASSERT_EQ(1, echo_submit(self->fd, &echo6, 1));
			read_counters(after);
		} while (multicasts != netns_counter6("Ip6OutMcastPkts"));
		for (j = 0; j < COUNTERS; j++) {
			EXPECT_EQ(1, after[j] - before[j])
				TH_LOG("counter %u, way %u", j, i);
		}
	}
}

/* The injectors at the two ways out: of each way, one for IPv4 and one for IPv6 */
struct ways {
	int by_near0[2];
	int by_near1[2];
};

static bool came_by(const int injectors[2], int family)
{
	if (family == AF_INET)
		return injector_next(injectors[0], &packets[0], 1);
	return injector_next(injectors[1], &packets6[0], 1) &&
	       packet_icmp(&packets6[0])->type == ICMPV6_ECHO_REQUEST;
}

/* Which way the request goes: by near1, or by near0. */
static bool goes_by_near1(struct __test_metadata *_metadata, int fd,
			  const struct ways *ways, struct icmpecho_echo *echo)
{
	__u64 deadline = now_ns() + PATIENCE_NS;

	ASSERT_EQ(1, echo_submit(fd, echo, 1));
	while (now_ns() < deadline) {
		if (came_by(ways->by_near0, echo->family))
			return false;
		if (came_by(ways->by_near1, echo->family))
			return true;
	}
	die("the request went nowhere");
}

static void add_second_way(struct pair pair)
{
	struct link_end near1 = { "near1" }, world1 = { "world1", ROUTER1_MAC };

	link_add_veth(&near1, &world1, pair.world);
	link_up("near1", "198.18.0.1");
	link_add_address("near1", "2001:db8:18::1/64");
	link_add_neighbour("near1", "198.18.0.2", ROUTER1_MAC);
	link_add_neighbour("near1", "2001:db8:18::2", ROUTER1_MAC);
	netns_enter(pair.world);
	link_up("world1", NULL);
	netns_enter(pair.near);
	link_wait_for("near1");
	ip_batch("route replace default nexthop via " WORLD " dev near0"
		 " nexthop via 198.18.0.2 dev near1\n"
		 "route del default via " WORLD6 "\n"
		 "route add ::/0 nexthop via " WORLD6 " dev near0"
		 " nexthop via 2001:db8:18::2 dev near1\n");
}

#define DESTINATIONS	16

TEST_F(wire, next_hop_of_several_is_the_same)
{
	struct ways ways = { .by_near0 = { self->injector, self->injector6 } };
	unsigned int policy, i, by_near1[2] = {};

	add_second_way(self->pair);
	ways.by_near1[0] = injector_open(self->pair.world, "world1", AF_INET);
	ways.by_near1[1] = injector_open(self->pair.world, "world1", AF_INET6);
	for (policy = 0; policy < 2; policy++) {
		netns_sysctl("ipv4/fib_multipath_hash_policy", policy ? "1" : "0");
		netns_sysctl("ipv6/fib_multipath_hash_policy", policy ? "1" : "0");
		for (i = 0; i < 2 * DESTINATIONS; i++) {
			struct icmpecho_echo echo = echo_to(i % 2 ? BEYOND6 : BEYOND);
			bool by_plain, by_socket;

			/* What is known of a destination is kept. */
			echo.dst[i % 2 ? 15 : 3] = 3 + i / 2 + policy * DESTINATIONS;
			send_plain(true);
			by_plain = goes_by_near1(_metadata, self->fd, &ways, &echo);
			send_plain(false);
			by_socket = goes_by_near1(_metadata, self->fd, &ways, &echo);
			EXPECT_EQ(by_socket, by_plain)
				TH_LOG("policy %u, destination %u", policy, i);
			by_near1[i % 2] += by_plain;
		}
	}
	/* Both are used, or nothing was compared. */
	for (i = 0; i < 2; i++) {
		EXPECT_LT(0, by_near1[i]);
		EXPECT_GT(2 * DESTINATIONS, by_near1[i]);
	}
}

/* What follows is true of each way by itself. */
FIXTURE(way)
{
	int fd;
	int injector;
	int injector6;
	struct pair pair;
	struct icmpecho_echo echo;
	struct icmpecho_echo echo6;
};

FIXTURE_VARIANT(way)
{
	bool plain;
};

FIXTURE_VARIANT_ADD(way, straight) { .plain = true };
FIXTURE_VARIANT_ADD(way, by_socket) { .plain = false };

FIXTURE_SETUP(way)
{
	self->pair = netns_pair6();
	self->injector = injector_open(self->pair.world, "world0", AF_INET);
	self->injector6 = injector_open(self->pair.world, "world0", AF_INET6);
	send_plain(variant->plain);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	self->echo = echo_with(BEYOND, payload, 56);
	self->echo6 = echo_with(BEYOND6, payload, 56);
}

FIXTURE_TEARDOWN(way)
{
	send_plain(true);
	close(self->fd);
	rmdir(CGROUPS GROUP);
	umount2(NET_CLS, MNT_DETACH);
}

/* Both leave; the module knows the way to both from then on. */
static void expect_sent(struct __test_metadata *_metadata, FIXTURE_DATA(way) *self)
{
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo6, 1));
	injector_request(self->injector, &packets[0]);
	injector_request(self->injector6, &packets6[0]);
}

/* Both fail here and now, with this errno. */
static void expect_not_sent(struct __test_metadata *_metadata, FIXTURE_DATA(way) *self,
			    int error)
{
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_LOCAL, record.c.flags);
	EXPECT_EQ(error, record.c.error);
	ASSERT_EQ(0, echo_send(self->fd, &self->echo6, &record));
	EXPECT_EQ(ICMPECHO_LOCAL, record.c.flags);
	EXPECT_EQ(error, record.c.error);
	EXPECT_FALSE(injector_next(self->injector, &packets[0], 0));
	/* It may look for routers meanwhile. */
	while (injector_next(self->injector6, &packets6[0], 0))
		EXPECT_NE(ICMPV6_ECHO_REQUEST, packet_icmp(&packets6[0])->type);
}

TEST_F(way, output_filter_applies)
{
	nft(OUTPUT_CHAIN
	    "add rule inet t c icmp type echo-request drop\n"
	    "add rule inet t c icmpv6 type echo-request drop\n");
	expect_not_sent(_metadata, self, EPERM);
}

TEST_F(way, mark_of_an_output_filter_reroutes)
{
	nft("add table ip t\n"
	    "add chain ip t c { type route hook output priority 0; policy accept; }\n"
	    "add rule ip t c icmp type echo-request meta mark set 7\n");
	ip_batch("rule add fwmark 7 table 7\n"
		 "route add prohibit default table 7\n");
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ICMPECHO_STATUS_GENERAL_FAILURE, record.c.status);
	EXPECT_FALSE(injector_next(self->injector, &packets[0], 0));
}

/* Drop what comes from one control group, and return the hierarchy that it is in. */
static const char *drop_what_a_cgroup_sends(void)
{
	if (mkdir(CGROUPS GROUP, 0755) && errno != EEXIST)
		die("mkdir " CGROUPS GROUP);
	nft("add table inet t\n"
	    "add chain inet t c { type filter hook output priority 0; policy accept; }\n");
	if (nft_if_known("add rule inet t c socket cgroupv2 level 1 \"icmpecho-plain\" drop\n"))
		return CGROUPS;
	/* Rules before Linux 5.13 know groups by their class only. */
	mkdir(NET_CLS, 0755);
	if (mount("none", NET_CLS, "cgroup", 0, "net_cls"))
		die("mount " NET_CLS);
	if (mkdir(NET_CLS GROUP, 0755) && errno != EEXIST)
		die("mkdir " NET_CLS GROUP);
	write_file(NET_CLS GROUP "/net_cls.classid", "1048577");
	nft("add rule inet t c meta cgroup 1048577 drop\n");
	return NET_CLS;
}

static void enter_group(const char *hierarchy, const char *group)
{
	char path[64], pid[16];

	snprintf(path, sizeof(path), "%s%s/cgroup.procs", hierarchy, group);
	snprintf(pid, sizeof(pid), "%d", getpid());
	write_file(path, pid);
}

TEST_F(way, filter_sees_the_openers_cgroup)
{
	const char *hierarchy = drop_what_a_cgroup_sends();

	enter_group(hierarchy, GROUP);
	close(self->fd);
	self->fd = echo_open();
	ASSERT_LE(0, self->fd);
	expect_not_sent(_metadata, self, EPERM);
	enter_group(hierarchy, "");
}

TEST_F(way, rule_for_the_openers_uid_applies)
{
	ip_batch("rule add uidrange 0-0 prohibit\n");
	ip6_batch("rule add uidrange 0-0 prohibit\n");
	expect_not_sent(_metadata, self, EACCES);
}

/* What is known of a destination is known for one user. */
TEST_F(way, rule_for_another_openers_uid_applies)
{
	int roots = self->fd;

	ip_batch("rule add uidrange 1000-1000 prohibit\n");
	ip6_batch("rule add uidrange 1000-1000 prohibit\n");
	expect_sent(_metadata, self);
	if (chmod(ICMPECHO_DEVICE, 0666) || seteuid(1000))
		die("become 1000");
	self->fd = echo_open();
	if (seteuid(0) || chmod(ICMPECHO_DEVICE, 0600))
		die("become root");
	ASSERT_LE(0, self->fd);
	expect_not_sent(_metadata, self, EACCES);
	close(self->fd);
	self->fd = roots;
	expect_sent(_metadata, self);
}

TEST_F(way, rule_made_later_applies)
{
	expect_sent(_metadata, self);
	ip_batch("rule add uidrange 0-0 prohibit\n");
	ip6_batch("rule add uidrange 0-0 prohibit\n");
	expect_not_sent(_metadata, self, EACCES);
	ip_batch("rule del uidrange 0-0 prohibit\n");
	ip6_batch("rule del uidrange 0-0 prohibit\n");
	expect_sent(_metadata, self);
}

TEST_F(way, next_request_has_the_new_source)
{
	expect_sent(_metadata, self);
	EXPECT_EQ(inet_addr(NEAR), packets[0].ip.saddr);
	EXPECT_STREQ(NEAR6, ipv6(packets6[0].ip6.saddr.s6_addr));
	ip_batch("addr del " NEAR "/24 dev near0\n"
		 "addr add 192.0.2.10/24 dev near0\n"
		 "route add default via " WORLD "\n"
		 "addr del " NEAR6 "/64 dev near0\n"
		 "addr add 2001:db8:1::10/64 dev near0 nodad\n");
	expect_sent(_metadata, self);
	EXPECT_EQ(inet_addr("192.0.2.10"), packets[0].ip.saddr);
	EXPECT_STREQ("2001:db8:1::10", ipv6(packets6[0].ip6.saddr.s6_addr));
}

/* By RFC 6724: of two addresses, the one that is not deprecated. */
TEST_F(way, next_request_has_the_better_source)
{
	ip_batch("addr add 2001:db8:1::10/64 dev near0 nodad preferred_lft 0\n");
	expect_sent(_metadata, self);
	EXPECT_STREQ(NEAR6, ipv6(packets6[0].ip6.saddr.s6_addr));
	ip_batch("addr change " NEAR6 "/64 dev near0 nodad preferred_lft 0\n"
		 "addr change 2001:db8:1::10/64 dev near0 nodad preferred_lft forever\n");
	expect_sent(_metadata, self);
	EXPECT_STREQ("2001:db8:1::10", ipv6(packets6[0].ip6.saddr.s6_addr));
}

TEST_F(way, device_that_went_down_sends_no_more)
{
	expect_sent(_metadata, self);
	ip_batch("link set near0 down\n");
	expect_not_sent(_metadata, self, ENETUNREACH);
}

/* A module that held on to it would keep "ip" waiting for ever. */
TEST_F(way, device_that_was_used_can_be_removed)
{
	expect_sent(_metadata, self);
	ip_batch("link del near0\n");
	EXPECT_EQ(0, if_nametoindex("near0"));
	ASSERT_EQ(0, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(ENETUNREACH, record.c.error);
	ASSERT_EQ(0, echo_send(self->fd, &self->echo6, &record));
	EXPECT_EQ(ENETUNREACH, record.c.error);
}

TEST_F(way, rule_for_the_source_applies)
{
	inet_pton(AF_INET, NEAR, self->echo.src);
	inet_pton(AF_INET6, NEAR6, self->echo6.src);
	ip_batch("rule add from " NEAR " prohibit\n");
	ip6_batch("rule add from " NEAR6 " prohibit\n");
	expect_not_sent(_metadata, self, EACCES);
}

TEST_F(way, foreign_source_is_eaddrnotavail)
{
	inet_pton(AF_INET, WORLD, self->echo.src);
	inet_pton(AF_INET6, WORLD6, self->echo6.src);
	EXPECT_EQ(-EADDRNOTAVAIL, echo_send(self->fd, &self->echo, &record));
	EXPECT_EQ(-EADDRNOTAVAIL, echo_send(self->fd, &self->echo6, &record));
}

TEST_F(way, next_request_takes_the_new_route)
{
	expect_sent(_metadata, self);
	link_add_route_of_type(BEYOND, RTN_PROHIBIT);
	link_add_route_of_type(BEYOND6, RTN_PROHIBIT);
	expect_not_sent(_metadata, self, EACCES);
	link_del_route(BEYOND);
	link_del_route(BEYOND6);
	expect_sent(_metadata, self);
}

/* Filters find the owner of a packet by the file of its socket. */
TEST_F(way, filter_sees_the_openers_uid)
{
	int roots = self->fd;

	nft(OUTPUT_CHAIN
	    "add rule inet t c meta skuid 1000 meta skgid 0 drop\n");
	expect_sent(_metadata, self);
	if (chmod(ICMPECHO_DEVICE, 0666) || seteuid(1000))
		die("become 1000");
	self->fd = echo_open();
	if (seteuid(0) || chmod(ICMPECHO_DEVICE, 0600))
		die("become root");
	ASSERT_LE(0, self->fd);
	expect_not_sent(_metadata, self, EPERM);
	close(self->fd);
	self->fd = roots;
	expect_sent(_metadata, self);
}

/* Packets come to a filter here when nobody has the session open any more. */
TEST_F(way, filter_sees_no_owner_when_the_session_is_closed)
{
	/* The second is for kernels before 5.16. */
	if (!nft_if_known("add table netdev t\n"
			  "add chain netdev t c { type filter hook egress device near0 priority 0;"
			  " policy accept; }\n"
			  "add rule netdev t c meta skuid 0 counter drop\n"))
		tc_batch("qdisc add dev near0 root handle 1: prio\n"
			 "filter add dev near0 parent 1: protocol all handle 1 flow hash"
			 " keys sk-uid divisor 2 baseclass 1:1\n");
	self->echo = echo_to("192.0.2.77");
	self->echo6 = echo_to("2001:db8:1::77");
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo6, 1));
	close(self->fd);
	ip_batch("neigh replace 192.0.2.77 lladdr " WORLD_MAC " dev near0\n"
		 "neigh replace 2001:db8:1::77 lladdr " WORLD_MAC " dev near0\n");
	injector_request(self->injector, &packets[0]);
	injector_request(self->injector6, &packets6[0]);
	self->fd = echo_open();
}

/* A link-local address is one of its link, and no other; so is what it sends. */
TEST_F(way, source_of_another_link_is_refused)
{
	ip_batch("link add other type dummy\n"
		 "link set other addrgenmode none up\n");
	link_add_address("other", "fe80::77/64");
	inet_pton(AF_INET6, "fe80::77", self->echo6.src);
	EXPECT_EQ(-EINVAL, echo_submit(self->fd, &self->echo6, 1));
	self->echo6.ifindex = if_nametoindex("near0");
	EXPECT_EQ(-EADDRNOTAVAIL, echo_submit(self->fd, &self->echo6, 1));
	inet_pton(AF_INET6, WORLD_LL, self->echo6.dst);
	EXPECT_EQ(-EADDRNOTAVAIL, echo_submit(self->fd, &self->echo6, 1));
	inet_pton(AF_INET6, NEAR_LL, self->echo6.src);
	expect_sent(_metadata, self);
	EXPECT_STREQ(NEAR_LL, ipv6(packets6[0].ip6.saddr.s6_addr));
	inet_pton(AF_INET6, "::1", self->echo6.src);
	EXPECT_EQ(-EADDRNOTAVAIL, echo_submit(self->fd, &self->echo6, 1));
}

/* A router has the anycast address of its networks. */
TEST_F(way, anycast_source_is_one_of_ours)
{
	inet_pton(AF_INET6, "2001:db8:1::", self->echo6.src);
	EXPECT_EQ(-EADDRNOTAVAIL, echo_submit(self->fd, &self->echo6, 1));
	netns_sysctl("ipv6/conf/all/forwarding", "1");
	expect_sent(_metadata, self);
	EXPECT_STREQ("2001:db8:1::", ipv6(packets6[0].ip6.saddr.s6_addr));
}

TEST_F(way, sysctl_for_foreign_sources_applies)
{
	inet_pton(AF_INET6, "2001:db8:77::1", self->echo6.src);
	EXPECT_EQ(-EADDRNOTAVAIL, echo_submit(self->fd, &self->echo6, 1));
	netns_sysctl("ipv6/ip_nonlocal_bind", "1");
	expect_sent(_metadata, self);
	EXPECT_STREQ("2001:db8:77::1", ipv6(packets6[0].ip6.saddr.s6_addr));
}

TEST_F(way, broadcast_of_a_caller_without_rights_is_eperm)
{
	self->echo = echo_with("192.0.2.255", payload, 56);
	send_plain(variant->plain);
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	if (unshare(CLONE_NEWUSER))
		die("unshare");
	EXPECT_EQ(-EPERM, echo_submit(self->fd, &self->echo, 1));
}

TEST_F(way, longer_than_the_mtu_is_fragmented_or_refused)
{
	self->echo = echo_with(BEYOND, payload, sizeof(payload));
	self->echo.flags = ICMPECHO_DONT_FRAGMENT;
	self->echo6 = echo_with(BEYOND6, payload, sizeof(payload));
	self->echo6.flags = ICMPECHO_DONT_FRAGMENT;
	expect_not_sent(_metadata, self, EMSGSIZE);
	self->echo.flags = 0;
	ASSERT_EQ(1, echo_submit(self->fd, &self->echo, 1));
	ASSERT_TRUE(injector_next(self->injector, &packets[0], PATIENCE_NS / NS_PER_MS));
	EXPECT_EQ(htons(0x2000), packets[0].ip.frag_off);
}

/*
 * A request whose payload comes late, as from a slow disk. It can end before: then
 * it has been reported, and does not leave any more.
 */
#define LATE_TTL 77

struct late {
	int fd;
	struct icmpecho_echo echo;
	bool wait;	/* by SEND, not by SUBMIT */
	int result;
};

static void *send_late(void *arg)
{
	struct late *late = arg;

	if (late->wait)
		late->result = echo_send(late->fd, &late->echo, &record);
	else
		late->result = echo_submit(late->fd, &late->echo, 1);
	return NULL;
}

static void end_before_payload(struct __test_metadata *_metadata, int fd,
			       struct icmpecho_echo echo, bool wait, bool cancel)
{
	const char *outcome = cancel ? "cancelled" : "timeouts";
	long long before = echo_fdinfo(fd, outcome);
	struct late late = { .fd = fd, .echo = echo, .wait = wait };
	pthread_t thread;
	void *page;
	int uffd = userfault_page(&page);

	late.echo.payload = u64_ptr(page);
	late.echo.ttl = LATE_TTL;
	late.echo.timeout_ns = cancel ? NEVER_NS : 0;
	pthread_create(&thread, NULL, send_late, &late);
	userfault_wait(uffd);
	if (cancel)
		EXPECT_EQ(1, echo_cancel(fd, ICMPECHO_CANCEL_ALL, 0));
	while (echo_fdinfo(fd, outcome) == before)
		usleep(1000);
	userfault_serve(uffd, page);
	pthread_join(thread, NULL);
	EXPECT_EQ(!wait, late.result);
	EXPECT_EQ(!wait, reap_now(fd, &record));
	EXPECT_EQ(cancel ? ICMPECHO_STATUS_CANCELLED : ICMPECHO_STATUS_TIMED_OUT,
		  record.c.status);
	close(uffd);
}

static void expect_ended_unsent(struct __test_metadata *_metadata,
				FIXTURE_DATA(way) *self, bool cancel)
{
	int i;

	for (i = 0; i < 2; i++) {
		end_before_payload(_metadata, self->fd, self->echo, i, cancel);
		end_before_payload(_metadata, self->fd, self->echo6, i, cancel);
	}
	expect_sent(_metadata, self);
	EXPECT_NE(LATE_TTL, packets[0].ip.ttl);
	EXPECT_NE(LATE_TTL, packets6[0].ip6.hop_limit);
	EXPECT_EQ(4, echo_fdinfo(self->fd, cancel ? "cancelled" : "timeouts"));
	EXPECT_EQ(0, echo_fdinfo(self->fd, "not_sent"));
}

TEST_F(way, request_that_has_timed_out_is_not_sent)
{
	expect_ended_unsent(_metadata, self, false);
}

TEST_F(way, request_that_was_cancelled_is_not_sent)
{
	expect_ended_unsent(_metadata, self, true);
}

/*
 * Reap the completion of a request whose SUBMIT is still reading the payload, and submit
 * another: that must not get the memory of the first, which its submitter still uses.
 */
static void reap_before_payload(struct __test_metadata *_metadata, int fd,
				struct icmpecho_echo *echo)
{
	struct late late = { .fd = fd, .echo = *echo };
	pthread_t thread;
	void *page;
	int uffd = userfault_page(&page);

	late.echo.payload = u64_ptr(page);
	late.echo.ttl = LATE_TTL;
	late.echo.timeout_ns = 0;
	pthread_create(&thread, NULL, send_late, &late);
	userfault_wait(uffd);
	EXPECT_EQ(1, reap_one(fd, &record));
	EXPECT_EQ(ICMPECHO_STATUS_TIMED_OUT, record.c.status);
	EXPECT_EQ(1, echo_submit(fd, echo, 1));
	userfault_serve(uffd, page);
	pthread_join(thread, NULL);
	EXPECT_EQ(1, late.result);
	close(uffd);
}

TEST_F(way, request_that_was_reaped_is_not_sent)
{
	reap_before_payload(_metadata, self->fd, &self->echo);
	reap_before_payload(_metadata, self->fd, &self->echo6);
	injector_request(self->injector, &packets[0]);
	injector_request(self->injector6, &packets6[0]);
	expect_sent(_metadata, self);
	EXPECT_NE(LATE_TTL, packets[0].ip.ttl);
	EXPECT_NE(LATE_TTL, packets6[0].ip6.hop_limit);
}

TEST_HARNESS_MAIN
