#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The logic of the core that needs no thread: modules/utrace_kunit.c, where the
# kernel has KUnit.
here=$(dirname "$(realpath "$0")")
# shellcheck source=selftests/ktap.sh
. "$here/../ktap.sh"

merge_of_actions_and_effect_of_signals() {
	local results=/sys/kernel/debug/kunit/utrace/results

	# It, not what was built for it.
	[ -d /sys/kernel/debug/kunit ] || modinfo kunit >"$tmp/modinfo" 2>&1 ||
		skip "this kernel has no KUnit"
	insmod /utrace/modules/utrace_kunit.ko
	cat $results
	rmmod_later=utrace_kunit
	grep -q '^ok 1 utrace\|^# utrace: pass' $results
	no grep -q 'not ok' $results
	rmmod $rmmod_later
}

ktap_run "$@" -- merge_of_actions_and_effect_of_signals
