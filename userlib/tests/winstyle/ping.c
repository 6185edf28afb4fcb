// SPDX-License-Identifier: MIT
/*
 * Synchronous: one request after the other, an error in words.
 *
 *	ping HOST [COUNT [SIZE]]
 */
#include <winsock2.h>
#include <windows.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>
#include <stdlib.h>

#pragma comment(lib, "iphlpapi.lib")
#pragma comment(lib, "ws2_32.lib")

static void PrintError(DWORD dwError)
{
	LPSTR lpMessage = NULL;

	if (FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
			   FORMAT_MESSAGE_IGNORE_INSERTS, NULL, dwError,
			   MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPSTR)&lpMessage, 0, NULL)) {
		printf("error %lu: %s", (unsigned long)dwError, lpMessage);
		LocalFree(lpMessage);
	} else {
		printf("error %lu\n", (unsigned long)dwError);
	}
}

static BOOL PingOnce(HANDLE hIcmp, IPAddr ulAddress, LPVOID lpData, WORD wSize)
{
	DWORD dwReplySize = sizeof(ICMP_ECHO_REPLY) + wSize + 8;
	PICMP_ECHO_REPLY pReply;
	struct in_addr addr;
	DWORD dwCount;

	pReply = (PICMP_ECHO_REPLY)HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, dwReplySize);
	if (pReply == NULL)
		return FALSE;
	dwCount = IcmpSendEcho(hIcmp, ulAddress, lpData, wSize, NULL, pReply, dwReplySize, 1000);
	if (dwCount == 0) {
		PrintError(GetLastError());
	} else if (pReply->Status != IP_SUCCESS) {
		addr.S_un.S_addr = pReply->Address;
		printf("%s says: ", inet_ntoa(addr));
		PrintError(pReply->Status);
	} else {
		addr.S_un.S_addr = pReply->Address;
		printf("%u bytes from %s, %s\n", pReply->DataSize, inet_ntoa(addr),
		       memcmp(pReply->Data, lpData, wSize) ? "changed" : "the same");
	}
	HeapFree(GetProcessHeap(), 0, pReply);
	return dwCount != 0;
}

int main(int argc, char *argv[])
{
	int nCount = argc > 2 ? atoi(argv[2]) : 1, nSize = argc > 3 ? atoi(argv[3]) : 32, i;
	struct hostent *pHost;
	int nAnswered = 0;
	WSADATA wsaData;
	u_long ulAddress;
	char *pData;
	HANDLE hIcmp;

	if (argc < 2 || WSAStartup(MAKEWORD(2, 2), &wsaData) != 0)
		return 2;
	pHost = gethostbyname(argv[1]);
	if (pHost == NULL) {
		printf("%s: WSA error %d\n", argv[1], WSAGetLastError());
		return 2;
	}
	ulAddress = *(u_long *)pHost->h_addr;
	hIcmp = IcmpCreateFile();
	if (hIcmp == INVALID_HANDLE_VALUE) {
		PrintError(GetLastError());
		return 2;
	}
	pData = (char *)malloc(nSize + 1);
	for (i = 0; i < nSize; i++)
		pData[i] = (char)('a' + i % 23);
	for (i = 0; i < nCount; i++) {
		if (i > 0)
			Sleep(10);
		nAnswered += PingOnce(hIcmp, ulAddress, pData, (WORD)nSize);
	}
	printf("%d of %d\n", nAnswered, nCount);
	free(pData);
	IcmpCloseHandle(hIcmp);
	WSACleanup();
	return nAnswered == nCount ? 0 : 1;
}
