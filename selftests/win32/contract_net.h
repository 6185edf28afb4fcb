/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network of the contract_* tests: path6 of netns.h, with an address for
 * each way in which an echo request may fail. Near has no default route.
 */
#ifndef CONTRACT_NET_H
#define CONTRACT_NET_H

#include <stdbool.h>
#include <stddef.h>

/* Empty words in Windows' headers, addresses here */
#undef NEAR
#undef FAR
#include "netns6.h"

#define LOOPBACK	"127.0.0.1"
/* There is a route to it, and no answer. */
#define SILENT		"203.0.113.9"
/* There is no route to it. */
#define UNROUTED	"10.9.9.9"
/* The routing table says that it cannot be reached. */
#define REJECTED	"10.8.8.8"
/* On near's own network, but nobody has it. */
#define ABSENT		"192.0.2.99"
/* An address that near does not have. */
#define FOREIGN		"1.1.1.1"
#define BROADCAST	"192.0.2.255"
#define ALL_HOSTS	"224.0.0.1"

#define LOOPBACK6	"::1"
#define SILENT6		"2001:db8:3::9"
#define UNROUTED6	"2001:db8:4::9"
#define REJECTED6	"2001:db8:5::9"
#define ABSENT6		"2001:db8:1::99"
#define FOREIGN6	"2001:db8:6::1"

/* Build that network, and enter near. */
struct path contract_net(void);

/* Nothing is unreachable slowly: neighbours are given up after some 60 ms. */
void give_up_neighbours_soon(void);

/*
 * A /dev with nothing in it but, if @mode is not 0, a device node of that mode.
 * Only this process sees it.
 */
void own_dev(unsigned int mode);

/*
 * A buffer of exactly @size bytes, each 0xa5: the page after it cannot be
 * touched, and the bytes beside it are watched.
 */
void *exact_buffer(size_t size);
bool exact_buffer_is_intact(const void *buffer, size_t size);

/* The buffer, and nothing beside it, holds 0xa5 from @offset on. */
bool is_untouched(const void *buffer, size_t size, size_t offset);

#endif /* CONTRACT_NET_H */
