// SPDX-License-Identifier: GPL-2.0
/*
 * Destinations: what was found out about one is kept for the next request to it,
 * the hash that its identity comes from, and the route. A place in the table is for
 * whoever came last of the destinations that share it. The table is made page by
 * page, as they are used; the user who needs one pays for it. Where there is none,
 * for lack of quota or memory, all is found out each time.
 *
 * A route is kept like that of a connected socket: before each use the IP layer is
 * asked whether it still holds, and says no after any change of routes, rules,
 * policies, addresses, devices or path MTU. A packet whose route is looked up
 * follows more than that, so a kept route is used no longer than
 *
 * - its gateway, if it has one, is a neighbour that is known to be reachable. The
 *   routing code chooses among several gateways by what the neighbour table says
 *   of them, and is asked again in all other cases. When a gateway that failed is
 *   back, the routing code decides who is used, as soon as it is asked;
 * - no nexthop object has changed: what groups are made of may, without a word to
 *   the routes that use them;
 * - ROUTE_AGE, for all else that a look-up depends on: sysctls, weights, labels of
 *   addresses, the end of a redirect.
 */
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <net/arp.h>
#include <net/dst.h>
#include <net/ip6_fib.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "icmpecho.h"

/* In a namespace; 328 KiB if all are used */
#define NR_DESTS	4096

/**
 * struct icmpecho_dest_page - neighbours in the table of destinations
 * @user: who pays for it, and has a session in the namespace; constant
 * @rcu: frees the memory when nobody looks at it any more
 * @dests: the destinations
 */
struct icmpecho_dest_page {
	struct icmpecho_user *user;
	struct rcu_head rcu;
	struct icmpecho_dest dests[];
};

#define PAGE_DESTS	((SZ_4K - sizeof(struct icmpecho_dest_page)) / \
			 sizeof(struct icmpecho_dest))
#define NR_PAGES	DIV_ROUND_UP(NR_DESTS, PAGE_DESTS)

/* In jiffies */
#define ROUTE_AGE	(10 * HZ)

/* Neighbours in a network are neighbours here, and do not meet. */
static u32 place_of(const union icmpecho_addr *addr)
{
	u32 low = be32_to_cpu(addr->v6.s6_addr32[0] ^ addr->v6.s6_addr32[3]);

	return (low ^ low >> 12) % NR_DESTS;
}

/* Caller is under RCU. Returns NULL if there is no such page. */
static struct icmpecho_dest *dest_of(struct icmpecho_net *in,
				     const union icmpecho_addr *addr)
{
	u32 place = place_of(addr);
	struct icmpecho_dest_page *page;

	page = rcu_dereference(in->dests[place / PAGE_DESTS]);
	return page ? &page->dests[place % PAGE_DESTS] : NULL;
}

static struct icmpecho_dest_page *page_alloc(struct icmpecho_user *user)
{
	struct icmpecho_dest_page *page;
	unsigned int i;

	if (!icmpecho_user_keep(user, SZ_4K))
		return NULL;
	/* It is not worth much trouble. */
	page = kzalloc(SZ_4K, GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
	if (!page) {
		icmpecho_user_unkeep(user, SZ_4K);
		return NULL;
	}
	page->user = user;
	for (i = 0; i < PAGE_DESTS; i++)
		spin_lock_init(&page->dests[i].lock);
	return page;
}

/* Put a page where another is, or none, if it still is. */
static bool page_replace(struct icmpecho_dest_page __rcu **at,
			 struct icmpecho_dest_page *old, struct icmpecho_dest_page *new)
{
	return cmpxchg((__force struct icmpecho_dest_page **)at, old, new) == old;
}

/* A page for a destination, unless somebody else was faster. Process context. */
static noinline void dests_grow(struct icmpecho_net *in, const union icmpecho_addr *addr,
				struct icmpecho_user *user)
{
	struct icmpecho_dest_page __rcu **at = &in->dests[place_of(addr) / PAGE_DESTS];
	struct icmpecho_dest_page *page = page_alloc(user);

	if (!page || page_replace(at, NULL, page))
		return;
	icmpecho_user_unkeep(user, SZ_4K);
	kfree(page);
}

static bool dest_is(const struct icmpecho_dest *dest,
		    const union icmpecho_addr *addr)
{
	lockdep_assert_held(&dest->lock);
	return icmpecho_addr_equal(&dest->addr, addr);
}

static void dest_forget_route(struct icmpecho_dest *dest)
{
	dst_release(dest->route.dst);
	dest->route.dst = NULL;
}

/* The next identity of a destination, for whose address the place is free to use. */
static u32 dest_next_identity(struct icmpecho_dest *dest, struct icmpecho_net *in,
			      const union icmpecho_addr *addr,
			      struct icmpecho_numbers *numbers, bool skip)
{
	u32 number;
	u16 ident;
	u64 hash;

	spin_lock(&dest->lock);
	if (!dest_is(dest, addr)) {
		dest_forget_route(dest);
		dest->addr = *addr;
		dest->hash = icmpecho_identity_hash(in, addr);
		dest->block = 0;
	}
	hash = dest->hash;
	number = icmpecho_identity_next(in, numbers, hash, skip);
	if (dest->block != number >> 16) {
		dest->block = number >> 16;
		dest->ident = icmpecho_identity_ident(hash, dest->block);
	}
	ident = dest->ident;
	spin_unlock(&dest->lock);
	return icmpecho_key(ident, icmpecho_identity_seq(hash, number));
}

/* The same without a place in the table */
static noinline u32 next_identity(struct icmpecho_net *in,
				  const union icmpecho_addr *addr,
				  struct icmpecho_numbers *numbers, bool skip)
{
	u64 hash = icmpecho_identity_hash(in, addr);
	u32 number = icmpecho_identity_next(in, numbers, hash, skip);

	return icmpecho_key(icmpecho_identity_ident(hash, number >> 16),
			    icmpecho_identity_seq(hash, number));
}

/**
 * icmpecho_dest_identity - the next identity of a destination
 * @in: the namespace
 * @addr: its address
 * @numbers: where the user's numbers stand
 * @skip: leave the rest of the block, see identity.c
 *
 * Process context.
 *
 * Return: identifier and sequence number, see icmpecho_key().
 */
u32 icmpecho_dest_identity(struct icmpecho_net *in, const union icmpecho_addr *addr,
			   struct icmpecho_numbers *numbers, bool skip)
{
	struct icmpecho_dest *dest;
	u32 key;

	rcu_read_lock();
	dest = dest_of(in, addr);
	if (unlikely(!dest)) {
		rcu_read_unlock();
		dests_grow(in, addr, numbers->user);
		rcu_read_lock();
		dest = dest_of(in, addr);
	}
	if (likely(dest))
		key = dest_next_identity(dest, in, addr, numbers, skip);
	else
		key = next_identity(in, addr, numbers, skip);
	rcu_read_unlock();
	return key;
}

static bool neigh_is_reachable(const struct neighbour *neigh)
{
	return neigh && READ_ONCE(neigh->nud_state) & NUD_CONNECTED;
}

static bool gateway4_is_reachable(const struct rtable *rt)
{
	struct net_device *dev = READ_ONCE(rt->dst.dev);

	if (!rt->rt_gw_family)
		return true;
	if (rt->rt_gw_family == AF_INET6)
		return neigh_is_reachable(__ipv6_neigh_lookup_noref(dev, &rt->rt_gw6));
	return neigh_is_reachable(__ipv4_neigh_lookup_noref(dev, (__force u32)rt->rt_gw4));
}

static bool gateway6_is_reachable(const struct rt6_info *rt)
{
	struct net_device *dev = READ_ONCE(rt->dst.dev);

	if (!(rt->rt6i_flags & RTF_GATEWAY))
		return true;
	return neigh_is_reachable(__ipv6_neigh_lookup_noref(dev, &rt->rt6i_gateway));
}

/*
 * True also if the route has no gateway. No reference to the neighbour is kept:
 * its table could not forget it. Caller is under RCU.
 */
static bool gateway_is_reachable(const struct dst_entry *dst)
{
	if (dst->ops->family == AF_INET)
		return gateway4_is_reachable(container_of(dst, struct rtable, dst));
	return gateway6_is_reachable(container_of(dst, struct rt6_info, dst));
}

/* Does the route answer the question that another one came from? */
static bool route_fits(const struct icmpecho_route *route, u16 family, kuid_t uid,
		       u32 generation)
{
	return route->dst->ops->family == family && uid_eq(route->uid, uid) &&
	       route->generation == generation &&
	       (u32)jiffies - route->kept < ROUTE_AGE &&
	       dst_check(route->dst, route->cookie) &&
	       gateway_is_reachable(route->dst);
}

/**
 * icmpecho_dest_route - the route to a destination, if that is known
 * @in: the namespace
 * @addr: the destination
 * @family: its address family, AF_INET or AF_INET6
 * @uid: for whom it is asked
 * @generation: of what the route's own check does not cover
 * @source: set to the source address that belongs to it
 *
 * Process context.
 *
 * Return: the route, with a reference for the caller, or NULL.
 */
struct dst_entry *icmpecho_dest_route(struct icmpecho_net *in,
				      const union icmpecho_addr *addr, u16 family,
				      kuid_t uid, u32 generation,
				      union icmpecho_addr *source)
{
	struct dst_entry *dst = NULL;
	struct icmpecho_dest *dest;

	rcu_read_lock();
	dest = dest_of(in, addr);
	if (!dest)
		goto out;
	spin_lock(&dest->lock);
	if (dest->route.dst && dest_is(dest, addr)) {
		if (route_fits(&dest->route, family, uid, generation)) {
			dst = dest->route.dst;
			dst_hold(dst);
			*source = dest->route.source;
		} else {
			dest_forget_route(dest);
		}
	}
	spin_unlock(&dest->lock);
out:
	rcu_read_unlock();
	return dst;
}

/**
 * icmpecho_dest_keep_route - keep the route to a destination
 * @in: the namespace
 * @addr: the destination
 * @route: the route; the caller's reference stays the caller's
 *
 * It must be what the routing table says of the destination alone: no interface,
 * mark, type of service or source was asked for. Process context.
 */
void icmpecho_dest_keep_route(struct icmpecho_net *in,
			      const union icmpecho_addr *addr,
			      const struct icmpecho_route *route)
{
	struct icmpecho_dest *dest;

	rcu_read_lock();
	dest = dest_of(in, addr);
	if (!dest)
		goto out;
	spin_lock(&dest->lock);
	if (dest_is(dest, addr) && !dest->gone) {
		dest_forget_route(dest);
		dst_hold(route->dst);
		dest->route = *route;
		dest->route.kept = jiffies;
	}
	spin_unlock(&dest->lock);
out:
	rcu_read_unlock();
}

/*
 * Free a page that has been taken out of the table. Others may still look at it, but
 * keep no route there any more: the namespace may go before they have left.
 */
static void page_free(struct icmpecho_dest_page *page)
{
	unsigned int i;

	for (i = 0; i < PAGE_DESTS; i++) {
		struct icmpecho_dest *dest = &page->dests[i];

		spin_lock(&dest->lock);
		dest_forget_route(dest);
		dest->gone = true;
		spin_unlock(&dest->lock);
	}
	icmpecho_user_unkeep(page->user, SZ_4K);
	kfree_rcu(page, rcu);
}

/**
 * icmpecho_dests_give_back - free the pages that a user pays for
 * @in: the namespace
 * @user: the user, who has a session there
 *
 * Process context, also where memory is reclaimed.
 *
 * Return: how many bytes that were.
 */
size_t icmpecho_dests_give_back(struct icmpecho_net *in, struct icmpecho_user *user)
{
	struct icmpecho_dest_page *page;
	size_t bytes = 0;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < NR_PAGES; i++) {
		page = rcu_dereference(in->dests[i]);
		if (page && page->user == user &&
		    page_replace(&in->dests[i], page, NULL)) {
			page_free(page);
			bytes += SZ_4K;
		}
	}
	rcu_read_unlock();
	return bytes;
}

/**
 * icmpecho_dests_alloc - make the table of a namespace, without a page
 *
 * Process context, sleeps.
 *
 * Return: the table, or NULL.
 */
struct icmpecho_dest_page __rcu **icmpecho_dests_alloc(void)
{
	return kcalloc(NR_PAGES, sizeof(struct icmpecho_dest_page __rcu *), GFP_KERNEL);
}

/**
 * icmpecho_dests_free - free a table
 * @dests: the table, or NULL, to which all pages have been given back
 */
void icmpecho_dests_free(struct icmpecho_dest_page __rcu **dests)
{
	kfree(dests);
}
