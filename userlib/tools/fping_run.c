// SPDX-License-Identifier: MIT
/*
 * When fping sends what, and what it makes of the answers.
 *
 * Without -c, -C and -l, a host is asked until it answers, or until the last retry has timed
 * out. With them, it is asked once a period. Either way, at least the interval (-i) lies
 * between two requests.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fping.h"
#include "message.h"
#include "parse.h"
#include "stats.h"

/* A neighbour that does not answer for 3 s makes this host say "host unreachable". */
#define KERNEL_TIMEOUT_NS	(5 * NS_PER_S)

static struct fping_slot *take_slot(struct fping *fping)
{
	return &fping->slots[fping->free_slots[--fping->free_count]];
}

static void release(struct fping *fping, struct fping_slot *slot)
{
	if (!--slot->users)
		fping->free_slots[fping->free_count++] = (uint32_t)(slot - fping->slots);
}

/* Random bytes differ for each request, so that no link can compress them. */
static void fill_payload(struct fping *fping, struct icmpecho_echo *echo, uint32_t n)
{
	unsigned char *payload = fping->payloads + (size_t)n * fping->options.size;
	size_t done = 0;
	ssize_t len;

	while (done < fping->options.size) {
		len = getrandom(payload + done, fping->options.size - done, 0);
		if (len > 0)
			done += (size_t)len;
	}
	echo->payload = (uintptr_t)payload;
}

static void write_request(struct fping *fping, struct icmpecho_echo *echo, uint32_t n,
			  uint64_t now_ns)
{
	uint64_t due_ns = schedule_next_ns(&fping->requests);
	size_t number = schedule_take(&fping->requests);
	const struct fping_options *options = &fping->options;
	struct fping_host *host = &fping->hosts[number];
	struct fping_slot *slot = take_slot(fping);
	size_t slot_number = (size_t)(slot - fping->slots);

	*slot = (struct fping_slot){ .host = (uint32_t)number, .seq = host->requested++,
				     .awaited = true, .users = 2 };
	*echo = fping->echo;
	address_to_echo(&host->target->address, echo);
	if (options->source.family == echo->family)
		memcpy(echo->src, options->source.bytes, sizeof(echo->src));
	if (options->random)
		fill_payload(fping, echo, n);
	echo->user_data = slot_number;
	fping->sent++;
	fping->next_send_ns = now_ns + options->interval_ns;
	schedule_add(&fping->timeouts, slot_number, now_ns + host->timeout_ns);
	if (options->loop || host->requested < options->count)
		schedule_add(&fping->requests, number, due_ns + options->period_ns);
}

static void finish(struct fping *fping, struct fping_host *host)
{
	if (host->done)
		return;
	host->done = true;
	if (!--fping->undone)
		engine_stop(fping->engine);
}

/* It is known what became of a request. Returns the host. */
static struct fping_host *decide(struct fping *fping, struct fping_slot *slot)
{
	struct fping_host *host = &fping->hosts[slot->host];

	slot->awaited = false;
	host->all.sent++;
	host->interval.sent++;
	if (fping->options.count && host->all.sent == fping->options.count)
		finish(fping, host);
	return host;
}

static void retry(struct fping *fping, struct fping_host *host, uint64_t now_ns)
{
	double timeout_ns = (double)host->timeout_ns * fping->options.backoff;

	if (host->requested > fping->options.retries) {
		finish(fping, host);
		return;
	}
	if (timeout_ns < (double)INT64_MAX)
		host->timeout_ns = (uint64_t)timeout_ns;
	schedule_add(&fping->requests, (size_t)(host - fping->hosts), now_ns);
}

static void expire(struct fping *fping, uint64_t now_ns)
{
	struct fping_host *host;
	struct fping_slot *slot;

	while (schedule_next_ns(&fping->timeouts) <= now_ns) {
		slot = &fping->slots[schedule_take(&fping->timeouts)];
		if (slot->awaited && !fping->hosts[slot->host].done) {
			host = decide(fping, slot);
			fping->timed_out++;
			fping_tell_timeout(fping, host, slot->seq);
			if (!fping->options.repeats)
				retry(fping, host, now_ns);
		}
		release(fping, slot);
	}
}

static void report_if_due(struct fping *fping, uint64_t now_ns)
{
	if (now_ns < fping->next_report_ns)
		return;
	fping_report_interval(fping, fping->options.netdata);
	fping->next_report_ns += fping->options.report_ns;
	if (fping->next_report_ns <= now_ns)
		fping->next_report_ns = now_ns + fping->options.report_ns;
}

/* When a request may be written; a completion or a timeout gives a slot back. */
static uint64_t next_request_ns(const struct fping *fping)
{
	uint64_t next_ns = schedule_next_ns(&fping->requests);

	if (!fping->free_count || next_ns == SCHEDULE_NEVER)
		return ENGINE_NEVER;
	return next_ns > fping->next_send_ns ? next_ns : fping->next_send_ns;
}

static uint64_t earliest(uint64_t a_ns, uint64_t b_ns, uint64_t c_ns)
{
	uint64_t first_ns = a_ns < b_ns ? a_ns : b_ns;

	return first_ns < c_ns ? first_ns : c_ns;
}

static uint32_t fill(void *self, struct icmpecho_echo *echoes, uint32_t room, uint64_t now_ns,
		     uint64_t *due_ns)
{
	struct fping *fping = self;
	uint32_t n = 0;

	expire(fping, now_ns);
	report_if_due(fping, now_ns);
	for (; n < room && next_request_ns(fping) <= now_ns; n++)
		write_request(fping, &echoes[n], n, now_ns);
	*due_ns = earliest(next_request_ns(fping), schedule_next_ns(&fping->timeouts),
			   fping->next_report_ns);
	return n;
}

static void count_time(struct fping_tally *tally, uint64_t ns)
{
	if (!tally->received || ns < tally->min_ns)
		tally->min_ns = ns;
	if (ns > tally->max_ns)
		tally->max_ns = ns;
	tally->total_ns += ns;
	tally->received++;
}

/*
 * A reply that took longer than the host's timeout does not count. Without -c, -C and -l that
 * timeout has grown with the retries, and a reply to an earlier request may still be in time.
 */
static void take_reply(struct fping *fping, struct fping_slot *slot,
		       const struct icmpecho_completion *c)
{
	const struct fping_options *options = &fping->options;
	struct fping_host *host = &fping->hosts[slot->host];

	if (host->done || c->rtt_ns > host->timeout_ns || (options->repeats && !slot->awaited))
		return;
	if (!host->all.received)
		fping->alive++;
	count_time(&host->all, c->rtt_ns);
	count_time(&host->interval, c->rtt_ns);
	count_time(&fping->times, c->rtt_ns);
	if (host->times_ns)
		host->times_ns[slot->seq] = c->rtt_ns;
	if (slot->awaited)
		decide(fping, slot);
	fping_tell_reply(fping, host, slot->seq, c);
	if (!options->repeats)
		finish(fping, host);
	if (options->fast_reachable && fping->alive >= options->fast_reachable)
		engine_stop(fping->engine);
}

static void take_failure(struct fping *fping, struct fping_slot *slot, int error)
{
	struct fping_host *host;

	if (!slot->awaited)
		return;
	host = decide(fping, slot);
	fping_tell_unsent(fping, host, error);
	if (!fping->options.repeats)
		finish(fping, host);
}

/* fping goes on waiting for a reply. It does not know those of ICMPv6. */
static void take_icmp_error(struct fping *fping, const struct fping_slot *slot,
			    const struct icmpecho_completion *c)
{
	if (c->family != AF_INET)
		return;
	fping->other_received++;
	fping_tell_icmp_error(fping, &fping->hosts[slot->host], c);
}

static void completed(void *self, const struct icmpecho_completion *c)
{
	struct fping *fping = self;
	struct fping_slot *slot = &fping->slots[c->user_data];

	switch (outcome_of(c)) {
	case OUTCOME_ANSWERED:
		take_reply(fping, slot, c);
		break;
	case OUTCOME_ERROR:
		take_icmp_error(fping, slot, c);
		break;
	case OUTCOME_UNSENT:
		take_failure(fping, slot, c->error ? c->error : ENETUNREACH);
		break;
	default:
		break;	/* expire() sees to it */
	}
	release(fping, slot);
}

static void refused(void *self, const struct icmpecho_echo *echo, int error)
{
	struct fping *fping = self;
	struct fping_slot *slot = &fping->slots[echo->user_data];

	if (error == EADDRNOTAVAIL && fping->options.source.family == echo->family) {
		complain("cannot bind source address : %s", strerror(error));
		fping->failure = FPING_SYSTEM_FAILURE;
		engine_stop(fping->engine);
	} else {
		take_failure(fping, slot, error);
	}
	release(fping, slot);
}

static void signalled(void *self, int signal)
{
	struct fping *fping = self;

	if (signal == SIGQUIT) {
		fping_report_interval(fping, false);
		return;
	}
	if (signal == SIGTERM)
		fping->signal = signal;
	engine_stop(fping->engine);
}

static const struct engine_ops ops = {
	.fill = fill,
	.completed = completed,
	.refused = refused,
	.signalled = signalled,
};

static void make_echo(struct fping *fping)
{
	const struct fping_options *options = &fping->options;

	fping->payloads = allocate(options->random ? ENGINE_BATCH : 1, options->size + 1);
	icmpecho_echo_ipv4(&fping->echo, (struct in_addr){ 0 }, fping->payloads, options->size,
			   fping->kernel_timeout_ns);
	fping->echo.reply_capacity = 0;
	fping->echo.flags = ICMPECHO_NEED_ROUTE;
	if (options->dont_fragment)
		fping->echo.flags |= ICMPECHO_DONT_FRAGMENT;
	fping->echo.ifindex = options->ifindex;
	fping->echo.ttl = options->ttl;
	fping->echo.tos = options->tos;
	if (!options->size)
		fping->echo.payload = 0;
}

/* How many requests the kernel has at most, if it keeps each for so long. */
static uint64_t most_in_flight(const struct fping *fping, uint64_t max, uint64_t kept_ns)
{
	const struct fping_options *options = &fping->options;
	uint64_t step_ns = options->repeats ? options->period_ns : options->timeout_ns;
	uint64_t total = options->repeats ? options->count : options->retries + 1ULL;
	uint64_t each = step_ns ? kept_ns / step_ns + 2 : max;

	if (total && each > total)
		each = total;
	if (each > max)
		each = max;
	each *= fping->targets.count;
	return each < max ? each : max;
}

/* The kernel keeps a request for longer than the timeout only if it has room for all then. */
static void make_slots(struct fping *fping, const struct icmpecho_info *info)
{
	const struct fping_options *options = &fping->options;
	double longest_ns = (double)options->timeout_ns;
	uint64_t max = info->max_requests, count;
	uint32_t i;

	if (!options->repeats)
		longest_ns *= pow(options->backoff, options->retries);
	if (longest_ns > (double)info->max_timeout_ns)
		longest_ns = (double)info->max_timeout_ns;
	fping->kernel_timeout_ns = (uint64_t)longest_ns;
	if (fping->kernel_timeout_ns < KERNEL_TIMEOUT_NS &&
	    most_in_flight(fping, max, KERNEL_TIMEOUT_NS) < max)
		fping->kernel_timeout_ns = KERNEL_TIMEOUT_NS;
	count = most_in_flight(fping, max, fping->kernel_timeout_ns);
	fping->slots = allocate(count, sizeof(*fping->slots));
	fping->free_slots = allocate(count, sizeof(*fping->free_slots));
	/* The last one is taken first. */
	for (i = 0; i < count; i++)
		fping->free_slots[i] = (uint32_t)(count - 1 - i);
	fping->free_count = (uint32_t)count;
	schedule_init(&fping->timeouts, count);
}

static void begin(struct fping *fping)
{
	const struct fping_options *options = &fping->options;
	size_t i;

	fping->begin_ns = engine_now_ns();
	fping->undone = (uint32_t)fping->targets.count;
	fping->next_report_ns = ENGINE_NEVER;
	if (options->repeats && options->report_ns)
		fping->next_report_ns = fping->begin_ns + options->report_ns;
	schedule_init(&fping->requests, fping->targets.count);
	for (i = 0; i < fping->targets.count; i++)
		schedule_add(&fping->requests, i, fping->begin_ns);
}

int fping_run(struct fping *fping)
{
	static const int signals[] = { SIGQUIT, 0 };
	const struct engine_config config = { .signals = signals };
	struct icmpecho_info info;
	int error;

	fping->engine = engine_open(&config);
	if (!fping->engine)
		return FPING_SYSTEM_FAILURE;
	if (icmpecho_get_info(engine_handle(fping->engine), &info)) {
		complain_errno("cannot ask the device for its limits");
		return FPING_SYSTEM_FAILURE;
	}
	make_slots(fping, &info);
	make_echo(fping);
	begin(fping);
	error = engine_run(fping->engine, &ops, fping);
	return error ? FPING_SYSTEM_FAILURE : fping->failure;
}

void fping_free_run(struct fping *fping)
{
	engine_close(fping->engine);
	schedule_free(&fping->requests);
	schedule_free(&fping->timeouts);
	free(fping->slots);
	free(fping->free_slots);
	free(fping->payloads);
}
