// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the payload and the IP options of an echo request from user memory. On the fast path the
 * payload is copied only once: from user memory straight into the packet.
 */
#include "icmpecho.h"
#include "uaccess.h"

static int payload_read_options(struct icmpecho_packet *packet)
{
	const void __user *options = u64_to_user_ptr(packet->echo.options);

	return copy_from_user(packet->options, options, packet->echo.options_len) ? -EFAULT : 0;
}

/*
 * Copy the payload from user memory to @to. Returns 0 or -EFAULT. Process context; may sleep for
 * a page fault.
 */
static int payload_read(const struct icmpecho_packet *packet, u8 *to)
{
	const void __user *payload = u64_to_user_ptr(packet->echo.payload);
	size_t len = packet->echo.payload_len;

	if (IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) && user_is_words(payload, len))
		return user_get_small((u64 *)to, payload, len);
	return copy_from_user(to, payload, len) ? -EFAULT : 0;
}

/*
 * Read the payload into packet->buffer, which sendmsg() sends; enlarge the buffer if it is too
 * small. Returns the buffer, in which the payload follows space for an ICMP header, or ERR_PTR().
 * Process context.
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
