// SPDX-License-Identifier: MIT
/* Numbers and durations of the command line. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "parse.h"

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	int base = 10;
	char *end;

	if (text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
	}
	/* strtoull() would take blanks and signs, too. */
	if (hex_digit(*text) < 0)
		return -1;
	errno = 0;
	*number = strtoull(text, &end, base);
	return end == text || *end || errno || *number < min || *number > max ? -1 : 0;
}

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", NS_PER_US },
	{ "ms", NS_PER_MS },
	{ "s", NS_PER_S },
	{ "m", 60 * NS_PER_S },
	{ "h", 3600 * NS_PER_S },
};

static int parse_unit(const char *text, uint64_t *unit_ns)
{
	size_t i;

	if (!*text)
		return 0;
	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (!strcmp(text, units[i].name)) {
			*unit_ns = units[i].ns;
			return 0;
		}
	}
	return -1;
}

int parse_duration(const char *text, uint64_t unit_ns, uint64_t max_ns, uint64_t *ns)
{
	const char *fraction = "";
	uint64_t whole, part_ns;
	char *end;

	if (!is_digit(*text))
		return -1;
	errno = 0;
	whole = strtoull(text, &end, 10);
	if (errno)
		return -1;
	if (*end == '.') {
		fraction = ++end;
		end += strspn(end, "0123456789");
		if (end == fraction)
			return -1;
	}
	if (parse_unit(end, &unit_ns) || whole > max_ns / unit_ns)
		return -1;
	*ns = whole * unit_ns;
	for (part_ns = unit_ns; is_digit(*fraction); fraction++) {
		part_ns /= 10;
		*ns += part_ns * (uint64_t)(*fraction - '0');
	}
	return *ns > max_ns ? -1 : 0;
}

int parse_hex(const char *text, unsigned char *bytes, size_t size)
{
	size_t len = strlen(text), i;

	if (!len || len % 2 || len / 2 > size)
		return -1;
	for (i = 0; i < len; i += 2) {
		if (hex_digit(text[i]) < 0 || hex_digit(text[i + 1]) < 0)
			return -1;
		bytes[i / 2] = (unsigned char)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
	}
	return (int)(len / 2);
}

int option_number(const char *option, const char *text, uint64_t min, uint64_t max,
		  uint64_t *number)
{
	if (!parse_number(text, min, max, number))
		return 0;
	return complain("option %s: '%s' is not a number from %" PRIu64 " to %" PRIu64, option,
			text, min, max);
}

/* The longest unit that makes a whole number of it. */
static const char *name_unit(uint64_t *ns)
{
	size_t i = sizeof(units) / sizeof(*units);

	while (i > 1 && *ns % units[i - 1].ns)
		i--;
	*ns /= units[i - 1].ns;
	return units[i - 1].name;
}

int option_duration(const char *option, const char *text, uint64_t unit_ns, uint64_t max_ns,
		    uint64_t *ns)
{
	uint64_t max = max_ns, one = unit_ns;
	const char *max_unit, *unit;

	if (!parse_duration(text, unit_ns, max_ns, ns))
		return 0;
	max_unit = name_unit(&max);
	unit = name_unit(&one);
	return complain("option %s: '%s' is not a duration from 0 to %" PRIu64
			"%s, as in 0.5, 1s, 200ms or 50us; without a unit it is in %s",
			option, text, max, max_unit, unit);
}
