# shellcheck shell=bash disable=SC2154 # the caller sets the variables
# SPDX-License-Identifier: GPL-2.0-only
#
# machine.sh - how QEMU runs a guest's processors; sourced after lib.sh
#
# choose_cpu adds to the array args, QEMU's options, and to cmdline, the kernel's.  It reads
# $arch and $icount (--icount of scripts/vm), and $qemu, the program.

# How QEMU runs the guest's CPUs.  An emulated guest gets the frequency of the host's TSC
# for its clock: on a busy host it could not measure it and would fall back to ticks of
# 4 ms.  QEMU before 8.1 breaks on cmpxchg16b and, with a thread for each CPU, on patched
# kernel code.
choose_cpu() {
	case $arch in
	arm64) # max has more features, which cost time
		args+=(-accel tcg -cpu cortex-a72)
		return
		;;
	s390x)
		args+=(-accel tcg -cpu max)
		return
		;;
	esac
	accel=tcg
	[ "$icount" = yes ] || accel=$("$top/scripts/accel")
	if [ "$accel" = kvm ]; then
		args+=(-accel kvm -cpu host)
		return
	fi
	cpu=max
	tcg=tcg
	if "$qemu" --version | grep -qE 'version ([0-7]\.|8\.0)'; then
		cpu=max,-cx16
		tcg=tcg,thread=single
	fi
	if [ "$icount" = yes ]; then
		# "rep movsb" counts as one instruction for each byte: without these two
		# flags the guest does not use it.  Linux hangs if only one is missing.
		args+=(-accel tcg -icount "shift=0,sleep=off" -cpu "$cpu,-erms,-fsrm")
		khz=1000000
	else
		args+=(-accel "$tcg" -cpu "$cpu")
		khz=$("$top/scripts/tsc-khz")
	fi
	cmdline+=" tsc_early_khz=$khz tsc=reliable no_timer_check"
}
