// SPDX-License-Identifier: GPL-2.0
/*
 * Instead of fastpath6.c and icmp6.c in a kernel without IPv6: there are no sockets, as on a
 * host where IPv6 is switched off. So there are no requests, and no function is called.
 */
#include <linux/icmpv6.h>

#include "icmpecho.h"

static const struct icmpecho_family icmp6 = {
	.family		= AF_INET6,
	.index		= ICMPECHO_IPV6,
	.protocol	= IPPROTO_ICMPV6,
	.max_payload	= IPV6_MAXPLEN - sizeof(struct icmp6hdr),
};
