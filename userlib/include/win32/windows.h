/* SPDX-License-Identifier: MIT */
/*
 * As much of <windows.h> as programs that send echo requests use, so that their
 * source compiles on Linux. Part of libicmpecho-win32; see icmpapi.h.
 *
 * The integer types have their Windows width: LONG, ULONG and DWORD are 32 bits
 * although long is 64 on most Linux systems. A program that prints one with
 * "%ld" gets a warning.
 */
#ifndef ICMPECHO_WINDOWS_H
#define ICMPECHO_WINDOWS_H

#include <stdarg.h>
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
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))

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
typedef int64_t LONGLONG, INT64, LONG64;
typedef uint64_t ULONGLONG, DWORDLONG, UINT64, ULONG64, DWORD64;
#define __int64 long long
typedef intptr_t INT_PTR, LONG_PTR;
typedef uintptr_t UINT_PTR, ULONG_PTR, DWORD_PTR;
typedef size_t SIZE_T, *PSIZE_T;
typedef void *PVOID, *LPVOID, *HANDLE, **PHANDLE, **LPHANDLE;
typedef const void *LPCVOID;
typedef INT_PTR (WINAPI *FARPROC)(void);
typedef void *HINSTANCE, *HMODULE, *HLOCAL, *HGLOBAL;

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
#define MAX_PATH		260
#define INFINITE		0xFFFFFFFFU
#define MAXIMUM_WAIT_OBJECTS	64
#define WAIT_OBJECT_0		0U
#define WAIT_ABANDONED		0x80U
#define WAIT_ABANDONED_0	0x80U
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
#define ERROR_MOD_NOT_FOUND		126U
#define ERROR_PROC_NOT_FOUND		127U
#define ERROR_MR_MID_NOT_FOUND		317U
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
 * Handles of events and threads. A function that fails on a handle of the wrong
 * kind, or of none, sets ERROR_INVALID_HANDLE. All may be called by many threads
 * at once; a thread that waits for an object goes on waiting when another one
 * closes the handle. A child of fork() must not use the handles of its parent.
 */

/* Closes an event or a thread. An ICMP handle needs IcmpCloseHandle(). */
BOOL WINAPI CloseHandle(HANDLE hObject);

/*
 * Events. lpEventAttributes is ignored and handles are not inherited by other
 * programs. An event with a name is refused: NULL, ERROR_NOT_SUPPORTED.
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

/*
 * Waiting for events and for the end of threads. When a wait ends because of an
 * event after an echo request has completed, that request's reply buffer is
 * filled: see icmpapi.h.
 *
 * An alertable wait runs the APC routines of this thread's echo requests that
 * have completed, and then returns WAIT_IO_COMPLETION; but if the object is set
 * when the wait begins, that comes first and the routines have to wait for the
 * next one.
 *
 * With bWaitAll the objects are taken all at once or not at all.
 */
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);
DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				    DWORD dwMilliseconds);
DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				      DWORD dwMilliseconds, BOOL bAlertable);
/* Sets an event and then waits: another thread may run in between. */
DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn,
				 DWORD dwMilliseconds, BOOL bAlertable);

/* There are no messages: dwWakeMask has no effect. */
#define MWMO_WAITALL		0x1U
#define MWMO_ALERTABLE		0x2U
#define MWMO_INPUTAVAILABLE	0x4U
#define QS_ALLEVENTS		0x04BFU
#define QS_ALLINPUT		0x04FFU
DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD nCount, const HANDLE *pHandles,
					 DWORD dwMilliseconds, DWORD dwWakeMask, DWORD dwFlags);

VOID WINAPI Sleep(DWORD dwMilliseconds);
/* Returns WAIT_IO_COMPLETION, or 0 when the time is over. */
DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

/*
 * Threads. lpThreadAttributes is ignored; of the flags only
 * STACK_SIZE_PARAM_IS_A_RESERVATION is accepted, others are refused: NULL,
 * ERROR_NOT_SUPPORTED. A thread's identifier is the one of gettid(2).
 */
typedef DWORD (WINAPI *PTHREAD_START_ROUTINE)(LPVOID lpThreadParameter);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;

#define STILL_ACTIVE				259U
#define CREATE_SUSPENDED			0x4U
#define STACK_SIZE_PARAM_IS_A_RESERVATION	0x10000U

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
			   LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
			   DWORD dwCreationFlags, LPDWORD lpThreadId);
VOID WINAPI ExitThread(DWORD dwExitCode) __attribute__((noreturn));
BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
DWORD WINAPI GetCurrentThreadId(VOID);
DWORD WINAPI GetCurrentProcessId(VOID);
/* As exit(3): what was printed is written out. */
VOID WINAPI ExitProcess(UINT uExitCode) __attribute__((noreturn));

/* Critical sections */
typedef struct _RTL_CRITICAL_SECTION {
	ULONGLONG opaque[8];
} CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection,
						  DWORD dwSpinCount);
VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

static inline LONG InterlockedIncrement(LONG __volatile__ *Addend)
{
	return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

static inline LONG InterlockedDecrement(LONG __volatile__ *Addend)
{
	return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

static inline LONG InterlockedExchange(LONG __volatile__ *Target, LONG Value)
{
	return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

static inline LONG InterlockedExchangeAdd(LONG __volatile__ *Addend, LONG Value)
{
	return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}

static inline LONG InterlockedCompareExchange(LONG __volatile__ *Destination, LONG ExChange,
					      LONG Comperand)
{
	/* Afterwards Comperand is what was there. */
	__atomic_compare_exchange_n(Destination, &Comperand, ExChange, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return Comperand;
}

/* Time */
typedef union _LARGE_INTEGER {
	__extension__ struct {
		DWORD LowPart;
		LONG HighPart;
	};
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

DWORD WINAPI GetTickCount(VOID);
ULONGLONG WINAPI GetTickCount64(VOID);
BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);

/*
 * Memory, which is malloc(3)'s. Of the flags those that ask for zeroed memory
 * count; there are no movable blocks.
 */
#define HEAP_ZERO_MEMORY	0x8U
#define LMEM_FIXED		0x0U
#define LMEM_ZEROINIT		0x40U
#define LPTR			(LMEM_FIXED | LMEM_ZEROINIT)
#define GMEM_FIXED		LMEM_FIXED
#define GMEM_ZEROINIT		LMEM_ZEROINIT
#define GPTR			LPTR

HANDLE WINAPI GetProcessHeap(VOID);
LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);
BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);
HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
HLOCAL WINAPI LocalFree(HLOCAL hMem);
HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes);
HGLOBAL WINAPI GlobalFree(HGLOBAL hMem);

/*
 * Libraries. There are two, "iphlpapi.dll" and "icmp.dll", with the functions of
 * icmpapi.h; how their names are written, and in which directory, does not
 * matter. Others are not found: NULL, ERROR_MOD_NOT_FOUND.
 */
HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName);
HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName);
HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);
BOOL WINAPI FreeLibrary(HMODULE hLibModule);
#ifdef UNICODE
#define LoadLibrary LoadLibraryW
#define LoadLibraryEx LoadLibraryExW
#define GetModuleHandle GetModuleHandleW
#else
#define LoadLibrary LoadLibraryA
#define LoadLibraryEx LoadLibraryExA
#define GetModuleHandle GetModuleHandleA
#endif
#define LOAD_LIBRARY_AS_DATAFILE	0x2U
#define LOAD_WITH_ALTERED_SEARCH_PATH	0x8U
#define LOAD_LIBRARY_SEARCH_SYSTEM32	0x800U

/*
 * Error messages, in English: those of the errors that functions of this library
 * set, IP_STATUS codes among them. Others: 0, ERROR_MR_MID_NOT_FOUND. Without
 * FORMAT_MESSAGE_FROM_SYSTEM or FORMAT_MESSAGE_FROM_HMODULE there is no message:
 * 0, ERROR_INVALID_PARAMETER. No message has inserts.
 */
#define FORMAT_MESSAGE_ALLOCATE_BUFFER	0x100U
#define FORMAT_MESSAGE_IGNORE_INSERTS	0x200U
#define FORMAT_MESSAGE_FROM_STRING	0x400U
#define FORMAT_MESSAGE_FROM_HMODULE	0x800U
#define FORMAT_MESSAGE_FROM_SYSTEM	0x1000U
#define FORMAT_MESSAGE_ARGUMENT_ARRAY	0x2000U
#define FORMAT_MESSAGE_MAX_WIDTH_MASK	0xFFU
#define LANG_NEUTRAL			0x00
#define LANG_ENGLISH			0x09
#define SUBLANG_NEUTRAL			0x00
#define SUBLANG_DEFAULT			0x01
#define SUBLANG_ENGLISH_US		0x01
#define MAKELANGID(primary, sub)	((((WORD)(sub)) << 10) | (WORD)(primary))

DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
			    DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize, va_list *Arguments);
DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
			    DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize, va_list *Arguments);
#ifdef UNICODE
#define FormatMessage FormatMessageW
#else
#define FormatMessage FormatMessageA
#endif

#ifdef __cplusplus
}
#endif

/* As on Windows. */
#ifndef WIN32_LEAN_AND_MEAN
#include "winsock2.h"
#endif

#endif /* ICMPECHO_WINDOWS_H */
