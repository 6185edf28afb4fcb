# SPDX-License-Identifier: GPL-2.0-only
#
# What people type.  Kbuild is what the kernel's build reads; the work is done
# by scripts/, userlib/Makefile and selftests/Makefile.

KDIR ?= /lib/modules/$(shell uname -r)/build
export PREFIX DESTDIR

help:
	@echo 'icmpecho: ICMP echo requests by ioctl'
	@echo
	@sed -n 's/^\([a-z][a-z_-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 24
	@echo
	@echo 'KDIR=, PREFIX= and DESTDIR= are what they are elsewhere.'

deps:	## install the packages that all of this needs (Debian 12)
	scripts/deps

demo:	## see it work: builds everything, boots a VM, sends echo requests
	scripts/deps && scripts/demo

check:	## lint, unit tests, and all tests in a VM
	scripts/deps && scripts/check

check-debug:	## all tests on a kernel with KASAN, lockdep, kmemleak and more
	scripts/deps && scripts/check debug

fuzz:	## fuzz the parsers and the library's replies for half an hour
	scripts/deps && $(MAKE) -C selftests/fuzz OUTPUT=$(CURDIR)/.build/fuzz fuzz

bench:	## what an echo costs, ours and others', in three VMs (5 minutes)
	scripts/deps && scripts/bench

bench-quick:	## the same in brief (1 minute); fails if it has become dearer
	scripts/deps && scripts/bench --quick

lint:	## static checkers on everything
	scripts/deps && scripts/lint

shell:	## a root shell in a VM with the module loaded
	scripts/deps && scripts/vm shell

modules:	## build icmpecho.ko for the kernel in KDIR
	@ko=$$(scripts/build-module $(KDIR)) && echo "built; load it with: insmod $$ko"

modules_install:	## build it, and install it for modprobe; INSTALL_MOD_PATH=
	@scripts/install-module $(KDIR)

userlib:	## build the library and its programs
	$(MAKE) -C userlib

install:	## install the library and headers below DESTDIR PREFIX
	$(MAKE) -C userlib install

uninstall:	## remove what install has put there
	$(MAKE) -C userlib uninstall

clean:	## remove everything built (.build; the cache of kernels stays)
	rm -rf .build

.PHONY: help deps demo check check-debug fuzz bench bench-quick lint shell modules modules_install \
	userlib install uninstall clean
