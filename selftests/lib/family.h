/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between IPv4 and IPv6 where a test promises the same of both: names
 * of the hosts in the namespaces of netns.h and netns6.h, and numbers of ICMP. The
 * functions of inject.h know by a packet which family it is of.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include <arpa/inet.h>

#include "inject.h"

/* How an ICMP error is numbered. */
struct icmp_kind {
	int type;
	int code;
};

/**
 * struct family - an address family
 * @family: AF_INET or AF_INET6
 * @header_len: length of an IP header with nothing added to it
 * @address_len: length of an address
 * @pair: builds near and world
 * @near: an address of near
 * @alias: another one, once link_add_address() has given @alias_on_link to near0
 * @alias_on_link: the same with its network
 * @world: the world's address on near's link
 * @beyond: an address behind the world
 * @stranger: another one
 * @reporter: a router behind the world, which reports errors
 * @echo_request: type of our requests
 * @echo_reply: type of their replies
 * @unreachable: a destination is unreachable
 * @too_big: a packet is too big; tells the MTU
 * @expired: a packet took too many hops
 * @problem: a header is wrong; tells where
 * @redirect: a better route
 */
struct family {
	int family;
	unsigned int header_len;
	unsigned int address_len;
	struct pair (*pair)(void);
	const char *near;
	const char *alias;
	const char *alias_on_link;
	const char *world;
	const char *beyond;
	const char *stranger;
	const char *reporter;
	int echo_request;
	int echo_reply;
	struct icmp_kind unreachable;
	struct icmp_kind too_big;
	struct icmp_kind expired;
	struct icmp_kind problem;
	struct icmp_kind redirect;
};

extern const struct family ipv4_family;
extern const struct family ipv6_family;

/* An address as text, for EXPECT_STREQ() */
static inline const char *family_text(const struct family *family, const void *address)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(family->family, address, text, sizeof(text));
}

/* The right error of a kind about @request, from the family's reporter */
static inline void family_error(const struct family *family, struct packet *error,
				const struct packet *request, struct icmp_kind kind)
{
	packet_error(error, request, family->reporter, kind.type, kind.code);
}

/* Whether errors of the type end the request that they are about */
static inline bool family_is_error(const struct family *family, int type)
{
	return type == family->unreachable.type || type == family->too_big.type ||
	       type == family->expired.type || type == family->problem.type;
}

#endif /* FAMILY_H */
