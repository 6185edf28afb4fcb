/* SPDX-License-Identifier: MIT */
/*
 * What the examples in C do alike and what has nothing to do with echo requests:
 * options, numbers, names of hosts, words on standard error. An example defines
 * PROGRAM, its name, and includes this.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <errno.h>
#include <getopt.h>
#include <icmpecho.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* getopt(), which answers --help and --version itself. */
static inline int next_option(int argc, char **argv, const char *letters, const char *usage)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option = getopt_long(argc, argv, letters, options, NULL);

	if (option == 'h')
		fputs(usage, stdout);
	else if (option == 'V')
		printf(PROGRAM " (icmpecho) %s\n", icmpecho_version());
	else
		return option;
	exit(0);
}

/* Returns 0 if @text is a decimal number from @min to @max, else -1. */
static inline int parse_number(const char *text, unsigned long min, unsigned long max,
			       unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number >= min &&
	       *number <= max ? 0 : -1;
}

/* Says what failed, and why by errno. Returns -1. */
static inline int failed(const char *what)
{
	fprintf(stderr, PROGRAM ": %s: %s\n", what, icmpecho_strerror(errno));
	return -1;
}

/* The address of @host that is to be tried first, for freeaddrinfo(); NULL with a message. */
static inline struct addrinfo *look_up(const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *info;
	int error = getaddrinfo(host, NULL, &hints, &info);

	if (!error)
		return info;
	fprintf(stderr, PROGRAM ": %s: %s\n", host, gai_strerror(error));
	return NULL;
}

/* Says what became of a request without a reply: the error of this host, or the status. */
static inline const char *outcome(const struct icmpecho_completion *c)
{
	return c->flags & ICMPECHO_LOCAL ? icmpecho_strerror(c->error) :
					   icmpecho_strstatus(c->status);
}

#endif /* EXAMPLE_H */
