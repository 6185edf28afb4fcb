// SPDX-License-Identifier: MIT
/* Lists of targets. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "parse.h"
#include "targets.h"

void targets_init(struct targets *targets, int family)
{
	memset(targets, 0, sizeof(*targets));
	targets->family = family;
	targets->max = TARGETS_MAX;
}

void targets_free(struct targets *targets)
{
	size_t i;

	for (i = 0; i < targets->count; i++)
		free(targets->list[i].name);
	free(targets->list);
	targets->list = NULL;
	targets->count = 0;
	targets->room = 0;
}

/* Makes room for so many more. */
static int make_room(struct targets *targets, uint64_t more)
{
	struct target *list;
	size_t room;

	if (more > targets->max - targets->count)
		return complain("there are more than %zu targets", targets->max);
	if (targets->count + more <= targets->room)
		return 0;
	room = targets->count + (size_t)more;
	if (room < 2 * targets->room)
		room = 2 * targets->room;
	list = reallocarray(targets->list, room, sizeof(*list));
	if (!list)
		return complain("there is no memory for %zu targets", room);
	targets->list = list;
	targets->room = room;
	return 0;
}

int targets_add_address(struct targets *targets, const struct address *address, const char *name)
{
	struct target *target;

	if (make_room(targets, 1))
		return -1;
	target = &targets->list[targets->count];
	target->address = *address;
	target->name = NULL;
	if (name) {
		target->name = strdup(name);
		if (!target->name)
			return complain("there is no memory for a name");
	}
	targets->count++;
	return 0;
}

/* Whether the first @len characters are a numeric address. */
static bool is_address(const struct targets *targets, const char *text, size_t len,
		       struct address *address)
{
	char copy[ADDRESS_TEXT_LEN];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return !address_parse(address, copy, targets->family);
}

static int add_range(struct targets *targets, struct address first, const struct address *last)
{
	if (make_room(targets, address_span(&first, last)))
		return -1;
	for (;;) {
		if (targets_add_address(targets, &first, NULL))
			return -1;
		if (!memcmp(first.bytes, last->bytes, sizeof(first.bytes)))
			return 0;
		address_increment(&first);
	}
}

static int add_prefix(struct targets *targets, struct address first, uint64_t prefix_len)
{
	struct address last = first;
	uint64_t bit;

	for (bit = prefix_len; bit < address_len(&first) * 8; bit++) {
		first.bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	return add_range(targets, first, &last);
}

int target_resolve(const char *text, int family, struct address *address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_family = family }, *info;
	int error;

	if (!address_parse(address, text, family))
		return 0;
	error = getaddrinfo(text, NULL, &hints, &info);
	if (error)
		return error;
	if (address_of_sockaddr(address, info->ai_addr, info->ai_addrlen))
		error = EAI_FAMILY;
	freeaddrinfo(info);
	return error;
}

static int refuse(const char *text, int error)
{
	return complain("%s: %s", text, error == EAI_SYSTEM ? strerror(errno) :
							      gai_strerror(error));
}

static int add_all_addresses(struct targets *targets, const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_family = targets->family };
	struct addrinfo *list, *info;
	struct address address;
	int error = getaddrinfo(name, NULL, &hints, &list);

	if (error)
		return refuse(name, error);
	for (info = list; info && !error; info = info->ai_next) {
		if (!address_of_sockaddr(&address, info->ai_addr, info->ai_addrlen))
			error = targets_add_address(targets, &address, name);
	}
	freeaddrinfo(list);
	return error;
}

/* Refuses what no look-up makes an address of this family. */
static int add_unresolved(struct targets *targets, const char *name)
{
	struct address address;

	if (!*name || strchr(name, '/'))
		return refuse(name, EAI_NONAME);
	if (!address_parse(&address, name, targets->family))
		return targets_add_address(targets, &address, name);
	if (!address_parse(&address, name, AF_UNSPEC))
		return refuse(name, EAI_ADDRFAMILY);
	memset(&address, 0, sizeof(address));
	return targets_add_address(targets, &address, name);
}

static int add_name(struct targets *targets, const char *name)
{
	struct address address;
	int error;

	if (targets->keep_names)
		return add_unresolved(targets, name);
	if (targets->all_addresses && address_parse(&address, name, targets->family))
		return add_all_addresses(targets, name);
	error = target_resolve(name, targets->family, &address);
	return error ? refuse(name, error) : targets_add_address(targets, &address, name);
}

/* Names of hosts and interfaces may have a dash in them, too. */
int targets_add(struct targets *targets, const char *text)
{
	const char *slash = strchr(text, '/'), *dash = strrchr(text, '-');
	struct address first, last;
	uint64_t prefix_len;

	if (slash && is_address(targets, text, (size_t)(slash - text), &first)) {
		if (parse_number(slash + 1, 0, address_len(&first) * 8, &prefix_len))
			return complain("%s: the prefix length is not a number from 0 to %zu",
					text, address_len(&first) * 8);
		return add_prefix(targets, first, prefix_len);
	}
	if (dash && is_address(targets, text, (size_t)(dash - text), &first) &&
	    is_address(targets, dash + 1, strlen(dash + 1), &last)) {
		if (first.family != last.family || first.scope_id != last.scope_id ||
		    address_compare(&first, &last) > 0)
			return complain("%s: the range ends before it begins, or in another family",
					text);
		return add_range(targets, first, &last);
	}
	/* A file within a file would never end if it named itself. */
	if (targets->allow_files && !message_place && !access(text, R_OK))
		return targets_add_file(targets, text);
	return add_name(targets, text);
}

static int add_line(struct targets *targets, char *line)
{
	char *word, *rest;

	line[strcspn(line, "#\n")] = '\0';
	word = strtok_r(line, " \t\r", &rest);
	return word ? targets_add(targets, word) : 0;
}

/* What is wrong in a file is told with the number of the line. */
static int add_lines(struct targets *targets, FILE *file, const char *path)
{
	char *line = NULL, place[300];
	unsigned long number = 0;
	size_t size = 0;
	int error = 0;

	message_place = place;
	while (!error && getline(&line, &size, file) >= 0) {
		snprintf(place, sizeof(place), "%.250s:%lu", path, ++number);
		error = add_line(targets, line);
	}
	message_place = NULL;
	free(line);
	if (!error && ferror(file))
		error = complain("cannot read %s: %s", path, strerror(errno));
	return error;
}

int targets_add_file(struct targets *targets, const char *path)
{
	FILE *file;
	int error;

	if (!strcmp(path, "-"))
		return add_lines(targets, stdin, path);
	file = fopen(path, "re");
	if (!file)
		return complain("cannot open %s: %s", path, strerror(errno));
	error = add_lines(targets, file, path);
	fclose(file);
	return error;
}

int targets_add_words(struct targets *targets, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "-") ? targets_add_file(targets, "-") :
					    targets_add(targets, argv[i]))
			return -1;
	}
	if (!targets->count)
		return complain("no target was given; see %s --help", program_name);
	return 0;
}

static int compare_targets(const void *left, const void *right)
{
	const struct target *a = left, *b = right;

	return address_compare(&a->address, &b->address);
}

/* Ranges come in order, so there is often nothing to do. */
static bool is_sorted(const struct targets *targets)
{
	size_t i;

	for (i = 1; i < targets->count; i++) {
		if (compare_targets(&targets->list[i - 1], &targets->list[i]) >= 0)
			return false;
	}
	return true;
}

void targets_sort(struct targets *targets)
{
	size_t i, kept = 0;

	if (is_sorted(targets))
		return;
	qsort(targets->list, targets->count, sizeof(*targets->list), compare_targets);
	for (i = 0; i < targets->count; i++) {
		if (kept && !compare_targets(&targets->list[kept - 1], &targets->list[i]))
			free(targets->list[i].name);
		else
			targets->list[kept++] = targets->list[i];
	}
	targets->count = kept;
}

const char *target_name(const struct target *target, char *text)
{
	return target->name ? target->name : address_format(&target->address, text);
}
