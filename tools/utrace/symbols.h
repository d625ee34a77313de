/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is in a program file, by libdw of elfutils: names of functions, and what
 * its unwind tables say.
 */
#ifndef UTRACE_TOOL_SYMBOLS_H
#define UTRACE_TOOL_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct symbols;
struct symbols_file;

/** symbols_new() - NULL without memory */
struct symbols *symbols_new(void);
void symbols_free(struct symbols *symbols);

/**
 * symbols_file() - a file, to be read when it is first asked about
 *
 * Return: valid as long as @symbols; NULL without memory.
 */
struct symbols_file *symbols_file(struct symbols *symbols, const char *path, size_t len);
const char *symbols_path(const struct symbols_file *file);

/**
 * struct symbol - what is at a place of a file
 * @name: Of the function; NULL: nobody knows.
 * @offset: From where that begins.
 * @has_no_frame: The stack pointer leads to the return address: the function has
 *	not set up a frame here, and what the frame pointer leads to is its caller's.
 */
struct symbol {
	const char *name;
	uint64_t offset;
	bool has_no_frame;
};

/** symbols_find() - the instruction at byte @at of @file */
struct symbol symbols_find(struct symbols *symbols, struct symbols_file *file, uint64_t at);

#endif
