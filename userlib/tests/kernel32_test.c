// SPDX-License-Identifier: MIT
/* Of kernel32.dll: messages, libraries, clocks, memory, the version. Needs no device. */
#include <winsock2.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <wchar.h>

#include "tap.h"

#define FROM_SYSTEM (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS)

TEST(every_error_has_a_message)
{
	static const DWORD errors[] = {
		0, 2, 3, 4, 5, 6, 8, 14, 31, 50, 87, 122, 126, 127, 183, 206, 288, 317, 997, 998,
		1214, 1231, 1232,
		11001, 11002, 11003, 11004, 11005, 11006, 11007, 11008, 11009, 11010, 11011, 11012,
		11013, 11014, 11015, 11016, 11017, 11018, 11040, 11041, 11042, 11043, 11044, 11045,
		11050, 11255,
	};
	char text[128];
	size_t i, len;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		len = FormatMessageA(FROM_SYSTEM, NULL, errors[i], 0, text, sizeof(text), NULL);
		CHECK(len > 3 && len == strlen(text) && !strcmp(text + len - 3, ".\r\n"));
	}
}

TEST(message_needs_room)
{
	char text[64] = "as it was";
	DWORD len = FormatMessageA(FROM_SYSTEM, NULL, 50, 0, text, sizeof(text), NULL);

	CHECK_EQ(FormatMessageA(FROM_SYSTEM, NULL, 50, 0, text, len + 1, NULL), len);
	SetLastError(0);
	CHECK_EQ(FormatMessageA(FROM_SYSTEM, NULL, 50, 0, text, len, NULL), 0);
	CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	SetLastError(0);
	CHECK_EQ(FormatMessageA(FROM_SYSTEM, NULL, 12345, 0, text, sizeof(text), NULL), 0);
	CHECK_EQ(GetLastError(), ERROR_MR_MID_NOT_FOUND);
	SetLastError(0);
	CHECK_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "x", 50, 0, text, sizeof(text), NULL),
		 0);
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

TEST(message_can_be_allocated)
{
	LPSTR text = NULL;
	LPWSTR wide = NULL;
	DWORD len;

	len = FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FROM_SYSTEM |
			     FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, IP_REQ_TIMED_OUT, 0,
			     (LPSTR)&text, 0, NULL);
	CHECK(text && len == strlen(text) && !strcmp(text, "The request timed out. "));
	CHECK(!LocalFree(text));
	len = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FROM_SYSTEM, NULL, IP_REQ_TIMED_OUT,
			     0, (LPWSTR)&wide, 0, NULL);
	CHECK(wide && len == wcslen(wide) && !wcscmp(wide, L"The request timed out.\r\n"));
	LocalFree(wide);
}

TEST(ip_error_string_says_how_long_it_is)
{
	WCHAR text[64];
	DWORD size = 0, needed;

	CHECK_EQ(GetIpErrorString(IP_REQ_TIMED_OUT, NULL, &size), ERROR_INSUFFICIENT_BUFFER);
	CHECK_EQ(size, sizeof("The request timed out."));
	needed = size--;
	CHECK_EQ(GetIpErrorString(IP_REQ_TIMED_OUT, text, &size), ERROR_INSUFFICIENT_BUFFER);
	CHECK_EQ(size, needed);
	CHECK_EQ(GetIpErrorString(IP_REQ_TIMED_OUT, text, &size), NO_ERROR);
	CHECK(!wcscmp(text, L"The request timed out."));
	CHECK_EQ(GetIpErrorString(12345, text, &size), ERROR_INVALID_PARAMETER);
}

TEST(libraries_are_found_by_any_name)
{
	static const char *const names[] = {
		"iphlpapi.dll", "IPHLPAPI.DLL", "iphlpapi", "C:\\Windows\\System32\\Iphlpapi.dll",
		"./iphlpapi.dll",
	};
	HMODULE module = LoadLibraryW(L"iphlpapi.dll");
	size_t i;

	CHECK(module != NULL);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK(LoadLibraryA(names[i]) == module);
	CHECK(LoadLibraryExA("iphlpapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32) == module);
	CHECK(GetModuleHandleW(L"IpHlpApi.Dll") == module);
	CHECK(LoadLibraryA("icmp.dll") && LoadLibraryA("icmp.dll") != module);
	CHECK(FreeLibrary(module));
}

TEST(other_libraries_are_not_found)
{
	static const char *const names[] = {
		"", "icmp.dllx", "xicmp.dll", "iphlpapi.dll.dll", "kernel32.dll", "iphl", ".dll",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		SetLastError(0);
		CHECK(!LoadLibraryA(names[i]));
		CHECK_EQ(GetLastError(), ERROR_MOD_NOT_FOUND);
	}
	CHECK(!LoadLibraryA(NULL));
	CHECK(!LoadLibraryW(L"\u00efcmp.dll"));
	CHECK(!FreeLibrary(NULL));
	CHECK(!FreeLibrary((HMODULE)(uintptr_t)&names));
}

TEST(functions_are_found_by_name)
{
	HMODULE iphlpapi = LoadLibraryA("iphlpapi.dll"), icmp = LoadLibraryA("icmp.dll");
	HANDLE (WINAPI *create)(VOID);
	BOOL (WINAPI *destroy)(HANDLE);

	create = (HANDLE (*)(void))(void (*)(void))GetProcAddress(iphlpapi, "IcmpCreateFile");
	CHECK(create == IcmpCreateFile);
	destroy = (BOOL (*)(HANDLE))(void (*)(void))GetProcAddress(icmp, "IcmpCloseHandle");
	CHECK(destroy == IcmpCloseHandle);
	CHECK(GetProcAddress(iphlpapi, "Icmp6SendEcho2"));
	SetLastError(0);
	CHECK(!GetProcAddress(icmp, "Icmp6SendEcho2"));
	CHECK_EQ(GetLastError(), ERROR_PROC_NOT_FOUND);
	CHECK(!GetProcAddress(iphlpapi, "icmpcreatefile"));
	CHECK(!GetProcAddress(iphlpapi, (LPCSTR)(uintptr_t)3));
	CHECK(!GetProcAddress(NULL, "IcmpCreateFile"));
}

TEST(clocks_run)
{
	ULONGLONG ticks = GetTickCount64();
	LARGE_INTEGER frequency, start, end;

	CHECK(QueryPerformanceFrequency(&frequency) && QueryPerformanceCounter(&start));
	Sleep(20);
	CHECK(QueryPerformanceCounter(&end));
	CHECK((end.QuadPart - start.QuadPart) * 1000 / frequency.QuadPart >= 20);
	CHECK(GetTickCount64() - ticks >= 19);
	CHECK(GetTickCount() - (DWORD)ticks >= 19);
	start.QuadPart = 0x100000002;
	CHECK(start.HighPart == 1 && start.LowPart == 2 && start.u.LowPart == 2);
}

TEST(memory_is_zero_when_asked)
{
	static const char zero[64];
	void *block = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(zero));

	CHECK(block && !memcmp(block, zero, sizeof(zero)));
	CHECK(HeapFree(GetProcessHeap(), 0, block));
	block = GlobalAlloc(GPTR, sizeof(zero));
	CHECK(block && !memcmp(block, zero, sizeof(zero)));
	CHECK(!GlobalFree(block));
	block = LocalAlloc(LPTR, 0);
	CHECK(block != NULL);
	CHECK(!LocalFree(block));
}

TEST(interlocked_functions_return_what_they_do_on_windows)
{
	LONG value = 5;

	CHECK_EQ(InterlockedIncrement(&value), 6);
	CHECK_EQ(InterlockedDecrement(&value), 5);
	CHECK_EQ(InterlockedExchange(&value, 7), 5);
	CHECK_EQ(InterlockedExchangeAdd(&value, 3), 7);
	CHECK_EQ(InterlockedCompareExchange(&value, 1, 9), 10);
	CHECK_EQ(value, 10);
	CHECK_EQ(InterlockedCompareExchange(&value, 1, 10), 10);
	CHECK_EQ(value, 1);
}

TEST(memory_that_may_move_does_not)
{
	static const char zero[64];
	HGLOBAL handle = GlobalAlloc(GHND, sizeof(zero));
	void *block = GlobalLock(handle);

	CHECK(block && !memcmp(block, zero, sizeof(zero)));
	CHECK(GlobalUnlock(handle) && GlobalLock(handle) == block);
	CHECK(!GlobalFree(handle));
	handle = LocalAlloc(LHND, sizeof(zero));
	block = LocalLock(handle);
	CHECK(block && !memcmp(block, zero, sizeof(zero)));
	CHECK(LocalUnlock(handle) && !LocalFree(handle));
}

TEST(version_is_that_of_windows_8)
{
	OSVERSIONINFOEXW wide;
	OSVERSIONINFOEXA info;

	memset(&info, 0x55, sizeof(info));
	info.dwOSVersionInfoSize = sizeof(OSVERSIONINFOA);
	CHECK(GetVersionExA((LPOSVERSIONINFOA)&info));
	CHECK(info.dwMajorVersion == 6 && info.dwMinorVersion == 2);
	CHECK_EQ(info.dwPlatformId, VER_PLATFORM_WIN32_NT);
	CHECK_EQ(info.szCSDVersion[0], 0);
	CHECK_EQ(info.wProductType, 0x55);
	info.dwOSVersionInfoSize = sizeof(OSVERSIONINFOEXA);
	CHECK(GetVersionExA((LPOSVERSIONINFOA)&info));
	CHECK_EQ(info.wProductType, VER_NT_WORKSTATION);
	info.dwOSVersionInfoSize = 12;
	SetLastError(0);
	CHECK(!GetVersionExA((LPOSVERSIONINFOA)&info));
	CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);

	memset(&wide, 0x55, sizeof(wide));
	wide.dwOSVersionInfoSize = sizeof(OSVERSIONINFOW);
	CHECK(GetVersionExW((LPOSVERSIONINFOW)&wide));
	CHECK(wide.dwBuildNumber == 9200 && wide.wProductType == 0x55);
	wide.dwOSVersionInfoSize = sizeof(OSVERSIONINFOEXW);
	CHECK(GetVersionExW((LPOSVERSIONINFOW)&wide));
	CHECK(wide.szCSDVersion[0] == 0 && wide.wProductType == VER_NT_WORKSTATION);
	OutputDebugStringA("nobody hears this");
	OutputDebugStringW(L"nobody hears this");
}

TEST(strings_are_copied_only_if_they_fit)
{
	wchar_t wide[4];
	char text[6];

	CHECK_EQ(_countof(text), 6);
	CHECK_EQ(strcpy_s(text, sizeof(text), "abc"), 0);
	CHECK(!strcmp(text, "abc"));
	CHECK_EQ(strcat_s(text, sizeof(text), "de"), 0);
	CHECK(!strcmp(text, "abcde"));
	CHECK_EQ(strcat_s(text, sizeof(text), "f"), ERANGE);
	CHECK_EQ(text[0], 0);
	CHECK_EQ(strcpy_s(text, sizeof(text), "abcdef"), ERANGE);
	CHECK_EQ(text[0], 0);
	CHECK_EQ(strcpy_s(text, sizeof(text), NULL), EINVAL);
	CHECK_EQ(strcpy_s(NULL, 6, "a"), EINVAL);
	CHECK_EQ(strcpy_s(text, 0, "a"), EINVAL);
	CHECK_EQ(strncpy_s(text, sizeof(text), "abcdefgh", 5), 0);
	CHECK(!strcmp(text, "abcde"));
	CHECK_EQ(strncpy_s(text, sizeof(text), "abcdefgh", 6), ERANGE);
	CHECK_EQ(strncpy_s(text, sizeof(text), "abcdefgh", _TRUNCATE), STRUNCATE);
	CHECK(!strcmp(text, "abcde"));
	memset(text, 'a', sizeof(text));
	CHECK_EQ(strcat_s(text, sizeof(text), "b"), EINVAL);
	CHECK_EQ(sprintf_s(text, sizeof(text), "%d", 12345), 5);
	CHECK_EQ(sprintf_s(text, sizeof(text), "%d", 123456), -1);
	CHECK_EQ(text[0], 0);
	CHECK_EQ(wcscpy_s(wide, _countof(wide), L"abc"), 0);
	CHECK_EQ(wcscat_s(wide, _countof(wide), L"d"), ERANGE);
	CHECK_EQ(wcsncpy_s(wide, _countof(wide), L"abcd", _TRUNCATE), STRUNCATE);
	CHECK(!wcscmp(wide, L"abc"));
	CHECK_EQ(swprintf_s(wide, _countof(wide), L"%d", 123), 3);
	CHECK_EQ(swprintf_s(wide, _countof(wide), L"%d", 1234), -1);
	CHECK_EQ(wide[0], 0);
}
