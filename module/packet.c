// SPDX-License-Identifier: GPL-2.0
/*
 * An echo request's bytes, from user memory to a packet. The payload is read when
 * there is a packet to put it into, so that it is copied once.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "icmpecho.h"
#include "user.h"

/**
 * icmpecho_packet_init - make room for requests, one after the other
 * @packet: the room
 */
void icmpecho_packet_init(struct icmpecho_packet *packet)
{
	packet->bytes = NULL;
	packet->room = 0;
}

/**
 * icmpecho_packet_free - free what it has taken
 * @packet: the room
 */
void icmpecho_packet_free(struct icmpecho_packet *packet)
{
	kvfree(packet->bytes);
}

/**
 * icmpecho_packet_begin - read what is to be checked of the next request
 * @packet: the room
 * @echo: the request
 *
 * Process context.
 *
 * Return: 0 or -EFAULT.
 */
int icmpecho_packet_begin(struct icmpecho_packet *packet,
			  const struct icmpecho_echo *echo)
{
	packet->payload = u64_to_user_ptr(echo->payload);
	packet->payload_len = echo->payload_len;
	packet->options_len = echo->options_len;
	if (echo->options_len &&
	    copy_from_user(packet->options, u64_to_user_ptr(echo->options),
			   echo->options_len))
		return -EFAULT;
	return 0;
}

/**
 * icmpecho_packet_payload - read the payload
 * @packet: the request's
 * @to: where it goes
 *
 * Process context; may wait for the caller's memory.
 *
 * Return: 0 or -EFAULT.
 */
int icmpecho_packet_payload(const struct icmpecho_packet *packet, u8 *to)
{
	size_t len = packet->payload_len;

	if (IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) &&
	    user_is_words(packet->payload, len))
		return user_get_small((u64 *)to, packet->payload, len);
	return copy_from_user(to, packet->payload, len) ? -EFAULT : 0;
}

/**
 * icmpecho_packet_load - read the payload into memory of its own
 * @packet: the request's
 *
 * For those who cannot tell where else it should go. Process context.
 *
 * Return: the memory, with room for an ICMP header before the payload, until the
 * next request or icmpecho_packet_free(); or ERR_PTR().
 */
u8 *icmpecho_packet_load(struct icmpecho_packet *packet)
{
	size_t len = ICMPECHO_HEADER_LEN + packet->payload_len;

	if (len > packet->room) {
		kvfree(packet->bytes);
		packet->room = 0;
		packet->bytes = kvmalloc(len, GFP_KERNEL_ACCOUNT);
		if (!packet->bytes)
			return ERR_PTR(-ENOMEM);
		packet->room = len;
	}
	if (icmpecho_packet_payload(packet, packet->bytes + ICMPECHO_HEADER_LEN))
		return ERR_PTR(-EFAULT);
	return packet->bytes;
}
