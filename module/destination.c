// SPDX-License-Identifier: GPL-2.0
/*
 * Destinations: the identities (ICMP identifier and sequence number) of requests to them, and
 * the routes to them.
 *
 * Identities. A keyed hash assigns each destination to one of the namespace's streams.
 * A stream has 65,535 blocks of 65,536 identities. Each block is handed to one user. At
 * one destination, a block is one identifier, with each sequence number once, in an order
 * that differs by destination and block. When a user has used up a block, the module hands
 * the user the stream's next block, and so the identifier changes. An identity comes again,
 * to this or another user, only when all blocks of the stream have been handed out. If
 * blocks are used up, that takes 2^32 requests, an hour at a million per second, longer
 * than any reply. It takes fewer if blocks are left unfinished, by @skip of identity_next()
 * or when a struct icmpecho_identities is freed. One user alone cannot have one freed:
 * the namespace keeps those of MAX_IDLE users that have gone. Connection tracking and load
 * balancers see one flow for each destination, user and block.
 *
 * The identifier is a keyed permutation of the block's number, the sequence number is a
 * keyed permutation of the place in the block. What an attacker learns from identities:
 *
 * - Off the path, nothing: an attacker there must guess one of 2^32 identities.
 * - Each destination and block has a key of its own, derived from the namespace's secret
 *   key: the identities of one destination say nothing about those of another, and a
 *   block says nothing about the next. But a destination sees when the identifier of
 *   a user's requests changes. That tells roughly how many requests this user sent to all
 *   destinations of the same stream. A destination also sees that requests with
 *   different identifiers may be of different users.
 * - The more identities of a block an attacker has seen, the fewer of that block are left
 *   to guess from. Only hosts on the path see identities, and the user, who is told them.
 *
 * permute() is made to be fast, and is not a known cipher. Of the 64 bits of its key,
 * 56 go into the first four rounds, and 56 into the last four, so meeting in the middle
 * of the eight rounds saves little over trying all keys.
 *
 * Routes. A cached route is kept like that of a connected socket: before each use,
 * dst_check() asks the IP layer whether the route is still valid. It is not after a change
 * of routes, rules, policies, IPv4 addresses, devices or path MTU. A look-up depends on
 * more than that, so a cached route is used only while
 *
 * - its gateway, if it has one, is a reachable neighbour. The routing code chooses among
 *   several gateways by the state of their neighbours. So in all other states the route is
 *   looked up again. When a failed gateway is back, the next look-up may choose it;
 * - no nexthop object has changed: the members of a nexthop group can change while the
 *   routes that use the group stay the same;
 * - for IPv6, no address of the host has changed;
 * - it is younger than ROUTE_AGE, for all else that a look-up depends on: sysctls,
 *   weights, address labels, the end of a redirect.
 *
 * The table of destinations is direct-mapped: of the destinations that share an entry, the
 * last one used has it. The table is allocated page by page; each page is charged to the
 * user who needs it first. For a destination whose page cannot be charged or allocated,
 * identities are computed and routes are looked up for each request.
 */
#include <net/arp.h>
#include <net/ip6_fib.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "icmpecho.h"

/* How many struct icmpecho_identities of gone users a namespace keeps at most, for new users */
#define MAX_IDLE	16

/* Entries in the destination table of a namespace: 328 KiB if all its pages are allocated */
#define NR_DESTINATIONS	4096

/* How long a cached route is used at most, in jiffies */
#define ROUTE_AGE	(10 * HZ)

static_assert(sizeof(struct icmpecho_identities) <= 1024);

struct destination {
	spinlock_t lock;		/* protects this struct; taken in process context only */
	u16 block;			/* of the last request to @addr; 0 if there was none */
	u16 ident;			/* ICMP identifier of the requests of @block to @addr */
	union icmpecho_addr addr;	/* the destination; zero before the first request */
	u64 hash;			/* identity_hash() of @addr */
	struct icmpecho_route route;
	bool is_removed;		/* the page is being freed: cache no route here */
};

struct icmpecho_destination_page {
	struct icmpecho_user *user;	/* charged for the page; has a session in the namespace */
	struct rcu_head rcu;
	struct destination entries[];
};

#define PAGE_ENTRIES	((SZ_4K - sizeof(struct icmpecho_destination_page)) / \
			 sizeof(struct destination))
#define NR_PAGES	DIV_ROUND_UP(NR_DESTINATIONS, PAGE_ENTRIES)

/*
 * Protects all members of struct icmpecho_identities except @next, which is atomic. Also protects
 * @identities, @idle and @nr_idle of struct icmpecho_netns. No lock of ours is taken under it.
 */
static DEFINE_SPINLOCK(identities_lock);

static struct icmpecho_identities *identities_find(struct icmpecho_netns *ns,
						   const struct icmpecho_user *user)
{
	struct icmpecho_identities *ids;

	lockdep_assert_held(&identities_lock);
	hash_for_each_possible(ns->identities, ids, node, (unsigned long)user) {
		if (ids->user == user)
			return ids;
	}
	return NULL;
}

static struct icmpecho_identities *identities_take_idle(struct icmpecho_netns *ns)
{
	struct icmpecho_identities *ids;

	lockdep_assert_held(&identities_lock);
	ids = hlist_entry_safe(ns->idle.first, struct icmpecho_identities, node);
	if (ids) {
		hlist_del(&ids->node);
		ns->nr_idle--;
	}
	return ids;
}

/*
 * Returns the struct icmpecho_identities of @user in @ns, counting one more session, or NULL
 * without memory. A new user takes over an idle one and its unfinished blocks. So MAX_IDLE users or
 * fewer, who open and close the device again and again, use up no blocks. Process context, sleeps.
 */
static struct icmpecho_identities *identities_get(struct icmpecho_netns *ns,
						  struct icmpecho_user *user)
{
	struct icmpecho_identities *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct icmpecho_identities *ids;

	if (!new)
		return NULL;
	spin_lock(&identities_lock);
	ids = identities_find(ns, user);
	if (!ids) {
		ids = identities_take_idle(ns);
		if (!ids)
			swap(ids, new);
		ids->user = user;
		hash_add(ns->identities, &ids->node, (unsigned long)user);
	}
	ids->sessions++;
	spin_unlock(&identities_lock);
	kfree(new);
	return ids;
}

/*
 * Count one session of @ids less, since it is being freed. If it was the user's last one in @ns,
 * returns true, and @ids is idle or freed.
 */
static bool identities_put(struct icmpecho_netns *ns, struct icmpecho_identities *ids)
{
	bool last;

	spin_lock(&identities_lock);
	last = !--ids->sessions;
	if (!last) {
		ids = NULL;
	} else {
		hash_del(&ids->node);
		if (ns->nr_idle < MAX_IDLE) {
			hlist_add_head(&ids->node, &ns->idle);
			ns->nr_idle++;
			ids = NULL;
		}
	}
	spin_unlock(&identities_lock);
	kfree(ids);
	return last;
}

/* Free all struct icmpecho_identities on ns->idle. The namespace is going. */
static void identities_free_idle(struct icmpecho_netns *ns)
{
	struct icmpecho_identities *ids;

	spin_lock(&identities_lock);
	while ((ids = identities_take_idle(ns)))
		kfree(ids);
	spin_unlock(&identities_lock);
}

/*
 * The keyed hash of the address @dst. The identities (identifier and sequence number) of all
 * requests to @dst are derived from it.
 */
static u64 identity_hash(const struct icmpecho_netns *ns, const union icmpecho_addr *dst)
{
	u64 high = dst->halves[0], low = dst->halves[1];

	/* In an IPv4 address only @high is not zero: to hash it alone is as random, and cheaper. */
	if (!low && !(high >> 32))
		return siphash_1u64(high, &ns->key);
	return siphash_2u64(high, low, &ns->key);
}

/* Take the next block of @stream in @ns. Returns its number, never 0: that means "no block". */
static u32 identity_new_block(struct icmpecho_netns *ns, u32 stream)
{
	u16 block;

	do
		block = atomic_inc_return(&ns->blocks[stream]);
	while (!block);
	return block;
}

/*
 * Take the next place in the user's block, in the stream that @hash selects. Returns
 * block << 16 | place. If @skip, the rest of the user's block is left unused, and a new block is
 * taken. If threads of one user take new blocks at the same time, some of these may stay unused.
 */
static u32 identity_next(struct icmpecho_netns *ns, struct icmpecho_identities *ids, u64 hash,
			 bool skip)
{
	u32 stream = reciprocal_scale(hash >> 32, ICMPECHO_NR_STREAMS);
	atomic_t *next = &ids->next[stream];
	int old = atomic_read(next);
	u32 number;

	/* The next place is 0 if the user has used up a block, or has had none. */
	do {
		number = old;
		if (skip || !(u16)number)
			number = identity_new_block(ns, stream) << 16;
	} while (!atomic_try_cmpxchg(next, &old, number + 1));
	return number;
}

/* The key for permute(), for @block at the destination whose identity_hash() is @hash */
static u64 block_key(u64 hash, u16 block)
{
	u64 key = hash + block * 0x9e3779b97f4a7c15ULL;

	key ^= key >> 32;
	key *= 0xd6e8feb86659fd93ULL;
	return key ^ key >> 32;
}

/* Map @x to another 16-bit number: a permutation for each @key, since each step can be undone */
static u16 permute(u16 x, u64 key)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < 8; i++) {
		x = (u16)(x ^ key) * 0x9e37U;
		x ^= x >> 7;
		key = ror64(key, 24);
	}
	return x;
}

/*
 * The ICMP identifier of @block at the destination whose identity_hash() is @hash. It is never
 * 0, since some tools and NATs take 0 for "not set". Block 0 is never handed out, so its
 * identifier is free: it goes to the block whose identifier would be 0.
 */
static u16 identity_ident(u64 hash, u16 block)
{
	u64 key = block_key(hash, 0);

	return permute(block, key) ?: permute(0, key);
}

static u16 identity_seq(u64 hash, u32 number)
{
	return permute(number, block_key(hash, number >> 16));
}

/*
 * The table index of @addr. Addresses that differ only in their last 12 bits have different
 * entries, close to each other.
 */
static u32 entry_index(const union icmpecho_addr *addr)
{
	u32 low = be32_to_cpu(addr->v6.s6_addr32[0] ^ addr->v6.s6_addr32[3]);

	return (low ^ low >> 12) % NR_DESTINATIONS;
}

/*
 * The entry of the destination table that @addr shares with other addresses, or NULL if the
 * page of the table that has it is not allocated. The caller holds rcu_read_lock().
 */
static struct destination *destination_entry(struct icmpecho_netns *ns,
					     const union icmpecho_addr *addr)
{
	u32 index = entry_index(addr);
	struct icmpecho_destination_page *page;

	page = rcu_dereference(ns->destinations[index / PAGE_ENTRIES]);
	return page ? &page->entries[index % PAGE_ENTRIES] : NULL;
}

static struct icmpecho_destination_page *page_alloc(struct icmpecho_user *user)
{
	struct icmpecho_destination_page *page;
	unsigned int i;

	if (!user_charge_cached(user, SZ_4K))
		return NULL;
	/* __GFP_NORETRY: this may fail, since requests can also be sent without the page. */
	page = kzalloc(SZ_4K, GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
	if (!page) {
		user_uncharge_cached(user, SZ_4K);
		return NULL;
	}
	page->user = user;
	for (i = 0; i < PAGE_ENTRIES; i++)
		spin_lock_init(&page->entries[i].lock);
	return page;
}

static bool page_replace(struct icmpecho_destination_page __rcu **at,
			 struct icmpecho_destination_page *old,
			 struct icmpecho_destination_page *new)
{
	return cmpxchg((__force struct icmpecho_destination_page **)at, old, new) == old;
}

/*
 * Allocate the table page for @addr and charge it to @user, unless another thread adds that page
 * first. May fail. Process context.
 */
static noinline void destinations_grow(struct icmpecho_netns *ns,
				       const union icmpecho_addr *addr,
				       struct icmpecho_user *user)
{
	struct icmpecho_destination_page __rcu **at;
	struct icmpecho_destination_page *page = page_alloc(user);

	at = &ns->destinations[entry_index(addr) / PAGE_ENTRIES];
	if (!page || page_replace(at, NULL, page))
		return;
	user_uncharge_cached(user, SZ_4K);
	kfree(page);
}

static void route_drop(struct icmpecho_route *route)
{
	dst_release(route->dst);
	route->dst = NULL;
}

static bool neigh_is_reachable(const struct neighbour *neigh)
{
	return neigh && READ_ONCE(neigh->nud_state) & NUD_CONNECTED;
}

/*
 * Is the gateway of @dst reachable? True also if @dst has none. The neighbour is looked up each
 * time: the neighbour table could not free it while a reference was cached. Caller is under RCU.
 */
static bool gateway_is_reachable(const struct dst_entry *dst)
{
	const struct rt6_info *rt6 = container_of(dst, struct rt6_info, dst);
	const struct rtable *rt = container_of(dst, struct rtable, dst);
	struct net_device *dev = READ_ONCE(dst->dev);

	if (dst->ops->family == AF_INET6)
		return !(rt6->rt6i_flags & RTF_GATEWAY) ||
		       neigh_is_reachable(icmpecho_neigh6(dev, &rt6->rt6i_gateway));
	if (rt->rt_gw_family == AF_INET6)
		return neigh_is_reachable(icmpecho_neigh6(dev, &rt->rt_gw6));
	return !rt->rt_gw_family ||
	       neigh_is_reachable(__ipv4_neigh_lookup_noref(dev, (__force u32)rt->rt_gw4));
}

/*
 * A number that changes when a nexthop object of @net changes or, if @family is AF_INET6, an IPv6
 * address in @net: dst_check() does not notice these changes. It is the sum of two counters
 * that only grow.
 */
static u32 route_generation(const struct net *net, u16 family)
{
	u32 generation = READ_ONCE(net->nexthop.seq);

	if (family == AF_INET6)
		generation += icmpecho_addr6_generation(net);
	return generation;
}

static bool route_fits(const struct icmpecho_route *route, const struct icmpecho_route *wanted,
		       u16 family)
{
	return route->dst->ops->family == family && uid_eq(route->uid, wanted->uid) &&
	       route->generation == wanted->generation &&
	       (u32)jiffies - route->cached_at < ROUTE_AGE &&
	       dst_check(route->dst, route->cookie) && gateway_is_reachable(route->dst);
}

/*
 * If the cached route of @d is still valid and fits @wanted and @family, copy it to @wanted, which
 * gets a reference of its own. Otherwise drop the cached route.
 */
static void destination_get_route(struct destination *d, struct icmpecho_route *wanted,
				  u16 family)
{
	lockdep_assert_held(&d->lock);
	if (!d->route.dst)
		return;
	if (!route_fits(&d->route, wanted, family)) {
		route_drop(&d->route);
		return;
	}
	dst_hold(d->route.dst);
	wanted->dst = d->route.dst;
	wanted->source = d->route.source;
}

static u32 destination_next_key(struct destination *d, struct icmpecho_session *s,
				const union icmpecho_addr *addr, bool skip)
{
	u32 number;

	lockdep_assert_held(&d->lock);
	if (!addr_equal(&d->addr, addr)) {
		route_drop(&d->route);
		d->addr = *addr;
		d->hash = identity_hash(s->ns, addr);
		d->block = 0;
	}
	number = identity_next(s->ns, s->identities, d->hash, skip);
	if (d->block != number >> 16) {
		d->block = number >> 16;
		d->ident = identity_ident(d->hash, d->block);
	}
	return icmpecho_key(d->ident, identity_seq(d->hash, number));
}

/* Does what destination_next_key() does, for an @addr whose table page is not allocated. */
static noinline u32 next_key(struct icmpecho_session *s, const union icmpecho_addr *addr,
			     bool skip)
{
	u64 hash = identity_hash(s->ns, addr);
	u32 number = identity_next(s->ns, s->identities, hash, skip);

	return icmpecho_key(identity_ident(hash, number >> 16), identity_seq(hash, number));
}

/*
 * Take the next identity for req->dst. Returns its icmpecho_key(). If @skip, it is from a new
 * block, and the rest of the user's block is left unused. If packet->routed_alone, and the cached
 * route of req->dst is still valid, that is copied to packet->route. Process context.
 */
static u32 destination_visit(struct icmpecho_request *req, struct icmpecho_packet *packet,
			     bool skip)
{
	struct icmpecho_route *wanted = packet->routed_alone ? &packet->route : NULL;
	u16 family = packet->family->family;
	struct icmpecho_session *s = req->session;
	struct destination *d;
	u32 key;

	if (wanted)
		wanted->generation = route_generation(s->ns->net, family);
	rcu_read_lock();
	d = destination_entry(s->ns, &req->dst);
	if (unlikely(!d)) {
		rcu_read_unlock();
		destinations_grow(s->ns, &req->dst, s->user);
		rcu_read_lock();
		d = destination_entry(s->ns, &req->dst);
	}
	if (likely(d)) {
		spin_lock(&d->lock);
		key = destination_next_key(d, s, &req->dst, skip);
		if (wanted)
			destination_get_route(d, wanted, family);
		spin_unlock(&d->lock);
	} else {
		key = next_key(s, &req->dst, skip);
	}
	rcu_read_unlock();
	return key;
}

/*
 * Cache @route for req->dst, if the table entry is still that of req->dst. The table gets a
 * reference of its own. @route must depend on the destination alone: it was looked up without an
 * interface, mark, TOS or source. Process context.
 */
static void destination_cache_route(const struct icmpecho_request *req,
				    const struct icmpecho_route *route)
{
	struct destination *d;

	rcu_read_lock();
	d = destination_entry(req->session->ns, &req->dst);
	if (d) {
		spin_lock(&d->lock);
		if (addr_equal(&d->addr, &req->dst) && !d->is_removed) {
			route_drop(&d->route);
			dst_hold(route->dst);
			d->route = *route;
			d->route.cached_at = jiffies;
		}
		spin_unlock(&d->lock);
	}
	rcu_read_unlock();
}

/*
 * Free @page, which is no longer in the table. Threads under RCU may still use @page: is_removed
 * keeps them from caching a route in it, since that route could outlive the namespace.
 */
static void page_free(struct icmpecho_destination_page *page)
{
	unsigned int i;

	for (i = 0; i < PAGE_ENTRIES; i++) {
		struct destination *d = &page->entries[i];

		spin_lock(&d->lock);
		route_drop(&d->route);
		d->is_removed = true;
		spin_unlock(&d->lock);
	}
	user_uncharge_cached(page->user, SZ_4K);
	kfree_rcu(page, rcu);
}

/*
 * Free the table pages in @ns that are charged to @user. The caller holds a session in @ns, so that
 * the table exists. Returns how many bytes were freed. Process context, also the shrinker's.
 */
static size_t destinations_reclaim(struct icmpecho_netns *ns, struct icmpecho_user *user)
{
	struct icmpecho_destination_page *page;
	size_t bytes = 0;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < NR_PAGES; i++) {
		page = rcu_dereference(ns->destinations[i]);
		if (page && page->user == user && page_replace(&ns->destinations[i], page, NULL)) {
			page_free(page);
			bytes += SZ_4K;
		}
	}
	rcu_read_unlock();
	return bytes;
}
