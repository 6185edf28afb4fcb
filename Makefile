# SPDX-License-Identifier: GPL-2.0-only
#
# The commands for people.  Each calls a script in scripts/, userlib/Makefile or
# selftests/Makefile, which do the work.  The kernel's build reads Kbuild instead.

KDIR ?= /lib/modules/$(shell uname -r)/build
# make passes variables of its command line on to userlib/Makefile.  A relative DESTDIR is
# relative to this directory, so pass its absolute path.
DESTDIR_HERE = $(if $(DESTDIR),DESTDIR='$(abspath $(DESTDIR))')

help:
	@echo 'icmpecho: ICMP echo requests by ioctl'
	@echo
	@awk -F ':.*## ' '/^[a-z][a-z_.-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'KDIR=, DESTDIR=, PREFIX= (/usr/local), LIBDIR= and INCLUDEDIR= have their usual'
	@echo 'meanings.'

deps:	## install the packages that all of this needs (Debian 12)
	scripts/deps

demo:	## build everything, boot a VM, send echo requests in it
	scripts/deps && scripts/demo

check:	## lint, unit tests, and all tests in a VM
	scripts/deps && scripts/check

selftest:	## TEST=echo_test: one test in a VM, 15 to 30 s from edit to verdict
	scripts/deps && scripts/selftests $(or $(TEST),$(error say which one: TEST=echo_test))

check-debug:	## all tests on a kernel with KASAN, lockdep, kmemleak and more
	scripts/deps && scripts/check debug

fuzz:	## fuzz the parsers and the library's replies for half an hour
	scripts/deps && $(MAKE) -C selftests/fuzz OUTPUT=$(CURDIR)/.build/fuzz fuzz

bench:	## what an echo costs with icmpecho and others, in three VMs (5 minutes)
	scripts/deps && scripts/bench

bench-quick:	## the same in one VM (1 minute); fails if an echo has become more expensive
	scripts/deps && scripts/bench --quick

lint:	## run the static checkers on everything
	scripts/deps && scripts/lint

compile_commands.json:	## for clangd: how each C file is compiled
	scripts/deps && scripts/compile-commands

docs:	## man pages and HTML of both interfaces, in .build/docs
	scripts/deps && scripts/docs

shell:	## a root shell in a VM with the module loaded
	scripts/deps && scripts/vm shell

modules:	## build icmpecho.ko for the kernel in KDIR
	@ko=$$(scripts/build-module $(KDIR)) && echo "built; load it with: insmod $$ko"

modules_install:	## build icmpecho.ko, and install it for modprobe; INSTALL_MOD_PATH=
	@scripts/install-module $(KDIR)

userlib:	## build the library and its programs
	$(MAKE) -C userlib

install:	## install the libraries and headers below DESTDIR PREFIX
	$(MAKE) -C userlib $(DESTDIR_HERE) install

uninstall:	## remove what make install has installed
	$(MAKE) -C userlib $(DESTDIR_HERE) uninstall

clean:	## remove everything built (.build; the cache of kernels stays)
	rm -rf .build compile_commands.json

.PHONY: help deps demo check selftest check-debug fuzz bench bench-quick lint \
	compile_commands.json docs shell modules modules_install userlib install uninstall clean
