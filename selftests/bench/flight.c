// SPDX-License-Identifier: GPL-2.0
/*
 * Very many requests in flight: to destinations that never answer, so that all
 * of them really are. What submitting one more costs then, what time-outs cost,
 * and how much memory is taken up.
 */
#include <errno.h>
#include <icmpecho.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define BLOCK		1000	/* requests of one call */
#define MEASURED	8	/* blocks whose submission is looked at */
#define REAPED		256	/* completions of one call */
#define MS		1000000ULL

struct flight {
	struct icmpecho *handle;
	unsigned int next;		/* destination */
	uint64_t timeout_ns;
	struct icmpecho_echo echo[BLOCK];
	unsigned char payload[56];
	unsigned char buffer[REAPED * ICMPECHO_RECORD_LEN(56)] __attribute__((aligned(8)));
};

static struct flight flight;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void submit_block(struct flight *f)
{
	unsigned int i;
	int ret;

	for (i = 0; i < BLOCK; i++)
		icmpecho_echo_ipv4(&f->echo[i], world_silent_host(f->next++), f->payload,
				   sizeof(f->payload), f->timeout_ns);
	for (i = 0; i < BLOCK; i += ret) {
		ret = icmpecho_submit(f->handle, f->echo + i, BLOCK - i);
		if (ret <= 0)
			die("icmpecho_submit");
	}
}

/* Returns how many there were with @status. */
static unsigned int reap_all(struct flight *f, uint32_t status)
{
	const struct icmpecho_completion *c;
	unsigned int good = 0;
	int got, i;

	do {
		got = icmpecho_reap(f->handle, f->buffer, sizeof(f->buffer), 0, REAPED, 0);
		if (got < 0)
			die("icmpecho_reap");
		for (i = 0, c = NULL; i < got; i++) {
			c = icmpecho_next_completion(f->buffer, sizeof(f->buffer), c);
			if (!c)
				die("icmpecho_next_completion");
			good += c->status == status;
		}
	} while (got);
	return good;
}

static bool nothing_ended(struct flight *f)
{
	return icmpecho_reap(f->handle, f->buffer, sizeof(f->buffer), 0, 1, 0) == 0;
}

/* Add up the numbers of all lines of a file that fit. */
static unsigned long sum_in(const char *path, const char *format)
{
	unsigned long sum = 0, n;
	char line[128];
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		die("%s", path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, &n) == 1)
			sum += n;
	fclose(file);
	return sum;
}

/*
 * After what others have freed has come back. The pages that CPUs keep for
 * themselves, tens of megabytes, are free too but not in MemFree.
 */
static double free_memory(void)
{
	sleep_until(now_ns() + 500 * MS);
	/* Has the kernel add up its counters, whatever is read. */
	sum_in("/proc/sys/vm/stat_refresh", "%lu");
	return sum_in("/proc/meminfo", "MemFree: %lu") * 1024.0 +
	       sum_in("/proc/zoneinfo", " count: %lu") * (double)sysconf(_SC_PAGESIZE);
}

/* What one costs while there are no more than a thousand. */
static void submit_few(struct flight *f)
{
	const struct row_key key = { "flight", "submit 1000", AF_INET, 56 };
	uint64_t before, sum = 0;
	unsigned int i, good = 0;

	f->timeout_ns = 10000 * MS;
	/* The first round is the warm-up. */
	for (i = 0; i <= MEASURED; i++) {
		before = meter_now();
		submit_block(f);
		sum += i ? meter_now() - before : 0;
		if (icmpecho_cancel_all(f->handle) != BLOCK)
			die("icmpecho_cancel_all");
		good += reap_all(f, ICMPECHO_STATUS_CANCELLED);
	}
	row_cost(&key, sum, MEASURED * BLOCK, good - BLOCK);
}

/* Returns false when some ended before all had been sent. */
static bool submit_many(struct flight *f, unsigned int n)
{
	char label[64];
	const struct row_key key = { "flight", label, AF_INET, 56 };
	uint64_t before;
	unsigned int i;
	bool flying;

	for (i = 0; i < n / BLOCK - MEASURED; i++)
		submit_block(f);
	before = meter_now();
	for (i = 0; i < MEASURED; i++)
		submit_block(f);
	before = meter_now() - before;
	flying = nothing_ended(f);
	snprintf(label, sizeof(label), "submit %u", n);
	row_cost(&key, before, MEASURED * BLOCK, flying ? MEASURED * BLOCK : 0);
	return flying;
}

static void fly(struct flight *f, unsigned int n)
{
	char label[64];
	const struct row_key key = { "flight", label, AF_INET, 56 };
	uint64_t first, last, before, expire, reap;
	double memory = free_memory();
	unsigned int good;

	/* Enough to send all of them before the first one ends. */
	f->timeout_ns = 2000 * MS + n * 12000ULL;
	first = now_ns() + f->timeout_ns;
	if (!submit_many(f, n))
		return;
	last = now_ns() + f->timeout_ns;
	snprintf(label, sizeof(label), "memory %u", n);
	row_value(&key, "bytes", (memory - free_memory()) / n);

	sleep_until(first - 10 * MS);
	before = meter_now();
	sleep_until(last + 10 * MS);
	expire = meter_now() - before;
	before = meter_now();
	good = reap_all(f, ICMPECHO_STATUS_TIMED_OUT);
	reap = meter_now() - before;
	snprintf(label, sizeof(label), "expire %u", n);
	row_cost(&key, expire, n, good);
	snprintf(label, sizeof(label), "reap %u", n);
	row_cost(&key, reap, n, good);
}

static bool enough(const struct flight *f, unsigned int n)
{
	const struct row_key key = { "flight", "submit", AF_INET, 56 };
	struct icmpecho_info info;

	if (icmpecho_get_info(f->handle, &info))
		die("icmpecho_get_info");
	if (info.max_requests >= n)
		return true;
	row_skip(&key, "the module's parameter max_requests is too small");
	return false;
}

void flight_measure(bool quick)
{
	static const unsigned int numbers[] = { 1000000, 100000 };
	unsigned int i;

	for (i = 0; i < (quick ? 1 : ARRAY_SIZE(numbers)); i++) {
		flight.handle = icmpecho_open();
		if (!flight.handle)
			die("icmpecho_open");
		if (!i)
			submit_few(&flight);
		if (enough(&flight, numbers[i]))
			fly(&flight, numbers[i]);
		icmpecho_close(flight.handle);
	}
}
