// SPDX-License-Identifier: MIT
/* The picture of a monitor, in SVG. */
#include <string.h>

#include "clock.h"
#include "picture.h"
#include "plain.h"
#include "summary.h"
#include "svg.h"

#define WIDTH		1000
#define TOP		40		/* of the first host */
#define ROW		44
#define LINE_X		430
#define LINE_STEP	3		/* for each request */
#define LINE_HEIGHT	30
#define BARS		24
#define BARS_X		(LINE_X + RECENT_LEN * LINE_STEP + 20)
#define BAR_STEP	6

static const char style[] =
	"text{font:13px sans-serif;fill:#222}.dim{fill:#777;font-size:11px}"
	".up{fill:#2a7d2a}.lossy{fill:#b8860b}.down{fill:#c03030}.unknown{fill:#777}"
	".rtt{fill:none;stroke:#2a5d9d;stroke-width:1.2}.lost{stroke:#c03030;stroke-width:2}"
	".bar{fill:#2a5d9d}.rule{stroke:#ddd}";

static void put_text(FILE *stream, int x, int y, const char *class, const char *text)
{
	fprintf(stream, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
	put_escaped_xml(stream, text);
	fputs("</text>\n", stream);
}

static void put_numbers(FILE *stream, const struct host *host, int y)
{
	char text[200], last[MS_TEXT_LEN], median[MS_TEXT_LEN], slow[MS_TEXT_LEN];
	const struct stats *stats = &host->stats;

	if (stats->answered) {
		snprintf(text, sizeof(text), "last %s, median %s, p99 %s",
			 format_ms((double)stats->last_ns, last),
			 format_ms((double)stats_percentile_ns(stats, 50), median),
			 format_ms((double)stats_percentile_ns(stats, 99), slow));
		put_text(stream, 10, y + 34, "dim", text);
	}
	snprintf(text, sizeof(text), "%.1f %% lost", stats_loss_percent(stats));
	put_text(stream, 340, y + 18, "dim", text);
}

/* Pieces of a line between lost requests, which are ticks at the bottom. */
static void put_line(FILE *stream, const struct host *host, int y)
{
	int heights[RECENT_LEN], i, bottom = y + ROW - 8;
	bool is_drawing = false;

	picture_line(host, RECENT_LEN, LINE_HEIGHT, heights);
	for (i = 0; i < RECENT_LEN; i++) {
		if (heights[i] >= 0) {
			fprintf(stream, "%s%d,%d", is_drawing ? " " :
				"<polyline class=\"rtt\" stroke-linecap=\"round\" points=\"",
				LINE_X + i * LINE_STEP, bottom - heights[i]);
			/* A line of one point is drawn nowhere. */
			if (!is_drawing)
				fprintf(stream, " %d,%d", LINE_X + i * LINE_STEP,
					bottom - heights[i]);
			is_drawing = true;
			continue;
		}
		if (is_drawing)
			fputs("\"/>\n", stream);
		is_drawing = false;
		if (heights[i] == PICTURE_LOST)
			fprintf(stream, "<path class=\"lost\" d=\"M%d %dv-8\"/>\n",
				LINE_X + i * LINE_STEP, bottom);
	}
	if (is_drawing)
		fputs("\"/>\n", stream);
}

static void put_bars(FILE *stream, const struct host *host, int y)
{
	int heights[BARS], i, bottom = y + ROW - 8;

	if (!picture_bars(host, BARS, LINE_HEIGHT, heights))
		return;
	for (i = 0; i < BARS; i++) {
		if (heights[i])
			fprintf(stream,
				"<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
				BARS_X + i * BAR_STEP, bottom - heights[i], BAR_STEP - 1,
				heights[i]);
	}
}

static void put_host(FILE *stream, const struct host *host, int y)
{
	const char *state = host_state_name(host->state);

	fprintf(stream, "<path class=\"rule\" d=\"M0 %dh%d\"/>\n", y, WIDTH);
	put_text(stream, 10, y + 18, "name", host->name);
	put_text(stream, 280, y + 18, state, state);
	put_numbers(stream, host, y);
	put_line(stream, host, y);
	put_bars(stream, host, y);
}

void svg_write(FILE *stream, const struct monitor_view *view, uint64_t realtime_ns)
{
	int height = TOP + (int)view->hosts->count * ROW;
	char time[CLOCK_TEXT_LEN];
	size_t i;

	fprintf(stream,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n<title>icmpecho monitor</title>\n<style>%s</style>\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
		WIDTH, height, WIDTH, height, style, WIDTH, height);
	/* Without the fraction of a second */
	clock_format(realtime_ns, time);
	time[strcspn(time, ".")] = '\0';
	put_text(stream, 10, 24, "name", time);
	put_text(stream, LINE_X, 24, "dim", "last round-trip times");
	put_text(stream, BARS_X, 24, "dim", "how they are spread (log)");
	for (i = 0; i < view->hosts->count; i++)
		put_host(stream, view->hosts->list[i], TOP + (int)i * ROW);
	fputs("</svg>\n", stream);
}
