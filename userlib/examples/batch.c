// SPDX-License-Identifier: MIT
/*
 * Many echo requests to many destinations, a window of them in flight at any
 * time, from one thread: submit as many as the window has room for, collect
 * what has come, repeat.
 *
 *	batch [-n COUNT] [-w WINDOW] [-r RATE] [-s SIZE] [-W MS] DESTINATION...
 *
 * A destination is an address, a prefix (10.9.0.0/22) or a range
 * (10.9.0.1-10.9.3.232). COUNT requests go round all of them; the default is
 * one each. At most RATE requests leave per second; an answer that takes longer
 * than MS milliseconds is lost. Exits with 0 if all were answered, 1 if not, 2 on
 * failure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <icmpecho.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH		64		/* requests or completions per call */
#define MAX_PAYLOAD	1400
#define MAX_DSTS	(1U << 20)
#define PROGRESS_NS	100000000

struct batch {
	struct icmpecho *handle;
	struct icmpecho_echo template;
	in_addr_t *dsts;
	size_t dsts_len;
	unsigned long count, window, rate;
	unsigned long sent, answered, errors, timeouts;
	uint64_t *rtts_ns;		/* of the answered ones */
	uint64_t started_ns, progress_ns;
};

static unsigned char payload[MAX_PAYLOAD];
/* Replies are not looked at, so none of their bytes are asked for. */
static unsigned char records[BATCH * ICMPECHO_RECORD_LEN(0)] __attribute__((aligned(8)));

static int usage(void)
{
	fputs("usage: batch [-n COUNT] [-w WINDOW] [-r RATE] [-s SIZE] [-W MS] DESTINATION...\n",
	      stderr);
	return 2;
}

static int failed(const char *what)
{
	fprintf(stderr, "batch: %s: %s\n", what, icmpecho_strerror(errno));
	return -1;
}

static int parse_number(const char *text, unsigned long min, unsigned long max,
			unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number >= min &&
	       *number <= max ? 0 : -1;
}

/* "a", "a/len" or "a-b" to the first and the last address, in host order. */
static int parse_range(const char *text, uint32_t *first, uint32_t *last)
{
	char low[64];
	size_t low_len = strcspn(text, "/-");
	unsigned long prefix_len = 32;
	struct in_addr addr;

	if (low_len >= sizeof(low))
		return -1;
	memcpy(low, text, low_len);
	low[low_len] = 0;
	if (inet_pton(AF_INET, low, &addr) != 1)
		return -1;
	*first = *last = ntohl(addr.s_addr);
	if (text[low_len] == '/') {
		if (parse_number(text + low_len + 1, 1, 32, &prefix_len))
			return -1;
		*first &= ~0U << (32 - prefix_len);
		*last = *first | ~(~0U << (32 - prefix_len));
	} else if (text[low_len] == '-') {
		if (inet_pton(AF_INET, text + low_len + 1, &addr) != 1)
			return -1;
		*last = ntohl(addr.s_addr);
	}
	return *first <= *last ? 0 : -1;
}

static int add_destinations(struct batch *batch, const char *text)
{
	uint32_t first, last, i;
	in_addr_t *dsts;

	if (parse_range(text, &first, &last) || last - first >= MAX_DSTS) {
		fprintf(stderr, "batch: bad destination: %s\n", text);
		return -1;
	}
	dsts = realloc(batch->dsts, (batch->dsts_len + last - first + 1) * sizeof(*dsts));
	if (!dsts)
		return failed("destinations");
	for (i = 0; i <= last - first; i++)
		dsts[batch->dsts_len++] = htonl(first + i);
	batch->dsts = dsts;
	return 0;
}

static unsigned long in_flight(const struct batch *batch)
{
	return batch->sent - batch->answered - batch->errors - batch->timeouts;
}

/* Nothing is lost by a refusal: what was not accepted is offered again later. */
static int wait_for_room(const struct batch *batch)
{
	struct pollfd pollfd = { .fd = icmpecho_get_fd(batch->handle), .events = POLLIN | POLLOUT };

	if (errno != EAGAIN && errno != ENOBUFS && errno != EDQUOT && errno != EINTR)
		return failed("submit");
	if (errno == EDQUOT && !in_flight(batch))
		return failed("submit");
	if (poll(&pollfd, 1, 100) < 0 && errno != EINTR)
		return failed("poll");
	return 0;
}

static int submit_some(struct batch *batch)
{
	static struct icmpecho_echo echoes[BATCH];
	unsigned long room = batch->window - in_flight(batch), i;
	in_addr_t dst;
	int accepted;

	if (room > BATCH)
		room = BATCH;
	if (room > batch->count - batch->sent)
		room = batch->count - batch->sent;
	if (!room)
		return 0;
	for (i = 0; i < room; i++) {
		dst = batch->dsts[(batch->sent + i) % batch->dsts_len];
		echoes[i] = batch->template;
		memcpy(echoes[i].dst, &dst, sizeof(dst));
	}
	accepted = icmpecho_submit(batch->handle, echoes, (uint32_t)room);
	if (accepted < 0)
		return wait_for_room(batch);
	batch->sent += (unsigned long)accepted;
	return 0;
}

static void count_completion(struct batch *batch, const struct icmpecho_completion *c)
{
	if (c->status == ICMPECHO_STATUS_SUCCESS)
		batch->rtts_ns[batch->answered++] = c->rtt_ns;
	else if (c->status == ICMPECHO_STATUS_TIMED_OUT)
		batch->timeouts++;
	else
		batch->errors++;
}

/* Waits for a completion only if nothing else is to be done. */
static int reap_some(struct batch *batch)
{
	const struct icmpecho_completion *c = NULL;
	int may_send = batch->sent < batch->count && in_flight(batch) < batch->window;
	int n, i;

	n = icmpecho_reap(batch->handle, records, sizeof(records), may_send ? 0 : 1, BATCH,
			  icmpecho_deadline_ns(PROGRESS_NS));
	if (n < 0)
		return errno == EINTR ? 0 : failed("reap");
	for (i = 0; i < n; i++) {
		c = icmpecho_next_completion(records, sizeof(records), c);
		if (!c)
			return failed("record");
		count_completion(batch, c);
	}
	return 0;
}

static void show_progress(struct batch *batch)
{
	uint64_t now_ns = icmpecho_deadline_ns(0);

	if (!isatty(STDERR_FILENO) || now_ns - batch->progress_ns < PROGRESS_NS)
		return;
	batch->progress_ns = now_ns;
	fprintf(stderr, "\r%lu of %lu sent, %lu answered ", batch->sent, batch->count,
		batch->answered);
}

static int run(struct batch *batch)
{
	batch->started_ns = icmpecho_deadline_ns(0);
	while (batch->sent < batch->count || in_flight(batch)) {
		if (submit_some(batch) || reap_some(batch))
			return -1;
		show_progress(batch);
	}
	if (batch->progress_ns)
		fprintf(stderr, "\r%60s\r", "");
	return 0;
}

static int compare_u64(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* The smallest value that is at least as large as @percent of all. */
static double percentile_ms(const struct batch *batch, unsigned long percent)
{
	unsigned long rank = (batch->answered * percent + 99) / 100;

	return (double)batch->rtts_ns[rank ? rank - 1 : 0] / 1e6;
}

static void print_summary(const struct batch *batch)
{
	double seconds = (double)(icmpecho_deadline_ns(0) - batch->started_ns) / 1e9;

	printf("sent %lu to %zu destinations in %.2f s, %.0f per second\n", batch->sent,
	       batch->dsts_len, seconds, (double)batch->sent / seconds);
	printf("answered %lu, lost %lu, errors %lu\n", batch->answered, batch->timeouts,
	       batch->errors);
	if (!batch->answered)
		return;
	qsort(batch->rtts_ns, batch->answered, sizeof(*batch->rtts_ns), compare_u64);
	printf("rtt min %.3f ms, median %.3f ms, p99 %.3f ms, max %.3f ms\n",
	       percentile_ms(batch, 0), percentile_ms(batch, 50), percentile_ms(batch, 99),
	       percentile_ms(batch, 100));
}

static int parse_arguments(struct batch *batch, int argc, char **argv)
{
	unsigned long size = 56, timeout_ms = 1000;
	int option, bad = 0;

	while ((option = getopt(argc, argv, "n:w:r:s:W:")) != -1) {
		switch (option) {
		case 'n':
			bad |= parse_number(optarg, 1, 1000000000, &batch->count);
			break;
		case 'w':
			bad |= parse_number(optarg, 1, 1000000, &batch->window);
			break;
		case 'r':
			bad |= parse_number(optarg, 1, 1000000000, &batch->rate);
			break;
		case 's':
			bad |= parse_number(optarg, 0, MAX_PAYLOAD, &size);
			break;
		case 'W':
			bad |= parse_number(optarg, 0, UINT32_MAX, &timeout_ms);
			break;
		default:
			bad = 1;
		}
	}
	if (bad || optind == argc)
		return usage();
	for (; optind < argc; optind++) {
		if (add_destinations(batch, argv[optind]))
			return -1;
	}
	if (!batch->count)
		batch->count = batch->dsts_len;
	icmpecho_echo_ipv4(&batch->template, (struct in_addr){ 0 }, payload, (uint32_t)size,
			   (uint64_t)timeout_ms * 1000000);
	batch->template.reply_capacity = 0;
	return 0;
}

int main(int argc, char **argv)
{
	struct batch batch = { .window = 512 };
	int ret = 2;

	if (parse_arguments(&batch, argc, argv))
		goto out;
	batch.rtts_ns = calloc(batch.count, sizeof(*batch.rtts_ns));
	batch.handle = batch.rtts_ns ? icmpecho_open() : NULL;
	if (!batch.handle) {
		failed("open");
		goto out;
	}
	if (batch.rate && icmpecho_pace(batch.handle, 1000000000 / batch.rate, 1)) {
		failed("pace");
		goto out;
	}
	if (run(&batch))
		goto out;
	print_summary(&batch);
	ret = batch.answered == batch.count ? 0 : 1;
out:
	icmpecho_close(batch.handle);
	free(batch.rtts_ns);
	free(batch.dsts);
	return ret;
}
