#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Paths of descriptors, -y, compared with what strace asks of /proc.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

# Only calls without other memory than paths, of files that no link leads to.
comparable() { sed 's/^[0-9]* *//' | grep -E '^(openat|close|dup2|fcntl|lseek|fadvise64|mmap)\(' | grep -v '/lib\|pipe:' |
	sed 's/0x[0-9a-f]*/0x/g; s/  */ /g'; }

paths_are_those_of_strace() {
	local script='exec 5</etc/passwd; cat <&5; cd /usr; cat /etc/group nothing; ls share >/dev/null
		exec 6>'$tmp/out'; exec 7>&6 6>&-; (cd /; cat /etc/hosts >&7); cat /etc/hostname'

	# A file for each process: in one, strace would break lines where it switches.
	strace -ff -y -o "$tmp/strace" sh -c "$script" </dev/null >/dev/null 2>&1
	utrace record -f -q -o "$tmp/data" -- sh -c "$script" </dev/null >/dev/null 2>&1
	# By process, in the order of their creation: their lines may mix.
	find "$tmp" -name 'strace.*' | sort -V | xargs cat | comparable >"$tmp/its"
	utrace report -y "$tmp/data" | sort -s -n -k1,1 | comparable >"$tmp/mine"
	grep -q 'close(3</etc/group>)' "$tmp/its"
	grep -q 'close(6</.*/out>)' "$tmp/its"
	diff "$tmp/its" "$tmp/mine"
}

start_burst() {
	mkfifo "$tmp/go"
	(cd /usr && exec "$here/../record/burst" <"$tmp/go") &
	burst=$!
	exec 9>"$tmp/go"
}

is_listed() { # PID
	grep -q "^$1 " /proc/utrace/tasks
}

what_a_process_had_open_before_is_known_too() {
	local tracer

	start_burst
	utrace trace -y -o "$tmp/live" -p $burst &
	tracer=$!
	utrace record -q -o "$tmp/data" -p $burst &
	two_engines() { [ "$(grep -c "^$burst " /proc/utrace/tasks)" = 2 ]; }
	wait_for two_engines
	printf 1q >&9
	wait $burst $tracer
	wait
	cat "$tmp/live"
	grep -q "^read(0<$tmp/go>, " "$tmp/live"
	utrace report -y "$tmp/data" | grep -q "^read(0<$tmp/go>, "
}

ktap_run "$@" -- \
	paths_are_those_of_strace \
	what_a_process_had_open_before_is_known_too
