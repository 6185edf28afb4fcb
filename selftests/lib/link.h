/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links, addresses and routes of the current namespace, without starting a
 * program for it: the namespaces of a test are built by these calls, hundreds
 * of times, and a program start takes a second on a debugging kernel under
 * emulation.
 */
#ifndef LINK_H
#define LINK_H

/* A MAC is text, as "02:00:00:00:00:01"; without one, the kernel takes any. */
struct link_end {
	const char *name;
	const char *mac;
};

/* Make a veth pair: @here in this namespace, @there in the one of @ns. */
void link_add_veth(const struct link_end *here, const struct link_end *there,
		   int ns);

/* Set an interface up, with an address (dotted) or without (NULL). */
void link_up(const char *name, const char *address);

/*
 * Addresses are text of either family; one that has a network of its own, or a
 * route's destination, is "ADDRESS/LENGTH", and ALL or ALL6 is every destination.
 */
#define ALL	"0.0.0.0/0"
#define ALL6	"::/0"

/* Give an interface one address more, which is usable at once. */
void link_add_address(const char *name, const char *address);

/* What has @address on this link has this MAC, so nobody needs to ask. */
void link_add_neighbour(const char *name, const char *address, const char *mac);

/*
 * A route by a gateway, one to whatever is on a link, and one of a type that
 * leads nowhere, as RTN_UNREACHABLE.
 */
void link_add_route(const char *to, const char *gateway);
void link_add_route_on_link(const char *to, const char *name);
void link_add_route_of_type(const char *to, unsigned char type);

void link_del_route(const char *to);

void link_set_mtu(const char *name, int mtu);

/*
 * The end of a veth pair that came up first starts to send some time after the
 * other one is up too, from a work item, and drops packets until then. Wait for
 * that. (The other end sends at once.)
 */
void link_wait_for(const char *name);

#endif /* LINK_H */
