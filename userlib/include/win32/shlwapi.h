/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: it has no functions of the shell. */
#ifndef ICMPECHO_SHLWAPI_H
#define ICMPECHO_SHLWAPI_H

#include "windows.h"

#endif /* ICMPECHO_SHLWAPI_H */
