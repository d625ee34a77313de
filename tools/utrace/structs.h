/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Structures that calls read and write, printed as strace prints them.
 */
#ifndef UTRACE_TOOL_STRUCTS_H
#define UTRACE_TOOL_STRUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "text.h"

/**
 * struct memory - one object in captured memory
 * @compat: Its layout is that of a 32-bit task.
 * @record, @arg: The call, and the argument that points to it.
 */
struct memory {
	const unsigned char *bytes;
	size_t len;
	bool compat;
	const struct record *record;
	unsigned int arg;
};

/**
 * memory_get() - a little endian number of @bytes bytes at offset @at
 *
 * Return: 0 for one that is beyond the end, or wider than 64 bits.
 */
uint64_t memory_get(const struct memory *m, size_t at, size_t bytes);

/** memory_get_signed() - the same, of a signed one */
int64_t memory_get_signed(const struct memory *m, size_t at, size_t bytes);

/**
 * struct struct_format - how to print what an argument points to
 * @type: Of the argument, without const and star; or NULL:
 * @call, @arg: Of this argument of this call.
 * @size: Of an object, for a 64-bit task and a 32-bit one; 0: such a task has none.
 *	Both 0: as large as it is.
 * @print: Return: false to have the address printed instead.
 */
struct struct_format {
	const char *type, *call;
	unsigned int arg;
	uint16_t size[2];
	bool (*print)(struct text *text, const struct memory *memory);
};

/** struct_find() - for an argument of this type of this call; NULL: not known */
const struct struct_format *struct_find(const char *call, const char *type, unsigned int arg);

/** struct_size() - of one object, or @len if it can be of any size; 0: there is none */
size_t struct_size(const struct struct_format *format, bool compat, size_t len);

/* Those that are needed elsewhere. */
bool print_timespec(struct text *text, const struct memory *memory);
bool print_fd_set(struct text *text, const struct memory *memory);
void print_poll_events(struct text *text, const char *name, unsigned int events);
void print_sigset(struct text *text, uint64_t set);
/** print_siginfo() - of a 64-bit task */
bool print_siginfo(struct text *text, const struct memory *memory);
/** print_ioctl(), print_fcntl() - by their second argument; of those that strace prints */
bool print_ioctl(struct text *text, const struct memory *memory);
bool print_fcntl(struct text *text, const struct memory *memory);

#endif
