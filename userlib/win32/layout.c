// SPDX-License-Identifier: MIT
/* Compile-time checks that the structures have the layout of Windows. */
#include <winternl.h>

#include "internal.h"

#define OFFSET(type, member, in_64, in_32) \
	_Static_assert(offsetof(type, member) == (sizeof(void *) == 8 ? (in_64) : (in_32)), \
		       #type "." #member)
#define SIZE(type, in_64, in_32) \
	_Static_assert(sizeof(type) == (sizeof(void *) == 8 ? (in_64) : (in_32)), #type)

SIZE(DWORD, 4, 4);
SIZE(u_long, 4, 4);
SIZE(struct in_addr, 4, 4);
SIZE(struct sockaddr_in, 16, 16);
SIZE(struct in6_addr, 16, 16);
SIZE(struct sockaddr_in6, 28, 28);

SIZE(IP_OPTION_INFORMATION, 16, 8);
OFFSET(IP_OPTION_INFORMATION, OptionsData, 8, 4);

SIZE(ICMP_ECHO_REPLY, 40, 28);
OFFSET(ICMP_ECHO_REPLY, Address, 0, 0);
OFFSET(ICMP_ECHO_REPLY, Status, 4, 4);
OFFSET(ICMP_ECHO_REPLY, RoundTripTime, 8, 8);
OFFSET(ICMP_ECHO_REPLY, DataSize, 12, 12);
OFFSET(ICMP_ECHO_REPLY, Reserved, 14, 14);
OFFSET(ICMP_ECHO_REPLY, Data, 16, 16);
OFFSET(ICMP_ECHO_REPLY, Options, 24, 20);
OFFSET(ICMP_ECHO_REPLY, Options.OptionsData, 32, 24);

#if UINTPTR_MAX > 0xffffffff
SIZE(IP_OPTION_INFORMATION32, 8, 8);
OFFSET(IP_OPTION_INFORMATION32, OptionsData, 4, 4);
SIZE(ICMP_ECHO_REPLY32, 28, 28);
OFFSET(ICMP_ECHO_REPLY32, Data, 16, 16);
OFFSET(ICMP_ECHO_REPLY32, Options, 20, 20);
OFFSET(ICMP_ECHO_REPLY32, Options.OptionsData, 24, 24);
#endif

SIZE(IPV6_ADDRESS_EX, 26, 26);
OFFSET(IPV6_ADDRESS_EX, sin6_port, 0, 0);
OFFSET(IPV6_ADDRESS_EX, sin6_flowinfo, 2, 2);
OFFSET(IPV6_ADDRESS_EX, sin6_addr, 6, 6);
OFFSET(IPV6_ADDRESS_EX, sin6_scope_id, 22, 22);
SIZE(ICMPV6_ECHO_REPLY, 36, 36);
OFFSET(ICMPV6_ECHO_REPLY, Status, 28, 28);
OFFSET(ICMPV6_ECHO_REPLY, RoundTripTime, 32, 32);

SIZE(IO_STATUS_BLOCK, 16, 8);
OFFSET(IO_STATUS_BLOCK, Information, 8, 4);
