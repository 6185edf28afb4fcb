# SPDX-License-Identifier: GPL-2.0
#
# The contract_* tests: the Windows face of the library against the real device.
# Each is built for this machine and, where the compiler can, for 32 bits too
# (contract_*_32). A kernel tree has no library, and so none of them.

userlib := ../userlib

ifneq ($(wildcard $(userlib)/Makefile),)

contract_programs := contract_types
contract_programs += contract_handles
contract_programs += contract_arguments
contract_programs += contract_async
contract_programs += contract_reply
contract_programs += contract_parse
contract_programs += contract_icmp6

contract_headers := $(wildcard win32/*.h)
contract_sources := win32/contract_net.c

TEST_GEN_PROGS += $(contract_programs)
ifeq ($(has_32_bits),yes)
TEST_GEN_PROGS += $(contract_programs:%=%_32)
endif

LOCAL_HDRS += $(contract_headers)

vpath contract_%.c win32

.DEFAULT_GOAL := all

# Its own Makefile knows best how to build the library: both archives in one go,
# in the order in which the linker needs them.
contract_lib := $(addprefix $(OUTPUT)/userlib/lib/,libicmpecho-win32.a libicmpecho.a)
contract_lib_32 := $(contract_lib:$(OUTPUT)/userlib/%=$(OUTPUT)/userlib_32/%)
build_lib = $(MAKE) -s -C $(userlib) CC='$(CC) $(1)' OUT=$(abspath $(@D)/..) $(abspath $(2))
$(contract_lib) &: FORCE
	+$(call build_lib,,$(contract_lib))
$(contract_lib_32) &: FORCE
	+$(call build_lib,-m32,$(contract_lib_32))

# Windows programs cast their APC routines; fixtures point to what tests have on the stack.
$(OUTPUT)/contract_%: private CFLAGS += -I$(userlib)/include/win32 -Wno-cast-function-type \
	-Wno-dangling-pointer
$(contract_programs:%=$(OUTPUT)/%): $(contract_sources) $(contract_headers) $(contract_lib)
$(contract_programs:%=$(OUTPUT)/%_32): $(contract_sources) $(contract_headers) $(contract_lib_32)

.PHONY: FORCE

endif
