// SPDX-License-Identifier: GPL-2.0
/*
 * Destinations: what was found out about one is kept for the next request to it,
 * the hash that its identity comes from, and the route. A place in the table is for
 * whoever came last of the destinations that share it.
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
#include <linux/mm.h>
#include <net/arp.h>
#include <net/dst.h>
#include <net/ip6_fib.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "icmpecho.h"

/* 288 KiB for a namespace in which the device is open */
#define NR_DESTS	4096

/* In jiffies */
#define ROUTE_AGE	(10 * HZ)

/* Neighbours in a network are neighbours here, and do not meet. */
static struct icmpecho_dest *dest_of(struct icmpecho_net *in,
				     const union icmpecho_addr *addr)
{
	u32 low = be32_to_cpu(addr->v6.s6_addr32[0] ^ addr->v6.s6_addr32[3]);

	return &in->dests[(low ^ low >> 12) % NR_DESTS];
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
	struct icmpecho_dest *dest = dest_of(in, addr);
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
 * its table could not forget it.
 */
static bool gateway_is_reachable(const struct dst_entry *dst)
{
	bool reachable;

	rcu_read_lock();
	if (dst->ops->family == AF_INET)
		reachable = gateway4_is_reachable(container_of(dst, struct rtable, dst));
	else
		reachable = gateway6_is_reachable(container_of(dst, struct rt6_info, dst));
	rcu_read_unlock();
	return reachable;
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
	struct icmpecho_dest *dest = dest_of(in, addr);
	struct dst_entry *dst = NULL;

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
	struct icmpecho_dest *dest = dest_of(in, addr);

	spin_lock(&dest->lock);
	if (dest_is(dest, addr)) {
		dest_forget_route(dest);
		dst_hold(route->dst);
		dest->route = *route;
		dest->route.kept = jiffies;
	}
	spin_unlock(&dest->lock);
}

/**
 * icmpecho_dests_alloc - make the table of a namespace
 *
 * Process context, sleeps.
 *
 * Return: the table, or NULL.
 */
struct icmpecho_dest *icmpecho_dests_alloc(void)
{
	struct icmpecho_dest *dests;
	unsigned int i;

	dests = kvcalloc(NR_DESTS, sizeof(*dests), GFP_KERNEL);
	for (i = 0; dests && i < NR_DESTS; i++)
		spin_lock_init(&dests[i].lock);
	return dests;
}

/**
 * icmpecho_dests_free - free a table
 * @dests: the table, or NULL; nobody uses it any more
 */
void icmpecho_dests_free(struct icmpecho_dest *dests)
{
	unsigned int i;

	for (i = 0; dests && i < NR_DESTS; i++)
		dst_release(dests[i].route.dst);
	kvfree(dests);
}
