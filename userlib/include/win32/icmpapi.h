/* SPDX-License-Identifier: MIT */
/*
 * The IcmpSendEcho family on Linux, through /dev/icmpecho, in libicmpecho-win32:
 *
 *	cc $(pkg-config --cflags icmpecho-win32) ping.c \
 *	   $(pkg-config --libs icmpecho-win32)
 *
 * The functions behave as those of current Windows do, down to return values, last
 * errors and bytes in the reply buffer. Below is where they differ, and why. "0,
 * ERROR_X" means: the function returns 0, and the last error is ERROR_X.
 *
 * All of them
 * - The library has no thread of its own, except the one that SetConsoleCtrlHandler()
 *   starts. The kernel signals the event of an asynchronous request, but a call of
 *   this library fills the reply buffer: a wait for the event, before it returns; an
 *   alertable wait, before it runs the APC routine; or, in programs that use poll(2)
 *   on icmpecho_event_fd(), IcmpParseReplies() or Icmp6ParseReplies(). Each such
 *   call may also fill the buffers of other completed requests of the same ICMP
 *   handle. So a program must not free a buffer before one of these calls was made
 *   for it. On Windows it would be enough to let the timeout pass.
 * - Not enough memory, or too many requests in flight for this handle or for this
 *   user: 0, ERROR_NOT_ENOUGH_MEMORY. A full send buffer: 0, IP_NO_RESOURCES. These
 *   limits are the kernel module's.
 * - A Timeout below 16 ms, also 0, is 16 ms: Windows rounds up to a tick of its
 *   clock, and programs rely on a Timeout of 0 that reaches a near host. 0xffffffff
 *   is 49 days. icmpecho.h does not round timeouts up.
 * - Messages are in English.
 *
 * IcmpCreateFile, Icmp6CreateFile
 * - They fail with ERROR_NOT_SUPPORTED if the module is not loaded, and with
 *   ERROR_ACCESS_DENIED if the mode of /dev/icmpecho, a device cgroup or a
 *   sandbox forbids opening it.
 * - Icmp6CreateFile succeeds on a host without IPv6. Sending then fails with
 *   ERROR_NOT_SUPPORTED.
 *
 * IcmpSendEcho, IcmpSendEcho2, IcmpSendEcho2Ex
 * - A Ttl of 0, or no RequestOptions, means the system's default
 *   (net.ipv4.ip_default_ttl), not 128. Tos is honoured; on Windows its
 *   configuration decides.
 * - IP_FLAG_REVERSE is refused: 0, ERROR_NOT_SUPPORTED. Linux cannot do it.
 * - An OptionsSize above MAX_OPT_SIZE, or without OptionsData: 0,
 *   ERROR_INVALID_PARAMETER. Malformed options: the Status IP_BAD_OPTION. Source
 *   routes need CAP_NET_RAW: 0, ERROR_ACCESS_DENIED.
 * - A RequestSize above 65507: 0, ERROR_INVALID_PARAMETER.
 * - A broadcast destination needs CAP_NET_RAW: 0, ERROR_ACCESS_DENIED. Replies
 *   from a broadcast or multicast destination are collected until Timeout has
 *   passed or the buffer has no room for another reply as long as the request,
 *   at most 4096 of them. What Windows does is not documented. The network namespace
 *   of the calling thread says which addresses are broadcast addresses.
 * - A reply that does not fit into the buffer is noticed when it arrives: 0,
 *   IP_GENERAL_FAILURE. A request that ends without a reply needs no room.
 * - An ICMP source quench does not end a request, as RFC 6633 asks: IP_SOURCE_QUENCH
 *   is never returned.
 * - Sequence numbers do not count up, so that other hosts cannot guess them.
 * - A destination on the local network that does not answer ARP: the Address of
 *   IP_DEST_HOST_UNREACHABLE is the address that Linux puts into the error.
 *
 * Icmp6SendEcho2
 * - OptionsSize and OptionsData are ignored. IP_FLAG_REVERSE is refused as above. Tos
 *   and IP_FLAG_DF are honoured.
 * - A link-local destination without a sin6_scope_id takes that of the source;
 *   without either: 0, ERROR_INVALID_PARAMETER. Linux has no default interface.
 *
 * APC routines
 * - The routine of a request whose thread has ended is never called, as on
 *   Windows, and nothing is written to the request's buffer any more.
 * - Only the waits of this library are alertable, not those of the C library.
 * - The Status of the IO_STATUS_BLOCK is 0 where IcmpParseReplies() or
 *   Icmp6ParseReplies() will return a count. Otherwise it is STATUS_TIMEOUT after a
 *   timeout (which satisfies NT_SUCCESS(), but is not 0), STATUS_INVALID_PARAMETER
 *   for an IPv6 request with a Ttl of 0, and STATUS_UNSUCCESSFUL in all other cases.
 *   Of these, only the one for the Ttl of 0 is known from Windows. Information is
 *   the number of bytes in the buffer; without data, the size of the structure.
 *
 * What to look for in a program for Windows
 * - The structures have 64-bit pointers in a 64-bit program. If it declares them itself
 *   with 32-bit pointers, or casts to ICMP_ECHO_REPLY32, it reads garbage: Data,
 *   Options and what follows them lie elsewhere, and its buffers are too small. Use
 *   ICMP_ECHO_REPLY, or build the program with -m32: then its own structures fit, and
 *   the *32 ones are not declared.
 * - _WIN32 is not defined, since this is not Windows. A program that needs it can be
 *   built with -D_WIN32: these headers and the C library's compile with it.
 * - In wprintf() the argument of %s is char *, on Windows wchar_t *. That of %ls is
 *   wchar_t * on both. wchar_t has 32 bits. After printf() on a stream, wprintf() on
 *   it does nothing, and the reverse.
 *
 * Several threads may call any function at once, for the same handle too; synchronous
 * calls do not wait for each other. A child of fork() must not use the handles of its
 * parent.
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
 * Return a handle for IPv4 or IPv6 echo requests, which IcmpCloseHandle() closes; or
 * INVALID_HANDLE_VALUE and set the last error. The handle sends in the network
 * namespace of the thread that made it.
 */
HANDLE WINAPI IcmpCreateFile(VOID);
HANDLE WINAPI Icmp6CreateFile(VOID);

/*
 * Closes a handle of either kind. Requests in flight still complete: their buffers are
 * filled, and their events signalled or their routines called. Returns FALSE and sets
 * ERROR_INVALID_HANDLE if the handle is not open.
 */
BOOL WINAPI IcmpCloseHandle(HANDLE IcmpHandle);

/*
 * Sends one request and waits for the answer. Returns the number of replies in
 * ReplyBuffer; the Status of the first may be an ICMP error. Without a reply it
 * returns 0, and the last error says why: IP_REQ_TIMED_OUT, another IP_STATUS or a
 * Windows error code. Sizes are in bytes, Timeout is in milliseconds. RequestData may
 * lie in ReplyBuffer.
 */
DWORD WINAPI IcmpSendEcho(HANDLE IcmpHandle, IPAddr DestinationAddress, LPVOID RequestData,
			  WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
			  LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout);

/*
 * With neither Event nor ApcRoutine, as IcmpSendEcho().
 *
 * With an Event it returns 0 once the request is in flight, and sets
 * ERROR_IO_PENDING. It has reset the event, which is signalled when the request has
 * ended. The program may reuse RequestData at once; ReplyBuffer belongs to the
 * request until that has ended.
 *
 * Likewise with an ApcRoutine and no Event: an alertable wait of the same thread calls
 * the routine with ApcContext, see windows.h. With both, the event is signalled and
 * the routine is never called.
 */
DWORD WINAPI IcmpSendEcho2(HANDLE IcmpHandle, HANDLE Event, ICMPECHO_APC_ROUTINE ApcRoutine,
			   PVOID ApcContext, IPAddr DestinationAddress, LPVOID RequestData,
			   WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
			   LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout);

/* As IcmpSendEcho2(), from SourceAddress; if that is 0, the system chooses. */
DWORD WINAPI IcmpSendEcho2Ex(HANDLE IcmpHandle, HANDLE Event, ICMPECHO_APC_ROUTINE ApcRoutine,
			     PVOID ApcContext, IPAddr SourceAddress, IPAddr DestinationAddress,
			     LPVOID RequestData, WORD RequestSize,
			     PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer,
			     DWORD ReplySize, DWORD Timeout);

/*
 * Returns the number of replies that an asynchronous request has left in the buffer.
 * If there are none, or from the second call on, it returns 0 and sets the last error
 * to the Status of the first reply. A buffer that is NULL or of size 0: 0,
 * ERROR_INVALID_PARAMETER.
 */
DWORD WINAPI IcmpParseReplies(LPVOID ReplyBuffer, DWORD ReplySize);

/*
 * As IcmpSendEcho2Ex(), for a handle of Icmp6CreateFile(). The family of the addresses
 * is ignored. There is at most one reply, and its data follows the structure.
 * Returns what Icmp6ParseReplies() does. A request with a Ttl of 0 in its options
 * ends with IP_GENERAL_FAILURE.
 */
DWORD WINAPI Icmp6SendEcho2(HANDLE IcmpHandle, HANDLE Event, ICMPECHO_APC_ROUTINE ApcRoutine,
			    PVOID ApcContext, struct sockaddr_in6 *SourceAddress,
			    struct sockaddr_in6 *DestinationAddress, LPVOID RequestData,
			    WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
			    LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout);

/*
 * Returns 1 if the Status is IP_SUCCESS or IP_HOP_LIMIT_EXCEEDED; otherwise 0, and sets
 * the last error to the Status. Further calls return the same. A buffer that is NULL or
 * of size 0: 0, ERROR_GEN_FAILURE.
 */
DWORD WINAPI Icmp6ParseReplies(LPVOID ReplyBuffer, DWORD ReplySize);

/*
 * Writes an IP_STATUS or a Windows error code in words. *Size is the number of
 * characters that Buffer has room for. Returns NO_ERROR; or
 * ERROR_INSUFFICIENT_BUFFER, with the number needed in *Size; or
 * ERROR_INVALID_PARAMETER for an unknown code.
 */
DWORD WINAPI GetIpErrorString(IP_STATUS ErrorCode, PWSTR Buffer, PDWORD Size);

/*
 * Not in Windows: returns the eventfd of an event, for poll(2). POLLIN means that the
 * event is signalled. The eventfd belongs to the event: do not read or close it;
 * reset the event with ResetEvent() or by a wait. Returns -1 and sets
 * ERROR_INVALID_HANDLE if the handle is not an event.
 */
int icmpecho_event_fd(HANDLE Event);

/*
 * Not in Windows: makes an event from an eventfd of the program, which may go on using
 * the eventfd as before: after poll(2) and read(2), IcmpParseReplies() fills the
 * reply buffer. A wait for the event resets it. The eventfd must be EFD_NONBLOCK and
 * not EFD_SEMAPHORE; the event holds a duplicate of it. Returns a handle, which
 * CloseHandle() closes; or NULL and sets ERROR_INVALID_PARAMETER if the eventfd is
 * blocking, ERROR_INVALID_HANDLE if it is not open.
 */
HANDLE icmpecho_event_from_fd(int fd);

#ifdef __cplusplus
}
#endif

#endif /* ICMPECHO_ICMPAPI_H */
