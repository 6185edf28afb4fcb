// SPDX-License-Identifier: GPL-2.0
/*
 * Payload and options of an echo request, in user memory. The payload is read when there
 * is a buffer for the packet, so that it is copied once.
 */
#include "icmpecho.h"
#include "uaccess.h"

static int payload_read_options(struct icmpecho_packet *packet)
{
	const void __user *options = u64_to_user_ptr(packet->echo.options);

	return copy_from_user(packet->options, options, packet->echo.options_len) ? -EFAULT : 0;
}

/* Process context; may sleep for the caller's memory. Returns 0 or -EFAULT. */
static int payload_read(const struct icmpecho_packet *packet, u8 *to)
{
	const void __user *payload = u64_to_user_ptr(packet->echo.payload);
	size_t len = packet->echo.payload_len;

	if (IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) && user_is_words(payload, len))
		return user_get_small((u64 *)to, payload, len);
	return copy_from_user(to, payload, len) ? -EFAULT : 0;
}

/*
 * Read the payload into a buffer of its own, for a send socket. Returns the buffer, with
 * space for an ICMP header before the payload, or ERR_PTR(). Process context.
 */
static u8 *payload_read_to_buffer(struct icmpecho_packet *packet)
{
	size_t len = packet_message_len(packet);

	if (len > packet->buffer_size) {
		kvfree(packet->buffer);
		packet->buffer_size = 0;
		packet->buffer = kvmalloc(len, GFP_KERNEL_ACCOUNT);
		if (!packet->buffer)
			return ERR_PTR(-ENOMEM);
		packet->buffer_size = len;
	}
	if (payload_read(packet, packet->buffer + ICMPECHO_HEADER_LEN))
		return ERR_PTR(-EFAULT);
	return packet->buffer;
}
