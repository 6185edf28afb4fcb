// SPDX-License-Identifier: MIT
/*
 * The functions of Windows Sockets that programs use to look up an address and that the
 * C library does not have: start and end, and names and addresses in wide
 * characters, which are converted to and from the characters of the locale.
 */
#include <stdio.h>

#include "../export.h"
#include "internal.h"

#define WINSOCK_VERSION MAKEWORD(2, 2)

static LONG startups;

EXPORT int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData)
{
	if (!lpWSAData)
		return WSAEFAULT;
	memset(lpWSAData, 0, sizeof(*lpWSAData));
	lpWSAData->wVersion = WINSOCK_VERSION;
	lpWSAData->wHighVersion = WINSOCK_VERSION;
	if (LOBYTE(wVersionRequested) < 1)
		return WSAVERNOTSUPPORTED;
	if (LOBYTE(wVersionRequested) == 1)
		lpWSAData->wVersion = HIBYTE(wVersionRequested) ? MAKEWORD(1, 1) : MAKEWORD(1, 0);
	else if (wVersionRequested == MAKEWORD(2, 0) || wVersionRequested == MAKEWORD(2, 1))
		lpWSAData->wVersion = wVersionRequested;
	snprintf(lpWSAData->szDescription, sizeof(lpWSAData->szDescription), "libicmpecho-win32");
	snprintf(lpWSAData->szSystemStatus, sizeof(lpWSAData->szSystemStatus), "Running");
	InterlockedIncrement(&startups);
	return 0;
}

EXPORT int WSAAPI WSACleanup(void)
{
	if (InterlockedDecrement(&startups) >= 0)
		return 0;
	InterlockedIncrement(&startups);
	SetLastError(WSANOTINITIALISED);
	return SOCKET_ERROR;
}

/*
 * Programs call this after gethostbyname(), which sets the last error on Windows. Here it
 * is that of the C library, which sets h_errno instead.
 */
EXPORT int WSAAPI WSAGetLastError(void)
{
	if (GetLastError())
		return (int)GetLastError();
	switch (h_errno) {
	case HOST_NOT_FOUND:
		return WSAHOST_NOT_FOUND;
	case TRY_AGAIN:
		return WSATRY_AGAIN;
	case NO_RECOVERY:
		return WSANO_RECOVERY;
	case NO_DATA:
		return WSANO_DATA;
	default:
		return 0;
	}
}

EXPORT void WSAAPI WSASetLastError(int iError)
{
	SetLastError((DWORD)iError);
	h_errno = 0;
}

/* NULL for NULL. Sets *failed if the locale lacks a character, or without memory. */
static char *narrow(const wchar_t *wide, bool *failed)
{
	size_t size;
	char *text;

	if (!wide)
		return NULL;
	size = wcstombs(NULL, wide, 0);
	text = size == (size_t)-1 ? NULL : malloc(size + 1);
	if (!text) {
		*failed = true;
		return NULL;
	}
	wcstombs(text, wide, size + 1);
	return text;
}

static wchar_t *widen(const char *text)
{
	size_t len = mbstowcs(NULL, text, 0);
	wchar_t *wide = len == (size_t)-1 ? NULL : calloc(len + 1, sizeof(*wide));

	if (wide)
		mbstowcs(wide, text, len + 1);
	return wide;
}

EXPORT VOID WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo)
{
	PADDRINFOW next;

	for (; pAddrInfo; pAddrInfo = next) {
		next = pAddrInfo->ai_next;
		free(pAddrInfo->ai_canonname);
		free(pAddrInfo);
	}
}

/* The address follows the structure in the same block. */
static PADDRINFOW widen_info(const struct addrinfo *info)
{
	PADDRINFOW wide = calloc(1, sizeof(*wide) + info->ai_addrlen);

	if (!wide)
		return NULL;
	wide->ai_flags = info->ai_flags;
	wide->ai_family = info->ai_family;
	wide->ai_socktype = info->ai_socktype;
	wide->ai_protocol = info->ai_protocol;
	wide->ai_addrlen = info->ai_addrlen;
	wide->ai_addr = (struct sockaddr *)(wide + 1);
	memcpy(wide->ai_addr, info->ai_addr, info->ai_addrlen);
	if (info->ai_canonname)
		wide->ai_canonname = widen(info->ai_canonname);
	return wide;
}

static int widen_infos(const struct addrinfo *infos, PADDRINFOW *result)
{
	PADDRINFOW *tail = result;

	for (*result = NULL; infos; infos = infos->ai_next) {
		*tail = widen_info(infos);
		if (!*tail) {
			FreeAddrInfoW(*result);
			*result = NULL;
			return EAI_MEMORY;
		}
		tail = &(*tail)->ai_next;
	}
	return 0;
}

EXPORT INT WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
			       PADDRINFOW *ppResult)
{
	struct addrinfo hints = { 0 }, *infos;
	bool failed = false;
	char *node = narrow(pNodeName, &failed);
	char *service = narrow(pServiceName, &failed);
	int ret = EAI_NONAME;

	if (pHints) {
		hints.ai_flags = pHints->ai_flags;
		hints.ai_family = pHints->ai_family;
		hints.ai_socktype = pHints->ai_socktype;
		hints.ai_protocol = pHints->ai_protocol;
	}
	*ppResult = NULL;
	if (!failed)
		ret = getaddrinfo(node, service, pHints ? &hints : NULL, &infos);
	if (ret == 0) {
		ret = widen_infos(infos, ppResult);
		freeaddrinfo(infos);
	}
	free(node);
	free(service);
	return ret;
}

/* Returns false if it does not fit. */
static bool widen_into(wchar_t *wide, size_t size, const char *text)
{
	size_t len = mbstowcs(NULL, text, 0);

	if (len >= size)	/* also -1: invalid in this locale */
		return false;
	mbstowcs(wide, text, len + 1);
	return true;
}

EXPORT INT WSAAPI GetNameInfoW(const SOCKADDR *pSockaddr, socklen_t SockaddrLength,
			       PWCHAR pNodeBuffer, DWORD NodeBufferSize, PWCHAR pServiceBuffer,
			       DWORD ServiceBufferSize, INT Flags)
{
	bool wants_node = pNodeBuffer && NodeBufferSize;
	bool wants_service = pServiceBuffer && ServiceBufferSize;
	char node[NI_MAXHOST], service[NI_MAXSERV];
	int ret = getnameinfo(pSockaddr, SockaddrLength, wants_node ? node : NULL,
			      wants_node ? sizeof(node) : 0, wants_service ? service : NULL,
			      wants_service ? sizeof(service) : 0, Flags);

	if (ret)
		return ret;
	if (wants_node && !widen_into(pNodeBuffer, NodeBufferSize, node))
		return EAI_OVERFLOW;
	if (wants_service && !widen_into(pServiceBuffer, ServiceBufferSize, service))
		return EAI_OVERFLOW;
	return 0;
}

EXPORT INT WSAAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;
	int ret;

	for (i = 0; pszAddrString[i]; i++) {
		if (i + 1 == sizeof(text) || pszAddrString[i] > 127)
			return 0;
		text[i] = (char)pszAddrString[i];
	}
	text[i] = '\0';
	ret = inet_pton(Family, text, pAddrBuf);
	if (ret < 0)
		SetLastError(WSAEAFNOSUPPORT);
	return ret;
}

EXPORT PCWSTR WSAAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf,
			       size_t StringBufSize)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;

	if (!inet_ntop(Family, pAddr, text, sizeof(text))) {
		SetLastError(WSAEAFNOSUPPORT);
		return NULL;
	}
	if (strlen(text) >= StringBufSize) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	for (i = 0; i <= strlen(text); i++)
		pStringBuf[i] = (unsigned char)text[i];
	return pStringBuf;
}
