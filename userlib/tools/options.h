/* SPDX-License-Identifier: MIT */
/*
 * The options that the subcommands share, and the parser of all options. A subcommand names
 * the letters of the common options that it takes, adds a table of its own, and gets
 * --help, made from both tables, and messages that name the option and what is allowed.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <getopt.h>
#include <stdio.h>

#include "address.h"
#include "output.h"

/* The length field of an IPv6 header does not count that header: the longer of the two. */
#define MAX_PAYLOAD	65527

struct options {
	int family;			/* -4, -6: AF_INET, AF_INET6; else AF_UNSPEC */
	uint32_t ifindex;		/* -I, or 0 */
	struct address source;		/* -S, or no address */
	uint8_t ttl;			/* -t, or 0 */
	uint8_t tos;			/* -Q */
	bool dont_fragment;		/* -M do */
	uint32_t mark;			/* -m */
	uint32_t size;			/* -s: bytes of payload */
	uint64_t count;			/* -c, or 0 */
	uint64_t interval_ns;		/* -i */
	uint64_t timeout_ns;		/* -W */
	bool record_route;		/* -R */
	enum output_format format;	/* --json, --csv */
	bool quiet;			/* -q */
	unsigned char pattern[16];	/* -p */
	size_t pattern_len;
	unsigned char *payload;		/* @size bytes, for options_free() */
};

struct option_spec {
	int letter;			/* or a number above 255 for a long name only */
	const char *name;		/* the long name, or NULL */
	const char *value;		/* what the help calls its value; NULL: it has none */
	const char *help;		/* one line, or several with \n between them */
};

struct option_set {
	const char *usage;		/* what follows "usage: PROGRAM [OPTION...]" */
	const char *about;		/* a sentence or two for the help */
	/* Letters of the common options. -q, --json, --csv, --help, --version always are. */
	const char *common;
	const struct option_spec *own;	/* ends with { 0 } */
	/* Sets one of @own. Returns 0, or -1 after a message. @option is "-x" or "--name". */
	int (*set)(void *self, int letter, const char *option, const char *value);
	const char *notes;		/* what follows the options in the help, or NULL */
};

#define MAX_OPTIONS	64

/* What getopt_long() wants, for a subcommand with a parser of its own. */
struct option_words {
	struct option longs[MAX_OPTIONS];
	char letters[2 * MAX_OPTIONS + 2];
	size_t longs_len, letters_len;
};

/* No words yet. getopt_long() will begin anew, and leave messages to its caller. */
void option_words_init(struct option_words *words);
void option_words_add(struct option_words *words, const struct option_spec *spec);

/* The option's lines of the help. */
void option_spec_print(const struct option_spec *spec, FILE *stream);

/* The defaults: 56 bytes, an interval and a timeout of a second. */
void options_init(struct options *options);

/*
 * Parses what @argv begins with, behind its first word. --help and --version end the program.
 * Returns the index of the first word that is no option, or -1 after a message.
 */
int options_parse(struct options *options, const struct option_set *set, void *self, int argc,
		  char **argv);
void options_free(struct options *options);

/* So many bytes of what -p says, which the caller frees. A shorter one is its beginning. */
unsigned char *options_make_payload(const struct options *options, size_t size);

/* A request to nowhere yet with all that the options say: address_to_echo() aims it. */
void options_make_echo(const struct options *options, struct icmpecho_echo *echo);

#endif /* TOOLS_OPTIONS_H */
