// SPDX-License-Identifier: MIT
/* When names are looked up, and what becomes of it. */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "lookups.h"
#include "message.h"
#include "parse.h"

#define MAX_WAIT_NS	(60 * NS_PER_S)

static uint64_t wait_after(const struct host *host)
{
	uint64_t wait_ns = host->interval_ns;
	unsigned int i;

	for (i = 1; i < host->failed_lookups && wait_ns < MAX_WAIT_NS; i++)
		wait_ns *= 2;
	if (wait_ns < MAX_WAIT_NS)
		return wait_ns;
	return host->interval_ns > MAX_WAIT_NS ? host->interval_ns : MAX_WAIT_NS;
}

/* Says so once, until it is resolved. */
static enum lookup_result fail(struct host *host, int error)
{
	bool has_address = host->address.family;

	host->failed_lookups++;
	host->lookup_ns = engine_now_ns() + wait_after(host);
	if (host->failed_lookups == 1)
		complain("%s is not resolved: %s; %s", host->target, gai_strerror(error),
			 has_address ? "the old address stays" : "it will be tried again");
	return has_address ? LOOKUP_CHANGED_NOTHING : LOOKUP_FAILED;
}

static enum lookup_result judge(struct host *host, int error, const struct address *address)
{
	if (host->is_outdated) {
		host->is_outdated = false;
		return LOOKUP_MEANT_ANOTHER;
	}
	if (error)
		return fail(host, error);
	host->address = *address;
	host->is_stale = false;
	host->failed_lookups = 0;
	return LOOKUP_RESOLVED;
}

static void done(void *self, void *token, int error, const struct address *address)
{
	struct lookups *lookups = self;
	struct host *host = token;

	host->is_resolving = false;
	lookups->ended(lookups->self, host, judge(host, error, address));
}

void lookups_close(struct lookups *lookups)
{
	resolver_close(lookups->resolver);
	lookups->resolver = NULL;
}

/* A host without an address is due for nothing else. */
static bool is_due(const struct host *host, uint64_t now_ns)
{
	return host->is_stale && !host->is_resolving &&
	       (!host->address.family || host->lookup_ns <= now_ns);
}

bool lookups_begin(struct lookups *lookups, struct host *host, uint64_t now_ns)
{
	if (!is_due(host, now_ns))
		return false;
	if (!lookups->resolver)
		lookups->resolver = resolver_open(lookups->engine, done, lookups);
	if (!lookups->resolver ||
	    resolver_start(lookups->resolver, host->target, host->family, host))
		return false;
	host->is_resolving = true;
	return true;
}

static bool has_same_name(const struct host *a, const struct host *b)
{
	return a->target && b->target && !strcmp(a->target, b->target) && a->family == b->family;
}

void lookups_take_name(struct host *host, struct host *from)
{
	char *target = host->target;

	if (!has_same_name(host, from)) {
		host->address = from->address;
		host->is_outdated = host->is_resolving;
	}
	host->target = from->target;
	host->family = from->family;
	host->is_stale = from->is_stale;
	host->failed_lookups = 0;
	host->lookup_ns = 0;
	from->target = target;
}
