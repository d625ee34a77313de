// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "utrace.h"

static char *make_room(struct text *t, size_t more)
{
	if (t->room - t->len <= more) {
		size_t room = (t->len + more + 256) * 2;
		char *s = realloc(t->s, room);

		if (!s) {
			complain("out of memory");
			exit(UTRACE_EXIT_FAILED);
		}
		t->s = s;
		t->room = room;
	}
	return t->s + t->len;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	make_room(t, 128);
	va_start(args, format);
	n = vsnprintf(t->s + t->len, t->room - t->len, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= t->room - t->len) {
		make_room(t, (size_t)n);
		va_start(args, format);
		vsnprintf(t->s + t->len, t->room - t->len, format, args);
		va_end(args);
	}
	t->len += (size_t)n;
}

void text_add_string(struct text *t, const char *s)
{
	size_t len = strlen(s);

	memcpy(make_room(t, len), s, len);
	t->len += len;
}

static char escape_letter(unsigned char c)
{
	switch (c) {
	case '"': return '"';
	case '\\': return '\\';
	case '\f': return 'f';
	case '\n': return 'n';
	case '\r': return 'r';
	case '\t': return 't';
	case '\v': return 'v';
	default: return 0;
	}
}

void text_add_escaped(struct text *t, const char *bytes, size_t len)
{
	/* At worst \ooo for each. */
	char *out = make_room(t, 4 * len);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];
		char letter = escape_letter(c);

		if (letter) {
			*out++ = '\\';
			*out++ = letter;
		} else if (c >= ' ' && c < 0x7f) {
			*out++ = (char)c;
		} else {
			/* As short as it gets, if no digit follows that would join. */
			bool digit = i + 1 < len && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';

			*out++ = '\\';
			if (digit || c >= 0100)
				*out++ = (char)('0' + (c >> 6));
			if (digit || c >= 010)
				*out++ = (char)('0' + (c >> 3 & 7));
			*out++ = (char)('0' + (c & 7));
		}
	}
	t->len = (size_t)(out - t->s);
}

void text_add_quoted(struct text *t, const char *bytes, size_t len)
{
	text_add_string(t, "\"");
	text_add_escaped(t, bytes, len);
	text_add_string(t, "\"");
}

void text_add_hex(struct text *t, const char *bytes, size_t len)
{
	text_add_string(t, "\"");
	for (size_t i = 0; i < len; i++)
		text_add(t, "\\x%02x", (unsigned char)bytes[i]);
	text_add_string(t, "\"");
}

void text_pad(struct text *t, size_t column)
{
	if (t->len < column) {
		size_t n = column - t->len;

		memset(make_room(t, n), ' ', n);
		t->len += n;
	}
}

void text_free(struct text *t)
{
	free(t->s);
	*t = (struct text){};
}
