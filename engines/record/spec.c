// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptions of calls: what user space may ask for.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include "record.h"

static bool is_valid_arg(const struct utrace_record_call_spec *call, unsigned int arg)
{
	const struct utrace_record_arg_spec *spec = &call->args[arg];
	unsigned int from = spec->length >> 4, n = spec->length & 15;
	bool captured = (call->in | call->out) & BIT(arg);
	bool plain = spec->kind == UTRACE_RECORD_VALUE;

	if (captured == plain)
		return false;
	switch (spec->kind) {
	case UTRACE_RECORD_VALUE:
	case UTRACE_RECORD_PATH:
	case UTRACE_RECORD_STRING:
	case UTRACE_RECORD_STRINGS:
	case UTRACE_RECORD_POINTERS:
	case UTRACE_RECORD_MSGHDR:
		return !spec->length && !spec->size;
	case UTRACE_RECORD_STRUCT:
	case UTRACE_RECORD_ARRAY:
		if (!spec->size || spec->size > UTRACE_RECORD_MAX_STRUCT)
			return false;
		break;
	case UTRACE_RECORD_BUFFER:
	case UTRACE_RECORD_SOCKADDR:
		if (spec->size != 1)
			return false;
		break;
	case UTRACE_RECORD_ENTRIES:
		if (spec->size > UTRACE_RECORD_MAX_STRUCT)
			return false;
		break;
	case UTRACE_RECORD_IOVEC:
		if (spec->size)
			return false;
		break;
	case UTRACE_RECORD_REQUEST:
		return spec->size <= UTRACE_RECORD_REQUEST_FCNTL &&
		       from == UTRACE_RECORD_LENGTH_ARG && n < call->nr_args;
	default:
		return false;
	}
	switch (from) {
	case UTRACE_RECORD_LENGTH_ONE:
		return !n && spec->kind == UTRACE_RECORD_STRUCT;
	case UTRACE_RECORD_LENGTH_RESULT:
		/* There is none yet. */
		return !(call->in & BIT(arg)) && (n < call->nr_args || n == 15);
	case UTRACE_RECORD_LENGTH_ARG:
	case UTRACE_RECORD_LENGTH_POINTER:
	case UTRACE_RECORD_LENGTH_BITS:
		return n < call->nr_args;
	default:
		return false;
	}
}

/**
 * record_spec_is_valid() - does it make sense?
 * @spec: As user space gave it.
 */
bool record_spec_is_valid(const struct utrace_record_call_spec *spec)
{
	unsigned int arg;

	if (spec->nr_args > 6 || spec->when > spec->nr_args || !spec->when != !spec->values ||
	    (spec->in & ~BIT(UTRACE_RECORD_IN_REGS)) >> spec->nr_args ||
	    spec->out >> spec->nr_args)
		return false;
	for (arg = 0; arg < 6; arg++)
		if (!is_valid_arg(spec, arg))
			return false;
	return true;
}

/**
 * record_data_room() - how much may be captured of one call
 * @setup: Of the session.
 *
 * Three paths of mount(2), and 64 buffers; a record cannot have more than
 * RECORD_MAX_DATA in any case.
 */
u32 record_data_room(const struct utrace_record_setup *setup)
{
	u32 path = sizeof(struct utrace_record_data) + ALIGN(setup->max_string, 8);
	u32 buffer = sizeof(struct utrace_record_data) + ALIGN(setup->max_data, 8);

	return 3 * path + clamp_t(u32, 64 * buffer, SZ_2K, RECORD_MAX_DATA - 3 * path);
}
