// SPDX-License-Identifier: MIT
/*
 * The path MTU. Most are among the lengths of plateau.h, so the first round asks for each of
 * these and for one byte more: its answers are often enough. Where no router reports, the
 * rounds that follow cut what is left into pieces.
 */
#include <errno.h>
#include <string.h>

#include "mtu_search.h"
#include "plateau.h"
#include "stats.h"

#define PIECES	8

void search_init(struct mtu_search *search, uint32_t min, uint32_t max)
{
	memset(search, 0, sizeof(*search));
	search->min = min;
	search->max = max;
	search->high = max;
	search->interface_high = max;
	search->shortest_failed = max + 1;
	search->status = ICMPECHO_STATUS_SUCCESS;
}

bool search_is_done(const struct mtu_search *search)
{
	return search->low && search->low == search->high;
}

static struct search_silence *find_silence(struct mtu_search *search, uint32_t len)
{
	struct search_silence *silence;

	for (silence = search->silences; silence < search->silences + search->silences_len;
	     silence++) {
		if (silence->len == len)
			return silence;
	}
	return NULL;
}

bool search_has_failed(const struct mtu_search *search)
{
	return search->status != ICMPECHO_STATUS_SUCCESS && !search->low;
}

uint32_t search_interface_mtu(const struct mtu_search *search)
{
	bool is_exact = search->longest_sent == search->interface_high;

	return is_exact && search->interface_high < search->max ? search->longest_sent : 0;
}

/* Nothing longer than @mtu passes. Answers to longer packets may be late, or contradict. */
static void limit(struct mtu_search *search, enum search_limit_kind kind, uint32_t mtu,
		  const struct icmpecho_completion *c)
{
	struct search_limit found = { .kind = kind, .mtu = mtu };

	if (kind == LIMIT_INTERFACE && mtu < search->interface_high)
		search->interface_high = mtu;
	if (mtu >= search->high || mtu < search->low || mtu < search->min)
		return;
	if (c)
		address_of_completion(&found.from, c);
	search->limit = found;
	search->high = mtu;
	if (kind == LIMIT_ROUTER && search->routers_len < SEARCH_LIMITS)
		search->routers[search->routers_len++] = found;
}

static void count_too_long(struct mtu_search *search, uint32_t len,
			   const struct icmpecho_completion *c)
{
	bool is_credible = c->info < len && c->info >= search->low && c->info >= search->min;
	uint32_t mtu = is_credible && !search->has_lied ? c->info : len - 1;

	if (len < search->shortest_failed)
		search->shortest_failed = len;
	limit(search, c->flags & ICMPECHO_LOCAL ? LIMIT_INTERFACE : LIMIT_ROUTER, mtu, c);
}

/* What has not left this host, or is answered by an error, is no matter of its length. */
static void fail(struct mtu_search *search, const struct icmpecho_completion *c)
{
	search->status = c->status;
	search->error = c->flags & ICMPECHO_LOCAL ? c->error : 0;
	address_of_completion(&search->from, c);
}

static void count_silence(struct mtu_search *search, uint32_t len,
			  const struct icmpecho_completion *c)
{
	struct search_silence *silence = find_silence(search, len);

	if (!silence && search->silences_len == SEARCH_ROUND)
		return;
	if (!silence) {
		silence = &search->silences[search->silences_len++];
		silence->len = len;
		silence->timeouts = 0;
	}
	silence->timeouts++;
	if (silence->timeouts < SEARCH_TRIES)
		return;
	if (len == search->min)
		fail(search, c);
	else if (search->low)
		limit(search, LIMIT_SILENCE, len - 1, NULL);
}

/* A router has said less than what it lets through: only what did not pass counts. */
static void disbelieve(struct mtu_search *search)
{
	search->has_lied = true;
	search->high = search->shortest_failed - 1;
	if (search->high < search->low)
		search->high = search->low;
}

void search_count(struct mtu_search *search, uint32_t len, const struct icmpecho_completion *c)
{
	if (outcome_of(c) != OUTCOME_UNSENT && len > search->longest_sent)
		search->longest_sent = len;
	switch (outcome_of(c)) {
	case OUTCOME_ANSWERED:
		if (len > search->low)
			search->low = len;
		if (len > search->high)
			disbelieve(search);
		break;
	case OUTCOME_TIMED_OUT:
		count_silence(search, len, c);
		break;
	default:
		if (c->status == ICMPECHO_STATUS_PACKET_TOO_BIG && len > search->min)
			count_too_long(search, len, c);
		else if (len == search->min)
			fail(search, c);
		else
			count_silence(search, len, c);
	}
}

void search_count_refused(struct mtu_search *search, uint32_t len, int error)
{
	/* Longer than this protocol or this host ever sends. */
	if (error == EMSGSIZE && len > search->min) {
		limit(search, LIMIT_INTERFACE, len - 1, NULL);
		return;
	}
	search->status = ICMPECHO_STATUS_GENERAL_FAILURE;
	search->error = error;
}

/* Adds a length that may be the answer, or one of which that is not known yet. */
static void add(const struct mtu_search *search, uint32_t len, uint32_t *lens, size_t *n)
{
	size_t i;

	if (len <= search->low || len > search->high || *n == SEARCH_ROUND)
		return;
	for (i = 0; i < *n; i++) {
		if (lens[i] == len)
			return;
	}
	lens[(*n)++] = len;
}

static size_t first_round(const struct mtu_search *search, uint32_t *lens)
{
	size_t i, n = 0;

	add(search, search->min, lens, &n);
	add(search, search->max, lens, &n);
	for (i = plateaus_len; i-- > 0;) {
		if (plateaus[i] > search->min) {
			add(search, plateaus[i], lens, &n);
			add(search, plateaus[i] + 1, lens, &n);
		}
	}
	return n;
}

/* The shortest one that has not been answered yet: those beyond it matter only if it passes. */
static const struct search_silence *shortest_silence(const struct mtu_search *search)
{
	const struct search_silence *silence, *shortest = NULL;

	for (silence = search->silences; silence < search->silences + search->silences_len;
	     silence++) {
		if (silence->len > search->low && silence->len <= search->high &&
		    silence->timeouts < SEARCH_TRIES && (!shortest || silence->len < shortest->len))
			shortest = silence;
	}
	return shortest;
}

/* Those that do not matter any more. */
static void forget_silences(struct mtu_search *search)
{
	const struct search_silence *silence;
	size_t i, kept = 0;

	for (i = 0; i < search->silences_len; i++) {
		silence = &search->silences[i];
		if (silence->len > search->low && silence->len <= search->high)
			search->silences[kept++] = *silence;
	}
	search->silences_len = kept;
}

size_t search_next(struct mtu_search *search, uint32_t lens[SEARCH_ROUND])
{
	const struct search_silence *silence;
	unsigned int i;
	size_t n = 0;

	if (search_is_done(search) || search_has_failed(search))
		return 0;
	if (!search->has_begun) {
		search->has_begun = true;
		return first_round(search, lens);
	}
	forget_silences(search);
	silence = shortest_silence(search);
	for (i = silence ? silence->timeouts : SEARCH_TRIES; i < SEARCH_TRIES; i++)
		lens[n++] = silence->len;
	/* Without any answer yet, the shortest packet decides. */
	if (!search->low)
		return n;
	add(search, search->high, lens, &n);
	for (i = 1; i <= PIECES; i++)
		add(search, search->low + (search->high - search->low) * i / PIECES, lens, &n);
	add(search, search->low + 1, lens, &n);
	return n;
}
