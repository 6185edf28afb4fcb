// SPDX-License-Identifier: GPL-2.0
/*
 * Requests in flight: a hash table finds them by their identity, and a timeout wheel times them
 * out. One table serves all network namespaces. It is split into shards. A shard's lock protects
 * its part of the hash table and its own wheel, since a request enters both at once.
 *
 * A tick is 2^20 ns, and a revolution is NEAR_SLOTS ticks. A request that is due less than a
 * revolution from now is in the near slot of its tick, any other in the far slot of its
 * revolution. When a revolution begins, the requests due in it move from its far slot to near
 * slots. Requests due 73 minutes later, or a multiple of that, share this far slot and stay in it.
 * So no request times out early, and the wheel makes it late by one tick at most. (A timer_list is
 * late by up to 1/8 of a timeout above 1 s.)
 *
 * The timer of a shard only queues work: a worker completes the requests that are due. One user may
 * have many of them, and any number of tasks may watch for each. In an interrupt all others would
 * have to wait for that, but a worker lets them run.
 */
#include <linux/hash.h>
#include <net/netns/hash.h>

#include "icmpecho.h"

#define TICK_SHIFT	20
/* A revolution takes 4.3 s: ping on Windows waits 4 s, and few callers wait longer. */
#define NEAR_BITS	12
#define NEAR_SLOTS	BIT(NEAR_BITS)
#define FAR_SLOTS	1024
#define WHEEL_SLOTS	(NEAR_SLOTS + FAR_SLOTS)
#define NEVER		U64_MAX

/*
 * How much a worker does between two decisions of the scheduler. A request that is looked at costs
 * 1, and NOTIFY_COST more if its completion notifies another session or eventfd than the last one
 * did. The last request may exceed the budget.
 */
#define RUN_BUDGET	256
#define NOTIFY_COST	8

struct shard {
	spinlock_t lock;	/* protects this struct and the shard's buckets; taken in softirq */
	u64 tick;		/* next tick whose near slot is to be visited */
	u64 revolution;		/* next revolution to be visited; it begins at @tick or later */
	u64 armed;		/* @timer expires after this tick, then @work runs; or NEVER */
	u32 generation;		/* makes the ids of requests with the same key differ */
	struct hrtimer timer;	/* queues @work; expires in hardirq */
	struct work_struct work;	/* completes what is due */
	struct hlist_head visiting;	/* taken from the slot being visited, not yet handled */
	DECLARE_BITMAP(busy, WHEEL_SLOTS);	/* bit i: wheel[i] is not empty */
	struct hlist_head wheel[WHEEL_SLOTS];	/* near slots, then far slots */
} ____cacheline_aligned_in_smp;

/*
 * For work that sleeps, which is opening receive sockets and freeing sessions, and for work of
 * which there may be much: completing requests that time out, and waking those who wait for a
 * session's turn to send
 */
static struct workqueue_struct *icmpecho_wq;

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

/*
 * Find in @bucket the request of @ns that is in flight with @family and @key. Returns it without a
 * reference, or NULL if there is none. Caller holds the lock of @bucket's shard.
 */
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

/*
 * Add @req to the wheel slot for req->due. Returns the tick for which to arm the timer, so that it
 * visits that slot in time.
 */
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
 * Remove @req from the wheel. If @req was alone in a slot, its pprev points to the list's head,
 * whose index in shard->wheel is the slot to mark empty. pprev may also point to shard->visiting
 * or into another request: neither gives a valid index.
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

/*
 * Mark @req as no longer in flight. Unhash it if SUBMIT made it. A request of SEND stays in the
 * hash table, where table_find() finds it by its id. The caller removes @req from the wheel.
 */
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

/* Start the timer of @shard, to expire at the end of @tick. */
static void shard_arm(struct shard *shard, u64 tick)
{
	lockdep_assert_held(&shard->lock);
	shard->armed = tick;
	hrtimer_start(&shard->timer, ns_to_ktime((tick + 1) << TICK_SHIFT),
		      HRTIMER_MODE_ABS);
}

/*
 * The @n wheel slots from slot @first on are a ring of ticks or of revolutions. Returns the first
 * tick or revolution, @from or later, whose slot is not empty, or NEVER.
 */
static u64 next_busy(const struct shard *shard, unsigned int first, unsigned int n, u64 from)
{
	unsigned int at = first + from % n;
	unsigned int slot = find_next_bit(shard->busy, first + n, at);

	if (slot < first + n)
		return from + slot - at;
	slot = find_next_bit(shard->busy, at, first);
	return slot < at ? from + slot + n - at : NEVER;
}

/* Returns the first tick, shard->tick or later, whose near slot is not empty, or NEVER. */
static u64 shard_next_due(const struct shard *shard)
{
	return next_busy(shard, 0, NEAR_SLOTS, shard->tick);
}

/* Returns the first tick of the first revolution whose far slot is not empty, or NEVER. */
static u64 shard_next_revolution(const struct shard *shard)
{
	u64 revolution = next_busy(shard, NEAR_SLOTS, FAR_SLOTS, shard->revolution);

	return revolution == NEVER ? NEVER : revolution << NEAR_BITS;
}

/*
 * Record that nothing is left to visit in the near slots of ticks before @tick, and in the far
 * slots of revolutions before @revolution.
 */
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
 * Move the requests of the next slot whose time has come to shard->visiting. Returns false if
 * there is no such slot. The far slot of a revolution is visited before the near slots of its
 * ticks, since requests may move from the far slot to those near slots.
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
 * Claim the requests of @shard that are due before @now_tick, and link them on @expired by their
 * wheel_node. Returns true if RUN_BUDGET was used up: then more requests may be due.
 */
static bool shard_collect(struct shard *shard, u64 now_tick, struct hlist_head *expired)
{
	struct icmpecho_request *req, *last = NULL;
	int budget = RUN_BUDGET;

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

/*
 * Complete the requests of @shard whose timeout has expired, as far as RUN_BUDGET allows. Returns
 * true if more may be due. Otherwise the timer is started for the next ones.
 */
static bool shard_expire(struct shard *shard)
{
	u64 now_tick = ktime_get_ns() >> TICK_SHIFT;
	HLIST_HEAD(expired);
	bool is_left;
	u64 tick;

	spin_lock_bh(&shard->lock);
	is_left = shard_collect(shard, now_tick, &expired);
	if (!is_left) {
		tick = min(shard_next_due(shard), shard_next_revolution(shard));
		shard->armed = NEVER;
		if (tick != NEVER)
			shard_arm(shard, tick);
	}
	spin_unlock_bh(&shard->lock);

	request_expire(&expired);
	return is_left;
}

static void shard_work(struct work_struct *work)
{
	struct shard *shard = container_of(work, struct shard, work);

	while (shard_expire(shard))
		cond_resched();
}

static enum hrtimer_restart shard_timer(struct hrtimer *timer)
{
	struct shard *shard = container_of(timer, struct shard, timer);

	queue_work(icmpecho_wq, &shard->work);
	return HRTIMER_NORESTART;
}

/*
 * Insert @req into @bucket under @key, and into the wheel. @deadline may be past if the submitter
 * was preempted. Then @req goes into the slot of shard->tick, which is visited next: the slot of
 * @deadline is visited again only after a revolution. While the shard's timer is not armed,
 * shard->tick stands still, so it is first advanced to the tick of req->sent.
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
 * Publish @req under @key. Returns false if another request of its namespace and family is in
 * flight with @key. On success the table takes over a reference from queue_reserve(), and @req can
 * complete at any moment. Process context.
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
 * Claim @req for the caller, who becomes the owner of its completion and of the table's reference.
 * Returns false if another context has claimed @req before, or @req is not published. The caller
 * has a reference of its own. Any context but hardirq.
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

/* Unhash @req, a request of SEND whose last reference was dropped. Any context but hardirq. */
static void table_forget(struct icmpecho_request *req)
{
	struct shard *shard;

	/* @req was never published, so it is not hashed. */
	if (!req->key)
		return;
	shard = shard_of(bucket_of(req->session->ns, req->key));
	spin_lock_bh(&shard->lock);
	hlist_del_init(&req->hash_node);
	spin_unlock_bh(&shard->lock);
}

/*
 * Find the request of @s whose id is @id. Returns it with a reference, or NULL. A request of
 * SUBMIT is found while it is in flight, one of SEND until its last reference is dropped. An id
 * is not used again, as an identity may be.
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
 * Find the request in flight that packet @p answers. If there is none, returns NULL, and writes
 * the reason to *@why. A request with max_answers 1 is claimed for the caller. For any other
 * request the caller gets a reference, and claims nothing. Softirq.
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

/*
 * Allocate the table, with about as many hash buckets (2^12 to 2^20) as max_user_bytes now allows
 * one user requests. Returns 0 or -ENOMEM.
 */
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
		icmpecho_timer_setup(&shards[i].timer, shard_timer);
		INIT_WORK(&shards[i].work, shard_work);
	}
	return 0;
}

/*
 * Cancel all timers, and wait for the workers. No request is in flight, since all sessions are
 * closed: neither is started again.
 */
static void table_stop(void)
{
	unsigned int i;

	for (i = 0; i < nr_shards; i++) {
		hrtimer_cancel(&shards[i].timer);
		flush_work(&shards[i].work);
	}
}
