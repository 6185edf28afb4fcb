/* SPDX-License-Identifier: MIT */
/*
 * How often round-trip times fell into which bucket. The buckets are log-linear: each power
 * of two has 64 of equal width, so a value that is read back differs by less than 1 % from
 * one that was counted. The memory is the same however many are counted.
 */
#ifndef TOOLS_HISTOGRAM_H
#define TOOLS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_UNIT_BITS	6	/* the finest bucket is 64 ns wide */
#define HISTOGRAM_SUB_BITS	6
#define HISTOGRAM_MAX_BITS	37	/* the last bucket ends at 137 s */
#define HISTOGRAM_BUCKETS \
	((HISTOGRAM_MAX_BITS - HISTOGRAM_UNIT_BITS - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t total;
	uint32_t counts[HISTOGRAM_BUCKETS];
};

void histogram_count(struct histogram *histogram, uint64_t ns);

/*
 * The smallest value below which at least so many of 100 lie: 50 is the median, 99.9 is
 * one of the last. The middle of a bucket stands for it. 0 if nothing was counted.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

/*
 * How many are at most @ns. Exact if @ns is the upper end of a bucket; otherwise the
 * bucket that @ns is in counts as a whole.
 */
uint64_t histogram_count_up_to(const struct histogram *histogram, uint64_t ns);

/* Adds what @more has counted. */
void histogram_merge(struct histogram *histogram, const struct histogram *more);

#endif /* TOOLS_HISTOGRAM_H */
