// SPDX-License-Identifier: MIT
/*
 * Sends many echo requests to many destinations from one thread, with at most a window
 * of them in flight: it submits as many as the window has room for, collects the
 * completions that are there, and repeats.
 *
 *	batch [-4 | -6] [-n COUNT] [-w WINDOW] [-r RATE] [-s SIZE] [-W MS] DESTINATION...
 *
 * The usage below explains the options. At SIGINT and SIGTERM it stops and prints the
 * sums so far. Exits with 0 if all requests were answered, 1 if not, for whatever
 * reason, 2 on failure.
 */
#include <icmpecho.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "batch"
#include "example.h"

#define BATCH		64		/* requests or completions per call */
#define MAX_PAYLOAD	1400
#define MAX_DSTS	(1U << 20)
#define PROGRESS_NS	100000000

struct dst {
	unsigned char addr[16];
	uint32_t scope_id;
	uint16_t family;
};

struct batch {
	struct icmpecho *handle;
	struct icmpecho_echo template;
	int family;			/* of the addresses to look names up for */
	struct dst *dsts;
	size_t dsts_len;
	unsigned long count, window, rate;
	unsigned long sent, answered, errors, timeouts;
	unsigned long unsent;		/* errors of this host, and the first of them */
	int unsent_error;
	int said_full;
	uint64_t *rtts_ns;		/* of the answered ones */
	uint64_t started_ns, progress_ns;
};

static unsigned char payload[MAX_PAYLOAD];
/* reply_capacity is 0: no bytes of the replies are needed. */
static unsigned char records[BATCH * ICMPECHO_RECORD_LEN(0)] __attribute__((aligned(8)));

static int stopped;			/* set by a signal */

static const char usage[] =
	"usage: batch [-4 | -6] [-n COUNT] [-w WINDOW] [-r RATE] [-s SIZE] [-W MS] DESTINATION...\n"
	"  DESTINATION  a name, an address, a prefix (10.9.0.0/22, 2001:db8::/120) or a\n"
	"               range (10.9.0.1-10.9.3.232) of at most 1048576 addresses\n"
	"  -4, -6       only addresses of this family\n"
	"  -n COUNT     requests in all, which go round the destinations (default: one each)\n"
	"  -w WINDOW    at most so many in flight (512)\n"
	"  -r RATE      at most so many per second\n"
	"  -s SIZE      bytes of payload (56)\n"
	"  -W MS        an answer that takes longer is lost (1000)\n"
	"  --help, --version\n"
	"Exit status: 0 if all were answered, 1 if not, 2 on failure.\n";

static void stop(int signal)
{
	(void)signal;
	__atomic_store_n(&stopped, 1, __ATOMIC_RELAXED);
}

static size_t address_len(const struct dst *dst)
{
	return dst->family == AF_INET6 ? 16 : 4;
}

static int add_one(struct batch *batch, const struct dst *dst)
{
	size_t len = batch->dsts_len;
	struct dst *dsts;

	/* The array is full at each power of two: double it. */
	if (!(len & (len - 1))) {
		dsts = realloc(batch->dsts, (len ? 2 * len : 1) * sizeof(*dsts));
		if (!dsts)
			return failed("destinations");
		batch->dsts = dsts;
	}
	batch->dsts[batch->dsts_len++] = *dst;
	return 0;
}

static int add_range(struct batch *batch, struct dst dst, const struct dst *last)
{
	unsigned long n;
	size_t i;

	for (n = 0; n < MAX_DSTS; n++) {
		if (add_one(batch, &dst))
			return -1;
		if (!memcmp(dst.addr, last->addr, sizeof(dst.addr)))
			return 0;
		for (i = address_len(&dst); i-- && !++dst.addr[i];)
			;
	}
	fprintf(stderr, PROGRAM ": there are more than %u addresses in one destination\n",
		MAX_DSTS);
	return -1;
}

static int add_prefix(struct batch *batch, struct dst first, unsigned long prefix_len)
{
	struct dst last = first;
	unsigned long bit;

	for (bit = prefix_len; bit < address_len(&first) * 8; bit++) {
		first.addr[bit / 8] &= (unsigned char)~(0x80 >> bit % 8);
		last.addr[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
	}
	return add_range(batch, first, &last);
}

/* Returns an error of getaddrinfo(), or 0. */
static int resolve(const struct batch *batch, const char *text, int flags, struct dst *dst)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_family = batch->family,
				  .ai_flags = flags }, *info;
	struct icmpecho_echo echo;
	int error = getaddrinfo(text, NULL, &hints, &info);

	if (error)
		return error;
	error = icmpecho_echo_sockaddr(&echo, info->ai_addr, info->ai_addrlen, NULL, 0, 0) ?
		EAI_FAMILY : 0;
	freeaddrinfo(info);
	dst->family = echo.family;
	dst->scope_id = echo.scope_id;
	memcpy(dst->addr, echo.dst, sizeof(dst->addr));
	return error;
}

/* Whether the first @len characters are an address. */
static int is_address(const struct batch *batch, const char *text, size_t len, struct dst *dst)
{
	char address[128];

	if (len >= sizeof(address))
		return 0;
	memcpy(address, text, len);
	address[len] = 0;
	return !resolve(batch, address, AI_NUMERICHOST, dst);
}

/* "a", "a/len" or "a-b". Names of hosts and interfaces may have a dash in them, too. */
static int add_destinations(struct batch *batch, const char *text)
{
	const char *slash = strchr(text, '/'), *dash = strrchr(text, '-');
	unsigned long prefix_len;
	struct dst first, last;
	int error;

	if (slash && is_address(batch, text, (size_t)(slash - text), &first) &&
	    !parse_number(slash + 1, 1, address_len(&first) * 8, &prefix_len))
		return add_prefix(batch, first, prefix_len);
	if (dash && is_address(batch, text, (size_t)(dash - text), &first) &&
	    is_address(batch, dash + 1, strlen(dash + 1), &last) &&
	    first.family == last.family && memcmp(first.addr, last.addr, sizeof(last.addr)) <= 0)
		return add_range(batch, first, &last);
	error = resolve(batch, text, 0, &first);
	if (!error)
		return add_one(batch, &first);
	fprintf(stderr, PROGRAM ": bad destination: %s: %s\n", text, gai_strerror(error));
	return -1;
}

static unsigned long in_flight(const struct batch *batch)
{
	return batch->sent - batch->answered - batch->errors - batch->timeouts;
}

/*
 * The kernel has refused a request, and errno says why: waits until it may accept it. A
 * queue becomes empty by itself (ENOBUFS). A limit (EAGAIN, EDQUOT) has room again
 * when requests complete; if none is in flight that never happens: a failure.
 */
static int wait_for_room(struct batch *batch)
{
	struct pollfd pollfd = { .fd = icmpecho_get_fd(batch->handle), .events = POLLIN | POLLOUT };

	if (errno == EINTR)
		return 0;
	if (errno != ENOBUFS && ((errno != EAGAIN && errno != EDQUOT) || !in_flight(batch)))
		return failed("submit");
	if (!in_flight(batch) && !batch->said_full) {
		batch->said_full = 1;
		failed("waiting");
	}
	if (poll(&pollfd, 1, 100) < 0 && errno != EINTR)
		return failed("poll");
	return 0;
}

static int submit_some(struct batch *batch)
{
	static struct icmpecho_echo echoes[BATCH];
	unsigned long room = batch->window - in_flight(batch), i;
	const struct dst *dst;
	int accepted;

	if (room > BATCH)
		room = BATCH;
	/* At most 100 ms' worth of a paced session, so that no call waits longer. */
	if (batch->rate && room > batch->rate / 10 + 1)
		room = batch->rate / 10 + 1;
	if (room > batch->count - batch->sent)
		room = batch->count - batch->sent;
	if (!room)
		return 0;
	for (i = 0; i < room; i++) {
		dst = &batch->dsts[(batch->sent + i) % batch->dsts_len];
		echoes[i] = batch->template;
		echoes[i].family = dst->family;
		echoes[i].scope_id = dst->scope_id;
		memcpy(echoes[i].dst, dst->addr, sizeof(dst->addr));
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
	if (c->flags & ICMPECHO_LOCAL && !batch->unsent++)
		batch->unsent_error = c->error;
}

/* Waits for a completion only if no request can be sent now. */
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
		if (__atomic_load_n(&stopped, __ATOMIC_RELAXED))
			break;
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

	printf("sent %lu to %lu destinations in %.2f s, %.0f per second\n", batch->sent,
	       batch->sent < batch->dsts_len ? batch->sent : batch->dsts_len, seconds,
	       (double)batch->sent / seconds);
	printf("answered %lu, lost %lu, errors %lu", batch->answered, batch->timeouts,
	       batch->errors);
	if (in_flight(batch))
		printf(", still in flight %lu", in_flight(batch));
	printf("\n");
	if (batch->unsent)
		printf("not sent %lu: %s\n", batch->unsent,
		       icmpecho_strerror(batch->unsent_error));
	if (!batch->answered)
		return;
	qsort(batch->rtts_ns, batch->answered, sizeof(*batch->rtts_ns), compare_u64);
	printf("rtt min %.3f ms, median %.3f ms, p99 %.3f ms, max %.3f ms\n",
	       percentile_ms(batch, 0), percentile_ms(batch, 50), percentile_ms(batch, 99),
	       percentile_ms(batch, 100));
}

static int parse_options(struct batch *batch, int argc, char **argv)
{
	unsigned long size = 56, timeout_ms = 1000;
	int option, bad = 0;

	while ((option = next_option(argc, argv, "46n:w:r:s:W:", usage)) != -1) {
		switch (option) {
		case '4':
			batch->family = AF_INET;
			break;
		case '6':
			batch->family = AF_INET6;
			break;
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
	icmpecho_echo_ipv4(&batch->template, (struct in_addr){ 0 }, payload, (uint32_t)size,
			   (uint64_t)timeout_ms * 1000000);
	batch->template.reply_capacity = 0;
	return bad ? -1 : 0;
}

static int parse_arguments(struct batch *batch, int argc, char **argv)
{
	if (parse_options(batch, argc, argv) || optind == argc) {
		fputs(usage, stderr);
		return -1;
	}
	for (; optind < argc; optind++) {
		if (add_destinations(batch, argv[optind]))
			return -1;
	}
	if (!batch->count)
		batch->count = batch->dsts_len;
	return 0;
}

static int prepare(struct batch *batch)
{
	/* SA_RESETHAND: a second signal ends the process, should something hang. */
	struct sigaction action = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	batch->rtts_ns = calloc(batch->count, sizeof(*batch->rtts_ns));
	if (!batch->rtts_ns)
		return failed("results");
	batch->handle = icmpecho_open();
	if (!batch->handle) {
		fprintf(stderr, PROGRAM ": %s\n", icmpecho_strerror_open(errno));
		return -1;
	}
	if (batch->rate && icmpecho_pace(batch->handle, 1000000000 / batch->rate, 1))
		return failed("pace");
	return 0;
}

int main(int argc, char **argv)
{
	struct batch batch = { .window = 512 };
	int ret = 2;

	if (!parse_arguments(&batch, argc, argv) && !prepare(&batch) && !run(&batch)) {
		print_summary(&batch);
		ret = batch.answered == batch.count ? 0 : 1;
	}
	icmpecho_close(batch.handle);
	free(batch.rtts_ns);
	free(batch.dsts);
	return ret;
}
