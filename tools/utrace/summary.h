/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often, how long, with how many errors: per system call, as strace -c and
 * beyond.
 */
#ifndef UTRACE_TOOL_SUMMARY_H
#define UTRACE_TOOL_SUMMARY_H

#include <stdio.h>

#include "histogram.h"
#include "record.h"
#include "syscalls.h"

/** struct summary_error - how often a call failed in one way */
struct summary_error {
	int error;
	uint64_t count;
};

/**
 * struct summary_call - all calls of one number
 * @nanoseconds: From entry to return, of all of them; @min, @max: of one.
 * @kinds: By error number.
 */
struct summary_call {
	int64_t nr;
	uint64_t calls, errors, nanoseconds, min, max;
	struct summary_error *kinds;
	size_t nr_kinds;
	struct histogram histogram;
};

/** struct summary - one list of calls for each ABI, sorted by number */
struct summary {
	struct {
		struct summary_call **calls;
		size_t nr, room;
	} abis[SYSCALL_ABIS];
};

/** enum summary_sort - which call is on the first line: that with the most */
enum summary_sort {
	SUMMARY_BY_TIME,
	SUMMARY_BY_CALLS,
	SUMMARY_BY_ERRORS,
	SUMMARY_BY_AVG,
	SUMMARY_BY_MIN,
	SUMMARY_BY_MAX,
	/* ... or the alphabet. */
	SUMMARY_BY_NAME,
};

/**
 * struct summary_format - how to print it
 * @extremes: Shortest and longest too, and parts of microseconds; without it,
 *	the table of strace -c.
 * @kinds: Below each call, how often it failed in which way.
 * @histogram: After the table, of each call how its durations are spread.
 */
struct summary_format {
	enum summary_sort sort;
	bool extremes, kinds, histogram;
};

/** summary_sort() - by a name as in strace -S. Return: false if it is none. */
bool summary_sort(const char *name, enum summary_sort *sort);

/** summary_add() - count a record if it is a call that returned. Return: false without memory. */
bool summary_add(struct summary *summary, const struct record *record);
/** summary_print() - the table; reorders the calls: nothing can be added after */
void summary_print(struct summary *summary, const struct syscalls *syscalls,
		   const struct summary_format *format, FILE *out);
void summary_free(struct summary *summary);

#endif
