/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests with APC routines, which have the modern type here. Include this
 * instead of contract_test.h.
 */
#ifndef CONTRACT_APC_H
#define CONTRACT_APC_H

#include <winsock2.h>
#include <windows.h>
#include <winternl.h>

#define PIO_APC_ROUTINE_DEFINED
#include "contract_test.h"

/* What the last call of on_apc() got, and how many there were. */
static struct {
	int calls;
	DWORD thread;
	PVOID context;
	PIO_STATUS_BLOCK block;
	IO_STATUS_BLOCK status;
	ULONG reserved;
} apc;

static VOID NTAPI on_apc(PVOID context, PIO_STATUS_BLOCK block, ULONG reserved)
{
	apc.calls++;
	apc.thread = GetCurrentThreadId();
	apc.context = context;
	apc.block = block;
	if (block)
		apc.status = *block;
	apc.reserved = reserved;
}

/* The routine of one request runs within an alertable wait. */
#define EXPECT_APC() do {						\
	int calls_ = apc.calls;						\
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));	\
	EXPECT_EQ(calls_ + 1, apc.calls);				\
} while (0)

/* No routine runs, and none is queued. */
#define EXPECT_NO_APC() do {						\
	int calls_ = apc.calls;						\
	EXPECT_EQ(0, SleepEx(100, TRUE));				\
	EXPECT_EQ(calls_, apc.calls);					\
} while (0)

/* The block's Status and Information, of the last call. */
#define EXPECT_IO_STATUS(status_, information) do {			\
	EXPECT_EQ((DWORD)(status_), (DWORD)apc.status.Status);		\
	EXPECT_EQ(information, apc.status.Information);			\
} while (0)

#endif /* CONTRACT_APC_H */
