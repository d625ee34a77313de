// SPDX-License-Identifier: GPL-2.0
#include "convert.h"
#include "utrace.h"

const char *convert_event_name(unsigned int kind)
{
	static const char *const names[] = {
		[UTRACE_RECORD_EVENT_CLONE] = "clone",
		[UTRACE_RECORD_EVENT_EXEC] = "exec",
		[UTRACE_RECORD_EVENT_EXIT] = "exit",
		[UTRACE_RECORD_EVENT_SIGNAL] = "signal",
		[UTRACE_RECORD_EVENT_STOP] = "stop",
	};

	return kind < ARRAY_SIZE(names) ? names[kind] : NULL;
}

bool convert_has_line(const struct record *r)
{
	switch (r->type) {
	case UTRACE_RECORD_STACK:
		return r->stack.flags & UTRACE_RECORD_STACK_REQUESTED;
	case UTRACE_RECORD_EVENT:
		return r->kind != UTRACE_RECORD_EVENT_MAP;
	default:
		return true;
	}
}

bool convert_string(const struct record *r, unsigned int arg, struct piece *piece)
{
	return record_find_string(r, arg, piece) && !(piece->flags & UTRACE_RECORD_DATA_FAULT);
}
