// SPDX-License-Identifier: GPL-2.0
/*
 * What a call has reached, as bits of shared->seen: with a kernel and a module built for it,
 * the edges of the module's code that the call has run through (KCOV). Otherwise which
 * call came to what, after what.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "hostile.h"

/* From <linux/kcov.h>, which not all kernel headers have */
#define KCOV_ENABLE	_IO('c', 100)
#define KCOV_DISABLE	_IO('c', 101)
#define KCOV_TRACE_PC	0

static __u32 mix(__u32 a, __u32 b)
{
	__u32 hash = a * 0x9e3779b1 ^ b;

	hash ^= hash >> 15;
	hash *= 0x85ebca77;
	return hash ^ hash >> 13;
}

static void reach(__u32 hash)
{
	__u32 bit = hash % MAP_BITS, mask = 1U << bit % 32;

	if (!(__atomic_fetch_or(&shared->seen[bit / 32], mask, __ATOMIC_RELAXED) & mask))
		__atomic_add_fetch(&shared->news, 1, __ATOMIC_RELAXED);
}

void feedback_open(struct actor *actor)
{
	int fd = FD_KCOV + actor->thread;

	actor->kcov = NULL;
	if (!shared->has_kcov)
		return;
	actor->kcov = mmap(NULL, KCOV_WORDS * sizeof(__u64), PROT_READ | PROT_WRITE, MAP_SHARED,
			   fd, 0);
	if (actor->kcov == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		actor->kcov = NULL;
}

void feedback_close(struct actor *actor)
{
	if (actor->kcov)
		ioctl(FD_KCOV + actor->thread, KCOV_DISABLE, 0);
}

void feedback_begin(struct actor *actor)
{
	if (actor->kcov)
		__atomic_store_n(&actor->kcov[0], 0, __ATOMIC_RELAXED);
}

static void reach_edges(const struct actor *actor)
{
	__u64 n = __atomic_load_n(&actor->kcov[0], __ATOMIC_RELAXED), i;
	__u32 previous = 0, pc;

	for (i = 1; i <= n && i < KCOV_WORDS; i++) {
		pc = actor->kcov[i];
		reach(mix(previous, pc));
		previous = pc;
	}
}

/* Results that differ little are alike: errnos, or powers of two. */
static __u32 class_of(long result)
{
	__u32 class = 0;

	if (result < 0)
		return -result + 64;
	while (result >> class)
		class++;
	return class;
}

void feedback_end(struct actor *actor, const struct op *op, long result)
{
	__u32 now = mix(op->call << 2 | op->session % NR_SESSIONS, class_of(result));

	if (actor->kcov) {
		reach_edges(actor);
		return;
	}
	if (shared->has_kcov)
		return;
	reach(now);
	reach(mix(actor->previous, now));
	actor->previous = now;
}
