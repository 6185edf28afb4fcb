/* SPDX-License-Identifier: MIT */
/*
 * The IcmpSendEcho family on Linux, through /dev/icmpecho and libicmpecho:
 *
 *	cc $(pkg-config --cflags icmpecho-win32) ping.c \
 *	   $(pkg-config --libs icmpecho-win32)
 *
 * The functions behave as current Windows does, down to return values, last
 * errors and bytes in the reply buffer. Where they differ:
 *
 * - No hidden thread runs. The kernel signals the event of an asynchronous
 *   request by itself, but the reply buffer is filled by a call of this
 *   library: by WaitForSingleObject() on the event, before it returns; or, for
 *   programs that use poll(2) on icmpecho_event_fd(), by IcmpParseReplies().
 *   Any such call may fill the buffers of other completed requests of the same
 *   ICMP handle. So the buffer must stay until one of the two has been called
 *   for it; on Windows it would be enough to let the time-out pass.
 * - An ApcRoutine is refused: 0, ERROR_NOT_SUPPORTED.
 * - IP options need a kernel module that has them; otherwise they are refused:
 *   0, ERROR_NOT_SUPPORTED. So is IP_FLAG_REVERSE, always.
 * - A Ttl of 0, or no RequestOptions, means the system's default
 *   (net.ipv4.ip_default_ttl), not 128. Tos is honoured.
 * - Opening fails with ERROR_NOT_SUPPORTED if the module is not loaded and with
 *   ERROR_ACCESS_DENIED if the mode of /dev/icmpecho forbids it.
 * - Not enough memory, or too many requests at once, for this handle or for all
 *   of the user: 0, ERROR_NOT_ENOUGH_MEMORY. A full send buffer: 0,
 *   IP_NO_RESOURCES.
 * - A broadcast destination without CAP_NET_RAW: 0, ERROR_ACCESS_DENIED.
 *
 * All functions may be called by many threads at once, for one handle too:
 * synchronous calls do not wait for each other. A child of fork() must not use
 * the handles of its parent.
 */
#ifndef ICMPECHO_ICMPAPI_H
#define ICMPECHO_ICMPAPI_H

#include "ipexport.h"
#include "windows.h"

/* As on Windows: define it after <winternl.h>, or cast the routine to FARPROC. */
#ifdef PIO_APC_ROUTINE_DEFINED
#include "winternl.h"
#define ICMPECHO_APC_ROUTINE PIO_APC_ROUTINE
#else
#define ICMPECHO_APC_ROUTINE FARPROC
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Returns a handle for IPv4 echo requests, or INVALID_HANDLE_VALUE. The handle
 * belongs to the network namespace in which it was made.
 */
HANDLE WINAPI IcmpCreateFile(VOID);

/*
 * Requests in flight still complete after this: their buffers are filled and
 * their events signalled.
 */
BOOL WINAPI IcmpCloseHandle(HANDLE IcmpHandle);

/*
 * Sends one request and waits for the answer. Returns the number of replies in
 * ReplyBuffer, of which the first one's Status may be an ICMP error; or 0, and
 * the last error says why: IP_REQ_TIMED_OUT, other IP_STATUS codes and Windows
 * error codes. Timeout is in milliseconds. RequestData may lie in ReplyBuffer.
 */
DWORD WINAPI IcmpSendEcho(HANDLE IcmpHandle, IPAddr DestinationAddress, LPVOID RequestData,
			  WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
			  LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout);

/*
 * With an Event, returns 0 and ERROR_IO_PENDING once the request is on its way.
 * The event is reset then, and signalled when the request has ended.
 * RequestData may be reused at once; ReplyBuffer belongs to the request.
 */
DWORD WINAPI IcmpSendEcho2(HANDLE IcmpHandle, HANDLE Event, ICMPECHO_APC_ROUTINE ApcRoutine,
			   PVOID ApcContext, IPAddr DestinationAddress, LPVOID RequestData,
			   WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
			   LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout);

/* SourceAddress 0 lets the system choose. */
DWORD WINAPI IcmpSendEcho2Ex(HANDLE IcmpHandle, HANDLE Event, ICMPECHO_APC_ROUTINE ApcRoutine,
			     PVOID ApcContext, IPAddr SourceAddress, IPAddr DestinationAddress,
			     LPVOID RequestData, WORD RequestSize,
			     PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer,
			     DWORD ReplySize, DWORD Timeout);

/*
 * Returns the number of replies that an asynchronous request left in the
 * buffer; or 0, with the status as last error. Only the first call does so.
 */
DWORD WINAPI IcmpParseReplies(LPVOID ReplyBuffer, DWORD ReplySize);

/*
 * Not in Windows: the eventfd of an event, to be polled for POLLIN (the event
 * is signalled). It belongs to the event: neither read nor close it; reset the
 * event with ResetEvent() or by a wait. Returns -1 and sets
 * ERROR_INVALID_HANDLE if the handle is no event.
 */
int icmpecho_event_fd(HANDLE Event);

#ifdef __cplusplus
}
#endif

#endif /* ICMPECHO_ICMPAPI_H */
