/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other user: sends a few requests again and again, some of which are answered, and the
 * others time out. Whatever another user takes, none of them is refused, lost or early.
 *
 * The thread has real-time priority, and shares its CPU with that other user. So it does not
 * compete for the CPU: it waits for what the module does in softirq or does not let go of.
 */
#ifndef VICTIM_H
#define VICTIM_H

#include <sched.h>

#include "icmpecho_test.h"
#include "machine.h"
#include "netns.h"

#define VICTIM_ECHOES	8	/* in a round; every second one is answered */
#define VICTIM_MOST	2048	/* of what is measured, the first so many are kept */

/* Times of one kind, in nanoseconds */
struct series {
	unsigned int n;
	__u64 ns[VICTIM_MOST];
};

struct victim {
	int fd;
	struct icmpecho_echo echoes[VICTIM_ECHOES];
	unsigned int sent;
	unsigned int refused;
	unsigned int answered;
	unsigned int timed_out;
	unsigned int wrong;		/* ended otherwise than they must, or not at all */
	unsigned int early;		/* time-outs */
	struct series rtt;
	struct series submit;		/* for VICTIM_ECHOES requests */
	struct series late;		/* time-outs */
};

static inline void series_add(struct series *series, __u64 ns)
{
	if (series->n < VICTIM_MOST)
		series->ns[series->n++] = ns;
}

static inline int series_compare(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The @percent of them that are shortest take at most so many microseconds. */
static inline double series_us(struct series *series, unsigned int percent)
{
	if (!series->n)
		return 0;
	qsort(series->ns, series->n, sizeof(series->ns[0]), series_compare);
	return series->ns[(series->n - 1) * percent / 100] / 1000.0;
}

/* @fd is a session, @answers a host that does, and @silent one that does not. */
static inline void victim_init(struct victim *victim, int fd, const char *answers,
			       const char *silent)
{
	unsigned int i;

	memset(victim, 0, sizeof(*victim));
	victim->fd = fd;
	for (i = 0; i < VICTIM_ECHOES; i++) {
		victim->echoes[i] = echo_to(i % 2 ? silent : answers);
		victim->echoes[i].timeout_ns = i % 2 ? 0 : NEVER_NS;
	}
}

/* Before other tasks of this CPU, but not the children of this one. */
static inline void victim_comes_first(int cpu)
{
	struct sched_param param = { .sched_priority = 10 };

	stay_on(cpu);
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		die("real-time priority");
}

static inline void victim_judge(struct victim *victim, const struct icmpecho_completion *c,
				__u64 began)
{
	const struct icmpecho_echo *echo = &victim->echoes[c->user_data % VICTIM_ECHOES];
	__u64 took = now_ns() - began;

	if (echo->timeout_ns == NEVER_NS && c->status == ICMPECHO_STATUS_SUCCESS) {
		victim->answered++;
		series_add(&victim->rtt, c->rtt_ns);
	} else if (echo->timeout_ns != NEVER_NS && c->status == ICMPECHO_STATUS_TIMED_OUT) {
		victim->timed_out++;
		victim->early += took < echo->timeout_ns;
		series_add(&victim->late, took - echo->timeout_ns);
	} else {
		victim->wrong++;
	}
}

/* Some that time out at @due, or if that is past, at different times within 8 ms */
static inline void victim_prepare(struct victim *victim, __u64 due)
{
	__u64 now = now_ns(), ns;
	unsigned int i;

	for (i = 0; i < VICTIM_ECHOES; i++) {
		ns = NS_PER_MS + (victim->sent + i) * 617 % 7000 * 1000;
		if (i % 2)
			victim->echoes[i].timeout_ns = due > now ? due - now : ns;
		victim->echoes[i].user_data = i;
	}
}

/* When the first of these times out, if they are submitted now */
static inline __u64 victim_first_due(const struct victim *victim)
{
	__u64 first = NEVER_NS;
	unsigned int i;

	for (i = 1; i < VICTIM_ECHOES; i += 2)
		if (victim->echoes[i].timeout_ns < first)
			first = victim->echoes[i].timeout_ns;
	return now_ns() + first;
}

/* Submit these, and wait until all have ended. */
static inline void victim_round(struct victim *victim)
{
	static struct record record;
	int accepted, i;
	__u64 began;

	began = now_ns();
	accepted = echo_submit(victim->fd, victim->echoes, VICTIM_ECHOES);
	series_add(&victim->submit, now_ns() - began);
	accepted = accepted < 0 ? 0 : accepted;
	victim->sent += VICTIM_ECHOES;
	victim->refused += VICTIM_ECHOES - accepted;
	for (i = 0; i < accepted; i++) {
		if (reap_one(victim->fd, &record) == 1)
			victim_judge(victim, &record.c, began);
		else
			victim->wrong++;
	}
}

#endif /* VICTIM_H */
