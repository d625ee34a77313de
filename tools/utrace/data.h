/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the arguments of a call point to, as strace prints it.
 */
#ifndef UTRACE_TOOL_DATA_H
#define UTRACE_TOOL_DATA_H

#include <stdbool.h>

#include "record.h"
#include "syscalls.h"
#include "text.h"

/**
 * print_data() - what argument @arg points to
 * @call: NULL: not known.
 *
 * Return: false, and nothing printed, if that was not captured or cannot be
 * shown: then there is its value.
 */
bool print_data(struct text *text, const struct record *record, const struct syscall *call,
		unsigned int arg);

/** print_result_data() - what goes after the result of poll(2), select(2) */
void print_result_data(struct text *text, const struct record *record,
		       const struct syscall *call);

/** print_clone_details() - ", flags=..." of a CLONE record */
void print_clone_details(struct text *text, const struct record *record);

/** print_exec_details() - the file and the credentials of an EXEC record */
void print_exec_details(struct text *text, const struct record *record);

/** print_signal_event() - "SIGINT {...}" of a SIGNAL record */
void print_signal_event(struct text *text, const struct record *record);

#endif
