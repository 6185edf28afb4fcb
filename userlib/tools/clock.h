/* SPDX-License-Identifier: MIT */
/* The time of day, which people read. engine_now_ns() is the clock of intervals. */
#ifndef TOOLS_CLOCK_H
#define TOOLS_CLOCK_H

#include <stdint.h>

/* CLOCK_REALTIME in nanoseconds since 1970. */
uint64_t clock_realtime_ns(void);

/* "2026-01-31 23:59:59.123456" in the local time zone. In @text. */
#define CLOCK_TEXT_LEN	40
const char *clock_format(uint64_t realtime_ns, char *text);

#endif /* TOOLS_CLOCK_H */
