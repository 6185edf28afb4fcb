// SPDX-License-Identifier: GPL-2.0
/*
 * What the machine holds, counted: objects of the kernel's caches that sessions or namespaces
 * make it take, and references of the module. The caches must not be merged with others
 * (slab_nomerge on the kernel's command line).
 */
#include <sched.h>
#include <sys/wait.h>

#include "soak.h"
#include "machine.h"

#define PATIENCE_S	120

const char *const leftover_names[NR_LEFTOVERS] = {
	"net_namespace", "RAW", "RAWv6", "sock_inode_cache", "ip_dst_cache", "ip6_dst_cache",
	"icmpecho_request", "module",
};

/* Newer kernels call the caches of routes after their structures. */
static const char *const newer_names[NR_LEFTOVERS] = {
	[4] = "rtable",
	[5] = "rt6_info",
};

static const char *cache_name(unsigned int i)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s", leftover_names[i]);
	return newer_names[i] && access(path, F_OK) ? newer_names[i] : leftover_names[i];
}

/*
 * Linux frees the memory of a network namespace that has ended when the next one ends ("net: defer
 * final 'struct net' free in netns dismantle"). So let one end, before each count.
 */
static void end_a_namespace(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		_exit(unshare(CLONE_NEWNET) ? 1 : 0);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

/* A cache counts what it keeps for a CPU as taken, until it is told to shrink. */
static void shrink(const char *cache)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	write_file(path, "1");
}

static void caches_read(struct leftovers *l)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	char line[256], name[64];
	unsigned int i;
	long active;

	if (!file)
		die("/proc/slabinfo");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld", name, &active) != 2)
			continue;
		for (i = 0; i < NR_LEFTOVERS; i++)
			if (!strcmp(name, cache_name(i)))
				l->values[i] = active;
	}
	fclose(file);
}

static long references(void)
{
	FILE *file = fopen("/sys/module/icmpecho/refcnt", "re");
	long n = -1;

	if (!file || fscanf(file, "%ld", &n) != 1)
		die("/sys/module/icmpecho/refcnt");
	fclose(file);
	return n;
}

static void leftovers_count(struct leftovers *l)
{
	unsigned int i;

	for (i = 0; i < NR_LEFTOVERS - 1; i++) {
		l->values[i] = -1;
		shrink(cache_name(i));
	}
	caches_read(l);
	for (i = 0; i < NR_LEFTOVERS - 1; i++)
		if (l->values[i] < 0)
			die("/proc/slabinfo has no %s", cache_name(i));
	l->values[NR_LEFTOVERS - 1] = references();
}

void leftovers_read(struct leftovers *l)
{
	struct leftovers again;
	int i;

	/* Until it does not change any more; the last of the namespaces is counted. */
	end_a_namespace();
	leftovers_count(l);
	for (i = 0; i < 20; i++) {
		end_a_namespace();
		usleep(500000);
		leftovers_count(&again);
		if (!memcmp(l, &again, sizeof(again)))
			return;
		*l = again;
	}
}

static bool is_more(const struct leftovers *a, const struct leftovers *b)
{
	unsigned int i;

	for (i = 0; i < NR_LEFTOVERS; i++)
		if (a->values[i] > b->values[i])
			return true;
	return false;
}

void leftovers_wait(const struct leftovers *before, struct leftovers *after)
{
	unsigned int ms;

	/* Each try makes a namespace, too, which must not be made faster than they end. */
	for (ms = 500; ms < PATIENCE_S * 1000; ms *= 2) {
		end_a_namespace();
		usleep(ms * 1000);
		leftovers_count(after);
		if (!is_more(after, before))
			return;
	}
}
