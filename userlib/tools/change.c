// SPDX-License-Identifier: MIT
/* Changes of state in words, and as records. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "clock.h"
#include "parse.h"
#include "summary.h"

/* "3 h 20 min": the two largest units that matter. */
static void format_span(uint64_t ns, char *text, size_t size)
{
	uint64_t s = ns / NS_PER_S;

	if (s < 60)
		snprintf(text, size, "%.1f s", (double)ns / 1e9);
	else if (s < 3600)
		snprintf(text, size, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else if (s < 24 * 3600)
		snprintf(text, size, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	else
		snprintf(text, size, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
}

/* Why the last request was not answered; NULL if it was. */
static const char *reason_of(const struct change *change)
{
	if (!change->c)
		return error_reason(change->error);
	return outcome_of(change->c) == OUTCOME_ANSWERED ? NULL : outcome_reason(change->c);
}

/* Who has sent the error that the last request ended with; NULL without one. */
static const char *error_from(const struct change *change, char *text)
{
	struct address address;

	if (!change->c || outcome_of(change->c) != OUTCOME_ERROR)
		return NULL;
	address_of_completion(&address, change->c);
	return address_format(&address, text);
}

static void explain_down(const struct change *change, char *text, size_t size)
{
	char address[ADDRESS_TEXT_LEN];
	const char *from = error_from(change, address);

	snprintf(text, size, "%s%s%s, %u in a row", reason_of(change), from ? " from " : "",
		 from ? from : "", change->rules->fall);
}

static void explain(const struct change *change, char *text, size_t size)
{
	unsigned int lost, of;
	char ms[MS_TEXT_LEN];

	lost = host_recently_lost(change->host, change->rules, &of);
	if (change->host->state == HOST_DOWN)
		explain_down(change, text, size);
	else if (change->host->state == HOST_LOSSY || reason_of(change))
		snprintf(text, size, "%u of the last %u lost", lost, of);
	else
		snprintf(text, size, "answered after %s",
			 format_ms((double)change->c->rtt_ns, ms));
}

static const char *colour_begin(enum colour colour, bool is_coloured)
{
	return is_coloured ? output_colour(colour) : "";
}

enum colour change_colour(enum host_state state)
{
	static const enum colour colours[HOST_STATES] = {
		[HOST_UNKNOWN] = COLOUR_DIM,
		[HOST_UP] = COLOUR_GOOD,
		[HOST_LOSSY] = COLOUR_WARNING,
		[HOST_DOWN] = COLOUR_BAD,
	};

	return colours[state];
}

static void format_change(const struct change *change, bool is_coloured, char *text)
{
	char time[CLOCK_TEXT_LEN], address[ADDRESS_TEXT_LEN], why[256], span[64];
	const struct host *host = change->host;
	bool is_named;
	size_t len;

	address_format(&host->address, address);
	is_named = *address && strcmp(host->name, address);
	explain(change, why, sizeof(why));
	len = (size_t)snprintf(text, CHANGE_TEXT_LEN, "%s %.256s%s%s%s is %s%s%s: %s",
			       clock_format(host->since_ns, time), host->name,
			       is_named ? " (" : "", is_named ? address : "", is_named ? ")" : "",
			       colour_begin(change_colour(host->state), is_coloured),
			       host_state_name(host->state), colour_begin(COLOUR_NONE, is_coloured),
			       why);
	if (change->before == HOST_UNKNOWN)
		return;
	format_span(host->before_ns, span, sizeof(span));
	snprintf(text + len, CHANGE_TEXT_LEN - len, "; was %s for %s",
		 host_state_name(change->before), span);
}

const char *change_format(const struct change *change, char *text)
{
	format_change(change, false, text);
	return text;
}

void change_print(const struct change *change)
{
	char text[CHANGE_TEXT_LEN];

	format_change(change, true, text);
	output_text("%s\n", text);
}

void change_record(const struct change *change)
{
	const struct host *host = change->host;
	char address[ADDRESS_TEXT_LEN], error_address[ADDRESS_TEXT_LEN];
	const char *reason = reason_of(change), *from = error_from(change, error_address);
	unsigned int lost, of;

	lost = host_recently_lost(host, change->rules, &of);
	record_begin("state");
	record_time("time", host->since_ns);
	record_string("host", host->name);
	record_text("address", host->address.family ? address_format(&host->address, address) :
						      NULL);
	record_string("state", host_state_name(host->state));
	record_string("previous", host_state_name(change->before));
	if (change->before == HOST_UNKNOWN)
		record_null("previous_s");
	else
		record_double("previous_s", (double)host->before_ns / 1e9, 3);
	record_text("reason", reason);
	record_text("from", from);
	if (reason)
		record_null("rtt_ms");
	else
		record_ms("rtt_ms", (double)change->c->rtt_ns);
	record_number("recently_lost", lost);
	record_number("recently_sent", of);
	record_end();
}
