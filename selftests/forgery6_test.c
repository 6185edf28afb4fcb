// SPDX-License-Identifier: GPL-2.0
/*
 * Forged ICMPv6 packets of which IPv4 has no like. See forgery_test.c for the
 * others.
 */
#include "kselftest_harness.h"

#include "forgery.h"

/* An echo reply of ICMP for IPv4, inside of IPv6 */
static void make_type_0(const struct family *family)
{
	packet_icmp(&forged)->type = 0;
}

/* Right for ICMP over IPv4, which does not sum up the addresses */
static void sum_without_addresses(void)
{
	struct icmphdr *icmp = packet_icmp(&forged);

	icmp->checksum = 0;
	icmp->checksum = internet_checksum(icmp, packet_icmp_len(&forged));
}

REPLY(ipv6, of_type_0, .forge = make_type_0);
REPLY(ipv6, with_checksum_without_addresses, .unseal = sum_without_addresses);

static void quote_icmp_of_ipv4(const struct family *family)
{
	packet_quote6(&forged)->nexthdr = IPPROTO_ICMP;
}

static void quote_no_next_header(const struct family *family)
{
	packet_quote6(&forged)->nexthdr = IPPROTO_NONE;
}

static void quote_encrypted_payload(const struct family *family)
{
	packet_quote6(&forged)->nexthdr = IPPROTO_ESP;
}

ERROR(ipv6, quoting_icmp_of_ipv4, .forge = quote_icmp_of_ipv4);
ERROR(ipv6, quoting_no_next_header, .forge = quote_no_next_header);
ERROR(ipv6, quoting_encrypted_payload, .forge = quote_encrypted_payload);

TEST_HARNESS_MAIN
