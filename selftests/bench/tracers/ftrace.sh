# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# raw_syscalls in the kernel's own ring, which nobody reads.
tracing=/sys/kernel/tracing
start() {
	echo "$1" >$tracing/set_event_pid
	echo >$tracing/trace
	echo 1 >$tracing/events/raw_syscalls/enable
}
ready() { :; }
stop() {
	echo 0 >$tracing/events/raw_syscalls/enable
	echo >$tracing/set_event_pid
	echo >$tracing/trace
}
