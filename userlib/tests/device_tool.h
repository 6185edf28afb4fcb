/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the tool on a real device share.
 */
#ifndef DEVICE_TOOL_H
#define DEVICE_TOOL_H

#include <sys/wait.h>

#include "device.h"

static inline void need_tool(void)
{
	need_path();
	if (run_program("command -v icmpecho >/dev/null") != 0)
		SKIP("the tool was not built");
}

/* Runs the tool; it must end with @status, and print these words in this order. */
#define CHECK_TOOL(command, status, ...) \
	do { \
		static const char *const words[] = { __VA_ARGS__, NULL }; \
		CHECK_EQ(WEXITSTATUS(run_program(command)), status); \
		CHECK(output_has(words)); \
	} while (0)

#endif /* DEVICE_TOOL_H */
