// SPDX-License-Identifier: MIT
/* The routers on a path. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hops.h"
#include "message.h"
#include "plateau.h"

#define IPV4_HEADER_LEN	20
#define IPV6_HEADER_LEN	40
#define ICMP_HEADER_LEN	8

/* A request is sent again so often at most, if it was too long for a router. */
#define MAX_TRIES	7

/* Layout of user_data, from the lowest bit on */
#define TTL_BITS	8
#define TRIES_BITS	3
#define LEN_BITS	17
#define EPOCH_BITS	8
#define SEQ_BITS	28

static const struct {
	uint8_t family, type, code;
	char mark[4];
} marks[] = {
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, "!N" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, "!H" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, "!P" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, "!U" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, "!F" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_SR_FAILED, "!S" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_NET_UNKNOWN, "!N" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_UNKNOWN, "!H" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_NET_ANO, "!X" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_ANO, "!X" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_NET_UNR_TOS, "!N" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_UNR_TOS, "!H" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, "!X" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_PREC_VIOLATION, "!V" },
	{ AF_INET, ICMP_DEST_UNREACH, ICMP_PREC_CUTOFF, "!C" },
	{ AF_INET, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, "!R" },
	{ AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, "!N" },
	{ AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, "!X" },
	{ AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE, "!S" },
	{ AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, "!H" },
	{ AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, "!U" },
	/* RFC 4443: failed ingress or egress policy, reject route */
	{ AF_INET6, ICMP6_DST_UNREACH, 5, "!X" },
	{ AF_INET6, ICMP6_DST_UNREACH, 6, "!X" },
	{ AF_INET6, ICMP6_PACKET_TOO_BIG, 0, "!F" },
	{ AF_INET6, ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_REASSEMBLY, "!R" },
};

static const struct {
	char mark[4];
	const char *words;
} meanings[] = {
	{ "!N", "network unreachable, or no route" },
	{ "!H", "host unreachable" },
	{ "!P", "protocol unreachable" },
	{ "!U", "port unreachable: as a rule, a firewall rejects the request" },
	{ "!F", "packet too big, and fragmentation forbidden" },
	{ "!S", "source route failed, or beyond the scope of the source address" },
	{ "!X", "prohibited by an administrator" },
	{ "!V", "precedence violation" },
	{ "!C", "precedence cutoff in effect" },
	{ "!R", "fragment reassembly timed out" },
};

const char *mark_of(const struct icmpecho_completion *c, char *mark)
{
	size_t i;

	mark[0] = '\0';
	if (c->status == ICMPECHO_STATUS_SUCCESS ||
	    c->status == ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT)
		return mark;
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (marks[i].family == c->family && marks[i].type == c->type &&
		    marks[i].code == c->code)
			return memcpy(mark, marks[i].mark, sizeof(marks[i].mark));
	}
	snprintf(mark, MARK_LEN, "!%u-%u", c->type, c->code);
	return mark;
}

const char *mark_words(const char *mark)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (!strcmp(meanings[i].mark, mark))
			return meanings[i].words;
	}
	return NULL;
}

static void put_bits(uint64_t *word, unsigned int bits, uint32_t value)
{
	*word = *word << bits | (value & ((1ULL << bits) - 1));
}

static uint32_t take_bits(uint64_t *word, unsigned int bits)
{
	uint32_t value = (uint32_t)(*word & ((1ULL << bits) - 1));

	*word >>= bits;
	return value;
}

uint64_t probe_id_pack(const struct probe_id *id)
{
	uint64_t word = 0;

	put_bits(&word, SEQ_BITS, id->seq);
	put_bits(&word, EPOCH_BITS, id->epoch);
	put_bits(&word, LEN_BITS, id->packet_len);
	put_bits(&word, TRIES_BITS, id->tries);
	put_bits(&word, TTL_BITS, id->ttl);
	return word;
}

struct probe_id probe_id_unpack(uint64_t user_data)
{
	struct probe_id id;

	id.ttl = take_bits(&user_data, TTL_BITS);
	id.tries = take_bits(&user_data, TRIES_BITS);
	id.packet_len = take_bits(&user_data, LEN_BITS);
	id.epoch = take_bits(&user_data, EPOCH_BITS);
	id.seq = take_bits(&user_data, SEQ_BITS);
	return id;
}

void path_init(struct path *path, uint16_t family, uint32_t payload_len)
{
	path->hops = allocate(MAX_TTL, sizeof(*path->hops));
	path->header_len = ICMP_HEADER_LEN + (family == AF_INET6 ? IPV6_HEADER_LEN :
								   IPV4_HEADER_LEN);
	path->packet_len = path->header_len + payload_len;
}

void path_free(struct path *path)
{
	free(path->hops);
	path->hops = NULL;
}

void path_reset(struct path *path)
{
	memset(path->hops, 0, MAX_TTL * sizeof(*path->hops));
	path->error = 0;
	path->epoch = (path->epoch + 1) & ((1U << EPOCH_BITS) - 1);
}

struct hop *path_hop(const struct path *path, uint32_t ttl)
{
	return &path->hops[ttl - 1];
}

static struct probe *probe_of(const struct path *path, const struct probe_id *id)
{
	return &path_hop(path, id->ttl)->probes[id->seq % HOP_HISTORY];
}

struct probe_id path_ask(struct path *path, uint32_t ttl)
{
	struct hop *hop = path_hop(path, ttl);
	struct probe_id id = {
		.ttl = ttl,
		.seq = (uint32_t)hop->requested++ & ((1U << SEQ_BITS) - 1),
		.packet_len = path->packet_len,
		.epoch = path->epoch,
	};

	*probe_of(path, &id) = (struct probe){ .state = PROBE_WAITING };
	return id;
}

static struct responder *find_responder(struct hop *hop, const struct address *address)
{
	size_t i;

	for (i = 0; i < hop->responders_len; i++) {
		if (!address_compare(&hop->responders[i].address, address))
			return &hop->responders[i];
	}
	if (hop->responders_len == HOP_RESPONDERS)
		return NULL;
	hop->responders[i].address = *address;
	hop->responders_len++;
	return &hop->responders[i];
}

static void count_answer(struct hop *hop, struct probe *probe, const struct icmpecho_completion *c)
{
	struct responder *responder;
	struct address from;

	address_of_completion(&from, c);
	responder = find_responder(hop, &from);
	probe->state = PROBE_ANSWERED;
	probe->rtt_ns = c->rtt_ns;
	probe->responder = HOP_RESPONDERS;
	mark_of(c, probe->mark);
	if (responder) {
		responder->count++;
		hop->last = (size_t)(responder - hop->responders);
		probe->responder = (uint8_t)hop->last;
	}
	stats_count_time(&hop->stats, c->rtt_ns);
	hop->is_destination = c->status == ICMPECHO_STATUS_SUCCESS;
	hop->is_end = c->status != ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT;
}

/* @ttl: that of a request which was too long, so the router is nearer than that. */
static void note_mtu(struct path *path, const struct icmpecho_completion *c, uint32_t mtu,
		     uint32_t ttl)
{
	struct path_mtu *note;
	struct address from;

	address_of_completion(&from, c);
	for (note = path->mtus; note < path->mtus + path->mtus_len; note++) {
		if (note->mtu == mtu && !address_compare(&note->from, &from)) {
			if (ttl - 1 < note->ttl)
				note->ttl = ttl - 1;
			return;
		}
	}
	if (path->mtus_len == PATH_MTUS)
		return;
	note->from = from;
	note->mtu = mtu;
	note->ttl = c->flags & ICMPECHO_LOCAL ? 0 : ttl - 1;
	path->mtus_len++;
}

/* Whether a shorter packet gets farther, and, where this host fragments, the same one. */
static bool is_worth_a_try(struct path *path, const struct probe_id *id,
			   const struct icmpecho_completion *c)
{
	bool is_local = c->flags & ICMPECHO_LOCAL;
	uint32_t mtu = c->info;

	/* This host does not say how long it may be. */
	if (is_local && !mtu)
		mtu = plateau_below(id->packet_len);
	if (mtu < path->header_len || mtu >= id->packet_len)
		return false;
	if (!is_local)
		note_mtu(path, c, mtu, id->ttl);
	if (path->may_shrink && mtu < path->packet_len)
		path->packet_len = mtu;
	return is_local ? path->may_shrink : id->tries < MAX_TRIES;
}

bool path_count(struct path *path, const struct probe_id *id, const struct icmpecho_completion *c)
{
	struct hop *hop = path_hop(path, id->ttl);
	struct probe *probe = probe_of(path, id);

	if (id->epoch != path->epoch)
		return false;
	if (c->status == ICMPECHO_STATUS_PACKET_TOO_BIG && is_worth_a_try(path, id, c))
		return true;
	hop->completed++;
	switch (outcome_of(c)) {
	case OUTCOME_ANSWERED:
	case OUTCOME_ERROR:
		count_answer(hop, probe, c);
		break;
	case OUTCOME_UNSENT:
		stats_count(&hop->stats, c);
		probe->state = PROBE_UNSENT;
		path->error = c->error ? c->error : EINVAL;
		break;
	default:
		stats_count(&hop->stats, c);
		probe->state = PROBE_LOST;
	}
	return false;
}

void path_count_refused(struct path *path, const struct probe_id *id, int error)
{
	struct hop *hop = path_hop(path, id->ttl);

	if (id->epoch != path->epoch)
		return;
	hop->completed++;
	stats_count_refused(&hop->stats, error);
	probe_of(path, id)->state = PROBE_UNSENT;
	path->error = error;
}

void path_drop(struct path *path, const struct probe_id *id)
{
	if (id->epoch != path->epoch)
		return;
	path_hop(path, id->ttl)->completed++;
	probe_of(path, id)->state = PROBE_NONE;
}

uint32_t path_end(const struct path *path)
{
	uint32_t ttl;

	for (ttl = path->first_ttl; ttl <= path->max_ttl; ttl++) {
		if (path_hop(path, ttl)->is_end)
			return ttl;
	}
	return 0;
}

uint32_t path_last_answer(const struct path *path)
{
	uint32_t ttl = path->max_ttl;

	while (ttl >= path->first_ttl && !path_hop(path, ttl)->responders_len)
		ttl--;
	return ttl < path->first_ttl ? 0 : ttl;
}

bool path_is_reached(const struct path *path)
{
	uint32_t end = path_end(path);

	return end && path_hop(path, end)->is_destination;
}

const struct path_mtu *path_mtu_at(const struct path *path, uint32_t ttl)
{
	const struct path_mtu *note, *found = NULL;

	for (note = path->mtus; note < path->mtus + path->mtus_len; note++) {
		if (note->ttl == ttl && (!found || note->mtu < found->mtu))
			found = note;
	}
	return found;
}
