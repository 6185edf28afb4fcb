// SPDX-License-Identifier: MIT
/* Which addresses may be probed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "parse.h"
#include "probe_rules.h"

int probe_rules_allow(struct probe_rules *rules, const char *option, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char address[ADDRESS_TEXT_LEN];
	struct prefix *prefix;
	uint64_t bits, max;

	rules->allowed = reallocarray(rules->allowed, rules->allowed_count + 1,
				      sizeof(*rules->allowed));
	if (!rules->allowed)
		return complain("there is no memory for a prefix");
	prefix = &rules->allowed[rules->allowed_count];
	snprintf(address, sizeof(address), "%.*s", (int)len, text);
	if (len >= sizeof(address) || address_parse(&prefix->address, address, AF_UNSPEC))
		return complain("option %s: '%s' is not an address or a prefix as 10.0.0.0/8",
				option, text);
	max = 8 * address_len(&prefix->address);
	bits = max;
	if (slash && parse_number(slash + 1, 0, max, &bits))
		return complain("option %s: the prefix length of '%s' is not a number "
				"from 0 to %" PRIu64, option, text, max);
	prefix->len = (unsigned int)bits;
	rules->allowed_count++;
	return 0;
}

static bool has_prefix(const struct address *address, const struct prefix *prefix)
{
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	if (address->family != prefix->address.family ||
	    memcmp(address->bytes, prefix->address.bytes, bytes))
		return false;
	return !bits || !((address->bytes[bytes] ^ prefix->address.bytes[bytes]) >> (8 - bits));
}

bool probe_rules_permit(const struct probe_rules *rules, const struct address *address)
{
	size_t i;

	if (address_is_multicast(address))
		return false;
	for (i = 0; i < rules->allowed_count; i++) {
		if (has_prefix(address, &rules->allowed[i]))
			return true;
	}
	return false;
}
