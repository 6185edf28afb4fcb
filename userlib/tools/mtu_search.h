/* SPDX-License-Identifier: MIT */
/*
 * The search for the path MTU: which lengths to send, and what their answers mean. Lengths
 * are those of whole packets. Knows no device: whoever uses it sends the lengths of a round,
 * reports how each has ended, and asks for the next round.
 */
#ifndef TOOLS_MTU_SEARCH_H
#define TOOLS_MTU_SEARCH_H

#include "address.h"

#define SEARCH_ROUND	64		/* lengths of one round at most */
#define SEARCH_TRIES	3		/* so many timeouts say that a length does not pass */
#define SEARCH_LIMITS	8

enum search_limit_kind {
	LIMIT_NONE,			/* of the protocol: there is no longer packet */
	LIMIT_INTERFACE,		/* of this host */
	LIMIT_ROUTER,			/* that said so */
	LIMIT_SILENCE,			/* nobody says so, but nothing longer comes back */
};

struct search_limit {
	enum search_limit_kind kind;
	uint32_t mtu;
	struct address from;		/* of LIMIT_ROUTER */
};

struct search_silence {
	uint32_t len;
	unsigned int timeouts;
};

struct mtu_search {
	uint32_t min, max;		/* an empty payload; the longest one */
	uint32_t low;			/* this has passed; 0: nothing has */
	uint32_t high;			/* nothing longer passes */
	struct search_limit limit;	/* why not */
	struct search_limit routers[SEARCH_LIMITS];	/* what they have said */
	size_t routers_len;
	uint32_t longest_sent;		/* that has left this host */
	uint32_t interface_high;	/* nothing longer leaves this host */
	uint32_t shortest_failed;	/* this itself did not pass, whatever a report says */
	bool has_lied;			/* a router has said less than what passes */
	struct search_silence silences[SEARCH_ROUND];
	size_t silences_len;
	bool has_begun;
	uint32_t status;		/* how the shortest packet has ended without an answer */
	int error;			/* errno of one that has not left, or 0 */
	struct address from;		/* who sent an error for it */
};

/* @min: the length of a packet without payload, which must pass. */
void search_init(struct mtu_search *search, uint32_t min, uint32_t max);

/*
 * The lengths to send now, when all of the last round have ended. Returns how many; 0 when the
 * search is over.
 */
size_t search_next(struct mtu_search *search, uint32_t lens[SEARCH_ROUND]);

void search_count(struct mtu_search *search, uint32_t len, const struct icmpecho_completion *c);
void search_count_refused(struct mtu_search *search, uint32_t len, int error);

/* Whether the path MTU is known: search->low. Answers that are missing do not matter then. */
bool search_is_done(const struct mtu_search *search);

/* The longest packet that leaves this host; 0 if that was not found out on the way. */
uint32_t search_interface_mtu(const struct mtu_search *search);

/* Whether it is over without that, since not even the shortest packet is answered. */
bool search_has_failed(const struct mtu_search *search);

#endif /* TOOLS_MTU_SEARCH_H */
