#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The samples print what they promise, and go.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"
modules=${UTRACE_MODULES:-/utrace/modules}

mark_log() { echo "utrace selftest: mark $$" >/dev/kmsg; }
since_mark() { dmesg | sed -n "/utrace selftest: mark $$\$/,\$p" | sed 's/^\[[^]]*\] //'; }
logged() { since_mark | grep -q -- "$1"; }

start_reader() { # COMMAND: a shell that runs it when it gets a line
	mkfifo "$tmp/go"
	sh -c "read line; $1" <"$tmp/go" &
	reader=$!
	exec 9>"$tmp/go"
	in_read() { grep -q '^0 ' "/proc/$reader/syscall"; }
	wait_for in_read
}

hello_tells_the_first_calls_and_leaves() {
	mark_log
	start_reader 'i=0; while [ $i -lt 20 ]; do kill -0 $$; i=$((i + 1)); done; read line'
	insmod "$modules/utrace_sample_hello.ko" pid=$reader limit=3
	logged "utrace_sample_hello: hello sh ($reader)"
	no rmmod utrace_sample_hello
	echo >&9
	wait_for logged "that will do, good-bye sh"
	since_mark
	expect 3 "$(since_mark | grep -c "utrace_sample_hello: $reader makes call ")"
	wait_for rmmod utrace_sample_hello
	echo >&9
	wait $reader
}

hello_tells_the_exit() {
	mark_log
	start_reader 'exit 7'
	insmod "$modules/utrace_sample_hello.ko" pid=$reader limit=1000
	echo >&9
	wait $reader || :
	since_mark
	logged "utrace_sample_hello: $reader exits with status 7"
	wait_for rmmod utrace_sample_hello
}

hello_to_nobody_is_refused() {
	no insmod "$modules/utrace_sample_hello.ko"
	no insmod "$modules/utrace_sample_hello.ko" pid=2
}

count_calls_counts_the_children_too() {
	mark_log
	start_reader '/bin/true; /bin/true'
	insmod "$modules/utrace_sample_count_calls.ko" pid=$reader
	echo >&9
	wait $reader
	since_mark
	expect 2 "$(since_mark | grep -c 'utrace_sample_count_calls: true ([0-9]*) made [0-9]* calls')"
	logged "utrace_sample_count_calls: sh ($reader) made [1-9]"
	wait_for rmmod utrace_sample_count_calls
}

count_calls_leaves_when_told_to() {
	mark_log
	start_reader 'while :; do kill -0 $$; done'
	insmod "$modules/utrace_sample_count_calls.ko" pid=$reader
	echo >&9
	no rmmod utrace_sample_count_calls
	echo 1 >/sys/module/utrace_sample_count_calls/parameters/leave
	wait_for rmmod utrace_sample_count_calls
	kill -0 $reader
	kill $reader
}

is_in_state() { [ "$(sed 's/.*) //' "/proc/$1/stat" | cut -c1)" = "$2" ]; }

stop_on_crash_holds_a_child_until_let_go() {
	mark_log
	start_reader "sh -c 'kill -SEGV \$\$'; echo \$? >$tmp/status; read line"
	insmod "$modules/utrace_sample_stop_on_crash.ko" pid=$reader
	echo >&9
	wait_for logged "utrace_sample_stop_on_crash: sh ([0-9]*) is held: signal 11, ip 0x"
	since_mark
	child=$(since_mark | sed -n 's/.* sh (\([0-9]*\)) is held.*/\1/p')
	no expect "$reader" "$child"
	wait_for is_in_state "$child" t
	# It is all there yet.
	grep -q stack "/proc/$child/maps"
	grep -q "^$child .* stop_on_crash .* stopped" /proc/utrace/tasks
	echo "$child" >/sys/module/utrace_sample_stop_on_crash/parameters/let_go
	wait_for [ -s "$tmp/status" ]
	expect 139 "$(cat "$tmp/status")"
	no rmmod utrace_sample_stop_on_crash
	echo 0 >/sys/module/utrace_sample_stop_on_crash/parameters/let_go
	wait_for rmmod utrace_sample_stop_on_crash
	echo >&9
	wait $reader
}

stop_on_crash_holds_until_sigkill() {
	start_reader 'kill -TERM $$'
	insmod "$modules/utrace_sample_stop_on_crash.ko" pid=$reader
	echo >&9
	wait_for is_in_state "$reader" t
	kill -KILL "$reader"
	wait $reader && return 1
	wait_for rmmod utrace_sample_stop_on_crash
}

stop_on_crash_lets_all_go_when_it_leaves() {
	mark_log
	start_reader 'kill -TERM $$'
	insmod "$modules/utrace_sample_stop_on_crash.ko" pid=$reader
	echo >&9
	wait_for is_in_state "$reader" t
	no eval 'echo 1 2>&1 >/sys/module/utrace_sample_stop_on_crash/parameters/let_go'
	is_in_state "$reader" t
	echo 0 >/sys/module/utrace_sample_stop_on_crash/parameters/let_go
	local status=0
	wait $reader || status=$?
	expect 143 $status
	wait_for rmmod utrace_sample_stop_on_crash
}

stop_on_crash_lets_pass_what_has_a_handler_or_does_no_harm() {
	start_reader 'trap "echo caught" TERM; kill -TERM $$; kill -CHLD $$; kill -CONT $$; exit 5'
	insmod "$modules/utrace_sample_stop_on_crash.ko" pid=$reader
	echo >&9
	local status=0
	wait $reader || status=$?
	expect 5 $status
	wait_for rmmod utrace_sample_stop_on_crash
}

deny_call_fails_the_call_with_the_errno() {
	mark_log
	# 95 is umask, which cannot fail; 62 is kill.
	start_reader "kill -0 \$\$ 2>$tmp/err; echo \$? >$tmp/status; umask 0"
	insmod "$modules/utrace_sample_deny_call.ko" pid=$reader nr=62 errno=28
	echo >&9
	wait $reader
	since_mark
	expect 1 "$(cat "$tmp/status")"
	grep -q 'No space left on device' "$tmp/err"
	logged "utrace_sample_deny_call: sh ($reader) is denied call 62"
	no logged "is denied call 95"
	wait_for rmmod utrace_sample_deny_call
}

deny_call_holds_for_children_until_it_leaves() {
	mark_log
	start_reader "mkdir $tmp/new || mkdir $tmp/new; echo \$? >$tmp/status; read line; mkdir $tmp/new"
	insmod "$modules/utrace_sample_deny_call.ko" pid=$reader nr=83
	echo >&9
	wait_for [ -s "$tmp/status" ]
	since_mark
	expect 1 "$(cat "$tmp/status")"
	expect 2 "$(since_mark | grep -c 'utrace_sample_deny_call: mkdir ([0-9]*) is denied call 83')"
	no rmmod utrace_sample_deny_call
	echo 1 >/sys/module/utrace_sample_deny_call/parameters/leave
	echo >&9
	wait $reader
	[ -d "$tmp/new" ]
	wait_for rmmod utrace_sample_deny_call
}

deny_call_refuses_nonsense() {
	start_reader 'read line'
	no insmod "$modules/utrace_sample_deny_call.ko" pid=$reader
	no insmod "$modules/utrace_sample_deny_call.ko" pid=$reader nr=62 errno=0
	no insmod "$modules/utrace_sample_deny_call.ko" pid=$reader nr=62 errno=4096
	no insmod "$modules/utrace_sample_deny_call.ko" nr=62
	kill "$reader"
}

two_engines_tell_their_order_and_merge() {
	mark_log
	start_reader "kill -0 \$\$ 2>$tmp/err; read line"
	insmod "$modules/utrace_sample_two_engines.ko" pid=$reader
	no rmmod utrace_sample_two_engines
	echo >&9
	wait_for logged "report: near leaves"
	expect "entry of 62: near is told RESUME, aborts it, wants REPORT
entry of 62: far is told REPORT, finds it aborted
exit of 62: far sees the result -1
exit of 62: near sees the result -1
report: far leaves
report: near leaves" "$(since_mark | sed -n 's/^utrace_sample_two_engines: //p')"
	wait_for [ -s "$tmp/err" ]
	grep -q 'Operation not permitted' "$tmp/err"
	wait_for rmmod utrace_sample_two_engines
	echo >&9
	wait $reader
}

ktap_run "$@" -- \
	hello_tells_the_first_calls_and_leaves \
	hello_tells_the_exit \
	hello_to_nobody_is_refused \
	count_calls_counts_the_children_too \
	count_calls_leaves_when_told_to \
	stop_on_crash_holds_a_child_until_let_go \
	stop_on_crash_holds_until_sigkill \
	stop_on_crash_lets_all_go_when_it_leaves \
	stop_on_crash_lets_pass_what_has_a_handler_or_does_no_harm \
	deny_call_fails_the_call_with_the_errno \
	deny_call_holds_for_children_until_it_leaves \
	deny_call_refuses_nonsense \
	two_engines_tell_their_order_and_merge
