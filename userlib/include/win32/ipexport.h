/* SPDX-License-Identifier: MIT */
/*
 * Types and numbers of the IcmpSendEcho family, with the layout that Windows
 * gives them. Part of libicmpecho-win32; see icmpapi.h.
 */
#ifndef ICMPECHO_IPEXPORT_H
#define ICMPECHO_IPEXPORT_H

#include "windows.h"

/* An IPv4 address in network byte order. */
typedef ULONG IPAddr, IPMask;
typedef struct in6_addr IPv6Addr;
typedef ULONG IP_STATUS;

#define IP_STATUS_BASE			11000
#define IP_SUCCESS			0
#define IP_BUF_TOO_SMALL		(IP_STATUS_BASE + 1)
#define IP_DEST_NET_UNREACHABLE		(IP_STATUS_BASE + 2)
#define IP_DEST_HOST_UNREACHABLE	(IP_STATUS_BASE + 3)
#define IP_DEST_PROT_UNREACHABLE	(IP_STATUS_BASE + 4)
#define IP_DEST_PORT_UNREACHABLE	(IP_STATUS_BASE + 5)
#define IP_NO_RESOURCES			(IP_STATUS_BASE + 6)
#define IP_BAD_OPTION			(IP_STATUS_BASE + 7)
#define IP_HW_ERROR			(IP_STATUS_BASE + 8)
#define IP_PACKET_TOO_BIG		(IP_STATUS_BASE + 9)
#define IP_REQ_TIMED_OUT		(IP_STATUS_BASE + 10)
#define IP_BAD_REQ			(IP_STATUS_BASE + 11)
#define IP_BAD_ROUTE			(IP_STATUS_BASE + 12)
#define IP_TTL_EXPIRED_TRANSIT		(IP_STATUS_BASE + 13)
#define IP_TTL_EXPIRED_REASSEM		(IP_STATUS_BASE + 14)
#define IP_PARAM_PROBLEM		(IP_STATUS_BASE + 15)
#define IP_SOURCE_QUENCH		(IP_STATUS_BASE + 16)
#define IP_OPTION_TOO_BIG		(IP_STATUS_BASE + 17)
#define IP_BAD_DESTINATION		(IP_STATUS_BASE + 18)
/* A protocol stack tells its clients these; no function here returns them. */
#define IP_ADDR_DELETED			(IP_STATUS_BASE + 19)
#define IP_SPEC_MTU_CHANGE		(IP_STATUS_BASE + 20)
#define IP_MTU_CHANGE			(IP_STATUS_BASE + 21)
#define IP_UNLOAD			(IP_STATUS_BASE + 22)
#define IP_ADDR_ADDED			(IP_STATUS_BASE + 23)
#define IP_MEDIA_CONNECT		(IP_STATUS_BASE + 24)
#define IP_MEDIA_DISCONNECT		(IP_STATUS_BASE + 25)
#define IP_BIND_ADAPTER			(IP_STATUS_BASE + 26)
#define IP_UNBIND_ADAPTER		(IP_STATUS_BASE + 27)
#define IP_DEVICE_DOES_NOT_EXIST	(IP_STATUS_BASE + 28)
#define IP_DUPLICATE_ADDRESS		(IP_STATUS_BASE + 29)
#define IP_INTERFACE_METRIC_CHANGE	(IP_STATUS_BASE + 30)
#define IP_RECONFIG_SECFLTR		(IP_STATUS_BASE + 31)
#define IP_NEGOTIATING_IPSEC		(IP_STATUS_BASE + 32)
#define IP_INTERFACE_WOL_CAPABILITY_CHANGE (IP_STATUS_BASE + 33)
#define IP_DUPLICATE_IPADD		(IP_STATUS_BASE + 34)
#define IP_DEST_UNREACHABLE		(IP_STATUS_BASE + 40)
#define IP_TIME_EXCEEDED		(IP_STATUS_BASE + 41)
#define IP_BAD_HEADER			(IP_STATUS_BASE + 42)
#define IP_UNRECOGNIZED_NEXT_HEADER	(IP_STATUS_BASE + 43)
#define IP_ICMP_ERROR			(IP_STATUS_BASE + 44)
#define IP_DEST_SCOPE_MISMATCH		(IP_STATUS_BASE + 45)
#define IP_GENERAL_FAILURE		(IP_STATUS_BASE + 50)
#define MAX_IP_STATUS			IP_GENERAL_FAILURE
#define IP_PENDING			(IP_STATUS_BASE + 255)

/* The names that some of them have in IPv6 */
#define IP_DEST_NO_ROUTE		IP_DEST_NET_UNREACHABLE
#define IP_DEST_ADDR_UNREACHABLE	IP_DEST_HOST_UNREACHABLE
#define IP_DEST_PROHIBITED		IP_DEST_PROT_UNREACHABLE
#define IP_HOP_LIMIT_EXCEEDED		IP_TTL_EXPIRED_TRANSIT
#define IP_REASSEMBLY_TIME_EXCEEDED	IP_TTL_EXPIRED_REASSEM
#define IP_PARAMETER_PROBLEM		IP_PARAM_PROBLEM

/* IP_OPTION_INFORMATION.Flags */
#define IP_FLAG_REVERSE		0x1
#define IP_FLAG_DF		0x2

#define IP_OPT_EOL		0x00
#define IP_OPT_NOP		0x01
#define IP_OPT_SECURITY		0x82
#define IP_OPT_LSRR		0x83
#define IP_OPT_SSRR		0x89
#define IP_OPT_RR		0x07
#define IP_OPT_TS		0x44
#define IP_OPT_SID		0x88
#define IP_OPT_ROUTER_ALERT	0x94
#define MAX_OPT_SIZE		40

typedef struct ip_option_information {
	UCHAR Ttl;
	UCHAR Tos;
	UCHAR Flags;
	UCHAR OptionsSize;
	PUCHAR OptionsData;
} IP_OPTION_INFORMATION, *PIP_OPTION_INFORMATION;

typedef struct icmp_echo_reply {
	IPAddr Address;
	ULONG Status;
	ULONG RoundTripTime;
	USHORT DataSize;
	USHORT Reserved;
	PVOID Data;
	IP_OPTION_INFORMATION Options;
} ICMP_ECHO_REPLY, *PICMP_ECHO_REPLY;

/*
 * The forms with 32-bit pointers, for programs that mention them. No function uses
 * them, here or on Windows, although older pages of Microsoft's documentation say so.
 * gcc has no 32-bit pointers in a 64-bit program, so Data and OptionsData are 32-bit
 * numbers.
 */
#if UINTPTR_MAX > 0xffffffff
typedef struct ip_option_information32 {
	UCHAR Ttl;
	UCHAR Tos;
	UCHAR Flags;
	UCHAR OptionsSize;
	UINT32 OptionsData;
} IP_OPTION_INFORMATION32, *PIP_OPTION_INFORMATION32;

typedef struct icmp_echo_reply32 {
	IPAddr Address;
	ULONG Status;
	ULONG RoundTripTime;
	USHORT DataSize;
	USHORT Reserved;
	UINT32 Data;
	IP_OPTION_INFORMATION32 Options;
} ICMP_ECHO_REPLY32, *PICMP_ECHO_REPLY32;
#endif

#pragma pack(push, 1)
typedef struct _IPV6_ADDRESS_EX {
	USHORT sin6_port;
	ULONG sin6_flowinfo;
	USHORT sin6_addr[8];
	ULONG sin6_scope_id;
} IPV6_ADDRESS_EX, *PIPV6_ADDRESS_EX;
#pragma pack(pop)

/* The reply's data follows the structure. */
typedef struct icmpv6_echo_reply_lh {
	IPV6_ADDRESS_EX Address;
	ULONG Status;
	unsigned int RoundTripTime;
} ICMPV6_ECHO_REPLY, *PICMPV6_ECHO_REPLY;

#endif /* ICMPECHO_IPEXPORT_H */
