# SPDX-License-Identifier: GPL-2.0-only
#
# The commands for people.  Each calls a script in scripts/, userlib/Makefile or
# selftests/Makefile, which do the work.  The kernel's build reads Kbuild instead.

KDIR ?= /lib/modules/$(shell uname -r)/build
# make passes variables of its command line on to userlib/Makefile.  A relative DESTDIR is
# relative to this directory, so pass its absolute path.
DESTDIR_HERE = $(if $(DESTDIR),DESTDIR='$(abspath $(DESTDIR))')

# These stop make with one line. KDIR may also be a name that scripts/kernel knows.
need_cc = $(if $(shell command -v $(firstword $(CC))),,$(error \
	there is no C compiler: install one (Debian, Ubuntu: scripts/deps build)))
need_kdir = $(if $(findstring /,$(KDIR)),$(if $(wildcard $(KDIR)/Makefile),,$(error \
	there is no kernel build directory $(KDIR): install this kernel's headers or pass KDIR= \
	(Debian: linux-headers-$(shell uname -r)))))

help:
	@echo 'icmpecho: ICMP echo requests by ioctl'
	@echo
	@awk -F ':.*## ' '/^[a-z][a-z_.-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'KDIR=, DESTDIR=, PREFIX= (/usr/local), LIBDIR= and INCLUDEDIR= have their usual'
	@echo 'meanings.'

deps:	## install the packages that all of this needs (Debian, Ubuntu)
	scripts/deps check

demo:	## build everything, boot a VM, send echo requests in it
	scripts/deps demo && scripts/demo

check:	## lint, unit tests, and all tests in a VM
	scripts/deps check && scripts/check

selftest:	## TEST=echo_test: one test in a VM, 15 to 30 s from edit to verdict
	scripts/deps selftests && scripts/selftests $(or $(TEST),$(error say which one: TEST=echo_test))

check-debug:	## all tests on a kernel with KASAN, lockdep, kmemleak and more
	scripts/deps debug && scripts/check debug

check-hosts:	## make demo and tests on new machines with Debian 12, 13 and sid
	scripts/check-hosts

check-kernels:	## all tests on each kernel, from 5.10 to the newest (hours)
	scripts/deps kernels debug && scripts/check-kernels

check-mutants:	## put old bugs back one at a time: a test has to notice each
	scripts/deps mutants && scripts/check-mutants

FUZZ_MINUTES ?= 30
fuzz:	## FUZZ_MINUTES=30: parsers and replies; then, in a VM as long, hostile users
	scripts/deps fuzz selftests
	$(MAKE) -C selftests/fuzz OUTPUT=$(CURDIR)/.build/fuzz FUZZ_MINUTES=$(FUZZ_MINUTES) fuzz
	scripts/fuzz-user --minutes $(FUZZ_MINUTES)

fuzz-network:	## 2 million hostile packets to 10,000 requests in flight, in a VM
	scripts/deps selftests && scripts/fuzz-network

soak:	## SOAK_MINUTES=30: everything at once, so long on 6.1, debug and newest each
	scripts/deps selftests kernels debug && scripts/soak --all --minutes $(or $(SOAK_MINUTES),30)

hogs:	## what a user who takes all they may costs another user, in a VM
	scripts/deps selftests && scripts/hogs

bench:	## what an echo costs with icmpecho and others, in three VMs (5 minutes)
	scripts/deps bench && scripts/bench

bench-quick:	## the same in one VM (1 minute); fails if an echo has become more expensive
	scripts/deps bench && scripts/bench --quick

lint:	## run the static checkers on everything
	scripts/deps lint && scripts/lint

compile_commands.json:	## for clangd: how each C file is compiled
	scripts/deps lint && scripts/compile-commands

deb:	## Debian's packages of the newest commit, in .build/deb
	scripts/deps packages && scripts/build-packages deb

check-packages:	## build packages, test them in roots and VMs of Debian 12 and 13
	scripts/deps check-packages && scripts/check-packages

rpm:	## RPMs of the newest commit, in .build/rpm
	scripts/deps packages && scripts/build-packages rpm

docs:	## the manual pages as HTML, in .build/docs
	scripts/deps docs && scripts/docs

shell:	## a root shell in a VM with the module loaded
	scripts/deps demo && scripts/vm shell

modules:	## build icmpecho.ko for the kernel in KDIR
	$(need_cc)$(need_kdir)
	@ko=$$(scripts/build-module $(KDIR)) && echo "built; load it with: insmod $$ko"

modules_install:	## build icmpecho.ko, and install it for modprobe; INSTALL_MOD_PATH=
	$(need_cc)$(need_kdir)
	@scripts/install-module $(KDIR)

userlib:	## build the library and its programs
	$(need_cc)
	$(MAKE) -C userlib

install:	## install the libraries and headers below DESTDIR PREFIX
	$(need_cc)
	$(MAKE) -C userlib $(DESTDIR_HERE) install

uninstall:	## remove what make install has installed
	$(MAKE) -C userlib $(DESTDIR_HERE) uninstall

clean:	## remove everything built (.build; the cache of kernels stays)
	rm -rf .build compile_commands.json

.PHONY: help deps demo check selftest check-debug check-hosts check-kernels check-mutants fuzz \
	fuzz-network soak hogs bench bench-quick lint compile_commands.json deb rpm check-packages \
	docs shell modules modules_install userlib install uninstall clean
