/* SPDX-License-Identifier: MIT */
/*
 * Single requests that HTTP clients ask for, as blackbox_exporter has them:
 * /probe?target=HOST answers with the metrics of one request to HOST.
 *
 * So that a stranger cannot have this host send packets anywhere, only addresses of
 * prefixes that the user names are asked, never groups, and only so many at once. What a
 * name stands for is looked up first, and that very address is judged and asked.
 */
#ifndef TOOLS_PROBE_H
#define TOOLS_PROBE_H

#include "listener.h"
#include "probe_rules.h"

struct probes;

/* Returns NULL after a message. */
struct probes *probes_open(const struct probe_rules *rules, struct engine *engine);

/* Answers those that are under way. */
void probes_close(struct probes *probes);

/* Begins one for a request for /probe, which it answers, now or later. */
void probes_begin(struct probes *probes, struct exchange *exchange);

/* As the functions of struct engine_ops, for requests with PROBE_TAG in user_data. */
#define PROBE_TAG	1
uint32_t probes_fill(struct probes *probes, struct icmpecho_echo *echoes, uint32_t room);
void probes_completed(struct probes *probes, const struct icmpecho_completion *c);
void probes_refused(struct probes *probes, const struct icmpecho_echo *echo, int error);

/* Ends lookups that take too long. To be called about once a second. */
void probes_tick(struct probes *probes, uint64_t now_ns);

#endif /* TOOLS_PROBE_H */
