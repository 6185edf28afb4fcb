/* SPDX-License-Identifier: MIT */
/*
 * A host that is monitored: what was counted since the monitor has known it, and the state
 * that follows from its last requests.
 *
 * The state has hysteresis, so that a single lost packet makes no noise: a host is down
 * when so many requests in a row were lost, and up again when so many in a row were
 * answered. In between, it is lossy when a share of the last requests was lost, until
 * half of that share is not exceeded any more.
 */
#ifndef TOOLS_HOST_H
#define TOOLS_HOST_H

#include "address.h"
#include "stats.h"

enum host_state {
	HOST_UNKNOWN,			/* too few requests have ended */
	HOST_UP,
	HOST_LOSSY,
	HOST_DOWN,
};

#define HOST_STATES		(HOST_DOWN + 1)
#define HOST_MAX_WINDOW		64	/* bits of host.history */

struct host_rules {
	unsigned int fall;		/* so many lost in a row: down */
	unsigned int rise;		/* so many answered in a row: up again */
	unsigned int window;		/* of the last requests, HOST_MAX_WINDOW at most, */
	unsigned int lossy_percent;	/* so many were lost: lossy */
};

/* Why requests were not answered, as label values of metrics. */
enum failure {
	FAILURE_TIMED_OUT,
	FAILURE_NET_UNREACHABLE,
	FAILURE_HOST_UNREACHABLE,
	FAILURE_PROTOCOL_UNREACHABLE,
	FAILURE_PORT_UNREACHABLE,
	FAILURE_UNREACHABLE,		/* for other reasons */
	FAILURE_PACKET_TOO_BIG,
	FAILURE_HOP_LIMIT_EXCEEDED,
	FAILURE_REASSEMBLY_TIME_EXCEEDED,
	FAILURE_PARAMETER_PROBLEM,
	FAILURE_OTHER,
	FAILURE_UNSENT,			/* it has not left this host */
	FAILURE_UNRESOLVED,		/* nor has it, for lack of an address */
};

#define FAILURES	(FAILURE_UNRESOLVED + 1)

/* The name of a failure: "timed_out", "host_unreachable", ... */
const char *failure_name(enum failure failure);
enum failure failure_of(const struct icmpecho_completion *c);

/*
 * Upper ends of the buckets of round-trip times that metrics show. Prometheus needs the same
 * ones for all hosts, and few of them.
 */
#define RTT_BUCKETS	18
extern const uint64_t rtt_bucket_ns[RTT_BUCKETS];

/* The last round-trip times, for a picture: in units of RECENT_UNIT_NS, or one of these. */
#define RECENT_LEN	128
#define RECENT_UNIT_NS	100
#define RECENT_NONE	0U
#define RECENT_LOST	UINT32_MAX

struct host {
	char *name;			/* unique */
	struct address address;		/* none as long as its name is not resolved */
	char *labels;			/* for metrics: ",key=\"value\"" for each, or "" */
	uint64_t interval_ns, timeout_ns;
	uint32_t size;
	unsigned int line;		/* of the configuration; 0: of the command line */

	/* The name that has the address. It is looked up beside the requests. */
	char *target;			/* NULL: the address was given */
	int family;			/* that the address must have, or AF_UNSPEC */
	bool is_stale;			/* it is to be looked up, for the first time or again */
	bool is_resolving;		/* a look-up is under way */
	bool is_outdated;		/* but one of another name, before SIGHUP */
	unsigned int failed_lookups;	/* in a row */
	uint64_t lookup_ns;		/* not before */

	bool is_waiting;		/* for the look-up: it is not in the schedule */
	size_t index;			/* in the list of hosts */
	struct icmpecho_echo echo;
	uint64_t requested;		/* that were begun, or had no address */
	uint32_t in_flight;		/* requests and look-ups */
	uint64_t due_ns;		/* when the next one is */
	bool is_removed;		/* it goes when nothing is in flight any more */

	struct stats stats;
	uint64_t failures[FAILURES];
	uint64_t buckets[RTT_BUCKETS];	/* each without those below */
	uint64_t rtt_sum_ns;

	enum host_state state;
	uint64_t since_ns;		/* when it became so: CLOCK_REALTIME; 0: never */
	uint64_t before_ns;		/* how long it had the state before */
	uint64_t changes;
	uint64_t history;		/* a bit for each request, the last one lowest: 1 is lost */
	unsigned int known;		/* how many bits of it count */

	uint32_t *recent;		/* a ring, or NULL */
	unsigned int recent_next;

	struct host *next_removed;	/* list of the owner's */
};

const char *host_state_name(enum host_state state);

struct host *host_new(const char *name);
void host_free(struct host *host);

/* Keeps the last round-trip times from now on. */
void host_keep_recent(struct host *host);
/* The one that was @ago requests before the last one: a time, RECENT_LOST or RECENT_NONE. */
uint32_t host_recent(const struct host *host, unsigned int ago);

/* Count how a request has ended, and return the state that the host had before. */
enum host_state host_count(struct host *host, const struct host_rules *rules,
			   const struct icmpecho_completion *c);
enum host_state host_count_refused(struct host *host, const struct host_rules *rules, int error);

/* Notes when the state has changed. The clock is not read for each request. */
void host_stamp(struct host *host, uint64_t realtime_ns);

/* How many of the last requests were lost, of up to rules->window. */
unsigned int host_recently_lost(const struct host *host, const struct host_rules *rules,
				unsigned int *of);

#endif /* TOOLS_HOST_H */
