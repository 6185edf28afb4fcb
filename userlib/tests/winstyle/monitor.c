// SPDX-License-Identifier: MIT
/*
 * A monitor in wide characters: watches hosts in rounds and reports each change.
 *
 *	monitor ROUNDS HOST...
 */
#ifndef UNICODE
#define UNICODE
#endif
#ifndef _UNICODE
#define _UNICODE
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <tchar.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>
#include <stdlib.h>

#include "mingw.h"

#define MAX_HOSTS 16
#define TIMEOUT 300

typedef struct {
	TCHAR szName[64];
	IPAddr ulAddress;
	BOOL bKnown, bUp;
} HOST, *PHOST;

static HOST g_Hosts[MAX_HOSTS];

static BOOL Resolve(_In_z_ LPCTSTR pszName, _Out_ PHOST pHost)
{
	ADDRINFOT hints, *pInfo = NULL;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_INET;
	if (GetAddrInfo(pszName, NULL, &hints, &pInfo) != 0)
		return FALSE;
	pHost->ulAddress = ((struct sockaddr_in *)pInfo->ai_addr)->sin_addr.S_un.S_addr;
	_tcscpy_s(pHost->szName, _countof(pHost->szName), pszName);
	FreeAddrInfo(pInfo);
	return TRUE;
}

static BOOL IsUp(_In_ HANDLE hIcmp, _In_ IPAddr ulAddress)
{
	DWORD dwSize = sizeof(ICMP_ECHO_REPLY) + 32;
	char szData[32] = "monitor";
	HGLOBAL hReply = GlobalAlloc(GHND, dwSize);
	PICMP_ECHO_REPLY pReply = (PICMP_ECHO_REPLY)GlobalLock(hReply);
	BOOL bUp;

	bUp = IcmpSendEcho(hIcmp, ulAddress, szData, sizeof(szData), NULL, pReply, dwSize,
			   TIMEOUT) > 0 && pReply->Status == IP_SUCCESS;
	GlobalUnlock(hReply);
	GlobalFree(hReply);
	return bUp;
}

static void Report(_Inout_ PHOST pHost, _In_ BOOL bUp)
{
	TCHAR szLine[128];

	if (pHost->bKnown && pHost->bUp == bUp)
		return;
	pHost->bKnown = TRUE;
	pHost->bUp = bUp;
	_sntprintf(szLine, _countof(szLine), _T("%ls is %ls\n"), pHost->szName,
		   bUp ? TEXT("up") : TEXT("down"));
	OutputDebugString(szLine);
	_fputts(szLine, stdout);
}

int _tmain(int argc, _TCHAR *argv[])
{
	OSVERSIONINFO version;
	int nRounds, i;
	DWORD dwCount = 0, j;
	WSADATA wsaData;
	HANDLE hIcmp;

	if (argc < 3 || WSAStartup(MAKEWORD(2, 2), &wsaData) != 0)
		return 2;
	version.dwOSVersionInfoSize = sizeof(version);
	if (!GetVersionEx(&version) || version.dwMajorVersion < 6) {
		_tprintf(_T("this needs Windows Vista\n"));
		return 2;
	}
	nRounds = _ttoi(argv[1]);
	for (i = 2; i < argc && dwCount < MAX_HOSTS; i++) {
		if (Resolve(argv[i], &g_Hosts[dwCount]))
			dwCount++;
		else
			_tprintf(_T("%ls is not known\n"), argv[i]);
	}
	hIcmp = IcmpCreateFile();
	if (hIcmp == INVALID_HANDLE_VALUE)
		return 2;
	for (i = 0; i < nRounds; i++) {
		for (j = 0; j < dwCount; j++)
			Report(&g_Hosts[j], IsUp(hIcmp, g_Hosts[j].ulAddress));
	}
	IcmpCloseHandle(hIcmp);
	WSACleanup();
	return 0;
}
