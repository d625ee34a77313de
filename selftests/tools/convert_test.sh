#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A real trace in the formats of others, read by what they are made for.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

# Several processes, names that are not text, calls that fail, and a death.
record_much() {
	utrace record -q -f -o "$tmp/data" "$@" -- sh -c '
		cat /etc/passwd | head -n 1
		: >"$0/$(printf "\377\1")"
		sh -c "kill -SEGV \$\$"
		cd /nowhere
		true' "$tmp" >"$tmp/out" 2>&1
	utrace report "$tmp/data" >"$tmp/text"
}

convert() { # FORMAT
	utrace convert --to "$1" -o "$tmp/$1" "$tmp/data"
}

# Of what check_converted.py counted.
count_of() { # KIND
	sed -n "s/^$1 //p" "$tmp/count"
}

# Lines of the report: all calls, and of the events exits and signals.
calls_in_text() {
	grep -Evc '(\+\+\+|---)$' "$tmp/text"
}

json_lines_follow_the_schema() {
	record_much
	convert json
	"$here/check_converted.py" json "$tmp/json" "$here/trace.schema.json" | tee "$tmp/count"
	expect "$(calls_in_text)" "$(count_of call)"
	[ "$(count_of task)" -ge 5 ]
	expect 1 "$(count_of end)"
	grep -q '"signal":"SIGSEGV"' "$tmp/json"
	grep -q '"string_hex":"[0-9a-f]*2fff01"' "$tmp/json"
}

schema_refuses_what_is_wrong() {
	record_much
	convert json
	sed '2s/"time":"\([0-9]*\)"/"time":\1/' "$tmp/json" >"$tmp/bad"
	no "$here/check_converted.py" json "$tmp/bad" "$here/trace.schema.json" 2>"$tmp/err"
	grep -q ":2: .* is not of type 'string'" "$tmp/err"
	sed '3s/"tid"/"thread"/' "$tmp/json" >"$tmp/bad"
	no "$here/check_converted.py" json "$tmp/bad" "$here/trace.schema.json" 2>"$tmp/err"
	grep -q ':3: ' "$tmp/err"
}

perfetto_file_is_what_the_format_asks_for() {
	record_much
	convert perfetto
	"$here/check_converted.py" perfetto "$tmp/perfetto" | tee "$tmp/count"
	expect "$(calls_in_text)" "$(count_of X)"
}

babeltrace_reads_every_record_without_a_word() {
	record_much
	convert ctf
	babeltrace2 "$tmp/ctf" >"$tmp/events" 2>"$tmp/err"
	expect '' "$(cat "$tmp/err")"
	convert json
	expect "$(grep -c '"type":"\(call\|event\)"' "$tmp/json")" "$(wc -l <"$tmp/events")"
	# A name with quotes and escapes of its own is told apart nowhere else.
	grep -q 'syscall_openat: .*filename = "/etc/passwd"' "$tmp/events"
	grep -q 'procname = "head"' "$tmp/events"
	grep -q 'exit: .*value = 11 }' "$tmp/events" || grep -q 'exit: .*value = 139 }' "$tmp/events"
}

babeltrace_reads_the_chain_of_every_call() {
	utrace record -q --stack -o "$tmp/data" true
	convert ctf
	babeltrace2 "$tmp/ctf" >"$tmp/events" 2>"$tmp/err"
	expect '' "$(cat "$tmp/err")"
	convert json
	expect "$(grep -c '"stack":\[' "$tmp/json")" "$(grep -c 'callstack_user = \[' "$tmp/events")"
	grep -q 'syscall_openat: .*callstack_user_frames = \[ \[0\] = "[^"]*ld-linux' "$tmp/events"
}

clock_of_ctf_is_that_of_the_wall() {
	local first realtime before after

	before=$(date +%s%N)
	record_much
	after=$(date +%s%N)
	convert ctf
	first=$(babeltrace2 --clock-seconds "$tmp/ctf" | head -n 1 | cut -d' ' -f1 | tr -cd '0-9')
	echo "$before $first $after"
	[ "$before" -lt "$first" ]
	[ "$first" -lt "$after" ]
	# To the nanosecond: the first record is an event, JSON has the same time.
	convert json
	realtime=$(sed -n 's/.*"type":"event".*"realtime":"\([0-9]*\)".*/\1/p' "$tmp/json" | head -n 1)
	expect "$realtime" "$first"
}

is_stopped() { # PID
	grep -q '^State:.T' "/proc/$1/status"
}

is_listed() { # PID
	grep -q "^$1 " /proc/utrace/tasks
}

lost_records_are_lost_in_all_formats() {
	local burst recorder lost

	# A ring of a page for each CPU, and a reader that does not read.
	mkfifo "$tmp/go"
	# On one CPU, or what another has lost last no record tells of.
	taskset 1 "$here/../record/burst" <"$tmp/go" &
	burst=$!
	exec 9>"$tmp/go"
	utrace record -b 4k -o "$tmp/data" -p $burst 2>"$tmp/err" &
	recorder=$!
	wait_for is_listed $burst
	kill -STOP $recorder
	wait_for is_stopped $recorder
	printf '%01000d' 0 >&9
	kill -CONT $recorder
	# More of them, so that the loss has an end that records tell of.
	sent() { [ "$(utrace convert --to json "$tmp/data" 2>/dev/null | grep -c '"type":"lost"')" -gt 0 ]; }
	until sent; do
		printf '%0100d' 0 >&9
		sleep 0.05
	done
	printf q >&9
	wait $burst
	wait $recorder
	cat "$tmp/err"
	lost=$(utrace convert --to json "$tmp/data" |
		sed -n 's/.*"type":"lost".*"count":"\([0-9]*\)".*/\1/p' | sum)
	[ "$lost" -gt 0 ]
	expect "$lost" "$(utrace report "$tmp/data" | sed -n 's/^<\.\.\. \([0-9]*\) records\? lost .*/\1/p' | sum)"
	convert ctf
	babeltrace2 "$tmp/ctf" 2>"$tmp/warnings" >/dev/null
	expect "$lost" "$(sed -n 's/.*Tracer discarded \([0-9]*\) events\? .*/\1/p' "$tmp/warnings" | sum)"
	convert perfetto
	expect "$lost" "$(sed -n 's/.*"records lost".*"value":"\([0-9]*\)".*/\1/p' "$tmp/perfetto" | sum)"
}

sum() {
	awk '{ s += $1 } END { print s + 0 }'
}

compressed_trace_converts_to_the_same() {
	record_much -z
	convert json
	expect "$(calls_in_text)" "$(grep -c '"type":"call"' "$tmp/json")"
}

ktap_run "$@" -- \
	json_lines_follow_the_schema \
	schema_refuses_what_is_wrong \
	perfetto_file_is_what_the_format_asks_for \
	babeltrace_reads_every_record_without_a_word \
	babeltrace_reads_the_chain_of_every_call \
	clock_of_ctf_is_that_of_the_wall \
	lost_records_are_lost_in_all_formats \
	compressed_trace_converts_to_the_same
