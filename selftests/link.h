/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interfaces of the current namespace, without starting a program for it: the
 * namespaces of a test are built by these calls, hundreds of times, and a
 * program start takes a second on a debugging kernel under emulation.
 */
#ifndef LINK_H
#define LINK_H

struct link_end {
	const char *name;
	unsigned char mac[6];
};

/* Make a veth pair: @here in this namespace, @there in the one of @ns. */
void link_add_veth(const struct link_end *here, const struct link_end *there,
		   int ns);

/* Set an interface up, with an address (dotted) or without (NULL). */
void link_up(const char *name, const char *address);

/* What has @address on this link has this MAC, so nobody needs to ask. */
void link_add_neighbour(const char *name, const char *address,
			const struct link_end *neighbour);

void link_add_default_route(const char *gateway);

/*
 * The end of a veth pair that came up first starts to send some time after the
 * other one is up too, from a work item, and drops packets until then. Wait for
 * that. (The other end sends at once.)
 */
void link_wait_for(const char *name);

#endif /* LINK_H */
