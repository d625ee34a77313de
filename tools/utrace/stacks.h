/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User call chains, joined to what they are of, and what their addresses mean.
 */
#ifndef UTRACE_TOOL_STACKS_H
#define UTRACE_TOOL_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct stacks;

/** stacks_new() - NULL without memory */
struct stacks *stacks_new(void);
void stacks_free(struct stacks *stacks);

/**
 * stacks_take() - learn from a record; all of them, in their order
 *
 * Return: false without memory.
 */
bool stacks_take(struct stacks *stacks, const struct record *record);

/**
 * struct stack - the chain of a call or an event
 * @frames: Innermost first; valid until the next stacks_find().
 * @truncated: There are more.
 */
struct stack {
	const struct stack_frame *frames;
	size_t nr;
	bool truncated;
};

/**
 * struct stack_frame - a function that has not returned
 * @address: Where it goes on.
 * @path: Of the file that this is in, or a name in brackets; NULL: nobody knows.
 * @at: Where in the file.
 * @symbol: The function's name; NULL: nobody knows.
 * @offset: From its beginning.
 */
struct stack_frame {
	uint64_t address;
	const char *path;
	uint64_t at;
	const char *symbol;
	uint64_t offset;
};

/**
 * stacks_find() - the chain of a CALL or EVENT, or that which a STACK is
 *
 * Return: false if there is none.
 */
bool stacks_find(struct stacks *stacks, const struct record *record, struct stack *stack);

#endif
