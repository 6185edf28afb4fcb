// SPDX-License-Identifier: GPL-2.0
/*
 * The module is one compilation unit, except for the parsers, which are also
 * compiled in user space: an echo request goes from ioctl to the wire and back
 * through most of these files, and the compiler sees all of its way.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
/* Which has defined it anew. */
#undef CREATE_TRACE_POINTS

#include "packet.c"
#include "chrdev.c"
#include "session.c"
#include "quota.c"
#include "pace.c"
#include "request.c"
#include "identity.c"
#include "dest.c"
#include "table.c"
#include "wire.c"
#include "icmp4.c"
#include "icmp6.c"
#include "plain4.c"
#include "plain6.c"
#include "netns.c"
#include "main.c"
