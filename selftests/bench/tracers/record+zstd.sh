# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# shellcheck source=selftests/bench/tracers/record+file.sh
. "$here/tracers/record+file.sh"
options=(-z)
small=()
