// SPDX-License-Identifier: GPL-2.0
/* Build the namespaces of netns6.h. */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <unistd.h>
#include <stdlib.h>

#include "netns6.h"

static void add_ipv6_to_near(void)
{
	link_add_address("near0", NEAR6 "/64");
	link_add_address("near0", NEAR_LL "/64");
	link_add_neighbour("near0", WORLD6, WORLD_MAC);
	link_add_neighbour("near0", WORLD_LL, WORLD_MAC);
	link_add_route(ALL6, WORLD6);
}

/* The other end of near's link. */
static void add_ipv6_to_gateway(const char *name)
{
	link_add_address(name, WORLD6 "/64");
	link_add_address(name, WORLD_LL "/64");
	link_add_neighbour(name, NEAR6, NEAR_MAC);
	link_add_neighbour(name, NEAR_LL, NEAR_MAC);
}

struct pair netns_pair6(void)
{
	struct pair pair = netns_pair();

	netns_enter(pair.world);
	netns_sysctl("ipv6/icmp/echo_ignore_all", "1");
	add_ipv6_to_gateway("world0");
	/* Else it reports each destination that it has no route to. */
	link_add_route_of_type(ALL6, RTN_BLACKHOLE);
	netns_enter(pair.near);
	add_ipv6_to_near();
	return pair;
}

/* An IPv6 address becomes usable some time after it was added. */
static void wait_for_addresses(void)
{
	unsigned int flags, tentative, ms = 0;
	char line[128];

	do {
		FILE *file = fopen("/proc/thread-self/net/if_inet6", "re");

		tentative = 0;
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "%*s %*x %*x %*x %x", &flags) == 1)
				tentative |= flags & 0x40;
		if (!file || fclose(file) || ms++ > 20000)
			die("if_inet6");
		usleep(1000);
	} while (tentative);
}

void near_into_vrf(void)
{
	/* A port loses what it had but for its IPv4 addresses. */
	ip_batch("link add red type vrf table 100\n"
		 "link set red up\n"
		 "link set near0 master red\n"
		 "addr add " NEAR6 "/64 dev near0 nodad\n"
		 "addr add " NEAR_LL "/64 dev near0 nodad\n"
		 "neigh replace " WORLD " lladdr " WORLD_MAC " dev near0\n"
		 "neigh replace " WORLD6 " lladdr " WORLD_MAC " dev near0\n"
		 "neigh replace " WORLD_LL " lladdr " WORLD_MAC " dev near0\n");
	wait_for_addresses();
	link_wait_for("near0");
}

struct path netns_path6(void)
{
	struct path path = netns_path();

	netns_enter(path.router);
	netns_sysctl("ipv6/conf/all/forwarding", "1");
	netns_sysctl("ipv6/icmp/ratelimit", "0");
	add_ipv6_to_gateway("router0");
	link_add_address("router1", ROUTER_FAR6 "/64");
	link_add_address("router1", "fe80::3/64");
	link_add_neighbour("router1", FAR6, FAR_MAC);
	link_add_neighbour("router1", "fe80::4", FAR_MAC);

	netns_enter(path.far);
	link_add_address("far0", FAR6 "/64");
	link_add_address("far0", "fe80::4/64");
	link_add_neighbour("far0", ROUTER_FAR6, ROUTER1_MAC);
	link_add_neighbour("far0", "fe80::3", ROUTER1_MAC);
	link_add_route(ALL6, ROUTER_FAR6);
	netns_enter(path.near);
	add_ipv6_to_near();
	return path;
}

/* Returns the host's descriptor, which keeps it alive. */
static int add_host(int world, unsigned int i)
{
	char port[16], address[32], address6[32];
	struct link_end host_end = { "host0" }, port_end = { port };
	int host = netns_alone();

	snprintf(port, sizeof(port), "port%u", i);
	snprintf(address, sizeof(address), "192.0.2.%u", 100 + i);
	snprintf(address6, sizeof(address6), "fe80::%u/64", 100 + i);
	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	link_add_veth(&host_end, &port_end, world);
	link_up("host0", address);
	link_add_address("host0", address6);
	link_add_neighbour("host0", NEAR, NEAR_MAC);
	link_add_neighbour("host0", NEAR_LL, NEAR_MAC);
	netns_enter(world);
	link_up(port, NULL);
	ip_batch("link set %s master bridge0\n", port);
	netns_enter(host);
	link_wait_for("host0");
	netns_enter(world);
	/* Until then the bridge sends nothing there. */
	link_wait_for(port);
	return host;
}

struct crowd netns_crowd(unsigned int n)
{
	struct pair pair = netns_pair6();
	struct crowd crowd = { .near = pair.near, .world = pair.world };
	unsigned int i;

	crowd.hosts = calloc(n, sizeof(*crowd.hosts));
	if (!crowd.hosts)
		die("calloc");
	netns_enter(pair.world);
	/* A bridge does not take up a port that is not yet up before that is noticed. */
	link_wait_for("world0");
	ip_batch("link add bridge0 type bridge\n"
		 "link set bridge0 addrgenmode none up\n"
		 "addr flush dev world0\n"
		 "link set world0 master bridge0\n");
	for (i = 0; i < n; i++)
		crowd.hosts[i] = add_host(pair.world, i);
	netns_enter(pair.near);
	link_add_route_on_link("224.0.0.0/4", "near0");
	return crowd;
}
