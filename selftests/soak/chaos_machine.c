// SPDX-License-Identifier: GPL-2.0
/* What happens to the machine: its clock, CPUs and memory, and the module. */
#include <sys/stat.h>
#include <sys/wait.h>

#include "soak.h"
#include "parameter.h"
#include "random.h"

#define CPU	"/sys/devices/system/cpu/cpu1/online"
#define CGROUP	"/sys/fs/cgroup/soak"
/* Every so many workers is in the cgroup. */
#define LIMITED	5

static struct timespec real, monotonic;	/* at the beginning */
static bool plugged = true;

static __u64 ns_of(struct timespec ts)
{
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* Set the wall clock to what it would be, and this much more or less. */
static void clock_shift(__s64 seconds)
{
	__u64 ns = ns_of(real) + now_ns() - ns_of(monotonic) + seconds * (__s64)NS_PER_S;
	struct timespec ts = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };

	if (clock_settime(CLOCK_REALTIME, &ts))
		die("clock_settime");
}

void clock_set(void)
{
	clock_shift((__s64)random_below(2 * 86400) - 86400);
}

void cpu_toggle(void)
{
	if (!access(CPU, F_OK) && !try_parameter(CPU, plugged ? "0" : "1"))
		plugged = !plugged;
}

void memory_limit_enter(unsigned int index)
{
	if (index % LIMITED == 0)
		write_file(CGROUP "/cgroup.procs", "0");
}

void memory_press(void)
{
	static const char *const limits[] = { "max", "max", "8M", "4M", "2M" };

	write_file("/proc/sys/vm/drop_caches", "2");
	write_file(CGROUP "/memory.max", limits[random_below(ARRAY_SIZE(limits))]);
}

void parameter_set(void)
{
	switch (random_below(4)) {
	case 0:
		write_parameter(MAX_USER_BYTES, 100000 + random_below(1000000));
		break;
	case 1:
		write_parameter(MAX_USER_BYTES, 128 << 20);
		break;
	case 2:
		write_parameter(MAX_REQUESTS, random_below(2) ? 65536 : 1 + random_below(200));
		break;
	default:
		send_plain(random_below(2));
	}
}

/* Packets of the module's sockets wait in queues while there is no module. */
static void delay_all(bool begin)
{
	unsigned int i;

	for (i = 0; i < NR_PAIRS; i++)
		if (!pairs[i].broken)
			run_in(pairs[i].ns.near, "exec tc qdisc %s dev near0 root%s",
			       begin ? "replace" : "del", begin ? " netem delay 100s" : "");
}

static void module_load(void)
{
	if (system("insmod /lib/modules/icmpecho.ko"))
		die("insmod");
	if (chmod(ICMPECHO_DEVICE, 0666))
		die(ICMPECHO_DEVICE);
}

/* Until there are some, which on a busy host takes a while */
static unsigned long wait_for_packets(void)
{
	unsigned long n = 0;
	unsigned int i;

	for (i = 0; i < 20 && !n; i++) {
		usleep(200000);
		n = packets_waiting();
	}
	return n;
}

void module_reload(void)
{
	bool late = random_below(2);
	unsigned int i;

	delay_all(true);
	soak->waiting += wait_for_packets();
	for (i = 0; i < NR_WORKERS; i++)
		if (soak->tallies[i].pid && random_below(2))
			worker_kill(&soak->tallies[i], random_below(2));
	workers_stop();
	/* All have closed their sessions, so it must be possible at once. */
	if (system("rmmod icmpecho")) {
		fail("the module cannot be unloaded");
	} else {
		if (!late)
			delay_all(false);
		module_load();
	}
	workers_start();
	delay_all(false);
}

void machine_open(void)
{
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	/* Say nothing of each time that caches are dropped. */
	write_file("/proc/sys/vm/drop_caches", "4");
	write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP, 0755))
		die(CGROUP);
	if (chmod(ICMPECHO_DEVICE, 0666))
		die(ICMPECHO_DEVICE);
}

void machine_close(void)
{
	clock_shift(0);
	if (!plugged)
		write_file(CPU, "1");
	write_parameter(MAX_USER_BYTES, 128 << 20);
	write_parameter(MAX_REQUESTS, 65536);
	send_plain(true);
	if (rmdir(CGROUP))
		fail("rmdir %s: %s", CGROUP, strerror(errno));
}
