/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: everything is in ws2ipdef.h. */
#ifndef ICMPECHO_INADDR_H
#define ICMPECHO_INADDR_H

#include "ws2ipdef.h"

#endif /* ICMPECHO_INADDR_H */
