#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# "utrace block": what becomes of calls that it holds.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"
export LC_ALL=C

denied_call_fails_with_the_error() {
	local status=0

	utrace block -e mkdir --deny EDQUOT -- mkdir "$tmp/new" 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	expect 1 $status
	grep -q 'Disk quota exceeded' "$tmp/err"
	[ ! -d "$tmp/new" ]
	no utrace block -e mkdir --deny 28 -- mkdir "$tmp/new" 2>"$tmp/err"
	grep -q 'No space left on device' "$tmp/err"
	nothing_attached
}

injected_result_is_that_of_the_call() {
	expect 4242 "$(utrace block -e geteuid --inject 4242 -- id -u)"
}

delayed_call_is_made_later() {
	local begin=${EPOCHREALTIME/.}

	utrace block -e mkdir --delay 300 -- mkdir "$tmp/new"
	[ -d "$tmp/new" ]
	[ $((${EPOCHREALTIME/.} - begin)) -ge 280000 ]
}

children_are_held_with_f_only() {
	utrace block -e mkdir --deny EPERM -- sh -c "mkdir $tmp/one; :"
	[ -d "$tmp/one" ]
	utrace block -f -e mkdir --deny EPERM -- sh -c "mkdir $tmp/two; :" 2>"$tmp/err"
	[ ! -d "$tmp/two" ]
	grep -q 'Operation not permitted' "$tmp/err"
}

script_says_line_by_line_what_is_done() {
	cat >"$tmp/script" <<-END
	# The first two are those of the dynamic linker.
	openat when=3 deny EIO
	%file when=100+2 kill	# never

	mkdir,rmdir deny EROFS
	geteuid inject 77
	END
	echo content >"$tmp/file"
	no utrace block --script "$tmp/script" -- cat "$tmp/file" "$tmp/file" >"$tmp/out" 2>"$tmp/err"
	cat "$tmp/err"
	grep -q 'Input/output error' "$tmp/err"
	expect content "$(cat "$tmp/out")"
	no utrace block --script "$tmp/script" -- mkdir "$tmp/new" 2>"$tmp/err"
	grep -q 'Read-only file system' "$tmp/err"
	expect 77 "$(utrace block --script "$tmp/script" -- id -u)"
}

killed_command_is_a_command_that_was_killed() {
	local status=0

	echo 'mkdir kill' >"$tmp/script"
	utrace block --script "$tmp/script" -- mkdir "$tmp/new" || status=$?
	expect 137 $status
	[ ! -d "$tmp/new" ]
}

running_process_is_left_as_it_was() {
	mkfifo "$tmp/go"
	sh -c "while read line; do mkdir $tmp/\$line; done" <>"$tmp/go" &
	local shell=$!
	is_attached() { grep -q "^$shell " /proc/utrace/tasks; }
	utrace block -f -e mkdir --deny EPERM -p $shell &
	wait_for is_attached
	echo one >"$tmp/go"
	kill -INT $!
	wait $! || :
	nothing_attached
	echo two >"$tmp/go"
	wait_for [ -d "$tmp/two" ]
	kill $shell
}

mistake() { # WORD OPTION...
	local word=$1 status=0
	shift

	utrace block "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	[ $status -ne 0 ]
	grep -q -- "$word" "$tmp/err"
	[ ! -s "$tmp/out" ]
	nothing_attached
}

mistakes_are_told() {
	local line

	mistake 'what to do' -e mkdir -- true
	mistake 'which calls' --deny EPERM -- true
	mistake 'not an error' -e mkdir --deny EWHAT -- true
	mistake 'not an error' -e mkdir --deny 0 -- true
	mistake 'not milliseconds' -e mkdir --delay -1 -- true
	mistake 'not a number' -e mkdir --inject x -- true
	mistake 'one of' -e mkdir --deny EPERM --delay 5 -- true
	mistake 'nothing to write' -e mkdir --deny EPERM -o "$tmp/data" -- true
	mistake 'No such file' --script "$tmp/script" -- true
	: >"$tmp/script"
	mistake 'nothing in it' --script "$tmp/script" -- true
	for line in 'nonsense run' 'mkdir' 'mkdir what' 'mkdir run 1' 'mkdir deny' \
		    'mkdir when=0 run' 'mkdir when=3..2 run' 'mkdir run 1 2' '!mkdir run'; do
		echo "$line" >"$tmp/script"
		mistake "$tmp/script:1:" --script "$tmp/script" -- true
	done
}

ktap_run "$@" -- \
	denied_call_fails_with_the_error \
	injected_result_is_that_of_the_call \
	delayed_call_is_made_later \
	children_are_held_with_f_only \
	script_says_line_by_line_what_is_done \
	killed_command_is_a_command_that_was_killed \
	running_process_is_left_as_it_was \
	mistakes_are_told
