// SPDX-License-Identifier: GPL-2.0
/*
 * Destinations: the identities of requests to them, and the routes to them.
 *
 * Identities. A destination belongs to one of the namespace's streams, by a keyed hash.
 * The identities of a stream are cut into blocks of 65,536, and each block belongs to
 * one user. To a destination, a block is one identifier with each sequence number once,
 * in an order of its own. When a user has used up a block, the identifier moves on. So
 * no two users have the same identity of a destination, and none comes again before
 * 2^32 of its stream are used: that takes an hour at a million per second, longer than
 * any reply. Connection tracking and load balancers see one flow for each destination,
 * user and block.
 *
 * Identifiers are a keyed permutation of the block's number, sequence numbers one of
 * the place in the block. What an attacker learns from them:
 *
 * - Off the path, nothing: an identity must be guessed out of 2^32.
 * - Destinations and users share no usable key: the identities of one destination say
 *   nothing about those of another, and a block says nothing about the next. But a
 *   destination sees when its identifier moves on, and so roughly how many requests
 *   that user sent to the destinations of its stream. It also sees that requests with
 *   different identifiers may be of different users.
 * - The more of a block an attacker has seen, the fewer are left to guess from. Only
 *   the destination and the user, who knows the ids of requests, see them.
 *
 * The permutation is made to be fast, and is not a known cipher. All 64 bits of the key
 * go into either half of it, so meeting in the middle is not a shortcut to the key.
 *
 * Routes. A cached route is kept like that of a connected socket: before each use the
 * IP layer is asked by dst_check() whether it still holds, and says no after any change
 * of routes, rules, policies, addresses, devices or path MTU. A look-up depends on more
 * than that, so a cached route is used only while
 *
 * - its gateway, if it has one, is a reachable neighbour. The routing code chooses among
 *   several gateways by the state of their neighbours, so it is asked again in all other
 *   states. When a failed gateway is back, the routing code decides on the next look-up;
 * - no nexthop object has changed: members of a group change without a change of the
 *   routes that use it;
 * - it is younger than ROUTE_AGE, for all else that a look-up depends on: sysctls,
 *   weights, address labels, the end of a redirect.
 *
 * The table of destinations is direct-mapped: of those that share an entry, the last one
 * wins. It is allocated page by page, charged to the user who needs the page first. If a
 * page cannot be charged or allocated, identities are computed and routes are looked up
 * for each request.
 */
#include <net/arp.h>
#include <net/ip6_fib.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "icmpecho.h"

/* How many identities without a user a namespace keeps for its next users */
#define MAX_IDLE	16

/* In a namespace; 328 KiB if all are used */
#define NR_DESTINATIONS	4096

/* In jiffies */
#define ROUTE_AGE	(10 * HZ)

static_assert(sizeof(struct icmpecho_identities) <= 1024);

struct destination {
	spinlock_t lock;		/* all of this; process context */
	u16 block;			/* of the last request's identity, or 0 */
	u16 ident;			/* identifier of @block */
	union icmpecho_addr addr;	/* zero at first */
	u64 hash;			/* see identity_hash() */
	struct icmpecho_route route;
	bool is_removed;		/* the page is being freed: cache no route */
};

struct icmpecho_destination_page {
	struct icmpecho_user *user;	/* charged; has a session in the namespace */
	struct rcu_head rcu;
	struct destination entries[];
};

#define PAGE_ENTRIES	((SZ_4K - sizeof(struct icmpecho_destination_page)) / \
			 sizeof(struct destination))
#define NR_PAGES	DIV_ROUND_UP(NR_DESTINATIONS, PAGE_ENTRIES)

/* Protects struct icmpecho_identities but for its counters; a leaf. */
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
 * The identities of a user, or NULL. A new user goes on where one who has gone stopped,
 * so that opening and closing uses up no blocks. Process context, sleeps.
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

/* Returns true if this was the user's last session in the namespace. */
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

/* No session is open in the namespace. */
static void identities_free_idle(struct icmpecho_netns *ns)
{
	struct icmpecho_identities *ids;

	spin_lock(&identities_lock);
	while ((ids = identities_take_idle(ns)))
		kfree(ids);
	spin_unlock(&identities_lock);
}

/* The hash from which all identities of a destination come */
static u64 identity_hash(const struct icmpecho_netns *ns, const union icmpecho_addr *dst)
{
	u64 high = dst->halves[0], low = dst->halves[1];

	/* An IPv4 address needs one word; the result is as random. */
	if (!low && !(high >> 32))
		return siphash_1u64(high, &ns->key);
	return siphash_2u64(high, low, &ns->key);
}

/* Block 0 is never used: it stands for "none". */
static u32 identity_new_block(struct icmpecho_netns *ns, u32 stream)
{
	u16 block;

	do
		block = atomic_inc_return(&ns->blocks[stream]);
	while (!block);
	return block;
}

/*
 * The next number of a destination's stream: block << 16 | place in the block. @skip
 * leaves the rest of the block. Threads that need a block at once take one each; only
 * one of them is used.
 */
static u32 identity_next(struct icmpecho_netns *ns, struct icmpecho_identities *ids, u64 hash,
			 bool skip)
{
	u32 stream = reciprocal_scale(hash >> 32, ICMPECHO_NR_STREAMS);
	atomic_t *next = &ids->next[stream];
	int old = atomic_read(next);
	u32 number;

	/* At the first place of a block, the previous block is used up. */
	do {
		number = old;
		if (skip || !(u16)number)
			number = identity_new_block(ns, stream) << 16;
	} while (!atomic_try_cmpxchg(next, &old, number + 1));
	return number;
}

/* The key of a block's permutation, for one destination */
static u64 block_key(u64 hash, u16 block)
{
	u64 key = hash + block * 0x9e3779b97f4a7c15ULL;

	key ^= key >> 32;
	key *= 0xd6e8feb86659fd93ULL;
	return key ^ key >> 32;
}

/* A permutation for each key, since each step can be undone */
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
 * The identifier of a block, which is not 0. An identifier of 0 stands for "not set" in
 * some tools and NATs: the block that would have it takes the one that block 0 would have.
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

/* Neighbours in a network have neighbouring entries, and do not share one. */
static u32 entry_index(const union icmpecho_addr *addr)
{
	u32 low = be32_to_cpu(addr->v6.s6_addr32[0] ^ addr->v6.s6_addr32[3]);

	return (low ^ low >> 12) % NR_DESTINATIONS;
}

/* Caller is under RCU. Returns NULL if there is no such page. */
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
	/* __GFP_NORETRY: requests can be sent without the page. */
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

/* Add the page of a destination, unless another thread did. Process context. */
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
 * True also if the route has no gateway. The neighbour is looked up each time: a cached
 * reference would keep the neighbour table from freeing it. Caller is under RCU.
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
 * A number that differs after a change that dst_check() does not notice: of nexthop objects
 * or, for IPv6, of the host's addresses. Both counters only grow, so their sum does, too.
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

/* Copy the cached route, with a reference, if it holds. */
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

/* The next key of a destination that has no entry */
static noinline u32 next_key(struct icmpecho_session *s, const union icmpecho_addr *addr,
			     bool skip)
{
	u64 hash = identity_hash(s->ns, addr);
	u32 number = identity_next(s->ns, s->identities, hash, skip);

	return icmpecho_key(identity_ident(hash, number >> 16), identity_seq(hash, number));
}

/*
 * The next identity of a request's destination; @skip leaves the rest of its block. If
 * the destination alone decides about the route, also the cached route, if it holds.
 * Process context.
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
 * Cache the route of a request, whose reference stays the caller's. The destination
 * alone must have decided about it: no interface, mark, TOS or source was asked for.
 * Process context.
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
 * Free a page that was taken out of the table. Threads under RCU may still use the page.
 * is_removed keeps them from caching a route there, which could outlive the namespace.
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
 * Free the pages charged to a user who has a session in the namespace. Returns how many
 * bytes that were. Process context, also from reclaim.
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
