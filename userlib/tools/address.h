/* SPDX-License-Identifier: MIT */
/*
 * An address of either family. Numeric ones are read and written without a resolver and
 * without a socket of the Internet's families, which a sandbox may forbid.
 */
#ifndef TOOLS_ADDRESS_H
#define TOOLS_ADDRESS_H

#include <icmpecho.h>
#include <net/if.h>
#include <stdbool.h>

struct address {
	uint8_t bytes[16];		/* IPv4: the first four, the others are zero */
	uint32_t scope_id;		/* of a link-local IPv6 address, else 0 */
	uint16_t family;		/* AF_INET, AF_INET6; AF_UNSPEC: none */
};

/* Enough for any address with its scope, and the end of the string. */
#define ADDRESS_TEXT_LEN	(INET6_ADDRSTRLEN + IF_NAMESIZE + 1)

/*
 * Reads a numeric address, "fe80::1%eth0" with its scope. @family AF_UNSPEC takes either
 * family. Returns 0, or -1 if the text is something else.
 */
int address_parse(struct address *address, const char *text, int family);

/* Writes it into @text, of ADDRESS_TEXT_LEN bytes. Returns @text; "" for no address. */
const char *address_format(const struct address *address, char *text);

/* Length of the address in bytes: 4 or 16. */
size_t address_len(const struct address *address);

/* As memcmp(): IPv4 before IPv6, then by number, then by scope. */
int address_compare(const struct address *left, const struct address *right);

bool address_is_multicast(const struct address *address);

/* How many addresses from @first to @last, of one family; UINT64_MAX for more than that. */
uint64_t address_span(const struct address *first, const struct address *last);

/* Makes it the next higher one. */
void address_increment(struct address *address);

/* The destination of a request, whose other members stay. */
void address_to_echo(const struct address *address, struct icmpecho_echo *echo);
void address_of_echo(struct address *address, const struct icmpecho_echo *echo);

/* Who answered; no address if nobody did. */
void address_of_completion(struct address *address, const struct icmpecho_completion *c);

int address_of_sockaddr(struct address *address, const struct sockaddr *sockaddr, socklen_t len);
/* Returns its length. */
socklen_t address_to_sockaddr(const struct address *address, struct sockaddr_storage *sockaddr);

/* The index of a network interface, by name or number, or 0 if there is none. */
uint32_t interface_index(const char *name);

#endif /* TOOLS_ADDRESS_H */
