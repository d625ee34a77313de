# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# utrace record into a file.
repetitions=12
small=(-b 64k)
strings=(-s 64)
start() { background "$here/../../bin/utrace" record -f "${options[@]}" -o "$out" -p "$1"; }
ready() { is_listed; }
stop() { end_tracer TERM; }
lost() { sed -n 's/.* records, \([0-9]*\) lost, .*/\1/p' "$dir/err"; }
found() { "$here/../../bin/utrace" stat -i "$out" 2>&1 | awk '$NF == "getppid" { print $6 }'; }
show() { "$here/../../bin/utrace" report "$out"; }
