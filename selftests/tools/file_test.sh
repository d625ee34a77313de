#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The trace file: small, and there up to the last chunk whatever happens to who
# writes it.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

size_of() { # FILE
	stat -c %s "$1"
}

start_burst() {
	mkfifo "$tmp/go"
	"$here/../record/burst" <"$tmp/go" &
	burst=$!
	exec 9>"$tmp/go"
}

asleep() {
	grep -q '^State:.S' "/proc/$burst/status"
}

is_listed() { # PID
	grep -q "^$1 " /proc/utrace/tasks
}

compressed_call_takes_five_bytes_at_most() {
	local empty full calls=100000

	utrace record -q -z -o "$tmp/empty" -- "$here/../record/burst" 1
	utrace record -q -z -o "$tmp/data" -- "$here/../record/burst" $calls
	utrace record -q -o "$tmp/plain" -- "$here/../record/burst" $calls
	empty=$(size_of "$tmp/empty")
	full=$(size_of "$tmp/data")
	echo "$calls calls: $(size_of "$tmp/plain") bytes, compressed $full, of none $empty"
	[ $((full - empty)) -le $((5 * calls)) ]
	expect "$calls" "$(utrace report "$tmp/data" | grep -c '^getppid(')"
}

# What was in the file when the recorder was killed is all there to be read.
killed_recorder_leaves_all_that_it_had_written() {
	local recorder calls level before

	for level in '' -z; do
		rm -f "$tmp/go"
		start_burst
		# shellcheck disable=SC2086 # none is none
		utrace record $level -q -b 16k -o "$tmp/data" -p $burst &
		recorder=$!
		wait_for is_listed $burst
		wait_for test -s "$tmp/data"
		# Three chunks; the first that it grows by may be of the header still.
		for _ in 1 2 3 4; do
			before=$(size_of "$tmp/data")
			# 2.2 KiB each, of the 8 in a ring that wake the recorder.
			grown() {
				printf '%040d' 0 >&9
				wait_for asleep
				sleep 0.05
				[ "$(size_of "$tmp/data")" -gt "$before" ]
			}
			wait_for grown
		done
		kill -KILL $recorder
		wait $recorder || :
		no utrace report "$tmp/data" >"$tmp/text" 2>"$tmp/err"
		cat "$tmp/err"
		grep -q truncated "$tmp/err"
		expect 1 "$(wc -l <"$tmp/err")"
		calls=$(grep -c '^getppid(' "$tmp/text")
		echo "$calls calls"
		# In a chunk there are 8 KiB at least: of 16 bytes, and of 40 for a read.
		[ "$calls" -ge $((3 * 8192 / 64)) ]
		no grep -q ' lost ' "$tmp/text"
		# Each getppid follows a read: none is missing in between.
		expect '' "$(grep '^getppid(\|^read(0' "$tmp/text" | cut -d'(' -f1 | uniq -d)"
		printf q >&9
		wait $burst
	done
}

interrupted_recorder_leaves_a_whole_compressed_file() {
	local recorder

	start_burst
	utrace record -z -o "$tmp/data" -p $burst 2>"$tmp/err" &
	recorder=$!
	wait_for is_listed $burst
	printf 123456789 >&9
	wait_for asleep
	# Not INT, which a shell makes its background jobs ignore.
	kill -TERM $recorder
	wait $recorder
	nothing_attached
	cat "$tmp/err"
	grep -qx "utrace: $tmp/data: [0-9]* records, 0 lost, $(size_of "$tmp/data") bytes" "$tmp/err"
	expect 9 "$(utrace report "$tmp/data" | grep -c '^getppid(')"
	printf q >&9
	wait $burst
}

cut_anywhere_a_compressed_file_is_refused_or_read_in_part() {
	local size cut status

	utrace record -q -z -b 16k -o "$tmp/data" -- "$here/../record/burst" 3000
	size=$(size_of "$tmp/data")
	for cut in $(seq $((size - 1)) -$((size / 9)) 1); do
		head -c "$cut" "$tmp/data" >"$tmp/cut"
		status=0
		utrace report "$tmp/cut" >"$tmp/text" 2>"$tmp/err" || status=$?
		expect 1 $status
		expect 1 "$(wc -l <"$tmp/err")"
	done
}

ktap_run "$@" -- \
	compressed_call_takes_five_bytes_at_most \
	killed_recorder_leaves_all_that_it_had_written \
	interrupted_recorder_leaves_a_whole_compressed_file \
	cut_anywhere_a_compressed_file_is_refused_or_read_in_part
