// SPDX-License-Identifier: MIT
/* The command line of fping. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fping.h"
#include "message.h"
#include "options.h"
#include "parse.h"

#define MAX_SIZE	65488
#define MAX_TIME_NS	(365 * 24 * 3600 * NS_PER_S)

enum kind {
	KIND_FLAG,			/* bool */
	KIND_COUNT,			/* uint32_t, at least 1 */
	KIND_MS,			/* uint64_t: nanoseconds of a time in milliseconds */
	KIND_TEXT,			/* const char * */
	KIND_OTHER,			/* of set_other() */
};

struct row {
	struct option_spec spec;
	enum kind kind;
	size_t offset;
};

#define FLAG(letter, name, member, help) \
	{ { letter, name, NULL, help }, KIND_FLAG, offsetof(struct fping_options, member) }
#define VALUE(letter, name, value, kind, member, help) \
	{ { letter, name, value, help }, kind, offsetof(struct fping_options, member) }
#define OTHER(letter, name, value, help) \
	{ { letter, name, value, help }, KIND_OTHER, 0 }

static const struct row rows[] = {
	FLAG('4', "ipv4", ipv4, "only IPv4 addresses"),
	FLAG('6', "ipv6", ipv6, "only IPv6 addresses"),
	FLAG('a', "alive", alive, "print only the targets that answer"),
	FLAG('A', "addr", by_address, "call targets by their address"),
	OTHER('b', "size", "BYTES", "bytes of payload (default 56)"),
	OTHER('B', "backoff", "N", "each retry waits N times as long (1 to 5, default 1.5)"),
	VALUE('c', "count", "N", KIND_COUNT, count,
	      "N requests for each target, a line for each answer"),
	OTHER('C', "vcount", "N", "as -c, and all times of a target in one line at the end"),
	FLAG('d', "rdns", reverse_all, "call targets by the name that DNS has for their address"),
	FLAG('D', "timestamp", timestamp, "with -l, -c, -C: begin each line with the time"),
	FLAG('e', "elapsed", elapsed, "print how long the answer took"),
	VALUE('f', "file", "FILE", KIND_TEXT, file, "targets from a file; - is standard input"),
	FLAG('g', "generate", generate,
	     "targets of a prefix (10.9.0.0/24) or of a first and a last address"),
	OTHER('h', "help", NULL, "print this"),
	OTHER('H', "ttl", "N", "time to live, or hop limit (1 to 255)"),
	VALUE('i', "interval", "MS", KIND_MS, interval_ns,
	      "milliseconds from one request to the next (default 10)"),
	OTHER('I', "iface", "NAME", "send through this network interface"),
	FLAG('l', "loop", loop, "ask again and again until SIGINT"),
	FLAG('m', "all", all_addresses, "all addresses of a name, not only the first"),
	FLAG('M', "dontfrag", dont_fragment, "forbid fragmentation"),
	FLAG('n', "name", reverse_numeric, "call targets given as addresses by their name"),
	FLAG('N', "netdata", netdata, "with -l and -Q: print what netdata reads"),
	FLAG('o', "outage", outage, "with -l, -c: lost requests times the period"),
	OTHER('O', "tos", "N", "type of service, or traffic class (0 to 255)"),
	VALUE('p', "period", "MS", KIND_MS, period_ns,
	      "with -l, -c, -C: from one request to a target to its next (default 1000)"),
	FLAG('q', "quiet", quiet, "no lines for single answers and errors"),
	OTHER('Q', "squiet", "SECONDS", "as -q, and a summary each SECONDS"),
	OTHER('r', "retry", "N", "without -l, -c, -C: ask up to N times more (default 3)"),
	FLAG('R', "random", random, "random payload instead of zeros"),
	FLAG('s', "stats", stats, "print totals at the end"),
	OTHER('S', "src", "ADDRESS", "send from this address"),
	VALUE('t', "timeout", "MS", KIND_MS, timeout_ns,
	      "how long to wait for an answer (default 500; with -l, -c, -C:\n"
	      "the period, but no more than 2000)"),
	OTHER('T', NULL, "N", "without effect"),
	FLAG('u', "unreach", unreach, "print only the targets that do not answer"),
	OTHER('v', "version", NULL, "print the version"),
	OTHER('x', "reachable", "N", "say whether at least N targets answer"),
	OTHER('X', "fast-reachable", "N", "as -x, and end as soon as N targets have answered"),
};

#define ROW_COUNT	(sizeof(rows) / sizeof(*rows))

void fping_print_usage(FILE *stream)
{
	size_t i;

	fprintf(stream,
		"Usage: %s [options] [targets...]\n"
		"Asks targets as fping does, through " ICMPECHO_DEVICE ". Without targets,\n"
		"-f and -g, standard input has them, one a line.\n\n", program_name);
	for (i = 0; i < ROW_COUNT; i++)
		option_spec_print(&rows[i].spec, stream);
	fputs("\nExit status: 0 if all targets are reachable, 1 if some are not or on wrong use,\n"
	      "2 if a name has no address, 4 if a call of the system failed.\n", stream);
}

/* In words of its own, where fping has some */
#define REFUSE(...)	(complain(__VA_ARGS__), FPING_WRONG_USE)

static int refuse_value(void)
{
	fping_print_usage(stderr);
	return FPING_WRONG_USE;
}

/*
 * fping reads as much of a value as is a number and forgets the rest, as in "500ms". Scripts
 * that say so have to work here, too.
 */
static int read_integer(const char *value, int base, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(value, &end, base);
	return end == value || errno ? -1 : 0;
}

/* A number that cannot be used, or is not one, is answered with the usage. */
static int read_range(const char *value, int base, int64_t min, int64_t max, int64_t *number)
{
	return read_integer(value, base, number) || *number < min || *number > max ?
	       refuse_value() : 0;
}

static int read_real(const char *value, double *number)
{
	char *end;

	*number = strtod(value, &end);
	return end == value || isnan(*number) ? -1 : 0;
}

static int set_time(uint64_t *ns, const char *value, uint64_t unit_ns)
{
	double number;

	if (read_real(value, &number) || number < 0)
		return refuse_value();
	number *= (double)unit_ns;
	*ns = number > (double)MAX_TIME_NS ? MAX_TIME_NS : (uint64_t)number;
	return 0;
}

static int set_count(uint32_t *count, const char *value)
{
	int64_t number;

	if (read_range(value, 10, 1, INT32_MAX, &number))
		return FPING_WRONG_USE;
	*count = (uint32_t)number;
	return 0;
}

/* -x, -X: more than there are targets is allowed, and cannot be reached. */
static int set_reachable(int64_t *reachable, const char *value)
{
	return read_integer(value, 10, reachable) || !*reachable ? refuse_value() : 0;
}

static int set_size(struct fping_options *options, const char *value)
{
	int64_t number;

	if (read_integer(value, 10, &number))
		return refuse_value();
	if (number < 0 || number > MAX_SIZE)
		return REFUSE("data size %lld not valid, must be lower than %d", (long long)number,
			      MAX_SIZE);
	options->size = (uint32_t)number;
	return 0;
}

static int set_backoff(struct fping_options *options, const char *value)
{
	if (read_real(value, &options->backoff))
		return refuse_value();
	if (options->backoff >= 1 && options->backoff <= 5)
		return 0;
	return REFUSE("backoff factor %.1f not valid, must be between 1.0 and 5.0",
		      options->backoff);
}

static int set_retries(struct fping_options *options, const char *value)
{
	int64_t number;

	if (read_integer(value, 10, &number))
		return refuse_value();
	options->retries = number < 0 ? 0 : number > INT32_MAX ? INT32_MAX : (uint32_t)number;
	return 0;
}

static int set_ttl(struct fping_options *options, const char *value)
{
	int64_t number;

	if (read_integer(value, 10, &number) || !number)
		return refuse_value();
	if (number < 0 || number > 255)
		return REFUSE("ttl %lld out of range", (long long)number);
	options->ttl = (uint8_t)number;
	return 0;
}

static int set_tos(struct fping_options *options, const char *value)
{
	int64_t number;

	if (read_range(value, 0, 0, 255, &number))
		return FPING_WRONG_USE;
	options->tos = (uint8_t)number;
	return 0;
}

static int set_interface(struct fping_options *options, const char *value)
{
	options->ifindex = interface_index(value);
	if (options->ifindex)
		return 0;
	return REFUSE("option -I: there is no network interface '%s'; \"ip link\" lists them",
		      value);
}

static int set_source(struct fping_options *options, const char *value)
{
	if (!address_parse(&options->source, value, AF_UNSPEC))
		return 0;
	return REFUSE("can't parse source address: %s", value);
}

/* Programs that run fping look for the first line. */
static void print_version(void)
{
	printf("%s: Version 5.1\n%s: icmpecho %s, which behaves as that version of fping\n",
	       program_name, program_name, icmpecho_version());
}

static int set_other(struct fping_options *options, int letter, const char *value)
{
	switch (letter) {
	case 'b':
		return set_size(options, value);
	case 'B':
		return set_backoff(options, value);
	case 'C':
		options->vector = true;
		return set_count(&options->count, value);
	case 'h':
		fping_print_usage(stdout);
		exit(output_close() ? FPING_SYSTEM_FAILURE : 0);
	case 'H':
		return set_ttl(options, value);
	case 'I':
		return set_interface(options, value);
	case 'O':
		return set_tos(options, value);
	case 'Q':
		options->quiet = true;
		return set_time(&options->report_ns, value, NS_PER_S);
	case 'r':
		return set_retries(options, value);
	case 'S':
		return set_source(options, value);
	case 'v':
		print_version();
		exit(output_close() ? FPING_SYSTEM_FAILURE : 0);
	case 'x':
		return set_reachable(&options->reachable, value);
	case 'X':
		return set_reachable(&options->fast_reachable, value);
	default:
		return 0;	/* -T */
	}
}

static int set(struct fping_options *options, const struct row *row, const char *value)
{
	void *member = (char *)options + row->offset;

	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)member = true;
		return 0;
	case KIND_COUNT:
		return set_count(member, value);
	case KIND_MS:
		return set_time(member, value, NS_PER_MS);
	case KIND_TEXT:
		*(const char **)member = value;
		return 0;
	default:
		return set_other(options, row->spec.letter, value);
	}
}

static const struct row *find_row(int letter)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		if (rows[i].spec.letter == letter)
			return &rows[i];
	}
	return NULL;
}

/*
 * In the words of fping; a long option is called by its name. getopt_long() has set optopt to
 * the letter, or to 0 if it does not know a long option.
 */
static int refuse_option(int letter, char **argv)
{
	const char *word = argv[optind - 1], *what = "invalid option";
	const char name[2] = { (char)optopt };
	bool is_long = !optopt || (find_row(optopt) && !strncmp(word, "--", 2));

	if (letter == ':')
		what = "option requires an argument";
	else if (optopt && is_long)
		what = "option takes no arguments";
	if (is_long)
		complain("%s -- '%.*s'", what, (int)strcspn(word + 2, "="), word + 2);
	else
		complain("%s -- '%s'", what, name);
	fprintf(stderr, "see '%s -h' for usage information\n", program_name);
	return FPING_WRONG_USE;
}

static int conclude(struct fping_options *options)
{
	const char *conflict = NULL;

	if (options->ipv4 && options->ipv6)
		conflict = "can't specify both -4 and -6";
	else if (options->reverse_all && options->reverse_numeric)
		conflict = "use either one of -d or -n";
	else if (options->alive && options->unreach)
		conflict = "specify only one of a, u";
	else if (options->count && options->loop)
		conflict = "specify only one of c, l";
	if (conflict)
		return REFUSE("%s", conflict);
	options->family = options->ipv4 ? AF_INET : options->ipv6 ? AF_INET6 : AF_UNSPEC;
	options->repeats = options->count || options->loop;
	if (options->fast_reachable)
		options->reachable = options->fast_reachable;
	options->verbose = !options->quiet && !options->alive && !options->unreach &&
			   !options->reachable;
	/* A loop that reports nothing else tells each answer, whatever -q, -a, -u and -x say. */
	if (options->loop)
		options->verbose = !options->report_ns;
	if (options->timeout_ns != UINT64_MAX)
		return 0;
	options->timeout_ns = 500 * NS_PER_MS;
	if (options->repeats)
		options->timeout_ns = options->period_ns < 2 * NS_PER_S ? options->period_ns :
									  2 * NS_PER_S;
	return 0;
}

int fping_parse(struct fping_options *options, int argc, char **argv, int *first)
{
	struct option_words words;
	int letter, status;
	size_t i;

	options->size = 56;
	options->retries = 3;
	options->backoff = 1.5;
	options->interval_ns = 10 * NS_PER_MS;
	options->period_ns = NS_PER_S;
	options->timeout_ns = UINT64_MAX;
	option_words_init(&words);
	for (i = 0; i < ROW_COUNT; i++)
		option_words_add(&words, &rows[i].spec);
	while ((letter = getopt_long(argc, argv, words.letters, words.longs, NULL)) != -1) {
		if (letter == ':' || letter == '?')
			return refuse_option(letter, argv);
		status = set(options, find_row(letter), optarg);
		if (status)
			return status;
	}
	*first = optind;
	return conclude(options);
}
