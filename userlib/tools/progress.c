// SPDX-License-Identifier: MIT
/* A progress bar. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "parse.h"
#include "progress.h"

#define REDRAW_NS	(100 * NS_PER_MS)
#define MAX_LINE	256
#define MIN_BAR		8
#define MAX_BAR		40

void progress_init(struct progress *progress, bool is_wanted)
{
	memset(progress, 0, sizeof(*progress));
	progress->is_wanted = is_wanted && isatty(STDERR_FILENO);
}

static unsigned int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col < MAX_LINE ? size.ws_col : MAX_LINE;
}

/* "2:05" or "1:02:05" */
static void format_left(uint64_t left_ns, char *text, size_t size)
{
	uint64_t seconds = (left_ns + NS_PER_S - 1) / NS_PER_S;

	if (seconds < 3600)
		snprintf(text, size, "%" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
	else
		snprintf(text, size, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600,
			 seconds / 60 % 60, seconds % 60);
}

void progress_show(struct progress *progress, uint64_t now_ns, uint64_t done, uint64_t total,
		   const char *words, uint64_t left_ns)
{
	unsigned int width, bar, full;
	char rest[MAX_LINE], left[32];
	int len;

	if (!progress->is_wanted || now_ns < progress->next_ns || !total)
		return;
	progress->next_ns = now_ns + REDRAW_NS;
	progress->is_shown = true;
	format_left(left_ns, left, sizeof(left));
	len = snprintf(rest, sizeof(rest), " %3" PRIu64 " %%, %s, %s left", 100 * done / total,
		       words, left);
	/* One column stays free: some terminals wrap when the last one is filled. */
	width = terminal_width() - 1;
	bar = width > (unsigned int)len + 2 ? width - (unsigned int)len - 2 : 0;
	if (bar > MAX_BAR)
		bar = MAX_BAR;
	if (bar < MIN_BAR) {
		fprintf(stderr, "\r\033[K%.*s", (int)width, rest + 1);
		return;
	}
	full = (unsigned int)(bar * done / total);
	fprintf(stderr, "\r\033[K[%.*s%*s]%s", (int)full,
		"########################################", (int)(bar - full), "", rest);
}

void progress_clear(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
	/* So that it is drawn again behind the lines that are printed now. */
	progress->next_ns = 0;
}
