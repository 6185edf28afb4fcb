// SPDX-License-Identifier: GPL-2.0
/*
 * Requests in flight, found by what comes back in an answer, and timed out by a
 * wheel. One table serves all namespaces; it is cut into shards, each with a
 * lock that covers its part of the hash and its own wheel, since a request is
 * put into both and taken out of both at once.
 *
 * The wheel has slots of a tick, 2^20 ns, in which requests wait that are due
 * within a revolution; and slots of a whole revolution, in which those wait that
 * are due in a later one. When that begins, they move to slots of ticks. Those that
 * are further away than all these slots share them, and are looked at once in 73
 * minutes. So nothing times out early, and late by one tick at most, at any timeout.
 * (A timer_list is late by 1/8 of the timeout above 1 s.)
 */
#include <linux/hash.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/netns/hash.h>

#include "icmpecho.h"

#define TICK_SHIFT	20
/* A revolution takes 4.3 s, and few wait longer: ping on Windows waits 4 s. */
#define NEAR_BITS	12
#define NEAR_SLOTS	BIT(NEAR_BITS)
#define FAR_SLOTS	1024
#define WHEEL_SLOTS	(NEAR_SLOTS + FAR_SLOTS)
#define NEVER		U64_MAX

/*
 * What the timers of all shards, which may expire in one softirq, do in it at
 * most: requests looked at, where to tell some session or eventfd of another one's
 * completions counts as so many. Each does its share of it, or a little more.
 */
#define SOFTIRQ_BUDGET	256
#define TELL_COST	8

/* How many identities to try, and how many of them in one block */
#define TRIES		4096
#define BLOCK_TRIES	64

/**
 * struct shard - a part of the table
 * @lock: softirq-safe; protects all of this, and the shard's hash buckets
 * @tick: the next tick to look at; all before it are over
 * @turn: the next revolution to look at; its first tick is @tick, or to come
 * @armed: the tick for which @timer is armed, or NEVER
 * @generation: makes the ids of requests with the same key differ
 * @timer: expires in softirq
 * @visiting: requests of a slot that is being looked at
 * @busy: which slots are not empty
 * @wheel: requests by their tick, and behind that by their revolution
 */
struct shard {
	spinlock_t lock;	/* all of this */
	u64 tick;
	u64 turn;
	u64 armed;
	u32 generation;
	struct hrtimer timer;
	struct hlist_head visiting;
	DECLARE_BITMAP(busy, WHEEL_SLOTS);
	struct hlist_head wheel[WHEEL_SLOTS];
} ____cacheline_aligned_in_smp;

static struct shard *shards;
static unsigned int nr_shards;		/* a power of 2 */
static struct hlist_head *buckets;
static unsigned int bucket_bits;

static struct hlist_head *bucket_of(struct icmpecho_net *in, u32 key)
{
	return &buckets[hash_32(key ^ net_hash_mix(in->net), bucket_bits)];
}

static struct shard *shard_of(struct hlist_head *bucket)
{
	return &shards[(bucket - buckets) & (nr_shards - 1)];
}

/* A request in flight. Caller holds the lock of the bucket's shard. */
static struct icmpecho_request *
bucket_find(struct hlist_head *bucket, struct icmpecho_net *in,
	    const struct icmpecho_family *family, u32 key)
{
	struct icmpecho_request *req;

	hlist_for_each_entry(req, bucket, hash_node) {
		if (req->key == key && req->family_index == family->index &&
		    req->session->in == in && req->inflight)
			return req;
	}
	return NULL;
}

/* Returns the tick at which to look at the request. */
static u64 wheel_add(struct shard *shard, struct icmpecho_request *req)
{
	unsigned int slot = req->due % NEAR_SLOTS;
	u64 turn, tick = req->due;

	lockdep_assert_held(&shard->lock);
	if (req->due - shard->tick >= NEAR_SLOTS) {
		turn = req->due >> NEAR_BITS;
		slot = NEAR_SLOTS + turn % FAR_SLOTS;
		tick = (shard->turn + (turn - shard->turn) % FAR_SLOTS) << NEAR_BITS;
	}
	hlist_add_head(&req->wheel_node, &shard->wheel[slot]);
	__set_bit(slot, shard->busy);
	return tick;
}

/*
 * The last one of a list points to the list's head, which may be none of the slots
 * but that of those which are being looked at.
 */
static void wheel_del(struct shard *shard, struct icmpecho_request *req)
{
	struct hlist_node **pprev = req->wheel_node.pprev;
	unsigned long slot;

	lockdep_assert_held(&shard->lock);
	hlist_del_init(&req->wheel_node);
	if (*pprev)
		return;
	slot = ((unsigned long)pprev - (unsigned long)shard->wheel) /
	       sizeof(shard->wheel[0]);
	if (slot < WHEEL_SLOTS)
		__clear_bit(slot, shard->busy);
}

/*
 * Whoever ends a request's flight owns its completion, and the table's reference.
 * One of SEND stays where it can be found by its id.
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

/* Have the timer fire when @tick is over. */
static void shard_arm(struct shard *shard, u64 tick)
{
	lockdep_assert_held(&shard->lock);
	shard->armed = tick;
	hrtimer_start(&shard->timer, ns_to_ktime((tick + 1) << TICK_SHIFT),
		      HRTIMER_MODE_ABS_SOFT);
}

/*
 * Have the timer fire once more, for what this run has left. Later than now, since
 * a timer that is over when the softirq begins is run in the same one: in the next
 * one, or in ksoftirqd, which shares the CPU with others.
 */
static void shard_arm_again(struct shard *shard)
{
	lockdep_assert_held(&shard->lock);
	shard->armed = 0;
	hrtimer_start(&shard->timer, ktime_add_ns(ktime_get(), 1),
		      HRTIMER_MODE_ABS_SOFT);
}

/* How far the next busy one of a ring of slots is from @from, or NEVER */
static u64 slots_ahead(const struct shard *shard, unsigned int first,
		       unsigned int n, u64 from)
{
	unsigned int at = first + from % n;
	unsigned int slot = find_next_bit(shard->busy, first + n, at);

	if (slot < first + n)
		return slot - at;
	slot = find_next_bit(shard->busy, at, first);
	return slot < at ? slot + n - at : NEVER;
}

/* The first tick from now on whose requests are due, or NEVER */
static u64 shard_next_due(const struct shard *shard)
{
	u64 ahead = slots_ahead(shard, 0, NEAR_SLOTS, shard->tick);

	return ahead == NEVER ? NEVER : shard->tick + ahead;
}

/* The first tick of the first revolution that has requests, or NEVER */
static u64 shard_next_turn(const struct shard *shard)
{
	u64 ahead = slots_ahead(shard, NEAR_SLOTS, FAR_SLOTS, shard->turn);

	return ahead == NEVER ? NEVER : (shard->turn + ahead) << NEAR_BITS;
}

/* All before @tick are over, and looked at. */
static void shard_move_on(struct shard *shard, u64 tick, u64 turn)
{
	lockdep_assert_held(&shard->lock);
	shard->tick = tick;
	shard->turn = turn;
}

static void shard_visit(struct shard *shard, unsigned int slot)
{
	__clear_bit(slot, shard->busy);
	hlist_move_list(&shard->wheel[slot], &shard->visiting);
}

/*
 * Take the next slot whose time has come for a visit, if there is one. Those of a
 * revolution come before those of its ticks, which they may move to.
 */
static bool shard_visit_next(struct shard *shard, u64 now_tick)
{
	u64 due = shard_next_due(shard);
	u64 begin = shard_next_turn(shard);
	u64 turn = begin >> NEAR_BITS;

	if (begin <= due && begin <= now_tick) {
		shard_move_on(shard, begin, turn + 1);
		shard_visit(shard, NEAR_SLOTS + turn % FAR_SLOTS);
		return true;
	}
	if (due < now_tick) {
		shard_move_on(shard, due + 1, (due >> NEAR_BITS) + 1);
		shard_visit(shard, due % NEAR_SLOTS);
		return true;
	}
	shard_move_on(shard, now_tick, (now_tick >> NEAR_BITS) + 1);
	return false;
}

/*
 * Claim requests that are due, and put them on @expired by their wheel_node.
 * Returns true if there may be more.
 */
static bool shard_collect(struct shard *shard, u64 now_tick,
			  struct hlist_head *expired)
{
	struct icmpecho_request *req, *last = NULL;
	int budget = SOFTIRQ_BUDGET / nr_shards;

	lockdep_assert_held(&shard->lock);
	do {
		while (!hlist_empty(&shard->visiting)) {
			if (budget <= 0)
				return true;
			budget--;
			req = hlist_entry(shard->visiting.first,
					  struct icmpecho_request, wheel_node);
			hlist_del_init(&req->wheel_node);
			if (req->due < shard->tick) {
				shard_claim(shard, req);
				hlist_add_head(&req->wheel_node, expired);
				if (!last || !icmpecho_request_alike(req, last))
					budget -= TELL_COST;
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
		tick = min(shard_next_due(shard), shard_next_turn(shard));
		shard->armed = NEVER;
		if (tick != NEVER)
			shard_arm(shard, tick);
	}
	spin_unlock(&shard->lock);

	icmpecho_request_expire(&expired);
	return HRTIMER_NORESTART;
}

/*
 * A submitter that was kept from running may be past its deadline already: then
 * the next tick is the one, not the deadline's own, whose slot comes again only
 * after a revolution. A shard that was idle has not looked at the time meanwhile.
 */
static void shard_add(struct shard *shard, struct hlist_head *bucket,
		      struct icmpecho_request *req, u64 deadline, u32 key)
{
	u64 now_tick, tick;

	lockdep_assert_held(&shard->lock);
	if (shard->armed == NEVER) {
		now_tick = max_t(u64, ktime_to_ns(req->sent) >> TICK_SHIFT,
				 shard->tick);
		shard_move_on(shard, now_tick, (now_tick >> NEAR_BITS) + 1);
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

static bool table_try_insert(struct icmpecho_request *req, u64 deadline,
			     u32 key)
{
	const struct icmpecho_family *family = icmpecho_request_family(req);
	struct icmpecho_net *in = req->session->in;
	struct hlist_head *bucket = bucket_of(in, key);
	struct shard *shard = shard_of(bucket);
	bool is_free;

	spin_lock_bh(&shard->lock);
	is_free = !bucket_find(bucket, in, family, key);
	if (is_free)
		shard_add(shard, bucket, req, deadline, key);
	spin_unlock_bh(&shard->lock);
	return is_free;
}

/**
 * icmpecho_table_insert - give a request its identity and publish it
 * @req: the request; the table takes over the creator's reference
 * @timeout_ns: how long it may stay
 *
 * From now on it can complete at any moment. Process context.
 *
 * An identity is taken if another destination has it in flight, whose identifier is
 * the same by chance. Where that has many, another block is better.
 *
 * Return: 0, or -EAGAIN if thousands of identities of this destination were
 * tried and are all in flight.
 */
int icmpecho_table_insert(struct icmpecho_request *req, u64 timeout_ns)
{
	struct icmpecho_session *s = req->session;
	u64 deadline;
	u32 key;
	int i;

	icmpecho_request_stamp(req);
	deadline = ktime_to_ns(req->sent) + timeout_ns;
	for (i = 0; i < TRIES; i++) {
		key = icmpecho_dest_identity(s->in, &req->dst, s->numbers,
					     i && i % BLOCK_TRIES == 0);
		if (table_try_insert(req, deadline, key))
			return 0;
	}
	return -EAGAIN;
}

/**
 * icmpecho_table_claim - become the owner of a request's completion
 * @req: the request; the caller has a reference
 *
 * Any context but hard interrupts.
 *
 * Return: true if the caller now owns the completion and the table's reference,
 * false if somebody else does, or it is not published.
 */
bool icmpecho_table_claim(struct icmpecho_request *req)
{
	u32 key = READ_ONCE(req->key);
	struct shard *shard;
	bool claimed;

	if (!key)
		return false;
	shard = shard_of(bucket_of(req->session->in, key));
	spin_lock_bh(&shard->lock);
	claimed = req->inflight;
	if (claimed)
		shard_remove(shard, req);
	spin_unlock_bh(&shard->lock);
	return claimed;
}

/**
 * icmpecho_table_forget - let a request of SEND be found no more
 * @req: the request, which has no reference left
 *
 * Any context but hard interrupts.
 */
void icmpecho_table_forget(struct icmpecho_request *req)
{
	struct shard *shard;

	/* Never published */
	if (!req->key)
		return;
	shard = shard_of(bucket_of(req->session->in, req->key));
	spin_lock_bh(&shard->lock);
	hlist_del_init(&req->hash_node);
	spin_unlock_bh(&shard->lock);
}

/**
 * icmpecho_table_find - find a request by its id
 * @s: its session
 * @id: its id
 *
 * One of SUBMIT is there while it is in flight, one of SEND until it is freed. By
 * then a newer request may have the same key.
 *
 * Return: the request, with a reference for the caller, or NULL.
 */
struct icmpecho_request *
icmpecho_table_find(struct icmpecho_session *s, u64 id)
{
	struct hlist_head *bucket = bucket_of(s->in, (u32)id);
	struct shard *shard = shard_of(bucket);
	struct icmpecho_request *req, *found = NULL;

	spin_lock_bh(&shard->lock);
	hlist_for_each_entry(req, bucket, hash_node) {
		if (req->session != s || icmpecho_request_id(req) != id)
			continue;
		if (refcount_inc_not_zero(&req->ref))
			found = req;
		break;
	}
	spin_unlock_bh(&shard->lock);
	return found;
}

/**
 * icmpecho_table_take - take the request that a packet answers
 * @in: the namespace
 * @family: the packet's address family
 * @p: the packet, taken apart
 * @why: why there is none
 *
 * Softirq.
 *
 * Return: the request, or NULL. One that waits for one answer is taken out, and
 * its completion is the caller's; of another the caller gets a reference.
 */
struct icmpecho_request *
icmpecho_table_take(struct icmpecho_net *in,
		    const struct icmpecho_family *family,
		    const struct icmpecho_parsed *p, enum icmpecho_drop *why)
{
	u32 key = icmpecho_key(p->ident, p->seq);
	struct hlist_head *bucket = bucket_of(in, key);
	struct shard *shard = shard_of(bucket);
	struct icmpecho_request *req;

	spin_lock(&shard->lock);
	req = bucket_find(bucket, in, family, key);
	if (!req) {
		*why = ICMPECHO_DROP_UNMATCHED;
	} else if (!family->addresses_fit(in, req, p)) {
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

/**
 * icmpecho_table_init - make the table
 *
 * The number of hash buckets follows from how many requests one user may have
 * when the module is loaded.
 *
 * Return: 0 or -ENOMEM.
 */
int icmpecho_table_init(void)
{
	unsigned long requests = icmpecho_max_user_bytes /
				 sizeof(struct icmpecho_request);
	unsigned int i;

	nr_shards = min_t(unsigned int, 64,
			  roundup_pow_of_two(2 * num_possible_cpus()));
	bucket_bits = clamp_t(unsigned int, ilog2(requests + 1), 12, 20);

	shards = kvcalloc(nr_shards, sizeof(*shards), GFP_KERNEL);
	buckets = kvcalloc(1UL << bucket_bits, sizeof(*buckets), GFP_KERNEL);
	if (!shards || !buckets) {
		icmpecho_table_exit();
		return -ENOMEM;
	}
	for (i = 0; i < nr_shards; i++) {
		spin_lock_init(&shards[i].lock);
		shards[i].armed = NEVER;
		hrtimer_init(&shards[i].timer, CLOCK_MONOTONIC,
			     HRTIMER_MODE_ABS_SOFT);
		shards[i].timer.function = shard_expire;
	}
	return 0;
}

/**
 * icmpecho_table_stop - let no timeout run any more
 *
 * The table is empty: all sessions are closed.
 */
void icmpecho_table_stop(void)
{
	unsigned int i;

	for (i = 0; i < nr_shards; i++)
		hrtimer_cancel(&shards[i].timer);
}

/**
 * icmpecho_table_exit - free the table
 */
void icmpecho_table_exit(void)
{
	kvfree(buckets);
	kvfree(shards);
}
