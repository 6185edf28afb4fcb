/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network namespaces in which the tests live. They are anonymous: the
 * descriptors here and the sessions opened inside keep them alive, and they
 * are gone when the test process is.
 *
 * alone: nothing but a loopback interface.
 *
 * pair: near and a world that the test plays itself. The world answers and
 * forwards nothing; whatever near sends to any address arrives at the test's
 * packet socket there (see inject.h), which also forges what comes back.
 *
 *	 near                               world
 *	+----------------------+           +----------------------------+
 *	| 192.0.2.1/24   near0 |-----------| world0        192.0.2.2/24 |
 *	| default via world    |           | no answers, no forwarding  |
 *	+----------------------+           +----------------------------+
 *
 * path: real hosts with a real router between them.
 *
 *	 near                     router                           far
 *	+-------------------+    +----------------------------+   +---------------------+
 *	| 192.0.2.1   near0 |----| 192.0.2.2     198.51.100.1 |---| far0   198.51.100.2 |
 *	| default via router|    | no limit on ICMP errors    |   | default via router  |
 *	+-------------------+    +----------------------------+   +---------------------+
 *
 * The helpers end the test process with a message when they fail: then the
 * machine is broken, not the module.
 */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>

#include "link.h"

#define NEAR	"192.0.2.1"
#define ROUTER	"192.0.2.2"
#define WORLD	"192.0.2.2"
#define ROUTER_FAR "198.51.100.1"
#define FAR	"198.51.100.2"
/* An address behind the world, which is whatever the test makes of it. */
#define BEYOND	"198.51.100.2"

/*
 * Addresses of the link layer are fixed and known to both ends, so that a
 * burst loses nothing to ARP.
 */
#define NEAR_MAC	"02:00:00:00:00:01"
#define WORLD_MAC	"02:00:00:00:00:02"
#define ROUTER1_MAC	"02:00:00:00:00:03"
#define FAR_MAC		"02:00:00:00:00:04"

#define die(format, ...) netns_die(__FILE__, __LINE__, format, ##__VA_ARGS__)

void netns_die(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/* Enter a new namespace with lo up; returns a descriptor that leads back to it. */
int netns_alone(void);

/* Let this thread go to the namespace. */
void netns_enter(int ns);

struct pair {
	int near;
	int world;
};

/* Build near and world, and enter near. */
struct pair netns_pair(void);

struct path {
	int near;
	int router;
	int far;
};

/* Build near, router and far, and enter near. */
struct path netns_path(void);

/* Let the router treat a destination by a type of route, as RTN_PROHIBIT. */
void path_route_of_type(const struct path *path, const char *to, unsigned char type);

/* Let the router forget the network of far0, of either family. */
void path_unroute(const struct path *path, const char *network);

/* Give the link between router and far an MTU. */
void path_set_far_mtu(const struct path *path, int mtu);

/* Set a sysctl below net/ in the current namespace. */
void netns_sysctl(const char *name, const char *value);

/* Feed lines to "ip -batch" or "tc -batch" in the current namespace. */
void ip_batch(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ip6_batch(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tc_batch(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many packets the queue of a link holds. */
unsigned int netns_backlog(const char *link);

/* Feed text to "nft -f -" in the current namespace. */
void nft(const char *text);

/* The same for what not all kernels know; if this one does not, nothing changes. */
bool nft_if_known(const char *text);

/* Drop all that this namespace's own processes send over IPv4. */
void netns_drop_output(void);

/* How many raw ICMP sockets of the current namespace receive packets. */
int netns_raw_sockets(void);

/*
 * A counter of the current namespace in /proc/net/snmp, as "Icmp", "InEchos", or in
 * /proc/net/netstat, as "IpExt", "InTruncatedPkts"; or -1.
 */
long netns_counter(const char *protocol, const char *name);

/* A counter of the current namespace in /proc/net/snmp6, as "Icmp6InMsgs". */
long netns_counter6(const char *name);

#endif /* NETNS_H */
