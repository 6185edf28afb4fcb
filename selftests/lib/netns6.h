/* SPDX-License-Identifier: GPL-2.0 */
/*
 * More namespaces, built on those of netns.h.
 *
 * pair6 and path6 are the same with IPv6 beside IPv4. Addresses are there at
 * once, without the detection of duplicates, and no others come by themselves:
 *
 *	near0	2001:db8:1::1	fe80::1
 *	world0	2001:db8:1::2	fe80::2		also router0
 *	router1	2001:db8:2::1	fe80::3
 *	far0	2001:db8:2::2	fe80::4
 *
 * crowd: near, and hosts on its link that answer broadcasts and multicasts.
 *
 *	 near                          world          host 0 ... host n - 1
 *	+-------------------+    +---------------+    +----------------------+
 *	| 192.0.2.1   near0 |----| world0 bridge |----| host0  192.0.2.100+i |
 *	| 2001:db8:1::1     |    |               |    | fe80::100 + i        |
 *	+-------------------+    +---------------+    +----------------------+
 */
#ifndef NETNS6_H
#define NETNS6_H

#include "netns.h"

#define NEAR6	"2001:db8:1::1"
#define ROUTER6	"2001:db8:1::2"
#define WORLD6	"2001:db8:1::2"
#define ROUTER_FAR6 "2001:db8:2::1"
#define FAR6	"2001:db8:2::2"
#define BEYOND6	"2001:db8:2::2"
/* The link-local addresses of near0, and of world0 or router0. */
#define NEAR_LL	"fe80::1"
#define WORLD_LL "fe80::2"
#define ROUTER_LL "fe80::2"

struct pair netns_pair6(void);

/* In the near of pair6: make near0 a port of a VRF "red", whose table is 100. */
void near_into_vrf(void);

struct path netns_path6(void);

/* The host i is behind "port" i of the world. */
struct crowd {
	int near;
	int world;
	int *hosts;
};

/* Build near and a crowd of @n hosts, and enter near. */
struct crowd netns_crowd(unsigned int n);

#endif /* NETNS6_H */
