// SPDX-License-Identifier: GPL-2.0
/*
 * Records to reply buffers of Windows. The input is the size of the reply
 * buffer, in 8 bytes of which two count, and a buffer of completion records,
 * which the library checks as it goes over them.
 */
#include "fuzz.h"
#include "internal.h"

static size_t least_size(const struct icmpecho_completion *c)
{
	return c->family == AF_INET6 ? sizeof(ICMPV6_ECHO_REPLY) :
				       sizeof(ICMP_ECHO_REPLY);
}

/* A pointer into the reply buffer, to so many bytes */
static void require_inside(const void *pointer, size_t len, const uint8_t *buffer,
			   size_t size)
{
	const uint8_t *p = pointer;

	require(p >= buffer && p <= buffer + size);
	require(len <= size - (size_t)(p - buffer));
}

static void check_replies4(uint8_t *buffer, size_t size)
{
	DWORD count = reply_take_count(buffer), i;
	ICMP_ECHO_REPLY reply;

	require(count <= size / sizeof(reply));
	for (i = 0; i < count; i++) {
		memcpy(&reply, buffer + i * sizeof(reply), sizeof(reply));
		require(reply.Reserved == 0);
		if (reply.DataSize)
			require_inside(reply.Data, reply.DataSize, buffer, size);
		if (reply.Options.OptionsSize)
			require_inside(reply.Options.OptionsData,
				       reply.Options.OptionsSize, buffer, size);
	}
}

static void fill(const struct icmpecho_completion *c, size_t size)
{
	uint8_t *buffer;
	DWORD used;

	if (size < least_size(c))
		size = least_size(c);
	buffer = malloc(size);
	memset(buffer, 0xa5, size);
	used = reply_fill(buffer, (DWORD)size, c);
	require(used >= least_size(c) && used <= size);
	if (c->family == AF_INET6)
		require(reply6_count(buffer) <= 1);
	else
		check_replies4(buffer, size);
	free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct icmpecho_completion *c = NULL;
	size_t reply_size;
	void *records;

	if (size < 8)
		return 0;
	reply_size = data[0] | data[1] << 8;
	data += 8;
	size -= 8;
	records = exact_copy(data, size);
	while ((c = icmpecho_next_completion(records, size, c)))
		fill(c, reply_size);
	free(records);
	return 0;
}
