// SPDX-License-Identifier: MIT
/*
 * What fping prints, which other programs read: each line is as fping 5.1 has it. Answers
 * go to standard output; errors, summaries and totals go to standard error.
 */
#include <ctype.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "fping.h"
#include "output.h"
#include "parse.h"

#define TIME_TEXT_LEN	32

__attribute__((format(printf, 1, 2))) static void print_error(const char *format, ...)
{
	va_list arguments;

	output_flush();
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
}

/* Milliseconds with three digits that matter. */
static const char *format_time(uint64_t ns, char *text)
{
	double ms = (double)ns / NS_PER_MS;
	int digits = ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0;

	if (ms < 1e6)
		snprintf(text, TIME_TEXT_LEN, "%.*f", digits, ms);
	else
		snprintf(text, TIME_TEXT_LEN, "%.3e", ms);
	return text;
}

static uint64_t average_ns(const struct fping_tally *tally)
{
	return tally->received ? tally->total_ns / tally->received : 0;
}

static uint32_t lost_of(const struct fping_tally *tally)
{
	return tally->sent > tally->received ? tally->sent - tally->received : 0;
}

static unsigned int percent_of(uint32_t part, uint32_t whole)
{
	return whole ? (unsigned int)(part * 100ULL / whole) : 0;
}

/* -D: the time of the event, or of now. */
static void print_timestamp(const struct fping *fping, uint64_t ns)
{
	if (!fping->options.timestamp)
		return;
	if (!ns)
		ns = clock_realtime_ns();
	output_text("[%llu.%05llu] ", ns / NS_PER_S, ns % NS_PER_S / (10 * NS_PER_US));
}

/* A group's member answers from its own address. */
static void tell_other_source(const struct fping_host *host, const struct icmpecho_completion *c)
{
	char text[ADDRESS_TEXT_LEN];
	struct address from;

	address_of_completion(&from, c);
	if (!memcmp(from.bytes, host->target->address.bytes, sizeof(from.bytes)))
		return;
	print_error(" [<- %s]", address_format(&from, text));
	fflush(stderr);
}

static void print_average(const struct fping_host *host)
{
	char text[TIME_TEXT_LEN] = "NaN";

	if (host->all.received)
		format_time(average_ns(&host->all), text);
	output_text(" (%s avg, %u%% loss)\n", text,
		    percent_of(lost_of(&host->all), host->all.sent));
}

void fping_tell_reply(const struct fping *fping, const struct fping_host *host, uint32_t seq,
		      const struct icmpecho_completion *c)
{
	const struct fping_options *options = &fping->options;
	char time[TIME_TEXT_LEN], address[ADDRESS_TEXT_LEN];
	const char *label = fping_label(host, address);

	if (!options->verbose && (options->repeats || !options->alive))
		return;
	tell_other_source(host, c);
	format_time(c->rtt_ns, time);
	if (options->repeats) {
		print_timestamp(fping, c->received_ns);
		output_text("%-*s : [%u], %u bytes, %s ms", fping->label_width, label, seq,
			    c->wire_len + 8, time);
		print_average(host);
		return;
	}
	output_text("%s%s", label, options->verbose ? " is alive" : "");
	if (options->elapsed)
		output_text(" (%s ms)", time);
	output_text("\n");
}

void fping_tell_timeout(const struct fping *fping, const struct fping_host *host, uint32_t seq)
{
	char address[ADDRESS_TEXT_LEN];

	if (!fping->options.verbose || !fping->options.repeats)
		return;
	print_timestamp(fping, 0);
	output_text("%-*s : [%u], timed out", fping->label_width, fping_label(host, address), seq);
	print_average(host);
}

void fping_tell_unsent(const struct fping *fping, const struct fping_host *host, int error)
{
	char address[ADDRESS_TEXT_LEN];

	if (fping->options.verbose && !fping->options.repeats)
		print_error("%s: error while sending ping: %s\n", fping_label(host, address),
			    strerror(error));
}

static const char *const unreachable_names[] = {
	"ICMP Network Unreachable",
	"ICMP Host Unreachable",
	"ICMP Protocol Unreachable",
	"ICMP Port Unreachable",
	"ICMP Unreachable (Fragmentation Needed)",
	"ICMP Unreachable (Source Route Failed)",
	"ICMP Unreachable (Destination Network Unknown)",
	"ICMP Unreachable (Destination Host Unknown)",
	"ICMP Unreachable (Source Host Isolated)",
	"ICMP Unreachable (Communication with Network Prohibited)",
	"ICMP Unreachable (Communication with Host Prohibited)",
	"ICMP Unreachable (Network Unreachable For Type Of Service)",
	"ICMP Unreachable (Host Unreachable For Type Of Service)",
	"ICMP Unreachable (Communication Administratively Prohibited)",
	"ICMP Unreachable (Host Precedence Violation)",
	"ICMP Unreachable (Precedence cutoff in effect)",
};

/* Of the types of RFC 792 that are errors and end a request. */
static const char *icmp_name(const struct icmpecho_completion *c)
{
	switch (c->type) {
	case 3:
		if (c->code >= sizeof(unreachable_names) / sizeof(*unreachable_names))
			return "ICMP Unreachable (Invalid Code)";
		return unreachable_names[c->code];
	case 11:
		return "ICMP Time Exceeded";
	default:
		return "ICMP Parameter Problem";
	}
}

void fping_tell_icmp_error(const struct fping *fping, const struct fping_host *host,
			   const struct icmpecho_completion *c)
{
	char text[ADDRESS_TEXT_LEN], address[ADDRESS_TEXT_LEN];
	struct address from;

	if (fping->options.quiet)
		return;
	address_of_completion(&from, c);
	print_error("%s from %s for ICMP Echo sent to %s\n", icmp_name(c),
		    address_format(&from, text), fping_label(host, address));
}

static void print_label(const struct fping *fping, const struct fping_host *host)
{
	char address[ADDRESS_TEXT_LEN];

	print_error("%-*s :", fping->label_width, fping_label(host, address));
}

static void print_summary(const struct fping *fping, const struct fping_host *host,
			  const struct fping_tally *tally)
{
	char min[TIME_TEXT_LEN], average[TIME_TEXT_LEN], max[TIME_TEXT_LEN];
	uint32_t lost = lost_of(tally);

	print_label(fping, host);
	print_error(" xmt/rcv/%%loss = %u/%u/%u%%", tally->sent, tally->received,
		    percent_of(lost, tally->sent));
	if (fping->options.outage)
		print_error(", outage(ms) = %llu", lost * fping->options.period_ns / NS_PER_MS);
	if (tally->received)
		print_error(", min/avg/max = %s/%s/%s", format_time(tally->min_ns, min),
			    format_time(average_ns(tally), average),
			    format_time(tally->max_ns, max));
	print_error("\n");
}

static void print_vector(const struct fping *fping, const struct fping_host *host)
{
	char text[TIME_TEXT_LEN];
	uint32_t i;

	print_label(fping, host);
	for (i = 0; i < host->all.sent; i++)
		print_error(" %s", host->times_ns[i] ? format_time(host->times_ns[i], text) : "-");
	print_error("\n");
}

/* Netdata's plugins print charts, each with an id, and then the values of their dimensions. */
struct chart {
	const char *id, *label;
	double seconds;
	bool is_new;
};

static void begin_chart(const struct chart *chart, const char *kind, const char *title,
			const char *unit, const char *style, const char *dimensions)
{
	if (chart->is_new) {
		output_text("CHART fping.%s_%s '' 'FPing %s for host %s' %s", chart->id, kind,
			    title, chart->label, unit);
		output_text(" '%s' fping.%s %s %.0f\n", chart->label, kind, style, chart->seconds);
		output_text("%s", dimensions);
	}
	output_text("BEGIN fping.%s_%s\n", chart->id, kind);
}

static void print_charts(const struct chart *chart, const struct fping_tally *tally)
{
	begin_chart(chart, "packets", "Packets", "packets", "line 110020",
		    "DIMENSION xmt sent absolute 1 1\n"
		    "DIMENSION rcv received absolute 1 1\n");
	output_text("SET xmt = %u\nSET rcv = %u\nEND\n", tally->sent, tally->received);
	begin_chart(chart, "quality", "Quality", "percentage", "area 110010",
		    "DIMENSION returned '' absolute 1 1\n");
	output_text("SET returned = %u\nEND\n", percent_of(tally->received, tally->sent));
	begin_chart(chart, "latency", "Latency", "ms", "area 110000",
		    "DIMENSION min minimum absolute 1 1000000\n"
		    "DIMENSION max maximum absolute 1 1000000\n"
		    "DIMENSION avg average absolute 1 1000000\n");
	if (tally->received)
		output_text("SET min = %" PRIu64 "\nSET avg = %" PRIu64 "\nSET max = %" PRIu64 "\n",
			    tally->min_ns, average_ns(tally), tally->max_ns);
	output_text("END\n");
}

static void print_host_charts(const struct fping *fping, const struct fping_host *host)
{
	char id[NI_MAXHOST], address[ADDRESS_TEXT_LEN], text[ADDRESS_TEXT_LEN], *c;
	const struct chart chart = {
		.id = id,
		.label = fping_label(host, address),
		.seconds = (double)fping->options.report_ns / NS_PER_S,
		.is_new = !fping->has_charts,
	};

	snprintf(id, sizeof(id), "%s", target_name(host->target, text));
	for (c = id; *c; c++) {
		if (!isalnum((unsigned char)*c))
			*c = '_';
	}
	print_charts(&chart, &host->interval);
}

static void print_clock(void)
{
	time_t now = time(NULL);
	char text[16];
	struct tm tm;

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &tm));
	print_error("[%s]\n", text);
}

void fping_report_interval(struct fping *fping, bool as_netdata)
{
	struct fping_host *host;

	if (!as_netdata) {
		print_error("%s", fping->options.verbose ? "\n" : "");
		print_clock();
	}
	for (host = fping->hosts; host < fping->hosts + fping->targets.count; host++) {
		if (as_netdata)
			print_host_charts(fping, host);
		else
			print_summary(fping, host, &host->interval);
		memset(&host->interval, 0, sizeof(host->interval));
	}
	fping->has_charts |= as_netdata;
}

static void print_unreachable(const struct fping *fping)
{
	const struct fping_host *host;
	char address[ADDRESS_TEXT_LEN];

	if (!fping->options.verbose && !fping->options.unreach)
		return;
	for (host = fping->hosts; host < fping->hosts + fping->targets.count; host++) {
		if (!host->all.received)
			output_text("%s%s\n", fping_label(host, address),
				    fping->options.verbose ? " is unreachable" : "");
	}
}

static void print_summaries(const struct fping *fping)
{
	const struct fping_host *host;

	print_error("%s", fping->options.verbose ? "\n" : "");
	for (host = fping->hosts; host < fping->hosts + fping->targets.count; host++) {
		if (fping->options.vector)
			print_vector(fping, host);
		else
			print_summary(fping, host, &host->all);
	}
}

static void print_totals(const struct fping *fping)
{
	char min[TIME_TEXT_LEN], average[TIME_TEXT_LEN], max[TIME_TEXT_LEN];
	double elapsed = (double)(engine_now_ns() - fping->begin_ns) / NS_PER_S;

	print_error("\n %7zu targets\n %7u alive\n %7zu unreachable\n %7u unknown addresses\n\n",
		    fping->targets.count, fping->alive, fping->targets.count - fping->alive,
		    fping->unknown);
	print_error(" %7" PRIu64 " timeouts (waiting for response)\n"
		    " %7" PRIu64 " ICMP Echos sent\n"
		    " %7u ICMP Echo Replies received\n"
		    " %7" PRIu64 " other ICMP received\n\n",
		    fping->timed_out, fping->sent, fping->times.received, fping->other_received);
	print_error(" %s ms (min round trip time)\n %s ms (avg round trip time)\n"
		    " %s ms (max round trip time)\n %12.3f sec (elapsed real time)\n\n",
		    format_time(fping->times.min_ns, min),
		    format_time(average_ns(&fping->times), average),
		    format_time(fping->times.max_ns, max), elapsed);
}

void fping_report_end(const struct fping *fping)
{
	const struct fping_options *options = &fping->options;

	if (options->repeats)
		print_summaries(fping);
	else
		print_unreachable(fping);
	if (options->stats)
		print_totals(fping);
	if (options->reachable)
		output_text("%s hosts reachable (required: %" PRId64 ", reachable: %u)\n",
			    fping->alive >= options->reachable ? "Enough" : "Not enough",
			    options->reachable, fping->alive);
}
