# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# strace that writes nowhere.
ops=$few
repetitions=12
out=/dev/null
strings=(-s 64)
start() { background strace -f "${options[@]}" -o "$out" -p "$1"; }
ready() { has_ptracer; }
show() { cat "$out"; }
