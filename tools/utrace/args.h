/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How values of arguments and results are printed: by their C type, and where
 * the name says more, as strace prints them.
 */
#ifndef UTRACE_TOOL_ARGS_H
#define UTRACE_TOOL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum arg_kind {
	ARG_HEX = 0,
	ARG_POINTER,
	ARG_INT,
	ARG_UINT,
	ARG_LONG,
	ARG_ULONG,
	ARG_U16,
	/* An unsigned ID; -1 is "do not change". */
	ARG_ID,
	ARG_DIRFD,
	ARG_MODE,
	/* A mode that only counts if the open flags before it create a file. */
	ARG_OPEN_MODE,
	/* ... after flags. */
	ARG_SIGNAL,
	ARG_OPEN_FLAGS,
	ARG_AT_FLAGS,
	ARG_UNLINK_FLAGS,
	ARG_ACCESS_FLAGS,
	ARG_ACCESS_MODE,
	ARG_PROT,
	ARG_MAP_FLAGS,
	ARG_WHENCE,
	ARG_FCNTL,
	ARG_SIGMASK_HOW,
};

/** arg_kind() - for an argument of this type and name of this call */
enum arg_kind arg_kind(const char *call, const char *type, const char *name);

/** arg_result() - for what this call returns */
enum arg_kind arg_result(const char *call);

/**
 * arg_print() - one value
 * @compat: Of a 32-bit task: a long has 32 bits.
 */
void arg_print(struct text *text, enum arg_kind kind, uint64_t value, bool compat);

/** arg_print_signal() - its name with SIG */
void arg_print_signal(struct text *text, int sig);

/** arg_opens_new_file() - with these open flags, a mode is passed too */
bool arg_opens_new_file(uint64_t flags);

#endif
