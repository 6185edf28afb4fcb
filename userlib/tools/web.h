/* SPDX-License-Identifier: MIT */
/*
 * What a monitor serves by HTTP: /metrics, /probe, and a page that names them. Without
 * libmicrohttpd, web_absent.c takes the place of web.c and what that needs.
 */
#ifndef TOOLS_WEB_H
#define TOOLS_WEB_H

#include "monitor.h"
#include "probe.h"

struct web;

bool web_is_built_in(void);

/*
 * Listens on @text, ADDRESS:PORT, or on a socket that was passed in, if @fd is one. Without
 * a prefix in @rules, /probe is off. Returns NULL after a message.
 */
struct web *web_open(const char *text, int fd, struct engine *engine,
		     const struct monitor_view *view, const struct probe_rules *rules);
void web_close(struct web *web);

/* As the functions of struct engine_ops, for requests with PROBE_TAG in user_data. */
uint32_t web_fill(struct web *web, struct icmpecho_echo *echoes, uint32_t room);
void web_completed(struct web *web, const struct icmpecho_completion *c);
void web_refused(struct web *web, const struct icmpecho_echo *echo, int error);

/* To be called about once a second. */
void web_tick(struct web *web, uint64_t now_ns);

#endif /* TOOLS_WEB_H */
