/* SPDX-License-Identifier: MIT */
/* File names on Windows ignore case, so some programs spell this one like that. */
#include "windows.h"
