#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a user can get wrong: one line on standard error, a status that is not
# zero, and nothing left attached.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

# mistake WORD COMMAND...: refused, in one line that has WORD in it.
mistake() {
	local word=$1 status=0
	shift

	"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	echo "\$ $*: status $status"
	cat "$tmp/err"
	[ $status -ne 0 ]
	[ $status -lt 128 ]
	expect 1 "$(wc -l <"$tmp/err")"
	grep -qi -- "$word" "$tmp/err"
	[ ! -e /proc/utrace/tasks ] || nothing_attached
}

dead_pid() {
	true &
	local pid=$!

	wait $pid
	echo $pid
}

pid_that_is_not_there() {
	mistake 'no such process' utrace record -o "$tmp/data" -p "$(dead_pid)"
	mistake 'no such process' utrace trace -p "$(dead_pid)"
}

pid_that_is_none() {
	mistake 'process id' utrace record -o "$tmp/data" -p 12x
	mistake 'process id' utrace record -o "$tmp/data" -p ''
	mistake 'process id' utrace record -o "$tmp/data" -p -1
	mistake 'process id' utrace record -o "$tmp/data" -p 0
	mistake 'process id' utrace record -o "$tmp/data" -p 99999999999999999999
}

process_that_is_a_zombie() {
	# The sleep never waits for the child that it inherits.
	sh -c 'true & exec sleep 60' &
	local parent=$! zombie=
	has_zombie() {
		zombie=$(tr -d ' ' <"/proc/$parent/task/$parent/children")
		[ -n "$zombie" ] && grep -q '^State:.Z' "/proc/$zombie/status"
	}
	wait_for has_zombie
	mistake 'no such process' utrace record -o "$tmp/data" -p "$zombie"
	kill $parent
}

kernel_thread() {
	mistake 'kernel thread' utrace record -o "$tmp/data" -p 2
}

one_good_pid_and_one_bad() {
	sleep 60 &
	mistake 'no such process' utrace record -o "$tmp/data" -p $! -p "$(dead_pid)"
	kill $!
}

user_without_permission() {
	sleep 60 &
	mistake . setpriv --reuid 65534 --regid 65534 --clear-groups \
		utrace record -o /dev/null -p $!
	mistake . setpriv --reuid 65534 --regid 65534 --clear-groups utrace record -o /dev/null -- true
	kill $!
}

unknown_option() {
	mistake "unknown option" utrace record --nonsense -- true
	mistake "unknown option" utrace record -Z -- true
	mistake "unknown option" utrace report -Z
	mistake "unknown option" utrace --nonsense
}

unknown_command() {
	mistake nonsense utrace nonsense
}

nothing_to_trace() {
	mistake 'what to trace' utrace record -o "$tmp/data"
}

ring_size_that_is_none() {
	for size in 0 1 4095 5000 2048m x ''; do
		mistake "-b" utrace record -b "$size" -o "$tmp/data" -- true
	done
}

policy_that_makes_no_sense() {
	mistake 'for record' utrace trace --overwrite true
	mistake 'milliseconds' utrace record --block-timeout soon true
	mistake 'for --block' utrace record --block-timeout 5 --discard true
	mistake '--overwrite=5 takes no value' utrace record --overwrite=5 true
	mistake '--block-timeout needs a value' utrace record --block-timeout
}

command_that_is_not_there() {
	mistake nonsense utrace record -o "$tmp/data" -- /nonexistent/nonsense
	mistake nonsense utrace record -o "$tmp/data" -- nonsense-that-is-not-there
}

output_that_cannot_be_written() {
	mistake . utrace record -o /nonexistent/data -- true
	mistake . utrace record -q -o /dev/full -- true
}

file_that_is_not_there() {
	mistake 'no such file' utrace report "$tmp/nothing"
}

file_that_is_empty() {
	: >"$tmp/empty"
	mistake . utrace report "$tmp/empty"
}

file_that_is_no_trace() {
	mistake . utrace report /bin/true
	mistake . utrace report /etc/passwd
	mistake . utrace report /etc
}

file_that_was_cut() {
	local size cut

	utrace record -q -o "$tmp/data" -- true
	size=$(stat -c %s "$tmp/data")
	for cut in 4 17 63 200 $((size / 2)) $((size - 8)) $((size - 1)); do
		head -c $cut "$tmp/data" >"$tmp/cut"
		mistake . utrace report "$tmp/cut"
	done
}

file_that_is_damaged() {
	utrace record -q -o "$tmp/data" -- true
	dd if=/dev/urandom of="$tmp/data" bs=1 seek=$(($(stat -c %s "$tmp/data") - 200)) \
		count=100 conv=notrunc status=none
	local status=0
	utrace report "$tmp/data" >/dev/null 2>&1 || status=$?
	[ $status -lt 128 ]
}

module_that_is_not_loaded() {
	rmmod utrace_record
	trap 'insmod "${UTRACE_MODULES:-/utrace/modules}/utrace_record.ko"' EXIT
	mistake 'utrace_record' utrace record -o "$tmp/data" -- true
	no utrace check >"$tmp/check"
	grep -q '^no ' "$tmp/check"
}

# And what is right.
check_says_that_one_can_trace() {
	utrace check | tee "$tmp/check"
	no grep -q '^no ' "$tmp/check"
}

help_goes_to_standard_output() {
	local c

	for c in '' record report trace stat convert check list; do
		# shellcheck disable=SC2086 # none is none
		utrace $c --help >"$tmp/out" 2>"$tmp/err"
		grep -q '^Usage: utrace' "$tmp/out"
		expect '' "$(cat "$tmp/err")"
	done
}

list_shows_who_is_traced() {
	sleep 60 &
	local sleeper=$!
	utrace record -q -o "$tmp/data" -p $sleeper &
	listed() { utrace list | grep -q "\b$sleeper\b"; }
	wait_for listed
	kill $sleeper
	wait
	nothing_attached
}

ktap_run "$@" -- \
	check_says_that_one_can_trace \
	help_goes_to_standard_output \
	list_shows_who_is_traced \
	pid_that_is_not_there \
	pid_that_is_none \
	process_that_is_a_zombie \
	kernel_thread \
	one_good_pid_and_one_bad \
	user_without_permission \
	unknown_option \
	unknown_command \
	nothing_to_trace \
	ring_size_that_is_none \
	policy_that_makes_no_sense \
	command_that_is_not_there \
	output_that_cannot_be_written \
	file_that_is_not_there \
	file_that_is_empty \
	file_that_is_no_trace \
	file_that_was_cut \
	file_that_is_damaged \
	module_that_is_not_loaded
