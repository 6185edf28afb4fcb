/* SPDX-License-Identifier: MIT */
/* For programs that spell it so: on Windows it is the same. */
#include "iphlpapi.h"
