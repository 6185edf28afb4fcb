// SPDX-License-Identifier: MIT
/* The list of hosts, and the configuration that it is read from. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"
#include "message.h"
#include "parse.h"
#include "plain.h"
#include "targets.h"

#define MAX_INTERVAL_NS	(24 * 3600 * NS_PER_S)

void hosts_init(struct hosts *hosts, const struct options *options)
{
	memset(hosts, 0, sizeof(*hosts));
	hosts->options = options;
}

void hosts_free(struct hosts *hosts)
{
	size_t i;

	for (i = 0; i < hosts->count; i++)
		host_free(hosts->list[i]);
	free(hosts->list);
	memset(hosts, 0, sizeof(*hosts));
}

static int add(struct hosts *hosts, struct host *host)
{
	struct host **list;
	size_t room;

	if (hosts->count == HOSTS_MAX)
		return complain("there are more than %d hosts", HOSTS_MAX);
	if (hosts->count == hosts->room) {
		room = hosts->room ? 2 * hosts->room : 64;
		list = reallocarray(hosts->list, room, sizeof(*list));
		if (!list)
			return complain("there is no memory for %zu hosts", room);
		hosts->list = list;
		hosts->room = room;
	}
	hosts->list[hosts->count++] = host;
	return 0;
}

/* What the words of a line say. */
struct line {
	unsigned int number;		/* 0: of the command line */
	char *target, *name;		/* in the line */
	char *labels;			/* as host.labels */
	size_t labels_len;
	uint64_t interval_ns, timeout_ns, size, family;
};

static void init_line(struct line *line, const struct hosts *hosts, unsigned int number)
{
	memset(line, 0, sizeof(*line));
	line->number = number;
	line->interval_ns = hosts->options->interval_ns;
	line->timeout_ns = hosts->options->timeout_ns;
	line->size = hosts->options->size;
	line->family = (uint64_t)hosts->options->family;
}

static int set_interval(struct line *line, char *value)
{
	if (option_duration("interval", value, NS_PER_S, MAX_INTERVAL_NS, &line->interval_ns))
		return -1;
	if (line->interval_ns < MIN_INTERVAL_NS)
		return complain("option interval: '%s' is less than %llu ms", value,
				MIN_INTERVAL_NS / NS_PER_MS);
	return 0;
}

static int set_timeout(struct line *line, char *value)
{
	return option_duration("timeout", value, NS_PER_S, MAX_INTERVAL_NS, &line->timeout_ns);
}

static int set_size(struct line *line, char *value)
{
	return option_number("size", value, 0, MAX_PAYLOAD, &line->size);
}

static int set_family(struct line *line, char *value)
{
	if (strcmp(value, "4") && strcmp(value, "6"))
		return complain("option family: '%s' is neither 4 nor 6", value);
	line->family = *value == '4' ? AF_INET : AF_INET6;
	return 0;
}

static int set_name(struct line *line, char *value)
{
	if (!*value || !is_plain_text(value))
		return complain("option name: '%s' is empty, or not plain text in UTF-8", value);
	line->name = value;
	return 0;
}

static bool is_label_name(const char *name)
{
	static const char *const taken[] = { "target", "address", "reason", "le",
					     "icmpecho_target_state", "instance", "job" };
	const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	size_t i;

	if (!*name || !strchr(letters, *name) || !strncmp(name, "__", 2))
		return false;
	for (i = 1; name[i]; i++) {
		if (!strchr(letters, name[i]) && (name[i] < '0' || name[i] > '9'))
			return false;
	}
	for (i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		if (!strcmp(name, taken[i]))
			return false;
	}
	return true;
}

static bool has_label(const struct line *line, const char *name)
{
	char start[256];

	snprintf(start, sizeof(start), ",%s=\"", name);
	return line->labels && strstr(line->labels, start);
}

/* "NAME:VALUE", several times. They follow the first label in metrics. */
static int set_label(struct line *line, char *value)
{
	char *colon = strchr(value, ':'), *old = line->labels;
	FILE *stream;

	if (!colon)
		return complain("option label: '%s' is not NAME:VALUE", value);
	*colon = '\0';
	if (!is_label_name(value) || strlen(value) > 200)
		return complain("option label: '%s' cannot be the name of a label", value);
	if (!is_plain_text(colon + 1))
		return complain("option label: '%s' is not plain text in UTF-8", colon + 1);
	if (has_label(line, value))
		return complain("option label: '%s' is there twice", value);
	stream = open_memstream(&line->labels, &line->labels_len);
	if (!stream)
		return complain("there is no memory for a label");
	fprintf(stream, "%s,%s=\"", old ? old : "", value);
	put_escaped_label(stream, colon + 1);
	fputc('"', stream);
	fclose(stream);
	free(old);
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct line *line, char *value);
} settings[] = {
	{ "interval", set_interval }, { "timeout", set_timeout }, { "size", set_size },
	{ "name", set_name },	      { "label", set_label },	  { "family", set_family },
};

static int set(struct line *line, char *word)
{
	char *value = strchr(word, '=');
	size_t i;

	if (!value)
		return complain("'%s' is not OPTION=VALUE", word);
	*value++ = '\0';
	for (i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		if (!strcmp(settings[i].name, word))
			return settings[i].set(line, value);
	}
	return complain("there is no option '%s', but interval, timeout, size, name, label, family",
			word);
}

static char *copy(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(allocate(1, size), text, size);
}

static struct host *make_host(const struct line *line, const struct target *target)
{
	char text[ADDRESS_TEXT_LEN];
	struct host *host = host_new(line->name ? line->name : target_name(target, text));

	host->address = target->address;
	host->line = line->number;
	host->interval_ns = line->interval_ns;
	host->timeout_ns = line->timeout_ns;
	host->size = (uint32_t)line->size;
	host->family = (int)line->family;
	if (!host->address.family) {
		host->target = copy(line->target);
		host->is_stale = true;
	}
	if (line->labels) {
		free(host->labels);
		host->labels = copy(line->labels);
	}
	return host;
}

/* Adds the hosts of a line: several if it begins with a prefix or a range. */
static int add_line(struct hosts *hosts, const struct line *line)
{
	struct targets targets;
	int error;
	size_t i;

	if (!is_plain_text(line->target))
		return complain("the host's name is not plain text in UTF-8");
	targets_init(&targets, (int)line->family);
	targets.max = HOSTS_MAX;
	targets.keep_names = true;
	error = targets_add(&targets, line->target);
	if (!error && line->name && targets.count > 1)
		error = complain("'%s' is the name of %zu hosts at once", line->name,
				 targets.count);
	for (i = 0; !error && i < targets.count; i++)
		error = add(hosts, make_host(line, &targets.list[i]));
	targets_free(&targets);
	return error;
}

/*
 * Takes the next word out of the line: a part in quotes may have blanks in it and, behind
 * a backslash, quotes. Returns 1, 0 at the end of the line, or -1 after a message.
 */
static int next_word(char **rest, char **word)
{
	char *in = *rest + strspn(*rest, " \t\r"), *out = in;
	bool is_quoted = false;

	*word = in;
	if (!*in || *in == '#')
		return 0;
	for (; *in && (is_quoted || !strchr(" \t\r", *in)); in++) {
		if (*in == '"') {
			is_quoted = !is_quoted;
			continue;
		}
		if (is_quoted && *in == '\\' && in[1])
			in++;
		*out++ = *in;
	}
	if (is_quoted)
		return complain("a quotation mark has no counterpart");
	*rest = *in ? in + 1 : in;
	*out = '\0';
	return 1;
}

static int parse_line(struct hosts *hosts, char *text, unsigned int number)
{
	struct line line;
	char *word;
	int more;

	init_line(&line, hosts, number);
	text[strcspn(text, "\n")] = '\0';
	more = next_word(&text, &line.target);
	if (more <= 0)
		return more;
	do {
		more = next_word(&text, &word);
		if (more > 0 && set(&line, word))
			more = -1;
	} while (more > 0);
	if (!more)
		more = add_line(hosts, &line);
	free(line.labels);
	return more;
}

int hosts_add_words(struct hosts *hosts, int argc, char **argv)
{
	struct line line;
	int i;

	for (i = 0; i < argc; i++) {
		init_line(&line, hosts, 0);
		line.target = argv[i];
		if (add_line(hosts, &line))
			return -1;
	}
	return 0;
}

static int add_stream(struct hosts *hosts, const char *path, FILE *file)
{
	unsigned int number = 0;
	size_t size = 0;
	char *line = NULL, place[4096];
	int error = 0;

	message_place = place;
	while (!error && getline(&line, &size, file) >= 0) {
		snprintf(place, sizeof(place), "%s:%u", path, ++number);
		error = parse_line(hosts, line, number);
	}
	message_place = NULL;
	free(line);
	if (!error && ferror(file))
		error = complain("cannot read %s: %s", path, strerror(errno));
	return error;
}

int hosts_add_file(struct hosts *hosts, const char *path)
{
	FILE *file = fopen(path, "re");
	int error;

	if (!file)
		return complain("cannot open %s: %s", path, strerror(errno));
	error = add_stream(hosts, path, file);
	fclose(file);
	return error;
}

static int compare_names(const void *left, const void *right)
{
	struct host *const *a = left, *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

static int refuse_twin(const struct host *a, const struct host *b, const char *path)
{
	unsigned int first = a->line < b->line ? a->line : b->line;
	unsigned int second = a->line + b->line - first;

	if (!second)
		return complain("the host '%s' is there twice", a->name);
	if (!first)
		return complain("%s:%u: the host '%s' is on the command line, too", path, second,
				a->name);
	return complain("%s:%u: the host '%s' is on line %u already; name=... tells them apart",
			path, second, a->name, first);
}

struct host **hosts_sort(const struct hosts *hosts, const char *path)
{
	struct host **sorted = allocate(hosts->count + 1, sizeof(*sorted));
	size_t i;

	if (hosts->count)
		memcpy(sorted, hosts->list, hosts->count * sizeof(*sorted));
	qsort(sorted, hosts->count, sizeof(*sorted), compare_names);
	for (i = 1; i < hosts->count; i++) {
		if (!compare_names(&sorted[i - 1], &sorted[i])) {
			refuse_twin(sorted[i - 1], sorted[i], path);
			free(sorted);
			return NULL;
		}
	}
	return sorted;
}

static int compare_to_name(const void *name, const void *member)
{
	struct host *const *host = member;

	return strcmp(name, (*host)->name);
}

struct host *hosts_find(struct host **sorted, size_t count, const char *name)
{
	struct host **found = bsearch(name, sorted, count, sizeof(*sorted), compare_to_name);

	return found ? *found : NULL;
}
