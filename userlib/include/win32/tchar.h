/* SPDX-License-Identifier: MIT */
/*
 * Names that mean wide characters with _UNICODE, and char without. Part of
 * libicmpecho; see icmpapi.h.
 *
 * A program may begin at wmain(), or at _tmain() with _UNICODE: libicmpecho-wmain,
 * which pkg-config adds to the libraries, has a main() for it. That sets the
 * locale's LC_CTYPE from the environment, without which wprintf(3) would stop at
 * the first letter that is not ASCII, and calls wmain() with the arguments and the
 * environment in wide characters. A byte that the locale does not know becomes the
 * character of its number.
 *
 * The functions are those of the C library. So "%s" of _tprintf() is a string of
 * char with _UNICODE too, and "%ls" one of wide characters.
 */
#ifndef ICMPECHO_TCHAR_H
#define ICMPECHO_TCHAR_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#include <wctype.h>

#include "windef.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline int _wtoi(const wchar_t *text)
{
	return (int)wcstol(text, NULL, 10);
}

/* Without a null if it does not fit, and -1. */
static inline int _vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format,
			      va_list arguments)
{
	return vswprintf(buffer, count, format, arguments);
}

static inline int _snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vswprintf(buffer, count, format, arguments);
	va_end(arguments);
	return length;
}

#ifdef __cplusplus
}
#endif

#ifdef _UNICODE

typedef wchar_t _TCHAR;
#define ICMPECHO_T(literal)	L##literal

#define _tmain		wmain
#define _TEOF		WEOF
#define _tprintf	wprintf
#define _ftprintf	fwprintf
#define _sntprintf	_snwprintf
#define _stprintf_s	swprintf_s
#define _vtprintf	vwprintf
#define _vftprintf	vfwprintf
#define _vsntprintf	_vsnwprintf
#define _vstprintf_s	vswprintf_s
#define _tscanf		wscanf
#define _stscanf	swscanf
#define _fgetts		fgetws
#define _fputts		fputws
#define _puttchar	putwchar
#define _puttc		putwc
#define _gettchar	getwchar
#define _gettc		getwc
#define _tcslen		wcslen
#define _tcsnlen	wcsnlen
#define _tcscpy		wcscpy
#define _tcsncpy	wcsncpy
#define _tcscat		wcscat
#define _tcsncat	wcsncat
#define _tcscpy_s	wcscpy_s
#define _tcsncpy_s	wcsncpy_s
#define _tcscat_s	wcscat_s
#define _tcscmp		wcscmp
#define _tcsncmp	wcsncmp
#define _tcsicmp	wcscasecmp
#define _tcsnicmp	wcsncasecmp
#define _tcschr		wcschr
#define _tcsrchr	wcsrchr
#define _tcsstr		wcsstr
#define _tcspbrk	wcspbrk
#define _tcsspn		wcsspn
#define _tcscspn	wcscspn
#define _tcsdup		wcsdup
#define _tcstol		wcstol
#define _tcstoul	wcstoul
#define _tcstod		wcstod
#define _ttoi		_wtoi
#define _totlower	towlower
#define _totupper	towupper
#define _istalpha	iswalpha
#define _istdigit	iswdigit
#define _istspace	iswspace

#else

typedef char _TCHAR;
#define ICMPECHO_T(literal)	literal

#define _tmain		main
#define _TEOF		EOF
#define _tprintf	printf
#define _ftprintf	fprintf
#define _sntprintf	snprintf
#define _stprintf_s	sprintf_s
#define _vtprintf	vprintf
#define _vftprintf	vfprintf
#define _vsntprintf	vsnprintf
#define _vstprintf_s	vsprintf_s
#define _tscanf		scanf
#define _stscanf	sscanf
#define _fgetts		fgets
#define _fputts		fputs
#define _puttchar	putchar
#define _puttc		putc
#define _gettchar	getchar
#define _gettc		getc
#define _tcslen		strlen
#define _tcsnlen	strnlen
#define _tcscpy		strcpy
#define _tcsncpy	strncpy
#define _tcscat		strcat
#define _tcsncat	strncat
#define _tcscpy_s	strcpy_s
#define _tcsncpy_s	strncpy_s
#define _tcscat_s	strcat_s
#define _tcscmp		strcmp
#define _tcsncmp	strncmp
#define _tcsicmp	strcasecmp
#define _tcsnicmp	strncasecmp
#define _tcschr		strchr
#define _tcsrchr	strrchr
#define _tcsstr		strstr
#define _tcspbrk	strpbrk
#define _tcsspn		strspn
#define _tcscspn	strcspn
#define _tcsdup		strdup
#define _tcstol		strtol
#define _tcstoul	strtoul
#define _tcstod		strtod
#define _ttoi		atoi
#define _totlower	tolower
#define _totupper	toupper
#define _istalpha	isalpha
#define _istdigit	isdigit
#define _istspace	isspace

#endif /* _UNICODE */

/* Also of a macro that is a literal. */
#define _T(literal)	ICMPECHO_T(literal)
#define _TEXT(literal)	ICMPECHO_T(literal)

#endif /* ICMPECHO_TCHAR_H */
