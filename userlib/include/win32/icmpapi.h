/* SPDX-License-Identifier: MIT */
/*
 * The IcmpSendEcho family on Linux, through /dev/icmpecho, in libicmpecho-win32:
 *
 *	cc $(pkg-config --cflags icmpecho-win32) ping.c \
 *	   $(pkg-config --libs icmpecho-win32)
 *
 * The functions behave as current Windows does, down to return values, last
 * errors and bytes in the reply buffer. Where they differ, and why:
 *
 * All of them
 * - No hidden thread runs, but the one that SetConsoleCtrlHandler() starts if it
 *   is called. The kernel signals the event of an asynchronous
 *   request by itself, but the reply buffer is filled by a call of this
 *   library: by a wait for the event, before it returns; by an alertable wait,
 *   before it runs the APC routine; or, for programs that use poll(2) on
 *   icmpecho_event_fd(), by IcmpParseReplies() or Icmp6ParseReplies(). Any such
 *   call may fill the buffers of other completed requests of the same ICMP
 *   handle. So the buffer must stay until one of them has been called for it;
 *   on Windows it would be enough to let the time-out pass.
 * - Not enough memory, or too many requests at once, for this handle or for all
 *   of the user: 0, ERROR_NOT_ENOUGH_MEMORY. A full send buffer: 0,
 *   IP_NO_RESOURCES. These limits are the kernel module's.
 * - A Timeout below 16 ms, also 0, is 16 ms: Windows rounds up to a tick of its
 *   clock, and programs count on a 0 that reaches a near host. 0xffffffff is 49
 *   days. A timeout of icmpecho.h is what was asked for.
 * - Messages are in English.
 *
 * IcmpCreateFile, Icmp6CreateFile
 * - Fail with ERROR_NOT_SUPPORTED if the module is not loaded, and with
 *   ERROR_ACCESS_DENIED if the mode of /dev/icmpecho, a device cgroup or a
 *   sandbox forbids it.
 * - Icmp6CreateFile succeeds on a host without IPv6. Sending then fails with
 *   ERROR_NOT_SUPPORTED.
 *
 * IcmpSendEcho, IcmpSendEcho2, IcmpSendEcho2Ex
 * - A Ttl of 0, or no RequestOptions, means the system's default
 *   (net.ipv4.ip_default_ttl), not 128. Tos is honoured, which on Windows
 *   depends on its configuration.
 * - IP_FLAG_REVERSE is refused: 0, ERROR_NOT_SUPPORTED. Linux has no such thing.
 * - An OptionsSize above MAX_OPT_SIZE, or without OptionsData: 0,
 *   ERROR_INVALID_PARAMETER. Malformed options: the Status IP_BAD_OPTION. Source
 *   routes need CAP_NET_RAW: 0, ERROR_ACCESS_DENIED.
 * - A RequestSize above 65507: 0, ERROR_INVALID_PARAMETER.
 * - A broadcast destination needs CAP_NET_RAW: 0, ERROR_ACCESS_DENIED. Replies
 *   of a broadcast or multicast destination are collected until Timeout has
 *   passed or the buffer has room for no other reply as long as the request,
 *   at most 4096 of them. What Windows does is not documented. Whether an
 *   address is the broadcast address of a network is looked up in the network
 *   namespace of the calling thread.
 * - Whether a reply fits into the buffer is decided when it arrives: 0,
 *   IP_GENERAL_FAILURE. A request that ends without a reply needs no room.
 * - An ICMP source quench is not an answer, as RFC 6633 asks: IP_SOURCE_QUENCH is
 *   never returned.
 * - Sequence numbers do not count up: they cannot be guessed.
 * - A destination on the local network that does not answer ARP: the Address of
 *   IP_DEST_HOST_UNREACHABLE is the address that Linux puts into the error.
 *
 * Icmp6SendEcho2
 * - OptionsSize and OptionsData are not looked at. IP_FLAG_REVERSE is refused as
 *   above. Tos, and IP_FLAG_DF, are honoured.
 * - A link-local destination without a sin6_scope_id takes that of the source;
 *   without either: 0, ERROR_INVALID_PARAMETER. There is no default interface.
 *
 * APC routines
 * - The routine of a request whose thread has ended is never called, as on
 *   Windows, and the request's buffer is not written to any more.
 * - Only a wait of this library is alertable.
 * - The Status of the IO_STATUS_BLOCK is 0 where IcmpParseReplies() or
 *   Icmp6ParseReplies() will return a count. Else it is STATUS_TIMEOUT after a
 *   time-out (which satisfies NT_SUCCESS(), and is not 0), STATUS_INVALID_PARAMETER
 *   of an IPv6 request with a Ttl of 0, and STATUS_UNSUCCESSFUL otherwise. What
 *   Windows says is known of that Ttl only. Information is the number of bytes in
 *   the buffer; without data, the size of the structure.
 *
 * What to know when bringing a program here
 * - The structures are those of the program's width. One that declares its own, with
 *   32 bits for each pointer, or that casts to ICMP_ECHO_REPLY32, reads garbage when
 *   built for 64 bits: Data, Options and what follows them lie elsewhere, and its
 *   buffers are too small. Use ICMP_ECHO_REPLY, or build with -m32, where the
 *   structures that it declares fit, and the *32 ones are not declared.
 * - _WIN32 is not defined here, since it is no Windows. A program that asks for it may
 *   be built with -D_WIN32: these headers and the C library's do not mind.
 * - The format %s of wprintf() is of char here, on Windows of wchar_t; %ls is of
 *   wchar_t in both. wchar_t has 32 bits. And a stream that printf() has been used on
 *   ignores wprintf(), and the reverse.
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
#define ICMPECHO_APC_ROUTINE PIO_APC_ROUTINE
#else
#define ICMPECHO_APC_ROUTINE FARPROC
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct sockaddr_in6;

/*
 * Returns a handle for IPv4 or IPv6 echo requests, or INVALID_HANDLE_VALUE. The
 * handle belongs to the network namespace in which it was made.
 */
HANDLE WINAPI IcmpCreateFile(VOID);
HANDLE WINAPI Icmp6CreateFile(VOID);

/*
 * For both kinds of handle. Requests in flight still complete after this: their
 * buffers are filled, and their events signalled or their routines called.
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
 *
 * With an ApcRoutine and no Event likewise, and the routine is called with
 * ApcContext by an alertable wait of the same thread: see windows.h. With both,
 * the event is signalled and the routine never called.
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
 * As IcmpSendEcho2Ex(), for a handle of Icmp6CreateFile(): with neither Event nor
 * ApcRoutine it waits. The family of the addresses is not looked at. There is at
 * most one reply, and its data follows the structure. Returns what
 * Icmp6ParseReplies() does. A Ttl of 0 in the options: IP_GENERAL_FAILURE.
 */
DWORD WINAPI Icmp6SendEcho2(HANDLE IcmpHandle, HANDLE Event, ICMPECHO_APC_ROUTINE ApcRoutine,
			    PVOID ApcContext, struct sockaddr_in6 *SourceAddress,
			    struct sockaddr_in6 *DestinationAddress, LPVOID RequestData,
			    WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
			    LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout);

/*
 * Returns 1 if the Status is IP_SUCCESS or IP_HOP_LIMIT_EXCEEDED; or 0, with the
 * Status as last error. May be called as often as one likes.
 */
DWORD WINAPI Icmp6ParseReplies(LPVOID ReplyBuffer, DWORD ReplySize);

/*
 * An IP_STATUS or a Windows error code in words. *Size is the number of
 * characters that Buffer has room for. Returns NO_ERROR; or
 * ERROR_INSUFFICIENT_BUFFER, with the number needed in *Size; or
 * ERROR_INVALID_PARAMETER for an unknown code.
 */
DWORD WINAPI GetIpErrorString(IP_STATUS ErrorCode, PWSTR Buffer, PDWORD Size);

/*
 * Not in Windows: the eventfd of an event, to be polled for POLLIN (the event
 * is signalled). It belongs to the event: neither read nor close it; reset the
 * event with ResetEvent() or by a wait. Returns -1 and sets
 * ERROR_INVALID_HANDLE if the handle is no event.
 */
int icmpecho_event_fd(HANDLE Event);

/*
 * Not in Windows: an event made of an eventfd of the program, which may go on
 * using it in its own way: after poll(2) and read(2), IcmpParseReplies() fills
 * the reply buffer. A wait for the event resets it. The eventfd must be
 * EFD_NONBLOCK and not EFD_SEMAPHORE; the event holds a duplicate. Returns NULL
 * and sets ERROR_INVALID_PARAMETER if it is not non-blocking,
 * ERROR_INVALID_HANDLE if it is not open. CloseHandle() closes the event.
 */
HANDLE icmpecho_event_from_fd(int fd);

#ifdef __cplusplus
}
#endif

#endif /* ICMPECHO_ICMPAPI_H */
