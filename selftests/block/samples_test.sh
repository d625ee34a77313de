#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The supervisors of samples/ make the third openat(2) of a program fail.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"
export LC_ALL=C

third_open_fails() { # SUPERVISOR
	local status=0

	echo first >"$tmp/first"
	echo second >"$tmp/second"
	# Before it are those of the dynamic linker.
	"$1" cat "$tmp/first" "$tmp/second" >"$tmp/out" 2>"$tmp/err" || status=$?
	cat "$tmp/out" "$tmp/err"
	expect 1 $status
	expect second "$(cat "$tmp/out")"
	expect "cat: $tmp/first: Input/output error" "$(cat "$tmp/err")"
	nothing_attached
}

supervisor_in_c_makes_the_third_open_fail() {
	third_open_fails "$here/fail-open"
}

supervisor_in_python_makes_the_third_open_fail() {
	third_open_fails "$here/06-fail-open.py"
}

supervisors_leave_with_the_status_of_the_command() {
	local status=0

	"$here/fail-open" sh -c 'exit 5' || status=$?
	expect 5 $status
	status=0
	"$here/06-fail-open.py" sh -c 'exit 6' || status=$?
	expect 6 $status
}

killed_supervisor_lets_the_command_go_on() {
	mkfifo "$tmp/go"
	# The third one is that of true, and fails.
	"$here/fail-open" sh -c "true </dev/null; echo >$tmp/began; read line; echo >$tmp/alive" \
		<>"$tmp/go" 2>/dev/null &
	wait_for [ -s "$tmp/began" ]
	kill -KILL $!
	wait $! || :
	nothing_attached
	echo >"$tmp/go"
	wait_for [ -s "$tmp/alive" ]
}

ktap_run "$@" -- \
	supervisor_in_c_makes_the_third_open_fail \
	supervisor_in_python_makes_the_third_open_fail \
	supervisors_leave_with_the_status_of_the_command \
	killed_supervisor_lets_the_command_go_on
