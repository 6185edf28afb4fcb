// SPDX-License-Identifier: MIT
/* The pages that a monitor serves. */
#ifdef HAS_MICROHTTPD
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "metrics.h"
#include "web.h"

struct web {
	const struct monitor_view *view;
	struct listener *listener;
	struct probes *probes;		/* NULL: they are off */
};

static const char front_page[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><title>icmpecho monitor</title></head><body>\n"
	"<h1>icmpecho monitor</h1>\n<p><a href=\"/metrics\">Metrics</a></p>\n"
	"<p>/probe?target=HOST asks one host once, if --probe-allow allows it.</p>\n"
	"</body></html>\n";

bool web_is_built_in(void)
{
	return true;
}

static void serve_metrics(struct web *web, struct exchange *exchange)
{
	enum metrics_format format = metrics_negotiate(exchange_header(exchange, "Accept"));
	char *body = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&body, &len);

	if (!stream) {
		exchange_refuse(exchange, 500, "there is no memory");
		return;
	}
	metrics_write(stream, web->view, format);
	fclose(stream);
	exchange_respond(exchange, 200, metrics_content_type(format), body, len);
}

static void handle(void *self, struct exchange *exchange)
{
	const char *path = exchange_path(exchange);
	struct web *web = self;
	char *page;

	if (!strcmp(path, "/metrics")) {
		serve_metrics(web, exchange);
	} else if (!strcmp(path, "/probe") && web->probes) {
		probes_begin(web->probes, exchange);
	} else if (!strcmp(path, "/probe")) {
		exchange_refuse(exchange, 403, "probes are off; --probe-allow turns them on");
	} else if (!strcmp(path, "/")) {
		page = allocate(1, sizeof(front_page));
		memcpy(page, front_page, sizeof(front_page) - 1);
		exchange_respond(exchange, 200, "text/html; charset=utf-8", page,
				 sizeof(front_page) - 1);
	} else {
		exchange_refuse(exchange, 404, "there are /metrics and /probe?target=HOST");
	}
}

struct web *web_open(const char *text, int fd, struct engine *engine,
		     const struct monitor_view *view, const struct probe_rules *rules)
{
	struct web *web = allocate(1, sizeof(*web));

	web->view = view;
	if (fd < 0)
		fd = listener_socket(text);
	else
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (fd >= 0)
		web->listener = listener_open(fd, engine, handle, web);
	if (web->listener && rules->allowed_count)
		web->probes = probes_open(rules, engine);
	if (web->listener && (web->probes || !rules->allowed_count))
		return web;
	web_close(web);
	return NULL;
}

void web_close(struct web *web)
{
	if (!web)
		return;
	probes_close(web->probes);
	listener_close(web->listener);
	free(web);
}

uint32_t web_fill(struct web *web, struct icmpecho_echo *echoes, uint32_t room)
{
	return web && web->probes ? probes_fill(web->probes, echoes, room) : 0;
}

void web_completed(struct web *web, const struct icmpecho_completion *c)
{
	probes_completed(web->probes, c);
}

void web_refused(struct web *web, const struct icmpecho_echo *echo, int error)
{
	probes_refused(web->probes, echo, error);
}

void web_tick(struct web *web, uint64_t now_ns)
{
	if (!web)
		return;
	listener_tick(web->listener);
	if (web->probes)
		probes_tick(web->probes, now_ns);
}

#endif
