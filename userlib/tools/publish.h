/* SPDX-License-Identifier: MIT */
/*
 * What a monitor shows besides its lines: files that are replaced from time to time, a
 * screen, and pages by HTTP.
 */
#ifndef TOOLS_PUBLISH_H
#define TOOLS_PUBLISH_H

#include "change.h"
#include "live.h"
#include "web.h"

struct publish {
	/* Options */
	const char *textfile, *svg;	/* files, or NULL */
	uint64_t every_ns;		/* how often they are written */
	const char *listen;		/* ADDRESS:PORT, or NULL */
	bool is_live;
	struct probe_rules rules;

	const struct monitor_view *view;
	struct web *web;
	struct live *live;
	uint64_t write_ns, tick_ns;	/* when each is due */
	int textfile_error, svg_error;	/* errno of the last time, so as not to repeat it */
};

/* Sets what is no zero by default. */
void publish_init(struct publish *publish, const struct options *options);

/* Whether the options go together. Returns 0, or -1 after a message. */
int publish_check(const struct publish *publish, const struct options *options);

/* Whether it needs the last round-trip times of each host. */
bool publish_needs_recent(const struct publish *publish);

/* Opens what the options ask for. Returns 0, or -1 after a message. */
int publish_open(struct publish *publish, struct engine *engine, const struct monitor_view *view);

/* Does what is due, and returns when there is more to do. */
uint64_t publish_serve(struct publish *publish, uint64_t now_ns);

void publish_change(struct publish *publish, const struct change *change);

/* At SIGWINCH. */
void publish_resize(struct publish *publish);

/* Writes the files a last time. May be called twice. */
void publish_close(struct publish *publish);

#endif /* TOOLS_PUBLISH_H */
