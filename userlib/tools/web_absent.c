// SPDX-License-Identifier: MIT
/* In the place of web.c where libmicrohttpd is absent. */
#ifndef HAS_MICROHTTPD
#include "web.h"

bool web_is_built_in(void)
{
	return false;
}

struct web *web_open(const char *text, int fd, struct engine *engine,
		     const struct monitor_view *view, const struct probe_rules *rules)
{
	(void)text;
	(void)fd;
	(void)engine;
	(void)view;
	(void)rules;
	return NULL;
}

void web_close(struct web *web)
{
	(void)web;
}

uint32_t web_fill(struct web *web, struct icmpecho_echo *echoes, uint32_t room)
{
	(void)web;
	(void)echoes;
	(void)room;
	return 0;
}

void web_completed(struct web *web, const struct icmpecho_completion *c)
{
	(void)web;
	(void)c;
}

void web_refused(struct web *web, const struct icmpecho_echo *echo, int error)
{
	(void)web;
	(void)echo;
	(void)error;
}

void web_tick(struct web *web, uint64_t now_ns)
{
	(void)web;
	(void)now_ns;
}

#endif
