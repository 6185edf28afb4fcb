// SPDX-License-Identifier: MIT
/* Addresses to text and back. Needs no device and no network. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <winternl.h>
#include <wchar.h>

#include "tap.h"

struct in_case {
	const char *text;
	bool strict, valid;
	uint32_t address;
	unsigned int end;
};

static const struct in_case in_cases[] = {
	{ "1.2.3.4", true, true, 0x01020304, 7 },
	{ "1.2.3.4", false, true, 0x01020304, 7 },
	{ "255.255.255.255", true, true, 0xffffffff, 15 },
	{ "0.0.0.0", true, true, 0, 7 },
	{ "1.2.3.4abc", true, true, 0x01020304, 7 },
	{ "1.2.3.4.5", true, true, 0x01020304, 7 },
	{ "1.2.3.4:80", false, true, 0x01020304, 7 },
	{ "1.2.3", true, false, 0, 5 },
	{ "1.2.3", false, true, 0x01020003, 5 },
	{ "1.2", false, true, 0x01000002, 3 },
	{ "1.0x20000", false, true, 0x01020000, 9 },
	{ "1.2.65535", false, true, 0x0102ffff, 9 },
	{ "1.2.65536", false, false, 0, 9 },
	{ "4294967295", false, true, 0xffffffff, 10 },
	{ "4294967296", false, false, 0, 10 },
	{ "18446744073709551617", false, false, 0, 20 },
	{ "0x7f.1", false, true, 0x7f000001, 6 },
	{ "0X7F000001", false, true, 0x7f000001, 10 },
	{ "0177.0.0.01", false, true, 0x7f000001, 11 },
	{ "0177.0.0.01", true, false, 0, 4 },
	{ "08.1.1.1", false, true, 0, 1 },
	{ "256.1.1.1", true, false, 0, 3 },
	{ "256.1.1.1", false, false, 0, 4 },
	{ "1..2.3", false, false, 0, 2 },
	{ "1.2.3.", false, false, 0, 6 },
	{ "0x", false, false, 0, 2 },
	{ "", false, false, 0, 0 },
	{ "", true, false, 0, 0 },
	{ "abc", false, false, 0, 0 },
	{ " 1.2.3.4", true, false, 0, 0 },
	{ "-1.2.3.4", true, false, 0, 0 },
};

static NTSTATUS expected_status(bool valid)
{
	return valid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static void widen(wchar_t *wide, const char *text)
{
	size_t i;

	for (i = 0; i <= strlen(text); i++)
		wide[i] = (unsigned char)text[i];
}

static void check_in(const struct in_case *c)
{
	struct in_addr address = { .s_addr = 0x12345678 };
	uint32_t expected = c->valid ? htonl(c->address) : 0x12345678;
	wchar_t wide[64];
	PCWSTR wide_end;
	PCSTR end;

	CHECK_EQ(RtlIpv4StringToAddressA(c->text, c->strict, &end, &address),
		 expected_status(c->valid));
	CHECK_EQ(address.s_addr, expected);
	/* Where a number is not valid it may be said to end at the dot, or behind. */
	if (c->valid)
		CHECK_EQ(end - c->text, c->end);
	widen(wide, c->text);
	address.s_addr = 0x12345678;
	CHECK_EQ(RtlIpv4StringToAddressW(wide, c->strict, &wide_end, &address),
		 expected_status(c->valid));
	CHECK_EQ(address.s_addr, expected);
	CHECK_EQ(wide_end - wide, end - c->text);
}

TEST(ipv4_text_is_parsed_up_to_its_end)
{
	size_t i;

	for (i = 0; i < sizeof(in_cases) / sizeof(*in_cases); i++) {
		check_in(&in_cases[i]);
		if (tap_failed) {
			printf("# \"%s\"\n", in_cases[i].text);
			return;
		}
	}
}

TEST(ipv4_text_with_a_port_is_parsed_whole)
{
	static const struct {
		const char *text;
		bool valid;
		USHORT port;
	} cases[] = {
		{ "1.2.3.4", true, 0 }, { "1.2.3.4:80", true, 80 },
		{ "1.2.3.4:65535", true, 65535 }, { "1.2.3.4:0x50", true, 80 },
		{ "1.2.3.4:65536", false, 0 }, { "1.2.3.4:", false, 0 },
		{ "1.2.3.4 ", false, 0 }, { "1.2.3.4:80 ", false, 0 }, { "1.2.3", false, 0 },
	};
	struct in_addr address;
	wchar_t wide[64];
	USHORT port;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		port = 0x1234;
		CHECK_EQ(RtlIpv4StringToAddressExA(cases[i].text, TRUE, &address, &port),
			 expected_status(cases[i].valid));
		CHECK_EQ(port, cases[i].valid ? htons(cases[i].port) : 0x1234);
		widen(wide, cases[i].text);
		port = 0x1234;
		CHECK_EQ(RtlIpv4StringToAddressExW(wide, TRUE, &address, &port),
			 expected_status(cases[i].valid));
		CHECK_EQ(port, cases[i].valid ? htons(cases[i].port) : 0x1234);
	}
	CHECK_EQ(RtlIpv4StringToAddressExA(NULL, TRUE, &address, &port), STATUS_INVALID_PARAMETER);
}

TEST(ipv6_text_is_parsed_up_to_its_end)
{
	static const struct {
		const char *text;
		unsigned int end;	/* 0: not valid */
	} cases[] = {
		{ "::", 2 }, { "::1", 3 }, { "fe80::1%3", 7 }, { "1:2:3:4:5:6:7:8]", 15 },
		{ "::ffff:1.2.3.4", 14 }, { "fE80::Ab/64", 8 }, { "", 0 }, { "1.2.3.4", 0 },
		{ "1:2:3:4:5:6:7:8:9", 0 }, { "::12345", 0 }, { "1::2::3", 0 }, { "xyz", 0 },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", 0 },
	};
	struct in6_addr address, expected;
	char text[64];
	wchar_t wide[64];
	PCWSTR wide_end;
	NTSTATUS status;
	PCSTR end;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		status = cases[i].end ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
		memset(&address, 0x55, sizeof(address));
		expected = address;
		CHECK_EQ(RtlIpv6StringToAddressA(cases[i].text, &end, &address), status);
		if (cases[i].end) {
			CHECK_EQ(end - cases[i].text, cases[i].end);
			snprintf(text, sizeof(text), "%.*s", (int)cases[i].end, cases[i].text);
			CHECK_EQ(inet_pton(AF_INET6, text, &expected), 1);
		}
		CHECK(!memcmp(&address, &expected, sizeof(address)));
		widen(wide, cases[i].text);
		CHECK_EQ(RtlIpv6StringToAddressW(wide, &wide_end, &address), status);
		CHECK_EQ(wide_end - wide, end - cases[i].text);
	}
	CHECK_EQ(RtlIpv6StringToAddressW(L"::\u0661", &wide_end, &address), STATUS_SUCCESS);
	CHECK(*wide_end == L'\u0661');
}

TEST(ipv6_text_with_scope_and_port_is_parsed_whole)
{
	static const struct {
		const char *text;
		bool valid;
		ULONG scope;
		USHORT port;
	} cases[] = {
		{ "fe80::1", true, 0, 0 }, { "fe80::1%3", true, 3, 0 }, { "[fe80::1]", true, 0, 0 },
		{ "[fe80::1%4294967295]:80", true, 4294967295U, 80 }, { "[fe80::1]:1", true, 0, 1 },
		{ "fe80::1%4294967296", false, 0, 0 }, { "fe80::1%", false, 0, 0 },
		{ "fe80::1%eth0", false, 0, 0 }, { "[fe80::1", false, 0, 0 },
		{ "fe80::1]", false, 0, 0 }, { "[fe80::1]:", false, 0, 0 },
		{ "[fe80::1]:65536", false, 0, 0 }, { "fe80::1 ", false, 0, 0 },
	};
	struct in6_addr address;
	wchar_t wide[64];
	ULONG scope;
	USHORT port;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		scope = 77;
		port = 78;
		CHECK_EQ(RtlIpv6StringToAddressExA(cases[i].text, &address, &scope, &port),
			 expected_status(cases[i].valid));
		CHECK_EQ(scope, cases[i].valid ? cases[i].scope : 77);
		CHECK_EQ(port, cases[i].valid ? htons(cases[i].port) : 78);
		widen(wide, cases[i].text);
		CHECK_EQ(RtlIpv6StringToAddressExW(wide, &address, &scope, &port),
			 expected_status(cases[i].valid));
		CHECK_EQ(scope, cases[i].valid ? cases[i].scope : 77);
	}
}

static void check_text(const void *address, size_t len, const char *expected)
{
	LPSOCKADDR sockaddr = (LPSOCKADDR)(uintptr_t)address;
	DWORD needed = (DWORD)strlen(expected) + 1, size = 64;
	wchar_t wide[64], wide_expected[64];
	char text[64];

	CHECK_EQ(WSAAddressToStringA(sockaddr, (DWORD)len, NULL, text, &size), 0);
	CHECK(!strcmp(text, expected));
	CHECK_EQ(size, needed);
	/* Exactly as much room, and one less */
	CHECK_EQ(WSAAddressToStringW(sockaddr, (DWORD)len, NULL, wide, &size), 0);
	widen(wide_expected, expected);
	CHECK(!wcscmp(wide, wide_expected));
	size--;
	CHECK_EQ(WSAAddressToStringW(sockaddr, (DWORD)len, NULL, wide, &size), SOCKET_ERROR);
	CHECK_EQ(WSAGetLastError(), WSAEFAULT);
	CHECK_EQ(size, needed);
	size = 0;
	CHECK_EQ(WSAAddressToStringA(sockaddr, (DWORD)len, NULL, text, &size), SOCKET_ERROR);
	CHECK_EQ(size, needed);
	CHECK_EQ(WSAAddressToStringA(sockaddr, (DWORD)len - 1, NULL, text, &size), SOCKET_ERROR);
	CHECK_EQ(WSAGetLastError(), WSAEINVAL);
}

TEST(address_becomes_text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	DWORD size = 64;
	char text[64];

	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	check_text(&in, sizeof(in), "192.0.2.1");
	in.sin_port = htons(80);
	check_text(&in, sizeof(in), "192.0.2.1:80");
	inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr);
	check_text(&in6, sizeof(in6), "fe80::1");
	in6.sin6_scope_id = 4294967295U;
	check_text(&in6, sizeof(in6), "fe80::1%4294967295");
	in6.sin6_port = htons(65535);
	check_text(&in6, sizeof(in6), "[fe80::1%4294967295]:65535");
	memset(&in6.sin6_addr, 0xff, sizeof(in6.sin6_addr));
	check_text(&in6, sizeof(in6),
		   "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
	in.sin_family = AF_UNIX;
	CHECK_EQ(WSAAddressToStringA((LPSOCKADDR)&in, sizeof(in), NULL, text, &size), SOCKET_ERROR);
	CHECK_EQ(WSAGetLastError(), WSAEINVAL);
	CHECK_EQ(WSAAddressToStringA(NULL, 0, NULL, text, &size), SOCKET_ERROR);
	CHECK_EQ(WSAGetLastError(), WSAEFAULT);
}

TEST(wide_names_of_addresses)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(65000) };
	const SOCKADDR *address = (const SOCKADDR *)&in;
	WCHAR node[64], service[8];

	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	CHECK_EQ(GetNameInfoW(address, sizeof(in), node, 64, service, 8,
			      NI_NUMERICHOST | NI_NUMERICSERV), 0);
	CHECK(!wcscmp(node, L"192.0.2.1"));
	CHECK(!wcscmp(service, L"65000"));
	CHECK_EQ(GetNameInfoW(address, sizeof(in), node, 10, NULL, 0, NI_NUMERICHOST), 0);
	CHECK_EQ(GetNameInfoW(address, sizeof(in), node, 9, NULL, 0, NI_NUMERICHOST), EAI_OVERFLOW);
	CHECK(GetNameInfoW(address, 1, node, 64, NULL, 0, NI_NUMERICHOST) != 0);
}

/* What <netinet/in.h> has, whose place winsock2.h takes. */
TEST(names_of_netinet_in_survive)
{
	struct ip_mreq mreq = { .imr_interface.s_addr = htonl(INADDR_ANY) };
	SOCKET sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	int ttl = 7;

	CHECK_EQ(IPPROTO_RAW, 255);
	CHECK(sock != INVALID_SOCKET);
	CHECK_EQ(setsockopt(sock, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)), 0);
	mreq.imr_multiaddr.S_un.S_addr = htonl(0xe0000001);
	CHECK(IN_MULTICAST(ntohl(mreq.imr_multiaddr.s_addr)));
	shutdown(sock, SD_BOTH);
}
