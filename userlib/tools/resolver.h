/* SPDX-License-Identifier: MIT */
/*
 * Looks names up beside the engine's loop, in threads, since getaddrinfo() may take seconds. The
 * results come back in the loop.
 */
#ifndef TOOLS_RESOLVER_H
#define TOOLS_RESOLVER_H

#include "address.h"
#include "engine.h"

struct resolver;

/* @error is 0, or one for gai_strerror(); @address is then none. */
typedef void (*resolver_done)(void *self, void *token, int error, const struct address *address);

/* Returns NULL after a message. */
struct resolver *resolver_open(struct engine *engine, resolver_done done, void *self);

/*
 * Nothing comes back any more. Does not wait for lookups that are under way, which may still
 * take a while. NULL is fine.
 */
void resolver_close(struct resolver *resolver);

/* done() follows, later. Returns 0, or -1 if there is no thread for it. */
int resolver_start(struct resolver *resolver, const char *name, int family, void *token);

#endif /* TOOLS_RESOLVER_H */
