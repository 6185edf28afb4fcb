// SPDX-License-Identifier: GPL-2.0
/*
 * Built instead of fastpath6.c and icmp6.c for a kernel with CONFIG_IPV6=n. As on a host with
 * ipv6.disable=1, the module opens no IPv6 socket. So it refuses IPv6 requests with EAFNOSUPPORT,
 * and calls no function pointer of struct icmpecho_family icmp6.
 */
#include <linux/icmpv6.h>

#include "icmpecho.h"

static const struct icmpecho_family icmp6 = {
	.family		= AF_INET6,
	.index		= ICMPECHO_IPV6,
	.protocol	= IPPROTO_ICMPV6,
	.max_payload	= IPV6_MAXPLEN - sizeof(struct icmp6hdr),
};
