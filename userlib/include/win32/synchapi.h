/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: everything is in windows.h. */
#ifndef ICMPECHO_SYNCHAPI_H
#define ICMPECHO_SYNCHAPI_H

#include "windows.h"

#endif /* ICMPECHO_SYNCHAPI_H */
