// SPDX-License-Identifier: MIT
/*
 * Driven by events; sends from the source address that it is given.
 *
 *	events SOURCE ADDRESS...
 */
#include <winsock2.h>
#include <windows.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

#include "mingw.h"

#define TIMEOUT 300

static HANDLE hEvents[MAXIMUM_WAIT_OBJECTS];
static BYTE aBuffers[MAXIMUM_WAIT_OBJECTS][sizeof(ICMP_ECHO_REPLY) + 32 + 8];
static BOOL aSent[MAXIMUM_WAIT_OBJECTS];

static void Report(const char *pszAddress, LPVOID pBuffer, DWORD dwSize)
{
	PICMP_ECHO_REPLY pReply = (PICMP_ECHO_REPLY)pBuffer;
	struct in_addr addr;

	if (IcmpParseReplies(pBuffer, dwSize) == 0) {
		printf("%s: error %lu\n", pszAddress, (unsigned long)GetLastError());
		return;
	}
	addr.s_addr = pReply->Address;
	printf("%s: status %lu from %s\n", pszAddress, (unsigned long)pReply->Status,
	       inet_ntoa(addr));
}

int main(int argc, char **argv)
{
	DWORD dwCount = 0, dwLeft, dwIndex, i;
	char szData[32] = "from a source address of choice";
	LARGE_INTEGER liStart, liEnd, liFrequency;
	HANDLE hIcmp;

	if (argc < 3 || argc - 2 > MAXIMUM_WAIT_OBJECTS)
		return 2;
	hIcmp = IcmpCreateFile();
	if (hIcmp == INVALID_HANDLE_VALUE)
		return 2;
	QueryPerformanceFrequency(&liFrequency);
	QueryPerformanceCounter(&liStart);
	for (i = 0; i < (DWORD)argc - 2; i++) {
		hEvents[i] = CreateEvent(NULL, TRUE, FALSE, NULL);
		ResetEvent(hEvents[i]);
		if (IcmpSendEcho2Ex(hIcmp, hEvents[i], NULL, NULL, inet_addr(argv[1]),
				    inet_addr(argv[i + 2]), szData, sizeof(szData), NULL,
				    aBuffers[i], sizeof(aBuffers[i]), TIMEOUT) == 0 &&
		    GetLastError() == ERROR_IO_PENDING) {
			aSent[i] = TRUE;
			dwCount++;
		} else {
			printf("%s: refused, error %lu\n", argv[i + 2],
			       (unsigned long)GetLastError());
		}
	}
	/* A manual-reset event stays set: take each out by resetting it. */
	for (dwLeft = dwCount; dwLeft > 0; dwLeft--) {
		dwIndex = WaitForMultipleObjects((DWORD)argc - 2, hEvents, FALSE, 10 * TIMEOUT);
		if (dwIndex >= WAIT_OBJECT_0 + (DWORD)argc - 2) {
			printf("wait: %lu\n", (unsigned long)dwIndex);
			return 1;
		}
		ResetEvent(hEvents[dwIndex]);
	}
	QueryPerformanceCounter(&liEnd);
	for (i = 0; i < (DWORD)argc - 2; i++) {
		if (aSent[i])
			Report(argv[i + 2], aBuffers[i], sizeof(aBuffers[i]));
		CloseHandle(hEvents[i]);
	}
	printf("%lu sent, %s\n", (unsigned long)dwCount,
	       (liEnd.QuadPart - liStart.QuadPart) / liFrequency.QuadPart < 3 ? "in time" : "late");
	IcmpCloseHandle(hIcmp);
	return 0;
}
