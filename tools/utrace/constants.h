/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of constants, in sets: what one argument of a system call can be. Made
 * by gen-constants.py of what constants.tab asks for.
 */
#ifndef UTRACE_TOOL_CONSTANTS_H
#define UTRACE_TOOL_CONSTANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "constants-gen.h"
#include "text.h"

/** constants_name() - the name of one value, or NULL */
const char *constants_name(enum constant_set_id set, uint64_t value);

/** constants_add_names() - all its names with " or " between; false: it has none */
bool constants_add_names(struct text *text, enum constant_set_id set, uint64_t value);

/**
 * constants_print() - one value, or flags with "|" between, as strace does it
 *
 * What has no name is a number, with a comment that says what it is not.
 */
void constants_print(struct text *text, enum constant_set_id set, uint64_t value);

/** constants_add_flags() - "|" and the flags, or nothing if there is none */
void constants_add_flags(struct text *text, enum constant_set_id set, uint64_t value);

#endif
