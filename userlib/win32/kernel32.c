// SPDX-License-Identifier: MIT
/* Of kernel32.dll: critical sections, clocks, memory, the version, the process. */
#include <process.h>
#include <pthread.h>
#include <unistd.h>

#include "../export.h"
#include "internal.h"

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(CRITICAL_SECTION), "CRITICAL_SECTION");

static pthread_mutex_t *mutex_of(LPCRITICAL_SECTION section)
{
	return (pthread_mutex_t *)section;
}

EXPORT VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex_of(lpCriticalSection), &attr);
	pthread_mutexattr_destroy(&attr);
}

EXPORT BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection,
							 DWORD dwSpinCount)
{
	(void)dwSpinCount;
	InitializeCriticalSection(lpCriticalSection);
	return TRUE;
}

EXPORT VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	pthread_mutex_lock(mutex_of(lpCriticalSection));
}

EXPORT BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	return pthread_mutex_trylock(mutex_of(lpCriticalSection)) == 0;
}

EXPORT VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	pthread_mutex_unlock(mutex_of(lpCriticalSection));
}

EXPORT VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	pthread_mutex_destroy(mutex_of(lpCriticalSection));
}

EXPORT ULONGLONG WINAPI GetTickCount64(VOID)
{
	return icmpecho_deadline_ns(0) / 1000000;
}

EXPORT DWORD WINAPI GetTickCount(VOID)
{
	return (DWORD)GetTickCount64();
}

EXPORT BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
{
	lpPerformanceCount->QuadPart = (LONGLONG)icmpecho_deadline_ns(0);
	return TRUE;
}

EXPORT BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
{
	lpFrequency->QuadPart = 1000000000;
	return TRUE;
}

/* There is one heap, and no function looks at its handle. */
EXPORT HANDLE WINAPI GetProcessHeap(VOID)
{
	static char heap;

	return &heap;
}

static void *allocate(size_t size, bool zeroed)
{
	/* On Windows a block of 0 bytes is a block, not a failure. */
	void *block = zeroed ? calloc(1, size ? size : 1) : malloc(size ? size : 1);

	if (!block)
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
	return block;
}

EXPORT LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes)
{
	(void)hHeap;
	return allocate(dwBytes, dwFlags & HEAP_ZERO_MEMORY);
}

EXPORT BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem)
{
	(void)hHeap;
	(void)dwFlags;
	free(lpMem);
	return TRUE;
}

EXPORT HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes)
{
	return allocate(uBytes, uFlags & LMEM_ZEROINIT);
}

EXPORT HLOCAL WINAPI LocalFree(HLOCAL hMem)
{
	free(hMem);
	return NULL;
}

EXPORT HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes)
{
	return allocate(dwBytes, uFlags & GMEM_ZEROINIT);
}

EXPORT HGLOBAL WINAPI GlobalFree(HGLOBAL hMem)
{
	free(hMem);
	return NULL;
}

EXPORT LPVOID WINAPI LocalLock(HLOCAL hMem)
{
	return hMem;
}

/* As on Windows for fixed memory, which has no lock count. */
EXPORT BOOL WINAPI LocalUnlock(HLOCAL hMem)
{
	return hMem != NULL;
}

EXPORT LPVOID WINAPI GlobalLock(HGLOBAL hMem)
{
	return hMem;
}

EXPORT BOOL WINAPI GlobalUnlock(HGLOBAL hMem)
{
	return hMem != NULL;
}

/* The four structures begin alike; @size must be that of the plain or the extended one. */
static BOOL get_version(void *info, DWORD size, size_t plain_size, size_t extended_size)
{
	OSVERSIONINFOEXA version = {
		.dwOSVersionInfoSize = size,
		.dwMajorVersion = 6,
		.dwMinorVersion = 2,
		.dwBuildNumber = 9200,
		.dwPlatformId = VER_PLATFORM_WIN32_NT,
	};

	if (size != plain_size && size != extended_size)
		return (BOOL)fail(ERROR_INSUFFICIENT_BUFFER);
	memset(info, 0, size);
	memcpy(info, &version, offsetof(OSVERSIONINFOEXA, szCSDVersion));
	return TRUE;
}

EXPORT BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA lpVersionInformation)
{
	DWORD size = lpVersionInformation->dwOSVersionInfoSize;

	if (!get_version(lpVersionInformation, size, sizeof(OSVERSIONINFOA),
			 sizeof(OSVERSIONINFOEXA)))
		return FALSE;
	if (size == sizeof(OSVERSIONINFOEXA))
		((OSVERSIONINFOEXA *)lpVersionInformation)->wProductType = VER_NT_WORKSTATION;
	return TRUE;
}

EXPORT BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW lpVersionInformation)
{
	DWORD size = lpVersionInformation->dwOSVersionInfoSize;

	if (!get_version(lpVersionInformation, size, sizeof(OSVERSIONINFOW),
			 sizeof(OSVERSIONINFOEXW)))
		return FALSE;
	if (size == sizeof(OSVERSIONINFOEXW))
		((OSVERSIONINFOEXW *)lpVersionInformation)->wProductType = VER_NT_WORKSTATION;
	return TRUE;
}

EXPORT VOID WINAPI OutputDebugStringA(LPCSTR lpOutputString)
{
	(void)lpOutputString;
}

EXPORT VOID WINAPI OutputDebugStringW(LPCWSTR lpOutputString)
{
	(void)lpOutputString;
}

EXPORT DWORD WINAPI GetCurrentProcessId(VOID)
{
	return (DWORD)getpid();
}

EXPORT int _getpid(void)
{
	return getpid();
}

EXPORT VOID WINAPI ExitProcess(UINT uExitCode)
{
	exit((int)uExitCode);
}
