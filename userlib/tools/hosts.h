/* SPDX-License-Identifier: MIT */
/*
 * Which hosts a monitor asks: those of its command line and of its configuration. Names are
 * not looked up here: their hosts have no address yet. A line of the configuration is a host,
 * an address, a prefix or a range, with settings behind it:
 *
 *	gateway.example  interval=200ms timeout=1s name=gateway label=site:Berlin
 *	10.9.0.0/28      interval=10s size=1400 label=role:"access point"   # a comment
 */
#ifndef TOOLS_HOSTS_H
#define TOOLS_HOSTS_H

#include "host.h"
#include "options.h"

struct hosts {
	struct host **list;
	size_t count, room;
	const struct options *options;	/* the settings of hosts without their own */
};

#define HOSTS_MAX	100000
#define MIN_INTERVAL_NS	10000000ULL

void hosts_init(struct hosts *hosts, const struct options *options);
/* Frees the list, and the hosts in it. */
void hosts_free(struct hosts *hosts);

/* Adds those of the command line. Returns 0, or -1 after a message. */
int hosts_add_words(struct hosts *hosts, int argc, char **argv);

/* Adds those of a configuration. Returns 0, or -1 after a message with file and line. */
int hosts_add_file(struct hosts *hosts, const char *path);

/*
 * Sorts a copy of the list by name, for hosts_find(), which returns NULL if there is none.
 * Complains, and returns NULL, if two have one name. The caller frees the copy.
 */
struct host **hosts_sort(const struct hosts *hosts, const char *path);
struct host *hosts_find(struct host **sorted, size_t count, const char *name);

#endif /* TOOLS_HOSTS_H */
