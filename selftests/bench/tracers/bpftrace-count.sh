# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# The calls of all tasks, counted in the kernel.
# shellcheck source=selftests/bench/tracers/bpftrace-print.sh
. "$here/tracers/bpftrace-print.sh"
program() { echo 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'; }
