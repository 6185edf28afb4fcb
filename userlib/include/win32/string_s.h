/* SPDX-License-Identifier: MIT */
/*
 * The functions of strings that are told the size of the buffer. Where those of
 * Windows would end the program, for NULL or a buffer that is too small, these
 * return EINVAL or ERANGE and leave an empty string. Part of libicmpecho-win32; see
 * icmpapi.h.
 */
#ifndef ICMPECHO_STRING_S_H
#define ICMPECHO_STRING_S_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

#define _TRUNCATE	((size_t)-1)
#define STRUNCATE	80
#define _countof(array)	(sizeof(array) / sizeof((array)[0]))

typedef int errno_t;

/* As strnlen(), which strict C does not have. */
static inline size_t icmpecho_str_length(const char *text, size_t limit)
{
	size_t length = 0;

	while (length < limit && text[length])
		length++;
	return length;
}

/* At most @count characters of @source, behind @length that are there already. */
static inline errno_t
icmpecho_str_append(char *destination, size_t size, size_t length, const char *source,
		    size_t count)
{
	size_t room = size - length;
	size_t wanted;

	if (!source) {
		destination[0] = 0;
		return EINVAL;
	}
	wanted = icmpecho_str_length(source, count == _TRUNCATE ? room : count);
	if (wanted >= room && count == _TRUNCATE) {
		memcpy(destination + length, source, room - 1);
		destination[size - 1] = 0;
		return STRUNCATE;
	}
	if (wanted >= room) {
		destination[0] = 0;
		return ERANGE;
	}
	memcpy(destination + length, source, wanted);
	destination[length + wanted] = 0;
	return 0;
}

static inline errno_t
strncpy_s(char *destination, size_t size, const char *source, size_t count)
{
	if (!destination || !size)
		return EINVAL;
	return icmpecho_str_append(destination, size, 0, source, count);
}

static inline errno_t strcpy_s(char *destination, size_t size, const char *source)
{
	if (!destination || !size)
		return EINVAL;
	return icmpecho_str_append(destination, size, 0, source, source ? strlen(source) : 0);
}

static inline errno_t strcat_s(char *destination, size_t size, const char *source)
{
	size_t length;

	if (!destination || !size)
		return EINVAL;
	length = icmpecho_str_length(destination, size);
	if (length == size) {
		destination[0] = 0;
		return EINVAL;
	}
	return icmpecho_str_append(destination, size, length, source,
				   source ? strlen(source) : 0);
}

/* As wcsnlen(), which strict C does not have. */
static inline size_t icmpecho_wcs_length(const wchar_t *text, size_t limit)
{
	size_t length = 0;

	while (length < limit && text[length])
		length++;
	return length;
}

/* At most @count characters of @source, behind @length that are there already. */
static inline errno_t
icmpecho_wcs_append(wchar_t *destination, size_t size, size_t length, const wchar_t *source,
		    size_t count)
{
	size_t room = size - length;
	size_t wanted;

	if (!source) {
		destination[0] = 0;
		return EINVAL;
	}
	wanted = icmpecho_wcs_length(source, count == _TRUNCATE ? room : count);
	if (wanted >= room && count == _TRUNCATE) {
		wmemcpy(destination + length, source, room - 1);
		destination[size - 1] = 0;
		return STRUNCATE;
	}
	if (wanted >= room) {
		destination[0] = 0;
		return ERANGE;
	}
	wmemcpy(destination + length, source, wanted);
	destination[length + wanted] = 0;
	return 0;
}

static inline errno_t
wcsncpy_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count)
{
	if (!destination || !size)
		return EINVAL;
	return icmpecho_wcs_append(destination, size, 0, source, count);
}

static inline errno_t wcscpy_s(wchar_t *destination, size_t size, const wchar_t *source)
{
	if (!destination || !size)
		return EINVAL;
	return icmpecho_wcs_append(destination, size, 0, source, source ? wcslen(source) : 0);
}

static inline errno_t wcscat_s(wchar_t *destination, size_t size, const wchar_t *source)
{
	size_t length;

	if (!destination || !size)
		return EINVAL;
	length = icmpecho_wcs_length(destination, size);
	if (length == size) {
		destination[0] = 0;
		return EINVAL;
	}
	return icmpecho_wcs_append(destination, size, length, source,
				   source ? wcslen(source) : 0);
}

/* These return the number of characters, or -1. */
static inline int vsprintf_s(char *buffer, size_t size, const char *format, va_list arguments)
{
	int length = buffer && size && format ? vsnprintf(buffer, size, format, arguments) : -1;

	if (length >= 0 && (size_t)length < size)
		return length;
	if (buffer && size)
		buffer[0] = 0;
	errno = length < 0 ? EINVAL : ERANGE;
	return -1;
}

static inline int vswprintf_s(wchar_t *buffer, size_t size, const wchar_t *format,
			      va_list arguments)
{
	int length = buffer && size && format ? vswprintf(buffer, size, format, arguments) : -1;

	if (length >= 0)
		return length;
	if (buffer && size)
		buffer[0] = 0;
	errno = ERANGE;
	return -1;
}

__attribute__((format(printf, 3, 4)))
static inline int sprintf_s(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsprintf_s(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

static inline int swprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vswprintf_s(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

#ifdef __cplusplus
}

/* Of an array, whose size need not be said. */
template <size_t size> inline errno_t strcpy_s(char (&destination)[size], const char *source)
{
	return strcpy_s(destination, size, source);
}

template <size_t size> inline errno_t strcat_s(char (&destination)[size], const char *source)
{
	return strcat_s(destination, size, source);
}

template <size_t size> inline errno_t wcscpy_s(wchar_t (&destination)[size], const wchar_t *source)
{
	return wcscpy_s(destination, size, source);
}

template <size_t size> inline errno_t wcscat_s(wchar_t (&destination)[size], const wchar_t *source)
{
	return wcscat_s(destination, size, source);
}
#endif

#endif /* ICMPECHO_STRING_S_H */
