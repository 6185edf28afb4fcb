// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

void scaling_measure(bool ours, bool quick)
{
}
