# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# The least of what ptrace costs: no call is looked at.
ops=$few
repetitions=12
strings=(-s)
start() { background "$here/ptrace_stops" "${options[@]}" "$1"; }
ready() { has_ptracer; }
show() { cat "$dir/log"; }
