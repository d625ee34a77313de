/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records as lines of text, the way strace writes them.
 */
#ifndef UTRACE_TOOL_PRINT_H
#define UTRACE_TOOL_PRINT_H

#include <stdio.h>
#include <time.h>

#include "fds.h"
#include "record.h"
#include "stacks.h"
#include "syscalls.h"
#include "text.h"

/** enum print_pid - whose record it is, on each line */
enum print_pid {
	PRINT_PID_NONE,
	/* As strace in a file: "1234  " */
	PRINT_PID_COLUMN,
	/* As strace on a terminal: "[pid  1234] " */
	PRINT_PID_BRACKETS,
};

/** enum print_stamp - when the call was entered (-t, -tt, -ttt, -r) */
enum print_stamp {
	PRINT_STAMP_NONE,
	PRINT_STAMP_SECONDS,
	PRINT_STAMP_MICROSECONDS,
	PRINT_STAMP_EPOCH,
	PRINT_STAMP_RELATIVE,
};

/**
 * struct printer - where and how to print
 * @out, @syscalls: The caller's.
 * @realtime_offset: CLOCK_REALTIME - CLOCK_MONOTONIC, nanoseconds.
 * @events: Also what can be seen from the calls, but for its details (--events).
 * @durations: Time spent in each call at the end of its line (-T).
 */
struct printer {
	FILE *out;
	const struct syscalls *syscalls;
	enum print_pid pid;
	enum print_stamp stamp;
	bool events, durations;
	int64_t realtime_offset;
	/** @stacks: The caller's: print call chains; NULL: do not. */
	struct stacks *stacks;
	/** @fds: The caller's: print paths of descriptors; NULL: do not. */
	struct fds *fds;

	/* Its own: */
	struct text line;
	uint64_t last_stamp;
	time_t clock_of;
	char clock[16];
	bool any;
};

/** print_record() - one line, or none if there is nothing to tell */
void print_record(struct printer *printer, const struct record *record);

/** print_skip() - take note of a record that is not to be printed */
void print_skip(struct printer *printer, const struct record *record);

/** print_lost() - the line for @count records that are missing */
void print_lost(struct printer *printer, uint64_t count);

/** print_call_name() - the name, or syscall_0x... for one without */
void print_call_name(struct text *text, const struct syscalls *syscalls,
		     bool compat, int64_t nr);

/*
 * Parts of a line, added to @printer->line: one argument of a call, and what
 * stands behind the "=".
 */
void print_arg(struct printer *printer, const struct record *record, unsigned int arg);
void print_result(struct printer *printer, const struct record *record);

/** print_frame() - of a call chain, as strace -k has it */
void print_frame(struct text *line, const struct stack_frame *frame);

/** print_errno_name() - such as ENOENT; the kernel's own restart codes too */
void print_errno_name(struct text *text, int error);

/** record_error() - the error number that a finished call returned, or 0 */
int record_error(const struct record *record);

void print_free(struct printer *printer);

#endif
