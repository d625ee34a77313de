# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# Notification by seccomp, of five calls.
ops=$few
repetitions=12
wrap="$here/notify"
stop() { :; }
strings=(-s)
show() { cat "$dir/target-err"; }
