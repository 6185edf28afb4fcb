/* SPDX-License-Identifier: MIT */
/*
 * As much of <winsock2.h> as programs that send echo requests use: addresses
 * and their conversion. Part of libicmpecho-win32; see icmpapi.h.
 */
#ifndef ICMPECHO_WINSOCK2_H
#define ICMPECHO_WINSOCK2_H

#include <sys/socket.h>

#include "windows.h"

/*
 * Windows programs write in_addr.S_un.S_addr, which the libc's in_addr does not
 * have; and a structure can be declared only once. So this header takes the
 * place of <netinet/in.h> and claims its guard: when the program or another
 * system header (<arpa/inet.h>, <netdb.h>) includes it later it finds the
 * declarations below, which have the same layout. A program that includes
 * <netinet/in.h> first keeps the libc's own, without S_un.
 */
#ifndef _NETINET_IN_H
#define _NETINET_IN_H	1

#ifdef __cplusplus
extern "C" {
#endif

typedef uint16_t in_port_t;
typedef uint32_t in_addr_t;

struct in_addr {
	union {
		union {
			struct {
				u_char s_b1, s_b2, s_b3, s_b4;
			} S_un_b;
			struct {
				u_short s_w1, s_w2;
			} S_un_w;
			u_long S_addr;
		} S_un;
		in_addr_t s_addr;
	};
};

struct sockaddr_in {
	sa_family_t sin_family;
	in_port_t sin_port;
	struct in_addr sin_addr;
	unsigned char sin_zero[8];
};

struct in6_addr {
	union {
		uint8_t s6_addr[16];
		uint16_t s6_addr16[8];
		uint32_t s6_addr32[4];
		union {
			uint8_t Byte[16];
			uint16_t Word[8];
		} u;
	};
};

struct sockaddr_in6 {
	sa_family_t sin6_family;
	in_port_t sin6_port;
	uint32_t sin6_flowinfo;
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id;
};

#define INET_ADDRSTRLEN		16
#define INET6_ADDRSTRLEN	46

#define IPPROTO_IP		0
#define IPPROTO_ICMP		1
#define IPPROTO_TCP		6
#define IPPROTO_UDP		17
#define IPPROTO_IPV6		41
#define IPPROTO_ICMPV6		58

uint32_t ntohl(uint32_t netlong);
uint16_t ntohs(uint16_t netshort);
uint32_t htonl(uint32_t hostlong);
uint16_t htons(uint16_t hostshort);

extern const struct in6_addr in6addr_any;
extern const struct in6_addr in6addr_loopback;

#ifdef __cplusplus
}
#endif

#define INADDR_ANY		((in_addr_t)0x00000000)
#define INADDR_LOOPBACK		((in_addr_t)0x7f000001)
#define INADDR_BROADCAST	((in_addr_t)0xffffffff)
#define INADDR_NONE		((in_addr_t)0xffffffff)

#define IN6_IS_ADDR_UNSPECIFIED(a)	(!memcmp((a), &in6addr_any, 16))
#define IN6_IS_ADDR_LOOPBACK(a)		(!memcmp((a), &in6addr_loopback, 16))
#define IN6_IS_ADDR_LINKLOCAL(a)	((ntohs(*(const uint16_t *)(a)) & 0xffc0) == 0xfe80)
#define IN6_IS_ADDR_MULTICAST(a)	(((const uint8_t *)(a))[0] == 0xff)
#define IN6_ARE_ADDR_EQUAL(a, b)	(!memcmp((a), (b), 16))

#endif /* _NETINET_IN_H */

/* inet_addr(), inet_ntoa() and friends; gethostbyname(), getaddrinfo() */
#include <arpa/inet.h>
#include <netdb.h>

/*
 * getaddrinfo() and gethostbyname() are the C library's own. So are their error
 * codes: EAI_NONAME and so on have its values, not those of WSA errors.
 */
typedef struct in_addr IN_ADDR, *PIN_ADDR, *LPIN_ADDR;
typedef struct in6_addr IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;
typedef struct sockaddr SOCKADDR, *PSOCKADDR, *LPSOCKADDR;
typedef struct sockaddr_in SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;
typedef struct sockaddr_in6 SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;
typedef struct sockaddr_storage SOCKADDR_STORAGE, *PSOCKADDR_STORAGE, *LPSOCKADDR_STORAGE;
typedef struct hostent HOSTENT, *PHOSTENT, *LPHOSTENT;
typedef struct addrinfo ADDRINFOA, *PADDRINFOA;

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

/* Needed by nothing here; they count, as programs may expect. */
int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
int WSAAPI WSACleanup(void);

/* The last error; if that is 0, why gethostbyname() last failed. */
int WSAAPI WSAGetLastError(void);
void WSAAPI WSASetLastError(int iError);

INT WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
			PADDRINFOW *ppResult);
VOID WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo);

INT WSAAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf);
PCWSTR WSAAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf, size_t StringBufSize);

#ifdef __cplusplus
}
#endif

#define InetPtonA(family, text, address)	inet_pton(family, text, address)
#define InetNtopA(family, address, text, size)	inet_ntop(family, address, text, (socklen_t)(size))
#define GetAddrInfoA		getaddrinfo
#define FreeAddrInfoA		freeaddrinfo
#define gai_strerrorA		gai_strerror
#ifdef UNICODE
typedef ADDRINFOW ADDRINFOT, *PADDRINFOT;
#define GetAddrInfo		GetAddrInfoW
#define FreeAddrInfo		FreeAddrInfoW
#define InetPton		InetPtonW
#define InetNtop		InetNtopW
#else
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
#define GetAddrInfo		GetAddrInfoA
#define FreeAddrInfo		FreeAddrInfoA
#define InetPton		InetPtonA
#define InetNtop		InetNtopA
#endif

#endif /* ICMPECHO_WINSOCK2_H */
