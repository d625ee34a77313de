# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# A line for each call, and its path if it is openat.
export BPFTRACE_STRLEN=64
missing() { needs_command bpftrace; }
program() {
	cat <<-EOF
	tracepoint:raw_syscalls:sys_enter /pid == $1/ { printf("%d\n", args->id); }
	tracepoint:syscalls:sys_enter_openat /pid == $1/ { printf("%s\n", str(args->filename)); }
	EOF
}
start() { background bpftrace -o "$out" -e "$(program "$1")"; }
show() { cat "$out"; }
lost() { awk '/^Lost/ { n += $2 } END { print n + 0 }' "$dir/err" "$out"; }
