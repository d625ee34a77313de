#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The recorder through utrace(1): what a trace shows, whom it follows, how it
# ends. $here has the programs that are traced.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

# record [OPTION]... -- COMMAND...: leaves the report in $tmp/text.
record() {
	utrace record -q -o "$tmp/data" "$@"
	utrace report "$tmp/data" >"$tmp/text"
}

calls_of() { # NAME
	grep -c "\\b$1(" "$tmp/text" || :
}

shows_case() { # CASE
	grep -q "openat(AT_FDCWD, \"/case/$1-string\", " "$tmp/text"
}

record_fault() {
	local dir

	# On the disk: the pages of tmpfs cannot be evicted.
	dir=$(mktemp -d /var/tmp/fault.XXXXXX)
	utrace record -q -o "$tmp/data" -- "$here/fault" "$dir" >"$tmp/out"
	rm -rf "$dir"
	cat "$tmp/out"
	utrace report "$tmp/data" >"$tmp/text"
	grep '/case/\|EFAULT' "$tmp/text" || :
}

path_in_a_page_that_was_never_touched_is_shown() {
	record_fault
	# The program says that it was a test: nothing was there before.
	expect 4 "$(grep -c '^\(minor\|major\|rodata\|straddle\) present 0: No such file' "$tmp/out")"
	for c in hot minor major rodata straddle; do
		shows_case "$c"
	done
}

data_in_a_page_that_was_never_touched_is_shown() {
	record_fault
	expect 2 "$(grep -c '^wr-\(null\|file\) present 0: written' "$tmp/out")"
	for c in null file; do
		grep -q "write([0-9]*, \"/case/wr-$c-data\\\\0.*, 64) *= 64" "$tmp/text"
	done
}

buffers_are_shown_as_far_as_asked_for() {
	record -s 4 -- echo hello
	grep -q 'write(1, "hell"\.\.\., 6) *= 6' "$tmp/text"
	record -s 6 -- echo hello
	grep -q 'write(1, "hello\\n", 6) *= 6' "$tmp/text"
	# Paths are shown in full however that may be.
	record -s 1 -- ls /etc/hostname
	grep -q '"/etc/hostname"' "$tmp/text"
}

# Lines of calls whose memory does not change from run to run; where it lies does.
same_calls() { # FILE
	sed -n 's/^\([0-9]* *\)\?\(\(read\|pread64\|write\|newfstatat\|execve\|pipe2\|getdents64\)(.*\)/\2/p' "$1" |
		sed 's/0x[0-9a-f]*/ADDRESS/g; s/\\[0-7]\+/./g; s/ \+= / = /; s/st_size=[0-9]*/SIZE/g'
}

memory_is_shown_as_strace_shows_it() {
	mkdir "$tmp/d"
	touch "$tmp/d/one" "$tmp/d/two"
	record -- ls -l "$tmp/d" >/dev/null
	strace -o "$tmp/strace" ls -l "$tmp/d" >/dev/null
	same_calls "$tmp/strace" >"$tmp/its"
	same_calls "$tmp/text" >"$tmp/mine"
	diff "$tmp/its" "$tmp/mine"
	[ "$(grep -c 'st_mode=S_IFREG\|entries' "$tmp/mine")" -gt 2 ]
}

signals_are_shown_as_strace_shows_them() {
	record -f --ignored-signals -- sh -c 'trap : USR1; kill -USR1 $$; /bin/true'
	strace -f -o "$tmp/strace" sh -c 'trap : USR1; kill -USR1 $$; /bin/true'
	for f in strace text; do
		# Ours begins with the SIGCONT that sets the command going.
		sed -n '/ --- SIGCONT/d; s/^[0-9]* *\(--- .*\)/\1/p' "$tmp/$f" |
			sed 's/si_\([pu]id\|[us]time\)=[^,}]*/\1/g' >"$tmp/$f.signals"
	done
	cat "$tmp/text.signals"
	expect 2 "$(wc -l <"$tmp/text.signals")"
	diff "$tmp/strace.signals" "$tmp/text.signals"
}

empty_path_is_not_taken_for_a_fault() {
	record_fault
	grep -q '^anon present 0: No such file' "$tmp/out"
	grep -q 'openat(AT_FDCWD, "", .*ENOENT' "$tmp/text"
}

path_at_a_bad_address_is_shown_as_the_address() {
	record_fault
	grep -q '^bad present 0: Bad address' "$tmp/out"
	grep -q 'openat(AT_FDCWD, 0x[0-9a-f]*, .*EFAULT' "$tmp/text"
}

children_and_threads_are_followed_from_their_first_call() {
	local who

	record -f -- "$here/tree"
	for who in 1001 1002 1003 1004; do
		expect 1 "$(grep -c "getsid($who)" "$tmp/text")"
	done
}

# Of a hundred forks not one may be missed.
hundred_commands_of_a_shell_are_followed() {
	record -f -- sh -c 'i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i + 1)); done'
	expect 101 "$(calls_of execve)"
	expect 101 "$(grep -c '+++ exited with 0 +++' "$tmp/text")"
}

children_are_not_followed_unless_asked_for() {
	record -- "$here/tree"
	no grep -q 'getsid(100[1-4])' "$tmp/text"
	grep -q 'wait4(' "$tmp/text"
}

trace_of_a_command_begins_with_its_execve() {
	record -- /bin/true
	head -n 5 "$tmp/text"
	head -n 1 "$tmp/text" | grep -q 'execve("/bin/true", .* = 0'
	expect 1 "$(calls_of execve)"
	tail -n 1 "$tmp/text" | grep -q '+++ exited with 0 +++'
}

every_call_of_a_burst_is_there() {
	record -- "$here/burst" 10000
	expect 10000 "$(calls_of getppid)"
	no grep -q ' lost ' "$tmp/text"
}

calls_are_in_the_order_of_the_program() {
	record -- sh -c 'cd /usr; cd /tmp; cd /etc; cd /nowhere || cd /'
	expect '/usr /tmp /etc /nowhere /' \
		"$(sed -n 's/.*chdir("\([a-z/]*\)").*/\1/p' "$tmp/text" | xargs)"
}

status_of() {
	local status=0

	utrace record -q -o "$tmp/data" "$@" || status=$?
	echo $status
}

exit_status_is_that_of_the_command() {
	expect 0 "$(status_of -- true)"
	expect 7 "$(status_of -- sh -c 'exit 7')"
	expect 1 "$(status_of -- false)"
	expect 7 "$(status_of -f -- sh -c 'exit 7')"
}

command_killed_by_a_signal_is_told_as_a_shell_tells_it() {
	expect 143 "$(status_of -- sh -c 'kill -TERM $$' 2>/dev/null)"
	expect 137 "$(status_of -- sh -c 'kill -KILL $$' 2>/dev/null)"
	utrace report "$tmp/data" | grep -q '+++ killed by SIGKILL'
}

lost_records_are_told_where_they_were_lost() {
	local calls lost recorder

	# A ring of a page for each CPU, and a reader that does not read.
	start_burst
	utrace record -b 4k -o "$tmp/data" -p $burst 2>"$tmp/err" &
	recorder=$!
	wait_for is_listed $burst
	kill -STOP $recorder
	wait_for is_stopped $recorder
	printf '%01000dq' 0 >&9
	wait $burst
	kill -CONT $recorder
	wait $recorder
	cat "$tmp/err"
	utrace report "$tmp/data" >"$tmp/text" 2>"$tmp/report-err"
	calls=$(calls_of getppid)
	lost=$(sed -n 's/^<\.\.\. \([0-9]*\) records\? lost .*/\1/p' "$tmp/text" | paste -sd+ | bc_or_awk)
	echo "getppid $calls, lost $lost"
	[ "$calls" -lt 1000 ]
	calls=$((calls + $(calls_of read)))
	# 1000 getppid, a read before each and the last; what else there is of
	# the program's end is not more than ten records.
	[ $((calls + lost)) -ge 2001 ]
	[ $((calls + lost)) -le 2011 ]
	expect "$lost" "$(sed -n 's/.* \([0-9]*\) lost.*/\1/p' "$tmp/err")"
}

nothing_is_lost_of_a_blocking_session_whose_reader_does_not_read() {
	local recorder

	start_burst
	utrace record --block -b 4k -o "$tmp/data" -p $burst 2>"$tmp/err" &
	recorder=$!
	wait_for is_listed $burst
	kill -STOP $recorder
	wait_for is_stopped $recorder
	printf '%01000dq' 0 >&9
	# It waits, and that is not a load.
	wait_for grep -q '^State:.t' "/proc/$burst/status"
	kill -CONT $recorder
	wait $burst
	wait $recorder
	cat "$tmp/err"
	utrace report "$tmp/data" >"$tmp/text"
	expect 1000 "$(calls_of getppid)"
	# The one that it was in when it was attached may be missing.
	[ "$(calls_of read)" -ge 1000 ]
	grep -q ' 0 lost, .* blocked [1-9][0-9]* times, [0-9.]* s$' "$tmp/err"
}

flight_recorder_has_the_end_and_every_snapshot() {
	local recorder

	start_burst
	utrace record --overwrite -b 4k -o "$tmp/data" -p $burst 2>"$tmp/err" &
	recorder=$!
	wait_for is_listed $burst
	printf '%01000d' 0 >&9
	sits_in_read() { grep -q '^0 0x0 ' "/proc/$burst/syscall"; }
	wait_for sits_in_read
	kill -USR2 $recorder
	wait_for grep -q "/data.1: " "$tmp/err"
	printf '%01000dq' 0 >&9
	wait $burst
	wait $recorder
	cat "$tmp/err"
	grep -q '/data: [0-9]* records, 0 lost, .* [1-9][0-9]* overwritten$' "$tmp/err"
	utrace report "$tmp/data.1" >"$tmp/text"
	[ "$(calls_of getppid)" -gt 5 ]
	# What it is in, and not its end.
	grep -q 'read(0, 0x[0-9a-f]*, 1 <unfinished ...>$' "$tmp/text"
	no grep -q '+++' "$tmp/text"
	utrace report "$tmp/data" >"$tmp/text"
	[ "$(calls_of getppid)" -gt 5 ]
	[ "$(calls_of getppid)" -lt 1000 ]
	tail -n 1 "$tmp/text" | grep -q '+++ exited with 0 +++'
	[ ! -e "$tmp/data.2" ]
}

bytes_read() {
	sed -n 's/^rchar: //p' "/proc/$burst/io"
}

call_that_the_process_is_in_at_the_end_is_shown() {
	local recorder before

	start_burst
	utrace record -q -o "$tmp/data" -p $burst &
	recorder=$!
	wait_for is_listed $burst
	# The read that it was in when it was attached to must have ended.
	before=$(bytes_read)
	printf x >&9
	sits_in_the_next() {
		[ "$(bytes_read)" -gt "$before" ] && grep -q '^0 0x0 ' "/proc/$burst/syscall"
	}
	wait_for sits_in_the_next
	kill -INT $recorder
	wait $recorder || :
	utrace report "$tmp/data" | tee "$tmp/text"
	tail -n 1 "$tmp/text" | grep -q '^read(0, 0x[0-9a-f]*, 1 <unfinished ...>$'
	printf q >&9
	wait $burst
}

is_stopped() { # PID
	grep -q '^State:.T' "/proc/$1/status"
}

bc_or_awk() { # a+b+c
	tr + '\n' | awk '{ s += $1 } END { print s + 0 }'
}

start_burst() {
	mkfifo "$tmp/go"
	"$here/burst" <"$tmp/go" &
	burst=$!
	exec 9>"$tmp/go"
}

is_listed() { # PID
	grep -q "^$1 " /proc/utrace/tasks
}

running_process_can_be_attached_and_runs_on() {
	start_burst
	utrace record -q -o "$tmp/data" -p $burst &
	local recorder=$!
	wait_for is_listed $burst
	echo 123456789 >&9
	printf q >&9
	wait $burst
	wait $recorder
	utrace report "$tmp/data" >"$tmp/text"
	expect 10 "$(calls_of getppid)"
	nothing_attached
}

threads_that_are_there_already_are_attached() {
	mkfifo "$tmp/go"
	"$here/tree" wait <"$tmp/go" &
	local tree=$! recorder
	exec 9>"$tmp/go"
	two_threads() { [ "$(find "/proc/$tree/task" -mindepth 1 -maxdepth 1 | wc -l)" = 2 ]; }
	wait_for two_threads
	utrace record -q -f -o "$tmp/data" -p $tree &
	recorder=$!
	two_listed() { [ "$(grep -c "^[0-9]* $tree " /proc/utrace/tasks)" = 2 ]; }
	wait_for two_listed
	echo >&9
	wait $tree
	wait $recorder
	utrace report "$tmp/data" >"$tmp/text"
	for who in 1001 1002 1003 1004; do
		expect 1 "$(grep -c "getsid($who)" "$tmp/text")"
	done
}

interrupted_recorder_leaves_the_process_running_and_the_file_whole() {
	start_burst
	utrace record -q -o "$tmp/data" -p $burst &
	local recorder=$!
	wait_for is_listed $burst
	echo 123 >&9
	wait_for test -s "$tmp/data"
	kill -INT $recorder
	wait $recorder || :
	nothing_attached
	utrace report "$tmp/data" >"$tmp/text"
	kill -0 $burst
	printf q >&9
	wait $burst
}

killed_recorder_leaves_the_process_running_and_untraced() {
	start_burst
	utrace record -q -o "$tmp/data" -p $burst &
	local recorder=$!
	wait_for is_listed $burst
	kill -KILL $recorder
	wait $recorder || :
	wait_for nothing_attached
	kill -0 $burst
	printf q >&9
	wait $burst
}

two_recorders_on_one_process_see_the_same() {
	local a b

	start_burst
	utrace record -q -o "$tmp/a" -p $burst &
	a=$!
	utrace record -q -o "$tmp/b" -p $burst &
	b=$!
	two_engines() { [ "$(grep -c "^$burst " /proc/utrace/tasks)" = 2 ]; }
	wait_for two_engines
	echo 123456789 >&9
	printf q >&9
	wait $burst $a $b
	for f in a b; do
		utrace report "$tmp/$f" >"$tmp/text"
		expect 10 "$(calls_of getppid)"
	done
}

strace_and_the_recorder_agree() {
	local mine its

	strace -f -q -o "$tmp/strace" utrace record -q -o "$tmp/data" -- /bin/ls / >"$tmp/out" 2>&1
	utrace report "$tmp/data" >"$tmp/text"
	# The child of the recorder: from its execve on.
	mine=$(sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$tmp/text" | grep -v exit_group)
	its=$(awk '/execve\("\/bin\/ls"/ { pid = $1 } pid && $1 == pid' "$tmp/strace" |
		grep -v resumed | sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' | grep -v exit_group)
	expect "$its" "$mine"
}

program_works_as_without_a_recorder() {
	tar -cf "$tmp/a.tar" -C / etc/passwd etc/group
	utrace record -f -q -o "$tmp/data" -- sh -c "tar -cf $tmp/b.tar -C / etc/passwd etc/group"
	cmp "$tmp/a.tar" "$tmp/b.tar"
}

summary_counts_the_calls() {
	record -- "$here/burst" 500
	utrace report -c "$tmp/data" | tee "$tmp/summary"
	grep -q '\b500\b.*getppid' "$tmp/summary"
}

ktap_run "$@" -- \
	path_in_a_page_that_was_never_touched_is_shown \
	data_in_a_page_that_was_never_touched_is_shown \
	buffers_are_shown_as_far_as_asked_for \
	memory_is_shown_as_strace_shows_it \
	signals_are_shown_as_strace_shows_them \
	empty_path_is_not_taken_for_a_fault \
	path_at_a_bad_address_is_shown_as_the_address \
	children_and_threads_are_followed_from_their_first_call \
	hundred_commands_of_a_shell_are_followed \
	children_are_not_followed_unless_asked_for \
	trace_of_a_command_begins_with_its_execve \
	every_call_of_a_burst_is_there \
	calls_are_in_the_order_of_the_program \
	exit_status_is_that_of_the_command \
	command_killed_by_a_signal_is_told_as_a_shell_tells_it \
	lost_records_are_told_where_they_were_lost \
	nothing_is_lost_of_a_blocking_session_whose_reader_does_not_read \
	flight_recorder_has_the_end_and_every_snapshot \
	call_that_the_process_is_in_at_the_end_is_shown \
	running_process_can_be_attached_and_runs_on \
	threads_that_are_there_already_are_attached \
	interrupted_recorder_leaves_the_process_running_and_the_file_whole \
	killed_recorder_leaves_the_process_running_and_untraced \
	two_recorders_on_one_process_see_the_same \
	strace_and_the_recorder_agree \
	program_works_as_without_a_recorder \
	summary_counts_the_calls
