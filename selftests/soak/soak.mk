# SPDX-License-Identifier: GPL-2.0
#
# soak: everything at once, for as long as one likes. It is installed with the tests, but not one
# of those that run_kselftest.sh runs: scripts/soak runs it.

soak_sources := $(wildcard soak/*.c)
soak_headers := $(wildcard soak/*.h)

TEST_GEN_PROGS_EXTENDED += soak_chaos
LOCAL_HDRS += $(soak_headers)

vpath soak_chaos.c soak

.DEFAULT_GOAL := all

$(OUTPUT)/soak_chaos: $(soak_sources) $(soak_headers)
