// SPDX-License-Identifier: MIT
/* Probes: from a request by HTTP to an echo request, and back. */
#ifdef HAS_MICROHTTPD
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "metrics.h"
#include "parse.h"
#include "probe.h"
#include "resolver.h"

/* As blackbox_exporter: the scraper's timeout less what the way back may take. */
#define TIMEOUT_OFFSET_NS	(500 * NS_PER_MS)
#define DEFAULT_TIMEOUT_NS	(9500 * NS_PER_MS)
#define MAX_TIMEOUT_NS		(60 * NS_PER_S)

enum step {
	STEP_RESOLVING,
	STEP_WAITING,			/* for fill() */
	STEP_ASKING,
	STEP_ABANDONED,			/* answered, but the lookup is still under way */
};

struct probe {
	struct probes *probes;
	struct probe *next;
	struct exchange *exchange;	/* NULL: it was answered */
	enum metrics_format format;
	enum step step;
	struct address address;
	uint64_t begun_ns, resolved_ns, sent_ns, deadline_ns;
};

struct probes {
	const struct probe_rules *rules;
	struct engine *engine;
	struct resolver *resolver;
	struct probe *list;
	unsigned int count;
};

static void forget(struct probe *probe)
{
	struct probe **link = &probe->probes->list;

	while (*link != probe)
		link = &(*link)->next;
	*link = probe->next;
	probe->probes->count--;
	free(probe);
}

/* What a probe has found out. */
struct finding {
	const struct icmpecho_completion *c;	/* NULL: nothing was sent */
	uint64_t now_ns;
};

static void put_gauge(FILE *stream, const struct probe *probe, const char *name, const char *help,
		      double value)
{
	metrics_describe(stream, probe->format, name, "gauge", help);
	fprintf(stream, "%s %.9g\n", name, value);
}

static double seconds_from(uint64_t begin_ns, uint64_t end_ns)
{
	return begin_ns && end_ns > begin_ns ? (double)(end_ns - begin_ns) / 1e9 : 0;
}

static void put_phases(FILE *stream, const struct probe *probe, const struct finding *finding)
{
	static const char name[] = "probe_icmp_duration_seconds";
	double rtt = finding->c ? (double)finding->c->rtt_ns / 1e9 : 0;

	metrics_describe(stream, probe->format, name, "gauge", "Duration of ICMP request by phase");
	fprintf(stream, "%s{phase=\"resolve\"} %.9g\n%s{phase=\"setup\"} %.9g\n", name,
		seconds_from(probe->begun_ns, probe->resolved_ns), name,
		seconds_from(probe->resolved_ns, probe->sent_ns));
	fprintf(stream, "%s{phase=\"rtt\"} %.9g\n", name, rtt);
}

static void write_metrics(FILE *stream, const struct probe *probe, const struct finding *finding)
{
	bool is_answered = finding->c && finding->c->status == ICMPECHO_STATUS_SUCCESS;
	uint16_t family = probe->address.family;

	put_gauge(stream, probe, "probe_success",
		  "Displays whether or not the probe was a success", is_answered);
	put_gauge(stream, probe, "probe_duration_seconds",
		  "Returns how long the probe took to complete in seconds",
		  seconds_from(probe->begun_ns, finding->now_ns));
	put_gauge(stream, probe, "probe_dns_lookup_time_seconds",
		  "Returns the time taken for probe dns lookup in seconds",
		  seconds_from(probe->begun_ns, probe->resolved_ns ? probe->resolved_ns :
								     finding->now_ns));
	put_phases(stream, probe, finding);
	if (is_answered)
		put_gauge(stream, probe, "probe_icmp_reply_hop_limit",
			  "Replied packet hop limit (TTL for ipv4)", finding->c->ttl);
	put_gauge(stream, probe, "probe_ip_protocol",
		  "Specifies whether probe ip protocol is IP4 or IP6",
		  family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0);
	metrics_finish(stream, probe->format);
}

/* Answers the client. The probe stays until its lookup or its request has ended. */
static void respond(struct probe *probe, const struct icmpecho_completion *c)
{
	const struct finding finding = { .c = c, .now_ns = engine_now_ns() };
	char *body = NULL;
	size_t len = 0;
	FILE *stream;

	if (!probe->exchange)
		return;
	stream = open_memstream(&body, &len);
	if (!stream) {
		exchange_refuse(probe->exchange, 500, "there is no memory");
	} else {
		write_metrics(stream, probe, &finding);
		fclose(stream);
		exchange_respond(probe->exchange, 200, metrics_content_type(probe->format), body,
				 len);
	}
	probe->exchange = NULL;
}

static void refuse(struct probe *probe, unsigned int status, const char *text)
{
	if (probe->exchange)
		exchange_refuse(probe->exchange, status, text);
	probe->exchange = NULL;
}

/* The address is known, and decides. */
static void go_on(struct probe *probe, const struct address *address)
{
	probe->address = *address;
	probe->resolved_ns = engine_now_ns();
	if (!probe_rules_permit(probe->probes->rules, address)) {
		refuse(probe, 403, "probes of this target are not allowed (--probe-allow)");
		forget(probe);
		return;
	}
	probe->step = STEP_WAITING;
}

static void resolved(void *self, void *token, int error, const struct address *address)
{
	struct probe *probe = token;

	(void)self;
	if (!error && probe->step == STEP_RESOLVING) {
		go_on(probe, address);
		return;
	}
	respond(probe, NULL);
	forget(probe);
}

struct probes *probes_open(const struct probe_rules *rules, struct engine *engine)
{
	struct probes *probes = allocate(1, sizeof(*probes));

	probes->rules = rules;
	probes->engine = engine;
	probes->resolver = resolver_open(engine, resolved, probes);
	if (probes->resolver)
		return probes;
	free(probes);
	return NULL;
}

void probes_close(struct probes *probes)
{
	struct probe *probe;

	if (!probes)
		return;
	for (probe = probes->list; probe; probe = probe->next)
		refuse(probe, 503, "the monitor ends");
	resolver_close(probes->resolver);
	while (probes->list)
		forget(probes->list);
	free(probes);
}

/* The scraper says how long it waits. */
static uint64_t timeout_of(const struct exchange *exchange)
{
	const char *header = exchange_header(exchange, "X-Prometheus-Scrape-Timeout-Seconds");
	uint64_t ns;

	if (!header || parse_duration(header, NS_PER_S, MAX_TIMEOUT_NS, &ns))
		return DEFAULT_TIMEOUT_NS;
	return ns > 2 * TIMEOUT_OFFSET_NS ? ns - TIMEOUT_OFFSET_NS : ns / 2;
}

static int family_of(const struct exchange *exchange, const struct options *options)
{
	const char *family = exchange_query(exchange, "family");

	if (family && !strcmp(family, "4"))
		return AF_INET;
	return family && !strcmp(family, "6") ? AF_INET6 : options->family;
}

void probes_begin(struct probes *probes, struct exchange *exchange)
{
	const char *target = exchange_query(exchange, "target");
	struct address address;
	struct probe *probe;
	int family = family_of(exchange, probes->rules->options);

	if (!target || !*target || strlen(target) > 255) {
		exchange_refuse(exchange, 400, "say which target: /probe?target=HOST");
		return;
	}
	if (probes->count == probes->rules->max) {
		exchange_refuse(exchange, 503, "too many probes are under way (--probe-max)");
		return;
	}
	probe = allocate(1, sizeof(*probe));
	probe->probes = probes;
	probe->exchange = exchange;
	probe->format = metrics_negotiate(exchange_header(exchange, "Accept"));
	probe->begun_ns = engine_now_ns();
	probe->deadline_ns = probe->begun_ns + timeout_of(exchange);
	probe->next = probes->list;
	probes->list = probe;
	probes->count++;
	if (!address_parse(&address, target, family)) {
		go_on(probe, &address);
	} else if (resolver_start(probes->resolver, target, family, probe)) {
		refuse(probe, 503, "there is no thread to look the target up");
		forget(probe);
	}
}

static void make_echo(struct probe *probe, struct icmpecho_echo *echo, uint64_t now_ns)
{
	options_make_echo(probe->probes->rules->options, echo);
	address_to_echo(&probe->address, echo);
	echo->timeout_ns = probe->deadline_ns > now_ns ? probe->deadline_ns - now_ns : 0;
	echo->user_data = (uintptr_t)probe | PROBE_TAG;
	probe->sent_ns = now_ns;
	probe->step = STEP_ASKING;
}

uint32_t probes_fill(struct probes *probes, struct icmpecho_echo *echoes, uint32_t room)
{
	struct probe *probe;
	uint32_t n = 0;

	for (probe = probes->list; probe && n < room; probe = probe->next) {
		if (probe->step == STEP_WAITING)
			make_echo(probe, &echoes[n++], engine_now_ns());
	}
	return n;
}

static struct probe *probe_of(uint64_t user_data)
{
	return (struct probe *)(uintptr_t)(user_data & ~(uint64_t)PROBE_TAG);
}

void probes_completed(struct probes *probes, const struct icmpecho_completion *c)
{
	struct probe *probe = probe_of(c->user_data);

	(void)probes;
	respond(probe, c);
	forget(probe);
}

void probes_refused(struct probes *probes, const struct icmpecho_echo *echo, int error)
{
	struct probe *probe = probe_of(echo->user_data);

	(void)probes;
	(void)error;
	respond(probe, NULL);
	forget(probe);
}

void probes_tick(struct probes *probes, uint64_t now_ns)
{
	struct probe *probe;

	for (probe = probes->list; probe; probe = probe->next) {
		if (probe->step != STEP_RESOLVING || now_ns < probe->deadline_ns)
			continue;
		respond(probe, NULL);
		probe->step = STEP_ABANDONED;
	}
}

#endif
