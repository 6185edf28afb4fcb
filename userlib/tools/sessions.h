/* SPDX-License-Identifier: MIT */
/* Who has the device open, by /proc. A process that shares a session shows it, too. */
#ifndef TOOLS_SESSIONS_H
#define TOOLS_SESSIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the module writes into fdinfo, in the order of session_counters[]. */
enum session_counter {
	SESSION_NETNS,			/* inode of the network namespace */
	SESSION_IN_FLIGHT,
	SESSION_UNREAPED,
	SESSION_MAX_REQUESTS,
	SESSION_PACE_INTERVAL_NS,
	SESSION_USER_BYTES,
	SESSION_USER_CACHED_BYTES,
	SESSION_MAX_USER_BYTES,
	SESSION_REPLIES,
	SESSION_ERRORS,
	SESSION_TIMEOUTS,
	SESSION_CANCELLED,
	SESSION_NOT_SENT,
	/* Of the network namespace: packets that have completed no request */
	SESSION_DROP_MALFORMED,
	SESSION_DROP_UNMATCHED,
	SESSION_DROP_ADDRESS,
	SESSION_DROP_CHECKSUM,
	SESSION_DROP_LATE,
	SESSION_COUNTERS
};

extern const char *const session_counters[SESSION_COUNTERS];

struct session {
	pid_t pid;
	int fd;
	uid_t uid;			/* of the process */
	char program[32];
	uint64_t counters[SESSION_COUNTERS];
};

struct sessions {
	struct session *list;		/* by process */
	size_t count;
	size_t hidden;			/* processes that this one may not look at */
};

/* Finds all but those of this process itself. @root is as for facts_gather(). */
void sessions_find(struct sessions *sessions, const char *root);
void sessions_free(struct sessions *sessions);

/* Reads what a descriptor of this process says. Returns 0, or -1. */
int session_read_own(struct session *session, int fd);

#endif /* TOOLS_SESSIONS_H */
