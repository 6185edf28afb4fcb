// SPDX-License-Identifier: GPL-2.0
/* The input is an IPv4 packet, or as much of one as fits into an input. */
#include <linux/icmpecho.h>

#include "fuzz.h"
#include "parse.h"

static void check_reply(const struct icmpecho_parsed *p, const uint8_t *icmp)
{
	require(p->type == 0 && p->code == 0);
	require(p->status == ICMPECHO_STATUS_SUCCESS);
	require(p->ident == be16_at(icmp + 4) && p->seq == be16_at(icmp + 6));
}

/* What it matches a request by must be what stands in the quote. */
static void check_error(const struct icmpecho_parsed *p, const uint8_t *quote,
			size_t len)
{
	const uint8_t *inner = quote + (quote[0] & 15) * 4;

	require(p->type == 3 || p->type == 11 || p->type == 12);
	require(p->status != ICMPECHO_STATUS_SUCCESS);
	require(len >= 28 && inner + 8 <= quote + len);
	require(quote[0] >> 4 == 4 && quote[9] == 1);
	require(!(be16_at(quote + 6) & 0x1fff));
	require(inner[0] == 8 && inner[1] == 0);
	require(p->ident == be16_at(inner + 4) && p->seq == be16_at(inner + 6));
	require(!memcmp(p->quoted_src.raw, quote + 12, 4));
	require(!memcmp(p->quoted_dst.raw, quote + 16, 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size < ICMP4_PARSE_LEN ? size : ICMP4_PARSE_LEN;
	uint8_t *head = exact_copy(data, len);
	enum icmpecho_verdict verdict;
	struct icmpecho_parsed p = { 0 };

	verdict = icmp4_parse(head, len, size, &p);
	if (verdict == ICMPECHO_REPLY || verdict == ICMPECHO_ERROR) {
		require(p.icmp_off == (head[0] & 15) * 4);
		require(p.data_off == p.icmp_off + 8 && p.data_off <= len);
		require(p.type == head[p.icmp_off]);
		require(!memcmp(p.from.raw, head + 12, 4));
		require(!memcmp(p.to.raw, head + 16, 4));
	}
	if (verdict == ICMPECHO_REPLY)
		check_reply(&p, head + p.icmp_off);
	if (verdict == ICMPECHO_ERROR)
		check_error(&p, head + p.data_off, len - p.data_off);
	free(head);
	return 0;
}
