#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The language of -e, compared with that of strace.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

names() { sed -n 's/^\([a-z0-9_]*\)(.*/\1/p'; }

# What a program that does a bit of everything is seen to do.
same_names_as_strace() { # EXPRESSION
	strace -e "$1" -o "$tmp/strace" "$here/decode" </dev/null
	utrace report -e "$1" "$tmp/data" | names >"$tmp/mine"
	names <"$tmp/strace" >"$tmp/its"
	echo "-e $1: $(wc -l <"$tmp/its") calls"
	diff "$tmp/its" "$tmp/mine"
}

record() { utrace record -q -o "$tmp/data" -- "$here/decode" </dev/null; }

classes_are_those_of_strace() {
	local class

	record
	for class in file process network signal ipc desc memory creds clock fstat pure; do
		same_names_as_strace "trace=%$class"
		[ "$class" != file ] || [ "$(wc -l <"$tmp/mine")" -gt 10 ]
	done
}

calls_are_chosen_as_by_strace() {
	local e

	record
	for e in trace=openat,close '!fcntl' trace='!%desc,%file' /^get '!/^get' '?nonsense,read' \
		 none 8; do
		same_names_as_strace "$e"
	done
}

calls_are_chosen_by_how_they_end() {
	local e

	record
	for e in status=failed 'status=!failed'; do
		same_names_as_strace "$e"
	done
}

what_is_not_wanted_is_not_recorded() {
	utrace record -q -e /^getp -o "$tmp/data" -- "$here/../record/burst" 10
	utrace report "$tmp/data" | names >"$tmp/mine"
	sort "$tmp/mine" | uniq -c
	expect 10 "$(grep -c getppid "$tmp/mine")"
	no grep -v '^getp' "$tmp/mine"
	utrace record -q -e '!getppid,%memory' -o "$tmp/data" -- "$here/../record/burst" 10
	utrace report "$tmp/data" | names >"$tmp/mine"
	no grep '^getppid\|^mmap' "$tmp/mine"
	grep -q '^execve' "$tmp/mine"
	grep -q '^openat' "$tmp/mine"
}

# But for the one that lets a command of utrace's begin.
signals() { sed -n '/--- SIGCONT/d; s/.*\(--- SIG[A-Z0-9]*\|+++ killed by SIG[A-Z]*\) .*/\1/p' | sort; }

signals_are_chosen_as_by_strace() {
	local e command='trap "echo caught" USR1; kill -USR1 $$; kill -URG $$; sh -c "kill -9 \$\$"; true'

	utrace record -q -f --ignored-signals -o "$tmp/data" -- sh -c "$command"
	utrace report "$tmp/data" | signals >"$tmp/mine"
	expect 4 "$(grep -c . "$tmp/mine")"
	for e in signal=USR1 'signal=!usr1' signal=SIGKILL,17 signal=none 'signal=!none'; do
		strace -f -e "$e" -o "$tmp/strace" sh -c "$command"
		signals <"$tmp/strace" >"$tmp/its"
		echo "-e $e: $(wc -l <"$tmp/its") signals"
		utrace report -e "$e" "$tmp/data" | signals | diff "$tmp/its" -
		utrace trace -q -f --ignored-signals -e "$e" -o "$tmp/text" -- sh -c "$command"
		signals <"$tmp/text" | diff "$tmp/its" -
	done
}

ktap_run "$@" -- \
	classes_are_those_of_strace \
	calls_are_chosen_as_by_strace \
	calls_are_chosen_by_how_they_end \
	what_is_not_wanted_is_not_recorded \
	signals_are_chosen_as_by_strace
