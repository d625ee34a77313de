# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# Into a file, of one process: it is the reader that leaves out the others.
missing() { needs_command sysdig; needs_modules sysdig; }
start() {
	modprobe scap 2>"$dir/err" || return
	background sysdig -q "${options[@]}" -w "$out" "proc.pid=$1"
}
stop() {
	end_tracer INT
	modprobe -r scap
}
show() { sysdig -r "$out"; }
