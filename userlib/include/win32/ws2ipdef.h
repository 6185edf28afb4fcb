/* SPDX-License-Identifier: MIT */
/* Addresses, protocols, socket options. Part of libicmpecho-win32; see icmpapi.h. */
#ifndef ICMPECHO_WS2IPDEF_H
#define ICMPECHO_WS2IPDEF_H

#include <sys/socket.h>

#include "windef.h"

/*
 * Programs for Windows write in_addr.S_un.S_addr. The in_addr of the C library has no
 * S_un, and a structure can be declared only once. So this header replaces
 * <netinet/in.h> and defines its include guard: when the program or a system header
 * (<arpa/inet.h>, <netdb.h>) includes <netinet/in.h> later, nothing is declared
 * again. The declarations below have the C library's layout. A program that includes
 * <netinet/in.h> first gets the C library's in_addr, without S_un.
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

struct ip_mreq {
	struct in_addr imr_multiaddr;
	struct in_addr imr_interface;
};

struct ip_mreqn {
	struct in_addr imr_multiaddr;
	struct in_addr imr_address;
	int imr_ifindex;
};

struct ip_mreq_source {
	struct in_addr imr_multiaddr;
	struct in_addr imr_interface;
	struct in_addr imr_sourceaddr;
};

struct ipv6_mreq {
	struct in6_addr ipv6mr_multiaddr;
	unsigned int ipv6mr_interface;
};

struct in_pktinfo {
	int ipi_ifindex;
	struct in_addr ipi_spec_dst;
	struct in_addr ipi_addr;
};

struct in6_pktinfo {
	struct in6_addr ipi6_addr;
	unsigned int ipi6_ifindex;
};

struct ip6_mtuinfo {
	struct sockaddr_in6 ip6m_addr;
	uint32_t ip6m_mtu;
};

#define INET_ADDRSTRLEN		16
#define INET6_ADDRSTRLEN	46

uint32_t ntohl(uint32_t netlong);
uint16_t ntohs(uint16_t netshort);
uint32_t htonl(uint32_t hostlong);
uint16_t htons(uint16_t hostshort);

extern const struct in6_addr in6addr_any;
extern const struct in6_addr in6addr_loopback;

#ifdef __cplusplus
}
#endif

#define IPPROTO_IP		0
#define IPPROTO_HOPOPTS		0
#define IPPROTO_ICMP		1
#define IPPROTO_IGMP		2
#define IPPROTO_IPIP		4
#define IPPROTO_TCP		6
#define IPPROTO_EGP		8
#define IPPROTO_PUP		12
#define IPPROTO_UDP		17
#define IPPROTO_IDP		22
#define IPPROTO_DCCP		33
#define IPPROTO_IPV6		41
#define IPPROTO_ROUTING		43
#define IPPROTO_FRAGMENT	44
#define IPPROTO_RSVP		46
#define IPPROTO_GRE		47
#define IPPROTO_ESP		50
#define IPPROTO_AH		51
#define IPPROTO_ICMPV6		58
#define IPPROTO_NONE		59
#define IPPROTO_DSTOPTS		60
#define IPPROTO_PIM		103
#define IPPROTO_SCTP		132
#define IPPROTO_UDPLITE		136
#define IPPROTO_RAW		255

/* Socket options, with the numbers of Linux */
#define SOL_IP			0
#define SOL_IPV6		41
#define SOL_ICMPV6		58
#define IP_TOS			1
#define IP_TTL			2
#define IP_HDRINCL		3
#define IP_OPTIONS		4
#define IP_ROUTER_ALERT		5
#define IP_RECVOPTS		6
#define IP_RETOPTS		7
#define IP_PKTINFO		8
#define IP_MTU_DISCOVER		10
#define IP_RECVERR		11
#define IP_RECVTTL		12
#define IP_RECVTOS		13
#define IP_MTU			14
#define IP_FREEBIND		15
#define IP_TRANSPARENT		19
#define IP_MINTTL		21
#define IP_PMTUDISC_DONT	0
#define IP_PMTUDISC_WANT	1
#define IP_PMTUDISC_DO		2
#define IP_PMTUDISC_PROBE	3
#define IP_MULTICAST_IF		32
#define IP_MULTICAST_TTL	33
#define IP_MULTICAST_LOOP	34
#define IP_ADD_MEMBERSHIP	35
#define IP_DROP_MEMBERSHIP	36
#define IP_UNBLOCK_SOURCE	37
#define IP_BLOCK_SOURCE		38
#define IP_ADD_SOURCE_MEMBERSHIP 39
#define IP_DROP_SOURCE_MEMBERSHIP 40
#define IP_MULTICAST_ALL	49
#define IPV6_CHECKSUM		7
#define IPV6_UNICAST_HOPS	16
#define IPV6_MULTICAST_IF	17
#define IPV6_MULTICAST_HOPS	18
#define IPV6_MULTICAST_LOOP	19
#define IPV6_JOIN_GROUP		20
#define IPV6_LEAVE_GROUP	21
#define IPV6_ADD_MEMBERSHIP	IPV6_JOIN_GROUP
#define IPV6_DROP_MEMBERSHIP	IPV6_LEAVE_GROUP
#define IPV6_MTU_DISCOVER	23
#define IPV6_MTU		24
#define IPV6_RECVERR		25
#define IPV6_V6ONLY		26
#define IPV6_RECVPKTINFO	49
#define IPV6_PKTINFO		50
#define IPV6_RECVHOPLIMIT	51
#define IPV6_HOPLIMIT		52
#define IPV6_RTHDR		57
#define IPV6_RECVPATHMTU	60
#define IPV6_PATHMTU		61
#define IPV6_DONTFRAG		62
#define IPV6_RECVTCLASS		66
#define IPV6_TCLASS		67

#define IN_CLASSA(a)		((((in_addr_t)(a)) & 0x80000000) == 0)
#define IN_CLASSB(a)		((((in_addr_t)(a)) & 0xc0000000) == 0x80000000)
#define IN_CLASSC(a)		((((in_addr_t)(a)) & 0xe0000000) == 0xc0000000)
#define IN_CLASSD(a)		((((in_addr_t)(a)) & 0xf0000000) == 0xe0000000)
#define IN_MULTICAST(a)		IN_CLASSD(a)
#define IN_LOOPBACKNET		127

#define INADDR_ANY		((in_addr_t)0x00000000)
#define INADDR_LOOPBACK		((in_addr_t)0x7f000001)
#define INADDR_BROADCAST	((in_addr_t)0xffffffff)
#define INADDR_NONE		((in_addr_t)0xffffffff)
#define INADDR_UNSPEC_GROUP	((in_addr_t)0xe0000000)
#define INADDR_ALLHOSTS_GROUP	((in_addr_t)0xe0000001)
#define INADDR_ALLRTRS_GROUP	((in_addr_t)0xe0000002)
#define INADDR_MAX_LOCAL_GROUP	((in_addr_t)0xe00000ff)

#define IPPORT_RESERVED		1024

#define IN6ADDR_ANY_INIT	{ { { 0 } } }
#define IN6ADDR_LOOPBACK_INIT	{ { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } } }

#define IN6_IS_ADDR_UNSPECIFIED(a)	(!memcmp((a), &in6addr_any, 16))
#define IN6_IS_ADDR_LOOPBACK(a)		(!memcmp((a), &in6addr_loopback, 16))
#define IN6_IS_ADDR_LINKLOCAL(a)	((ntohs(*(const uint16_t *)(a)) & 0xffc0) == 0xfe80)
#define IN6_IS_ADDR_SITELOCAL(a)	((ntohs(*(const uint16_t *)(a)) & 0xffc0) == 0xfec0)
#define IN6_IS_ADDR_V4MAPPED(a)		\
	(!memcmp((a), "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12))
#define IN6_IS_ADDR_MULTICAST(a)	(((const uint8_t *)(a))[0] == 0xff)
#define IN6_ARE_ADDR_EQUAL(a, b)	(!memcmp((a), (b), 16))

#endif /* _NETINET_IN_H */

#endif /* ICMPECHO_WS2IPDEF_H */
