/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: everything is in windows.h. */
#ifndef ICMPECHO_WINBASE_H
#define ICMPECHO_WINBASE_H

#include "windows.h"

#endif /* ICMPECHO_WINBASE_H */
