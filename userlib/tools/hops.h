/* SPDX-License-Identifier: MIT */
/*
 * The routers on a path, by the answers to requests of each hop limit. Knows no device and no
 * output: completions go in, and what they mean for the path comes out.
 */
#ifndef TOOLS_HOPS_H
#define TOOLS_HOPS_H

#include "stats.h"

#define MAX_TTL		255
#define HOP_RESPONDERS	8		/* that are told apart: paths may be balanced */
#define HOP_HISTORY	128
#define PATH_MTUS	8
#define MARK_LEN	16

enum probe_state {
	PROBE_NONE,			/* not asked, or not any more */
	PROBE_WAITING,
	PROBE_ANSWERED,
	PROBE_LOST,
	PROBE_UNSENT,
};

/* What became of one request. */
struct probe {
	enum probe_state state;
	uint8_t responder;		/* index in the hop's responders; or HOP_RESPONDERS */
	char mark[MARK_LEN];		/* what the answer says, "!H"; "" for a hop or a reply */
	uint64_t rtt_ns;
};

struct responder {
	struct address address;
	uint64_t count;
};

/* In its statistics, whatever comes from the hop counts as answered. */
struct hop {
	struct stats stats;
	struct responder responders[HOP_RESPONDERS];
	size_t responders_len;
	size_t last;			/* who answered last */
	uint64_t requested, completed;
	struct probe probes[HOP_HISTORY];	/* request n is at n % HOP_HISTORY */
	bool is_end;			/* by its last answer, nothing is behind it */
	bool is_destination;		/* and that was an echo reply */
};

/* A router, or this host, that says how long a packet may be. */
struct path_mtu {
	struct address from;		/* no address: this host */
	uint32_t mtu;
	uint32_t ttl;			/* the hop that it is; 0 for this host */
};

struct path {
	struct hop *hops;		/* of ttl 1, 2, ... */
	uint32_t first_ttl, max_ttl;
	uint32_t header_len;		/* of IP and ICMP */
	uint32_t packet_len;		/* of the next request: the path MTU makes it shorter */
	bool may_shrink;		/* requests must not be fragmented */
	struct path_mtu mtus[PATH_MTUS];
	size_t mtus_len;
	int error;			/* errno of the last request that has not left, or 0 */
	uint32_t epoch;			/* counts path_reset() */
};

/* A request, as its user_data names it. */
struct probe_id {
	uint32_t ttl, seq, tries, packet_len;
	uint32_t epoch;
};

uint64_t probe_id_pack(const struct probe_id *id);
struct probe_id probe_id_unpack(uint64_t user_data);

void path_init(struct path *path, uint16_t family, uint32_t payload_len);
void path_free(struct path *path);

/* Forgets all answers. Those to requests in flight will not count. */
void path_reset(struct path *path);

struct hop *path_hop(const struct path *path, uint32_t ttl);

/* A new request for this hop. */
struct probe_id path_ask(struct path *path, uint32_t ttl);

/*
 * Counts how a request has ended. Returns true if it did not get as far as its hop limit
 * allows, since it was too long: send it again, with the packet_len that the path has now.
 */
bool path_count(struct path *path, const struct probe_id *id,
		const struct icmpecho_completion *c);
void path_count_refused(struct path *path, const struct probe_id *id, int error);

/* The request will not be sent again: it counts as never asked. */
void path_drop(struct path *path, const struct probe_id *id);

/* Where the path ends, by an echo reply or by an error; 0 if that is not known. */
uint32_t path_end(const struct path *path);

/* The farthest hop that has answered; 0 if none has. */
uint32_t path_last_answer(const struct path *path);

/* Whether the destination has answered. */
bool path_is_reached(const struct path *path);

/* The longest packet that gets beyond this hop, if something says so; else NULL. */
const struct path_mtu *path_mtu_at(const struct path *path, uint32_t ttl);

/* How an error is marked, as traceroute(8) does it. "" for a reply and an expired limit. */
const char *mark_of(const struct icmpecho_completion *c, char *mark);

/* What a mark means; NULL if that is unknown. */
const char *mark_words(const char *mark);

#endif /* TOOLS_HOPS_H */
