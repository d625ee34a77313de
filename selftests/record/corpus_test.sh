#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A few of the corpus, where nothing but the base image is needed; all of it is
# "make corpus".
here=$(dirname "$(realpath "$0")")
[ $# -gt 0 ] || set -- cp grep server
exec "$here/corpus/run" "$@"
