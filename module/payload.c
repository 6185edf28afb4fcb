// SPDX-License-Identifier: GPL-2.0
/*
 * Payload and options of an echo request, in user memory. The payload is read when
 * there is a packet to read it into, so that it is copied once.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/dst.h>

#include "icmpecho.h"
#include "uaccess.h"

/* For any number of requests, one after the other */
static void payload_init(struct icmpecho_payload *payload)
{
	payload->buffer = NULL;
	payload->buffer_size = 0;
	payload->route.dst = NULL;
}

static void payload_drop_route(struct icmpecho_payload *payload)
{
	dst_release(payload->route.dst);
	payload->route.dst = NULL;
}

static void payload_free(struct icmpecho_payload *payload)
{
	kvfree(payload->buffer);
}

/* Process context; may sleep for the caller's memory. Returns 0 or -EFAULT. */
static int payload_read(const struct icmpecho_payload *payload, u8 *to)
{
	size_t len = payload->len;

	if (IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) && user_is_words(payload->user, len))
		return user_get_small((u64 *)to, payload->user, len);
	return copy_from_user(to, payload->user, len) ? -EFAULT : 0;
}

/*
 * Read the payload into a buffer of its own, for a send socket. Returns the buffer, with
 * space for an ICMP header before the payload, or ERR_PTR(). Process context.
 */
static u8 *payload_read_to_buffer(struct icmpecho_payload *payload)
{
	size_t len = ICMPECHO_HEADER_LEN + payload->len;

	if (len > payload->buffer_size) {
		kvfree(payload->buffer);
		payload->buffer_size = 0;
		payload->buffer = kvmalloc(len, GFP_KERNEL_ACCOUNT);
		if (!payload->buffer)
			return ERR_PTR(-ENOMEM);
		payload->buffer_size = len;
	}
	if (payload_read(payload, payload->buffer + ICMPECHO_HEADER_LEN))
		return ERR_PTR(-EFAULT);
	return payload->buffer;
}
