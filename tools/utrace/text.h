/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line under construction. It knows its length, hence the column.
 */
#ifndef UTRACE_TOOL_TEXT_H
#define UTRACE_TOOL_TEXT_H

#include <stddef.h>

struct text {
	char *s;
	size_t len, room;
};

__attribute__((format(printf, 2, 3)))
void text_add(struct text *text, const char *format, ...);
void text_add_string(struct text *text, const char *s);
/** text_add_escaped() - as in a C string */
void text_add_escaped(struct text *text, const char *bytes, size_t len);
/** text_add_quoted() - as a C string with quotes, the way strace does it */
void text_add_quoted(struct text *text, const char *bytes, size_t len);
/** text_add_hex() - the same, each byte as \\xNN */
void text_add_hex(struct text *text, const char *bytes, size_t len);
/** text_pad() - spaces up to @column */
void text_pad(struct text *text, size_t column);
void text_free(struct text *text);

#endif
