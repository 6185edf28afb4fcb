/* SPDX-License-Identifier: MIT */
/* What the files of icmpecho sweep share: sweep.c asks, sweep_print.c tells. */
#ifndef TOOLS_SWEEP_H
#define TOOLS_SWEEP_H

#include "options.h"
#include "progress.h"
#include "targets.h"

enum sweep_state {
	STATE_OPEN,			/* not asked yet, or no answer yet */
	STATE_ALIVE,
	STATE_SILENT,			/* each request timed out */
	STATE_ERROR,			/* an ICMP error came, or another host answered */
	STATE_UNSENT,
	STATE_COUNT
};

/* What is known of one target. */
struct sweep_result {
	uint64_t rtt_ns;		/* if somebody answered */
	uint8_t from[16];		/* of STATE_ERROR: who */
	uint32_t scope_id;
	uint32_t status;
	int error;			/* of STATE_UNSENT: why */
	uint8_t state;
	uint8_t requests;
};

struct sweep {
	struct options options;
	struct targets targets;
	struct sweep_result *results;		/* one for each target */
	struct icmpecho_echo template;
	uint64_t retries;
	bool alive, dead;		/* --alive, --dead */
	size_t next;			/* the first target that was not asked */
	/* Targets to ask again, in a ring: none is in it twice. */
	uint32_t *again;
	size_t again_first, again_count;
	size_t printed;			/* targets that have had their line */
	uint64_t counts[STATE_COUNT];	/* targets in each state but STATE_OPEN */
	uint64_t known;			/* the sum of them */
	uint64_t requests;
	uint64_t started_ns, last_request_ns;
	struct engine *engine;
	struct progress progress;
};

/*
 * Prints what is known, in the order of the targets, up to the first that is open. @at_end:
 * also what is behind it.
 */
void sweep_print_known(struct sweep *sweep, bool at_end);

/* On a terminal: how far it is, and the time that is left. */
void sweep_show_progress(struct sweep *sweep, uint64_t now_ns);

/* The last line, or the last record. */
void sweep_summarise(const struct sweep *sweep);

#endif /* TOOLS_SWEEP_H */
