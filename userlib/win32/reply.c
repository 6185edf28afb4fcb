// SPDX-License-Identifier: MIT
/*
 * Turns a completion record into ICMP_ECHO_REPLYs or an ICMPV6_ECHO_REPLY. Pure: no
 * I/O, no state. Programs overstate the size of their buffers, so this writes no byte
 * that a reply does not need; and a buffer may be unaligned, so it uses memcpy().
 */
#include <errno.h>

#include "internal.h"

static size_t align4(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

static bool is_success(const struct icmpecho_completion *c)
{
	return c->status == ICMPECHO_STATUS_SUCCESS;
}

/* The Status if no reply fits. Windows has none for a cancelled request. */
static ULONG status_without_reply(const struct icmpecho_completion *c)
{
	if (is_success(c) || c->status == ICMPECHO_STATUS_CANCELLED)
		return IP_GENERAL_FAILURE;
	return c->status;
}

/* IPv4 */

/*
 * Subtracts from *room what a reply needs. Returns false if the reply does not fit, or if
 * this is not a reply. Without an answer the type is 0; no ICMP error has type 0.
 */
static bool take_room(const struct icmpecho_completion *c, size_t *room)
{
	size_t need = sizeof(ICMP_ECHO_REPLY);

	if (is_success(c)) {
		if (c->flags & ICMPECHO_TRUNCATED || c->data_len > UINT16_MAX ||
		    c->options_len > MAX_OPT_SIZE)
			return false;
		need += align4(c->options_len) + c->data_len;
	} else if (!c->type) {
		return false;
	}
	if (need > *room)
		return false;
	*room -= need;
	return true;
}

static USHORT count_fitting(const struct icmpecho_completion *first, size_t room)
{
	const struct icmpecho_completion *c;
	USHORT count = 0;

	for (c = first; c && count < MAX_ANSWERS; c = icmpecho_next_answer(first, c))
		count += take_room(c, &room);
	return count;
}

/*
 * Writes the options to @payload, and the data at the next multiple of 4. Returns their
 * end.
 */
static unsigned char *write_payload(ICMP_ECHO_REPLY *reply, unsigned char *payload,
				    const struct icmpecho_completion *c)
{
	unsigned char *data = payload + align4(c->options_len);

	if (c->options_len) {
		memset(payload, 0, (size_t)(data - payload));
		memcpy(payload, icmpecho_completion_options(c), c->options_len);
		reply->Options.OptionsSize = (UCHAR)c->options_len;
		reply->Options.OptionsData = payload;
	}
	if (c->data_len)
		memcpy(data, icmpecho_completion_data(c), c->data_len);
	reply->DataSize = (USHORT)c->data_len;
	reply->Data = data;
	return data + c->data_len;
}

/* Writes an element of the array, and its payload unless it is an ICMP error. */
static unsigned char *write_reply(unsigned char *element, unsigned char *payload, USHORT reserved,
				  const struct icmpecho_completion *c)
{
	ICMP_ECHO_REPLY reply;

	memset(&reply, 0, sizeof(reply));
	memcpy(&reply.Address, c->from, sizeof(reply.Address));
	reply.Status = c->status;
	reply.RoundTripTime = (ULONG)(c->rtt_ns / 1000000);
	reply.Reserved = reserved;
	reply.Options.Ttl = c->ttl;
	reply.Options.Tos = c->tos;
	reply.Options.Flags = c->flags & ICMPECHO_ANSWER_DF ? IP_FLAG_DF : 0;
	if (is_success(c))
		payload = write_payload(&reply, payload, c);
	memcpy(element, &reply, sizeof(reply));
	return payload;
}

static DWORD write_no_reply(void *buffer, const struct icmpecho_completion *c)
{
	ICMP_ECHO_REPLY reply;

	memset(&reply, 0, sizeof(reply));
	reply.Status = status_without_reply(c);
	memcpy(buffer, &reply, sizeof(reply));
	return sizeof(reply);
}

static DWORD fill4(unsigned char *buffer, DWORD size, const struct icmpecho_completion *first)
{
	USHORT count = count_fitting(first, size), reserved = count;
	unsigned char *payload = buffer + count * sizeof(ICMP_ECHO_REPLY), *element = buffer;
	const struct icmpecho_completion *c;
	size_t room = size;

	if (!count)
		return write_no_reply(buffer, first);
	for (c = first; count; c = icmpecho_next_answer(first, c)) {
		if (!take_room(c, &room))
			continue;
		payload = write_reply(element, payload, reserved, c);
		element += sizeof(ICMP_ECHO_REPLY);
		reserved = 0;
		count--;
	}
	return (DWORD)(payload - buffer);
}

static DWORD reply_count(const void *buffer)
{
	USHORT count;

	memcpy(&count, (const unsigned char *)buffer + offsetof(ICMP_ECHO_REPLY, Reserved),
	       sizeof(count));
	return count;
}

DWORD reply_take_count(void *buffer)
{
	DWORD count = reply_count(buffer);

	memset((unsigned char *)buffer + offsetof(ICMP_ECHO_REPLY, Reserved), 0, sizeof(USHORT));
	return count;
}

static ULONG read_ulong(const void *buffer, size_t offset)
{
	ULONG value;

	memcpy(&value, (const unsigned char *)buffer + offset, sizeof(value));
	return value;
}

DWORD reply_status(const void *buffer)
{
	return read_ulong(buffer, offsetof(ICMP_ECHO_REPLY, Status));
}

/* IPv6 */

/* The host that sent the reply or the ICMP error. */
static void set_sender(ICMPV6_ECHO_REPLY *reply, const struct icmpecho_completion *c)
{
	memcpy(reply->Address.sin6_addr, c->from, sizeof(reply->Address.sin6_addr));
	reply->Address.sin6_scope_id = c->scope_id;
	reply->RoundTripTime = (unsigned int)(c->rtt_ns / 1000000);
}

static DWORD fill6(unsigned char *buffer, DWORD size, const struct icmpecho_completion *c)
{
	bool fits = !(c->flags & ICMPECHO_TRUNCATED) &&
		    c->data_len <= size - sizeof(ICMPV6_ECHO_REPLY);
	ICMPV6_ECHO_REPLY reply;
	DWORD used = sizeof(reply);

	memset(&reply, 0, sizeof(reply));
	reply.Status = status_without_reply(c);
	if (is_success(c) && fits) {
		reply.Status = IP_SUCCESS;
		set_sender(&reply, c);
		if (c->data_len)
			memcpy(buffer + used, icmpecho_completion_data(c), c->data_len);
		used += c->data_len;
	} else if (!is_success(c) && c->type) {
		set_sender(&reply, c);
	}
	memcpy(buffer, &reply, sizeof(reply));
	return used;
}

DWORD reply6_status(const void *buffer)
{
	return read_ulong(buffer, offsetof(ICMPV6_ECHO_REPLY, Status));
}

DWORD reply6_count(const void *buffer)
{
	DWORD status = reply6_status(buffer);

	return status == IP_SUCCESS || status == IP_HOP_LIMIT_EXCEEDED;
}

/* EINVAL in a completion is what Windows calls an invalid parameter. */
NTSTATUS reply_io_status(const void *buffer, const struct icmpecho_completion *completion)
{
	if (completion->family == AF_INET6 ? reply6_count(buffer) : reply_count(buffer))
		return STATUS_SUCCESS;
	if (completion->status == ICMPECHO_STATUS_TIMED_OUT)
		return STATUS_TIMEOUT;
	if (completion->flags & ICMPECHO_LOCAL && completion->error == EINVAL)
		return STATUS_INVALID_PARAMETER;
	return STATUS_UNSUCCESSFUL;
}

DWORD reply_fill(void *buffer, DWORD size, const struct icmpecho_completion *completion)
{
	if (completion->family == AF_INET6)
		return fill6(buffer, size, completion);
	return fill4(buffer, size, completion);
}
