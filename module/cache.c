// SPDX-License-Identifier: GPL-2.0
/*
 * Allocates and frees struct icmpecho_request. Each session caches freed requests, to use them
 * again. Cached memory is reclaimed when a charge exceeds the user's quota, and by the shrinker.
 */
#include "icmpecho.h"

/* The shrinker counts cached memory in objects of this size. */
#define OBJECT_SIZE	sizeof(struct icmpecho_request)

static struct kmem_cache *request_cache;
static struct shrinker *cache_shrinker;

/* SLUB puts its free pointer behind an object with a constructor. Both fit into 256 bytes. */
static_assert(sizeof(struct icmpecho_request) <= 256 - sizeof(void *));

/* Drop @n references of @s. After the last one, a worker frees @s. Any context but hardirq. */
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

/*
 * Free the @n requests in @reqs, and their reply buffers. Nothing else refers to them: they are
 * not, or not any more, in the cache of @s. Returns how many bytes were freed.
 */
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

/* Move up to @n requests from the cache of @s to @reqs. Returns how many were moved. */
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
 * Cache @n requests of @s that nothing refers to. Frees those for which the cache has no space;
 * all if @s is closed, or with KASAN, which detects a use after free only of memory that is really
 * freed.
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
		/*
		 * Add before the unlock: after it, another thread may pop these requests and
		 * subtract.
		 */
		if (cached)
			atomic_long_add(bytes_of(reqs, cached), &s->user->cached);
		spin_unlock_bh(&s->lock);
	}
	requests_free(s, reqs + cached, n - cached);
}

/*
 * Free the cached requests of @s. Returns how many bytes were freed. Process context; the shrinker
 * calls it, too.
 */
static size_t cache_reclaim(struct icmpecho_session *s)
{
	struct icmpecho_request *reqs[ICMPECHO_BATCH];
	unsigned int n, rounds = 0;
	size_t bytes = 0;

	/* The loop is bounded, since other threads may cache more requests of @s meanwhile. */
	do {
		n = cache_pop(s, reqs, ICMPECHO_BATCH);
		bytes += requests_free(s, reqs, n);
	} while (n == ICMPECHO_BATCH && ++rounds < ICMPECHO_CACHED / ICMPECHO_BATCH);
	return bytes;
}

/*
 * Free cached memory of @user: at least @wanted bytes, or all if there is less. Stops early if the
 * task is being killed. Visits each session of @user once, but may miss or repeat some if others
 * are opened or closed meanwhile. Returns how many bytes were freed.
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

/*
 * Charge @bytes to @user. If that exceeds the quota, reclaims cached memory of @user and tries
 * once more. Returns 0, or -EDQUOT if the quota is still exceeded. Process context.
 */
static int user_charge_or_reclaim(struct icmpecho_user *user, size_t bytes)
{
	size_t excess = user_charge(user, bytes);

	if (excess && user_reclaim(user, excess))
		excess = user_charge(user, bytes);
	return excess ? -EDQUOT : 0;
}

/*
 * Allocate @n requests for @s, or one if the quota has no space for @n. Returns how many were
 * allocated, -EDQUOT or -ENOMEM.
 */
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

/*
 * Get up to @n requests for @s in @reqs: first from its cache, then newly allocated ones. Returns
 * how many, or an errno if there is none. Process context.
 */
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

/*
 * Give @req a reply buffer of at least @bytes, or no buffer if @bytes is 0. A cached request may
 * have kept a reply buffer that is large enough. Returns 0, -EDQUOT or -ENOMEM.
 */
static int buffer_alloc(struct icmpecho_request *req, size_t bytes)
{
	int err;

	if (!bytes || req->buffer_size < bytes)
		buffer_free(req);
	if (!bytes || req->buffer_size)
		return 0;
	/* User space chooses @bytes: charge the quota before the memory is allocated. */
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

/* Cache or free @n requests of one session after their last reference was dropped. */
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

/*
 * Drop one reference of each of @n requests, all of one session. @reqs is overwritten. Any
 * context but hardirq.
 */
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
 * Runs once for each object, not at each allocation, and a cache with a constructor takes no
 * __GFP_ZERO. So a new request begins with the values of the previous one in its memory. Each
 * member that is read before the request completes is set anew, but for hash_node and the reply
 * buffer, which stay valid.
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
