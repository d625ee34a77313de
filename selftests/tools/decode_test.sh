#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How values and structures are printed, compared with strace, line by line.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

# From the call that the program begins with, addresses as they are.
calls_of_the_program() { sed '1,/getpgid(424242)/d'; }

is_printed_as_by_strace() { # PROGRAM
	setarch -R strace -o "$tmp/strace" "$here/$1" </dev/null
	setarch -R utrace record -q -o "$tmp/data" -- "$here/$1" </dev/null
	utrace report "$tmp/data" | calls_of_the_program >"$tmp/mine"
	calls_of_the_program <"$tmp/strace" >"$tmp/its"
	[ "$(wc -l <"$tmp/its")" -gt 150 ]
	diff "$tmp/its" "$tmp/mine"
}

scalars_are_printed_as_by_strace() { is_printed_as_by_strace decode; }
structures_are_printed_as_by_strace() { is_printed_as_by_strace structs; }

ktap_run "$@" -- \
	scalars_are_printed_as_by_strace \
	structures_are_printed_as_by_strace
