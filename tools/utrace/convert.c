// SPDX-License-Identifier: GPL-2.0
#include "convert.h"
#include "utrace.h"

const char *convert_event_name(unsigned int kind)
{
	static const char *const names[] = {
		[UTRACE_RECORD_EVENT_CLONE] = "clone",
		[UTRACE_RECORD_EVENT_EXEC] = "exec",
		[UTRACE_RECORD_EVENT_EXIT] = "exit",
	};

	return kind < ARRAY_SIZE(names) ? names[kind] : NULL;
}

const struct record_string *convert_string(const struct record *r, unsigned int arg)
{
	const struct record_string *s = &r->strings[arg];

	return s->bytes && !(s->flags & UTRACE_RECORD_STRING_FAULT) ? s : NULL;
}
