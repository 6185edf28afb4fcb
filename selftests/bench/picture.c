// SPDX-License-Identifier: GPL-2.0
/*
 * A picture in SVG that needs nothing else: what an echo costs as bars, what it
 * costs when many do it at once, and how often RTTs are off by how much. The last
 * two have logarithmic axes.
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "report.h"

#define WIDTH	960
#define MARGIN	40
#define BAR	18

#define OURS	"#1f6fb4"
#define FLOOR	"#5a9e4b"
#define SOCKETS	"#8c8c8c"
#define TOOLS	"#d08a2e"

static FILE *svg;

static void text(double x, double y, const char *anchor, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void text(double x, double y, const char *anchor, const char *format, ...)
{
	va_list args;

	fprintf(svg, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	va_start(args, format);
	vfprintf(svg, format, args);
	va_end(args);
	fprintf(svg, "</text>\n");
}

static void heading(double y, const char *words)
{
	fprintf(svg, "<text x=\"%d\" y=\"%.1f\" class=\"h\">%s</text>\n", MARGIN, y, words);
}

static bool begins_with(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static const char *colour_of(const char *name)
{
	if (begins_with(name, "us"))
		return OURS;
	if (begins_with(name, "floor"))
		return FLOOR;
	if (strstr(name, "ping-") == name || begins_with(name, "fping") ||
	    begins_with(name, "oping"))
		return TOOLS;
	return SOCKETS;
}

/* ---- bars */

static bool is_bar(const struct row *row, int payload)
{
	return !strcmp(row->section, "main") && row->family == 4 && row->payload == payload &&
	       row_find(row->section, row->name, row->family, row->payload);
}

static double longest_bar(int payload)
{
	double most = 1;
	int i;

	for (i = 0; i < nr_rows; i++)
		if (is_bar(&rows[i], payload))
			most = fmax(most, row_median(&rows[i]));
	return most;
}

/* Returns where the next thing may begin. */
static double bars(double y, int payload)
{
	double scale = (WIDTH - 2 * MARGIN - 230) / longest_bar(payload);
	int i;

	for (i = 0; i < nr_rows; i++) {
		const struct row *row = &rows[i];

		if (!is_bar(row, payload))
			continue;
		text(MARGIN + 150, y + BAR - 5, "end", "%s", row->name);
		fprintf(svg,
			"<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
			MARGIN + 160, y, row_median(row) * scale, BAR - 4,
			colour_of(row->name));
		text(MARGIN + 165 + row_median(row) * scale, y + BAR - 5, "start", "%.0f",
		     row_median(row));
		y += BAR;
	}
	return y + 40;
}

/* ---- curves, on logarithmic axes */

struct axes {
	double x0, x1;		/* logarithms */
	double y0, y1;
	bool y_linear;
	double left, top, width, height;
};

static double at_x(const struct axes *a, double x)
{
	double part = (log10(x) - a->x0) / (a->x1 - a->x0);

	return a->left + a->width * fmin(fmax(part, 0), 1);
}

static double at_y(const struct axes *a, double y)
{
	double part = ((a->y_linear ? y : log10(y)) - a->y0) / (a->y1 - a->y0);

	return a->top + a->height * (1 - fmin(fmax(part, 0), 1));
}

static void draw_axes(const struct axes *a, const char *x_name, const char *y_name)
{
	double k;

	fprintf(svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"a\"/>\n",
		a->left, a->top, a->width, a->height);
	for (k = ceil(a->x0); k <= a->x1; k++)
		text(at_x(a, pow(10, k)), a->top + a->height + 16, "middle", "%g", pow(10, k));
	for (k = ceil(a->y0); !a->y_linear && k <= a->y1; k++)
		text(a->left - 6, at_y(a, pow(10, k)) + 4, "end", "%g", pow(10, k));
	for (k = 0; a->y_linear && k <= 100; k += 25)
		text(a->left - 6, at_y(a, k) + 4, "end", "%g %%", k);
	text(a->left + a->width / 2, a->top + a->height + 34, "middle", "%s", x_name);
	text(a->left, a->top - 8, "start", "%s", y_name);
}

static void begin_line(void)
{
	fprintf(svg, "<polyline class=\"l\" points=\"");
}

static void end_line(const char *colour, double y, const char *name)
{
	fprintf(svg, "\" stroke=\"%s\"/>\n<text x=\"%d\" y=\"%.1f\" fill=\"%s\">%s</text>\n",
		colour, WIDTH - MARGIN - 150, y, colour, name);
}

static void scaling_line(const struct axes *a, const char *name, const char *colour, int number)
{
	static const int sizes[] = { 1, 4, 16, 64 };
	const struct row *row;
	char label[64];
	size_t i;

	begin_line();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(label, sizeof(label), "%s x%d", name, sizes[i]);
		row = row_find("scaling", label, 4, 56);
		if (row)
			fprintf(svg, "%.1f,%.1f ", at_x(a, sizes[i]), at_y(a, row_median(row)));
	}
	end_line(colour, a->top + 20 + number * 18, name);
}

static double scaling(double top)
{
	const struct axes a = {
		.x0 = 0, .x1 = log10(64), .y0 = 4, .y1 = 6,
		.left = MARGIN + 50, .top = top, .width = WIDTH - 2 * MARGIN - 220, .height = 200,
	};

	draw_axes(&a, "processes", "instructions for an echo");
	scaling_line(&a, "sendmmsg-raw", SOCKETS, 0);
	scaling_line(&a, "sendmmsg-ping", TOOLS, 1);
	scaling_line(&a, "us-64", OURS, 2);
	return top + a.height + 80;
}

static void rtt_line(const struct axes *a, const char *name, const char *colour, int number)
{
	const struct row *row = row_find("rtt", name, 4, 56);
	double percent;

	if (!row)
		return;
	begin_line();
	for (percent = 0; percent <= 100; percent += 0.25)
		fprintf(svg, "%.1f,%.1f ", at_x(a, fmax(row_percentile(row, percent), 0.1)),
			at_y(a, percent));
	end_line(colour, a->top + 20 + number * 18, name);
}

static double rtt(double top)
{
	const struct axes a = {
		.x0 = -1, .x1 = 6.5, .y0 = 0, .y1 = 100, .y_linear = true,
		.left = MARGIN + 50, .top = top, .width = WIDTH - 2 * MARGIN - 220, .height = 200,
	};

	draw_axes(&a, "error of at most so many microseconds", "of the echoes have an");
	rtt_line(&a, "us idle", "#7fb2dd", 0);
	rtt_line(&a, "us hogs", OURS, 1);
	rtt_line(&a, "fping idle", "#e5c08a", 2);
	rtt_line(&a, "fping hogs", TOOLS, 3);
	rtt_line(&a, "sendmmsg idle", "#c4c4c4", 4);
	rtt_line(&a, "sendmmsg hogs", SOCKETS, 5);
	return top + a.height + 60;
}

static double draw(void)
{
	double y = 40;

	heading(y, "Instructions for an echo, IPv4, 56 bytes");
	y = bars(y + 15, 56);
	heading(y, "Instructions for an echo, IPv4, 1400 bytes");
	y = bars(y + 15, 1400);
	heading(y, "Many at once, each with a socket or file of its own");
	y = scaling(y + 40);
	heading(y, "Error of the round-trip time; hogs: the CPU is taken by others");
	return rtt(y + 40);
}

/* The height is known at the end only, so all is drawn twice. */
void picture_write(const char *path)
{
	double height;

	svg = fopen("/dev/null", "we");
	if (!svg)
		fail("cannot write /dev/null");
	height = draw();
	fclose(svg);

	svg = fopen(path, "we");
	if (!svg)
		fail("cannot write %s", path);
	fprintf(svg,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\">\n"
		"<style>text{font:12px sans-serif}.h{font:bold 15px sans-serif}"
		".a{fill:none;stroke:#999}.l{fill:none;stroke-width:2}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", WIDTH, height);
	/* Not in one piece, since it is the picture's and not this file's. */
	fprintf(svg, "<!-- %s-License-Identifier: GPL-2.0-only -->\n", "SPDX");
	draw();
	fprintf(svg, "</svg>\n");
	fclose(svg);
}
