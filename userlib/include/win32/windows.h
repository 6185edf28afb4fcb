/* SPDX-License-Identifier: MIT */
/*
 * The part of <windows.h> that programs with echo requests use, so that their source
 * compiles on Linux. Part of libicmpecho-win32; see icmpapi.h.
 *
 * "FALSE, ERROR_X" means: the function returns FALSE, and the last error is ERROR_X.
 */
#ifndef ICMPECHO_WINDOWS_H
#define ICMPECHO_WINDOWS_H

#include "windef.h"

#ifdef __cplusplus
extern "C" {
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
#define ERROR_PATH_NOT_FOUND		3U
#define ERROR_TOO_MANY_OPEN_FILES	4U
#define ERROR_ACCESS_DENIED		5U
#define ERROR_INVALID_HANDLE		6U
#define ERROR_NOT_ENOUGH_MEMORY		8U
#define ERROR_OUTOFMEMORY		14U
#define ERROR_GEN_FAILURE		31U
#define ERROR_NOT_SUPPORTED		50U
#define ERROR_INVALID_PARAMETER		87U
#define ERROR_INSUFFICIENT_BUFFER	122U
#define ERROR_MOD_NOT_FOUND		126U
#define ERROR_PROC_NOT_FOUND		127U
#define ERROR_ALREADY_EXISTS		183U
#define ERROR_FILENAME_EXCED_RANGE	206U
#define ERROR_NOT_OWNER			288U
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

/* Each thread has a last error of its own, as on Windows. */
DWORD WINAPI GetLastError(VOID);
VOID WINAPI SetLastError(DWORD dwErrCode);

/*
 * Handles of events, mutexes and threads. A function sets ERROR_INVALID_HANDLE if the
 * handle is not open or of another kind. Several threads may call any function at
 * once. When one thread closes a handle, others that wait for its object go on
 * waiting. A child of fork() must not use the handles of its parent. Security
 * attributes and access rights have no effect, and other programs do not inherit
 * handles.
 */

/* Not for ICMP handles: IcmpCloseHandle(). */
BOOL WINAPI CloseHandle(HANDLE hObject);

#define DUPLICATE_CLOSE_SOURCE	0x1U
#define DUPLICATE_SAME_ACCESS	0x2U
/* Both processes must be GetCurrentProcess(). Not for ICMP handles. */
BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
			    HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
			    DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);
/* For DuplicateHandle() only. */
HANDLE WINAPI GetCurrentProcess(VOID);

/*
 * Names of events and mutexes. To create an object under the name of one of the same
 * kind gives another handle of that one, and the last error is ERROR_ALREADY_EXISTS;
 * otherwise it is 0. Closing the last handle frees the name. Failures:
 *
 *	ERROR_INVALID_HANDLE		an object of another kind has the name
 *	ERROR_FILE_NOT_FOUND		open: no object has the name
 *	ERROR_ACCESS_DENIED		an object of another process has the name
 *	ERROR_PATH_NOT_FOUND		without its namespace, the name is empty or has a backslash
 *	ERROR_FILENAME_EXCED_RANGE	the name has more than MAX_PATH characters
 *
 * On Windows processes share an object by its name. Here an object belongs to one
 * process, and the name is refused to all others as if they had no right to it, until
 * that process has closed it or ended. All processes of a user in a network namespace
 * have the same names, with or without "Local\"; names with "Global\" are those of all
 * users there. Names of char are read as UTF-8.
 */
#define SYNCHRONIZE		0x100000U
#define EVENT_MODIFY_STATE	0x2U
#define EVENT_ALL_ACCESS	0x1F0003U
#define MUTEX_MODIFY_STATE	0x1U
#define MUTEX_ALL_ACCESS	0x1F0001U

/* Events */
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
			   BOOL bInitialState, LPCSTR lpName);
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
			   BOOL bInitialState, LPCWSTR lpName);
HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
#ifdef UNICODE
#define CreateEvent CreateEventW
#define OpenEvent OpenEventW
#else
#define CreateEvent CreateEventA
#define OpenEvent OpenEventA
#endif
BOOL WINAPI SetEvent(HANDLE hEvent);
BOOL WINAPI ResetEvent(HANDLE hEvent);

/*
 * Mutexes. After a wait for a mutex the thread owns it. It may wait for it again, and
 * must release it as often as it has waited. ReleaseMutex() in a thread that does not
 * own it: FALSE, ERROR_NOT_OWNER. When a thread ends, the mutexes that it still owns
 * are abandoned: the next thread's wait returns WAIT_ABANDONED_0 instead of
 * WAIT_OBJECT_0.
 */
HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
			   LPCSTR lpName);
HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
			   LPCWSTR lpName);
HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
#ifdef UNICODE
#define CreateMutex CreateMutexW
#define OpenMutex OpenMutexW
#else
#define CreateMutex CreateMutexA
#define OpenMutex OpenMutexA
#endif
BOOL WINAPI ReleaseMutex(HANDLE hMutex);

/*
 * Waits for events, for mutexes and for the end of threads. When a completed echo
 * request has signalled the event, the wait fills the request's reply buffer before it
 * returns: see icmpapi.h.
 *
 * An alertable wait calls the APC routines of this thread's completed echo requests and
 * then those that QueueUserAPC() has queued, and returns WAIT_IO_COMPLETION. But if
 * the object is signalled when the wait begins, the wait returns that, and the
 * routines stay queued for the next alertable wait.
 *
 * With bWaitAll the wait takes all objects at once or none.
 */
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);
DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				    DWORD dwMilliseconds);
DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				      DWORD dwMilliseconds, BOOL bAlertable);
/* Sets an event or releases a mutex, then waits. Another thread may run in between. */
DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn,
				 DWORD dwMilliseconds, BOOL bAlertable);

/* Linux has no window messages: dwWakeMask has no effect. */
#define MWMO_WAITALL		0x1U
#define MWMO_ALERTABLE		0x2U
#define MWMO_INPUTAVAILABLE	0x4U
#define QS_ALLEVENTS		0x04BFU
#define QS_ALLINPUT		0x04FFU
DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD nCount, const HANDLE *pHandles,
					 DWORD dwMilliseconds, DWORD dwWakeMask, DWORD dwFlags);

VOID WINAPI Sleep(DWORD dwMilliseconds);
/* Returns WAIT_IO_COMPLETION if it has called APC routines, or 0 when the time has passed. */
DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

/*
 * Threads. lpThreadAttributes is ignored. The only flag accepted is
 * STACK_SIZE_PARAM_IS_A_RESERVATION; another: NULL, ERROR_NOT_SUPPORTED. A thread's
 * identifier is that of gettid(2).
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
/*
 * Stands for the calling thread in GetExitCodeThread(), DuplicateHandle() and
 * QueueUserAPC(). No other function accepts it.
 */
HANDLE WINAPI GetCurrentThread(VOID);

/*
 * The thread's next alertable wait calls the routine; if the thread is in such a wait,
 * it wakes up. A routine queued before the thread has begun is called before the
 * thread's own function. A routine still queued when the thread ends is never called.
 * Returns 0 on failure: ERROR_GEN_FAILURE if the thread has ended.
 */
typedef VOID (NTAPI *PAPCFUNC)(ULONG_PTR Parameter);
DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);

DWORD WINAPI GetCurrentProcessId(VOID);
/* As exit(3), which flushes the streams. */
VOID WINAPI ExitProcess(UINT uExitCode) __attribute__((noreturn));

/*
 * Adds or removes a handler of control events. SIGINT (Ctrl+C) is a CTRL_C_EVENT, SIGQUIT
 * (Ctrl+\) a CTRL_BREAK_EVENT, SIGHUP and SIGTERM are CTRL_CLOSE_EVENTs.
 *
 * As on Windows, a thread that the program has not made calls the handlers, the last
 * one added first, until one returns TRUE. This function starts the thread when it
 * adds the first handler. The signal ends the process if no handler returns TRUE, and
 * always after a CTRL_CLOSE_EVENT. A signal that is ignored when the first handler is
 * added stays ignored, as nohup(1) wants it. Removing the last handler restores what
 * the program did with the signals before.
 *
 * NULL and TRUE ignore SIGINT, in programs that this one starts later too; NULL and
 * FALSE end that.
 */
#define CTRL_C_EVENT		0U
#define CTRL_BREAK_EVENT	1U
#define CTRL_CLOSE_EVENT	2U
#define CTRL_LOGOFF_EVENT	5U
#define CTRL_SHUTDOWN_EVENT	6U
typedef BOOL (WINAPI *PHANDLER_ROUTINE)(DWORD dwCtrlType);
BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add);

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
	/* On failure this stores the value of *Destination in Comperand. */
	__atomic_compare_exchange_n(Destination, &Comperand, ExChange, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return Comperand;
}

/*
 * The version is 6.2, as Windows reports it to a program whose manifest does not name a
 * later one. A wrong dwOSVersionInfoSize: FALSE, ERROR_INSUFFICIENT_BUFFER.
 */
#define VER_PLATFORM_WIN32_NT	2U
#define VER_NT_WORKSTATION	1

typedef struct _OSVERSIONINFOA {
	DWORD dwOSVersionInfoSize;
	DWORD dwMajorVersion;
	DWORD dwMinorVersion;
	DWORD dwBuildNumber;
	DWORD dwPlatformId;
	CHAR szCSDVersion[128];
} OSVERSIONINFOA, *POSVERSIONINFOA, *LPOSVERSIONINFOA;

typedef struct _OSVERSIONINFOW {
	DWORD dwOSVersionInfoSize;
	DWORD dwMajorVersion;
	DWORD dwMinorVersion;
	DWORD dwBuildNumber;
	DWORD dwPlatformId;
	WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, *LPOSVERSIONINFOW;

typedef struct _OSVERSIONINFOEXA {
	DWORD dwOSVersionInfoSize;
	DWORD dwMajorVersion;
	DWORD dwMinorVersion;
	DWORD dwBuildNumber;
	DWORD dwPlatformId;
	CHAR szCSDVersion[128];
	WORD wServicePackMajor;
	WORD wServicePackMinor;
	WORD wSuiteMask;
	BYTE wProductType;
	BYTE wReserved;
} OSVERSIONINFOEXA, *POSVERSIONINFOEXA, *LPOSVERSIONINFOEXA;

typedef struct _OSVERSIONINFOEXW {
	DWORD dwOSVersionInfoSize;
	DWORD dwMajorVersion;
	DWORD dwMinorVersion;
	DWORD dwBuildNumber;
	DWORD dwPlatformId;
	WCHAR szCSDVersion[128];
	WORD wServicePackMajor;
	WORD wServicePackMinor;
	WORD wSuiteMask;
	BYTE wProductType;
	BYTE wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, *LPOSVERSIONINFOEXW;

BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA lpVersionInformation);
BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW lpVersionInformation);

/* They do nothing: Linux has no debugger that reads these strings. */
VOID WINAPI OutputDebugStringA(LPCSTR lpOutputString);
VOID WINAPI OutputDebugStringW(LPCWSTR lpOutputString);

#ifdef UNICODE
typedef OSVERSIONINFOW OSVERSIONINFO, *POSVERSIONINFO, *LPOSVERSIONINFO;
typedef OSVERSIONINFOEXW OSVERSIONINFOEX, *POSVERSIONINFOEX, *LPOSVERSIONINFOEX;
#define GetVersionEx GetVersionExW
#define OutputDebugString OutputDebugStringW
#else
typedef OSVERSIONINFOA OSVERSIONINFO, *POSVERSIONINFO, *LPOSVERSIONINFO;
typedef OSVERSIONINFOEXA OSVERSIONINFOEX, *POSVERSIONINFOEX, *LPOSVERSIONINFOEX;
#define GetVersionEx GetVersionExA
#define OutputDebugString OutputDebugStringA
#endif

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
 * Memory, from malloc(3). Flags other than those for zeroed memory are ignored. No block
 * is ever moved: its handle is its address.
 */
#define HEAP_ZERO_MEMORY	0x8U
#define LMEM_FIXED		0x0U
#define LMEM_MOVEABLE		0x2U
#define LMEM_ZEROINIT		0x40U
#define LPTR			(LMEM_FIXED | LMEM_ZEROINIT)
#define LHND			(LMEM_MOVEABLE | LMEM_ZEROINIT)
#define GMEM_FIXED		LMEM_FIXED
#define GMEM_MOVEABLE		LMEM_MOVEABLE
#define GMEM_ZEROINIT		LMEM_ZEROINIT
#define GPTR			LPTR
#define GHND			LHND

HANDLE WINAPI GetProcessHeap(VOID);
LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);
BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);
HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
HLOCAL WINAPI LocalFree(HLOCAL hMem);
HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes);
HGLOBAL WINAPI GlobalFree(HGLOBAL hMem);
LPVOID WINAPI LocalLock(HLOCAL hMem);
BOOL WINAPI LocalUnlock(HLOCAL hMem);
LPVOID WINAPI GlobalLock(HGLOBAL hMem);
BOOL WINAPI GlobalUnlock(HGLOBAL hMem);

/*
 * Libraries. There are two, "iphlpapi.dll" and "icmp.dll", with the functions of
 * icmpapi.h. Directory, case and ".dll" in the name do not matter. Any other library:
 * NULL, ERROR_MOD_NOT_FOUND.
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
 * Error messages, in English, for the errors that functions of this library set,
 * IP_STATUS codes among them. Any other error: 0, ERROR_MR_MID_NOT_FOUND. Neither
 * FORMAT_MESSAGE_FROM_SYSTEM nor FORMAT_MESSAGE_FROM_HMODULE: 0,
 * ERROR_INVALID_PARAMETER. No message has inserts.
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

/* As on Windows, <windows.h> includes the sockets unless the program says otherwise. */
#ifndef WIN32_LEAN_AND_MEAN
#include "winsock2.h"
#endif

#endif /* ICMPECHO_WINDOWS_H */
