// SPDX-License-Identifier: GPL-2.0-only
/*
 * tsc-khz - print the frequency of this machine's time stamp counter in kHz
 *
 * An emulated guest reads this counter. scripts/vm tells the guest its frequency, which
 * the guest cannot measure when the host is busy.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct sample {
	unsigned long long tsc;
	long long ns;
};

/* Of several readings, take the one that took the least time. */
static struct sample take_sample(void)
{
	unsigned long long before, after, best = ~0ULL;
	struct sample sample = { 0 };
	struct timespec ts;
	int i;

	for (i = 0; i < 50; i++) {
		before = __rdtsc();
		clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
		after = __rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		sample.tsc = before + best / 2;
		sample.ns = ts.tv_sec * 1000000000LL + ts.tv_nsec;
	}
	return sample;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	struct sample start, end;

	start = take_sample();
	nanosleep(&pause, NULL);
	end = take_sample();
	printf("%.0f\n", (double)(end.tsc - start.tsc) * 1e6 /
			 (double)(end.ns - start.ns));
	return 0;
}
