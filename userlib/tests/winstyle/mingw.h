/* SPDX-License-Identifier: MIT */
/*
 * Declarations that the headers of Windows have and those of MinGW lack, or lacked: newer
 * ones may declare the same names, so these have names of their own and macros.
 */
#ifndef WINSTYLE_MINGW_H
#define WINSTYLE_MINGW_H

#ifdef __MINGW32__

#include <pshpack1.h>
typedef struct {
	USHORT sin6_port;
	ULONG sin6_flowinfo;
	USHORT sin6_addr[8];
	ULONG sin6_scope_id;
} PACKED_IPV6_ADDRESS_EX;
#include <poppack.h>
#define IPV6_ADDRESS_EX PACKED_IPV6_ADDRESS_EX

typedef struct {
	IPV6_ADDRESS_EX Address;
	ULONG Status;
	unsigned int RoundTripTime;
} PACKED_ICMPV6_ECHO_REPLY, *PACKED_PICMPV6_ECHO_REPLY;
#define ICMPV6_ECHO_REPLY PACKED_ICMPV6_ECHO_REPLY
#define PICMPV6_ECHO_REPLY PACKED_PICMPV6_ECHO_REPLY

#ifdef PIO_APC_ROUTINE_DEFINED
DWORD WINAPI IcmpSendEcho2Ex(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, IPAddr, IPAddr, LPVOID, WORD,
			     PIP_OPTION_INFORMATION, LPVOID, DWORD, DWORD);
#else
DWORD WINAPI IcmpSendEcho2Ex(HANDLE, HANDLE, FARPROC, PVOID, IPAddr, IPAddr, LPVOID, WORD,
			     PIP_OPTION_INFORMATION, LPVOID, DWORD, DWORD);
#endif

#endif /* __MINGW32__ */

#endif /* WINSTYLE_MINGW_H */
