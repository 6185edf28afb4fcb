/* SPDX-License-Identifier: MIT */
/* What the parts of icmpecho monitor share. */
#ifndef TOOLS_MONITOR_H
#define TOOLS_MONITOR_H

#include "hosts.h"

/* What a monitor tells of itself, besides its hosts. */
struct monitor_view {
	const struct hosts *hosts;
	const struct host_rules *rules;
	uint64_t started_ns;		/* CLOCK_REALTIME */
	uint64_t reloaded_ns;		/* when a configuration was last read without an error */
	bool is_reload_good;		/* of the last one */
};

#endif /* TOOLS_MONITOR_H */
