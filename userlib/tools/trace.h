/* SPDX-License-Identifier: MIT */
/* What trace.c and its screen, trace_live.c, share. */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include <poll.h>

#include "engine.h"
#include "hop_view.h"
#include "options.h"
#include "targets.h"

struct trace {
	struct options options;
	bool is_numeric, is_live, has_interval;
	struct targets targets;
	char host[ADDRESS_TEXT_LEN];
	char title[320];		/* the host, with its address if that is another text */
	struct path path;
	struct names *names;		/* NULL: there is no use for them */
	struct hop_view view;
	struct engine *engine;
	struct icmpecho_echo echo;
	/* The next request is to next_ttl, when next_round_ns has come. */
	uint64_t round, next_round_ns;
	uint32_t next_ttl;
	bool is_paused;
	struct probe_id *retries;	/* requests that were too long */
	size_t retries_head, retries_len, retries_room;
	/* Without a screen: what was printed */
	uint32_t next_hop;
	uint32_t silent_from;		/* hops without an answer that were not printed; 0: none */
	bool names_are_overdue;
	uint64_t wake_ns;		/* something is to do then, besides requests */
};

/* Parts of an engine's operations. @self is the struct trace. */
uint32_t trace_fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		    uint64_t *due_ns);
void trace_count(struct trace *trace, const struct icmpecho_completion *c);
void trace_count_refused(struct trace *trace, const struct icmpecho_echo *echo, int error);

/* Whether no further round is to come. */
bool trace_has_asked_all(const struct trace *trace);

/* The last line: whether the host was reached. */
void trace_print_verdict(const struct trace *trace);

/* Runs with a screen. Returns 0, or -1 after a message. */
int trace_live(struct trace *trace);

#endif /* TOOLS_TRACE_H */
