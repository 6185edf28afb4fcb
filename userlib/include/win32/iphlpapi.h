/* SPDX-License-Identifier: MIT */
/* Part of libicmpecho-win32: of the IP helper API there is only icmpapi.h. */
#ifndef ICMPECHO_IPHLPAPI_H
#define ICMPECHO_IPHLPAPI_H

#include "ipexport.h"
#include "windows.h"

#endif /* ICMPECHO_IPHLPAPI_H */
