// SPDX-License-Identifier: MIT
/* Statistics of one target. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "stats.h"

enum outcome outcome_of(const struct icmpecho_completion *c)
{
	if (c->status == ICMPECHO_STATUS_SUCCESS)
		return OUTCOME_ANSWERED;
	if (c->status == ICMPECHO_STATUS_TIMED_OUT)
		return OUTCOME_TIMED_OUT;
	if (c->status == ICMPECHO_STATUS_CANCELLED)
		return OUTCOME_CANCELLED;
	/* Malformed IP options are found before anything is sent. */
	if (c->flags & ICMPECHO_LOCAL || c->status == ICMPECHO_STATUS_BAD_OPTION)
		return OUTCOME_UNSENT;
	return OUTCOME_ERROR;
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_ANSWERED] = "answered",
		[OUTCOME_TIMED_OUT] = "timed_out",
		[OUTCOME_ERROR] = "error",
		[OUTCOME_UNSENT] = "unsent",
		[OUTCOME_CANCELLED] = "cancelled",
	};

	return names[outcome];
}

const char *outcome_reason(const struct icmpecho_completion *c)
{
	return c->flags & ICMPECHO_LOCAL && c->error ? icmpecho_strerror(c->error) :
						       icmpecho_strstatus(c->status);
}

void stats_init(struct stats *stats, bool with_histogram)
{
	memset(stats, 0, sizeof(*stats));
	if (with_histogram)
		stats->histogram = allocate(1, sizeof(*stats->histogram));
}

void stats_free(struct stats *stats)
{
	free(stats->histogram);
	stats->histogram = NULL;
}

void stats_reset(struct stats *stats)
{
	struct histogram *histogram = stats->histogram;

	memset(stats, 0, sizeof(*stats));
	stats->histogram = histogram;
	if (histogram)
		memset(histogram, 0, sizeof(*histogram));
}

static void count_cause(struct stats *stats, const struct cause *cause)
{
	struct cause *known;
	size_t i;

	for (i = 0; i < STATS_CAUSES; i++) {
		known = &stats->causes[i];
		if (!known->count) {
			*known = *cause;
			known->count = 1;
			return;
		}
		if (known->status == cause->status && known->error == cause->error &&
		    !address_compare(&known->from, &cause->from)) {
			known->count++;
			return;
		}
	}
	stats->other_causes++;
}

static void count_time(struct stats *stats, uint64_t ns)
{
	double difference = (double)ns - stats->mean_ns;

	if (!stats->answered || ns < stats->min_ns)
		stats->min_ns = ns;
	if (ns > stats->max_ns)
		stats->max_ns = ns;
	if (stats->answered)
		stats->jitter_sum_ns += fabs((double)ns - (double)stats->last_ns);
	stats->last_ns = ns;
	stats->answered++;
	stats->mean_ns += difference / (double)stats->answered;
	stats->square_ns += difference * ((double)ns - stats->mean_ns);
	if (stats->histogram)
		histogram_count(stats->histogram, ns);
}

static void count_completion_cause(struct stats *stats, const struct icmpecho_completion *c)
{
	struct cause cause = { .status = c->status };

	address_of_completion(&cause.from, c);
	if (c->flags & ICMPECHO_LOCAL)
		cause.error = c->error;
	count_cause(stats, &cause);
}

/*
 * The first echo reply is the answer, wherever it is among the answers, and the others are
 * duplicates.
 */
enum outcome stats_count(struct stats *stats, const struct icmpecho_completion *c)
{
	const struct icmpecho_completion *answer, *reply = NULL;
	enum outcome outcome = outcome_of(c);

	if (outcome == OUTCOME_CANCELLED)
		return outcome;
	if (outcome == OUTCOME_UNSENT) {
		stats->unsent++;
		count_completion_cause(stats, c);
		return outcome;
	}
	stats->sent++;
	if (outcome == OUTCOME_TIMED_OUT) {
		stats->timed_out++;
		return outcome;
	}
	for (answer = c; answer; answer = icmpecho_next_answer(c, answer)) {
		if (outcome_of(answer) != OUTCOME_ANSWERED)
			continue;
		if (reply)
			stats->duplicates++;
		else
			reply = answer;
	}
	if (reply) {
		count_time(stats, reply->rtt_ns);
		return OUTCOME_ANSWERED;
	}
	stats->errors++;
	count_completion_cause(stats, c);
	return outcome;
}

void stats_count_time(struct stats *stats, uint64_t ns)
{
	stats->sent++;
	count_time(stats, ns);
}

const char *error_reason(int error)
{
	return error == ERROR_UNRESOLVED ? "not resolved" : icmpecho_strerror(error);
}

void stats_count_refused(struct stats *stats, int error)
{
	const struct cause cause = { .error = error };

	stats->unsent++;
	count_cause(stats, &cause);
}

double stats_loss_percent(const struct stats *stats)
{
	if (!stats->sent)
		return 0;
	return 100.0 * (double)(stats->sent - stats->answered) / (double)stats->sent;
}

double stats_stddev_ns(const struct stats *stats)
{
	return stats->answered ? sqrt(stats->square_ns / (double)stats->answered) : 0;
}

double stats_jitter_ns(const struct stats *stats)
{
	return stats->answered > 1 ? stats->jitter_sum_ns / (double)(stats->answered - 1) : 0;
}

uint64_t stats_percentile_ns(const struct stats *stats, double percent)
{
	uint64_t ns = stats->histogram ? histogram_percentile(stats->histogram, percent) : 0;

	if (ns < stats->min_ns)
		return stats->min_ns;
	return ns > stats->max_ns ? stats->max_ns : ns;
}

const char *cause_format(const struct cause *cause, char *text, size_t size)
{
	const char *reason = cause->error ? error_reason(cause->error) :
					    icmpecho_strstatus(cause->status);
	char from[ADDRESS_TEXT_LEN];

	if (cause->from.family == AF_UNSPEC)
		snprintf(text, size, "%s", reason);
	else
		snprintf(text, size, "%s (from %s)", reason, address_format(&cause->from, from));
	return text;
}
