/* SPDX-License-Identifier: MIT */
/*
 * Whom to ask: names, addresses, prefixes (10.9.0.0/16), ranges (10.9.0.1-10.9.3.232), and
 * files with one of these a line.
 */
#ifndef TOOLS_TARGETS_H
#define TOOLS_TARGETS_H

#include "address.h"

struct target {
	struct address address;
	char *name;			/* as it was given; NULL for one of a prefix or range */
};

struct targets {
	struct target *list;
	size_t count, room;
	size_t max;			/* more than this is an error */
	int family;			/* AF_UNSPEC: any */
	bool all_addresses;		/* of a name, not only the first */
	bool allow_files;		/* a word of the command line may be a file, too */
	bool keep_names;		/* do not look names up: they have no address */
};

#define TARGETS_MAX	(1U << 24)

/* @family: only addresses of this one, or AF_UNSPEC. */
void targets_init(struct targets *targets, int family);
void targets_free(struct targets *targets);

/* Adds a name, an address, a prefix or a range. Returns 0, or -1 after a message. */
int targets_add(struct targets *targets, const char *text);

/*
 * Adds the first word of each line of a file, or of standard input if @path is "-". Blank
 * lines, and what follows a #, do not count. Returns 0, or -1 after a message.
 */
int targets_add_file(struct targets *targets, const char *path);

/* All of @argv, of which "-" is standard input. Complains if there are none. */
int targets_add_words(struct targets *targets, int argc, char **argv);

/* Adds an address. @name is copied, or NULL. */
int targets_add_address(struct targets *targets, const struct address *address,
			const char *name);

/* Sorts by address_compare(), and leaves out what is there twice. */
void targets_sort(struct targets *targets);

/* What to call it: its name, or else its address in @text, of ADDRESS_TEXT_LEN bytes. */
const char *target_name(const struct target *target, char *text);

/*
 * Looks a name or a numeric address up. Returns 0 and the first address, or an error for
 * gai_strerror().
 */
int target_resolve(const char *text, int family, struct address *address);

#endif /* TOOLS_TARGETS_H */
