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

struct record_string {
	/** @bytes: NULL if the argument was not captured. */
	const char *bytes;
	uint16_t len;
	uint8_t flags;
};

/**
 * struct record - a record in full: absolute time, the task, values widened
 *
 * Strings point into the bytes it was read from.
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
	struct record_string strings[RECORD_MAX_ARGS];
	/** @kind: EVENT. */
	unsigned int kind;
	/** @value: EVENT: its value; LOST: how many. */
	uint64_t value;
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
 * record_next() - the next CALL, EVENT or LOST record
 *
 * Others are taken in or stepped over.
 *
 * Return: RECORD_NONE at the end of the stretch; RECORD_DAMAGED if what is
 * there cannot be a record: the rest of the stretch is given up.
 */
enum record_found record_next(struct record_stream *stream, struct record *record);

/**
 * record_format() - the layout of all records as text: the FORMAT chunk
 * @bytes: Out: its length.
 *
 * Return: to be freed; NULL without memory.
 */
char *record_format(size_t *bytes);

#endif
