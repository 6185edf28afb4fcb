/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: of the shell's own functions there are none. */
#ifndef ICMPECHO_SHLWAPI_H
#define ICMPECHO_SHLWAPI_H

#include "windows.h"

#endif /* ICMPECHO_SHLWAPI_H */
