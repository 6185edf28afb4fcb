// SPDX-License-Identifier: MIT
/*
 * Completion records in a buffer. No I/O and no state. Nothing here trusts the bytes in
 * the buffer: tests and fuzzers pass ones that no kernel has written.
 */
#include <errno.h>
#include <icmpecho.h>
#include <string.h>

#include "export.h"

static uint64_t align8(uint64_t len)
{
	return (len + 7) & ~7ULL;
}

static uint64_t data_offset(const struct icmpecho_completion *c)
{
	return align8((uint64_t)c->header_len + c->options_len);
}

/* The sums cannot overflow: they add 32-bit numbers in 64 bits. */
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

/*
 * Each answer must begin behind the end of the previous one, so a loop over them ends
 * whatever the offsets are.
 */
EXPORT const struct icmpecho_completion *
icmpecho_next_answer(const struct icmpecho_completion *completion,
		     const struct icmpecho_completion *previous)
{
	const unsigned char *start = (const void *)completion, *pos = (const void *)previous;
	const struct icmpecho_completion *c;
	size_t room;

	if (!previous->next) {
		errno = 0;
		return NULL;
	}
	room = completion->record_len - (size_t)(pos - start);
	if (previous->next >= data_offset(previous) + previous->data_len &&
	    previous->next % 8 == 0 && previous->next <= room &&
	    room - previous->next >= sizeof(*c)) {
		c = (const void *)(pos + previous->next);
		if (record_is_whole(c, room - previous->next))
			return c;
	}
	errno = EBADMSG;
	return NULL;
}

EXPORT socklen_t icmpecho_completion_from(const struct icmpecho_completion *completion,
					  struct sockaddr_storage *from)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	static const uint8_t nobody[16];

	memset(from, 0, sizeof(*from));
	if (!memcmp(completion->from, nobody, sizeof(nobody)))
		return 0;
	if (completion->family == AF_INET) {
		memcpy(&in.sin_addr, completion->from, sizeof(in.sin_addr));
		memcpy(from, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, completion->from, sizeof(in6.sin6_addr));
	in6.sin6_scope_id = completion->scope_id;
	memcpy(from, &in6, sizeof(in6));
	return sizeof(in6);
}

EXPORT const void *icmpecho_completion_options(const struct icmpecho_completion *completion)
{
	return (const unsigned char *)completion + completion->header_len;
}

EXPORT const void *icmpecho_completion_data(const struct icmpecho_completion *completion)
{
	return (const unsigned char *)completion + data_offset(completion);
}
