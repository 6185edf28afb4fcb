/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: everything is in winsock2.h. */
#ifndef ICMPECHO_WS2TCPIP_H
#define ICMPECHO_WS2TCPIP_H

#include "winsock2.h"

#endif /* ICMPECHO_WS2TCPIP_H */
