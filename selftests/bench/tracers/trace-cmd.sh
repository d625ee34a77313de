# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# The same, with a reader that writes a file.
small=(-b 64)
missing() { needs_command trace-cmd; }
start() { background trace-cmd record -q -e raw_syscalls "${options[@]}" -P "$1" -o "$out"; }
# It turns tracing off while it sets up events.
ready() { [ "$(cat /sys/kernel/tracing/{events/raw_syscalls/enable,tracing_on} | xargs)" = '1 1' ]; }
lost() { trace-cmd report --stat "$out" 2>/dev/null | awk '/overrun:|dropped events:/ { n += $NF } END { print n + 0 }'; }
