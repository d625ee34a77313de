#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# gdb(1) and strace(1), as they come from Debian, on a program that the recorder
# records: they say what they say alone, and the record is complete.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

# gdb_says COMMAND...: into $tmp/gdb; record_gdb COMMAND...: gdb and all that it starts.
gdb_command() { # ARGUMENT COMMAND...
	local c argument=$1
	shift

	gdb=(gdb -nx -nh -batch)
	for c; do
		gdb+=(-ex "$c")
	done
	gdb+=("$argument")
}

gdb_says() {
	gdb_command "$here/debuggee" "$@"
	"${gdb[@]}" >"$tmp/gdb" 2>&1 || :
	cat "$tmp/gdb"
}

record_gdb() {
	gdb_command "$here/debuggee" "$@"
	utrace record -q -f -b 16m -o "$tmp/data" -- "${gdb[@]}" >"$tmp/gdb" 2>&1 || :
	cat "$tmp/gdb"
}

# The record has all the program did, and how it ended.
record_is_complete() {
	local n

	utrace report "$tmp/data" >"$tmp/text"
	grep 'getsid([1-5])\|clone(' "$tmp/text"
	no grep -q 'clone(.*ENOSYS' "$tmp/text"
	for n in 1 2 3 4 5; do
		expect 1 "$(grep -c "getsid($n) *= [0-9]" "$tmp/text")"
	done
	no grep -q ' lost ' "$tmp/text"
}

# The program is recorded from its first instruction on.
gdb_breaks_steps_and_watches_in_a_recorded_program() {
	record_gdb 'set confirm off' 'break main' 'run' 'bt' 'break work' 'continue' 'bt' \
		'print n' 'step' 'watch answer' 'continue' 'print answer' \
		'delete' 'set can-use-hw-watchpoints 0' 'break work' 'continue' 'watch answer' \
		'continue' 'print answer' 'delete' 'continue'
	grep -q '^Breakpoint 1, .*main' "$tmp/gdb"
	grep -q '^#0 .*main (' "$tmp/gdb"
	grep -q '^Breakpoint 2, .*work (n=.*1)' "$tmp/gdb"
	grep -q '^#1 .* in main (' "$tmp/gdb"
	grep -q '^\$1 = 1' "$tmp/gdb"
	grep -q '^Hardware watchpoint' "$tmp/gdb"
	grep -q '^New value = 1' "$tmp/gdb"
	grep -q '^\$2 = 1' "$tmp/gdb"
	# The second time by single steps.
	grep -q '^Watchpoint' "$tmp/gdb"
	grep -q '^New value = 3' "$tmp/gdb"
	grep -q '^\$3 = 3' "$tmp/gdb"
	grep -q 'exited with code 052' "$tmp/gdb"
	record_is_complete
	expect 1 "$(grep -c '+++ exited with 42 +++' "$tmp/text")"
	expect 1 "$(grep -c '+++ exited with 3 +++' "$tmp/text")"
}

start_debuggee() {
	mkfifo "$tmp/go"
	"$here/debuggee" wait <"$tmp/go" &
	debuggee=$!
	exec 9>"$tmp/go"
	in_read() { grep -q '^0 ' "/proc/$debuggee/syscall"; }
	wait_for in_read
}

is_listed() { grep -q "^$1 " /proc/utrace/tasks; }
is_ptraced() { grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$1/status"; }

start_recorder() { # PID
	utrace record -q -f -o "$tmp/data" -p "$1" 2>"$tmp/record-err" 9>&- &
	recorder=$!
	wait_for is_listed "$1"
}

expect_status() { # STATUS PID
	local status=0

	wait "$2" || status=$?
	expect "$1" $status
}

gdb_attaches_to_and_detaches_from_a_recorded_program() {
	start_debuggee
	start_recorder "$debuggee"
	# In its read; it goes on when gdb has left.
	gdb_says "attach $debuggee" 'bt' 'print answer' 'break work' 'detach'
	grep -q '^#. .*main (' "$tmp/gdb"
	grep -q '^\$1 = 0' "$tmp/gdb"
	grep -qi 'detach' "$tmp/gdb"
	no is_ptraced "$debuggee"
	echo >&9
	expect_status 42 "$debuggee"
	wait "$recorder"
	record_is_complete
}

# From the line on that lets it go: the same calls in the same order.
calls_from_getsid() { # FILE: names of the calls of the first process
	grep -v -e '^+++' -e '---' -e '<\.\.\. .* resumed' "$1" |
		grep -o '\b[a-z_0-9]*(' | tr -d '(' | sed -n '/^getsid$/,$p' | xargs
}

recorder_and_strace_have_the_same_calls_of_a_task() {
	local straced recorded strace

	start_debuggee
	strace -o "$tmp/strace" -p "$debuggee" 2>/dev/null 9>&- &
	strace=$!
	wait_for is_ptraced "$debuggee"
	wait_for in_read
	utrace record -q -o "$tmp/data" -p "$debuggee" 9>&- &
	recorder=$!
	wait_for is_listed "$debuggee"
	echo >&9
	expect_status 42 "$debuggee"
	wait "$recorder"
	wait "$strace" || :
	utrace report "$tmp/data" >"$tmp/text"
	cat "$tmp/strace" "$tmp/text"
	straced=$(calls_from_getsid "$tmp/strace")
	recorded=$(calls_from_getsid "$tmp/text")
	expect 'getsid getsid getsid getsid getsid clone wait4 exit_group' "$straced"
	expect "$straced" "$recorded"
	expect 5 "$(grep -c 'getsid([1-5]) *= 0' "$tmp/strace")"
	expect 5 "$(grep -c 'getsid([1-5]) *= 0' "$tmp/text")"
	grep -q '^+++ exited with 42 +++' "$tmp/strace"
	grep -q '+++ exited with 42 +++' "$tmp/text"
}

# strace runs the program, and both are recorded.
strace_of_a_recorded_command_has_its_status_and_calls() {
	local status=0

	utrace record -q -f -b 16m -o "$tmp/data" -- \
		strace -f -o "$tmp/strace" "$here/debuggee" || status=$?
	cat "$tmp/strace"
	expect 42 $status
	expect 5 "$(grep -c 'getsid([1-5]) *= 0' "$tmp/strace")"
	grep -q '+++ exited with 42 +++' "$tmp/strace"
	grep -q '+++ exited with 3 +++' "$tmp/strace"
	record_is_complete
}

ktap_run "$@" -- \
	gdb_breaks_steps_and_watches_in_a_recorded_program \
	gdb_attaches_to_and_detaches_from_a_recorded_program \
	recorder_and_strace_have_the_same_calls_of_a_task \
	strace_of_a_recorded_command_has_its_status_and_calls
