# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# An engine with nothing to do at the entry and exit of each system call.
repetitions=12
start() { background "$here/empty" "${options[@]}" "$1"; }
ready() { is_listed; }
stop() { end_tracer TERM; }
