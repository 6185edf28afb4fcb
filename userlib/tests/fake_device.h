/* SPDX-License-Identifier: MIT */
/*
 * A device in place of /dev/icmpecho, for tests of the tool on a machine without the module:
 * the linker sends open() and ioctl() here (--wrap). It knows INFO, SUBMIT, REAP, CANCEL and
 * PACE, and what becomes of a request depends on its destination:
 *
 *	10.1.0.0/16	nothing comes: it times out
 *	10.2.0.0/16	10.0.0.254 says: host unreachable
 *	10.3.0.0/16	it completes unsent: no route to network
 *	10.4.0.0/16	it is refused: EPERM
 *	10.5.0.0/16	10.0.0.254 says: packet too big, MTU 1400
 *	10.6.0.0/16	two replies come, if it collects so many
 *	10.7.0.0/16	a reply with a wrong byte comes
 *	10.8.H.0/24	is H hops away: the hop with limit N < H is 10.0.N.254
 *	10.9.0.0/16	is one of the others
 *	10.10.H.0/24	the same, and beyond hop 2 the MTU is 1400, which the hop says
 *	10.11.H.0/24	the same, but it says nothing: what is longer times out
 *	10.12.H.0/24	as 10.8, but hop 2 keeps silent
 *	10.13.H.0/24	as 10.8, but beyond hop 2 it is prohibited (!X)
 *	10.14.H.0/24	as 10.8, but hop 2 is 10.0.2.254 and 10.0.2.253 by turns
 *	others		a reply comes. Its time is 1 ms for the first request to the device, and
 *			0.1 ms more for each one after that
 *
 * A reply has the IP options of its request; a route that is recorded there has 10.0.0.254.
 * Replies and errors are there to be collected at once, whatever their time is. A hop limit
 * of 1 makes 10.0.0.254 say that it has expired, but for 10.8 to 10.14. The interface to
 * these has an MTU of 1500.
 */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include <linux/icmpecho.h>
#include <stdbool.h>

struct fake_device {
	int open_error;			/* errno of the next open(), or 0 */
	int reap_error;			/* errno of each REAP, and POLLERR from open() on; or 0 */
	/*
	 * A file with what getaddrinfo() knows, instead of the real one; or NULL. A line is a
	 * name, an address, and how many milliseconds it takes.
	 */
	const char *names;
	const char *library;		/* what dlopen() opens instead of what it should, or NULL */
	unsigned int max_requests;	/* in flight and uncollected; EAGAIN beyond */
	unsigned int refuse_every;	/* ENOBUFS before each such request, once; 0: never */
	/* What it has seen since fake_reset(): */
	unsigned int submits, reaps, submitted, most_in_flight;
	struct icmpecho_pace pace;
	struct icmpecho_echo last;
};

extern struct fake_device fake;

/* A new device, with room for 65536 requests. */
void fake_reset(void);

#endif /* FAKE_DEVICE_H */
