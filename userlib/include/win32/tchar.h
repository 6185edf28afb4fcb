/* SPDX-License-Identifier: MIT */
/*
 * Names that stand for wide characters if _UNICODE is defined, and for char if not.
 * Part of libicmpecho-win32; see icmpapi.h.
 *
 * A program may begin at wmain(), or at _tmain() with _UNICODE: libicmpecho-wmain,
 * which pkg-config adds to the libraries, has a main() that calls it. This main() sets
 * the locale's LC_CTYPE from the environment, since wprintf(3) stops at the first
 * letter beyond ASCII in the C locale. It passes on the arguments and the environment
 * in wide characters; a byte that is invalid in the locale becomes the character of
 * its number.
 *
 * The functions are those of the C library. So "%s" in _tprintf() is a string of char
 * with _UNICODE too, and "%ls" a string of wide characters.
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

/* If the text does not fit, it ends without a null, and the result is -1. */
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

/* Wide names differ from narrow ones in two ways: "wcs" for "str", or a "w" within. */
#ifdef _UNICODE
typedef wchar_t _TCHAR;
#define ICMPECHO_T(literal)		L##literal
#define ICMPECHO_TCS(name)		wcs##name
#define ICMPECHO_TW(before, after)	before##w##after
#define _TEOF		WEOF
#define _sntprintf	_snwprintf
#define _vsntprintf	_vsnwprintf
#define _ttoi		_wtoi
#else
typedef char _TCHAR;
#define ICMPECHO_T(literal)		literal
#define ICMPECHO_TCS(name)		str##name
#define ICMPECHO_TW(before, after)	before##after
#define _TEOF		EOF
#define _sntprintf	snprintf
#define _vsntprintf	vsnprintf
#define _ttoi		atoi
#endif

#define _tmain		ICMPECHO_TW(, main)
#define _tprintf	ICMPECHO_TW(, printf)
#define _ftprintf	ICMPECHO_TW(f, printf)
#define _stprintf_s	ICMPECHO_TW(s, printf_s)
#define _vtprintf	ICMPECHO_TW(v, printf)
#define _vftprintf	ICMPECHO_TW(vf, printf)
#define _vstprintf_s	ICMPECHO_TW(vs, printf_s)
#define _tscanf		ICMPECHO_TW(, scanf)
#define _stscanf	ICMPECHO_TW(s, scanf)
#define _fgetts		ICMPECHO_TW(fget, s)
#define _fputts		ICMPECHO_TW(fput, s)
#define _puttchar	ICMPECHO_TW(put, char)
#define _puttc		ICMPECHO_TW(put, c)
#define _gettchar	ICMPECHO_TW(get, char)
#define _gettc		ICMPECHO_TW(get, c)
#define _tcslen		ICMPECHO_TCS(len)
#define _tcsnlen	ICMPECHO_TCS(nlen)
#define _tcscpy		ICMPECHO_TCS(cpy)
#define _tcsncpy	ICMPECHO_TCS(ncpy)
#define _tcscat		ICMPECHO_TCS(cat)
#define _tcsncat	ICMPECHO_TCS(ncat)
#define _tcscpy_s	ICMPECHO_TCS(cpy_s)
#define _tcsncpy_s	ICMPECHO_TCS(ncpy_s)
#define _tcscat_s	ICMPECHO_TCS(cat_s)
#define _tcscmp		ICMPECHO_TCS(cmp)
#define _tcsncmp	ICMPECHO_TCS(ncmp)
#define _tcsicmp	ICMPECHO_TCS(casecmp)
#define _tcsnicmp	ICMPECHO_TCS(ncasecmp)
#define _tcschr		ICMPECHO_TCS(chr)
#define _tcsrchr	ICMPECHO_TCS(rchr)
#define _tcsstr		ICMPECHO_TCS(str)
#define _tcspbrk	ICMPECHO_TCS(pbrk)
#define _tcsspn		ICMPECHO_TCS(spn)
#define _tcscspn	ICMPECHO_TCS(cspn)
#define _tcsdup		ICMPECHO_TCS(dup)
#define _tcstol		ICMPECHO_TCS(tol)
#define _tcstoul	ICMPECHO_TCS(toul)
#define _tcstod		ICMPECHO_TCS(tod)
#define _totlower	ICMPECHO_TW(to, lower)
#define _totupper	ICMPECHO_TW(to, upper)
#define _istalpha	ICMPECHO_TW(is, alpha)
#define _istdigit	ICMPECHO_TW(is, digit)
#define _istspace	ICMPECHO_TW(is, space)

/* In two steps, so that a macro that stands for the literal is expanded first. */
#define _T(literal)	ICMPECHO_T(literal)
#define _TEXT(literal)	ICMPECHO_T(literal)

#endif /* ICMPECHO_TCHAR_H */
