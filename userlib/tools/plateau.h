/* SPDX-License-Identifier: MIT */
/* Lengths that an MTU is likely to have. */
#ifndef TOOLS_PLATEAU_H
#define TOOLS_PLATEAU_H

#include <stddef.h>
#include <stdint.h>

/* From the longest to the shortest. */
extern const uint32_t plateaus[];
extern const size_t plateaus_len;

/* The next one below @mtu; 0 if there is none. */
uint32_t plateau_below(uint32_t mtu);

#endif /* TOOLS_PLATEAU_H */
