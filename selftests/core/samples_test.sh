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

ktap_run "$@" -- \
	hello_tells_the_first_calls_and_leaves \
	hello_tells_the_exit \
	hello_to_nobody_is_refused \
	count_calls_counts_the_children_too \
	count_calls_leaves_when_told_to
