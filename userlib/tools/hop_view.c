// SPDX-License-Identifier: MIT
/* Tells the hops of a path. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hop_view.h"
#include "output.h"
#include "summary.h"

#define MIN_NAME_WIDTH	15

const char *view_address(const struct hop_view *view, const struct address *address, char *text)
{
	const char *name = view->names ? names_get(view->names, address) : NULL;
	char digits[ADDRESS_TEXT_LEN];

	address_format(address, digits);
	if (name)
		snprintf(text, ROW_LEN, "%s (%s)", name, digits);
	else
		snprintf(text, ROW_LEN, "%s", digits);
	return text;
}

const char *view_hop_name(const struct hop_view *view, uint32_t ttl, char *text)
{
	static const char unknown[] = "???";
	const struct hop *hop = path_hop(view->path, ttl);

	if (!hop->responders_len)
		return memcpy(text, unknown, sizeof(unknown));
	return view_address(view, &hop->responders[hop->last].address, text);
}

/* The numbers of a row, behind the name. */
static const struct {
	const char *title;
	int width;
} columns[] = {
	{ "Loss%", 6 },
	{ "Sent", 6 },
	{ "Last", 6 },
	{ "Avg", 6 },
	{ "Best", 6 },
	{ "Worst", 6 },
	{ "StDev", 6 },
	{ "Jitter", 7 },
};

#define COLUMN_COUNT	(sizeof(columns) / sizeof(*columns))
#define COLUMNS_WIDTH	49

static int name_width(int width)
{
	/* In front of the name is the number of the hop: "10. ". */
	width -= COLUMNS_WIDTH + 4;
	return width < MIN_NAME_WIDTH ? MIN_NAME_WIDTH : width;
}

const char *view_header(int width, char *text)
{
	int len = snprintf(text, ROW_LEN, "    %-*s", name_width(width), "Host (times in ms)");
	size_t i;

	for (i = 0; i < COLUMN_COUNT && len < ROW_LEN; i++)
		len += snprintf(text + len, (size_t)(ROW_LEN - len), "%*s", columns[i].width,
				columns[i].title);
	return text;
}

/* As many digits as five characters hold. */
static int put_ms(char *text, size_t size, int width, double ns)
{
	int digits = ns < 9.9995e6 ? 3 : ns < 99.995e6 ? 2 : ns < 999.95e6 ? 1 : 0;

	return snprintf(text, size, "%*.*f", width, digits, ns / 1e6);
}

const char *view_row(const struct hop_view *view, uint32_t ttl, int width, char *text)
{
	const struct hop *hop = path_hop(view->path, ttl);
	const struct stats *stats = &hop->stats;
	const double times[] = {
		(double)stats->last_ns, stats->mean_ns, (double)stats->min_ns,
		(double)stats->max_ns, stats_stddev_ns(stats), stats_jitter_ns(stats),
	};
	int name = name_width(width), len;
	char name_text[ROW_LEN];
	size_t i;

	len = snprintf(text, ROW_LEN, "%2u. %-*.*s%6.1f%6" PRIu64, ttl, name, name,
		       view_hop_name(view, ttl, name_text), stats_loss_percent(stats), stats->sent);
	for (i = 0; i < sizeof(times) / sizeof(*times) && len < ROW_LEN; i++) {
		if (stats->answered)
			len += put_ms(text + len, (size_t)(ROW_LEN - len), columns[i + 2].width,
				      times[i]);
		else
			len += snprintf(text + len, (size_t)(ROW_LEN - len), "%*s",
					columns[i + 2].width, "-");
	}
	return text;
}

const char *view_other(const struct hop_view *view, uint32_t ttl, size_t index, char *text)
{
	const struct hop *hop = path_hop(view->path, ttl);
	char name[ROW_LEN];

	if (index >= hop->last)
		index++;
	if (index >= hop->responders_len)
		return NULL;
	snprintf(text, ROW_LEN, "    %.500s",
		 view_address(view, &hop->responders[index].address, name));
	return text;
}

/* Says who it is if it is not the one before. */
static void print_responder(const struct hop_view *view, const struct hop *hop,
			    const struct probe *probe, size_t *previous)
{
	const struct responder *responder = &hop->responders[probe->responder];
	char text[ROW_LEN];

	if (*previous == probe->responder && probe->responder < HOP_RESPONDERS)
		return;
	if (*previous != SIZE_MAX)
		output_text("\n  ");
	*previous = probe->responder;
	if (probe->responder < HOP_RESPONDERS)
		output_text("  %s", view_address(view, &responder->address, text));
	else
		output_text("  (one more host)");
}

static void print_probe(const struct hop_view *view, const struct hop *hop,
			const struct probe *probe, size_t *previous)
{
	char text[MS_TEXT_LEN];

	switch (probe->state) {
	case PROBE_ANSWERED:
		print_responder(view, hop, probe, previous);
		output_text("  %s", format_ms((double)probe->rtt_ns, text));
		if (probe->mark[0])
			output_text(" %s%s%s", output_colour(COLOUR_BAD), probe->mark,
				    output_colour(COLOUR_NONE));
		break;
	case PROBE_UNSENT:
		output_text("  %snot sent%s", output_colour(COLOUR_BAD),
			    output_colour(COLOUR_NONE));
		break;
	case PROBE_LOST:
		output_text("  %s*%s", output_colour(COLOUR_WARNING), output_colour(COLOUR_NONE));
		break;
	case PROBE_NONE:
	case PROBE_WAITING:
		break;
	}
}

void view_print_mtu(const struct hop_view *view, uint32_t ttl)
{
	const struct path_mtu *mtu = path_mtu_at(view->path, ttl);
	char text[ROW_LEN];

	if (mtu)
		output_text("    %sMTU %u%s from here on (%s says so)\n",
			    output_colour(COLOUR_WARNING), mtu->mtu, output_colour(COLOUR_NONE),
			    view_address(view, &mtu->from, text));
}

static void print_row(const struct hop_view *view, uint32_t ttl)
{
	char text[ROW_LEN];
	size_t i;

	output_text("%s\n", view_row(view, ttl, VIEW_TABLE_WIDTH, text));
	for (i = 0; view_other(view, ttl, i, text); i++)
		output_text("%s\n", text);
}

void view_print_hop(const struct hop_view *view, uint32_t ttl, uint64_t times)
{
	const struct hop *hop = path_hop(view->path, ttl);
	uint64_t i = hop->requested > times ? hop->requested - times : 0;
	size_t previous = SIZE_MAX;

	if (times > MAX_TIMES) {
		print_row(view, ttl);
	} else {
		output_text("%2u", ttl);
		for (; i < hop->requested; i++)
			print_probe(view, hop, &hop->probes[i % HOP_HISTORY], &previous);
		output_text("\n");
	}
	view_print_mtu(view, ttl);
}

static bool has_mark(const struct hop_view *view, const char *mark)
{
	const struct hop *hop;
	uint32_t ttl;
	size_t i;

	for (ttl = view->path->first_ttl; ttl <= view->path->max_ttl; ttl++) {
		hop = path_hop(view->path, ttl);
		for (i = 0; i < HOP_HISTORY; i++) {
			if (hop->probes[i].state == PROBE_ANSWERED &&
			    !strcmp(hop->probes[i].mark, mark))
				return true;
		}
	}
	return false;
}

void view_print_legend(const struct hop_view *view)
{
	static const char letters[] = "NHPUFSXVCR";
	const char *letter;
	char mark[3] = "!";

	for (letter = letters; *letter; letter++) {
		mark[1] = *letter;
		if (has_mark(view, mark))
			output_text("%s: %s\n", mark, mark_words(mark));
	}
}

static const struct probe *last_probe(const struct hop *hop)
{
	return &hop->probes[(hop->requested - 1) % HOP_HISTORY];
}

/* Of the hop as a whole: the best that any request has seen. */
static const char *outcome_of_hop(const struct hop *hop)
{
	if (hop->is_destination)
		return "answered";
	if (hop->is_end)
		return "error";
	if (hop->responders_len)
		return "expired";
	return hop->stats.unsent && !hop->stats.sent ? "unsent" : "timed_out";
}

static const char *reason_of_hop(const struct hop_view *view, const struct hop *hop)
{
	const char *mark, *words;

	if (hop->is_end && !hop->is_destination && hop->requested) {
		mark = last_probe(hop)->mark;
		words = mark_words(mark);
		return words ? words : mark;
	}
	if (hop->stats.unsent && !hop->stats.sent)
		return icmpecho_strerror(view->path->error);
	return NULL;
}

static void record_responder(const struct hop_view *view, const struct hop *hop)
{
	const struct responder *responder = &hop->responders[hop->last];
	char text[ADDRESS_TEXT_LEN];

	if (!hop->responders_len) {
		record_null("from");
		record_null("name");
		return;
	}
	record_string("from", address_format(&responder->address, text));
	record_text("name", view->names ? names_get(view->names, &responder->address) : NULL);
}

static void record_times(const struct stats *stats)
{
	const struct {
		const char *name;
		double ns;
	} times[] = {
		{ "rtt_last_ms", (double)stats->last_ns }, { "rtt_mean_ms", stats->mean_ns },
		{ "rtt_min_ms", (double)stats->min_ns },   { "rtt_max_ms", (double)stats->max_ns },
		{ "rtt_stddev_ms", stats_stddev_ns(stats) },
	};
	size_t i;

	record_number("sent", stats->sent);
	record_number("answered", stats->answered);
	record_number("timed_out", stats->timed_out);
	record_number("unsent", stats->unsent);
	if (stats->sent)
		record_double("loss_percent", stats_loss_percent(stats), 3);
	else
		record_null("loss_percent");
	for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
		if (stats->answered)
			record_ms(times[i].name, times[i].ns);
		else
			record_null(times[i].name);
	}
	if (stats->answered > 1)
		record_ms("jitter_ms", stats_jitter_ns(stats));
	else
		record_null("jitter_ms");
}

static void record_mtu(const struct path_mtu *mtu)
{
	char text[ADDRESS_TEXT_LEN];

	if (mtu) {
		record_number("mtu", mtu->mtu);
		record_string("mtu_from", address_format(&mtu->from, text));
	} else {
		record_null("mtu");
		record_null("mtu_from");
	}
}

static void record_responders(const struct hop *hop)
{
	struct json_object *list = json_object_new_array(), *object;
	char text[ADDRESS_TEXT_LEN];
	size_t i;

	for (i = 0; i < hop->responders_len; i++) {
		address_format(&hop->responders[i].address, text);
		object = json_object_new_object();
		json_object_object_add(object, "from", json_object_new_string(text));
		json_object_object_add(object, "count",
				       json_object_new_uint64(hop->responders[i].count));
		json_object_array_add(list, object);
	}
	record_json("responders", list);
}

void view_record_hop(const struct hop_view *view, uint32_t ttl)
{
	const struct hop *hop = path_hop(view->path, ttl);
	char text[ADDRESS_TEXT_LEN];

	record_begin("hop");
	record_string("host", view->host);
	record_string("address", address_format(&view->destination, text));
	record_number("ttl", ttl);
	record_string("outcome", outcome_of_hop(hop));
	record_text("reason", reason_of_hop(view, hop));
	record_responder(view, hop);
	record_times(&hop->stats);
	record_mtu(path_mtu_at(view->path, ttl));
	record_responders(hop);
	record_end();
}
