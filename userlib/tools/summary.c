// SPDX-License-Identifier: MIT
/* Statistics, told. */
#include <inttypes.h>
#include <stdio.h>

#include "output.h"
#include "summary.h"

static const struct {
	const char *name;
	double percent;
} percentiles[] = {
	{ "p50", 50 },
	{ "p90", 90 },
	{ "p95", 95 },
	{ "p99", 99 },
};

#define PERCENTILE_COUNT	(sizeof(percentiles) / sizeof(*percentiles))

/* Four digits that matter, but no more than the nanosecond. */
const char *format_ms(double ns, char *text)
{
	int digits = ns < 1e6 ? 4 : ns < 1e7 ? 3 : ns < 1e8 ? 2 : 1;

	snprintf(text, MS_TEXT_LEN, "%.*f ms", digits, ns / 1e6);
	return text;
}

static void print_loss(const struct stats *stats)
{
	uint64_t lost = stats->sent - stats->answered;

	output_text("%" PRIu64 " sent, %s%" PRIu64 " answered%s, %s%" PRIu64 " lost (%.1f %%)%s",
		    stats->sent, output_colour(stats->answered ? COLOUR_GOOD : COLOUR_NONE),
		    stats->answered, output_colour(COLOUR_NONE),
		    output_colour(lost ? COLOUR_BAD : COLOUR_NONE), lost, stats_loss_percent(stats),
		    output_colour(COLOUR_NONE));
	if (stats->timed_out)
		output_text(", %" PRIu64 " timed out", stats->timed_out);
	if (stats->errors)
		output_text(", %" PRIu64 " errors", stats->errors);
	if (stats->unsent)
		output_text(", %" PRIu64 " not sent", stats->unsent);
	if (stats->duplicates)
		output_text(", %" PRIu64 " duplicates", stats->duplicates);
	if (stats->corrupted)
		output_text(", %" PRIu64 " corrupted", stats->corrupted);
	output_text("\n");
}

static void print_causes(const struct stats *stats)
{
	const struct cause *cause;
	char text[256];

	for (cause = stats->causes; cause < stats->causes + STATS_CAUSES && cause->count; cause++) {
		output_text("  %" PRIu64 " %s: %s\n", cause->count,
			    cause->from.family == AF_UNSPEC ? "not sent" : "errors",
			    cause_format(cause, text, sizeof(text)));
	}
	if (stats->other_causes)
		output_text("  %" PRIu64 " for other reasons\n", stats->other_causes);
}

static void print_times(const struct stats *stats)
{
	char text[4][MS_TEXT_LEN];
	size_t i;

	output_text("rtt min %s, mean %s, max %s, stddev %s",
		    format_ms((double)stats->min_ns, text[0]), format_ms(stats->mean_ns, text[1]),
		    format_ms((double)stats->max_ns, text[2]),
		    format_ms(stats_stddev_ns(stats), text[3]));
	output_text(", jitter %s\n", format_ms(stats_jitter_ns(stats), text[0]));
	if (!stats->histogram)
		return;
	output_text("rtt");
	for (i = 0; i < PERCENTILE_COUNT; i++) {
		output_text("%s %s %s", i ? "," : "", percentiles[i].name,
			    format_ms((double)stats_percentile_ns(stats, percentiles[i].percent),
				      text[0]));
	}
	output_text("\n");
}

void summary_print(const char *name, const struct stats *stats)
{
	output_text("--- %s: ", name);
	print_loss(stats);
	print_causes(stats);
	if (stats->answered)
		print_times(stats);
}

static void record_time_if(const struct stats *stats, const char *name, double ns)
{
	if (stats->answered)
		record_ms(name, ns);
	else
		record_null(name);
}

static void record_causes(const struct stats *stats)
{
	struct json_object *list = json_object_new_array(), *object;
	const struct cause *cause;
	char from[ADDRESS_TEXT_LEN];

	for (cause = stats->causes; cause < stats->causes + STATS_CAUSES && cause->count; cause++) {
		object = json_object_new_object();
		json_object_object_add(object, "reason",
				       json_object_new_string(cause->error ?
							      error_reason(cause->error) :
							      icmpecho_strstatus(cause->status)));
		json_object_object_add(object, "from", cause->from.family == AF_UNSPEC ? NULL :
				       json_object_new_string(address_format(&cause->from, from)));
		json_object_object_add(object, "count", json_object_new_uint64(cause->count));
		json_object_array_add(list, object);
	}
	record_json("causes", list);
}

void summary_record(const struct stats *stats)
{
	char name[24];
	size_t i;

	record_number("sent", stats->sent);
	record_number("answered", stats->answered);
	record_number("timed_out", stats->timed_out);
	record_number("errors", stats->errors);
	record_number("unsent", stats->unsent);
	record_number("duplicates", stats->duplicates);
	record_number("corrupted", stats->corrupted);
	if (stats->sent)
		record_double("loss_percent", stats_loss_percent(stats), 3);
	else
		record_null("loss_percent");
	record_time_if(stats, "rtt_min_ms", (double)stats->min_ns);
	record_time_if(stats, "rtt_mean_ms", stats->mean_ns);
	record_time_if(stats, "rtt_max_ms", (double)stats->max_ns);
	record_time_if(stats, "rtt_stddev_ms", stats_stddev_ns(stats));
	if (stats->answered > 1)
		record_ms("jitter_ms", stats_jitter_ns(stats));
	else
		record_null("jitter_ms");
	for (i = 0; stats->histogram && i < PERCENTILE_COUNT; i++) {
		snprintf(name, sizeof(name), "rtt_%s_ms", percentiles[i].name);
		record_time_if(stats, name,
			       (double)stats_percentile_ns(stats, percentiles[i].percent));
	}
	record_causes(stats);
}
