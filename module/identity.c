// SPDX-License-Identifier: GPL-2.0
/*
 * Identifier and sequence number of an echo request.
 *
 * A destination belongs to one of the namespace's streams, by a keyed hash. The
 * identities of a stream are cut into blocks of 65,536, and each block is one
 * user's. To a destination a block is one identifier with each sequence number
 * once, in an order of its own. When a user has used up a block, the identifier
 * moves on. So no two users have the same identity of a destination, and none
 * comes again before 2^32 of its stream are over: that is more than an hour at a
 * million in a second, and no reply takes that long. Connection tracking and load
 * balancers see one flow for each destination, user and block.
 *
 * Identifiers are a keyed permutation of the block's number, sequence numbers one
 * of the place in the block. What can be found out about them:
 *
 * - Not being on the path, nothing: an identity must be guessed out of 2^32.
 * - Destinations and users have no key in common that they could use: a
 *   destination's identities tell nothing about those of another one, and a block
 *   tells nothing about the next. But a destination sees when its identifier moves
 *   on, and thereby about how many requests of that user to the destinations of its
 *   stream there were. It also sees that requests with different identifiers may be
 *   of different users.
 * - The more of a block somebody has seen, the fewer are left to guess from. That
 *   is the destination itself, and the user, who knows the ids of requests.
 *
 * The permutation is made to be fast, and is no known cipher. All 64 bits of the key go
 * into either half of it, so that meeting in the middle is no shortcut to the key.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "icmpecho.h"

/* How many of a namespace wait for the next user who comes */
#define MAX_IDLE	16

/* A kmalloc() of 1 KiB */
static_assert(sizeof(struct icmpecho_numbers) <= 1024);

/* Protects all numbers, but for what they count; a leaf. */
static DEFINE_SPINLOCK(numbers_lock);

static struct icmpecho_numbers *numbers_find(struct icmpecho_net *in,
					     const struct icmpecho_user *user)
{
	struct icmpecho_numbers *numbers;

	lockdep_assert_held(&numbers_lock);
	hash_for_each_possible(in->numbers, numbers, node, (unsigned long)user) {
		if (numbers->user == user)
			return numbers;
	}
	return NULL;
}

/* What somebody has left, or NULL */
static struct icmpecho_numbers *numbers_take_idle(struct icmpecho_net *in)
{
	struct icmpecho_numbers *numbers;

	lockdep_assert_held(&numbers_lock);
	numbers = hlist_entry_safe(in->idle.first, struct icmpecho_numbers, node);
	if (numbers) {
		hlist_del(&numbers->node);
		in->nr_idle--;
	}
	return numbers;
}

/**
 * icmpecho_numbers_get - where the identities of a user stand
 * @in: the namespace
 * @user: the user
 *
 * Of two users at once, each has their own. One who comes later goes on where
 * another one stopped, so that opening and closing uses up no blocks. Process
 * context, sleeps.
 *
 * Return: the numbers, or NULL if there is no memory.
 */
struct icmpecho_numbers *icmpecho_numbers_get(struct icmpecho_net *in,
					      struct icmpecho_user *user)
{
	struct icmpecho_numbers *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct icmpecho_numbers *numbers;

	if (!new)
		return NULL;
	spin_lock(&numbers_lock);
	numbers = numbers_find(in, user);
	if (!numbers) {
		numbers = numbers_take_idle(in);
		if (!numbers)
			swap(numbers, new);
		numbers->user = user;
		hash_add(in->numbers, &numbers->node, (unsigned long)user);
	}
	numbers->sessions++;
	spin_unlock(&numbers_lock);
	kfree(new);
	return numbers;
}

/**
 * icmpecho_numbers_put - a session is gone
 * @in: the namespace
 * @numbers: the numbers
 *
 * Process context.
 *
 * Return: true if it was the user's last one in the namespace.
 */
bool icmpecho_numbers_put(struct icmpecho_net *in, struct icmpecho_numbers *numbers)
{
	bool last;

	spin_lock(&numbers_lock);
	last = !--numbers->sessions;
	if (!last) {
		numbers = NULL;
	} else {
		hash_del(&numbers->node);
		if (in->nr_idle < MAX_IDLE) {
			hlist_add_head(&numbers->node, &in->idle);
			in->nr_idle++;
			numbers = NULL;
		}
	}
	spin_unlock(&numbers_lock);
	kfree(numbers);
	return last;
}

/**
 * icmpecho_numbers_free_idle - free what nobody uses
 * @in: the namespace; no session is open in it
 */
void icmpecho_numbers_free_idle(struct icmpecho_net *in)
{
	struct icmpecho_numbers *numbers;

	do {
		spin_lock(&numbers_lock);
		numbers = numbers_take_idle(in);
		spin_unlock(&numbers_lock);
		kfree(numbers);
	} while (numbers);
}

/**
 * icmpecho_identity_hash - the hash that a destination's identities come from
 * @in: the namespace
 * @dst: the destination
 *
 * Return: the hash.
 */
u64 icmpecho_identity_hash(const struct icmpecho_net *in,
			   const union icmpecho_addr *dst)
{
	u64 high = dst->halves[0], low = dst->halves[1];

	/* The address may be short, the result must not be told from random. */
	if (!low && !(high >> 32))
		return siphash_1u64(high, &in->key);
	return siphash_2u64(high, low, &in->key);
}

/* A block that is nobody's. Block 0 is for those who have none, see below. */
static u32 new_block(struct icmpecho_net *in, u32 stream)
{
	u16 block;

	do
		block = atomic_inc_return(&in->blocks[stream]);
	while (!block);
	return block;
}

/**
 * icmpecho_identity_next - the next number of a destination's stream
 * @in: the namespace
 * @numbers: where the user's numbers stand
 * @hash: see icmpecho_identity_hash()
 * @skip: leave the rest of the block
 *
 * Threads that need a block at once take one each; only one of them is used.
 *
 * Return: block << 16 | place in the block.
 */
u32 icmpecho_identity_next(struct icmpecho_net *in, struct icmpecho_numbers *numbers,
			   u64 hash, bool skip)
{
	u32 stream = reciprocal_scale(hash >> 32, ICMPECHO_NR_STREAMS);
	atomic_t *next = &numbers->next[stream];
	int old = atomic_read(next);
	u32 number;

	/* At the first place of a block: the one before it is used up. */
	do {
		number = old;
		if (skip || !(u16)number)
			number = new_block(in, stream) << 16;
	} while (!atomic_try_cmpxchg(next, &old, number + 1));
	return number;
}

/* The key of a block's permutation, for one destination; block 0 is in none. */
static u64 block_key(u64 hash, u16 block)
{
	u64 key = hash + block * 0x9e3779b97f4a7c15ULL;

	key ^= key >> 32;
	key *= 0xd6e8feb86659fd93ULL;
	return key ^ key >> 32;
}

/* A permutation for each key, since each step can be undone. */
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

/**
 * icmpecho_identity_ident - the identifier of a block
 * @hash: the destination's
 * @block: number of the block, not 0
 *
 * 0 stands for "not set" in some tools and NATs. The block that would have it takes
 * what block 0 would have, so that no other block does.
 *
 * Return: the identifier.
 */
u16 icmpecho_identity_ident(u64 hash, u16 block)
{
	u64 key = block_key(hash, 0);

	return permute(block, key) ?: permute(0, key);
}

/**
 * icmpecho_identity_seq - the sequence number of a place in a block
 * @hash: the destination's
 * @number: see icmpecho_identity_next()
 *
 * Return: the sequence number.
 */
u16 icmpecho_identity_seq(u64 hash, u32 number)
{
	return permute(number, block_key(hash, number >> 16));
}
