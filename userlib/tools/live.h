/* SPDX-License-Identifier: MIT */
/*
 * A monitor's screen: a line for each host, with its last round-trip times and how all of them
 * are spread, and the last changes of state and messages below.
 */
#ifndef TOOLS_LIVE_H
#define TOOLS_LIVE_H

#include "engine.h"
#include "monitor.h"

struct live;

/* Takes the terminal. Returns NULL after a message. */
struct live *live_open(struct engine *engine, const struct monitor_view *view);

/* Gives it back. */
void live_close(struct live *live);

/* At SIGWINCH. */
void live_resize(struct live *live);

/* Draws it anew, if it is old enough. Returns when to do that again. */
uint64_t live_draw(struct live *live, uint64_t now_ns);

/* A line for below the hosts. */
void live_log(struct live *live, enum host_state state, const char *text);

#endif /* TOOLS_LIVE_H */
