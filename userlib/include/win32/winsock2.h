/* SPDX-License-Identifier: MIT */
/*
 * As much of <winsock2.h> as programs that send echo requests use: addresses
 * and their conversion. Part of libicmpecho-win32; see icmpapi.h.
 */
#ifndef ICMPECHO_WINSOCK2_H
#define ICMPECHO_WINSOCK2_H

#include <sys/socket.h>

#include "windows.h"
#include "ws2ipdef.h"

/* inet_addr(), inet_ntoa() and friends; gethostbyname(), getaddrinfo() */
#include <arpa/inet.h>
#include <netdb.h>

/*
 * getaddrinfo() and gethostbyname() are those of the C library. So are their error
 * codes: EAI_NONAME and so on have its values, not those of WSA errors.
 */
typedef struct in_addr IN_ADDR, *PIN_ADDR, *LPIN_ADDR;
typedef struct in6_addr IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;
typedef struct sockaddr SOCKADDR, *PSOCKADDR, *LPSOCKADDR;
typedef struct sockaddr_in SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;
typedef struct sockaddr_in6 SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;
typedef struct sockaddr_storage SOCKADDR_STORAGE, *PSOCKADDR_STORAGE, *LPSOCKADDR_STORAGE;
typedef struct hostent HOSTENT, *PHOSTENT, *LPHOSTENT;
typedef struct addrinfo ADDRINFOA, *PADDRINFOA, ADDRINFO, *LPADDRINFO;
typedef struct ip_mreq IP_MREQ, *PIP_MREQ;
typedef struct ipv6_mreq IPV6_MREQ, *PIPV6_MREQ;

/* Sockets are those of the C library: their functions set errno, not the last error. */
typedef int SOCKET;
#define INVALID_SOCKET		((SOCKET)-1)
#define SD_RECEIVE		SHUT_RD
#define SD_SEND			SHUT_WR
#define SD_BOTH			SHUT_RDWR

typedef struct addrinfoW {
	int ai_flags;
	int ai_family;
	int ai_socktype;
	int ai_protocol;
	size_t ai_addrlen;
	PWSTR ai_canonname;
	struct sockaddr *ai_addr;
	struct addrinfoW *ai_next;
} ADDRINFOW, *PADDRINFOW;

#define WSADESCRIPTION_LEN	256
#define WSASYS_STATUS_LEN	128

typedef struct WSAData {
	WORD wVersion;
	WORD wHighVersion;
	unsigned short iMaxSockets;
	unsigned short iMaxUdpDg;
	char *lpVendorInfo;
	char szDescription[WSADESCRIPTION_LEN + 1];
	char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

#define SOCKET_ERROR		(-1)
#define WSAEFAULT		10014
#define WSAEINVAL		10022
#define WSAEAFNOSUPPORT		10047
#define WSAVERNOTSUPPORTED	10092
#define WSANOTINITIALISED	10093
#define WSAHOST_NOT_FOUND	11001
#define WSATRY_AGAIN		11002
#define WSANO_RECOVERY		11003
#define WSANO_DATA		11004

#ifdef __cplusplus
extern "C" {
#endif

/*
 * No function here needs them. WSAStartup() accepts the versions that Windows does, and
 * WSACleanup() fails if it is called more often than WSAStartup().
 */
int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
int WSAAPI WSACleanup(void);

/* Returns the last error; if that is 0, the error of the last gethostbyname(). */
int WSAAPI WSAGetLastError(void);
void WSAAPI WSASetLastError(int iError);

INT WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
			PADDRINFOW *ppResult);
VOID WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo);

/* The flags and the error codes are those of the C library. */
INT WSAAPI GetNameInfoW(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PWCHAR pNodeBuffer,
			DWORD NodeBufferSize, PWCHAR pServiceBuffer, DWORD ServiceBufferSize,
			INT Flags);

/*
 * Write "192.0.2.1" or "fe80::1%2"; if the port is not 0, "192.0.2.1:80" or
 * "[fe80::1%2]:80". *lpdwAddressStringLength is the room in characters, the null
 * included. If that is not enough it becomes the room needed: SOCKET_ERROR, WSAEFAULT.
 * An address of another family, or too short: SOCKET_ERROR, WSAEINVAL. lpProtocolInfo
 * is ignored.
 */
typedef struct _WSAPROTOCOL_INFOA WSAPROTOCOL_INFOA, *LPWSAPROTOCOL_INFOA;
typedef struct _WSAPROTOCOL_INFOW WSAPROTOCOL_INFOW, *LPWSAPROTOCOL_INFOW;
INT WSAAPI WSAAddressToStringA(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
			       LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSTR lpszAddressString,
			       LPDWORD lpdwAddressStringLength);
INT WSAAPI WSAAddressToStringW(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
			       LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString,
			       LPDWORD lpdwAddressStringLength);

INT WSAAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf);
PCWSTR WSAAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf, size_t StringBufSize);

#ifdef __cplusplus
}
#endif

#define InetPtonA(family, text, address)	inet_pton(family, text, address)
#define InetNtopA(family, address, text, size)	inet_ntop(family, address, text, (socklen_t)(size))
#define GetAddrInfoA		getaddrinfo
#define GetNameInfoA		getnameinfo
#define FreeAddrInfoA		freeaddrinfo
#define gai_strerrorA		gai_strerror
#ifdef UNICODE
typedef ADDRINFOW ADDRINFOT, *PADDRINFOT;
#define GetAddrInfo		GetAddrInfoW
#define GetNameInfo		GetNameInfoW
#define WSAAddressToString	WSAAddressToStringW
#define FreeAddrInfo		FreeAddrInfoW
#define InetPton		InetPtonW
#define InetNtop		InetNtopW
#else
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
#define GetAddrInfo		GetAddrInfoA
#define GetNameInfo		GetNameInfoA
#define WSAAddressToString	WSAAddressToStringA
#define FreeAddrInfo		FreeAddrInfoA
#define InetPton		InetPtonA
#define InetNtop		InetNtopA
#endif

#endif /* ICMPECHO_WINSOCK2_H */
