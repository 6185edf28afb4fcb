/* SPDX-License-Identifier: MIT */
/*
 * Numbers and durations as words of the command line, strictly: the whole word counts,
 * and nothing out of range passes.
 */
#ifndef TOOLS_PARSE_H
#define TOOLS_PARSE_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_US	1000ULL
#define NS_PER_MS	1000000ULL
#define NS_PER_S	1000000000ULL

/* A decimal number, or a hexadecimal one after "0x". Returns 0, or -1 if it is neither. */
int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);

/*
 * A decimal number with an optional fraction and an optional unit: ns, us, ms, s, m or h. A
 * number without one counts @unit_ns. Returns 0, or -1 if it is no duration up to @max_ns.
 */
int parse_duration(const char *text, uint64_t unit_ns, uint64_t max_ns, uint64_t *ns);

/* Hexadecimal digits, two for each byte. Returns how many bytes, or -1. */
int parse_hex(const char *text, unsigned char *bytes, size_t size);

/*
 * The same for the value of an option, which they name in a message together with what is
 * allowed. They return 0 or -1.
 */
int option_number(const char *option, const char *text, uint64_t min, uint64_t max,
		  uint64_t *number);
int option_duration(const char *option, const char *text, uint64_t unit_ns, uint64_t max_ns,
		    uint64_t *ns);

#endif /* TOOLS_PARSE_H */
