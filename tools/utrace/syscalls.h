/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names and prototypes of system calls, as text and parsed.
 *
 * The text is what a trace file carries in its CALLS chunk, so that any
 * machine can read it. A line of it is
 *
 *	ABI NR NAME RETTYPE(TYPE NAME, TYPE NAME...)
 *
 * with ABI as in struct utrace_record_calls, and ends after NAME if the
 * prototype is not known. Live traces go the same way, through the text.
 */
#ifndef UTRACE_TOOL_SYSCALLS_H
#define UTRACE_TOOL_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/utrace_record.h>

#include "args.h"
#include "structs.h"

#define SYSCALL_ABIS	2

struct syscall {
	/** @name: NULL: not known. */
	const char *name;
	/** @nr_args: -1: not known. */
	int nr_args;
	/** @args: How to print each, unless @row says otherwise. */
	enum arg_kind args[6];
	/** @arg_names: As in the prototype. */
	const char *arg_names[6];
	/** @row: For arguments that depend on others; or NULL. */
	const struct arg_row *row;
	/** @structs: What each points to; NULL: not known. */
	const struct struct_format *structs[6];
	/** @result: How to print what it returns. */
	enum arg_kind result;
};

struct syscalls {
	struct syscall calls[SYSCALL_ABIS][UTRACE_RECORD_MAX_CALLS];
	/** @text: What the names point into. */
	char *text;
};

/**
 * syscalls_text() - all that this tool knows, as text
 * @bytes: Out: its length.
 *
 * Return: to be freed; NULL without memory.
 */
char *syscalls_text(size_t *bytes);

/**
 * syscalls_parse() - make a table of such a text
 * @text: Need not end with a NUL; what is not understood is left out.
 *
 * Return: to be freed by syscalls_free(); NULL without memory.
 */
struct syscalls *syscalls_parse(const char *text, size_t bytes);
void syscalls_free(struct syscalls *syscalls);

/** syscalls_find() - the call, or NULL for one without a name */
const struct syscall *syscalls_find(const struct syscalls *syscalls, bool compat, int64_t nr);

/**
 * syscalls_specs() - what the recorder has to keep of each call
 * @specs: Out: UTRACE_RECORD_MAX_CALLS elements.
 *
 * Return: how many of them mean something.
 */
unsigned int syscalls_specs(unsigned int abi, struct utrace_record_call_spec *specs);

#endif
