// SPDX-License-Identifier: GPL-2.0
/*
 * The counters that explain what became of each packet: of the IP layer and of ICMP, in
 * /proc/net, and of the module, in fdinfo.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "network.h"

static const struct {
	const char *protocol;	/* of @name, or NULL if it is in fdinfo */
	const char *name;	/* IPv4 */
	const char *name6;	/* IPv6, or NULL if there is none */
} names[NR_NAMED] = {
	[COUNT_RECEIVED]	 = { "Ip", "InReceives", "Ip6InReceives" },
	[COUNT_HEADER]		 = { "Ip", "InHdrErrors", "Ip6InHdrErrors" },
	[COUNT_TRUNCATED]	 = { "IpExt", "InTruncatedPkts", "Ip6InTruncatedPkts" },
	[COUNT_ADDRESS]		 = { "Ip", "InAddrErrors", "Ip6InAddrErrors" },
	[COUNT_MARTIAN]		 = { "rt_cache", "in_martian_src", NULL },
	[COUNT_PROTOCOL]	 = { "Ip", "InUnknownProtos", "Ip6InUnknownProtos" },
	[COUNT_DISCARDED]	 = { "Ip", "InDiscards", "Ip6InDiscards" },
	[COUNT_DELIVERED]	 = { "Ip", "InDelivers", "Ip6InDelivers" },
	[COUNT_FRAGMENTS]	 = { "Ip", "ReasmReqds", "Ip6ReasmReqds" },
	[COUNT_WHOLE]		 = { "Ip", "ReasmOKs", "Ip6ReasmOKs" },
	[COUNT_FRAGMENT_FAILS]	 = { "Ip", "ReasmFails", "Ip6ReasmFails" },
	[COUNT_MESSAGES]	 = { "Icmp", "InMsgs", "Icmp6InMsgs" },
	[COUNT_CHECKSUM]	 = { "Icmp", "InCsumErrors", "Icmp6InCsumErrors" },
	[COUNT_MODULE_MALFORMED] = { NULL, "netns_drop_malformed", "netns_drop_malformed" },
	[COUNT_MODULE_UNMATCHED] = { NULL, "netns_drop_unmatched", "netns_drop_unmatched" },
	[COUNT_MODULE_ADDRESS]	 = { NULL, "netns_drop_address", "netns_drop_address" },
	[COUNT_MODULE_CHECKSUM]	 = { NULL, "netns_drop_checksum", "netns_drop_checksum" },
	[COUNT_MODULE_LATE]	 = { NULL, "netns_drop_late", "netns_drop_late" },
	[COUNT_REPLIES]		 = { NULL, "replies", "replies" },
	[COUNT_ERRORS]		 = { NULL, "errors", "errors" },
	[COUNT_TIMEOUTS]	 = { NULL, "timeouts", "timeouts" },
	[COUNT_NOT_SENT]	 = { NULL, "not_sent", "not_sent" },
};

/* How long to wait for the last packets to be counted */
#define PATIENCE_S	20

static long due[NR_COUNTERS];
static long before[NR_COUNTERS];

void count(enum counter counter)
{
	due[counter]++;
}

static const char *name_of(enum counter counter)
{
	static char name[32];

	if (counter < NR_NAMED)
		return family->family == AF_INET ? names[counter].name : names[counter].name6;
	snprintf(name, sizeof(name), "%sInType%u", family->family == AF_INET ? "" : "Icmp6",
		 counter - COUNT_TYPE);
	return name;
}

/* /proc/net/stat/rt_cache has a column for each counter, and a line for each CPU. */
static long routing_counter(const char *name)
{
	FILE *file = fopen("/proc/thread-self/net/stat/rt_cache", "re");
	char line[1024], *save, *word;
	int column = 0, i;
	long sum = 0;

	if (!file || !fgets(line, sizeof(line), file))
		die("rt_cache");
	for (word = strtok_r(line, " \n", &save); word && strcmp(word, name); column++)
		word = strtok_r(NULL, " \n", &save);
	while (fgets(line, sizeof(line), file)) {
		word = strtok_r(line, " \n", &save);
		for (i = 0; word && i < column; i++)
			word = strtok_r(NULL, " \n", &save);
		sum += word ? strtol(word, NULL, 16) : 0;
	}
	fclose(file);
	return sum;
}

/* A counter that the kernel does not show yet is 0. */
static long read_counter(int fd, enum counter counter)
{
	const char *name = name_of(counter), *protocol = "IcmpMsg";
	long value;

	if (!name)
		return 0;
	if (counter < NR_NAMED) {
		protocol = names[counter].protocol;
		if (!protocol)
			return session_counter(fd, name);
		if (!strcmp(protocol, "rt_cache"))
			return routing_counter(name);
	}
	value = family->family == AF_INET ? netns_counter(protocol, name) : netns_counter6(name);
	return value < 0 ? 0 : value;
}

void counters_begin(int fd)
{
	enum counter counter;

	for (counter = 0; counter < NR_COUNTERS; counter++) {
		before[counter] = read_counter(fd, counter);
		due[counter] = 0;
	}
}

/* Complains of each that differs if asked to. */
static bool agree(int fd, enum counter from, enum counter to, bool complain)
{
	enum counter counter;
	bool good = true;
	long is;

	for (counter = from; counter < to; counter++) {
		is = read_counter(fd, counter) - before[counter];
		if (is == due[counter])
			continue;
		good = false;
		if (!complain)
			break;
		printf("# %s counts %ld packets, but should %ld\n", name_of(counter), is,
		       due[counter]);
	}
	return good;
}

static bool wait_to_agree(int fd, enum counter from, enum counter to)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += PATIENCE_S;
	do {
		if (agree(fd, from, to, false))
			return true;
		usleep(1000);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	return agree(fd, from, to, true);
}

bool counters_agree(int fd)
{
	return wait_to_agree(fd, 0, NR_NAMED);
}

bool counters_agree_on_types(int fd)
{
	return wait_to_agree(fd, COUNT_TYPE, NR_COUNTERS);
}

void counters_print(int fd)
{
	enum counter counter;

	for (counter = 0; counter < NR_COUNTERS; counter++)
		if (due[counter])
			printf("# figures: %9ld %s\n", read_counter(fd, counter) - before[counter],
			       name_of(counter));
}
