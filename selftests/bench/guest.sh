#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh - what scripts/bench runs in the VM
#
#	sh guest.sh full | quick
#	sh guest.sh before.ko after.ko...	ours only, with each module in turn

# fping asks for the number of ICMP; a guest has no /etc/protocols otherwise.
printf 'icmp 1 ICMP\nipv6-icmp 58 IPv6-ICMP\n' >/etc/protocols
insmod icmpecho-bench.ko || exit
export PATH="$PWD:$PATH" BENCH_ICOUNT=yes BENCH_MODULE=/lib/modules/icmpecho.ko
case $1 in
*.ko) ;;
*) exec ./bench "$1" ;;
esac
for module; do
	echo "module $module"
	BENCH_MODULE=$PWD/$module ./bench ours && rmmod icmpecho || exit
done
