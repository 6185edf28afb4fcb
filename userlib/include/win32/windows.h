/* SPDX-License-Identifier: MIT */
/*
 * As much of <windows.h> as programs that send echo requests use, so that their
 * source compiles on Linux. Part of libicmpecho; see icmpapi.h.
 *
 * The integer types have their Windows width: LONG, ULONG and DWORD are 32 bits
 * although long is 64 on most Linux systems. A program that prints one with
 * "%ld" gets a warning.
 */
#ifndef ICMPECHO_WINDOWS_H
#define ICMPECHO_WINDOWS_H

#include <stddef.h>
#include <stdint.h>
/* Programs take malloc() and memset() for granted after <windows.h>. */
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WINAPI
#define APIENTRY
#define CALLBACK
#define NTAPI
#define WSAAPI
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __stdcall
#define __stdcall
#endif

#define VOID void
#define CONST const

typedef int BOOL, INT, *PBOOL, *LPBOOL, *PINT, *LPINT;
typedef char CHAR, *PCHAR, *PSTR, *LPSTR;
typedef const char *PCSTR, *LPCSTR;
/* So that L"…" is one. wchar_t has 32 bits here. */
typedef wchar_t WCHAR, *PWCHAR, *PWSTR, *LPWSTR;
typedef const wchar_t *PCWSTR, *LPCWSTR;
typedef unsigned char UCHAR, BYTE, BOOLEAN, *PUCHAR, *PBYTE, *LPBYTE;
typedef int16_t SHORT, *PSHORT;
typedef uint16_t USHORT, WORD, *PUSHORT, *PWORD, *LPWORD;
typedef unsigned int UINT, *PUINT;
typedef int32_t LONG, *PLONG, *LPLONG;
typedef uint32_t ULONG, DWORD, *PULONG, *PDWORD, *LPDWORD;
typedef int32_t INT32;
typedef uint32_t UINT32;
typedef int64_t LONGLONG, INT64;
typedef uint64_t ULONGLONG, DWORDLONG, UINT64;
typedef intptr_t INT_PTR, LONG_PTR;
typedef uintptr_t UINT_PTR, ULONG_PTR, DWORD_PTR;
typedef size_t SIZE_T;
typedef void *PVOID, *LPVOID, *HANDLE, **PHANDLE, **LPHANDLE;
typedef const void *LPCVOID;
typedef INT_PTR (WINAPI *FARPROC)(void);

/*
 * <sys/types.h> has an u_long of the width of long, but Windows programs read
 * an IPv4 address through one. It was included above, so that nothing declares
 * the name again.
 */
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#define u_long ULONG

#ifdef UNICODE
typedef WCHAR TCHAR;
typedef LPWSTR LPTSTR;
typedef LPCWSTR LPCTSTR;
#define TEXT(literal)	L##literal
#else
typedef CHAR TCHAR;
typedef LPSTR LPTSTR;
typedef LPCSTR LPCTSTR;
#define TEXT(literal)	literal
#endif

#ifndef FALSE
#define FALSE	0
#endif
#ifndef TRUE
#define TRUE	1
#endif

#define INVALID_HANDLE_VALUE	((HANDLE)(LONG_PTR)-1)
#define INFINITE		0xFFFFFFFFU
#define WAIT_OBJECT_0		0U
#define WAIT_ABANDONED		0x80U
#define WAIT_IO_COMPLETION	0xC0U
#define WAIT_TIMEOUT		258U
#define WAIT_FAILED		0xFFFFFFFFU

#define ERROR_SUCCESS			0U
#define NO_ERROR			0U
#define ERROR_FILE_NOT_FOUND		2U
#define ERROR_TOO_MANY_OPEN_FILES	4U
#define ERROR_ACCESS_DENIED		5U
#define ERROR_INVALID_HANDLE		6U
#define ERROR_NOT_ENOUGH_MEMORY		8U
#define ERROR_GEN_FAILURE		31U
#define ERROR_NOT_SUPPORTED		50U
#define ERROR_INVALID_PARAMETER		87U
#define ERROR_INSUFFICIENT_BUFFER	122U
#define ERROR_IO_PENDING		997U
#define ERROR_NOACCESS			998U
#define ERROR_INVALID_NETNAME		1214U
#define ERROR_NETWORK_UNREACHABLE	1231U
#define ERROR_HOST_UNREACHABLE		1232U

#define ZeroMemory(destination, length)		memset((destination), 0, (length))
#define CopyMemory(destination, source, length)	memcpy((destination), (source), (length))
#define MAKEWORD(low, high)	((WORD)(((BYTE)(low)) | ((WORD)((BYTE)(high))) << 8))
#define LOBYTE(word)		((BYTE)((word) & 0xff))
#define HIBYTE(word)		((BYTE)(((word) >> 8) & 0xff))

typedef struct _SECURITY_ATTRIBUTES {
	DWORD nLength;
	LPVOID lpSecurityDescriptor;
	BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/*
 * The last error is one per thread, as on Windows.
 */
DWORD WINAPI GetLastError(VOID);
VOID WINAPI SetLastError(DWORD dwErrCode);

/*
 * Events. lpEventAttributes is ignored and handles are not inherited by other
 * programs. An event with a name is refused: NULL, ERROR_NOT_SUPPORTED.
 *
 * A function that fails on a handle that is no event, or no longer, sets
 * ERROR_INVALID_HANDLE. All may be called by many threads at once; a thread
 * that waits on an event goes on waiting when another one closes the handle. A
 * child of fork() must not use the handles of its parent.
 */
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
			   BOOL bInitialState, LPCSTR lpName);
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
			   BOOL bInitialState, LPCWSTR lpName);
#ifdef UNICODE
#define CreateEvent CreateEventW
#else
#define CreateEvent CreateEventA
#endif
BOOL WINAPI SetEvent(HANDLE hEvent);
BOOL WINAPI ResetEvent(HANDLE hEvent);

/* Closes an event. An ICMP handle needs IcmpCloseHandle(). */
BOOL WINAPI CloseHandle(HANDLE hObject);

/*
 * Waits for an event. When it returns WAIT_OBJECT_0 after an echo request has
 * completed, that request's reply buffer is filled: see icmpapi.h.
 *
 * bAlertable has no effect yet, since there are no APCs.
 */
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);

#ifdef __cplusplus
}
#endif

#endif /* ICMPECHO_WINDOWS_H */
