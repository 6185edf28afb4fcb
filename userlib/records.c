// SPDX-License-Identifier: MIT
/*
 * Completion records in a buffer. No I/O and no state: this also runs on bytes
 * that no kernel wrote.
 */
#include <errno.h>
#include <icmpecho.h>

#include "export.h"

static uint64_t align8(uint64_t len)
{
	return (len + 7) & ~7ULL;
}

static uint64_t data_offset(const struct icmpecho_completion *c)
{
	return align8((uint64_t)c->header_len + c->options_len);
}

/* All sums are of 32-bit numbers in 64 bits: none can overflow. */
static int record_is_whole(const struct icmpecho_completion *c, size_t room)
{
	return c->record_len <= room && c->record_len % 8 == 0 &&
	       c->header_len >= sizeof(*c) && c->header_len % 8 == 0 &&
	       data_offset(c) + c->data_len <= c->record_len;
}

EXPORT const struct icmpecho_completion *
icmpecho_next_completion(const void *buffer, size_t buffer_len,
			 const struct icmpecho_completion *previous)
{
	const unsigned char *start = buffer, *pos = start;
	const struct icmpecho_completion *c;
	size_t room = buffer_len;

	if (previous) {
		pos = (const unsigned char *)previous + previous->record_len;
		room -= (size_t)(pos - start);
	}
	c = (const void *)pos;
	if ((uintptr_t)pos % 8 || room < sizeof(*c) || !record_is_whole(c, room)) {
		errno = EBADMSG;
		return NULL;
	}
	return c;
}

EXPORT const void *icmpecho_completion_options(const struct icmpecho_completion *completion)
{
	return (const unsigned char *)completion + completion->header_len;
}

EXPORT const void *icmpecho_completion_data(const struct icmpecho_completion *completion)
{
	return (const unsigned char *)completion + data_offset(completion);
}
