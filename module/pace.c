// SPDX-License-Identifier: GPL-2.0
/*
 * How fast a session may send: a token bucket, one token for each request. The level of
 * the bucket is kept as the time at which the bucket is full again (@full_at_ns). Each
 * token taken moves that time on by @interval_ns, to at most a burst of intervals from
 * now. No request is queued here: the submitter waits for a token, or poll() reports when
 * there is one. A bucket without a rate is always full, unless -ENOBUFS has emptied it.
 */
#include "icmpecho.h"

/*
 * How long the bucket stays empty after a send has failed with -ENOBUFS. A queue may need longer
 * to have space again, and a full neighbour table needs longest: until an address was resolved, or
 * its resolution failed. Then the next send fails, too, and empties the bucket again.
 */
#define DRAIN_NS	(4 * NSEC_PER_MSEC)

/* The time at which the next token can be taken; not after now if there is a token */
static u64 pace_next_at(const struct icmpecho_pacer *p)
{
	lockdep_assert_held(&p->lock);
	return p->full_at_ns > p->burst_ns ? p->full_at_ns - p->burst_ns : 0;
}

static void pace_wake_pollers(struct icmpecho_pacer *p)
{
	wake_up_interruptible_poll(p->pollers, EPOLLOUT | EPOLLWRNORM);
}

static void pace_work(struct work_struct *work)
{
	pace_wake_pollers(container_of(work, struct icmpecho_pacer, work));
}

/* The timer that pace_ready() started has expired: there is a token. Hardirq. */
static enum hrtimer_restart pace_expire(struct hrtimer *timer)
{
	struct icmpecho_pacer *p = container_of(timer, struct icmpecho_pacer, timer);

	queue_work(icmpecho_wq, &p->work);
	return HRTIMER_NORESTART;
}

/*
 * Initialise @p without a rate: pace_set() sets one. When there is a token again, @pollers are
 * woken.
 */
static void pace_init(struct icmpecho_pacer *p, wait_queue_head_t *pollers)
{
	spin_lock_init(&p->lock);
	init_waitqueue_head(&p->waiters);
	p->pollers = pollers;
	icmpecho_timer_setup(&p->timer, pace_expire);
	INIT_WORK(&p->work, pace_work);
}

/* Cancel what pace_ready() has started, or wait for it. The caller is the last user of @p. */
static void pace_exit(struct icmpecho_pacer *p)
{
	hrtimer_cancel(&p->timer);
	cancel_work_sync(&p->work);
}

/*
 * Set the rate of @p to one request per @interval_ns, and up to @burst requests at once. @burst is
 * not 0. If @interval_ns is 0, there is no limit. Returns 0, or -ERANGE if @interval_ns, or
 * @interval_ns * (@burst - 1), exceeds KTIME_MAX / 2.
 */
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
	/* Wake tasks that wait for a token at the old rate: they compute their wait anew. */
	wake_up_interruptible(&p->waiters);
	pace_wake_pollers(p);
	return 0;
}

/* Take a token. Returns 0 if there was one, or else in how many ns there will be one. */
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

/* May requests leave without a token? Yes if no rate is set and -ENOBUFS has not emptied @p. */
static bool pace_is_unlimited(const struct icmpecho_pacer *p)
{
	return !READ_ONCE(p->full_at_ns) && !READ_ONCE(p->interval_ns);
}

/*
 * Take a token. If there is none, wait for one if @wait is true. Returns 0, -EAGAIN if there is no
 * token and @wait is false, or -ERESTARTSYS if a signal ended the wait. Process context.
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
 * Give back the token of a request that was refused with @err. -ENOBUFS means that a queue of this
 * host is full: then also empty the bucket for DRAIN_NS.
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

/* Is there a token? If not, start the timer, so that p->pollers will be woken. */
static bool pace_ready(struct icmpecho_pacer *p)
{
	bool ready = true;

	if (pace_is_unlimited(p))
		return true;
	spin_lock_bh(&p->lock);
	if (pace_next_at(p) > ktime_get_ns()) {
		ready = false;
		hrtimer_start(&p->timer, ns_to_ktime(pace_next_at(p)), HRTIMER_MODE_ABS);
	}
	spin_unlock_bh(&p->lock);
	return ready;
}
