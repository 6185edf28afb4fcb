/* SPDX-License-Identifier: MIT */
/* The statistics of a target in words, and as values of a record. */
#ifndef TOOLS_SUMMARY_H
#define TOOLS_SUMMARY_H

#include "stats.h"

/* Several lines: how many were answered, why the others were not, the times. */
void summary_print(const char *name, const struct stats *stats);

/* The same as values of the record that is being made (output.h). */
void summary_record(const struct stats *stats);

/* Milliseconds with as many digits as matter, and the unit: "0.123 ms". In @text. */
#define MS_TEXT_LEN	32
const char *format_ms(double ns, char *text);

#endif /* TOOLS_SUMMARY_H */
