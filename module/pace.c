// SPDX-License-Identifier: GPL-2.0
/*
 * How fast a session may send: a token bucket, kept as the time at which it will
 * be full again. Each request moves that time on by an interval; it may lie so far
 * ahead of now as a burst takes. Nothing is ever sent from here: who submits waits,
 * or is told when to come again. A session that does not pace may be held for a
 * moment, too, where a queue of this host is full.
 */
#include <linux/overflow.h>

#include "icmpecho.h"

/*
 * For how long: the neighbour table, the slowest of those queues, has place again
 * when an address was found or given up.
 */
#define HOLD_NS		(4 * NSEC_PER_MSEC)

/* When the next request may leave; now or before, if it may at once */
static u64 pace_due(const struct icmpecho_pacer *p)
{
	lockdep_assert_held(&p->lock);
	return p->full_ns > p->ahead_ns ? p->full_ns - p->ahead_ns : 0;
}

static void pace_set_full(struct icmpecho_pacer *p, u64 full_ns)
{
	lockdep_assert_held(&p->lock);
	WRITE_ONCE(p->full_ns, full_ns);
}

/* Softirq */
static enum hrtimer_restart pace_expire(struct hrtimer *timer)
{
	struct icmpecho_pacer *p = container_of(timer, struct icmpecho_pacer,
						timer);

	wake_up_interruptible_poll(p->pollers, EPOLLOUT | EPOLLWRNORM);
	return HRTIMER_NORESTART;
}

/**
 * icmpecho_pace_init - make a pacer that does not pace
 * @p: the pacer
 * @pollers: woken, with EPOLLOUT, when icmpecho_pace_ready() would say true again
 */
void icmpecho_pace_init(struct icmpecho_pacer *p, wait_queue_head_t *pollers)
{
	spin_lock_init(&p->lock);
	init_waitqueue_head(&p->turn);
	p->pollers = pollers;
	hrtimer_init(&p->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	p->timer.function = pace_expire;
}

/**
 * icmpecho_pace_exit - let nobody be woken any more
 * @p: the pacer
 *
 * Process context, sleeps.
 */
void icmpecho_pace_exit(struct icmpecho_pacer *p)
{
	hrtimer_cancel(&p->timer);
}

/**
 * icmpecho_pace_set - pace from now on
 * @p: the pacer
 * @interval_ns: nanoseconds from one request to the next, on average, or 0
 * @burst: how many may leave at once after a pause, not 0
 *
 * Return: 0, or -ERANGE if all that is longer than the clock can tell.
 */
int icmpecho_pace_set(struct icmpecho_pacer *p, u64 interval_ns, u32 burst)
{
	u64 ahead_ns;

	if (check_mul_overflow(interval_ns, (u64)(burst - 1), &ahead_ns) ||
	    ahead_ns > KTIME_MAX / 2 || interval_ns > KTIME_MAX / 2)
		return -ERANGE;
	spin_lock_bh(&p->lock);
	WRITE_ONCE(p->interval_ns, interval_ns);
	p->ahead_ns = ahead_ns;
	pace_set_full(p, 0);
	WRITE_ONCE(p->changes, p->changes + 1);
	spin_unlock_bh(&p->lock);
	/* Who waits at the old pace may go on, or wait anew. */
	wake_up_interruptible(&p->turn);
	wake_up_interruptible_poll(p->pollers, EPOLLOUT | EPOLLWRNORM);
	return 0;
}

/* Take a turn. Returns 0, or how many ns are left until there is one. */
static u64 pace_try(struct icmpecho_pacer *p)
{
	u64 now, left = 0;

	spin_lock_bh(&p->lock);
	now = ktime_get_ns();
	if (pace_due(p) > now)
		left = pace_due(p) - now;
	else
		pace_set_full(p, p->interval_ns ? max(p->full_ns, now) +
						  p->interval_ns : 0);
	spin_unlock_bh(&p->lock);
	return left;
}

/**
 * icmpecho_pace_wait - let a request have its turn, if turns are taken
 * @p: the pacer
 * @wait: wait for it, if that is not now
 *
 * Process context.
 *
 * Return: 0, -EAGAIN if it is too early and @wait false, -ERESTARTSYS for a signal.
 */
int icmpecho_pace_wait(struct icmpecho_pacer *p, bool wait)
{
	u32 changes;
	u64 left;
	int err;

	while (!icmpecho_pace_is_open(p)) {
		changes = READ_ONCE(p->changes);
		left = pace_try(p);
		if (!left)
			break;
		if (!wait)
			return -EAGAIN;
		err = wait_event_interruptible_hrtimeout(p->turn,
							 READ_ONCE(p->changes) != changes,
							 ns_to_ktime(left));
		if (err == -ERESTARTSYS)
			return err;
	}
	return 0;
}

/**
 * icmpecho_pace_return - a request that was counted did not leave
 * @p: the pacer
 */
void icmpecho_pace_return(struct icmpecho_pacer *p)
{
	spin_lock_bh(&p->lock);
	pace_set_full(p, p->full_ns - min(p->full_ns, p->interval_ns));
	spin_unlock_bh(&p->lock);
}

/**
 * icmpecho_pace_hold - let nothing leave for a moment
 * @p: the pacer
 *
 * A queue of this host took no more.
 */
void icmpecho_pace_hold(struct icmpecho_pacer *p)
{
	spin_lock_bh(&p->lock);
	pace_set_full(p, max(p->full_ns,
			     ktime_get_ns() + HOLD_NS + p->ahead_ns));
	spin_unlock_bh(&p->lock);
}

/**
 * icmpecho_pace_ready - may a request leave now?
 * @p: the pacer
 *
 * Return: true if it may; else there will be a wake-up when it may.
 */
bool icmpecho_pace_ready(struct icmpecho_pacer *p)
{
	bool ready = true;

	if (icmpecho_pace_is_open(p))
		return true;
	spin_lock_bh(&p->lock);
	if (pace_due(p) > ktime_get_ns()) {
		ready = false;
		hrtimer_start(&p->timer, ns_to_ktime(pace_due(p)),
			      HRTIMER_MODE_ABS_SOFT);
	}
	spin_unlock_bh(&p->lock);
	return ready;
}
