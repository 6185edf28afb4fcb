/* SPDX-License-Identifier: MIT */
/*
 * The string functions that are told the size of the buffer. For NULL or a buffer that
 * is too small the functions of Windows end the program; these return EINVAL or ERANGE
 * and leave an empty string. Part of libicmpecho-win32; see icmpapi.h.
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

/*
 * The functions for strings of one kind of character: @type is the character, @str the
 * prefix of the functions' names, and @copy copies characters.
 *
 * icmpecho_*_length() is strnlen(), which strict C does not have. icmpecho_*_append()
 * writes at most @count characters of @source behind the first @length characters.
 */
#define ICMPECHO_STRINGS(str, type, copy) \
	static inline size_t icmpecho_##str##_length(const type *text, size_t limit) \
	{ \
		size_t length = 0; \
		\
		while (length < limit && text[length]) \
			length++; \
		return length; \
	} \
	\
	static inline errno_t \
	icmpecho_##str##_append(type *destination, size_t size, size_t length, \
				const type *source, size_t count) \
	{ \
		size_t room = size - length; \
		size_t wanted; \
		\
		if (!destination || !size) \
			return EINVAL; \
		if (!source || !room) { \
			destination[0] = 0; \
			return EINVAL; \
		} \
		wanted = icmpecho_##str##_length(source, count == _TRUNCATE ? room : count); \
		if (wanted >= room && count != _TRUNCATE) { \
			destination[0] = 0; \
			return ERANGE; \
		} \
		copy(destination + length, source, wanted < room ? wanted : room - 1); \
		destination[wanted < room ? length + wanted : size - 1] = 0; \
		return wanted < room ? 0 : STRUNCATE; \
	} \
	\
	static inline errno_t \
	str##ncpy_s(type *destination, size_t size, const type *source, size_t count) \
	{ \
		return icmpecho_##str##_append(destination, size, 0, source, count); \
	} \
	\
	static inline errno_t str##cpy_s(type *destination, size_t size, const type *source) \
	{ \
		return icmpecho_##str##_append(destination, size, 0, source, size); \
	} \
	\
	static inline errno_t str##cat_s(type *destination, size_t size, const type *source) \
	{ \
		size_t length = destination ? icmpecho_##str##_length(destination, size) : 0; \
		\
		return icmpecho_##str##_append(destination, size, length, source, size); \
	}

ICMPECHO_STRINGS(str, char, memcpy)
ICMPECHO_STRINGS(wcs, wchar_t, wmemcpy)

/* These return the number of characters; or -1, and leave an empty string. */
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

/* For an array, whose size the compiler knows. */
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
