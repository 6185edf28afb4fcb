// SPDX-License-Identifier: MIT
/*
 * IPv6: converts addresses from and to text by each function that there is, and opens
 * events by their names.
 *
 *	names ADDRESS...	as ::1, fe80::1%2 or [::1]:7
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <ws2ipdef.h>
#include <inaddr.h>
#include <mstcpip.h>
#include <windef.h>
#include <winnt.h>
#include <windows.h>
#include <shlwapi.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

#include "mingw.h"

typedef struct {
	union {
		ICMPV6_ECHO_REPLY reply;
		BYTE bytes[sizeof(ICMPV6_ECHO_REPLY) + 32 + 8];
	} DUMMYUNIONNAME;
	DOUBLE milliseconds;
} ANSWER, FAR *LPANSWER;

static BOOL parse(IN LPCSTR text, OUT SOCKADDR_IN6 FAR *address)
{
	NTSTATUS ret;

	memset(address, 0, sizeof(*address));
	address->sin6_family = AF_INET6;
	ret = RtlIpv6StringToAddressExA(text, &address->sin6_addr, &address->sin6_scope_id,
					&address->sin6_port);
	return ret == 0;
}

static void print(_In_ SOCKADDR_IN6 *address, _In_ DWORD status)
{
	WCHAR wide[80], host[NI_MAXHOST];
	DWORD size = _countof(wide);
	char text[80];

	if (WSAAddressToStringW((LPSOCKADDR)address, sizeof(*address), NULL, wide, &size) != 0)
		return;
	size = _countof(text);
	WSAAddressToStringA((LPSOCKADDR)address, sizeof(*address), NULL, text, &size);
	if (GetNameInfoW((LPSOCKADDR)address, sizeof(*address), host, _countof(host), NULL, 0,
			 NI_NUMERICHOST) != 0)
		return;
	printf("%s %ls %ls: %lu\n", text, wide, host, (unsigned long)status);
}

/* Shares only the name of the event with the thread that sends. */
static DWORD WINAPI announce(LPVOID unused)
{
	HANDLE answered = OpenEvent(SYNCHRONIZE, FALSE, "Local\\winstyle-answered");
	HANDLE announced = OpenEventW(EVENT_MODIFY_STATE, FALSE, L"winstyle-announced");

	(void)unused;
	if (answered == NULL || announced == NULL)
		return ERROR_OUTOFMEMORY;
	WaitForSingleObject(answered, INFINITE);
	SetEvent(announced);
	CloseHandle(answered);
	CloseHandle(announced);
	return 0;
}

static DWORD ping(HANDLE icmp, SOCKADDR_IN6 *address)
{
	HANDLE answered, announced, thread;
	SOCKADDR_IN6 source;
	char data[32] = "by name";
	DWORD result = 0;
	ANSWER answer;

	memset(&source, 0, sizeof(source));
	source.sin6_family = AF_INET6;
	answered = CreateEvent(NULL, TRUE, FALSE, "winstyle-answered");
	announced = CreateEventW(NULL, FALSE, FALSE, L"Local\\winstyle-announced");
	thread = CreateThread(NULL, 0, announce, NULL, 0, NULL);
	Icmp6SendEcho2(icmp, answered, NULL, NULL, &source, address, data, sizeof(data), NULL,
		       &answer, sizeof(answer.bytes), 300);
	if (GetLastError() != ERROR_IO_PENDING) {
		result = GetLastError();
		SetEvent(answered);
	}
	WaitForSingleObject(announced, INFINITE);
	if (result == 0) {
		WaitForSingleObject(answered, INFINITE);
		if (!Icmp6ParseReplies(&answer, sizeof(answer.bytes)))
			result = GetLastError();
	}
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	CloseHandle(announced);
	CloseHandle(answered);
	return result;
}

/* Programs also have sockets of their own. */
static BOOL set_ttl(void)
{
	SOCKET sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	struct ip_mreq group;
	DWORD ttl = 3;

	memset(&group, 0, sizeof(group));
	return sock != INVALID_SOCKET && IPPROTO_RAW == 255 &&
	       setsockopt(sock, IPPROTO_IP, IP_TTL, (const char *)&ttl, sizeof(ttl)) == 0 &&
	       group.imr_multiaddr.s_addr == INADDR_ANY;
}

int main(int argc, char **argv)
{
	SOCKADDR_IN6 address;
	WSADATA data;
	HANDLE icmp;
	int i;

	if (argc < 2 || WSAStartup(MAKEWORD(2, 2), &data) != 0 || !set_ttl())
		return 2;
	icmp = Icmp6CreateFile();
	if (icmp == INVALID_HANDLE_VALUE)
		return 2;
	for (i = 1; i < argc; i++) {
		if (parse(argv[i], &address))
			print(&address, ping(icmp, &address));
		else
			printf("%s: not an address\n", argv[i]);
	}
	IcmpCloseHandle(icmp);
	WSACleanup();
	return 0;
}
