// SPDX-License-Identifier: GPL-2.0
/*
 * The namespaces of the benchmark:
 *
 *	 near                                     far
 *	+---------------------------+            +---------------------------+
 *	| 192.0.2.1, fd00:1::1 near0|------------|far0 192.0.2.2, fd00:1::2  |
 *	| dummy0: never an answer   |            | all of 10.64.0.0/20 and   |
 *	|         10.128.0.0/12, or |            | fd00:64::/64 are its own  |
 *	|   the rest of 10.64.0.0/16|            |                           |
 *	+---------------------------+            +---------------------------+
 *
 * All destinations are behind one neighbour: what a neighbour costs that was
 * never heard of is the same for all who ping, and another matter.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "../lib/link.h"

static const struct link_end near0 = { "near0", "02:00:00:00:00:01" };
static const struct link_end far0 = { "far0", "02:00:00:00:00:02" };
const unsigned char world_near_mac[6] = { 2, 0, 0, 0, 0, 1 };
const unsigned char world_far_mac[6] = { 2, 0, 0, 0, 0, 2 };

static int near_ns, far_ns;

static void build_far(void)
{
	ip_batch("addr add 192.0.2.2/24 dev far0\n"
		 "addr add fd00:1::2/64 dev far0 nodad\n"
		 "link set far0 up\n"
		 "neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 nud permanent dev far0\n"
		 "neigh add fd00:1::1 lladdr 02:00:00:00:00:01 nud permanent dev far0\n"
		 "route add local 10.64.0.0/20 dev lo\n"
		 "route add local fd00:64::/64 dev lo\n"
		 "route add default via 192.0.2.1\n");
}

static void build_near(void)
{
	ip_batch("addr add 192.0.2.1/24 dev near0\n"
		 "addr add fd00:1::1/64 dev near0 nodad\n"
		 "link set near0 up\n"
		 "neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 nud permanent dev near0\n"
		 "neigh add fd00:1::2 lladdr 02:00:00:00:00:02 nud permanent dev near0\n"
		 "route add 10.64.0.0/20 via 192.0.2.2\n"
		 "route add fd00:64::/64 via fd00:1::2\n"
		 "link add dummy0 type dummy\n"
		 "addr add 203.0.113.1/24 dev dummy0\n"
		 "link set dummy0 up\n"
		 "neigh add 203.0.113.2 lladdr 02:00:00:00:00:03 nud permanent dev dummy0\n"
		 "route add 10.128.0.0/12 via 203.0.113.2\n"
		 "route add 10.64.0.0/16 via 203.0.113.2\n");
}

void world_build(void)
{
	far_ns = netns_alone();
	near_ns = netns_alone();
	link_add_veth(&near0, &far0, far_ns);
	netns_enter(far_ns);
	build_far();
	netns_enter(near_ns);
	build_near();
	/* As Debian's systemd sets it; iputils ping then uses a ping socket. */
	netns_sysctl("ipv4/ping_group_range", "0 2147483647");
	link_wait_for("near0");
}

void world_delay_us(unsigned int us)
{
	static bool delayed;

	netns_enter(far_ns);
	if (us)
		tc_batch("qdisc replace dev far0 root netem delay %uus limit 100000\n", us);
	else if (delayed)
		tc_batch("qdisc del dev far0 root\n");
	delayed = us;
	netns_enter(near_ns);
}

struct in_addr world_host(unsigned int index)
{
	struct in_addr address = {
		htonl(0x0a400000 | (index % WORLD_HOSTS)),
	};

	return address;
}

unsigned int world_host_index(struct in_addr address)
{
	return ntohl(address.s_addr) - 0x0a400000;
}

struct in_addr world_silent_host(unsigned int index)
{
	struct in_addr address = {
		htonl(0x0a800000 | (index % WORLD_SILENT_HOSTS)),
	};

	return address;
}

static const struct in6_addr prefix6 = {
	.s6_addr = { 0xfd, 0x00, 0x00, 0x64 },
};

struct world_address world_address(int family, unsigned int index)
{
	struct world_address address = {};

	if (family == AF_INET) {
		address.in.sin_family = AF_INET;
		address.in.sin_addr = world_host(index);
		address.len = sizeof(address.in);
	} else {
		address.in6.sin6_family = AF_INET6;
		address.in6.sin6_addr = prefix6;
		address.in6.sin6_addr.s6_addr16[7] = htons(1 + index % WORLD_HOSTS);
		address.len = sizeof(address.in6);
	}
	return address;
}

long world_replies(int family)
{
	return family == AF_INET ? netns_counter("Icmp", "InEchoReps") :
				   netns_counter6("Icmp6InEchoReplies");
}

void world_wait_for_quiet(void)
{
	int ms;

	for (ms = 0; netns_raw_sockets() > 0; ms++) {
		errno = ETIMEDOUT;
		if (ms > 5000)
			die("somebody still has a raw socket open");
		usleep(1000);
	}
	/* What was closed is freed some time later. */
	usleep(50000);
	meter_settle();
}
