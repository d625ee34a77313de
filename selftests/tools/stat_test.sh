#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# utrace stat: figures of what is known to have happened.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

row() { # FILE CALL: its calls and errors
	awk -v call="$2" '$NF == call { print NF == 8 ? $6 " " $7 : $6 " 0" }' "$1"
}

calls_and_errors_of_a_command_are_counted() {
	utrace stat -o "$tmp/table" -- "$here/../record/burst" 5000
	cat "$tmp/table"
	expect '5000 0' "$(row "$tmp/table" getppid)"
	utrace stat -f -o "$tmp/table" -- sh -c 'cd /nowhere; cd /nowhere; cd /; exit 0' 2>"$tmp/err"
	expect '3 2' "$(row "$tmp/table" chdir)"
}

status_is_that_of_the_command() {
	local status=0

	utrace stat -- sh -c 'exit 7' 2>"$tmp/table" || status=$?
	expect 7 $status
	grep -q ' exit_group$\| execve$' "$tmp/table"
}

file_and_live_figures_are_of_the_same_kind() {
	utrace record -q -o "$tmp/data" -- "$here/../record/burst" 5000
	utrace stat -i "$tmp/data" >"$tmp/table"
	expect '5000 0' "$(row "$tmp/table" getppid)"
	expect "$(utrace report -c "$tmp/data" | sed -n 's/ *total$//p' | awk '{ print $4 }')" \
		"$(awk '$NF == "total" { print $6 }' "$tmp/table")"
}

histogram_adds_up() {
	utrace stat --histogram -o "$tmp/table" -- "$here/../record/burst" 5000
	sed -n '/^getppid, nanoseconds:/,/^$/p' "$tmp/table" | tee "$tmp/histogram"
	expect 5000 "$(sed -n 's/^\[.*) *\([0-9]*\) |.*/\1/p' "$tmp/histogram" | awk '{ s += $1 } END { print s }')"
}

time_asleep_counts() {
	utrace stat -S max-time -o "$tmp/table" -- sleep 1
	cat "$tmp/table"
	sed -n 3p "$tmp/table" | grep -q ' clock_nanosleep$'
	awk 'NR == 3 { exit !($2 >= 1 && $5 >= 1000000 && $5 < 60000000) }' "$tmp/table"
}

interrupted_stat_of_a_process_prints_the_table() {
	mkfifo "$tmp/go"
	"$here/../record/burst" <"$tmp/go" &
	local burst=$! tool
	exec 9>"$tmp/go"
	utrace stat -o "$tmp/table" -p $burst &
	tool=$!
	listed() { grep -q "^$burst " /proc/utrace/tasks; }
	wait_for listed
	echo 123456789 >&9
	asleep() { grep -q '^State:.S' "/proc/$burst/status"; }
	wait_for asleep
	# Not INT, which a shell makes its background jobs ignore.
	kill -TERM $tool
	wait $tool
	expect '10 0' "$(row "$tmp/table" getppid)"
	nothing_attached
	printf q >&9
	wait $burst
}

ktap_run "$@" -- \
	calls_and_errors_of_a_command_are_counted \
	status_is_that_of_the_command \
	file_and_live_figures_are_of_the_same_kind \
	histogram_adds_up \
	time_asleep_counts \
	interrupted_stat_of_a_process_prints_the_table
