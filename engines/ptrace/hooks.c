// SPDX-License-Identifier: GPL-2.0
/*
 * The core's redirecting hooks once more, for the system calls that we wrap: with
 * a table and an ftrace user of this module, so that a machine on which nobody
 * loads it has no hooks there.
 */
#include "../../utrace/hooks_ftrace.c"
