// SPDX-License-Identifier: MIT
/* A log-linear histogram. */
#include "histogram.h"

#define SUB_BUCKETS	(1ULL << HISTOGRAM_SUB_BITS)

/*
 * In units of the finest bucket, values below two times SUB_BUCKETS have a bucket each.
 * From there on the highest bits choose: as many as name one of SUB_BUCKETS, behind the
 * leading one.
 */
static unsigned int bucket_of(uint64_t ns)
{
	uint64_t units = ns >> HISTOGRAM_UNIT_BITS;
	unsigned int shift, bucket;

	if (units < 2 * SUB_BUCKETS)
		return (unsigned int)units;
	shift = 63 - (unsigned int)__builtin_clzll(units) - HISTOGRAM_SUB_BITS;
	if (shift > HISTOGRAM_MAX_BITS)
		return HISTOGRAM_BUCKETS - 1;
	bucket = (unsigned int)((shift << HISTOGRAM_SUB_BITS) + (units >> shift));
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* Where the bucket begins, and how wide it is. */
static uint64_t bucket_start(unsigned int bucket, uint64_t *width_ns)
{
	unsigned int shift = 0;

	if (bucket >= 2 * SUB_BUCKETS)
		shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
	*width_ns = 1ULL << (shift + HISTOGRAM_UNIT_BITS);
	return ((uint64_t)bucket - ((uint64_t)shift << HISTOGRAM_SUB_BITS)) * *width_ns;
}

void histogram_count(struct histogram *histogram, uint64_t ns)
{
	histogram->counts[bucket_of(ns)]++;
	histogram->total++;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
	double wanted = (double)histogram->total * percent / 100;
	uint64_t seen = 0, start_ns, width_ns;
	unsigned int bucket;

	for (bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		if (!histogram->counts[bucket])
			continue;
		seen += histogram->counts[bucket];
		start_ns = bucket_start(bucket, &width_ns);
		if ((double)seen >= wanted)
			return start_ns + width_ns / 2;
	}
	return 0;
}

uint64_t histogram_count_up_to(const struct histogram *histogram, uint64_t ns)
{
	unsigned int bucket, last = bucket_of(ns);
	uint64_t count = 0;

	for (bucket = 0; bucket <= last; bucket++)
		count += histogram->counts[bucket];
	return count;
}

void histogram_merge(struct histogram *histogram, const struct histogram *more)
{
	unsigned int bucket;

	for (bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
		histogram->counts[bucket] += more->counts[bucket];
	histogram->total += more->total;
}
