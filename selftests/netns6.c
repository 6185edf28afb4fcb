// SPDX-License-Identifier: GPL-2.0
/* Build the namespaces of netns6.h. */
#include <stdio.h>
#include <unistd.h>

#include "link.h"
#include "netns6.h"

/* Two addresses of one end of a link, and the neighbour at the other end. */
static void add_ipv6(const char *name, const char *address, const char *local)
{
	ip_batch("addr add %s/64 dev %s nodad\n"
		 "addr add %s/64 dev %s nodad\n", address, name, local, name);
}

static void add_neighbour6(const char *name, const char *mac, const char *address,
			   const char *local)
{
	ip_batch("neigh add %s lladdr %s nud permanent dev %s\n"
		 "neigh add %s lladdr %s nud permanent dev %s\n",
		 address, mac, name, local, mac, name);
}

static void add_ipv6_to_near(void)
{
	add_ipv6("near0", NEAR6, NEAR_LL);
	add_neighbour6("near0", WORLD_MAC, WORLD6, WORLD_LL);
	ip6_batch("route add default via " WORLD6 "\n");
}

struct pair netns_pair6(void)
{
	struct pair pair = netns_pair();

	netns_enter(pair.world);
	netns_sysctl("ipv6/icmp/echo_ignore_all", "1");
	add_ipv6("world0", WORLD6, WORLD_LL);
	add_neighbour6("world0", NEAR_MAC, NEAR6, NEAR_LL);
	/* Else it reports each destination that it has no route to. */
	ip6_batch("route add blackhole default\n");
	netns_enter(pair.near);
	add_ipv6_to_near();
	return pair;
}

struct path netns_path6(void)
{
	struct path path = netns_path();

	netns_enter(path.router);
	netns_sysctl("ipv6/conf/all/forwarding", "1");
	netns_sysctl("ipv6/icmp/ratelimit", "0");
	add_ipv6("router0", ROUTER6, ROUTER_LL);
	add_neighbour6("router0", NEAR_MAC, NEAR6, NEAR_LL);
	add_ipv6("router1", "2001:db8:2::1", "fe80::3");
	add_neighbour6("router1", FAR_MAC, FAR6, "fe80::4");

	netns_enter(path.far);
	add_ipv6("far0", FAR6, "fe80::4");
	add_neighbour6("far0", ROUTER1_MAC, "2001:db8:2::1", "fe80::3");
	ip6_batch("route add default via 2001:db8:2::1\n");
	netns_enter(path.near);
	add_ipv6_to_near();
	return path;
}

static void add_host(int world, unsigned int i)
{
	int host = netns_alone();
	char port[16];

	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	ip_batch("link add host0 type veth peer name port%u netns /proc/%d/fd/%d\n"
		 "link set host0 addrgenmode none\n"
		 "addr add 192.0.2.%u/24 dev host0\n"
		 "link set host0 up\n"
		 "neigh add " NEAR " lladdr " NEAR_MAC " nud permanent dev host0\n",
		 i, getpid(), world, 100 + i);
	ip_batch("addr add fe80::%u/64 dev host0 nodad\n"
		 "neigh add " NEAR_LL " lladdr " NEAR_MAC " nud permanent dev host0\n",
		 100 + i);
	netns_enter(world);
	snprintf(port, sizeof(port), "port%u", i);
	ip_batch("link set %s master bridge0\n"
		 "link set %s up\n", port, port);
	netns_enter(host);
	link_wait_for("host0");
	netns_enter(world);
	/* Until then the bridge sends nothing there. */
	link_wait_for(port);
	/* The host's descriptor stays open, and keeps it alive. */
}

void netns_crowd(unsigned int n)
{
	struct pair pair = netns_pair6();
	unsigned int i;

	netns_enter(pair.world);
	ip_batch("link add bridge0 type bridge\n"
		 "link set bridge0 addrgenmode none up\n"
		 "addr flush dev world0\n"
		 "link set world0 master bridge0\n");
	for (i = 0; i < n; i++)
		add_host(pair.world, i);
	netns_enter(pair.near);
	ip_batch("route add 224.0.0.0/4 dev near0\n");
}
