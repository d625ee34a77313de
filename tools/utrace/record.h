/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One record at a time out of the bytes of one ring.
 *
 * Nothing in those bytes is trusted: they may come from any file.
 */
#ifndef UTRACE_TOOL_RECORD_H
#define UTRACE_TOOL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/utrace_record.h>

#define RECORD_MAX_ARGS		6
#define RECORD_COMM_BYTES	sizeof(((struct utrace_record_task *)0)->comm)

/**
 * struct piece - captured memory: as struct utrace_record_data, and its bytes
 * @bytes: Not aligned.
 * @rest: What follows it.
 */
struct piece {
	const unsigned char *bytes;
	size_t len;
	uint8_t arg, kind, flags, index;
	const unsigned char *rest;
};

/**
 * struct record_large - a buffer that came before its call
 * @next: The one before it of this task.
 */
struct record_large {
	struct record_large *next;
	uint64_t cookie;
	size_t len;
	unsigned char bytes[];
};

/**
 * struct record - a record in full: absolute time, the task, values widened
 *
 * Its data are in the bytes that it was read from.
 */
struct record {
	enum utrace_record_type type;
	/** @raw: Where it begins. */
	const unsigned char *raw;
	/** @time: CLOCK_MONOTONIC in nanoseconds; of a call, that of its return. */
	uint64_t time;
	uint32_t tid, pid;
	/** @comm: Name of the thread, NUL-padded; valid as long as the record. */
	const char *comm;
	/** @cpu: Whose ring; set by who reads several. */
	unsigned int cpu;
	/** @compat, @unfinished and below: CALL. */
	bool compat, unfinished;
	/** @in_progress: Unfinished, and the task is in it. */
	bool in_progress;
	int64_t nr, result;
	uint64_t duration;
	unsigned int nr_args;
	uint64_t args[RECORD_MAX_ARGS];
	/** @data: CALL, EVENT: captured memory, for record_next_piece(). LARGE: the bytes. */
	const unsigned char *data;
	size_t data_bytes;
	/** @larges: CALL: its buffers that are records of their own; set by struct merge. */
	const struct record_large *larges;
	/** @kind: EVENT. */
	unsigned int kind;
	/** @value: EVENT: its value; LOST: how many; STACK, LARGE: its cookie. */
	uint64_t value;
	/** @stack: STACK; @flags: UTRACE_RECORD_STACK_*; @addresses: not aligned. */
	struct {
		unsigned int flags;
		uint64_t top;
		const unsigned char *addresses;
		size_t nr;
	} stack;
};

/**
 * struct record_stream - the records of one ring, in their order
 * @at: The next record; the owner sets it to a new stretch when it reaches @end.
 * @end: End of the stretch.
 * @in_task: A TASK record has told whose the records are and when. Not so at
 *	the beginning, and after damage: until then, there is nothing to make
 *	of a record.
 * @time: Of the last record.
 * @tid, @pid, @comm: Of the last TASK record.
 */
struct record_stream {
	const unsigned char *at, *end;
	bool in_task;
	uint64_t time;
	uint32_t tid, pid;
	char comm[RECORD_COMM_BYTES];
};

enum record_found { RECORD_FOUND, RECORD_NONE, RECORD_DAMAGED };

/**
 * record_next() - the next CALL, EVENT, STACK, LARGE or LOST record
 *
 * Others are taken in or stepped over.
 *
 * Return: RECORD_NONE at the end of the stretch; RECORD_DAMAGED if what is
 * there cannot be a record: the rest of the stretch is given up.
 */
enum record_found record_next(struct record_stream *stream, struct record *record);

/**
 * record_next_piece() - the next piece of captured memory
 * @piece: In: the one before; all zero to begin with.
 */
bool record_next_piece(const struct record *record, struct piece *piece);

#define RECORD_ANY_KIND		0u

/**
 * record_find_piece() - the first piece that an argument led to
 * @kind: enum utrace_record_kind or RECORD_ANY_KIND.
 * @out: As it was when the call had returned, not when it was entered.
 */
bool record_find_piece(const struct record *record, unsigned int arg, unsigned int kind, bool out,
		       struct piece *piece);

/**
 * record_find_string() - the string that an argument pointed to at the entry
 *
 * Return: false if none was captured; with UTRACE_RECORD_DATA_FAULT, there was
 * none to capture.
 */
bool record_find_string(const struct record *record, unsigned int arg, struct piece *piece);

/**
 * record_format() - the layout of all records as text: the FORMAT chunk
 * @bytes: Out: its length.
 *
 * Return: to be freed; NULL without memory.
 */
char *record_format(size_t *bytes);

#endif
