/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How values of arguments and results are printed: by their C type, and where
 * arguments.tab says more, as strace prints them.
 */
#ifndef UTRACE_TOOL_ARGS_H
#define UTRACE_TOOL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "constants.h"
#include "text.h"

enum arg_kind {
	/* What the type says. */
	ARG_DEFAULT = 0,
	ARG_HEX,
	ARG_POINTER,
	ARG_INT,
	ARG_UINT,
	ARG_LONG,
	ARG_ULONG,
	ARG_U16,
	/* An unsigned ID; -1 is "do not change". */
	ARG_ID,
	ARG_FD,
	ARG_DIRFD,
	/* There is such an argument, but it means nothing here. */
	ARG_SKIP,
	ARG_MODE,
	/* With the type of the file. */
	ARG_FILE_MODE,
	/* A number of pages of 4096 bytes, printed in bytes. */
	ARG_PAGES,
	/*
	 * 64 bits. A 32-bit task has them in two arguments, the low half first: the
	 * whole is printed for that one, the other is to be skipped.
	 */
	ARG_S64,
	ARG_U64,
	ARG_HEX64,
	/* The same, the high half first. */
	ARG_HIGH_S64,
	/* Kinds that only count if the argument before says so: */
	ARG_OPEN_MODE,
	ARG_DEVICE,
	ARG_MREMAP_TO,
	ARG_SIGNAL,
	/* Of several sets: */
	ARG_OPEN,
	ARG_MAP,
	ARG_STATX,
	ARG_CLONE,
	ARG_IPC_FLAGS,
	ARG_PERSONALITY,
	ARG_FUTEX,
	ARG_IOCTL,
	ARG_SOCKET_TYPE,
	ARG_CAPABILITY,
	/* By the command. */
	ARG_FCNTL_RESULT,
	/* And from here on, ARG_SET(SET_...). */
	ARG_SETS,
};

/* Commands of fcntl(): only 32-bit programs have these, and the headers only names for them. */
enum { KERNEL_F_GETLK64 = 12, KERNEL_F_SETLK64, KERNEL_F_SETLKW64 };

#define ARG_SET(id)	((enum arg_kind)(ARG_SETS + (id)))

/**
 * struct arg_row - a line of arguments.tab
 * @call: Name of the system call.
 * @compat: The line is only for those of 32-bit tasks.
 * @select: The line is only for calls whose argument of this number is @value;
 *	-1: for all others. That one comes first.
 * @value: Its low 32 bits.
 * @nr: How many arguments there are to print at most.
 * @kinds: Of each.
 */
struct arg_row {
	const char *call;
	bool compat;
	int select;
	uint32_t value;
	unsigned int nr;
	enum arg_kind kinds[6];
};

/** arg_kind() - for an argument of this type and name */
enum arg_kind arg_kind(const char *type, const char *name);

/** arg_row() - what arguments.tab says of this call, or NULL */
const struct arg_row *arg_row(const char *call, bool compat);

/** arg_row_for() - the row for these arguments: @base or one below it */
const struct arg_row *arg_row_for(const struct arg_row *base, const uint64_t *args,
				  unsigned int nr);

/** arg_result() - for what this call returns */
enum arg_kind arg_result(const char *call);

/** arg_ends_list() - neither this argument nor those after it mean anything */
bool arg_ends_list(enum arg_kind kind, const uint64_t *args, unsigned int i);

/**
 * arg_value() - what to print for argument @i
 * @nr: How many arguments there are.
 */
uint64_t arg_value(enum arg_kind kind, const uint64_t *args, unsigned int nr, unsigned int i,
		   bool compat);

/**
 * arg_print() - one value
 * @compat: Of a 32-bit task: a long has 32 bits.
 */
void arg_print(struct text *text, enum arg_kind kind, uint64_t value, bool compat);

/** arg_print_result() - what a call returned, if it was no error */
void arg_print_result(struct text *text, enum arg_kind kind, uint64_t value, bool compat,
		      const uint64_t *args);

/** arg_print_signal() - its name with SIG */
void arg_print_signal(struct text *text, int sig);
/** arg_print_signal_short() - and without, as in a set */
void arg_print_signal_short(struct text *text, int sig);

#endif
