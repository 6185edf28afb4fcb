/* SPDX-License-Identifier: MIT */
/*
 * Types of Windows, and the macros that stand in its declarations. Part of
 * libicmpecho-win32; see icmpapi.h.
 *
 * The integer types have their Windows width: LONG, ULONG and DWORD have 32 bits,
 * although long has 64 bits on most Linux systems. The compiler warns of a program
 * that prints one with "%ld".
 */
#ifndef ICMPECHO_WINDEF_H
#define ICMPECHO_WINDEF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* Programs include only <windows.h> for malloc() and memset(). */
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "sal.h"
#include "string_s.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FAR
#define NEAR
#define IN
#define OUT
#define OPTIONAL

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
#define PASCAL

/* Compilers without anonymous unions and structures need these names. */
#define DUMMYUNIONNAME
#define DUMMYUNIONNAME1
#define DUMMYUNIONNAME2
#define DUMMYUNIONNAME3
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME1
#define DUMMYSTRUCTNAME2
#define DUMMYSTRUCTNAME3

#define VOID void
#define CONST const
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))

typedef int BOOL, INT, *PBOOL, *LPBOOL, *PINT, *LPINT;
typedef char CHAR, *PCHAR, *PSTR, *LPSTR;
typedef const char *PCSTR, *LPCSTR;
/* L"…" is an array of wchar_t, which has 32 bits here. */
typedef wchar_t WCHAR, *PWCHAR, *PWSTR, *LPWSTR;
typedef const wchar_t *PCWSTR, *LPCWSTR;
typedef unsigned char UCHAR, BYTE, BOOLEAN, *PUCHAR, *PBYTE, *LPBYTE;
typedef int16_t SHORT, *PSHORT;
typedef uint16_t USHORT, WORD, *PUSHORT, *PWORD, *LPWORD;
typedef unsigned int UINT, *PUINT;
typedef int32_t LONG, *PLONG, *LPLONG;
typedef uint32_t ULONG, DWORD, *PULONG, *PDWORD, *LPDWORD;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef float FLOAT;
typedef double DOUBLE;
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
 * Programs for Windows read an IPv4 address through a u_long, so it must have 32 bits.
 * That of <sys/types.h> is as wide as long; it is included above, so that no later
 * include declares it again, after the macro.
 */
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#define u_long ULONG

#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
typedef LPWSTR PTSTR, LPTSTR;
typedef LPCWSTR PCTSTR, LPCTSTR;
#define ICMPECHO_TEXT(literal)	L##literal
#else
typedef CHAR TCHAR, *PTCHAR;
typedef LPSTR PTSTR, LPTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define ICMPECHO_TEXT(literal)	literal
#endif
/* In two steps, so that a macro that stands for the literal is expanded first. */
#define TEXT(literal)	ICMPECHO_TEXT(literal)

#ifndef FALSE
#define FALSE	0
#endif
#ifndef TRUE
#define TRUE	1
#endif

#ifdef __cplusplus
}

/* libicmpecho-wmain calls wmain() by its C name, so C++ must not mangle it: see tchar.h. */
extern "C" int wmain(int argc, wchar_t *argv[]);
int wmain(void) __asm__("wmain");
int wmain(int argc, wchar_t *argv[], wchar_t *envp[]) __asm__("wmain");
#endif

#endif /* ICMPECHO_WINDEF_H */
