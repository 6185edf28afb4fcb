// SPDX-License-Identifier: MIT
/* The time of day. */
#include <stdio.h>
#include <time.h>

#include "clock.h"
#include "parse.h"

uint64_t clock_realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

const char *clock_format(uint64_t realtime_ns, char *text)
{
	time_t seconds = (time_t)(realtime_ns / NS_PER_S);
	struct tm tm;
	size_t len;

	len = strftime(text, CLOCK_TEXT_LEN, "%F %T", localtime_r(&seconds, &tm));
	snprintf(text + len, CLOCK_TEXT_LEN - len, ".%06u",
		 (unsigned int)(realtime_ns % NS_PER_S / NS_PER_US));
	return text;
}
