# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# strace -e openat that is not told of other calls: seccomp rejects them.
wrap='strace -f --seccomp-bpf -e trace=openat -o /dev/null'
stop() { :; }
