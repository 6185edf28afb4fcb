// SPDX-License-Identifier: MIT
/* Addresses to text and back. */
#include <mstcpip.h>
#include <stdio.h>

#include "../export.h"
#include "internal.h"

/* "[", an address, "%", a scope, "]:", a port */
#define TEXT_SIZE	(1 + INET6_ADDRSTRLEN + 11 + 2 + 5)

/* Writes the address, and the port unless it is 0. Returns false if @len is too small. */
static bool format_in(const struct sockaddr *address, size_t len, char *text)
{
	char number[INET_ADDRSTRLEN];
	struct sockaddr_in in;

	if (len < sizeof(in))
		return false;
	memcpy(&in, address, sizeof(in));
	inet_ntop(AF_INET, &in.sin_addr, number, sizeof(number));
	if (in.sin_port)
		snprintf(text, TEXT_SIZE, "%s:%u", number, ntohs(in.sin_port));
	else
		snprintf(text, TEXT_SIZE, "%s", number);
	return true;
}

static bool format_in6(const struct sockaddr *address, size_t len, char *text)
{
	char number[INET6_ADDRSTRLEN], scope[12] = "";
	struct sockaddr_in6 in6;

	if (len < sizeof(in6))
		return false;
	memcpy(&in6, address, sizeof(in6));
	inet_ntop(AF_INET6, &in6.sin6_addr, number, sizeof(number));
	if (in6.sin6_scope_id)
		snprintf(scope, sizeof(scope), "%%%u", in6.sin6_scope_id);
	if (in6.sin6_port)
		snprintf(text, TEXT_SIZE, "[%s%s]:%u", number, scope, ntohs(in6.sin6_port));
	else
		snprintf(text, TEXT_SIZE, "%s%s", number, scope);
	return true;
}

/* Returns an error, or 0 if *size characters have room for the text and its null. */
static int address_to_text(const struct sockaddr *address, size_t len, char *text, DWORD *size)
{
	bool formatted = false;
	DWORD room = *size;

	if (len >= sizeof(address->sa_family) && address->sa_family == AF_INET)
		formatted = format_in(address, len, text);
	else if (len >= sizeof(address->sa_family) && address->sa_family == AF_INET6)
		formatted = format_in6(address, len, text);
	if (!formatted)
		return WSAEINVAL;
	*size = (DWORD)strlen(text) + 1;
	return *size > room ? WSAEFAULT : 0;
}

static INT result_of(int error)
{
	if (!error)
		return 0;
	SetLastError((DWORD)error);
	return SOCKET_ERROR;
}

EXPORT INT WSAAPI WSAAddressToStringA(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
				      LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSTR lpszAddressString,
				      LPDWORD lpdwAddressStringLength)
{
	char text[TEXT_SIZE];
	int error = WSAEFAULT;

	(void)lpProtocolInfo;
	if (lpsaAddress && lpszAddressString && lpdwAddressStringLength)
		error = address_to_text(lpsaAddress, dwAddressLength, text,
					lpdwAddressStringLength);
	if (!error)
		memcpy(lpszAddressString, text, *lpdwAddressStringLength);
	return result_of(error);
}

EXPORT INT WSAAPI WSAAddressToStringW(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
				      LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString,
				      LPDWORD lpdwAddressStringLength)
{
	char text[TEXT_SIZE];
	int error = WSAEFAULT;
	DWORD i;

	(void)lpProtocolInfo;
	if (lpsaAddress && lpszAddressString && lpdwAddressStringLength)
		error = address_to_text(lpsaAddress, dwAddressLength, text,
					lpdwAddressStringLength);
	for (i = 0; !error && i < *lpdwAddressStringLength; i++)
		lpszAddressString[i] = (unsigned char)text[i];
	return result_of(error);
}

/* Returns -1 if it is not a digit of this base. */
static int digit_of(char c, unsigned int base)
{
	int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
		    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

	return digit < (int)base ? digit : -1;
}

/* Moves *pos behind the number. As in C 0 means octal and 0x hexadecimal, if allowed. */
static bool parse_number(const char **pos, bool decimal_only, uint32_t max, uint32_t *value)
{
	unsigned int base = 10;
	uint64_t number = 0;
	const char *first;

	if (!decimal_only && **pos == '0') {
		base = 8;
		if (((*pos)[1] | 0x20) == 'x') {
			base = 16;
			*pos += 2;
		}
	}
	for (first = *pos; digit_of(**pos, base) >= 0; (*pos)++) {
		number = number * base + (unsigned int)digit_of(**pos, base);
		if (number > max)
			number = (uint64_t)max + 1;
	}
	*value = (uint32_t)number;
	if (decimal_only && *first == '0' && *pos - first > 1)
		return false;
	return *pos > first && number <= max;
}

/* If there are fewer than four parts, the last one fills the rest. *end is its end. */
static bool parse_in(const char *text, bool strict, const char **end, struct in_addr *address)
{
	uint32_t part, value = 0, rest = 0xffffffff;
	unsigned int parts = 0;

	*end = text;
	for (;;) {
		if (!parse_number(end, strict, strict ? 255 : rest, &part))
			return false;
		parts++;
		if (parts == 4 || **end != '.')
			break;
		rest >>= 8;
		if (part > 255)
			return false;
		value |= part << (32 - 8 * parts);
		(*end)++;
	}
	if (strict && parts != 4)
		return false;
	address->s_addr = htonl(value | part);
	return true;
}

static bool parse_in6(const char *text, const char **end, struct in6_addr *address)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF:.");
	char number[INET6_ADDRSTRLEN];

	*end = text + len;
	if (len >= sizeof(number))
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	return inet_pton(AF_INET6, number, address) == 1;
}

/* Parses an optional port, which must end the text. */
static bool parse_port(const char *pos, USHORT *port)
{
	uint32_t value = 0;

	if (*pos == ':') {
		pos++;
		if (!parse_number(&pos, false, 65535, &value))
			return false;
	}
	*port = htons((uint16_t)value);
	return !*pos;
}

EXPORT NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR S, BOOLEAN Strict, PCSTR *Terminator,
					      struct in_addr *Addr)
{
	struct in_addr address;

	if (!parse_in(S, Strict, Terminator, &address))
		return STATUS_INVALID_PARAMETER;
	*Addr = address;
	return STATUS_SUCCESS;
}

EXPORT NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR S, PCSTR *Terminator, struct in6_addr *Addr)
{
	struct in6_addr address;

	if (!parse_in6(S, Terminator, &address))
		return STATUS_INVALID_PARAMETER;
	*Addr = address;
	return STATUS_SUCCESS;
}

EXPORT NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR AddressString, BOOLEAN Strict,
						struct in_addr *Address, PUSHORT Port)
{
	struct in_addr address;
	const char *pos;
	USHORT port;

	if (!AddressString || !Address || !Port)
		return STATUS_INVALID_PARAMETER;
	if (!parse_in(AddressString, Strict, &pos, &address) || !parse_port(pos, &port))
		return STATUS_INVALID_PARAMETER;
	*Address = address;
	*Port = port;
	return STATUS_SUCCESS;
}

/* Only an address in brackets may have a port. */
static bool parse_in6_ex(const char *pos, struct in6_addr *address, uint32_t *scope, USHORT *port)
{
	bool bracket = *pos == '[';

	*port = 0;
	*scope = 0;
	if (!parse_in6(pos + bracket, &pos, address))
		return false;
	if (*pos == '%') {
		pos++;
		if (!parse_number(&pos, true, UINT32_MAX, scope))
			return false;
	}
	if (!bracket)
		return !*pos;
	return *pos == ']' && parse_port(pos + 1, port);
}

EXPORT NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR AddressString, struct in6_addr *Address,
						PULONG ScopeId, PUSHORT Port)
{
	struct in6_addr address;
	uint32_t scope;
	USHORT port;

	if (!AddressString || !Address || !ScopeId || !Port)
		return STATUS_INVALID_PARAMETER;
	if (!parse_in6_ex(AddressString, &address, &scope, &port))
		return STATUS_INVALID_PARAMETER;
	*Address = address;
	*ScopeId = scope;
	*Port = port;
	return STATUS_SUCCESS;
}

/*
 * The wide functions copy as many characters as an address can have, one char for each,
 * so that an index into the copy is also one into the wide text. A character beyond
 * ASCII becomes one that no address has.
 */
#define NARROW_SIZE	128

static void narrow_address(const wchar_t *wide, char *text)
{
	size_t i;

	for (i = 0; i < NARROW_SIZE - 1 && wide[i]; i++)
		text[i] = wide[i] < 128 ? (char)wide[i] : '?';
	text[i] = '\0';
}

EXPORT NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR S, BOOLEAN Strict, PCWSTR *Terminator,
					      struct in_addr *Addr)
{
	char text[NARROW_SIZE];
	const char *end;
	NTSTATUS status;

	narrow_address(S, text);
	status = RtlIpv4StringToAddressA(text, Strict, &end, Addr);
	*Terminator = S + (end - text);
	return status;
}

EXPORT NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR S, PCWSTR *Terminator, struct in6_addr *Addr)
{
	char text[NARROW_SIZE];
	const char *end;
	NTSTATUS status;

	narrow_address(S, text);
	status = RtlIpv6StringToAddressA(text, &end, Addr);
	*Terminator = S + (end - text);
	return status;
}

EXPORT NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR AddressString, BOOLEAN Strict,
						struct in_addr *Address, PUSHORT Port)
{
	char text[NARROW_SIZE];

	if (!AddressString)
		return STATUS_INVALID_PARAMETER;
	narrow_address(AddressString, text);
	return RtlIpv4StringToAddressExA(text, Strict, Address, Port);
}

EXPORT NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR AddressString, struct in6_addr *Address,
						PULONG ScopeId, PUSHORT Port)
{
	char text[NARROW_SIZE];

	if (!AddressString)
		return STATUS_INVALID_PARAMETER;
	narrow_address(AddressString, text);
	return RtlIpv6StringToAddressExA(text, Address, ScopeId, Port);
}
