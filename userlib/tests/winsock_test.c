// SPDX-License-Identifier: MIT
/* Names and addresses. Needs no device and no network. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <wchar.h>

#include "tap.h"

TEST(startup_negotiates_a_version)
{
	static const struct {
		WORD wanted, got;
	} versions[] = {
		{ 0x0202, 0x0202 }, { 0x0002, 0x0002 }, { 0x0101, 0x0101 }, { 0x0001, 0x0001 },
		{ 0x0302, 0x0202 }, { 0x0003, 0x0202 },
	};
	WSADATA data;
	size_t i;

	for (i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		CHECK_EQ(WSAStartup(versions[i].wanted, &data), 0);
		CHECK_EQ(data.wVersion, versions[i].got);
		CHECK_EQ(data.wHighVersion, 0x0202);
	}
	CHECK_EQ(WSAStartup(0, &data), WSAVERNOTSUPPORTED);
	CHECK_EQ(WSAStartup(0x0202, NULL), WSAEFAULT);
	for (i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		CHECK_EQ(WSACleanup(), 0);
	CHECK_EQ(WSACleanup(), SOCKET_ERROR);
	CHECK_EQ(WSAGetLastError(), WSANOTINITIALISED);
	CHECK_EQ(GetLastError(), WSANOTINITIALISED);
}

TEST(unknown_host_is_the_last_error)
{
	struct hostent *host;

	WSASetLastError(0);
	CHECK_EQ(WSAGetLastError(), 0);
	host = gethostbyname("127.0.0.1");
	CHECK(host && *(u_long *)(void *)host->h_addr == htonl(INADDR_LOOPBACK));
	CHECK(!gethostbyname("not a name."));
	CHECK(WSAGetLastError() >= WSAHOST_NOT_FOUND && WSAGetLastError() <= WSANO_DATA);
}

TEST(wide_addresses_are_converted)
{
	struct in6_addr addr;
	WCHAR text[INET6_ADDRSTRLEN];

	CHECK_EQ(InetPtonW(AF_INET6, L"fe80::1", &addr), 1);
	CHECK(IN6_IS_ADDR_LINKLOCAL(&addr));
	CHECK(InetNtopW(AF_INET6, &addr, text, INET6_ADDRSTRLEN) == text);
	CHECK(!wcscmp(text, L"fe80::1"));
	SetLastError(0);
	CHECK(!InetNtopW(AF_INET6, &addr, text, 7));
	CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
	CHECK_EQ(InetPtonW(AF_INET6, L"fe80::\u0661", &addr), 0);
	CHECK_EQ(InetPtonW(AF_INET6, L"an address that is longer than any address can ever be",
			   &addr), 0);
	CHECK_EQ(InetPtonW(12345, L"::1", &addr), -1);
	CHECK_EQ(WSAGetLastError(), WSAEAFNOSUPPORT);
	CHECK_EQ(InetPtonA(AF_INET, "127.0.0.1", &addr), 1);
	CHECK_EQ(InetPton(AF_INET, "127.0.0.1", &addr), 1);
}

TEST(wide_names_are_looked_up)
{
	ADDRINFOW hints, *infos = NULL;
	struct sockaddr_in6 in6;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_INET6;
	hints.ai_socktype = SOCK_DGRAM;
	hints.ai_flags = AI_NUMERICHOST;
	CHECK_EQ(GetAddrInfoW(L"fe80::1%1", L"7", &hints, &infos), 0);
	CHECK(infos && infos->ai_family == AF_INET6 && infos->ai_addrlen == sizeof(in6));
	if (infos) {
		memcpy(&in6, infos->ai_addr, sizeof(in6));
		CHECK_EQ(in6.sin6_scope_id, 1);
		CHECK_EQ(in6.sin6_port, htons(7));
	}
	FreeAddrInfoW(infos);
	CHECK_EQ(GetAddrInfoW(L"no address", NULL, &hints, &infos), EAI_NONAME);
	CHECK(!infos);
	FreeAddrInfoW(NULL);
}
