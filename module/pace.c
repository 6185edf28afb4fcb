// SPDX-License-Identifier: GPL-2.0
/*
 * How fast a session may send: a token bucket. Its level is kept as the time at which
 * it is full again: each token taken moves that time on by an interval, at most a burst
 * ahead of now. Nothing is queued here: a submitter waits for a token, or poll reports
 * when there is one. A bucket without a rate is always full, unless it was drained.
 */
#include "icmpecho.h"

/*
 * How long the bucket stays empty after a queue of this host was full. The slowest to have
 * space again is the neighbour table: when an address was resolved, or could not be.
 */
#define DRAIN_NS	(4 * NSEC_PER_MSEC)

/* When the next token is there; in the past if there is one */
static u64 pace_next_at(const struct icmpecho_pacer *p)
{
	lockdep_assert_held(&p->lock);
	return p->full_at_ns > p->burst_ns ? p->full_at_ns - p->burst_ns : 0;
}

/* Softirq */
static enum hrtimer_restart pace_expire(struct hrtimer *timer)
{
	struct icmpecho_pacer *p = container_of(timer, struct icmpecho_pacer, timer);

	wake_up_interruptible_poll(p->pollers, EPOLLOUT | EPOLLWRNORM);
	return HRTIMER_NORESTART;
}

/* A bucket without a rate. @pollers are woken when pace_ready() becomes true. */
static void pace_init(struct icmpecho_pacer *p, wait_queue_head_t *pollers)
{
	spin_lock_init(&p->lock);
	init_waitqueue_head(&p->waiters);
	p->pollers = pollers;
	icmpecho_timer_setup(&p->timer, pace_expire);
}

/* Returns -ERANGE if @burst intervals are longer than the clock can tell. */
static int pace_set(struct icmpecho_pacer *p, u64 interval_ns, u32 burst)
{
	u64 burst_ns;

	if (check_mul_overflow(interval_ns, (u64)(burst - 1), &burst_ns) ||
	    burst_ns > KTIME_MAX / 2 || interval_ns > KTIME_MAX / 2)
		return -ERANGE;
	spin_lock_bh(&p->lock);
	WRITE_ONCE(p->interval_ns, interval_ns);
	p->burst_ns = burst_ns;
	WRITE_ONCE(p->full_at_ns, 0);
	WRITE_ONCE(p->changes, p->changes + 1);
	spin_unlock_bh(&p->lock);
	/* Waiters at the old rate compute their wait anew. */
	wake_up_interruptible(&p->waiters);
	wake_up_interruptible_poll(p->pollers, EPOLLOUT | EPOLLWRNORM);
	return 0;
}

/* Returns 0 with a token taken, or in how many ns there will be one. */
static u64 pace_try(struct icmpecho_pacer *p)
{
	u64 now, full_at_ns, left = 0;

	spin_lock_bh(&p->lock);
	now = ktime_get_ns();
	if (pace_next_at(p) > now) {
		left = pace_next_at(p) - now;
	} else {
		full_at_ns = max(p->full_at_ns, now) + p->interval_ns;
		WRITE_ONCE(p->full_at_ns, p->interval_ns ? full_at_ns : 0);
	}
	spin_unlock_bh(&p->lock);
	return left;
}

/* No rate is set, and the bucket was not drained. */
static bool pace_is_unlimited(const struct icmpecho_pacer *p)
{
	return !READ_ONCE(p->full_at_ns) && !READ_ONCE(p->interval_ns);
}

/*
 * Take a token, or @wait for it. Process context. Returns -EAGAIN if there is none and
 * @wait is false, -ERESTARTSYS for a signal.
 */
static noinline int pace_wait_for_token(struct icmpecho_pacer *p, bool wait)
{
	u32 changes;
	u64 left;
	int err;

	while (!pace_is_unlimited(p)) {
		changes = READ_ONCE(p->changes);
		left = pace_try(p);
		if (!left)
			break;
		if (!wait)
			return -EAGAIN;
		err = wait_event_interruptible_hrtimeout(p->waiters,
							 READ_ONCE(p->changes) != changes,
							 ns_to_ktime(left));
		if (err == -ERESTARTSYS)
			return err;
	}
	return 0;
}

static inline int pace_take_token(struct icmpecho_pacer *p, bool wait)
{
	return pace_is_unlimited(p) ? 0 : pace_wait_for_token(p, wait);
}

/*
 * A request that had taken a token was refused with @err. If a queue of this host is full,
 * let no request leave for a moment.
 */
static void pace_refund_token(struct icmpecho_pacer *p, int err)
{
	u64 full_at_ns;

	spin_lock_bh(&p->lock);
	full_at_ns = p->full_at_ns - min(p->full_at_ns, p->interval_ns);
	if (err == -ENOBUFS)
		full_at_ns = max(full_at_ns, ktime_get_ns() + DRAIN_NS + p->burst_ns);
	WRITE_ONCE(p->full_at_ns, full_at_ns);
	spin_unlock_bh(&p->lock);
}

/* Is there a token? If not, pollers are woken when there is. */
static bool pace_ready(struct icmpecho_pacer *p)
{
	bool ready = true;

	if (pace_is_unlimited(p))
		return true;
	spin_lock_bh(&p->lock);
	if (pace_next_at(p) > ktime_get_ns()) {
		ready = false;
		hrtimer_start(&p->timer, ns_to_ktime(pace_next_at(p)), HRTIMER_MODE_ABS_SOFT);
	}
	spin_unlock_bh(&p->lock);
	return ready;
}
