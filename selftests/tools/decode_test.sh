#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How values are printed, compared with strace, line by line: for nearly all
# that is a number.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

# From the call that the program begins with, addresses as they are.
calls_of_the_program() { sed '1,/getpgid(424242)/d'; }

scalars_are_printed_as_by_strace() {
	strace -o "$tmp/strace" "$here/decode" </dev/null
	utrace record -q -o "$tmp/data" -- "$here/decode" </dev/null
	utrace report "$tmp/data" | calls_of_the_program >"$tmp/mine"
	calls_of_the_program <"$tmp/strace" >"$tmp/its"
	[ "$(wc -l <"$tmp/its")" -gt 150 ]
	diff "$tmp/its" "$tmp/mine"
}

ktap_run "$@" -- \
	scalars_are_printed_as_by_strace
