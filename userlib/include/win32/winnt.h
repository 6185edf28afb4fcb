/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: everything is in windows.h. */
#ifndef ICMPECHO_WINNT_H
#define ICMPECHO_WINNT_H

#include "windows.h"

#endif /* ICMPECHO_WINNT_H */
