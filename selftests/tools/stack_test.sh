#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# User call chains: --stack, and what is made of them.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

chain=$here/chain

# The names below a line, as far as they are known.
names_below() { # PATTERN
	sed -n "/$1/,/^[^ ]/p" | sed -n 's/^ > .*(\(.*\)+0x[0-9a-f]*) \[0x[0-9a-f]*\]$/\1/p' | xargs
}

chain_is_printed_below_its_call() {
	utrace record -q --stack -o "$tmp/data" -- "$chain" || :
	utrace report "$tmp/data" >"$tmp/text"
	# libc sets up no frame for a call, but its unwind table tells.
	names_below '^getppid' <"$tmp/text" | grep -x '.*getppid inner middle outer main.*'
	grep -F " > $chain(outer+0x" "$tmp/text"
	# The offset is that of the file: objdump -d has it as an address.
	grep -E "^ > [^ ]*/libc.so.6\(.*getppid\+0x[0-9a-f]+\) \[0x[0-9a-f]+\]$" "$tmp/text"
}

live_trace_has_it_too() {
	utrace trace --stack -o "$tmp/text" -- "$chain" || :
	names_below '^getppid' <"$tmp/text" | grep -x '.*getppid inner middle outer main.*'
}

signal_has_the_chain_of_where_it_is_taken() {
	utrace record -q --stack -o "$tmp/data" -- "$chain" || :
	utrace report "$tmp/data" >"$tmp/text"
	names_below '^--- SIGSEGV' <"$tmp/text" | grep -x 'die main.*'
}

deep_chain_is_cut_and_says_so() {
	utrace record -q --stack=5 -o "$tmp/data" -- "$chain" || :
	utrace report "$tmp/data" >"$tmp/text"
	# The one that libc hides is not counted.
	expect '__getpgrp recurse recurse recurse recurse recurse' \
		"$(names_below '^getpgrp\|^getpgid' <"$tmp/text" | sed 's/[a-z_]*getpg[a-z]*/__getpgrp/')"
	sed -n '/^getpg/,/^[^ ]/p' "$tmp/text" | grep -x ' > \.\.\.'
	# By default it is as deep as perf's.
	utrace record -q --stack -o "$tmp/data" -- "$chain" || :
	utrace report "$tmp/data" | names_below '^getpg' | wc -w >"$tmp/words"
	expect 128 "$(cat "$tmp/words")"
}

place_in_the_file_is_told_if_there_is_no_name() {
	utrace record -q --stack -o "$tmp/data" -- true
	utrace report "$tmp/data" >"$tmp/text"
	# The loader, and programs, are stripped of what others do not link to.
	grep -E '^ > /[^ ]*\(\) \[0x[0-9a-f]+\]$' "$tmp/text"
}

children_and_programs_have_mappings_of_their_own() {
	# shellcheck disable=SC2016 # the shell that is traced
	utrace record -q -f --stack -o "$tmp/data" -- sh -c '"$0"; "$0"; exec "$0"' "$chain" || :
	utrace report "$tmp/data" >"$tmp/text"
	expect 3 "$(grep -c '(inner+0x' "$tmp/text")"
}

nothing_is_taken_unless_it_is_asked_for() {
	utrace record -q -o "$tmp/data" -- "$chain" || :
	utrace report "$tmp/data" >"$tmp/text"
	grep -q '^getppid' "$tmp/text"
	no grep '^ > ' "$tmp/text"
}

json_has_the_chain() {
	utrace record -q --stack -o "$tmp/data" -- "$chain" || :
	utrace convert --to json -o "$tmp/json" "$tmp/data"
	"$here/check_converted.py" json "$tmp/json" "$here/trace.schema.json"
	grep '"name":"getppid"' "$tmp/json" | grep -o '"symbol":"[a-z]*"' | xargs >"$tmp/names"
	grep 'symbol:inner symbol:middle symbol:outer symbol:main' "$tmp/names"
	# The others step over what they have no place for.
	utrace convert --to perfetto -o "$tmp/perfetto" "$tmp/data"
	python3 -m json.tool "$tmp/perfetto" >/dev/null
	utrace convert --to ctf -o "$tmp/ctf" "$tmp/data"
	babeltrace2 "$tmp/ctf" >"$tmp/events" 2>"$tmp/err"
	expect '' "$(cat "$tmp/err")"
}

ktap_run "$@" -- \
	chain_is_printed_below_its_call \
	live_trace_has_it_too \
	signal_has_the_chain_of_where_it_is_taken \
	deep_chain_is_cut_and_says_so \
	place_in_the_file_is_told_if_there_is_no_name \
	children_and_programs_have_mappings_of_their_own \
	nothing_is_taken_unless_it_is_asked_for \
	json_has_the_chain
