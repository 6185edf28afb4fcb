/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_SVG_H
#define TOOLS_SVG_H

#include <stdio.h>

#include "monitor.h"

/* A picture of all hosts: the last round-trip times of each, and how they are spread. */
void svg_write(FILE *stream, const struct monitor_view *view, uint64_t realtime_ns);

#endif /* TOOLS_SVG_H */
