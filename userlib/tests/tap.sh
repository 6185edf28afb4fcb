# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the test scripts share: one TAP result, and whether all have passed so far.

status=0
number=0

# report STATUS NAME: a result, which passes if STATUS is 0
report() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$number" "$2"
	else
		printf 'not ok %d - %s\n' "$number" "$2"
		status=1
	fi
}

# finish: the plan, and the end of the script
finish() {
	printf '1..%d\n' "$number"
	exit $status
}
