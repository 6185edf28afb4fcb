# SPDX-License-Identifier: GPL-2.0
#
# network_fuzz: a hostile network. It is installed with the tests, but not one of those that
# run_kselftest.sh runs: scripts/fuzz-network runs it.

network_sources := $(wildcard network/*.c)
network_headers := $(wildcard network/*.h)

TEST_GEN_PROGS_EXTENDED += network_fuzz
LOCAL_HDRS += $(network_headers)

vpath network_fuzz.c network

.DEFAULT_GOAL := all

$(OUTPUT)/network_fuzz: $(network_sources) $(network_headers)
