/* SPDX-License-Identifier: GPL-2.0 */
/* What every test needs: the calls, and the harness, which is included before this. */
#ifndef ICMPECHO_TEST_H
#define ICMPECHO_TEST_H

#include "icmpecho_calls.h"
#include "test_only.h"
#include "test_timeout.h"

#endif /* ICMPECHO_TEST_H */
