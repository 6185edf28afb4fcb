// SPDX-License-Identifier: GPL-2.0
/* The two families of family.h. */
#include "family.h"
#include "netns6.h"

const struct family ipv4_family = {
	.family = AF_INET,
	.header_len = sizeof(struct iphdr),
	.address_len = 4,
	.pair = netns_pair,
	.near = NEAR,
	.alias = "192.0.2.10",
	.alias_on_link = "192.0.2.10/24",
	.world = WORLD,
	.beyond = BEYOND,
	.stranger = "198.51.100.3",
	.reporter = "203.0.113.1",
	.echo_request = ICMP_ECHO,
	.echo_reply = ICMP_ECHOREPLY,
	.unreachable = { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH },
	.too_big = { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED },
	.expired = { ICMP_TIME_EXCEEDED, ICMP_EXC_TTL },
	.problem = { ICMP_PARAMETERPROB, 0 },
	.redirect = { ICMP_REDIRECT, ICMP_REDIR_HOST },
};

const struct family ipv6_family = {
	.family = AF_INET6,
	.header_len = sizeof(struct ipv6hdr),
	.address_len = 16,
	.pair = netns_pair6,
	.near = NEAR6,
	.alias = "2001:db8:1::10",
	.alias_on_link = "2001:db8:1::10/64",
	.world = WORLD6,
	.beyond = BEYOND6,
	.stranger = "2001:db8:2::3",
	.reporter = "2001:db8:5::1",
	.echo_request = ICMPV6_ECHO_REQUEST,
	.echo_reply = ICMPV6_ECHO_REPLY,
	.unreachable = { ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH },
	.too_big = { ICMPV6_PKT_TOOBIG, 0 },
	.expired = { ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT },
	.problem = { ICMPV6_PARAMPROB, ICMPV6_UNK_NEXTHDR },
	.redirect = { 137, 0 },
};
