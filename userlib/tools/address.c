// SPDX-License-Identifier: MIT
/* Addresses and interfaces. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "address.h"
#include "parse.h"

/*
 * if_nametoindex() may ask through a socket of AF_INET. A Unix socket answers the same
 * ioctls, and no sandbox forbids it.
 */
static int interface_ioctl(unsigned long request, struct ifreq *ifreq)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return -1;
	ret = ioctl(fd, request, ifreq);
	close(fd);
	return ret;
}

uint32_t interface_index(const char *name)
{
	struct ifreq ifreq = { 0 };
	size_t length = strlen(name);
	uint64_t number;

	if (length < sizeof(ifreq.ifr_name)) {
		memcpy(ifreq.ifr_name, name, length);
		if (!interface_ioctl(SIOCGIFINDEX, &ifreq))
			return (uint32_t)ifreq.ifr_ifindex;
	}
	return parse_number(name, 1, INT32_MAX, &number) ? 0 : (uint32_t)number;
}

static int parse_ipv6(struct address *address, const char *text)
{
	const char *percent = strchr(text, '%');
	char digits[INET6_ADDRSTRLEN];

	if (!percent)
		return inet_pton(AF_INET6, text, address->bytes) == 1 ? 0 : -1;
	if ((size_t)(percent - text) >= sizeof(digits))
		return -1;
	memcpy(digits, text, (size_t)(percent - text));
	digits[percent - text] = '\0';
	address->scope_id = interface_index(percent + 1);
	return address->scope_id && inet_pton(AF_INET6, digits, address->bytes) == 1 ? 0 : -1;
}

int address_parse(struct address *address, const char *text, int family)
{
	memset(address, 0, sizeof(*address));
	if (family != AF_INET6 && inet_pton(AF_INET, text, address->bytes) == 1) {
		address->family = AF_INET;
		return 0;
	}
	if (family != AF_INET && !parse_ipv6(address, text)) {
		address->family = AF_INET6;
		return 0;
	}
	return -1;
}

const char *address_format(const struct address *address, char *text)
{
	struct ifreq ifreq = { .ifr_ifindex = (int)address->scope_id };
	size_t len;

	text[0] = '\0';
	if (address->family == AF_UNSPEC)
		return text;
	inet_ntop(address->family, address->bytes, text, INET6_ADDRSTRLEN);
	if (!address->scope_id)
		return text;
	len = strlen(text);
	if (interface_ioctl(SIOCGIFNAME, &ifreq))
		snprintf(text + len, ADDRESS_TEXT_LEN - len, "%%%u", address->scope_id);
	else
		snprintf(text + len, ADDRESS_TEXT_LEN - len, "%%%.*s", IF_NAMESIZE, ifreq.ifr_name);
	return text;
}

size_t address_len(const struct address *address)
{
	return address->family == AF_INET6 ? 16 : 4;
}

int address_compare(const struct address *left, const struct address *right)
{
	int order;

	if (left->family != right->family)
		return left->family == AF_INET ? -1 : 1;
	order = memcmp(left->bytes, right->bytes, sizeof(left->bytes));
	if (order)
		return order;
	return (left->scope_id > right->scope_id) - (left->scope_id < right->scope_id);
}

bool address_is_multicast(const struct address *address)
{
	if (address->family == AF_INET6)
		return address->bytes[0] == 0xff;
	return address->family == AF_INET && (address->bytes[0] & 0xf0) == 0xe0;
}

uint64_t address_span(const struct address *first, const struct address *last)
{
	size_t len = address_len(first), i;
	uint64_t span = 0;

	/* The digits may be negative. Their sum is not, as @last is not before @first. */
	for (i = 0; i < len; i++) {
		if (span >> 56)
			return UINT64_MAX;
		span = (span << 8) + last->bytes[i] - first->bytes[i];
	}
	return span == UINT64_MAX ? span : span + 1;
}

void address_increment(struct address *address)
{
	size_t i;

	for (i = address_len(address); i-- && !++address->bytes[i];)
		;
}

void address_to_echo(const struct address *address, struct icmpecho_echo *echo)
{
	echo->family = address->family;
	echo->scope_id = address->scope_id;
	memcpy(echo->dst, address->bytes, sizeof(echo->dst));
}

void address_of_echo(struct address *address, const struct icmpecho_echo *echo)
{
	address->family = echo->family;
	address->scope_id = echo->scope_id;
	memcpy(address->bytes, echo->dst, sizeof(address->bytes));
}

void address_of_completion(struct address *address, const struct icmpecho_completion *c)
{
	static const uint8_t nobody[16];

	address->family = memcmp(c->from, nobody, sizeof(nobody)) ? c->family : AF_UNSPEC;
	address->scope_id = c->scope_id;
	memcpy(address->bytes, c->from, sizeof(address->bytes));
}

int address_of_sockaddr(struct address *address, const struct sockaddr *sockaddr, socklen_t len)
{
	struct icmpecho_echo echo;

	if (icmpecho_echo_sockaddr(&echo, sockaddr, len, NULL, 0, 0))
		return -1;
	address_of_echo(address, &echo);
	return 0;
}

socklen_t address_to_sockaddr(const struct address *address, struct sockaddr_storage *sockaddr)
{
	struct icmpecho_completion c = { .family = address->family, .scope_id = address->scope_id };

	memcpy(c.from, address->bytes, sizeof(c.from));
	return icmpecho_completion_from(&c, sockaddr);
}
