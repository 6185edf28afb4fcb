// SPDX-License-Identifier: MIT
/*
 * Completion record to ICMP_ECHO_REPLY. Pure: no I/O, no state. The program's
 * buffer may be shorter than it says and need not be aligned, so that nothing
 * is written but what must be, and by memcpy().
 */
#include "internal.h"

static size_t align4(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

static bool reply_fits(const struct icmpecho_completion *c, DWORD size)
{
	return !(c->flags & ICMPECHO_TRUNCATED) && c->data_len <= UINT16_MAX &&
	       c->options_len <= MAX_OPT_SIZE &&
	       sizeof(ICMP_ECHO_REPLY) + align4(c->options_len) + c->data_len <= size;
}

/* Reply or ICMP error: what the packet's headers tell. */
static void set_answer(ICMP_ECHO_REPLY *reply, const struct icmpecho_completion *c)
{
	memcpy(&reply->Address, c->from, sizeof(reply->Address));
	reply->RoundTripTime = (ULONG)(c->rtt_ns / 1000000);
	reply->Reserved = 1;
	reply->Options.Ttl = c->ttl;
	reply->Options.Tos = c->tos;
	reply->Options.Flags = c->flags & ICMPECHO_ANSWER_DF ? IP_FLAG_DF : 0;
}

/* After the structure the options, if any, and at the next multiple of 4 the data. */
static void set_payload(ICMP_ECHO_REPLY *reply, unsigned char *buffer,
			const struct icmpecho_completion *c)
{
	unsigned char *options = buffer + sizeof(*reply);
	unsigned char *data = options + align4(c->options_len);

	if (c->options_len) {
		memset(options, 0, (size_t)(data - options));
		memcpy(options, icmpecho_completion_options(c), c->options_len);
		reply->Options.OptionsSize = (UCHAR)c->options_len;
		reply->Options.OptionsData = options;
	}
	if (c->data_len)
		memcpy(data, icmpecho_completion_data(c), c->data_len);
	reply->DataSize = (USHORT)c->data_len;
	reply->Data = data;
}

void reply_fill(void *buffer, DWORD size, const struct icmpecho_completion *c)
{
	ICMP_ECHO_REPLY reply;

	memset(&reply, 0, sizeof(reply));
	reply.Status = c->status;
	if (c->status == ICMPECHO_STATUS_SUCCESS && reply_fits(c, size)) {
		set_answer(&reply, c);
		set_payload(&reply, buffer, c);
	} else if (c->status == ICMPECHO_STATUS_SUCCESS ||
		   c->status == ICMPECHO_STATUS_CANCELLED) {
		/* A reply that does not fit, or what Windows does not know. */
		reply.Status = IP_GENERAL_FAILURE;
	} else if (c->type) {
		/* No ICMP error has type 0; without an answer it is 0. */
		set_answer(&reply, c);
	}
	memcpy(buffer, &reply, sizeof(reply));
}

DWORD reply_take_count(void *buffer)
{
	unsigned char *reserved = (unsigned char *)buffer + offsetof(ICMP_ECHO_REPLY, Reserved);
	USHORT count;

	memcpy(&count, reserved, sizeof(count));
	memset(reserved, 0, sizeof(count));
	return count;
}

DWORD reply_status(const void *buffer)
{
	ULONG status;

	memcpy(&status, (const unsigned char *)buffer + offsetof(ICMP_ECHO_REPLY, Status),
	       sizeof(status));
	return status;
}
