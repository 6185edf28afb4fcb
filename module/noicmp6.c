// SPDX-License-Identifier: GPL-2.0
/*
 * Instead of fastpath6.c and icmp6.c in a kernel without IPv6: there are no sockets, as on a
 * host where IPv6 is switched off. So there are no requests, and nothing else is called.
 */
#include <linux/icmpv6.h>

#include "icmpecho.h"

static int icmp6_open_no_tx(struct net *net, bool df, struct sock **skp)
{
	return -EAFNOSUPPORT;
}

static int icmp6_open_no_rx(struct net *net, struct socket **sockp)
{
	return -EAFNOSUPPORT;
}

static const struct icmpecho_family icmp6 = {
	.family		= AF_INET6,
	.index		= ICMPECHO_IPV6,
	.max_payload	= IPV6_MAXPLEN - sizeof(struct icmp6hdr),
	.open_tx	= icmp6_open_no_tx,
	.open_rx	= icmp6_open_no_rx,
};
