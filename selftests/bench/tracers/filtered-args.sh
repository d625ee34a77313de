# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# The same, by the arguments.
# shellcheck source=selftests/bench/tracers/empty.sh
. "$here/tracers/empty.sh"
options=(-F)
