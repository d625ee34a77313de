# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# The reader of rings of the default size comes once in 130,000 calls: so many
# that each repetition has its share of it.
# shellcheck source=selftests/bench/tracers/record.sh
. "$here/tracers/record.sh"
ops=getppid:400000
repetitions=3
