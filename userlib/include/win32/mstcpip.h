/* SPDX-License-Identifier: MIT */
/* Text to addresses. Part of libicmpecho-win32; see icmpapi.h. */
#ifndef ICMPECHO_MSTCPIP_H
#define ICMPECHO_MSTCPIP_H

#include "winsock2.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Return STATUS_SUCCESS (0); or STATUS_INVALID_PARAMETER, and leave the address as it
 * was. A Strict IPv4 address is four decimal numbers. Otherwise it is one to four
 * numbers, and the last one fills the remaining bytes; a number may be octal with a
 * leading 0, or hexadecimal with 0x. *Terminator becomes the first character behind
 * the address; on failure, behind what looks like one.
 */
NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR S, BOOLEAN Strict, PCSTR *Terminator,
				       struct in_addr *Addr);
NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR S, BOOLEAN Strict, PCWSTR *Terminator,
				       struct in_addr *Addr);
NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR S, PCSTR *Terminator, struct in6_addr *Addr);
NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR S, PCWSTR *Terminator, struct in6_addr *Addr);

/*
 * Likewise for a string that must be used up: "192.0.2.1:80", "[fe80::1%2]:80". Without a
 * port *Port is 0, without a scope *ScopeId. The port is in network byte order.
 */
NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR AddressString, BOOLEAN Strict,
					 struct in_addr *Address, PUSHORT Port);
NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR AddressString, BOOLEAN Strict,
					 struct in_addr *Address, PUSHORT Port);
NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR AddressString, struct in6_addr *Address,
					 PULONG ScopeId, PUSHORT Port);
NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR AddressString, struct in6_addr *Address,
					 PULONG ScopeId, PUSHORT Port);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define RtlIpv4StringToAddress		RtlIpv4StringToAddressW
#define RtlIpv4StringToAddressEx	RtlIpv4StringToAddressExW
#define RtlIpv6StringToAddress		RtlIpv6StringToAddressW
#define RtlIpv6StringToAddressEx	RtlIpv6StringToAddressExW
#else
#define RtlIpv4StringToAddress		RtlIpv4StringToAddressA
#define RtlIpv4StringToAddressEx	RtlIpv4StringToAddressExA
#define RtlIpv6StringToAddress		RtlIpv6StringToAddressA
#define RtlIpv6StringToAddressEx	RtlIpv6StringToAddressExA
#endif

#endif /* ICMPECHO_MSTCPIP_H */
