/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trace file in the formats of other tools.
 */
#ifndef UTRACE_TOOL_CONVERT_H
#define UTRACE_TOOL_CONVERT_H

#include <stdbool.h>
#include <stdio.h>

#include "file.h"
#include "print.h"

struct json_object;

/**
 * struct conversion - from what to what
 * @file: At its first record.
 * @out: Where text goes; of a format that is a directory, NULL.
 * @path: The same as a path.
 */
struct conversion {
	struct trace_file *file;
	const struct syscalls *syscalls;
	FILE *out;
	const char *path;
};

/*
 * These write all of it. They complain and return false if they cannot; what
 * is wrong with @out the caller sees.
 */
bool convert_json(struct conversion *conversion);
bool convert_perfetto(struct conversion *conversion);
bool convert_ctf(struct conversion *conversion);

/** convert_event_name() - such as "exec"; NULL for one that we do not know */
const char *convert_event_name(unsigned int kind);

/** convert_has_line() - is it of interest by itself? */
bool convert_has_line(const struct record *record);

/** convert_string() - what argument @arg pointed to, if we have it as a string */
bool convert_string(const struct record *record, unsigned int arg, struct piece *piece);

/**
 * json_add_bytes() - bytes of a task, which need not be text
 *
 * Adds @key if they are UTF-8, @key with _hex if they are not.
 */
void json_add_bytes(struct json_object *object, const char *key, const char *bytes, size_t len);

/** json_write() - @object on one line, and be done with it */
void json_write(struct json_object *object, FILE *out);

#endif
