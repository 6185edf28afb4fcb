/* SPDX-License-Identifier: MIT */
/* Text of the user's that goes into metrics and pictures. */
#ifndef TOOLS_PLAIN_H
#define TOOLS_PLAIN_H

#include <stdbool.h>
#include <stdio.h>

/* Whether it is UTF-8 without control characters. Prometheus and XML take nothing else. */
bool is_plain_text(const char *text);

/* Writes the value of a label, for between quotation marks. */
void put_escaped_label(FILE *stream, const char *text);

/* Writes text for an element or an attribute of XML. */
void put_escaped_xml(FILE *stream, const char *text);

#endif /* TOOLS_PLAIN_H */
