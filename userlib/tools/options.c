// SPDX-License-Identifier: MIT
/* The common options, and the parser of all options. */
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "options.h"
#include "parse.h"

/* A common option of each letter has a number of its own if it has no letter. */
enum {
	OPTION_JSON = 0x1000,
	OPTION_CSV,
	OPTION_HELP,
	OPTION_VERSION,
};

#define MAX_DURATION_NS	(24 * 3600 * NS_PER_S)

static const struct option_spec common_specs[] = {
	{ '4', "ipv4", NULL, "only IPv4 addresses" },
	{ '6', "ipv6", NULL, "only IPv6 addresses" },
	{ 'I', "interface", "NAME", "send through this network interface" },
	{ 'S', "source", "ADDRESS", "send from this address" },
	{ 't', "ttl", "N", "time to live, or hop limit (1 to 255)" },
	{ 'Q', "tos", "N", "type of service, or traffic class (0 to 255, or 0x hexadecimal)" },
	{ 'M', "pmtudisc", "do|dont", "do: forbid fragmentation; dont: allow it" },
	{ 'm', "mark", "N", "firewall mark (needs CAP_NET_RAW)" },
	{ 's', "size", "BYTES", "bytes of payload" },
	{ 'c', "count", "N", "requests for each target" },
	{ 'i', "interval", "TIME", "time between requests, in seconds, or with a unit: 200ms" },
	{ 'W', "timeout", "TIME", "an answer that takes longer is lost, as for -i" },
	{ 'p', "pattern", "HEX", "payload, repeated: up to 16 bytes in hexadecimal digits" },
	{ 'R', "record-route", NULL, "have the routers of an IPv4 path record themselves" },
	{ 'q', "quiet", NULL, "no lines for single answers" },
	{ OPTION_JSON, "json", NULL, "print JSON, one object a line" },
	{ OPTION_CSV, "csv", NULL, "print comma-separated values" },
	{ OPTION_HELP, "help", NULL, "print this" },
	{ OPTION_VERSION, "version", NULL, "print the version" },
	{ 0 },
};

void options_init(struct options *options)
{
	memset(options, 0, sizeof(*options));
	options->size = 56;
	options->interval_ns = NS_PER_S;
	options->timeout_ns = NS_PER_S;
}

void options_free(struct options *options)
{
	free(options->payload);
	options->payload = NULL;
}

static const struct option_spec *find_spec(const struct option_spec *specs, int letter)
{
	for (; specs->letter; specs++) {
		if (specs->letter == letter)
			return specs;
	}
	return NULL;
}

/* An option of its own may replace a common one. */
static bool is_taken(const struct option_set *set, const struct option_spec *spec)
{
	if (find_spec(set->own, spec->letter))
		return false;
	return spec->letter == 'q' || spec->letter > 255 || strchr(set->common, spec->letter);
}

void option_spec_print(const struct option_spec *spec, FILE *stream)
{
	char words[64], *end = words;
	const char *line = spec->help;
	size_t len;

	if (spec->letter < 256)
		end += sprintf(end, "-%c%s", spec->letter, spec->name ? ", " : "");
	if (spec->name)
		end += sprintf(end, "--%.20s", spec->name);
	if (spec->value)
		sprintf(end, " %.20s", spec->value);
	fprintf(stream, "  %-26s", words);
	for (;;) {
		len = strcspn(line, "\n");
		fprintf(stream, " %.*s\n", (int)len, line);
		if (!line[len])
			break;
		line += len + 1;
		fprintf(stream, "%28s", "");
	}
}

static void print_help(const struct option_set *set)
{
	const struct option_spec *spec;

	printf("usage: %s [OPTION...] %s\n%s\n\n", program_name, set->usage, set->about);
	for (spec = set->own; spec->letter; spec++)
		option_spec_print(spec, stdout);
	for (spec = common_specs; spec->letter; spec++) {
		if (is_taken(set, spec))
			option_spec_print(spec, stdout);
	}
	if (set->notes)
		printf("\n%s\n", set->notes);
}

/* The colon makes getopt_long() tell a missing value from an unknown option. */
void option_words_init(struct option_words *words)
{
	memset(words, 0, sizeof(*words));
	words->letters[words->letters_len++] = ':';
	opterr = 0;
	optind = 0;	/* glibc: begin anew */
}

void option_words_add(struct option_words *words, const struct option_spec *spec)
{
	struct option *option = &words->longs[words->longs_len];

	if (spec->letter < 256) {
		words->letters[words->letters_len++] = (char)spec->letter;
		if (spec->value)
			words->letters[words->letters_len++] = ':';
	}
	if (!spec->name || words->longs_len == MAX_OPTIONS - 1)
		return;
	option->name = spec->name;
	option->has_arg = spec->value ? required_argument : no_argument;
	option->val = spec->letter;
	words->longs_len++;
}

/* Its own options come first, so that one may replace a common one. */
static void init_words(struct option_words *words, const struct option_set *set)
{
	const struct option_spec *spec;

	option_words_init(words);
	for (spec = set->own; spec->letter; spec++)
		option_words_add(words, spec);
	for (spec = common_specs; spec->letter; spec++) {
		if (is_taken(set, spec))
			option_words_add(words, spec);
	}
}

static int set_family(struct options *options, int family)
{
	if (options->family && options->family != family)
		return complain("options -4 and -6 exclude each other");
	options->family = family;
	return 0;
}

static int set_interface(struct options *options, const char *option, const char *value)
{
	struct address address;

	options->ifindex = interface_index(value);
	if (options->ifindex)
		return 0;
	if (!address_parse(&address, value, AF_UNSPEC))
		return complain("option %s: '%s' is an address, for which there is -S", option,
				value);
	return complain("option %s: there is no network interface '%s'; \"ip link\" lists them",
			option, value);
}

static int set_source(struct options *options, const char *option, const char *value)
{
	if (!address_parse(&options->source, value, AF_UNSPEC))
		return 0;
	return complain("option %s: '%s' is not a numeric address of this host", option, value);
}

static int set_fragmentation(struct options *options, const char *option, const char *value)
{
	options->dont_fragment = !strcmp(value, "do");
	if (options->dont_fragment || !strcmp(value, "dont"))
		return 0;
	return complain("option %s: '%s' is neither do nor dont", option, value);
}

static int set_pattern(struct options *options, const char *option, const char *value)
{
	int len = parse_hex(value, options->pattern, sizeof(options->pattern));

	if (len < 0)
		return complain("option %s: '%s' is not 1 to %zu bytes in hexadecimal, as in ff00",
				option, value, sizeof(options->pattern));
	options->pattern_len = (size_t)len;
	return 0;
}

/* The options with a number. */
static int set_number(struct options *options, int letter, const char *option, const char *value)
{
	uint64_t number;

	switch (letter) {
	case 't':
		if (option_number(option, value, 1, 255, &number))
			return -1;
		options->ttl = (uint8_t)number;
		return 0;
	case 'Q':
		if (option_number(option, value, 0, 255, &number))
			return -1;
		options->tos = (uint8_t)number;
		return 0;
	case 'm':
		if (option_number(option, value, 0, UINT32_MAX, &number))
			return -1;
		options->mark = (uint32_t)number;
		return 0;
	case 's':
		if (option_number(option, value, 0, MAX_PAYLOAD, &number))
			return -1;
		options->size = (uint32_t)number;
		return 0;
	case 'c':
		return option_number(option, value, 1, UINT32_MAX, &options->count);
	case 'i':
		return option_duration(option, value, NS_PER_S, MAX_DURATION_NS,
				       &options->interval_ns);
	default:
		return option_duration(option, value, NS_PER_S, MAX_DURATION_NS,
				       &options->timeout_ns);
	}
}

static int set_common(struct options *options, int letter, const char *option, const char *value)
{
	switch (letter) {
	case '4':
		return set_family(options, AF_INET);
	case '6':
		return set_family(options, AF_INET6);
	case 'I':
		return set_interface(options, option, value);
	case 'S':
		return set_source(options, option, value);
	case 'M':
		return set_fragmentation(options, option, value);
	case 'p':
		return set_pattern(options, option, value);
	case 'R':
		options->record_route = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case OPTION_JSON:
		options->format = OUTPUT_JSON;
		return 0;
	case OPTION_CSV:
		options->format = OUTPUT_CSV;
		return 0;
	default:
		return set_number(options, letter, option, value);
	}
}

unsigned char *options_make_payload(const struct options *options, size_t size)
{
	unsigned char *payload = allocate(size + 1, 1);
	size_t len = options->pattern_len, i;

	for (i = 0; i < size; i++)
		payload[i] = len ? options->pattern[i % len] : (unsigned char)i;
	return payload;
}

/* What the options mean together. */
static int check_together(struct options *options)
{
	if (options->source.family && set_family(options, options->source.family))
		return complain("the source address is not of the family that -4 or -6 asks for");
	if (options->record_route && set_family(options, AF_INET))
		return complain("option -R is for IPv4 only");
	options->payload = options_make_payload(options, options->size);
	return 0;
}

/* The option as it was written: what getopt_long() has just looked at. */
static const char *written(const struct option_spec *spec, char *text, size_t size)
{
	if (spec->letter < 256)
		snprintf(text, size, "-%c", spec->letter);
	else
		snprintf(text, size, "--%s", spec->name);
	return text;
}

static int refuse(int letter, char **argv)
{
	const char *word = argv[optind - 1];

	if (letter == ':')
		return complain("option %s needs a value; see %s --help", word, program_name);
	if (optopt && optopt < 256 && strncmp(word, "--", 2))
		return complain("there is no option -%c; see %s --help", optopt, program_name);
	return complain("there is no option %s, or it takes no value; see %s --help", word,
			program_name);
}

int options_parse(struct options *options, const struct option_set *set, void *self, int argc,
		  char **argv)
{
	const struct option_spec *spec;
	struct option_words words;
	char name[32];
	int letter;

	init_words(&words, set);
	while ((letter = getopt_long(argc, argv, words.letters, words.longs, NULL)) != -1) {
		switch (letter) {
		case OPTION_HELP:
			print_help(set);
			exit(output_close() ? EXIT_WRONG_USE : 0);
		case OPTION_VERSION:
			printf("%s (icmpecho) %s\n", program_name, icmpecho_version());
			exit(output_close() ? EXIT_WRONG_USE : 0);
		case ':':
		case '?':
			return refuse(letter, argv);
		}
		spec = find_spec(set->own, letter);
		if (spec) {
			if (set->set(self, letter, written(spec, name, sizeof(name)), optarg))
				return -1;
			continue;
		}
		spec = find_spec(common_specs, letter);
		if (set_common(options, letter, written(spec, name, sizeof(name)), optarg))
			return -1;
	}
	return check_together(options) ? -1 : optind;
}

/*
 * IPv4 option 7 with room for nine addresses, which is all that a header has room for
 * (RFC 791); the option that ends the list pads it to a multiple of four.
 */
static const unsigned char record_route[ICMPECHO_MAX_OPTIONS_LEN] = { 7, 39, 4 };

void options_make_echo(const struct options *options, struct icmpecho_echo *echo)
{
	icmpecho_echo_ipv4(echo, (struct in_addr){ 0 }, options->payload, options->size,
			   options->timeout_ns);
	memcpy(echo->src, options->source.bytes, sizeof(echo->src));
	echo->flags = options->dont_fragment ? ICMPECHO_DONT_FRAGMENT : 0;
	echo->ifindex = options->ifindex;
	echo->mark = options->mark;
	echo->ttl = options->ttl;
	echo->tos = options->tos;
	if (options->record_route)
		icmpecho_echo_set_options(echo, record_route, sizeof(record_route));
	if (!options->size)
		echo->payload = 0;
}
