#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A fault has shut ftrace down, and our hooks stay bound for good: unloading the
# core must never end, and the machine live on. One test after the other, in a
# boot of their own: selftests/vm/run --stuck rmmod
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"
modules=${UTRACE_MODULES:-/utrace/modules}

# What one test leaves for the next.
state=/run/ftrace_dead
saved() { cat "$state/$1" 2>/dev/null; }

tracing_goes_on_without_ftrace() {
	insmod "$modules/utrace.ko"
	insmod "$modules/utrace_record.ko"
	insmod "$modules/test_ftrace_kill.ko"
	utrace record -q -f -o "$tmp/data" -- sh -c '/bin/true; kill -0 $$; exit 0'
	utrace report "$tmp/data" >"$tmp/text"
	tail "$tmp/text"
	grep -q 'execve("/bin/true"' "$tmp/text"
	grep -q 'kill(.* = 0$' "$tmp/text"
	expect 2 "$(grep -c '+++ exited with 0 +++' "$tmp/text")"
}

start_reader() { # a shell that runs a program when it gets a line
	mkdir "$state"
	mkfifo "$state/go"
	sh -c "sh -c 'echo \$\$ >$state/reader; read line; /bin/true && exit 7' <>$state/go
	       echo \$? >$state/status" &
	in_read() { grep -qs '^0 ' "/proc/$(saved reader)/syscall"; }
	wait_for in_read
}

trace_reader() {
	is_traced() { grep -q "^$(saved reader) " /proc/utrace/tasks; }
	utrace record -q -f -o "$tmp/data" -p "$(saved reader)" &
	wait_for is_traced
	kill -INT $!
	wait $! || :
}

unloading_the_core_never_ends() {
	start_reader
	trace_reader
	rmmod utrace_record
	rmmod utrace &
	echo $! >"$state/rmmod"
	says_why() { dmesg | grep -q 'utrace: ftrace has been shut down by a fault (-19)'; }
	stays() { grep '^State:.I' "/proc/$(saved rmmod)/status"; }
	wait_for says_why
	wait_for stays
	grep '^utrace .* Unloading ' /proc/modules
}

who_was_traced_runs_on() {
	echo >"$state/go"
	wait_for test -s "$state/status"
	expect 7 "$(saved status)"
}

new_programs_run() {
	local i

	for i in 1 2 3 4 5 6 7 8; do
		expect "$i" "$(sh -c "/bin/true; echo $i; kill -KILL \$\$" || :)"
	done
	strace -f -o "$tmp/text" sh -c '/bin/true; exit 0'
	expect 2 "$(grep -c '+++ exited with 0 +++' "$tmp/text")"
}

ktap_run "$@" -- \
	tracing_goes_on_without_ftrace \
	unloading_the_core_never_ends \
	who_was_traced_runs_on \
	new_programs_run
