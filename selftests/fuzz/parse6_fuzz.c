// SPDX-License-Identifier: GPL-2.0
/*
 * The input is an IPv6 header and, right behind it, ICMPv6: what the kernel has
 * gone over in between is not for the parser to see.
 */
#include <linux/icmpecho.h>

#include "fuzz.h"
#include "parse.h"

#define IP_LEN 40

static void check_reply(const struct icmpecho_parsed *p, const uint8_t *icmp)
{
	require(p->type == 129 && p->code == 0);
	require(p->status == ICMPECHO_STATUS_SUCCESS);
	require(p->ident == be16_at(icmp + 4) && p->seq == be16_at(icmp + 6));
}

/*
 * Where the quoted echo request begins depends on the extension headers; it
 * must be somewhere behind the quoted IPv6 header, whole.
 */
static void check_error(const struct icmpecho_parsed *p, const uint8_t *quote,
			size_t len)
{
	size_t at;

	require(p->type >= 1 && p->type <= 4);
	require(p->status != ICMPECHO_STATUS_SUCCESS);
	require(len >= IP_LEN + 8 && quote[0] >> 4 == 6);
	require(!memcmp(p->quoted_src.raw, quote + 8, 16));
	require(!memcmp(p->quoted_dst.raw, quote + 24, 16));
	for (at = IP_LEN; at + 8 <= len; at += 4) {
		const uint8_t *inner = quote + at;

		if (inner[0] == 128 && inner[1] == 0 &&
		    p->ident == be16_at(inner + 4) && p->seq == be16_at(inner + 6))
			return;
	}
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum icmpecho_verdict verdict;
	struct icmpecho_parsed p = { 0 };
	uint8_t *ip, *icmp;
	size_t len;

	if (size < IP_LEN)
		return 0;
	len = size - IP_LEN < ICMP6_PARSE_LEN ? size - IP_LEN : ICMP6_PARSE_LEN;
	ip = exact_copy(data, IP_LEN);
	icmp = exact_copy(data + IP_LEN, len);
	verdict = icmp6_parse(ip, icmp, len, &p);
	if (verdict == ICMPECHO_REPLY || verdict == ICMPECHO_ERROR) {
		require(p.icmp_off == 0 && p.data_off == 8 && len >= 8);
		require(p.type == icmp[0] && p.code == icmp[1]);
		require(!memcmp(p.from.raw, ip + 8, 16));
		require(!memcmp(p.to.raw, ip + 24, 16));
	}
	if (verdict == ICMPECHO_REPLY)
		check_reply(&p, icmp);
	if (verdict == ICMPECHO_ERROR)
		check_error(&p, icmp + 8, len - 8);
	free(ip);
	free(icmp);
	return 0;
}
