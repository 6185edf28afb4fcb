/* SPDX-License-Identifier: MIT */
/*
 * What the APC routine of an echo request is declared with. Part of libicmpecho-win32;
 * see icmpapi.h.
 */
#ifndef ICMPECHO_WINTERNL_H
#define ICMPECHO_WINTERNL_H

#include "windows.h"

#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS			((NTSTATUS)0x00000000)
#endif
#ifndef STATUS_INVALID_PARAMETER
#define STATUS_INVALID_PARAMETER	((NTSTATUS)0xC000000D)
#endif
#ifndef STATUS_TIMEOUT
#define STATUS_TIMEOUT			((NTSTATUS)0x00000102)
#endif
#ifndef STATUS_UNSUCCESSFUL
#define STATUS_UNSUCCESSFUL		((NTSTATUS)0xC0000001)
#endif
#define NT_SUCCESS(status)		((NTSTATUS)(status) >= 0)

typedef struct _IO_STATUS_BLOCK {
	union {
		NTSTATUS Status;
		PVOID Pointer;
	};
	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID (NTAPI *PIO_APC_ROUTINE)(PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
				      ULONG Reserved);

#endif /* ICMPECHO_WINTERNL_H */
