/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: everything is in winsock2.h. */
#ifndef ICMPECHO_WINSOCK_H
#define ICMPECHO_WINSOCK_H

#include "winsock2.h"

#endif /* ICMPECHO_WINSOCK_H */
