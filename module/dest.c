// SPDX-License-Identifier: GPL-2.0
/*
 * Destinations: what was found out about one is kept for the next request to it,
 * the hash that its identity comes from, and the route. A place in the table is for
 * whoever came last of the destinations that share it.
 *
 * A route is kept like that of a connected socket: before each use the IP layer is
 * asked whether it still holds, and says no after any change of routes, rules,
 * addresses, devices or path MTU.
 */
#include <linux/mm.h>
#include <net/dst.h>

#include "icmpecho.h"

/* 288 KiB for a namespace in which the device is open */
#define NR_DESTS	4096

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
 * icmpecho_dest_hash - the hash of a destination
 * @in: the namespace
 * @addr: its address
 *
 * Process context.
 *
 * Return: icmpecho_identity_hash() of it.
 */
u64 icmpecho_dest_hash(struct icmpecho_net *in, const union icmpecho_addr *addr)
{
	struct icmpecho_dest *dest = dest_of(in, addr);
	u64 hash;

	spin_lock(&dest->lock);
	if (!dest_is(dest, addr)) {
		dest_forget_route(dest);
		dest->addr = *addr;
		dest->hash = icmpecho_identity_hash(in, addr, 0);
	}
	hash = dest->hash;
	spin_unlock(&dest->lock);
	return hash;
}

/* Does the route answer the question that another one came from? */
static bool route_fits(const struct icmpecho_route *route, u16 family, kuid_t uid,
		       u32 generation)
{
	return route->dst->ops->family == family && uid_eq(route->uid, uid) &&
	       route->generation == generation &&
	       dst_check(route->dst, route->cookie);
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
