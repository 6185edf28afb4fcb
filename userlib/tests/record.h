/* SPDX-License-Identifier: MIT */
/* Completion records as the kernel would write them. */
#ifndef RECORD_H
#define RECORD_H

#include <icmpecho.h>
#include <string.h>

struct record {
	struct icmpecho_completion header;
	unsigned char rest[ICMPECHO_RECORD_LEN(65535)];
} __attribute__((aligned(8)));

/* Makes an answer of @status from 192.0.2.7, with the data 0, 1, 2, … */
static inline void record_init(struct record *record, uint32_t status, uint32_t data_len)
{
	static const uint8_t from[4] = { 192, 0, 2, 7 };
	struct icmpecho_completion *c = &record->header;
	uint32_t i;

	memset(record, 0, sizeof(*record));
	c->header_len = sizeof(*c);
	c->status = status;
	c->family = AF_INET;
	c->type = status == ICMPECHO_STATUS_SUCCESS ? 0 : 3;
	memcpy(c->from, from, sizeof(from));
	c->rtt_ns = 12999999;
	c->ttl = 57;
	c->tos = 0x20;
	c->data_len = data_len;
	c->wire_len = data_len;
	for (i = 0; i < data_len; i++)
		record->rest[i] = (unsigned char)i;
	c->record_len = (uint32_t)(sizeof(*c) + data_len + 7) & ~7U;
}

/* Inserts @len bytes of options before the data. */
static inline void record_add_options(struct record *record, const void *options, uint16_t len)
{
	uint32_t padded = (len + 7U) & ~7U;

	memmove(record->rest + padded, record->rest, record->header.data_len);
	memset(record->rest, 0, padded);
	memcpy(record->rest, options, len);
	record->header.options_len = len;
	record->header.record_len += padded;
}

/* Makes the record of a request without an answer. */
static inline void record_init_unanswered(struct record *record, uint32_t status)
{
	memset(record, 0, sizeof(*record));
	record->header.header_len = sizeof(record->header);
	record->header.record_len = sizeof(record->header);
	record->header.status = status;
	record->header.family = AF_INET;
}

#endif /* RECORD_H */
