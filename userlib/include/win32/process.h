/* SPDX-License-Identifier: MIT */
/* Threads as the C library of Windows has them. Part of libicmpecho-win32; see icmpapi.h. */
#ifndef ICMPECHO_PROCESS_H
#define ICMPECHO_PROCESS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * As CreateThread(). Returns the thread's handle, which CloseHandle() closes; or 0 with
 * errno and the last error set.
 */
uintptr_t _beginthreadex(void *security, unsigned int stack_size,
			 unsigned int (*start_address)(void *), void *arglist,
			 unsigned int initflag, unsigned int *thrdaddr);
void _endthreadex(unsigned int retval) __attribute__((noreturn));

/* The end of the thread closes the handle. Returns -1 with errno set on failure. */
uintptr_t _beginthread(void (*start_address)(void *), unsigned int stack_size, void *arglist);
void _endthread(void) __attribute__((noreturn));

int _getpid(void);

#ifdef __cplusplus
}
#endif

#endif /* ICMPECHO_PROCESS_H */
