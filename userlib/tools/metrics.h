/* SPDX-License-Identifier: MIT */
/*
 * The counters of all hosts in the two text formats that Prometheus scrapes: its own, 0.0.4,
 * which node_exporter reads from files, too, and OpenMetrics 1.0.
 */
#ifndef TOOLS_METRICS_H
#define TOOLS_METRICS_H

#include <stdio.h>

#include "monitor.h"

enum metrics_format {
	METRICS_TEXT,
	METRICS_OPENMETRICS,
};

const char *metrics_content_type(enum metrics_format format);

/* What a client that sends this Accept header likes best. NULL: it sends none. */
enum metrics_format metrics_negotiate(const char *accept);

void metrics_write(FILE *stream, const struct monitor_view *view, enum metrics_format format);

/*
 * A metric without hosts: writes its HELP and TYPE. Counters end with _total in the first
 * format only, where the type belongs to the sample.
 */
void metrics_describe(FILE *stream, enum metrics_format format, const char *name,
		      const char *type, const char *help);

/* What must be at the end. */
void metrics_finish(FILE *stream, enum metrics_format format);

#endif /* TOOLS_METRICS_H */
