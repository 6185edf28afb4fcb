/* SPDX-License-Identifier: MIT */
/*
 * What became of the requests to one target. Every request that was sent ends in one of four
 * ways; one that was not sent is told apart from one that was lost.
 */
#ifndef TOOLS_STATS_H
#define TOOLS_STATS_H

#include "address.h"
#include "histogram.h"

enum outcome {
	OUTCOME_ANSWERED,		/* an echo reply came */
	OUTCOME_TIMED_OUT,		/* nothing came */
	OUTCOME_ERROR,			/* an ICMP error came: unreachable, hop limit, ... */
	OUTCOME_UNSENT,			/* it has not left this host */
	OUTCOME_CANCELLED,
};

enum outcome outcome_of(const struct icmpecho_completion *c);

/* The name of an outcome in JSON and CSV: "answered", "timed_out", ... */
const char *outcome_name(enum outcome outcome);

/*
 * Why a request was not answered, in words: "host unreachable", "no route to host". Says
 * nothing about who says so: address_of_completion().
 */
const char *outcome_reason(const struct icmpecho_completion *c);

/* An ICMP error of one host, or a local failure, and how often it came. */
struct cause {
	struct address from;		/* of an ICMP error; else no address */
	uint32_t status;		/* ICMPECHO_STATUS_* of an ICMP error */
	int error;			/* errno of a local failure, ERROR_UNRESOLVED, or 0 */
	uint64_t count;
};

#define STATS_CAUSES	4		/* the first ones are kept apart */

struct stats {
	uint64_t sent;			/* and completed, so without those in flight */
	uint64_t answered, timed_out, errors;
	uint64_t unsent;
	uint64_t duplicates;		/* further replies to one request */
	uint64_t corrupted;		/* replies whose payload is not what was sent */
	uint64_t min_ns, max_ns, last_ns;
	double mean_ns, square_ns;	/* Welford's running mean, sum of squared differences */
	double jitter_sum_ns;		/* of the differences between successive times */
	struct cause causes[STATS_CAUSES];
	uint64_t other_causes;
	struct histogram *histogram;	/* or NULL, for no percentiles */
};

/* Zeroes it. @with_histogram: allocates one, for percentiles. */
void stats_init(struct stats *stats, bool with_histogram);
void stats_free(struct stats *stats);

/* Forgets what was counted, and keeps the histogram's memory. */
void stats_reset(struct stats *stats);

/*
 * Counts a completion, with all its answers if it has several. Returns its outcome. One
 * that was cancelled does not count.
 */
enum outcome stats_count(struct stats *stats, const struct icmpecho_completion *c);

/* Counts a request as answered, whatever came: for a hop, that its limit has expired. */
void stats_count_time(struct stats *stats, uint64_t ns);

/* In the place of an errno: the request had no address, as its host's name has none yet. */
#define ERROR_UNRESOLVED	(-1)

/* An errno of the kernel, or ERROR_UNRESOLVED, in words. */
const char *error_reason(int error);

/* Counts a request that the kernel has refused with @error, or ERROR_UNRESOLVED. */
void stats_count_refused(struct stats *stats, int error);

/* Of 100 requests, how many were lost; 0 if none was sent. Unsent ones do not count. */
double stats_loss_percent(const struct stats *stats);
double stats_stddev_ns(const struct stats *stats);
/* The mean difference between the times of successive answers. */
double stats_jitter_ns(const struct stats *stats);
/* Never below the minimum, never above the maximum. */
uint64_t stats_percentile_ns(const struct stats *stats, double percent);

/* The cause in words, with who said so and how often: "host unreachable (from 10.0.0.1)". */
const char *cause_format(const struct cause *cause, char *text, size_t size);

#endif /* TOOLS_STATS_H */
