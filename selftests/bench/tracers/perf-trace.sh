# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# perf's strace.
missing() { needs_command perf; }
out=/dev/null
start() { background perf trace "${options[@]}" -o "$out" -p "$1"; }
show() { cat "$out"; }
