# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# A ring that holds it all: its reader sleeps, and what is left is the task's own.
# shellcheck source=selftests/bench/tracers/record.sh
. "$here/tracers/record.sh"
options=(-b 64M)
out=/dev/null
