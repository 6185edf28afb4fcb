// SPDX-License-Identifier: MIT
/* The counters and the state of a monitored host. */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "message.h"
#include "parse.h"

const uint64_t rtt_bucket_ns[RTT_BUCKETS] = {
	50 * NS_PER_US,	 100 * NS_PER_US, 200 * NS_PER_US, 500 * NS_PER_US, 1 * NS_PER_MS,
	2 * NS_PER_MS,	 5 * NS_PER_MS,	  10 * NS_PER_MS,  20 * NS_PER_MS,  50 * NS_PER_MS,
	100 * NS_PER_MS, 200 * NS_PER_MS, 500 * NS_PER_MS, 1 * NS_PER_S,    2 * NS_PER_S,
	5 * NS_PER_S,	 10 * NS_PER_S,	  60 * NS_PER_S,
};

const char *host_state_name(enum host_state state)
{
	static const char *const names[HOST_STATES] = {
		[HOST_UNKNOWN] = "unknown",
		[HOST_UP] = "up",
		[HOST_LOSSY] = "lossy",
		[HOST_DOWN] = "down",
	};

	return names[state];
}

const char *failure_name(enum failure failure)
{
	static const char *const names[FAILURES] = {
		[FAILURE_TIMED_OUT] = "timed_out",
		[FAILURE_NET_UNREACHABLE] = "net_unreachable",
		[FAILURE_HOST_UNREACHABLE] = "host_unreachable",
		[FAILURE_PROTOCOL_UNREACHABLE] = "protocol_unreachable",
		[FAILURE_PORT_UNREACHABLE] = "port_unreachable",
		[FAILURE_UNREACHABLE] = "unreachable",
		[FAILURE_PACKET_TOO_BIG] = "packet_too_big",
		[FAILURE_HOP_LIMIT_EXCEEDED] = "hop_limit_exceeded",
		[FAILURE_REASSEMBLY_TIME_EXCEEDED] = "reassembly_time_exceeded",
		[FAILURE_PARAMETER_PROBLEM] = "parameter_problem",
		[FAILURE_OTHER] = "other",
		[FAILURE_UNSENT] = "unsent",
		[FAILURE_UNRESOLVED] = "unresolved",
	};

	return names[failure];
}

/* "prohibited" has the number of "protocol unreachable": only the family tells them apart. */
enum failure failure_of(const struct icmpecho_completion *c)
{
	switch (outcome_of(c)) {
	case OUTCOME_TIMED_OUT:
		return FAILURE_TIMED_OUT;
	case OUTCOME_UNSENT:
		return FAILURE_UNSENT;
	default:
		break;
	}
	switch (c->status) {
	case ICMPECHO_STATUS_DEST_NET_UNREACHABLE:
		return FAILURE_NET_UNREACHABLE;
	case ICMPECHO_STATUS_DEST_HOST_UNREACHABLE:
		return FAILURE_HOST_UNREACHABLE;
	case ICMPECHO_STATUS_DEST_PROT_UNREACHABLE:
		return c->family == AF_INET6 ? FAILURE_UNREACHABLE : FAILURE_PROTOCOL_UNREACHABLE;
	case ICMPECHO_STATUS_DEST_PORT_UNREACHABLE:
		return FAILURE_PORT_UNREACHABLE;
	case ICMPECHO_STATUS_DEST_UNREACHABLE:
	case ICMPECHO_STATUS_DEST_SCOPE_MISMATCH:
		return FAILURE_UNREACHABLE;
	case ICMPECHO_STATUS_PACKET_TOO_BIG:
		return FAILURE_PACKET_TOO_BIG;
	case ICMPECHO_STATUS_TTL_EXPIRED_TRANSIT:
		return FAILURE_HOP_LIMIT_EXCEEDED;
	case ICMPECHO_STATUS_TTL_EXPIRED_REASSEMBLY:
		return FAILURE_REASSEMBLY_TIME_EXCEEDED;
	case ICMPECHO_STATUS_PARAMETER_PROBLEM:
	case ICMPECHO_STATUS_BAD_HEADER:
		return FAILURE_PARAMETER_PROBLEM;
	default:
		return FAILURE_OTHER;
	}
}

struct host *host_new(const char *name)
{
	struct host *host = allocate(1, sizeof(*host));

	host->name = strdup(name);
	host->labels = strdup("");
	if (!host->name || !host->labels) {
		complain("there is no memory for a host");
		exit(EXIT_WRONG_USE);
	}
	stats_init(&host->stats, true);
	return host;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	stats_free(&host->stats);
	free(host->recent);
	free(host->labels);
	free(host->target);
	free(host->name);
	free(host);
}

void host_keep_recent(struct host *host)
{
	if (!host->recent)
		host->recent = allocate(RECENT_LEN, sizeof(*host->recent));
}

uint32_t host_recent(const struct host *host, unsigned int ago)
{
	if (!host->recent || ago >= RECENT_LEN)
		return RECENT_NONE;
	return host->recent[(host->recent_next - 1 - ago) % RECENT_LEN];
}

static void remember(struct host *host, uint32_t value)
{
	if (host->recent)
		host->recent[host->recent_next++ % RECENT_LEN] = value;
}

static void count_rtt(struct host *host, uint64_t rtt_ns)
{
	uint64_t units = rtt_ns / RECENT_UNIT_NS;
	unsigned int i;

	host->rtt_sum_ns += rtt_ns;
	for (i = 0; i < RTT_BUCKETS; i++) {
		if (rtt_ns <= rtt_bucket_ns[i]) {
			host->buckets[i]++;
			break;
		}
	}
	if (units == RECENT_NONE)
		units++;
	remember(host, units < RECENT_LOST ? (uint32_t)units : RECENT_LOST - 1);
}

static uint64_t low_bits(unsigned int count)
{
	return count < 64 ? (1ULL << count) - 1 : UINT64_MAX;
}

unsigned int host_recently_lost(const struct host *host, const struct host_rules *rules,
				unsigned int *of)
{
	*of = host->known < rules->window ? host->known : rules->window;
	return (unsigned int)__builtin_popcountll(host->history & low_bits(*of));
}

/* The state of a host that is not down: a share of the whole window counts. */
static enum host_state judge_loss(const struct host *host, const struct host_rules *rules)
{
	unsigned int of, lost = host_recently_lost(host, rules, &of);
	unsigned int limit = rules->lossy_percent * rules->window;

	if (host->state == HOST_LOSSY)
		limit /= 2;
	return lost && 100 * lost >= limit + (host->state == HOST_LOSSY) ? HOST_LOSSY : HOST_UP;
}

static enum host_state judge(struct host *host, const struct host_rules *rules)
{
	uint64_t last_fall = low_bits(rules->fall), last_rise = low_bits(rules->rise);

	if (host->known >= rules->fall && (host->history & last_fall) == last_fall)
		return HOST_DOWN;
	/* The first answer says that a host is there. */
	if (host->state == HOST_UNKNOWN)
		return host->history & 1 ? HOST_UNKNOWN : HOST_UP;
	if (host->state != HOST_DOWN)
		return judge_loss(host, rules);
	if (host->known < rules->rise || host->history & last_rise)
		return HOST_DOWN;
	/* What was lost while it was down does not make it lossy. */
	host->known = rules->rise;
	return HOST_UP;
}

static enum host_state follow(struct host *host, const struct host_rules *rules, bool is_lost)
{
	enum host_state before = host->state;

	host->history = host->history << 1 | is_lost;
	if (host->known < HOST_MAX_WINDOW)
		host->known++;
	host->state = judge(host, rules);
	return before;
}

enum host_state host_count(struct host *host, const struct host_rules *rules,
			   const struct icmpecho_completion *c)
{
	enum outcome outcome = stats_count(&host->stats, c);

	if (outcome == OUTCOME_CANCELLED)
		return host->state;
	if (outcome == OUTCOME_ANSWERED) {
		count_rtt(host, c->rtt_ns);
	} else {
		host->failures[failure_of(c)]++;
		remember(host, RECENT_LOST);
	}
	return follow(host, rules, outcome != OUTCOME_ANSWERED);
}

enum host_state host_count_refused(struct host *host, const struct host_rules *rules, int error)
{
	stats_count_refused(&host->stats, error);
	host->failures[error == ERROR_UNRESOLVED ? FAILURE_UNRESOLVED : FAILURE_UNSENT]++;
	remember(host, RECENT_LOST);
	return follow(host, rules, true);
}

void host_stamp(struct host *host, uint64_t realtime_ns)
{
	host->before_ns = host->since_ns && host->since_ns < realtime_ns ?
			  realtime_ns - host->since_ns : 0;
	host->since_ns = realtime_ns;
	host->changes++;
}
