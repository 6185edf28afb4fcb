/* SPDX-License-Identifier: MIT */
/* What the files of icmpecho ping share: ping.c asks, ping_print.c tells. */
#ifndef TOOLS_PING_H
#define TOOLS_PING_H

#include "options.h"
#include "schedule.h"
#include "stats.h"
#include "targets.h"

struct ping_host {
	struct target *target;
	char name[300];			/* with the address, if that is another text */
	struct icmpecho_echo echo;
	uint64_t requested;		/* the sequence number of the last request */
	struct stats stats;
};

struct ping {
	struct options options;
	struct targets targets;
	struct ping_host *hosts;
	struct schedule schedule;
	struct engine *engine;
	uint64_t replies;		/* to collect for each request; 0: one, or a group's */
	uint64_t deadline_ns;		/* how long to go on; 0: as long as -c says */
	uint64_t end_ns;		/* when that is over */
	bool with_time;
	int name_width;
};

/* How a request ended, or one of several answers to it. */
struct ping_event {
	const struct icmpecho_completion *c;	/* NULL: the kernel refused it */
	int error;				/* why it refused it */
	enum outcome outcome;
	uint64_t seq;
	bool is_duplicate, is_corrupted;
};

/* A line, or a record, for an event; nothing with -q. */
void ping_tell(const struct ping *ping, const struct ping_host *host,
	       const struct ping_event *event);

/* What is known of each host so far. */
void ping_summarise(const struct ping *ping);

#endif /* TOOLS_PING_H */
