// SPDX-License-Identifier: MIT
/* icmpecho sweep: lines, records, the progress bar and the summary. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "output.h"
#include "stats.h"
#include "summary.h"
#include "sweep.h"

static const char *reason_of(const struct sweep_result *result)
{
	if (result->state == STATE_SILENT)
		return icmpecho_strstatus(ICMPECHO_STATUS_TIMED_OUT);
	if (result->error)
		return icmpecho_strerror(result->error);
	if (result->status == ICMPECHO_STATUS_SUCCESS)
		return "another host answered";
	return icmpecho_strstatus(result->status);
}

static const char *state_name(const struct sweep_result *result)
{
	static const enum outcome outcomes[] = {
		[STATE_ALIVE] = OUTCOME_ANSWERED,
		[STATE_SILENT] = OUTCOME_TIMED_OUT,
		[STATE_ERROR] = OUTCOME_ERROR,
		[STATE_UNSENT] = OUTCOME_UNSENT,
	};

	return outcome_name(outcomes[result->state]);
}

static void record_target(const struct target *target, const struct sweep_result *result)
{
	struct address from = { .family = target->address.family, .scope_id = result->scope_id };
	bool has_answer = result->state == STATE_ALIVE || result->state == STATE_ERROR;
	char text[ADDRESS_TEXT_LEN];

	record_begin("target");
	record_string("host", target_name(target, text));
	record_string("address", address_format(&target->address, text));
	record_bool("alive", result->state == STATE_ALIVE);
	record_string("outcome", state_name(result));
	if (result->state == STATE_ALIVE)
		record_null("reason");
	else
		record_string("reason", reason_of(result));
	memcpy(from.bytes, result->from, sizeof(from.bytes));
	if (has_answer)
		record_string("from", address_format(&from, text));
	else
		record_null("from");
	if (has_answer)
		record_ms("rtt_ms", (double)result->rtt_ns);
	else
		record_null("rtt_ms");
	record_number("requests", result->requests);
	record_end();
}

/* With neither option: those that answer, and how fast. */
static void print_target(const struct sweep *sweep, const struct target *target,
			 const struct sweep_result *result)
{
	char text[ADDRESS_TEXT_LEN], time[MS_TEXT_LEN];
	const char *name = target_name(target, text);

	if (sweep->alive && sweep->dead)
		output_text("%s %s\n", name, result->state == STATE_ALIVE ? "alive" : "dead");
	else if (sweep->alive || sweep->dead)
		output_text("%s\n", name);
	else
		output_text("%-15s %s\n", name, format_ms((double)result->rtt_ns, time));
}

static bool is_wanted(const struct sweep *sweep, const struct sweep_result *result)
{
	if (sweep->alive == sweep->dead && (sweep->alive || sweep->options.format != OUTPUT_TEXT))
		return true;
	return sweep->dead ? result->state != STATE_ALIVE : result->state == STATE_ALIVE;
}

void sweep_print_known(struct sweep *sweep, bool at_end)
{
	const struct sweep_result *result;
	size_t i;

	for (; sweep->printed < sweep->targets.count; sweep->printed++) {
		i = sweep->printed;
		result = &sweep->results[i];
		if (result->state == STATE_OPEN && !at_end)
			break;
		if (result->state == STATE_OPEN || !is_wanted(sweep, result) ||
		    sweep->options.quiet)
			continue;
		progress_clear(&sweep->progress);
		if (sweep->options.format == OUTPUT_TEXT)
			print_target(sweep, &sweep->targets.list[i], result);
		else
			record_target(&sweep->targets.list[i], result);
	}
	output_flush();
}

/*
 * Repetitions to come, if as many targets are silent as among those that were asked. Most
 * answers come soon, so what is open counts as silent.
 */
static double repetitions_left(const struct sweep *sweep)
{
	uint64_t heard = sweep->known - sweep->counts[STATE_SILENT];
	double silent = sweep->next ? 1 - (double)heard / (double)sweep->next : 1;
	double left = silent * (double)(sweep->targets.count * sweep->retries) -
		      (double)(sweep->requests - sweep->next);

	return left > (double)sweep->again_count ? left : (double)sweep->again_count;
}

/* The time of all requests to come, and the timeout of the last. */
static uint64_t left_ns(const struct sweep *sweep, uint64_t now_ns)
{
	uint64_t passed_ns = now_ns - sweep->last_request_ns, pace_ns = sweep->options.interval_ns;
	uint64_t timeout_ns = sweep->options.timeout_ns, wait_ns;
	double repetitions = repetitions_left(sweep);

	/* Without a pace, as fast as so far. */
	if (!pace_ns && sweep->requests)
		pace_ns = (now_ns - sweep->started_ns) / sweep->requests;
	wait_ns = passed_ns < timeout_ns ? timeout_ns - passed_ns : 0;
	if (repetitions >= 1)
		wait_ns += timeout_ns;
	return wait_ns + (uint64_t)(((double)(sweep->targets.count - sweep->next) + repetitions) *
				    (double)pace_ns);
}

void sweep_show_progress(struct sweep *sweep, uint64_t now_ns)
{
	uint64_t passed_ns = now_ns - sweep->started_ns, left;
	char words[64];

	if (!sweep->progress.is_wanted)
		return;
	left = left_ns(sweep, now_ns);
	snprintf(words, sizeof(words), "%" PRIu64 " of %zu known, %" PRIu64 " alive", sweep->known,
		 sweep->targets.count, sweep->counts[STATE_ALIVE]);
	progress_show(&sweep->progress, now_ns, passed_ns, passed_ns + left, words, left);
}

static void print_summary(const struct sweep *sweep, double seconds)
{
	const uint64_t *counts = sweep->counts;
	uint64_t open = sweep->targets.count - sweep->known;

	output_text("--- %zu addresses, %s%" PRIu64 " alive%s", sweep->targets.count,
		    output_colour(COLOUR_GOOD), counts[STATE_ALIVE], output_colour(COLOUR_NONE));
	if (counts[STATE_SILENT])
		output_text(", %" PRIu64 " timed out", counts[STATE_SILENT]);
	if (counts[STATE_ERROR])
		output_text(", %" PRIu64 " errors", counts[STATE_ERROR]);
	if (counts[STATE_UNSENT])
		output_text(", %" PRIu64 " not sent", counts[STATE_UNSENT]);
	if (open)
		output_text(", %" PRIu64 " not known", open);
	output_text("; %" PRIu64 " requests in %.2f s\n", sweep->requests, seconds);
}

static void record_summary(const struct sweep *sweep, double seconds)
{
	record_begin("summary");
	record_number("targets", sweep->targets.count);
	record_number("alive", sweep->counts[STATE_ALIVE]);
	record_number("timed_out", sweep->counts[STATE_SILENT]);
	record_number("errors", sweep->counts[STATE_ERROR]);
	record_number("unsent", sweep->counts[STATE_UNSENT]);
	record_number("unknown", sweep->targets.count - sweep->known);
	record_number("requests", sweep->requests);
	record_double("seconds", seconds, 6);
	record_end();
}

/* CSV has one table: the targets or, with -q, the summary. */
void sweep_summarise(const struct sweep *sweep)
{
	double seconds = (double)(engine_now_ns() - sweep->started_ns) / 1e9;

	if (sweep->options.format == OUTPUT_JSON ||
	    (sweep->options.format == OUTPUT_CSV && sweep->options.quiet))
		record_summary(sweep, seconds);
	else if (sweep->options.format == OUTPUT_TEXT && !sweep->alive && !sweep->dead)
		print_summary(sweep, seconds);
}
