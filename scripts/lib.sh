# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh - what the scripts share; sourced by them, never run
#
# $cache, outside the tree, holds what is fetched or takes long to build.  $build holds
# what is built from the tree.

top=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/icmpecho
build=${BUILD:-$top/.build}
# The kernel of this machine's Debian, which its compiler can build modules for.  Debian's
# testing calls itself as the next release, and unstable likewise.
# shellcheck disable=SC2034 # used by the scripts that source this file
# shellcheck source=/dev/null
case $(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}") in
bullseye) default_kernel=5.10 ;;
trixie) default_kernel=6.12 ;;
forky | sid) default_kernel=newest ;;
*) default_kernel=6.1 ;;
esac
mkdir -p "$cache" "$build"

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$@"
	exit 1
}

# triplet ARCH: the GNU name of an architecture that Debian calls ARCH.
triplet() {
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	*) echo "$1-linux-gnu" ;;
	esac
}

# For the command line of a debug kernel, which takes long to remove a network namespace: several
# grace periods of RCU, which these words make short.  And the kernel walks through these tables,
# which have a lock for each row, and each lock is checked.
debug_words="rcupdate.rcu_expedited=1 rcutree.jiffies_till_first_fqs=0"
debug_words="$debug_words rcutree.jiffies_till_next_fqs=1"
debug_words="$debug_words tcpmhash_entries=64 nf_conntrack.hashsize=512"

# is_debug_kernel NAME: does it have checks that make it slow and large?
is_debug_kernel() {
	case $1 in
	debug*) ;;
	*) false ;;
	esac
}

# kernel_arch DIR: the architecture of a kernel in a directory of scripts/kernel.
kernel_arch() {
	cat "$1/arch" 2>/dev/null || echo amd64
}

# arch_suffix ARCH: what names in $build end with, for programs of that architecture.
arch_suffix() {
	[ "$1" = amd64 ] || echo "-$1"
}

# lock NAME: only one process at a time holds it, until it exits.
lock() {
	exec 9>"$cache/$1.lock"
	flock 9
}

# number OPTION VALUE: die unless the value is one.
number() {
	case $2 in
	'' | 0 | *[!0-9]*) die "option $1 needs a positive number, not '$2'" ;;
	esac
}

# Where test programs are built.
objects=$build/selftests-objects

# build_tests TARGET: make a target of selftests/, such as one program in $objects.
build_tests() {
	lock "build-selftests-$(printf %s "$top" | tr / -)"
	mkdir -p "$objects"
	make -s -C "$top/selftests" KSFT_DIR="$("$top/scripts/ksource")/tools/testing/selftests" \
		OUTPUT="$objects" "$1" >&2
	exec 9>&-
}

# quietly COMMAND...: show what it prints only when it fails.
quietly() {
	quietly_log=$(mktemp)
	if "$@" >"$quietly_log" 2>&1; then
		rm -f "$quietly_log"
		return 0
	fi
	cat "$quietly_log" >&2
	rm -f "$quietly_log"
	say "this failed: $*"
	return 1
}

# shell_quote WORD...: print them as one line that a shell reads as the same words.
shell_quote() {
	for quote_word; do
		printf "'%s' " "$(printf '%s' "$quote_word" | sed "s/'/'\\\\''/g")"
	done
}

# vm_tap OPTION-OR-WORD...: run scripts/vm, and add one test case to its TAP: whether
# the command's status and the kernel's log are good.
vm_tap() {
	vm_status=0
	"$top/scripts/vm" "$@" || vm_status=$?
	echo "TAP version 13"
	echo "1..1"
	if [ $vm_status -eq 0 ]; then
		echo "ok 1 - the VM ended with a clean kernel log"
	else
		echo "not ok 1 - the VM ended with status $vm_status"
	fi
}
