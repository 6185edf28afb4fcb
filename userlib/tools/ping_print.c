// SPDX-License-Identifier: MIT
/* icmpecho ping: lines, records and summaries. */
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "output.h"
#include "ping.h"
#include "summary.h"

/* The addresses of a record-route option: three bytes of header, then four for each. */
static size_t next_option(const unsigned char *options, size_t len, size_t at)
{
	if (at >= len || options[at] == 0)
		return len;
	if (options[at] == 1)
		return at + 1;
	return at + 1 < len && options[at + 1] >= 2 ? at + options[at + 1] : len;
}

static struct json_object *route_of(const struct icmpecho_completion *c)
{
	const unsigned char *options = icmpecho_completion_options(c);
	struct json_object *route = json_object_new_array();
	struct address hop = { .family = AF_INET };
	struct json_object *address;
	char text[ADDRESS_TEXT_LEN];
	size_t at, i, end;

	for (at = 0; at < c->options_len; at = next_option(options, c->options_len, at)) {
		if (options[at] != 7 || at + 3 > c->options_len)
			continue;
		/* The third byte counts from 1, and points behind the last address. */
		end = at + options[at + 2] - 1;
		if (end > next_option(options, c->options_len, at))
			continue;
		for (i = at + 3; i + 4 <= end && i + 4 <= c->options_len; i += 4) {
			memcpy(hop.bytes, options + i, 4);
			address = json_object_new_string(address_format(&hop, text));
			json_object_array_add(route, address);
		}
	}
	return route;
}

static void print_route(const struct icmpecho_completion *c)
{
	struct json_object *route = route_of(c);
	size_t i;

	output_text("%*sroute:", 4, "");
	for (i = 0; i < json_object_array_length(route); i++) {
		output_text(" %s",
			    json_object_get_string(json_object_array_get_idx(route, i)));
	}
	output_text("\n");
	json_object_put(route);
}

static const char *reason_of(const struct ping_event *event)
{
	return event->c ? outcome_reason(event->c) : icmpecho_strerror(event->error);
}

static void print_reply(const struct ping_host *host, const struct ping_event *event)
{
	const struct icmpecho_completion *c = event->c;
	char time[MS_TEXT_LEN], text[ADDRESS_TEXT_LEN];
	struct address from;

	address_of_completion(&from, c);
	output_text("%s%u bytes%s", output_colour(COLOUR_GOOD), c->wire_len,
		    output_colour(COLOUR_NONE));
	if (address_compare(&from, &host->target->address))
		output_text(" from %s", address_format(&from, text));
	output_text(" ttl=%u time=%s%s%s\n", c->ttl, format_ms((double)c->rtt_ns, time),
		    event->is_duplicate ? " (duplicate)" : "",
		    event->is_corrupted ? " (not the payload that was sent)" : "");
	if (c->options_len)
		print_route(c);
}

static void print_failure(const struct ping_event *event)
{
	const struct icmpecho_completion *c = event->c;
	char time[MS_TEXT_LEN], text[ADDRESS_TEXT_LEN];
	struct address from;

	output_text("%s%s%s%s", output_colour(COLOUR_BAD),
		    event->outcome == OUTCOME_UNSENT ? "not sent: " : "", reason_of(event),
		    output_colour(COLOUR_NONE));
	if (event->outcome == OUTCOME_ERROR) {
		address_of_completion(&from, c);
		output_text(" from %s time=%s", address_format(&from, text),
			    format_ms((double)c->rtt_ns, time));
		if (c->status == ICMPECHO_STATUS_PACKET_TOO_BIG)
			output_text(" mtu=%u", c->info);
	}
	output_text("\n");
}

/* When the answer came or, without one, now. */
static uint64_t time_of(const struct icmpecho_completion *c)
{
	return c && c->received_ns ? c->received_ns : clock_realtime_ns();
}

static void print_line(const struct ping *ping, const struct ping_host *host,
		       const struct ping_event *event)
{
	const struct icmpecho_completion *c = event->c;
	char time[CLOCK_TEXT_LEN];

	if (ping->with_time)
		output_text("%s ", clock_format(time_of(c), time));
	output_text("%-*s seq=%" PRIu64 " ", ping->name_width, host->name, event->seq);
	if (event->outcome == OUTCOME_ANSWERED)
		print_reply(host, event);
	else
		print_failure(event);
}

static void record_host(const struct ping_host *host)
{
	char text[ADDRESS_TEXT_LEN];

	record_string("host", target_name(host->target, text));
	record_string("address", address_format(&host->target->address, text));
}

static void record_answer(const struct icmpecho_completion *c)
{
	char text[ADDRESS_TEXT_LEN];
	struct address from;

	address_of_completion(&from, c);
	record_string("from", address_format(&from, text));
	record_ms("rtt_ms", (double)c->rtt_ns);
	record_number("ttl", c->ttl);
	record_number("tos", c->tos);
	record_number("bytes", c->wire_len);
}

static void record_event(const struct ping *ping, const struct ping_host *host,
			 const struct ping_event *event)
{
	static const char *const names[] = { "from", "rtt_ms", "ttl", "tos", "bytes" };
	const struct icmpecho_completion *c = event->c;
	size_t i;

	record_begin("answer");
	record_time("time", time_of(c));
	record_host(host);
	record_number("seq", event->seq);
	record_string("outcome", outcome_name(event->outcome));
	if (event->outcome == OUTCOME_ANSWERED)
		record_null("reason");
	else
		record_string("reason", reason_of(event));
	if (event->outcome == OUTCOME_ANSWERED || event->outcome == OUTCOME_ERROR) {
		record_answer(c);
	} else {
		for (i = 0; i < sizeof(names) / sizeof(*names); i++)
			record_null(names[i]);
	}
	if (c && c->status == ICMPECHO_STATUS_PACKET_TOO_BIG)
		record_number("mtu", c->info);
	else
		record_null("mtu");
	record_bool("duplicate", event->is_duplicate);
	record_bool("corrupted", event->is_corrupted);
	if (ping->options.record_route && c && c->options_len)
		record_words("route", route_of(c));
	else if (ping->options.record_route)
		record_null("route");
	record_end();
}

void ping_tell(const struct ping *ping, const struct ping_host *host,
	       const struct ping_event *event)
{
	if (ping->options.quiet)
		return;
	if (ping->options.format == OUTPUT_TEXT)
		print_line(ping, host, event);
	else
		record_event(ping, host, event);
}

void ping_summarise(const struct ping *ping)
{
	const struct ping_host *host;

	for (host = ping->hosts; host < ping->hosts + ping->targets.count; host++) {
		if (ping->options.format == OUTPUT_TEXT) {
			summary_print(host->name, &host->stats);
			continue;
		}
		record_begin("summary");
		record_host(host);
		summary_record(&host->stats);
		record_end();
	}
}
