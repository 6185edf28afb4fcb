/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of both parsers are made of: packets and tables of cases. */
#ifndef PARSE_TEST_H
#define PARSE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/icmpecho.h>

#include "../lib/random.h"
#include "parse.h"
#include "tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct packet {
	u8 ip[40];		/* for IPv6 alone, whose parser gets it apart */
	size_t len;
	u8 bytes[512];
};

/* A copy that ends where its memory ends. */
static inline u8 *copy_of(const struct packet *packet)
{
	u8 *copy = malloc(packet->len ?: 1);

	memcpy(copy, packet->bytes, packet->len);
	return copy;
}

static inline void put16(u8 *p, unsigned int value)
{
	p[0] = value >> 8;
	p[1] = value;
}

/*
 * One change to a right packet, and what the packet is then. In this order of
 * columns: its name, what it is made from, the byte changed (none if 0), its new
 * value, the length cut to (not if 0), the verdict.
 */
enum base { REPLY, ERROR };

struct verdict_case {
	const char *name;
	enum base base;
	size_t at;
	u8 value;
	size_t len;
	enum icmpecho_verdict verdict;
};

static inline void change(struct packet *packet, const struct verdict_case *c)
{
	if (c->at)
		packet->bytes[c->at] = c->value;
	if (c->len)
		packet->len = c->len;
}

static inline void report_verdict(const struct verdict_case *c,
				  enum icmpecho_verdict verdict)
{
	if (verdict != c->verdict)
		printf("# expected verdict %d, got %d\n", c->verdict, verdict);
	report(verdict == c->verdict, c->name);
}

/* The status that an error's type and code become */
struct status_case {
	u8 type;
	u8 code;
	u32 status;
};

static inline void report_status(const struct status_case *c,
				 enum icmpecho_verdict verdict,
				 const struct icmpecho_parsed *p)
{
	char name[64];

	snprintf(name, sizeof(name), "status of type %u code %u", c->type, c->code);
	report(verdict == ICMPECHO_ERROR && p->status == c->status, name);
}

#endif /* PARSE_TEST_H */
