// SPDX-License-Identifier: MIT
/* Heights of lines and bars. */
#include <math.h>

#include "picture.h"

/* Differences below this share of the slowest time are noise, and look so. */
#define LEAST_RANGE	0.1

static bool is_time(uint32_t value)
{
	return value != RECENT_NONE && value != RECENT_LOST;
}

static void find_range(const struct host *host, unsigned int count, double *low, double *range)
{
	uint32_t value, min = RECENT_LOST, max = 0;
	unsigned int ago;

	for (ago = 0; ago < count; ago++) {
		value = host_recent(host, ago);
		if (!is_time(value))
			continue;
		min = value < min ? value : min;
		max = value > max ? value : max;
	}
	*low = min;
	*range = fmax((double)max - min, LEAST_RANGE * max);
}

void picture_line(const struct host *host, unsigned int count, int top, int *heights)
{
	double low, range;
	unsigned int i;
	uint32_t value;

	find_range(host, count, &low, &range);
	for (i = 0; i < count; i++) {
		value = host_recent(host, count - 1 - i);
		if (value == RECENT_NONE)
			heights[i] = PICTURE_NONE;
		else if (value == RECENT_LOST)
			heights[i] = PICTURE_LOST;
		else
			heights[i] = (int)lround((value - low) / range * top);
	}
}

/* How many times are in the range that ends at @bound. *@below counts those below it. */
static uint64_t count_range(const struct host *host, double bound, uint64_t *below)
{
	uint64_t up_to = histogram_count_up_to(host->stats.histogram, (uint64_t)bound);
	uint64_t count = up_to - *below;

	*below = up_to;
	return count;
}

bool picture_bars(const struct host *host, unsigned int count, int top, int *heights)
{
	double low = (double)host->stats.min_ns, high = (double)host->stats.max_ns, bound;
	uint64_t most = 1, below = 0, counts[RECENT_LEN];
	unsigned int i;

	if (!host->stats.answered || count > RECENT_LEN)
		return false;
	for (i = 0; i < count; i++) {
		bound = low * pow(high / low, (i + 1.0) / count);
		counts[i] = count_range(host, i + 1 == count ? high : bound, &below);
		most = counts[i] > most ? counts[i] : most;
	}
	for (i = 0; i < count; i++)
		heights[i] = (int)ceil((double)counts[i] * top / (double)most);
	return true;
}
