/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random changes to packets, the same every time, so that what fails can be seen
 * again.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <linux/types.h>

/* Anything but 0 */
static __u32 random_state = 1;

static inline __u32 random_below(__u32 n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

/*
 * Flip some bits behind the first @spared bytes, and cut off the end now and
 * then. Returns the length that is left.
 */
static inline unsigned int random_damage(unsigned char *bytes, unsigned int spared,
					 unsigned int len)
{
	unsigned int changes = 1 + random_below(3);

	while (changes--)
		bytes[spared + random_below(len - spared)] ^= 1U << random_below(8);
	if (!random_below(4))
		len = spared + random_below(len - spared);
	return len;
}

#endif /* RANDOM_H */
