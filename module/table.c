// SPDX-License-Identifier: GPL-2.0
/*
 * Requests in flight, found by their identity, and timed out by a wheel. One table
 * serves all namespaces. It is split into shards, each with a lock for its part of the
 * hash table and for a wheel of its own, since a request is inserted into both and
 * removed from both at once.
 *
 * The wheel has near slots of a tick, 2^20 ns, for requests that are due within a
 * revolution, and far slots of a whole revolution for those due in a later one. When
 * that revolution begins, they move to near slots. Those still further away share the
 * far slots, and are looked at once in 73 minutes. So nothing times out early, and late
 * by one tick at most, at any timeout. (A timer_list is late by 1/8 of the timeout above
 * 1 s.)
 */
#include <linux/hash.h>
#include <net/netns/hash.h>

#include "icmpecho.h"

#define TICK_SHIFT	20
/* A revolution takes 4.3 s: ping on Windows waits 4 s, and few wait longer. */
#define NEAR_BITS	12
#define NEAR_SLOTS	BIT(NEAR_BITS)
#define FAR_SLOTS	1024
#define WHEEL_SLOTS	(NEAR_SLOTS + FAR_SLOTS)
#define NEVER		U64_MAX

/*
 * The timers of all shards may expire in one softirq. This bounds what they do there:
 * the number of requests they look at, where each change of the session or eventfd to
 * notify counts as NOTIFY_COST. Each shard has its share.
 */
#define SOFTIRQ_BUDGET	256
#define NOTIFY_COST	8

struct shard {
	spinlock_t lock;	/* softirq-safe; all of this, and the shard's buckets */
	u64 tick;		/* the next tick to look at */
	u64 revolution;		/* the next one; its first tick is @tick or later */
	u64 armed;		/* the tick for which @timer is armed, or NEVER */
	u32 generation;		/* makes the ids of requests with the same key differ */
	struct hrtimer timer;	/* expires in softirq */
	struct hlist_head visiting;	/* requests of the slot that is being looked at */
	DECLARE_BITMAP(busy, WHEEL_SLOTS);	/* slots that are not empty */
	struct hlist_head wheel[WHEEL_SLOTS];	/* near slots, then far slots */
} ____cacheline_aligned_in_smp;

static struct shard *shards;
static unsigned int nr_shards;		/* a power of 2 */
static struct hlist_head *buckets;
static unsigned int bucket_bits;

static struct hlist_head *bucket_of(struct icmpecho_netns *ns, u32 key)
{
	return &buckets[hash_32(key ^ net_hash_mix(ns->net), bucket_bits)];
}

static struct shard *shard_of(struct hlist_head *bucket)
{
	return &shards[(bucket - buckets) & (nr_shards - 1)];
}

/* A request in flight. Caller holds the lock of the bucket's shard. */
static struct icmpecho_request *bucket_find(struct hlist_head *bucket, struct icmpecho_netns *ns,
					    u16 family, u32 key)
{
	struct icmpecho_request *req;

	hlist_for_each_entry(req, bucket, hash_node) {
		if (req->key == key && req->family == family &&
		    req->session->ns == ns && req->inflight)
			return req;
	}
	return NULL;
}

/* Returns the tick at which the timer next looks at the request. */
static u64 wheel_add(struct shard *shard, struct icmpecho_request *req)
{
	unsigned int slot = req->due % NEAR_SLOTS;
	u64 revolution, tick = req->due;

	lockdep_assert_held(&shard->lock);
	if (req->due - shard->tick >= NEAR_SLOTS) {
		revolution = req->due >> NEAR_BITS;
		slot = NEAR_SLOTS + revolution % FAR_SLOTS;
		tick = (shard->revolution + (revolution - shard->revolution) % FAR_SLOTS) <<
		       NEAR_BITS;
	}
	hlist_add_head(&req->wheel_node, &shard->wheel[slot]);
	__set_bit(slot, shard->busy);
	return tick;
}

/*
 * pprev of the first request in a list is the list's head. If the list is empty now, the
 * position of that head is the slot to mark empty. The head may also be shard->visiting,
 * which is not a slot.
 */
static void wheel_del(struct shard *shard, struct icmpecho_request *req)
{
	struct hlist_node **pprev = req->wheel_node.pprev;
	unsigned long slot;

	lockdep_assert_held(&shard->lock);
	hlist_del_init(&req->wheel_node);
	if (*pprev)
		return;
	slot = ((unsigned long)pprev - (unsigned long)shard->wheel) / sizeof(shard->wheel[0]);
	if (slot < WHEEL_SLOTS)
		__clear_bit(slot, shard->busy);
}

/* A request of SEND stays in the hash table, where it is found by its id. */
static void shard_claim(struct shard *shard, struct icmpecho_request *req)
{
	lockdep_assert_held(&shard->lock);
	WRITE_ONCE(req->inflight, false);
	if (!req->sync)
		hlist_del_init(&req->hash_node);
}

static void shard_remove(struct shard *shard, struct icmpecho_request *req)
{
	shard_claim(shard, req);
	wheel_del(shard, req);
}

/* Let the timer expire when @tick is over. */
static void shard_arm(struct shard *shard, u64 tick)
{
	lockdep_assert_held(&shard->lock);
	shard->armed = tick;
	hrtimer_start(&shard->timer, ns_to_ktime((tick + 1) << TICK_SHIFT),
		      HRTIMER_MODE_ABS_SOFT);
}

/*
 * Let the timer expire again, for what exceeded the budget. Not at once: a timer that
 * has expired when the softirq begins runs in the same softirq. Later than now, it runs
 * in the next one, or in ksoftirqd, which shares the CPU with other tasks.
 */
static void shard_arm_again(struct shard *shard)
{
	lockdep_assert_held(&shard->lock);
	shard->armed = 0;
	hrtimer_start(&shard->timer, ktime_add_ns(ktime_get(), 1), HRTIMER_MODE_ABS_SOFT);
}

/* The first tick or revolution from @from on whose slot in a ring is busy, or NEVER */
static u64 next_busy(const struct shard *shard, unsigned int first, unsigned int n, u64 from)
{
	unsigned int at = first + from % n;
	unsigned int slot = find_next_bit(shard->busy, first + n, at);

	if (slot < first + n)
		return from + slot - at;
	slot = find_next_bit(shard->busy, at, first);
	return slot < at ? from + slot + n - at : NEVER;
}

/* The first tick that has requests, or NEVER */
static u64 shard_next_due(const struct shard *shard)
{
	return next_busy(shard, 0, NEAR_SLOTS, shard->tick);
}

/* The first tick of the first revolution that has requests, or NEVER */
static u64 shard_next_revolution(const struct shard *shard)
{
	u64 revolution = next_busy(shard, NEAR_SLOTS, FAR_SLOTS, shard->revolution);

	return revolution == NEVER ? NEVER : revolution << NEAR_BITS;
}

/* All ticks before @tick are over, and their slots have been visited. */
static void shard_advance(struct shard *shard, u64 tick, u64 revolution)
{
	lockdep_assert_held(&shard->lock);
	shard->tick = tick;
	shard->revolution = revolution;
}

static void shard_visit(struct shard *shard, unsigned int slot)
{
	__clear_bit(slot, shard->busy);
	hlist_move_list(&shard->wheel[slot], &shard->visiting);
}

/*
 * Visit the next slot whose time has come, if there is one. The slot of a revolution
 * comes before those of its ticks, to which its requests may move.
 */
static bool shard_visit_next(struct shard *shard, u64 now_tick)
{
	u64 due = shard_next_due(shard);
	u64 begin = shard_next_revolution(shard);
	u64 revolution = begin >> NEAR_BITS;

	if (begin <= due && begin <= now_tick) {
		shard_advance(shard, begin, revolution + 1);
		shard_visit(shard, NEAR_SLOTS + revolution % FAR_SLOTS);
		return true;
	}
	if (due < now_tick) {
		shard_advance(shard, due + 1, (due >> NEAR_BITS) + 1);
		shard_visit(shard, due % NEAR_SLOTS);
		return true;
	}
	shard_advance(shard, now_tick, (now_tick >> NEAR_BITS) + 1);
	return false;
}

/*
 * Claim requests that are due, and link them on @expired by their wheel_node. Returns
 * true if the budget was exceeded: there may be more.
 */
static bool shard_collect(struct shard *shard, u64 now_tick, struct hlist_head *expired)
{
	struct icmpecho_request *req, *last = NULL;
	int budget = SOFTIRQ_BUDGET / nr_shards;

	lockdep_assert_held(&shard->lock);
	do {
		while (!hlist_empty(&shard->visiting)) {
			if (budget <= 0)
				return true;
			budget--;
			req = hlist_entry(shard->visiting.first, struct icmpecho_request,
					  wheel_node);
			hlist_del_init(&req->wheel_node);
			if (req->due < shard->tick) {
				shard_claim(shard, req);
				hlist_add_head(&req->wheel_node, expired);
				if (!last || !request_alike(req, last))
					budget -= NOTIFY_COST;
				last = req;
			} else {
				wheel_add(shard, req);
			}
		}
	} while (shard_visit_next(shard, now_tick));
	return false;
}

/* Softirq */
static enum hrtimer_restart shard_expire(struct hrtimer *timer)
{
	struct shard *shard = container_of(timer, struct shard, timer);
	u64 now_tick = ktime_get_ns() >> TICK_SHIFT;
	HLIST_HEAD(expired);
	u64 tick;

	spin_lock(&shard->lock);
	if (shard_collect(shard, now_tick, &expired)) {
		shard_arm_again(shard);
	} else {
		tick = min(shard_next_due(shard), shard_next_revolution(shard));
		shard->armed = NEVER;
		if (tick != NEVER)
			shard_arm(shard, tick);
	}
	spin_unlock(&shard->lock);

	request_expire(&expired);
	return HRTIMER_NORESTART;
}

/*
 * A submitter that was preempted may be past its deadline already. Then the request goes
 * into the next tick's slot: the deadline's own slot is looked at again only after a
 * revolution. An idle shard has not advanced meanwhile.
 */
static void shard_add(struct shard *shard, struct hlist_head *bucket,
		      struct icmpecho_request *req, u64 deadline, u32 key)
{
	u64 now_tick, tick;

	lockdep_assert_held(&shard->lock);
	if (shard->armed == NEVER) {
		now_tick = max_t(u64, ktime_to_ns(req->sent) >> TICK_SHIFT, shard->tick);
		shard_advance(shard, now_tick, (now_tick >> NEAR_BITS) + 1);
	}
	req->due = max(deadline >> TICK_SHIFT, shard->tick);
	WRITE_ONCE(req->generation, ++shard->generation);
	WRITE_ONCE(req->key, key);
	req->inflight = true;
	hlist_add_head(&req->hash_node, bucket);
	tick = wheel_add(shard, req);
	if (tick < shard->armed)
		shard_arm(shard, tick);
}

/*
 * Publish a request under @key, unless another one has it in flight. The table takes
 * over the creator's reference. From now on the request can complete at any moment.
 * Process context.
 */
static bool table_insert(struct icmpecho_request *req, u64 deadline, u32 key)
{
	struct icmpecho_netns *ns = req->session->ns;
	struct hlist_head *bucket = bucket_of(ns, key);
	struct shard *shard = shard_of(bucket);
	bool is_free;

	spin_lock_bh(&shard->lock);
	is_free = !bucket_find(bucket, ns, req->family, key);
	if (is_free)
		shard_add(shard, bucket, req, deadline, key);
	spin_unlock_bh(&shard->lock);
	return is_free;
}

/*
 * Become the owner of a request's completion and of the table's reference. Returns false
 * if another context has claimed it, or it is not published. Any context but hard
 * interrupts; the caller has a reference.
 */
static bool table_claim(struct icmpecho_request *req)
{
	u32 key = READ_ONCE(req->key);
	struct shard *shard;
	bool claimed;

	if (!key)
		return false;
	shard = shard_of(bucket_of(req->session->ns, key));
	spin_lock_bh(&shard->lock);
	claimed = req->inflight;
	if (claimed)
		shard_remove(shard, req);
	spin_unlock_bh(&shard->lock);
	return claimed;
}

/* A request of SEND has no reference left. Any context but hard interrupts. */
static void table_forget(struct icmpecho_request *req)
{
	struct shard *shard;

	/* Never published */
	if (!req->key)
		return;
	shard = shard_of(bucket_of(req->session->ns, req->key));
	spin_lock_bh(&shard->lock);
	hlist_del_init(&req->hash_node);
	spin_unlock_bh(&shard->lock);
}

/*
 * Find a request by its id. Returns it with a reference, or NULL. A request of SUBMIT is
 * found while it is in flight, one of SEND until it is freed; by then a newer request may
 * have the same key.
 */
static struct icmpecho_request *table_find(struct icmpecho_session *s, u64 id)
{
	struct hlist_head *bucket = bucket_of(s->ns, (u32)id);
	struct shard *shard = shard_of(bucket);
	struct icmpecho_request *req, *found = NULL;

	spin_lock_bh(&shard->lock);
	hlist_for_each_entry(req, bucket, hash_node) {
		if (req->session != s || request_id(req) != id)
			continue;
		if (refcount_inc_not_zero(&req->ref))
			found = req;
		break;
	}
	spin_unlock_bh(&shard->lock);
	return found;
}

/*
 * Find the request that a packet answers, or NULL and *@why. A request for one answer is
 * claimed for the caller; of another one the caller gets a reference. Softirq.
 */
static struct icmpecho_request *table_match(const struct icmpecho_rx *rx,
					    const struct icmpecho_parsed *p,
					    enum icmpecho_drop *why)
{
	u32 key = icmpecho_key(p->ident, p->seq);
	struct hlist_head *bucket = bucket_of(rx->ns, key);
	struct shard *shard = shard_of(bucket);
	struct icmpecho_request *req;

	spin_lock(&shard->lock);
	req = bucket_find(bucket, rx->ns, rx->family->family, key);
	if (!req) {
		*why = ICMPECHO_DROP_UNMATCHED;
	} else if (!rx->family->addresses_fit(req, p)) {
		*why = ICMPECHO_DROP_ADDRESS;
		req = NULL;
	} else if (req->max_answers == 1) {
		shard_remove(shard, req);
	} else {
		refcount_inc(&req->ref);
	}
	spin_unlock(&shard->lock);
	return req;
}

static void table_exit(void)
{
	kvfree(buckets);
	kvfree(shards);
}

/* The number of hash buckets follows from how many requests a user may have now. */
static int table_init(void)
{
	unsigned long requests = max_user_bytes / sizeof(struct icmpecho_request);
	unsigned int i;

	nr_shards = min_t(unsigned int, 64, roundup_pow_of_two(2 * num_possible_cpus()));
	bucket_bits = clamp_t(unsigned int, ilog2(requests + 1), 12, 20);

	shards = kvcalloc(nr_shards, sizeof(*shards), GFP_KERNEL);
	buckets = kvcalloc(1UL << bucket_bits, sizeof(*buckets), GFP_KERNEL);
	if (!shards || !buckets) {
		table_exit();
		return -ENOMEM;
	}
	for (i = 0; i < nr_shards; i++) {
		spin_lock_init(&shards[i].lock);
		shards[i].armed = NEVER;
		icmpecho_timer_setup(&shards[i].timer, shard_expire);
	}
	return 0;
}

/* Cancel the timers. The table is empty, since all sessions are closed. */
static void table_stop(void)
{
	unsigned int i;

	for (i = 0; i < nr_shards; i++)
		hrtimer_cancel(&shards[i].timer);
}
