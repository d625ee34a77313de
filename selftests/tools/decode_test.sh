#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How values and structures are printed, compared with strace, line by line.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

# From the call that the program begins with, addresses as they are.
calls_of_the_program() { sed '1,/getpgid(424242)/d'; }

is_printed_as_by_strace() { # PROGRAM LINES
	setarch -R strace -o "$tmp/strace" "$here/$1" </dev/null
	setarch -R utrace record -q -o "$tmp/data" -- "$here/$1" </dev/null
	utrace report "$tmp/data" | calls_of_the_program >"$tmp/mine"
	calls_of_the_program <"$tmp/strace" | grep -v '^\[ Process' >"$tmp/its"
	[ "$(wc -l <"$tmp/its")" -gt "$2" ]
	diff "$tmp/its" "$tmp/mine"
}

scalars_are_printed_as_by_strace() { is_printed_as_by_strace decode 150; }
structures_are_printed_as_by_strace() { is_printed_as_by_strace structs 190; }
structures_of_32_bit_are_printed_as_by_strace() { is_printed_as_by_strace structs32 70; }

clone_and_exec_are_told_if_asked_for() {
	local child
	local -a command=(sh -c 'setpriv --reuid 1000 --clear-groups env true; true')

	utrace record -q -f -o "$tmp/data" -- "${command[@]}"
	utrace report "$tmp/data" >"$tmp/text"
	no grep -e '--- \(clone\|exec\)' "$tmp/text"
	utrace report --events "$tmp/data" | tee "$tmp/events"
	child=$(sed -n 's/.*--- clone {tid=\([0-9]*\), flags=CLONE_.*/\1/p' "$tmp/events")
	grep "= $child\$" "$tmp/text"
	grep "^$child *--- exec {file=\"/usr/bin/setpriv\", uid=0, euid=0, gid=0, egid=0} ---" "$tmp/events"
	grep "^$child *--- exec {file=\"/usr/bin/env\", uid=1000, euid=1000, gid=0, egid=0} ---" \
		"$tmp/events"
	utrace trace -q -f --events -o "$tmp/live" -- "${command[@]}"
	expect 1 "$(grep -c -e '--- clone {' "$tmp/live")"
	expect 4 "$(grep -c -e '--- exec {' "$tmp/live")"
}

ktap_run "$@" -- \
	scalars_are_printed_as_by_strace \
	structures_are_printed_as_by_strace \
	structures_of_32_bit_are_printed_as_by_strace \
	clone_and_exec_are_told_if_asked_for
