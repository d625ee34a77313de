# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For test scripts: a test is a function whose name is a sentence; the first
# command in it that fails is what failed. At the end of the script:
#
#	ktap_run "$@" the_first_test the_second_test
#
# Each runs in a shell of its own, with a time limit and a directory $tmp.

# Seconds; a debug kernel is slower by a factor, which the harness knows.
: "${KTAP_TIMEOUT:=$((60 * ${TEST_SLOWER:-1}))}"
tmp=${tmp:-}

ktap_run() {
	local script nr=0 failed=0 skipped=0 name word status log tmpdir
	local -a chosen=() words=()

	if [ "${1-}" = --one ]; then
		set -eE
		trap 'echo "$BASH_SOURCE:$LINENO: failed: $BASH_COMMAND"' ERR
		"$2"
		exit 0
	fi
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	for name; do
		[ ${#words[@]} != 0 ] || chosen+=("$name")
		for word in "${words[@]}"; do
			case $name in *"$word"*) chosen+=("$name"); break ;; esac
		done
	done

	script=$(realpath "$0")
	log=$(mktemp)
	echo "KTAP version 1"
	echo "1..${#chosen[@]}"
	for name in "${chosen[@]}"; do
		nr=$((nr + 1))
		status=0
		tmpdir=$(mktemp -d)
		tmp=$tmpdir timeout -k 5 "$KTAP_TIMEOUT" bash "$script" --one "$name" \
			>"$log" 2>&1 </dev/null || status=$?
		if [ "$status" = 0 ]; then
			echo "ok $nr $name"
		elif [ "$status" = 4 ]; then
			echo "ok $nr $name # SKIP $(tail -n 1 "$log")"
			skipped=$((skipped + 1))
		else
			sed 's/^/# /' "$log"
			[ "$status" != 124 ] || echo "# no end after $KTAP_TIMEOUT seconds"
			echo "not ok $nr $name"
			failed=$((failed + 1))
		fi
		rm -rf "$tmpdir"
	done
	rm -f "$log"
	echo "# Totals: pass:$((nr - failed - skipped)) fail:$failed skip:$skipped"
	[ $failed = 0 ]
}

skip() { echo "$*"; exit 4; }

# wait_for COMMAND...: until it succeeds.
wait_for() {
	local tries=0

	until "$@"; do
		tries=$((tries + 1))
		if [ $tries -gt 400 ]; then
			echo "never came: $*"
			return 1
		fi
		sleep 0.05
	done
}

# expect EXPECTED SEEN
expect() {
	[ "$1" = "$2" ] || {
		echo "expected: $1"
		echo "seen:     $2"
		return 1
	}
}

# no COMMAND...: it must fail ("!" is invisible to set -e)
no() {
	if "$@"; then
		echo "should have failed: $*"
		return 1
	fi
}

# Nobody is traced: the list is its header.
nothing_attached() {
	expect "# TID PID COMM ENGINE EVENTS STATE LEVEL CALLBACKS MS WORST" "$(cat /proc/utrace/tasks)"
}
