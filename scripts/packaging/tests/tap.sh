# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tap.sh - what the tests of packages share; sourced by them
#
# $log has what the command of the last test printed.

number=0
log=$(mktemp)

# check NAME COMMAND...: one result; what the command printed is shown if it failed.
check() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$log" 2>&1; then
		echo "ok $number - $name"
	else
		tail -n 60 "$log" | cut -c 1-200 | sed 's/^/# /'
		echo "not ok $number - $name"
	fi
}

skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

finish() {
	rm -f "$log"
	echo "1..$number"
}

# install_debs FILE...: as an administrator does
install_debs() {
	DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends \
		-o Dpkg::Options::=--force-confold install "$@" </dev/null
}

# all_configured: no package is left half installed.
all_configured() {
	! dpkg -l | grep -vE '^(ii|rc|hi|un)' | grep -E '^[a-zA-Z]{2,3} ' && [ -z "$(dpkg --audit)" ]
}

# is_built_for KERNEL [VERSION]: DKMS has installed the module for it.
is_built_for() {
	local version=${2:-$(dpkg-query -W -f '${Version}' icmpecho-dkms)}
	dkms status
	dkms status -m icmpecho -v "$version" -k "$1" | grep -q ': installed' &&
		[ "$(modinfo -k "$1" -F version icmpecho)" = "$version" ] &&
		modinfo -k "$1" -F vermagic icmpecho | grep -q "^$1 "
}

# nothing_is_left: neither files nor words in /etc have the name, but what keeps what was
# before (/etc/group-, logs, the lists and caches of apt).
nothing_is_left() {
	! {
		find / -xdev \( -path /check -o -path /proc -o -path /tmp -o -path /var/log -o \
			-path /var/cache -o -path /var/lib/apt -o -path /root \) -prune -o \
			-name '*icmpecho*' -print
		grep -rIl icmpecho /etc | grep -v -e '-$'
		dpkg -l '*icmpecho*' 2>/dev/null | grep '^[a-z]' | grep -v '^un'
		getent group icmpecho
	} | grep .
}
