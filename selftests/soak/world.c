// SPDX-License-Identifier: GPL-2.0
/*
 * The pairs of network namespaces: each is near and world of netns6.h, where the workers are in
 * near, and the world, a router, answers. Behind it are networks, of either family:
 *
 *	10.1.0.0/16	2001:db8:a1::/48	unreachable
 *	10.2.0.0/16	2001:db8:a2::/48	prohibited
 *	10.3.0.0/16	2001:db8:a3::/48	silence
 *	10.4.0.0/16	2001:db8:a4::/48	behind near again: TTLs expire
 *
 * Nothing else holds them than the descriptors here, the workers in near, and their sessions.
 */
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/wait.h>

#include "soak.h"
#include "netns6.h"

struct soak_pair pairs[NR_PAIRS];

static int home = -1;

/* In the world */
static void become_router(void)
{
	netns_sysctl("ipv4/icmp_echo_ignore_all", "0");
	netns_sysctl("ipv4/icmp_echo_ignore_broadcasts", "0");
	netns_sysctl("ipv4/icmp_ratemask", "0");
	netns_sysctl("ipv4/ip_forward", "1");
	netns_sysctl("ipv6/icmp/echo_ignore_all", "0");
	netns_sysctl("ipv6/icmp/ratelimit", "0");
	netns_sysctl("ipv6/conf/all/forwarding", "1");
	link_add_route_of_type("10.1.0.0/16", RTN_UNREACHABLE);
	link_add_route_of_type("10.2.0.0/16", RTN_PROHIBIT);
	link_add_route_of_type("10.3.0.0/16", RTN_BLACKHOLE);
	link_add_route("10.4.0.0/16", NEAR);
	link_add_route_of_type("2001:db8:a1::/48", RTN_UNREACHABLE);
	link_add_route_of_type("2001:db8:a2::/48", RTN_PROHIBIT);
	link_add_route("2001:db8:a4::/48", NEAR6);
}

unsigned long packets_waiting(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < NR_PAIRS; i++) {
		if (pairs[i].broken)
			continue;
		netns_enter(pairs[i].ns.near);
		sum += netns_backlog("near0");
	}
	netns_enter(home);
	return sum;
}

void world_build(struct soak_pair *pair)
{
	pair->ns = netns_pair6();
	pair->broken = false;
	/* Else an address of IPv6 is gone when its link goes down. */
	netns_sysctl("ipv6/conf/near0/keep_addr_on_down", "1");
	netns_enter(pair->ns.world);
	netns_sysctl("ipv6/conf/world0/keep_addr_on_down", "1");
	become_router();
	netns_enter(home);
}

void world_drop(struct soak_pair *pair)
{
	close(pair->ns.near);
	close(pair->ns.world);
}

void world_open(void)
{
	int i;

	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		die("/proc/self/ns/net");
	for (i = 0; i < NR_PAIRS; i++)
		world_build(&pairs[i]);
}

void world_close(void)
{
	int i;

	for (i = 0; i < NR_PAIRS; i++)
		world_drop(&pairs[i]);
	close(home);
}

void run_in(int ns, const char *format, ...)
{
	char line[512];
	va_list args;
	pid_t pid;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		netns_enter(ns);
		close(STDERR_FILENO);
		open("/dev/null", O_WRONLY);
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}
