// SPDX-License-Identifier: GPL-2.0
/*
 * Many processes use the device in all ways while their world breaks, see soak.h. In the end
 * all sums must fit, and the machine must be as it was before.
 *
 *	ICMPECHO_SOAK_SECONDS	for how long; by default 60
 *	ICMPECHO_SOAK_SEED	another one makes another chaos
 */
#include "soak.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "machine.h"
#include "random.h"
#include "setting.h"

#define NR_RESULTS	6
#define PROGRESS_S	60

struct soak *soak;
__u32 soak_seed;

static void show_counts(void)
{
	static const char *const names[NR_ENDS] = {
		"replies", "errors", "timed out", "cancelled", "not sent",
	};
	const struct counts *total = &soak->total;
	int i;

	printf("# figures: %9llu sessions judged, %llu gone unseen with their process\n",
	       soak->judged, soak->unseen);
	printf("# figures: %9llu calls\n", soak->calls);
	printf("# figures: %9llu requests refused\n", soak->refused);
	printf("# figures: %9llu accepted, of which\n", total->accepted);
	for (i = 0; i < NR_ENDS; i++)
		printf("# figures: %9llu %s, %llu of them collected\n", total->ended[i],
		       names[i], total->collected[i]);
	printf("# figures: %9llu dropped at close in flight, and %llu that had ended\n",
	       total->dropped, total->unreaped);
	printf("# figures: %9llu collected by calls that did not come back\n", total->lost);
}

static void soak_for(unsigned long seconds)
{
	__u64 begin = now_ns(), end = begin + seconds * NS_PER_S;
	__u64 next = begin + PROGRESS_S * NS_PER_S;

	while (now_ns() < end || !chaos_is_complete()) {
		chaos_step();
		usleep(random_below(200000));
		if (now_ns() < next)
			continue;
		printf("# figures: %9llu accepted so far, of %llu sessions judged\n",
		       soak->total.accepted, soak->judged);
		fflush(stdout);
		next += PROGRESS_S * NS_PER_S;
	}
}

static void show_workers(void)
{
	printf("# figures: %9llu processes, %llu of them killed for their memory\n", soak->started,
	       soak->starved);
	printf("# figures: %9llu packets were in queues when the module was unloaded\n",
	       soak->waiting);
}

static void judge_chaos(void)
{
	chaos_show();
	ksft_test_result(soak->waiting, "packets were in queues when the module was unloaded\n");
}

static void judge_counts(void)
{
	const struct counts *total = &soak->total;
	__u64 ended = tally_sum(total->ended);
	int i;

	ksft_test_result(!soak->failures, "each call and each session is as it should be\n");
	ksft_test_result(total->accepted == ended + total->dropped &&
			 ended == tally_sum(total->collected) + total->unreaped + total->lost,
			 "what was accepted has ended, and was collected or dropped\n");
	for (i = 0; i < NR_ENDS && total->ended[i]; i++)
		;
	ksft_test_result(i == NR_ENDS && total->dropped && soak->unseen,
			 "requests have ended in each way there is\n");
}

static void judge_leftovers(const struct leftovers *before, const struct leftovers *after)
{
	bool same = true;
	unsigned int i;

	for (i = 0; i < NR_LEFTOVERS; i++) {
		printf("# figures: %9ld of %s, %ld before\n", after->values[i],
		       leftover_names[i], before->values[i]);
		same &= after->values[i] <= before->values[i];
	}
	ksft_test_result(same, "nothing is left behind\n");
}

static void judge_memory(void)
{
	int fd = echo_open();
	long long bytes = fd < 0 ? fd : echo_fdinfo(fd, "user_bytes");

	printf("# figures: %9lld bytes of memory charged to root\n", bytes);
	ksft_test_result(!bytes, "no memory is charged\n");
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	unsigned long seconds = setting("ICMPECHO_SOAK_SECONDS", 60);
	struct leftovers before, after;
	struct utsname uts;
	__u64 begin;

	soak_seed = setting("ICMPECHO_SOAK_SEED", 1);
	ksft_print_header();
	ksft_set_plan(NR_RESULTS);
	uname(&uts);
	soak = mmap(NULL, sizeof(*soak), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (soak == MAP_FAILED)
		die("mmap");
	printf("# figures: %lu seconds, seed %u, Linux %s\n", seconds, soak_seed, uts.release);
	/* A busy host lets a guest's CPU wait for so long that it seems to be stalled. */
	write_file("/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout", "120");
	/* The chaos is for all, and must not starve among them. */
	setpriority(PRIO_PROCESS, 0, -20);

	leftovers_read(&before);
	world_open();
	chaos_open();
	workers_start();
	soak_for(seconds);
	workers_stop();
	chaos_close();
	world_close();
	begin = now_ns();
	leftovers_wait(&before, &after);
	printf("# figures: %9llu ms until all was gone afterwards\n",
	       (now_ns() - begin) / NS_PER_MS);

	show_workers();
	show_counts();
	judge_chaos();
	judge_counts();
	judge_leftovers(&before, &after);
	judge_memory();
	ksft_finished();
}
