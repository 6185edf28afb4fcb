#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo-guest.sh - what scripts/demo shows, run in its VM as root
#
# Makes a small network of namespaces, runs the examples in it, and fails if
# one of them does not end as it should.
#
#	near ──────────────── router ──────────────── far
#	10.0.1.2    10.0.1.1          10.0.2.1    10.0.2.2
#	                │                         10.9.0.0/22: 1,024 more
#	      10.0.3.0/24: unreachable            10.8.0.0/24: silent

set -eu

failures=0

make_network() {
	for host in near router far; do
		ip netns add "$host"
		ip -n "$host" link set lo up
	done
	ip link add near0 netns near type veth peer name router0 netns router
	ip link add far0 netns far type veth peer name router1 netns router
	add_address near near0 10.0.1.2/24
	add_address router router0 10.0.1.1/24
	add_address router router1 10.0.2.1/24
	add_address far far0 10.0.2.2/24
	ip netns exec router sysctl -q -w net.ipv4.ip_forward=1

	ip -n near route add default via 10.0.1.1
	ip -n far route add default via 10.0.2.1
	ip -n router route add 10.8.0.0/23 via 10.0.2.2
	ip -n router route add 10.9.0.0/22 via 10.0.2.2
	ip -n router route add unreachable 10.0.3.0/24
	# All of these addresses are far's own.
	ip -n far route add local 10.9.0.0/22 dev lo
	# And these it knows, but does not answer for.
	ip -n far route add blackhole 10.8.0.0/24
}

add_address() {
	ip -n "$1" address add "$3" dev "$2"
	ip -n "$1" link set "$2" up
}

# show HEADING STATUS PATTERN COMMAND...: runs the command in near. It must exit
# with this status, and a line of its output must match the pattern.
show() {
	heading=$1
	expected_status=$2
	expected_line=$3
	shift 3
	printf '\n%s\n  $ %s\n' "$heading" "$*"
	status=0
	ip netns exec near "$@" >/tmp/demo.out 2>&1 || status=$?
	sed 's/^/  /' /tmp/demo.out
	if [ "$status" -ne "$expected_status" ]; then
		printf '  FAILED: exit status %d, not %d\n' "$status" "$expected_status"
		failures=$((failures + 1))
	elif ! grep -Eq -- "$expected_line" /tmp/demo.out; then
		printf '  FAILED: no line matches %s\n' "$expected_line"
		failures=$((failures + 1))
	fi
}

make_network

show 'An echo to a host behind a router' \
	0 '^reply from 10\.0\.2\.2: 56 bytes, ttl 63, [0-9.]+ ms$' \
	ping-sync 10.0.2.2

show 'One that expires at the router' \
	1 '^time to live expired in transit: from 10\.0\.1\.1, ' \
	ping-sync -t 1 10.0.2.2

show 'One to a host that the router cannot reach' \
	1 '^host unreachable: from 10\.0\.1\.1, ' \
	ping-sync 10.0.3.7

show 'One to a host that keeps silent' \
	1 '^timed out$' \
	ping-sync -W 500 10.8.0.7

show 'Three at once as a Windows program does, with an event each' \
	0 '^10\.9\.0\.2: event set, status 0 from 10\.9\.0\.2, 32 bytes, [0-9]+ ms$' \
	win32-event 10.0.2.2 10.9.0.1 10.9.0.2

# All 1,000 hosts are one kernel here, which drops echo replies when its ICMP
# socket has more than about 170 waiting to go out on a CPU. 128 never are.
show '10,000 echoes to 1,000 hosts, at most 128 in flight' \
	0 '^answered 10000, lost 0, errors 0$' \
	batch -n 10000 -w 128 10.9.0.1-10.9.3.232

if [ "$failures" -ne 0 ]; then
	printf '\n%d of the above did not end as they should.\n' "$failures"
	exit 1
fi
printf '\nAll of them ended as they should.\n'
