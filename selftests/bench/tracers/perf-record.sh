# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# raw_syscalls into a file.
small=(-m 16)
missing() { needs_command perf; }
start() {
	rm -f "$dir/control" "$dir/ack"
	mkfifo "$dir/control" "$dir/ack"
	background perf record "${options[@]}" -D -1 --control="fifo:$dir/control,$dir/ack" \
		-e 'raw_syscalls:*' -o "$out" -p "$1"
	timeout 60 sh -c 'echo enable >"$1/control"; read -r _ <"$1/ack"' sh "$dir"
}
ready() { :; }
found() { perf report --stats -i "$out" 2>/dev/null | awk '/SAMPLE events:/ { print $3; exit }'; }
