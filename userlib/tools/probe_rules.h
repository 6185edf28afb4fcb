/* SPDX-License-Identifier: MIT */
/* Which addresses clients may have probed (probe.h), and how many at once. */
#ifndef TOOLS_PROBE_RULES_H
#define TOOLS_PROBE_RULES_H

#include "options.h"

#define PROBES_DEFAULT	32
#define PROBES_MAX	1024

struct prefix {
	struct address address;
	unsigned int len;
};

/* What of the monitor's options probes need. Belongs to the caller. */
struct probe_rules {
	const struct options *options;
	struct prefix *allowed;
	size_t allowed_count;
	unsigned int max;		/* at once */
};

/* "10.0.0.0/8", or an address. Returns 0, or -1 after a message. */
int probe_rules_allow(struct probe_rules *rules, const char *option, const char *text);
bool probe_rules_permit(const struct probe_rules *rules, const struct address *address);

#endif /* TOOLS_PROBE_RULES_H */
