# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# Nothing may be lost.
# shellcheck source=selftests/bench/tracers/record.sh
. "$here/tracers/record.sh"
options=(--block)
small=(--block -b 64k)
