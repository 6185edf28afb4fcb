/* SPDX-License-Identifier: MIT */
/*
 * Names of addresses, which a thread looks up, so that nothing else waits for a resolver. A
 * descriptor says when there is a new one.
 */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include "address.h"

struct names;

/* A name that is longer is cut. */
#define NAME_LEN	256

/* Starts the thread. Ends the program if that fails. */
struct names *names_open(void);

/* Does not wait for a lookup, which may still take a while. NULL is fine. */
void names_close(struct names *names);

/* For poll(2): POLLIN when a lookup has ended. names_clear() before the next poll. */
int names_fd(const struct names *names);
void names_clear(struct names *names);

/*
 * The name of an address, or NULL as long as it is not known, or if there is none. The
 * first call for an address starts the lookup. The name stays until names_close(). Bytes
 * that a terminal might obey are not in it.
 */
const char *names_get(struct names *names, const struct address *address);

/* Whether the lookup of this address has not ended yet. */
bool names_is_pending(struct names *names, const struct address *address);

/* The same, but waits for the lookup, up to a time of CLOCK_MONOTONIC. */
const char *names_wait(struct names *names, const struct address *address, uint64_t until_ns);

#endif /* TOOLS_NAMES_H */
