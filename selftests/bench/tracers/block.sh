# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# A supervisor that is asked about each getppid, and lets it run.
ops=getppid:1000
repetitions=12
start() { background "$here/answer" "$1"; }
ready() { is_listed; }
stop() { end_tracer TERM; }
