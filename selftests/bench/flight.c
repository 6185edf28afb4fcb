// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

void flight_measure(bool quick)
{
}
