/* SPDX-License-Identifier: MIT */
/* A change of a host's state, told. */
#ifndef TOOLS_CHANGE_H
#define TOOLS_CHANGE_H

#include "host.h"
#include "output.h"

struct change {
	const struct host *host;
	const struct host_rules *rules;
	enum host_state before;
	const struct icmpecho_completion *c;	/* of the last request; NULL: it was refused */
	int error;				/* why it was refused */
};

enum colour change_colour(enum host_state state);

/* A line: "2026-01-31 23:59:59.123456 gw is down: timed out, 3 in a row; was up for 5 min 3 s" */
void change_print(const struct change *change);

/* The same as a record. */
void change_record(const struct change *change);

/* The same without colours and line break, in @text. */
#define CHANGE_TEXT_LEN	1024
const char *change_format(const struct change *change, char *text);

#endif /* TOOLS_CHANGE_H */
