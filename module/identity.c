// SPDX-License-Identifier: GPL-2.0
/*
 * Identifier and sequence number of an echo request.
 *
 * The identifier is a keyed hash of the destination: one flow for each
 * destination in conntrack and on load-balanced paths, and unknown to whoever is
 * not on the path. The sequence number is a keyed permutation of a counter: it
 * does not repeat for 65,536 requests, so that a late reply meets no newer
 * request, and does not tell how many others were sent. A destination sees its
 * own pair of hash and permutation, and learns nothing about another's.
 */
#include <linux/bitops.h>

#include "icmpecho.h"

/**
 * icmpecho_identity_hash - the hash that a destination's identities come from
 * @in: the namespace
 * @dst: the destination
 * @salt: 0, or another one when all identities of the first are in flight
 *
 * Return: the hash.
 */
u64 icmpecho_identity_hash(const struct icmpecho_net *in,
			   const union icmpecho_addr *dst, u32 salt)
{
	u64 high = dst->halves[0], low = dst->halves[1];

	/* The address may be short, the result must not be told from random. */
	if (!low && !(high >> 32))
		return siphash_1u64(high | (u64)salt << 32, &in->key);
	return siphash_3u64(high, low, salt, &in->key);
}

/**
 * icmpecho_identity_init - prepare the identities of one destination
 * @identity: to fill in
 * @in: the namespace
 * @hash: the destination's, see icmpecho_identity_hash()
 */
void icmpecho_identity_init(struct icmpecho_identity *identity,
			    struct icmpecho_net *in, u64 hash)
{
	/* 0 stands for "not set" in some tools and NATs. */
	identity->ident = (u16)hash ?: 1;
	identity->permutation = hash >> 16;
	identity->counter = &in->counters[(hash >> 48) % ICMPECHO_NR_COUNTERS];
}

/*
 * A permutation for each key, since each step can be undone; there are as many as
 * it takes for the steps between numbers to look random under every key.
 */
static u16 permute(u16 value, u32 key)
{
	u16 x = value + key;

	x ^= x >> 8;
	x *= 0x88b5U;
	x ^= x >> 7;
	x = x * 0xdb2dU + (key >> 16);
	x ^= x >> 9;
	x *= 0x9e37U;
	return x ^ x >> 8;
}

/**
 * icmpecho_identity_next_seq - choose a sequence number
 * @identity: the destination's
 *
 * Return: the sequence number.
 */
u16 icmpecho_identity_next_seq(struct icmpecho_identity *identity)
{
	return permute(atomic_inc_return(identity->counter),
		       identity->permutation);
}
