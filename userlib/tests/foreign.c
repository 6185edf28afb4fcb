// SPDX-License-Identifier: MIT
/* See foreign.h. */
#include <stddef.h>

#include "foreign.h"

int CreateEventA(void *attributes, int manual_reset, int initial_state, const char *name)
{
	(void)attributes;
	(void)manual_reset;
	(void)initial_state;
	(void)name;
	return FOREIGN_MARK;
}

int CloseHandle(void *handle)
{
	(void)handle;
	return FOREIGN_MARK;
}

int Sleep(unsigned int milliseconds)
{
	(void)milliseconds;
	return FOREIGN_MARK;
}

int foreign_sum(void)
{
	return CreateEventA(NULL, 0, 0, NULL) + CloseHandle(NULL) + Sleep(0);
}
