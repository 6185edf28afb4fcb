// SPDX-License-Identifier: MIT
/* Whom fping is to ask, and what it calls them. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fping.h"
#include "message.h"
#include "output.h"
#include "parse.h"

/* fping takes no longer ranges than this, but any prefix. */
#define MAX_RANGE	100000

/* What the lists of hosts need, and the errors of getaddrinfo() for those who ask. */
static int look_up(const char *name, int family, int flags, struct addrinfo **list)
{
	const struct addrinfo hints = {
		.ai_flags = flags,
		.ai_family = family,
		.ai_socktype = SOCK_DGRAM,
	};

	return getaddrinfo(name, NULL, &hints, list);
}

/* Also the forms that inet_aton(3) knows, as 127.1. */
static int parse_numeric(struct address *address, const char *text)
{
	struct addrinfo *list;
	int error;

	if (!address_parse(address, text, AF_UNSPEC))
		return 0;
	error = look_up(text, AF_UNSPEC, AI_NUMERICHOST, &list);
	if (error)
		return error;
	address_of_sockaddr(address, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
	return 0;
}

static int add(struct fping *fping, const struct address *address, const char *name)
{
	return targets_add_address(&fping->targets, address, name) ? FPING_SYSTEM_FAILURE : 0;
}

static int refuse_name(struct fping *fping, const char *name, int error)
{
	fping->unknown++;
	if (!fping->options.quiet)
		fprintf(stderr, "%s: %s\n", name,
			error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	return 0;
}

/* A name without an address is no reason to stop. */
static int add_name(struct fping *fping, const char *name)
{
	struct addrinfo *list, *info;
	struct address address;
	int status = 0, error;

	if (!address_parse(&address, name, fping->options.family))
		return add(fping, &address, name);
	error = look_up(name, fping->options.family, 0, &list);
	if (error)
		return refuse_name(fping, name, error);
	for (info = list; info && !status; info = info->ai_next) {
		if (address_of_sockaddr(&address, info->ai_addr, info->ai_addrlen))
			continue;
		status = add(fping, &address, name);
		if (!fping->options.all_addresses)
			break;
	}
	freeaddrinfo(list);
	return status;
}

static int add_lines(struct fping *fping, FILE *file, const char *path)
{
	char *line = NULL, *word, *rest;
	size_t size = 0;
	int status = 0;

	while (!status && getline(&line, &size, file) >= 0) {
		word = strtok_r(line, " \t\r\n\v\f", &rest);
		if (word && *word != '#')
			status = add_name(fping, word);
	}
	free(line);
	if (!status && ferror(file)) {
		complain("cannot read %s: %s", path, strerror(errno));
		status = FPING_SYSTEM_FAILURE;
	}
	return status;
}

static int add_file(struct fping *fping, const char *path)
{
	FILE *file;
	int status;

	if (!strcmp(path, "-"))
		return add_lines(fping, stdin, path);
	file = fopen(path, "re");
	if (!file) {
		complain("cannot open %s: %s", path, strerror(errno));
		return FPING_SYSTEM_FAILURE;
	}
	status = add_lines(fping, file, path);
	fclose(file);
	return status;
}

static int refuse_range(const char *why)
{
	complain("%s", why);
	return FPING_WRONG_USE;
}

static int parse_end(struct address *address, const char *text)
{
	int error = parse_numeric(address, text);

	if (error) {
		complain("can't parse address %s: %s", text, gai_strerror(error));
		return FPING_WRONG_USE;
	}
	if (address->family != AF_INET)
		return refuse_range("-g works only with IPv4 addresses");
	return 0;
}

static uint32_t number_of(const struct address *address)
{
	uint32_t number;

	memcpy(&number, address->bytes, sizeof(number));
	return ntohl(number);
}

static int add_range(struct fping *fping, uint32_t first, uint32_t last)
{
	struct address address = { .family = AF_INET };
	uint64_t number;
	uint32_t bytes;
	int status = 0;

	for (number = first; number <= last && !status; number++) {
		bytes = htonl((uint32_t)number);
		memcpy(address.bytes, &bytes, sizeof(bytes));
		status = add(fping, &address, NULL);
	}
	return status;
}

/* Without the addresses of the network and of its broadcast, where it has them. */
static int add_prefix(struct fping *fping, char *text)
{
	char *slash = strchr(text, '/');
	uint32_t first, last, mask;
	struct address address;
	uint64_t len;
	int status;

	*slash = '\0';
	status = parse_end(&address, text);
	if (status)
		return status;
	if (parse_number(slash + 1, 1, 32, &len)) {
		complain("netmask must be between 1 and 32 (is: %s)", slash + 1);
		return FPING_WRONG_USE;
	}
	mask = UINT32_MAX << (32 - len);
	first = number_of(&address) & mask;
	last = first | ~mask;
	if (len < 31) {
		first++;
		last--;
	}
	if (last - first >= TARGETS_MAX)
		return refuse_range("-g parameter generates too many addresses");
	return add_range(fping, first, last);
}

static int add_generated(struct fping *fping, int argc, char **argv)
{
	struct address first, last;
	int status;

	if (argc == 1 && strchr(argv[0], '/'))
		return add_prefix(fping, argv[0]);
	if (argc != 2) {
		fping_print_usage(stderr);
		return FPING_WRONG_USE;
	}
	status = parse_end(&first, argv[0]);
	if (!status)
		status = parse_end(&last, argv[1]);
	if (status)
		return status;
	if (number_of(&last) > number_of(&first) &&
	    number_of(&last) - number_of(&first) > MAX_RANGE)
		return refuse_range("-g parameter generates too many addresses");
	return add_range(fping, number_of(&first), number_of(&last));
}

static int add_targets(struct fping *fping, int argc, char **argv)
{
	const struct fping_options *options = &fping->options;
	int status = 0, i;

	if (options->file && (argc || options->generate)) {
		fping_print_usage(stderr);
		return FPING_WRONG_USE;
	}
	if (options->generate)
		return add_generated(fping, argc, argv);
	if (!argc)
		return add_file(fping, options->file ? options->file : "-");
	for (i = 0; i < argc && !status; i++)
		status = add_name(fping, argv[i]);
	return status;
}

/* The name that DNS has for an address, or the address as text. */
static void reverse(const struct address *address, char *text, size_t size)
{
	struct sockaddr_storage sockaddr;
	socklen_t len = address_to_sockaddr(address, &sockaddr);

	if (getnameinfo((struct sockaddr *)&sockaddr, len, text, (socklen_t)size, NULL, 0, 0))
		address_format(address, text);
}

static bool is_reversed(const struct fping_options *options, const struct target *target)
{
	struct address address;

	return options->reverse_all ||
	       (options->reverse_numeric &&
		(!target->name || !parse_numeric(&address, target->name)));
}

/* -n and -d give it a name, -A calls it by its address, and both together do both. */
static void make_label(struct fping_host *host, const struct fping_options *options)
{
	char address[ADDRESS_TEXT_LEN], name[NI_MAXHOST], *label;
	const struct target *target = host->target;

	address_format(&target->address, address);
	if (is_reversed(options, target))
		reverse(&target->address, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%s", target->name ? target->name : address);
	if (options->by_address && !options->reverse_all && !options->reverse_numeric)
		return;
	if (options->by_address) {
		if (asprintf(&label, "%s (%s)", name, address) < 0)
			label = NULL;
	} else {
		if (!strcmp(name, address))
			return;
		label = strdup(name);
	}
	host->label = label;
}

const char *fping_label(const struct fping_host *host, char *text)
{
	return host->label ? host->label : address_format(&host->target->address, text);
}

static void init_host(struct fping *fping, struct fping_host *host, struct target *target)
{
	char address[ADDRESS_TEXT_LEN];
	int width;

	host->target = target;
	host->timeout_ns = fping->options.timeout_ns;
	make_label(host, &fping->options);
	width = (int)strlen(fping_label(host, address));
	if (width > fping->label_width)
		fping->label_width = width;
	if (fping->options.vector)
		host->times_ns = allocate(fping->options.count, sizeof(*host->times_ns));
}

int fping_make_hosts(struct fping *fping, int argc, char **argv)
{
	size_t i;
	int status;

	targets_init(&fping->targets, fping->options.family);
	status = add_targets(fping, argc, argv);
	if (status)
		return status;
	if (!fping->targets.count)
		return fping->unknown ? FPING_UNKNOWN_ADDRESS : FPING_SOME_UNREACHABLE;
	fping->hosts = allocate(fping->targets.count, sizeof(*fping->hosts));
	for (i = 0; i < fping->targets.count; i++)
		init_host(fping, &fping->hosts[i], &fping->targets.list[i]);
	return 0;
}

void fping_free_hosts(struct fping *fping)
{
	size_t i;

	for (i = 0; fping->hosts && i < fping->targets.count; i++) {
		free(fping->hosts[i].label);
		free(fping->hosts[i].times_ns);
	}
	free(fping->hosts);
	targets_free(&fping->targets);
}
