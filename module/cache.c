// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of requests. Each session caches free ones for its next requests. Cached
 * memory is reclaimed when its user has no quota left, or by the kernel's shrinker.
 */
#include "icmpecho.h"

/* How much cached memory the shrinker counts as one object */
#define OBJECT_SIZE	sizeof(struct icmpecho_request)

static struct kmem_cache *request_cache;
static struct shrinker *cache_shrinker;

/* Opens receive sockets and frees sessions: both sleep. */
static struct workqueue_struct *icmpecho_wq;

/* SLUB puts a free pointer behind an object with a constructor: 256 bytes for both. */
static_assert(sizeof(struct icmpecho_request) <= 256 - sizeof(void *));

/* Drop @n references. Any context but hard interrupts: a worker frees the session. */
static void session_put(struct icmpecho_session *s, unsigned int n)
{
	if (refcount_sub_and_test(n, &s->ref))
		queue_rcu_work(icmpecho_wq, &s->free_work);
}

static void buffer_free(struct icmpecho_request *req)
{
	if (!req->buffer_size)
		return;
	kvfree(req->buffer);
	user_uncharge(req->session->user, req->buffer_size);
	req->buffer_size = 0;
}

static long bytes_of(struct icmpecho_request **reqs, unsigned int n)
{
	long bytes = n * sizeof(**reqs);
	unsigned int i;

	for (i = 0; i < n; i++)
		bytes += reqs[i]->buffer_size;
	return bytes;
}

/* Free requests of a session that nothing refers to. Returns how many bytes. */
static size_t requests_free(struct icmpecho_session *s, struct icmpecho_request **reqs,
			    unsigned int n)
{
	size_t bytes;
	unsigned int i;

	if (!n)
		return 0;
	bytes = bytes_of(reqs, n);
	for (i = 0; i < n; i++)
		buffer_free(reqs[i]);
	kmem_cache_free_bulk(request_cache, n, (void **)reqs);
	user_uncharge(s->user, n * sizeof(**reqs));
	return bytes;
}

/* Take up to @n requests out of the cache. Returns how many there were. */
static unsigned int cache_pop(struct icmpecho_session *s, struct icmpecho_request **reqs,
			      unsigned int n)
{
	spin_lock_bh(&s->lock);
	n = min(n, s->nr_cached);
	s->nr_cached -= n;
	memcpy(reqs, s->cached + s->nr_cached, n * sizeof(*reqs));
	spin_unlock_bh(&s->lock);
	if (n)
		atomic_long_sub(bytes_of(reqs, n), &s->user->cached);
	return n;
}

/*
 * Cache requests that nothing refers to, or free them. A kernel with KASAN caches none:
 * KASAN detects a use after free only if memory is really freed.
 */
static void cache_put(struct icmpecho_session *s, struct icmpecho_request **reqs,
		      unsigned int n)
{
	unsigned int cached = 0;

	if (!IS_ENABLED(CONFIG_KASAN)) {
		spin_lock_bh(&s->lock);
		if (!s->closed)
			cached = min_t(unsigned int, n, ICMPECHO_CACHED - s->nr_cached);
		memcpy(s->cached + s->nr_cached, reqs, cached * sizeof(*reqs));
		s->nr_cached += cached;
		/* Count before the unlock: another thread may then pop and uncount them. */
		if (cached)
			atomic_long_add(bytes_of(reqs, cached), &s->user->cached);
		spin_unlock_bh(&s->lock);
	}
	requests_free(s, reqs + cached, n - cached);
}

/* Free a session's cache. Returns how many bytes. Process context, also from reclaim. */
static size_t cache_reclaim(struct icmpecho_session *s)
{
	struct icmpecho_request *reqs[ICMPECHO_BATCH];
	unsigned int n, rounds = 0;
	size_t bytes = 0;

	/* Bounded: other threads may cache more requests meanwhile. */
	do {
		n = cache_pop(s, reqs, ICMPECHO_BATCH);
		bytes += requests_free(s, reqs, n);
	} while (n == ICMPECHO_BATCH && ++rounds < ICMPECHO_CACHED / ICMPECHO_BATCH);
	return bytes;
}

/*
 * Reclaim @wanted bytes of a user's cached memory, or all of it. Sessions are visited in
 * turn, about once each. Returns how many bytes.
 */
static size_t user_reclaim(struct icmpecho_user *user, size_t wanted)
{
	unsigned int sessions = READ_ONCE(user->refs);
	struct icmpecho_session *s;
	size_t bytes = 0;

	while (sessions-- && bytes < wanted && atomic_long_read(&user->cached) > 0 &&
	       !fatal_signal_pending(current)) {
		s = user_next_session(user);
		if (!s)
			break;
		bytes += cache_reclaim(s);
		if (bytes < wanted)
			bytes += destinations_reclaim(s->ns, user);
		session_put(s, 1);
		cond_resched();
	}
	return bytes;
}

/* Charge, and reclaim for it. Returns 0 or -EDQUOT. Process context. */
static int user_charge_or_reclaim(struct icmpecho_user *user, size_t bytes)
{
	size_t excess = user_charge(user, bytes);

	if (excess && user_reclaim(user, excess))
		excess = user_charge(user, bytes);
	return excess ? -EDQUOT : 0;
}

/* New requests, or one if there is no quota for more. Returns how many, or an errno. */
static int requests_alloc(struct icmpecho_session *s, struct icmpecho_request **reqs,
			  unsigned int n)
{
	int err = user_charge_or_reclaim(s->user, n * sizeof(**reqs));

	if (err && n > 1) {
		n = 1;
		err = user_charge_or_reclaim(s->user, sizeof(**reqs));
	}
	if (err)
		return err;
	if (kmem_cache_alloc_bulk(request_cache, GFP_KERNEL, n, (void **)reqs))
		return n;
	user_uncharge(s->user, n * sizeof(**reqs));
	return -ENOMEM;
}

/* Get up to @n requests. Returns how many, or an errno for none. Process context. */
static int cache_get(struct icmpecho_session *s, struct icmpecho_request **reqs, unsigned int n)
{
	unsigned int ready = cache_pop(s, reqs, n);
	int made;

	if (ready == n)
		return n;
	made = requests_alloc(s, reqs + ready, n - ready);
	if (made > 0)
		return ready + made;
	return ready ?: made;
}

/* Give a request a reply buffer of @bytes: the cached one, if that suffices, or new. */
static int buffer_alloc(struct icmpecho_request *req, size_t bytes)
{
	int err;

	if (!bytes || req->buffer_size < bytes)
		buffer_free(req);
	if (!bytes || req->buffer_size)
		return 0;
	/* The user chooses @bytes: charge the quota before the memory is allocated. */
	err = user_charge_or_reclaim(req->session->user, bytes);
	if (err)
		return err;
	req->buffer = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (!req->buffer) {
		user_uncharge(req->session->user, bytes);
		return -ENOMEM;
	}
	req->buffer_size = bytes;
	return 0;
}

/* Requests of one session that nothing refers to any more */
static void requests_release(struct icmpecho_request **reqs, unsigned int n)
{
	struct icmpecho_session *s = reqs[0]->session;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (reqs[i]->buffer_size > ICMPECHO_CACHED_BUFFER)
			buffer_free(reqs[i]);
		if (reqs[i]->sync)
			table_forget(reqs[i]);
		else if (reqs[i]->eventfd)
			eventfd_ctx_put(reqs[i]->eventfd);
	}
	cache_put(s, reqs, n);
	session_put(s, n);
}

/* Drop a reference of each; all of one session. Any context but hard interrupts. */
static void request_put_many(struct icmpecho_request **reqs, unsigned int n)
{
	unsigned int i, gone = 0;

	for (i = 0; i < n; i++) {
		if (refcount_dec_and_test(&reqs[i]->ref))
			reqs[gone++] = reqs[i];
	}
	if (gone)
		requests_release(reqs, gone);
}

static void request_put(struct icmpecho_request *req)
{
	if (refcount_dec_and_test(&req->ref))
		requests_release(&req, 1);
}

static unsigned long cache_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	return users_cached() / OBJECT_SIZE;
}

static unsigned long cache_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	size_t wanted = sc->nr_to_scan * OBJECT_SIZE, bytes = 0, got;
	struct icmpecho_user *user;

	while (bytes < wanted && (user = user_with_cache())) {
		got = user_reclaim(user, wanted - bytes);
		user_put(user);
		if (!got)
			break;
		bytes += got;
	}
	return bytes ? bytes / OBJECT_SIZE : SHRINK_STOP;
}

/*
 * An object with a constructor is not zeroed at each allocation: request_init() and
 * request_prepare() set all that is read before the answer is written.
 */
static void request_construct(void *object)
{
	struct icmpecho_request *req = object;

	INIT_HLIST_NODE(&req->hash_node);
	req->buffer_size = 0;
}

static int cache_init(void)
{
	request_cache = kmem_cache_create_usercopy("icmpecho_request",
						   sizeof(struct icmpecho_request), 0,
						   SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT,
						   offsetof(struct icmpecho_request, inline_buffer),
						   ICMPECHO_INLINE_REPLY, request_construct);
	return request_cache ? 0 : -ENOMEM;
}

static int shrinker_init(void)
{
	cache_shrinker = icmpecho_shrinker_add("icmpecho", cache_count, cache_scan);
	return cache_shrinker ? 0 : -ENOMEM;
}
