# SPDX-License-Identifier: MIT
#
# The version of all that is here: module, library and programs.  Their makefiles
# include this, and scripts/ and packages take it from here.

ICMPECHO_VERSION := 0.1.0
