// SPDX-License-Identifier: MIT
/* The formats of Prometheus and OpenMetrics. */
#include <icmpecho.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "metrics.h"
#include "plain.h"

#define OPENMETRICS_TYPE	"application/openmetrics-text"
#define TEXT_TYPE		"text/plain"

struct writer {
	FILE *stream;
	enum metrics_format format;
};

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS ?
	       OPENMETRICS_TYPE "; version=1.0.0; charset=utf-8" :
	       TEXT_TYPE "; version=0.0.4; charset=utf-8";
}

/* The q parameter of a media range, behind its type. 1 if it has none (RFC 9110, 12.4.2). */
static double quality_of(const char *parameters, size_t len)
{
	const char *at = parameters, *end = parameters + len;

	for (; at < end; at++) {
		if (*at != ';')
			continue;
		at += 1 + strspn(at + 1, " \t");
		if (at + 1 < end && (*at | 0x20) == 'q' && at[1] == '=')
			return strtod(at + 2, NULL);
	}
	return 1;
}

static bool is_type(const char *range, size_t len, const char *type)
{
	return len == strlen(type) && !strncasecmp(range, type, len);
}

/* A client that takes anything, as curl does, gets what a person can read without more. */
enum metrics_format metrics_negotiate(const char *accept)
{
	double openmetrics = 0, text = 0, quality;
	size_t len, type_len;

	for (; accept && *accept; accept += len + !!accept[len]) {
		accept += strspn(accept, " \t");
		len = strcspn(accept, ",");
		type_len = strcspn(accept, ";, \t");
		quality = quality_of(accept + type_len, len - type_len);
		if (is_type(accept, type_len, OPENMETRICS_TYPE))
			openmetrics = fmax(openmetrics, quality);
		else if (is_type(accept, type_len, TEXT_TYPE))
			text = fmax(text, quality);
	}
	return openmetrics > 0 && openmetrics >= text ? METRICS_OPENMETRICS : METRICS_TEXT;
}

void metrics_describe(FILE *stream, enum metrics_format format, const char *name,
		      const char *type, const char *help)
{
	const char *suffix = "";

	if (format == METRICS_TEXT && !strcmp(type, "counter"))
		suffix = "_total";
	if (format == METRICS_TEXT && !strcmp(type, "info")) {
		suffix = "_info";
		type = "gauge";
	}
	if (format == METRICS_TEXT && !strcmp(type, "stateset"))
		type = "gauge";
	fprintf(stream, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, type);
}

void metrics_finish(FILE *stream, enum metrics_format format)
{
	if (format == METRICS_OPENMETRICS)
		fputs("# EOF\n", stream);
}

/* "NAME{target="..." and the labels of the configuration; leaves it open. */
static void begin_sample(const struct writer *writer, const char *name, const struct host *host)
{
	fprintf(writer->stream, "%s{target=\"", name);
	put_escaped_label(writer->stream, host->name);
	fprintf(writer->stream, "\"%s", host->labels);
}

/*
 * A sample of its own, for a label would make other series of all counters whenever a name
 * is resolved to another address.
 */
static void put_address(const struct writer *writer, const struct host *host)
{
	char address[ADDRESS_TEXT_LEN];

	if (!host->address.family)
		return;
	begin_sample(writer, "icmpecho_target_info", host);
	fprintf(writer->stream, ",address=\"%s\"} 1\n", address_format(&host->address, address));
}

static void put_count(const struct writer *writer, const char *name, const struct host *host,
		      uint64_t count)
{
	begin_sample(writer, name, host);
	fprintf(writer->stream, "} %" PRIu64 "\n", count);
}

/* Nanoseconds as seconds, without losing any. */
static void put_seconds(const struct writer *writer, uint64_t ns)
{
	fprintf(writer->stream, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
}

static void put_requests(const struct writer *writer, const struct host *host)
{
	put_count(writer, "icmpecho_requests_total", host, host->stats.sent);
}

static void put_replies(const struct writer *writer, const struct host *host)
{
	put_count(writer, "icmpecho_replies_total", host, host->stats.answered);
}

static void put_corrupted(const struct writer *writer, const struct host *host)
{
	put_count(writer, "icmpecho_corrupted_replies_total", host, host->stats.corrupted);
}

/* The common ones always, so that a rate can be computed from the first one on. */
static bool is_common(enum failure failure)
{
	return failure == FAILURE_TIMED_OUT || failure == FAILURE_NET_UNREACHABLE ||
	       failure == FAILURE_HOST_UNREACHABLE || failure == FAILURE_UNSENT;
}

static void put_failures(const struct writer *writer, const struct host *host)
{
	enum failure failure;

	for (failure = 0; failure < FAILURES; failure++) {
		if (!host->failures[failure] && !is_common(failure))
			continue;
		begin_sample(writer, "icmpecho_failures_total", host);
		fprintf(writer->stream, ",reason=\"%s\"} %" PRIu64 "\n", failure_name(failure),
			host->failures[failure]);
	}
}

/* OpenMetrics wants 1.0, and the older format is used to 1. */
static const char *format_bound(const struct writer *writer, uint64_t ns, char *text, size_t size)
{
	int length = snprintf(text, size, "%g", (double)ns / 1e9);

	if (writer->format == METRICS_OPENMETRICS && !strpbrk(text, ".e"))
		snprintf(text + length, size - length, ".0");
	return text;
}

static void put_rtt(const struct writer *writer, const struct host *host)
{
	uint64_t count = 0;
	char bound[32];
	unsigned int i;

	for (i = 0; i < RTT_BUCKETS; i++) {
		count += host->buckets[i];
		begin_sample(writer, "icmpecho_rtt_seconds_bucket", host);
		fprintf(writer->stream, ",le=\"%s\"} %" PRIu64 "\n",
			format_bound(writer, rtt_bucket_ns[i], bound, sizeof(bound)), count);
	}
	begin_sample(writer, "icmpecho_rtt_seconds_bucket", host);
	fprintf(writer->stream, ",le=\"+Inf\"} %" PRIu64 "\n", host->stats.answered);
	begin_sample(writer, "icmpecho_rtt_seconds_sum", host);
	fputs("} ", writer->stream);
	put_seconds(writer, host->rtt_sum_ns);
	fputc('\n', writer->stream);
	put_count(writer, "icmpecho_rtt_seconds_count", host, host->stats.answered);
}

/* Nothing, where nothing was measured. */
static void put_last_rtt(const struct writer *writer, const struct host *host)
{
	if (!host->stats.answered)
		return;
	begin_sample(writer, "icmpecho_last_rtt_seconds", host);
	fputs("} ", writer->stream);
	put_seconds(writer, host->stats.last_ns);
	fputc('\n', writer->stream);
}

static void put_up(const struct writer *writer, const struct host *host)
{
	if (host->state != HOST_UNKNOWN)
		put_count(writer, "icmpecho_target_up", host, host->state != HOST_DOWN);
}

static void put_state(const struct writer *writer, const struct host *host)
{
	enum host_state state;

	for (state = 0; state < HOST_STATES; state++) {
		begin_sample(writer, "icmpecho_target_state", host);
		fprintf(writer->stream, ",icmpecho_target_state=\"%s\"} %d\n",
			host_state_name(state), host->state == state);
	}
}

static void put_changes(const struct writer *writer, const struct host *host)
{
	put_count(writer, "icmpecho_target_state_changes_total", host, host->changes);
}

static void put_since(const struct writer *writer, const struct host *host)
{
	if (!host->since_ns)
		return;
	begin_sample(writer, "icmpecho_target_state_since_timestamp_seconds", host);
	fputs("} ", writer->stream);
	put_seconds(writer, host->since_ns);
	fputc('\n', writer->stream);
}

static const struct {
	const char *name, *type, *help;
	void (*put)(const struct writer *writer, const struct host *host);
} families[] = {
	{ "icmpecho_target", "info", "The address that the requests go to.", put_address },
	{ "icmpecho_requests", "counter", "Echo requests that were sent and have ended.",
	  put_requests },
	{ "icmpecho_replies", "counter", "Echo requests that were answered.", put_replies },
	{ "icmpecho_failures", "counter",
	  "Echo requests without an answer, by reason; unsent ones have not left this host.",
	  put_failures },
	{ "icmpecho_corrupted_replies", "counter", "Replies with another payload than was sent.",
	  put_corrupted },
	{ "icmpecho_rtt_seconds", "histogram", "Round-trip times, measured in the kernel.",
	  put_rtt },
	{ "icmpecho_last_rtt_seconds", "gauge", "Round-trip time of the last answer.",
	  put_last_rtt },
	{ "icmpecho_target_up", "gauge", "1 if the target is up or lossy, 0 if it is down.",
	  put_up },
	{ "icmpecho_target_state", "stateset", "The state of the target.", put_state },
	{ "icmpecho_target_state_changes", "counter", "How often the state has changed.",
	  put_changes },
	{ "icmpecho_target_state_since_timestamp_seconds", "gauge",
	  "When the state has last changed.", put_since },
};

static void put_own(const struct writer *writer, const struct monitor_view *view)
{
	FILE *stream = writer->stream;

	metrics_describe(stream, writer->format, "icmpecho_build", "info",
			 "The version of this program.");
	fprintf(stream, "icmpecho_build_info{version=\"%s\"} 1\n", icmpecho_version());
	metrics_describe(stream, writer->format, "icmpecho_targets", "gauge",
			 "How many targets are monitored.");
	fprintf(stream, "icmpecho_targets %zu\n", view->hosts->count);
	metrics_describe(stream, writer->format, "icmpecho_config_last_reload_successful", "gauge",
			 "0 if the configuration had an error when it was last read.");
	fprintf(stream, "icmpecho_config_last_reload_successful %d\n", view->is_reload_good);
	metrics_describe(stream, writer->format,
			 "icmpecho_config_last_reload_success_timestamp_seconds", "gauge",
			 "When the configuration was last read without an error.");
	fputs("icmpecho_config_last_reload_success_timestamp_seconds ", stream);
	put_seconds(writer, view->reloaded_ns);
	fputc('\n', stream);
	metrics_describe(stream, writer->format, "icmpecho_start_time_seconds", "gauge",
			 "When the monitor was started.");
	fputs("icmpecho_start_time_seconds ", stream);
	put_seconds(writer, view->started_ns);
	fputc('\n', stream);
}

void metrics_write(FILE *stream, const struct monitor_view *view, enum metrics_format format)
{
	const struct writer writer = { .stream = stream, .format = format };
	size_t i, k;

	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		metrics_describe(stream, format, families[i].name, families[i].type,
				 families[i].help);
		for (k = 0; k < view->hosts->count; k++)
			families[i].put(&writer, view->hosts->list[k]);
	}
	put_own(&writer, view);
	metrics_finish(stream, format);
}
