/* SPDX-License-Identifier: MIT */
/*
 * The addresses of a monitor's hosts that are known by name. Each name is looked up when its
 * host is due, beside the requests to others, and again and again until it is resolved: at
 * first after the host's interval, then after twice the time and so on, up to a minute.
 */
#ifndef TOOLS_LOOKUPS_H
#define TOOLS_LOOKUPS_H

#include "engine.h"
#include "host.h"
#include "resolver.h"

enum lookup_result {
	LOOKUP_RESOLVED,		/* the host has an address now, or another one */
	LOOKUP_FAILED,			/* it has none yet; host->lookup_ns: when to try again */
	LOOKUP_MEANT_ANOTHER,		/* name: the host has got a new one meanwhile */
	LOOKUP_CHANGED_NOTHING,		/* it failed, and the host keeps the address of before */
};

struct lookups {
	struct engine *engine;
	struct resolver *resolver;	/* the first look-up opens it */
	void (*ended)(void *self, struct host *host, enum lookup_result result);
	void *self;
};

void lookups_close(struct lookups *lookups);

/*
 * Begins to look the host's name up, if it has one that is due. Returns whether it did: then
 * ended() follows, until when the host must stay.
 */
bool lookups_begin(struct lookups *lookups, struct host *host, uint64_t now_ns);

/* The host gets the name of another one, or its address: as its configuration says now. */
void lookups_take_name(struct host *host, struct host *from);

#endif /* TOOLS_LOOKUPS_H */
