/* SPDX-License-Identifier: GPL-2.0 */
/* What those who run a test by itself may choose. */
#ifndef SETTING_H
#define SETTING_H

#include <stdlib.h>

/* The number in the environment's @name, or @usual if there is none */
static inline unsigned long setting(const char *name, unsigned long usual)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : usual;
}

#endif /* SETTING_H */
