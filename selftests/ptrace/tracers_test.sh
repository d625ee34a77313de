#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Unmodified strace and gdb, each natively and by utrace: the same output. Several
# of them on one process.
#
# shellcheck source=selftests/ktap.sh
here=$(dirname "$(realpath "$0")")
. "$here/../ktap.sh"

debuggee=$here/../core/debuggee
by_utrace='utrace ptrace --'

# What differs from run to run: numbers of processes, addresses, times.
plain() {
	sed -E 's/^[0-9]+ +//; s/0x[0-9a-f]+/ADDR/g; s/\b[0-9]{3,}\b/N/g;
		s/si_[us]time=[^,}]*//g; s/ 0\.[0-9]+ s//g; s/[0-9a-f]{8,}/HEX/g
		s/getrandom\("[^"]*"/getrandom(BYTES/' "$@"
}

# Both ways, into $tmp/native and $tmp/ours; what the program prints, too, and how
# it ends.
both() { # COMMAND..., with OUT for the file
	local way prefix status

	for way in native ours; do
		prefix=
		[ $way = native ] || prefix=$by_utrace
		status=0
		# shellcheck disable=SC2086 # words
		$prefix "${@//OUT/$tmp/$way}" >"$tmp/$way.stdout" 2>"$tmp/$way.stderr" || status=$?
		echo "status $status" >>"$tmp/$way.stdout"
	done
	diff <(plain "$tmp/native.stdout") <(plain "$tmp/ours.stdout")
	diff <(plain "$tmp/native.stderr") <(plain "$tmp/ours.stderr")
}

strace_of_ls_is_the_same() {
	both strace -o OUT ls -l /etc
	diff <(plain "$tmp/native") <(plain "$tmp/ours")
	[ "$(wc -l <"$tmp/ours")" -gt 100 ]
}

# A process per file: what they do at the same time has no order.
strace_of_a_pipeline_is_the_same() {
	both strace -ff -o OUT sh -c 'ls / | wc -l; (exit 3); /bin/true'
	for way in native ours; do
		for file in "$tmp/$way".[0-9]*; do
			plain "$file" | grep -v 'futex\|brk\|SIGCHLD\|wait4\|sigreturn'
		done | sort >"$tmp/$way.all"
	done
	diff "$tmp/native.all" "$tmp/ours.all"
	[ "$(wc -l <"$tmp/ours.all")" -gt 200 ]
}

strace_counts_signals_and_exits_alike() {
	both strace -f -o OUT -e trace=none -e signal=USR1,TERM \
		sh -c 'trap : USR1; kill -USR1 $$; sh -c "kill -TERM \$\$"; exit 7'
	diff <(plain "$tmp/native") <(plain "$tmp/ours")
	grep -q 'SIGUSR1' "$tmp/ours"
	grep -q 'killed by SIGTERM' "$tmp/ours"
}

strace_of_a_running_process_detaches() {
	local pid

	sleep 1000 &
	pid=$!
	$by_utrace strace -o "$tmp/ours" -p $pid &
	wait_for test -s "$tmp/ours"
	kill -INT $!
	wait $! || :
	grep -q "ptrace" /proc/utrace/tasks && return 1
	kill -0 $pid
	wait_for grep -q '^State:.S' "/proc/$pid/status"
	kill $pid
}

two_straces_see_the_same() {
	local pid

	mkfifo "$tmp/go"
	bash -c 'read -r <$0; for i in 1 2 3 4 5; do /bin/true; done' "$tmp/go" &
	pid=$!
	$by_utrace strace -f -o "$tmp/a" -p $pid 2>"$tmp/a.err" &
	wait_for grep -q attached "$tmp/a.err"
	$by_utrace strace -f -o "$tmp/b" -p $pid 2>"$tmp/b.err" &
	wait_for grep -q attached "$tmp/b.err"
	echo go >"$tmp/go"
	wait
	expect 5 "$(grep -c 'execve(' "$tmp/a")"
	expect 5 "$(grep -c 'execve(' "$tmp/b")"
	diff <(plain "$tmp/a" | grep -o 'execve("[^"]*"\|exited.*' | sort) \
		<(plain "$tmp/b" | grep -o 'execve("[^"]*"\|exited.*' | sort)
}

gdb_says() { # COMMAND...
	local args=()

	for command; do args+=(-ex "$command"); done
	both gdb -nx -batch "${args[@]}" --args "$debuggee"
}

gdb_breaks_steps_and_shows_a_backtrace_alike() {
	gdb_says 'break main' run bt next step stepi 'info registers rip rsp' finish \
		'print $_exitcode' continue
	grep -q 'Breakpoint 1, main' "$tmp/ours.stdout"
}

gdb_catches_alike() {
	gdb_says 'catch syscall getpid' 'catch fork' 'catch exec' run continue bt continue continue
}

gdb_shows_vectors_alike() {
	gdb_says 'break main' run 'print $xmm0' 'print $eflags' 'info signals SIGINT' kill
}

gdb_follows_the_child_alike() {
	gdb_says 'set follow-fork-mode child' 'set detach-on-fork off' 'break main' run continue \
		'info inferiors'
}

gdb_attaches_to_what_strace_traces() {
	local pid

	sleep 1000 &
	pid=$!
	$by_utrace strace -o "$tmp/trace" -p $pid 2>"$tmp/err" &
	wait_for grep -q attached "$tmp/err"
	$by_utrace gdb -nx -batch -p $pid -ex bt -ex detach >"$tmp/gdb" 2>&1
	grep -q 'nanosleep' "$tmp/gdb"
	kill $pid
	wait_for grep -q 'killed by SIGTERM' "$tmp/trace"
}

breakpoints_of_gdb_are_not_shown_by_strace() {
	local pid

	sh -c 'while :; do (:); done' &
	pid=$!
	$by_utrace strace -e trace=none -o "$tmp/trace" -p $pid 2>"$tmp/err" &
	wait_for grep -q attached "$tmp/err"
	$by_utrace gdb -nx -batch -p $pid -ex 'break fork' -ex continue -ex continue -ex delete \
		-ex detach >"$tmp/gdb" 2>&1
	expect 2 "$(grep -c '^Breakpoint 1, ' "$tmp/gdb")"
	kill $pid
	wait_for grep -q 'killed by SIGTERM' "$tmp/trace"
	no grep SIGTRAP "$tmp/trace"
}

native_strace_and_ours_share_a_process() {
	local pid

	sleep 1000 &
	pid=$!
	strace -o "$tmp/native" -p $pid 2>"$tmp/native.err" &
	wait_for grep -q attached "$tmp/native.err"
	$by_utrace strace -o "$tmp/ours" -p $pid 2>"$tmp/ours.err" &
	wait_for grep -q attached "$tmp/ours.err"
	kill $pid
	wait
	grep -q 'killed by SIGTERM' "$tmp/native"
	grep -q 'killed by SIGTERM' "$tmp/ours"
}

recorder_and_gdb_share_a_process() {
	cat >"$tmp/record" <<-EOF
	utrace trace -o $tmp/trace -p \$(pgrep -n debuggee) &
	until grep -q ' record ' /proc/utrace/tasks; do sleep 0.05; done
	EOF
	$by_utrace gdb -nx -batch -ex 'break main' -ex run -ex "shell sh $tmp/record" \
		-ex continue --args "$debuggee" >"$tmp/gdb" 2>&1
	grep -q 'exited' "$tmp/gdb"
	wait_for grep -q 'exit_group' "$tmp/trace"
}

command_without_a_tracer_is_a_usage_error() {
	no utrace ptrace 2>"$tmp/err"
	grep -q 'which tracer' "$tmp/err"
	no utrace ptrace --nonsense 2>"$tmp/err"
	grep -q 'unknown option' "$tmp/err"
	utrace ptrace --help | grep -q Usage
	local status=0
	utrace ptrace -- /no/such/tracer 2>"$tmp/err" || status=$?
	expect 127 $status
}

exit_status_is_the_tracers() {
	local status=0

	$by_utrace sh -c 'exit 42' || status=$?
	expect 42 $status
}

nothing_is_left() {
	nothing_attached
}

ktap_run "$@" -- strace_of_ls_is_the_same strace_of_a_pipeline_is_the_same \
	strace_counts_signals_and_exits_alike strace_of_a_running_process_detaches \
	gdb_breaks_steps_and_shows_a_backtrace_alike gdb_catches_alike gdb_shows_vectors_alike \
	gdb_follows_the_child_alike gdb_attaches_to_what_strace_traces \
	breakpoints_of_gdb_are_not_shown_by_strace \
	native_strace_and_ours_share_a_process two_straces_see_the_same \
	recorder_and_gdb_share_a_process command_without_a_tracer_is_a_usage_error \
	exit_status_is_the_tracers nothing_is_left
