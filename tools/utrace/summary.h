/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often, how long, with how many errors: per system call, as strace -c.
 */
#ifndef UTRACE_TOOL_SUMMARY_H
#define UTRACE_TOOL_SUMMARY_H

#include <stdio.h>

#include "record.h"
#include "syscalls.h"

struct summary_call {
	int64_t nr;
	uint64_t calls, errors, nanoseconds;
};

/** struct summary - one list of calls for each ABI, sorted by number */
struct summary {
	struct {
		struct summary_call *calls;
		size_t nr, room;
	} abis[SYSCALL_ABIS];
};

/** summary_add() - count a record if it is a call that returned */
bool summary_add(struct summary *summary, const struct record *record);
/** summary_print() - the table; reorders the calls: nothing can be added after */
void summary_print(struct summary *summary, const struct syscalls *syscalls, FILE *out);
void summary_free(struct summary *summary);

#endif
