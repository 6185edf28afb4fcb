// SPDX-License-Identifier: MIT
/*
 * Errors in words: a table of all errors and statuses that functions of this library
 * set, and the functions of Windows that look up a message there.
 */
#include <stdio.h>

#include "../export.h"
#include "internal.h"

static const struct {
	DWORD error;
	const char *message;
} messages[] = {
	{ ERROR_SUCCESS, "The operation succeeded." },
	{ ERROR_FILE_NOT_FOUND, "The file was not found." },
	{ ERROR_PATH_NOT_FOUND, "The path was not found." },
	{ ERROR_TOO_MANY_OPEN_FILES, "Too many files are open." },
	{ ERROR_ACCESS_DENIED, "Access was denied." },
	{ ERROR_INVALID_HANDLE, "The handle is not valid." },
	{ ERROR_NOT_ENOUGH_MEMORY, "There is not enough memory." },
	{ ERROR_OUTOFMEMORY, "There is not enough memory to go on." },
	{ ERROR_GEN_FAILURE, "The device does not work." },
	{ ERROR_NOT_SUPPORTED, "The request is not supported." },
	{ ERROR_INVALID_PARAMETER, "A parameter is not correct." },
	{ ERROR_INSUFFICIENT_BUFFER, "The buffer is too small." },
	{ ERROR_MOD_NOT_FOUND, "The module was not found." },
	{ ERROR_PROC_NOT_FOUND, "The procedure was not found." },
	{ ERROR_ALREADY_EXISTS, "It exists already." },
	{ ERROR_FILENAME_EXCED_RANGE, "The name is too long." },
	{ ERROR_NOT_OWNER, "The mutex is not owned by the thread." },
	{ ERROR_MR_MID_NOT_FOUND, "There is no message for this number." },
	{ ERROR_IO_PENDING, "The operation is in progress." },
	{ ERROR_NOACCESS, "Memory at this address cannot be accessed." },
	{ ERROR_INVALID_NETNAME, "The network address is not valid." },
	{ ERROR_NETWORK_UNREACHABLE, "There is no route to the network." },
	{ ERROR_HOST_UNREACHABLE, "There is no route to the host." },
	{ WSAEFAULT, "An address is not valid." },
	{ WSAEINVAL, "An argument is not valid." },
	{ WSAEAFNOSUPPORT, "The address family is not supported." },
	{ WSAVERNOTSUPPORTED, "This version of Windows Sockets is not supported." },
	{ WSANOTINITIALISED, "WSAStartup has not been called." },
	/* Windows Sockets has 11001 to 11004 as well, for names that are not found. */
	{ IP_BUF_TOO_SMALL, "The reply buffer is too small, or the host is not known." },
	{ IP_DEST_NET_UNREACHABLE, "The destination network is unreachable." },
	{ IP_DEST_HOST_UNREACHABLE, "The destination host is unreachable." },
	{ IP_DEST_PROT_UNREACHABLE, "The destination protocol is unreachable or prohibited." },
	{ IP_DEST_PORT_UNREACHABLE, "The destination port is unreachable." },
	{ IP_NO_RESOURCES, "There are no resources to send." },
	{ IP_BAD_OPTION, "An IP option is malformed." },
	{ IP_HW_ERROR, "The hardware failed." },
	{ IP_PACKET_TOO_BIG, "The packet is too big and must not be fragmented." },
	{ IP_REQ_TIMED_OUT, "The request timed out." },
	{ IP_BAD_REQ, "The request is malformed." },
	{ IP_BAD_ROUTE, "The source route is wrong." },
	{ IP_TTL_EXPIRED_TRANSIT, "The time to live expired in transit." },
	{ IP_TTL_EXPIRED_REASSEM, "The time for reassembly of fragments expired." },
	{ IP_PARAM_PROBLEM, "A field of the packet's header is wrong." },
	{ IP_SOURCE_QUENCH, "Packets arrive faster than they can be handled." },
	{ IP_OPTION_TOO_BIG, "The IP options are too long." },
	{ IP_BAD_DESTINATION, "The destination is wrong." },
	{ IP_DEST_UNREACHABLE, "The destination is unreachable." },
	{ IP_TIME_EXCEEDED, "The time was exceeded." },
	{ IP_BAD_HEADER, "A header of the packet is wrong." },
	{ IP_UNRECOGNIZED_NEXT_HEADER, "The next header is not known." },
	{ IP_ICMP_ERROR, "An ICMP error arrived." },
	{ IP_DEST_SCOPE_MISMATCH, "The destination is beyond the scope of the source." },
	{ IP_GENERAL_FAILURE, "General failure." },
	{ IP_PENDING, "The request is in progress." },
};

const char *message_of(DWORD error)
{
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		if (messages[i].error == error)
			return messages[i].message;
	}
	return NULL;
}

/* Returns the text that FormatMessage() writes; or NULL, and sets the last error. */
static const char *message_text(DWORD flags, DWORD error, char *buffer, size_t size)
{
	const char *message = message_of(error);

	if (!(flags & (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE))) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!message) {
		SetLastError(ERROR_MR_MID_NOT_FOUND);
		return NULL;
	}
	/* With a width mask the program makes the message part of a longer line. */
	snprintf(buffer, size, "%s%s", message,
		 flags & FORMAT_MESSAGE_MAX_WIDTH_MASK ? " " : "\r\n");
	return buffer;
}

/*
 * Returns a buffer for @len characters of @char_size bytes: that of the program, or a new
 * one whose address the program gets and which it frees with LocalFree().
 */
static void *message_buffer(DWORD flags, void *buffer, DWORD size, size_t len, size_t char_size)
{
	void *new_buffer;

	if (!(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)) {
		if (buffer && len <= size)
			return buffer;
		SetLastError(ERROR_INSUFFICIENT_BUFFER);
		return NULL;
	}
	new_buffer = LocalAlloc(LMEM_FIXED, (len > size ? len : size) * char_size);
	if (new_buffer)
		memcpy(buffer, &new_buffer, sizeof(new_buffer));
	return new_buffer;
}

/* The messages are ASCII. */
static void widen(wchar_t *wide, const char *text)
{
	do {
		*wide++ = (unsigned char)*text;
	} while (*text++);
}

EXPORT DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
				   DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize,
				   va_list *Arguments)
{
	char text[128], *buffer;

	(void)lpSource;
	(void)dwLanguageId;
	(void)Arguments;
	if (!message_text(dwFlags, dwMessageId, text, sizeof(text)))
		return 0;
	buffer = message_buffer(dwFlags, lpBuffer, nSize, strlen(text) + 1, 1);
	if (!buffer)
		return 0;
	memcpy(buffer, text, strlen(text) + 1);
	return (DWORD)strlen(text);
}

EXPORT DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
				   DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize,
				   va_list *Arguments)
{
	wchar_t *buffer;
	char text[128];

	(void)lpSource;
	(void)dwLanguageId;
	(void)Arguments;
	if (!message_text(dwFlags, dwMessageId, text, sizeof(text)))
		return 0;
	buffer = message_buffer(dwFlags, lpBuffer, nSize, strlen(text) + 1, sizeof(wchar_t));
	if (!buffer)
		return 0;
	widen(buffer, text);
	return (DWORD)strlen(text);
}

EXPORT DWORD WINAPI GetIpErrorString(IP_STATUS ErrorCode, PWSTR Buffer, PDWORD Size)
{
	const char *message = message_of(ErrorCode);
	DWORD len;

	if (!message || !Size)
		return ERROR_INVALID_PARAMETER;
	len = (DWORD)strlen(message) + 1;
	if (!Buffer || *Size < len) {
		*Size = len;
		return ERROR_INSUFFICIENT_BUFFER;
	}
	widen(Buffer, message);
	return NO_ERROR;
}
