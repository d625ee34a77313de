# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # who sources it reads what is set
#
# Attach a tracer to a target that waits, let it go, and detach: what run and
# losses share. Sourced.
#
# A tracer is tracers/NAME.sh, sourced in a subshell. It sets or defines
#
#	start PID	attach to PID, or to all, and write to $out, with the options
#			${options[@]}; "background COMMAND..." runs what stays there
#	ready		succeeds once it is attached; asked until it does
#	stop		detach, with all it has found in $out
#	missing		prints why it cannot work here, if it cannot
#	wrap		a command that runs the target, for one that cannot attach
#	ops repetitions	what to measure, and how often
#	small		options for buffers of 64 KiB
#	lost		prints how many events it has lost, as it tells itself
#	strings		options to show what arguments point to, and
#	show		prints what it has found, as text
#
# start, and missing if there is a reason, are all that it needs.

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
modules=${UTRACE_MODULES:-/utrace/modules}
# In the guest: what selftests/bench/modules has made.
others=/utrace/peer-modules

dir=$(mktemp -d "${BENCH_DIR:-/var/tmp}/bench.XXXXXX")
cp "$here/true-static" "$dir"
echo content >"$dir/file"
mkfifo "$dir/gate"
trap 'rm -rf "$dir"' EXIT

many='getppid:20000 open:2000 write64:10000 fork:40'
# Of what is slow, fewer.
few='getppid:1000 open:300 write64:1000 fork:20'

say() { echo "bench: $*" >&2; }

# Those of a list that were asked for, all if none was.
chosen() { # LIST NAME...
	local name

	for name in $1; do
		case " ${*:2} " in
		"  " | *" $name "*) echo "$name" ;;
		esac
	done
}

settle() {
	# Loading and booting leave work behind, which shares the one CPU.
	sync
	sleep 5
}

wait_for() {
	local _

	for _ in $(seq 600); do
		if "$@"; then return 0; fi
		sleep 0.1
	done
	return 1
}

# Of a task that nobody traces, by its own clock: a tracer that starts takes the CPU.
getppid_costs() { "$here/bench" -r 5 getppid:2000 | awk '{ print int($4) }' | sort -n | head -n 1; }

# In percent of what it costs without the tracer.
slower=110
as_fast=102
is_slower() { [ "$(getppid_costs)" -gt $((untraced * slower / 100)) ]; }
is_as_fast() { [ "$(getppid_costs)" -lt $((untraced * as_fast / 100)) ]; }
is_listed() { grep -q "^$target " /proc/utrace/tasks; }
has_ptracer() { ! grep -q '^TracerPid:.0$' "/proc/$target/status"; }
has_target() { grep -q '^pid ' "$dir/out" 2>/dev/null; }
has_ended() { ! grep -q '^State:.[^Z]' "/proc/$tracer/status" 2>/dev/null; }

# Job control, so that it does not ignore SIGINT as a shell's background jobs do.
background() {
	set -m
	"$@" >"$dir/log" 2>"$dir/err" &
	tracer=$!
	set +m
}

end_tracer() { # SIGNAL
	kill "-$1" "$tracer" 2>/dev/null || :
	wait_for has_ended || kill -9 "$tracer"
	wait "$tracer" 2>/dev/null || :
}

needs_command() { command -v "$1" >/dev/null || echo "$1 is not in this image"; }

needs_modules() { # TRACER
	local at

	at=/lib/modules/$(uname -r)
	if [ ! -e "$at" ] && [ -d "$others" ]; then
		mkdir -p /lib/modules
		ln -s "$others" "$at"
	fi
	if [ ! -d "$at" ]; then
		echo "its modules are not in $others"
	else
		cat "$at/$1.missing" 2>/dev/null || :
	fi
}

load_tracer() { # NAME
	tracer_name=$1
	tracer=
	wrap=
	ops=$many
	repetitions=3
	out=$dir/data
	options=()
	small=()
	strings=()
	missing() { :; }
	# Nearly all of them slow down everybody.
	ready() { is_slower; }
	stop() { end_tracer INT; }
	# shellcheck disable=SC1090 # one of many
	. "$here/tracers/$1.sh"
}

# Whose process waits for release_target, and is $target; $job ends with it.
start_target() { # COMMAND...
	: >"$dir/out"
	# shellcheck disable=SC2086 # a command with its options
	$wrap "$@" >"$dir/out" 2>"$dir/target-err" &
	job=$!
	wait_for has_target || return 1
	target=$(sed -n 's/^pid //p' "$dir/out")
}

release_target() {
	echo >"$dir/gate"
	wait "$job"
}

kill_target() {
	kill -9 "$target" "$job" 2>/dev/null
	wait "$job" 2>/dev/null
}

give_up() { # REASON...
	kill_target
	stop
	echo "missing $tracer_name $*"
	say "$tracer_name: $*"
}

# Starts a target, and what is to trace it. Prints why, if that fails.
attach() { # COMMAND...
	rm -rf "$dir/data"
	: >"$dir/err"
	untraced=$(getppid_costs)
	if ! start_target "$@"; then
		give_up "its target does not start: $(tail -n 1 "$dir/target-err")"
		return 1
	fi
	if [ -n "$wrap" ]; then
		return 0
	fi
	if ! start "$target"; then
		give_up "does not start: $(tail -n 1 "$dir/err")"
		return 1
	fi
	if ! wait_for ready; then
		give_up "is not there after a minute: $(tail -n 1 "$dir/err")"
		return 1
	fi
	sleep 1
}

# Whatever the next one costs, it is its own.
detach() {
	stop
	wait_for is_as_fast || { say "$tracer_name is still there"; exit 3; }
}

# Runs a function of a tracer and what it is to do, in a subshell. Its failure is
# the tracer's own, but for one that does not go away.
try() { # FUNCTION TRACER [ARGUMENT]...
	local status

	say "${@:2}"
	set +e
	(
		set -e
		load_tracer "$2"
		reason=$(missing | head -n 1)
		if [ -n "$reason" ]; then
			echo "missing $2 $reason"
			exit
		fi
		"$@"
	)
	status=$?
	set -e
	case $status in
	0) ;;
	3) exit 3 ;;
	*) echo "missing $2 $1 failed: $(tail -n 1 "$dir/err")" ;;
	esac
}
