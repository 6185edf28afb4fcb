# SPDX-License-Identifier: GPL-2.0
#
# user_fuzz: hostile users. It is installed with the tests, but not one of those that
# run_kselftest.sh runs: scripts/fuzz-user runs it. It starts hostile_user, and for 32 bits
# hostile_user_32.

user_headers := $(wildcard user/*.h)
keeper_sources := $(addprefix user/,user_fuzz.c grammar.c program.c corpus.c life.c ledger.c calls.c)
hostile_sources := $(addprefix user/,hostile_user.c act.c people.c memory.c settle.c feedback.c calls.c)

user_programs := user_fuzz hostile_user
ifeq ($(has_32_bits),yes)
user_programs += hostile_user_32
endif
TEST_GEN_PROGS_EXTENDED += $(user_programs)
TEST_FILES += user/user.seeds
LOCAL_HDRS += $(user_headers)

vpath user_fuzz.c user
vpath hostile_user.c user

$(OUTPUT)/user_fuzz: $(keeper_sources) $(user_headers)
$(OUTPUT)/hostile_user $(OUTPUT)/hostile_user_32: $(hostile_sources) $(user_headers)

user_programs: $(user_programs:%=$(OUTPUT)/%)
.PHONY: user_programs
