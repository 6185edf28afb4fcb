/* SPDX-License-Identifier: MIT */
/* The hops of a path in words: lines of times, rows of a table, values of records. */
#ifndef TOOLS_HOP_VIEW_H
#define TOOLS_HOP_VIEW_H

#include "hops.h"
#include "names.h"

struct hop_view {
	const struct path *path;
	struct names *names;		/* NULL: addresses only */
	const char *host;		/* as it was given */
	struct address destination;
};

/* More requests than this are told by statistics, not one by one. */
#define MAX_TIMES	5

#define ROW_LEN		512
#define VIEW_TABLE_WIDTH	80	/* where there is no screen */

/* "router.example (10.0.0.1)", or "10.0.0.1"; in @text, of ROW_LEN bytes. Returns @text. */
const char *view_address(const struct hop_view *view, const struct address *address, char *text);

/* Who answered last; "???" if nobody has. */
const char *view_hop_name(const struct hop_view *view, uint32_t ttl, char *text);

/*
 * A row of the table, and its header, of @width characters: what is left beside the numbers is
 * for the name. In @text, of ROW_LEN bytes. Returns @text.
 */
const char *view_header(int width, char *text);
const char *view_row(const struct hop_view *view, uint32_t ttl, int width, char *text);

/* A line for one who answers in place of the row's host, at times; NULL behind the last one. */
const char *view_other(const struct hop_view *view, uint32_t ttl, size_t index, char *text);

/* Prints a hop: its last @times requests one by one, or as a row of the table if there are more. */
void view_print_hop(const struct hop_view *view, uint32_t ttl, uint64_t times);

/* The record of a hop (output.h). */
void view_record_hop(const struct hop_view *view, uint32_t ttl);

/* What is known of the MTU beyond a hop, as "    MTU 1400 from here on (10.0.0.1 says so)". */
void view_print_mtu(const struct hop_view *view, uint32_t ttl);

/* Explains the marks that were printed. */
void view_print_legend(const struct hop_view *view);

#endif /* TOOLS_HOP_VIEW_H */
