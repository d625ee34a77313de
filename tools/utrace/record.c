// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "utrace.h"

/*
 * The layout of every record, told once: to the reader of a file in its FORMAT
 * chunk, and to the compiler, which compares it with the header.
 */
#define INFO_BITS(X)			\
	X(type, 0, 3)			\
	X(nargs, 3, 3)			\
	X(flags, 6, 4)			\
	X(units, 10, 12)		\
	X(nr, 22, 10)

#define FIELDS(X)						\
	X(record, info, 0, 4, u32)				\
	X(record, delta, 4, 4, u32)				\
	X(record_call, duration, 8, 4, u32)			\
	X(record_call, result, 12, 4, s32)			\
	X(record_call_wide, result, 0, 8, s64)			\
	X(record_call_wide, duration, 8, 8, u64)		\
	X(record_call_wide, nr, 16, 8, s64)			\
	X(record_data, arg, 0, 1, u8)				\
	X(record_data, kind, 1, 1, u8)				\
	X(record_data, flags, 2, 1, u8)				\
	X(record_data, index, 3, 1, u8)				\
	X(record_data, len, 4, 2, u16)				\
	X(record_data, reserved, 6, 2, u16)			\
	X(record_task, time, 8, 8, u64)				\
	X(record_task, tid, 16, 4, u32)				\
	X(record_task, pid, 20, 4, u32)				\
	X(record_task, comm, 24, 16, char)			\
	X(record_lost, count, 8, 8, u64)			\
	X(record_event, value, 8, 8, u64)			\
	X(record_large, cookie, 8, 8, u64)			\
	X(record_large, len, 16, 4, u32)			\
	X(record_large, reserved, 20, 4, u32)			\
	X(record_stack, cookie, 8, 8, u64)			\
	X(record_stack, top, 16, 8, u64)

#define TYPES(X)						\
	X(UTRACE_RECORD_PAD, 0, record)				\
	X(UTRACE_RECORD_CALL, 1, record_call)			\
	X(UTRACE_RECORD_TASK, 2, record_task)			\
	X(UTRACE_RECORD_LOST, 3, record_lost)			\
	X(UTRACE_RECORD_EVENT, 4, record_event)			\
	X(UTRACE_RECORD_LARGE, 5, record_large)			\
	X(UTRACE_RECORD_STACK, 6, record_stack)

#define SIZES(X)						\
	X(record, 8)						\
	X(record_call, 16)					\
	X(record_call_wide, 24)					\
	X(record_data, 8)					\
	X(record_task, 40)					\
	X(record_lost, 16)					\
	X(record_event, 16)					\
	X(record_large, 24)					\
	X(record_stack, 24)

#define CHECK_FIELD(st, field, at, size, type)						\
	static_assert(offsetof(struct utrace_##st, field) == (at), #st "." #field);	\
	static_assert(sizeof(((struct utrace_##st *)0)->field) == (size), #st "." #field);
FIELDS(CHECK_FIELD)
#define CHECK_SIZE(st, size)	static_assert(sizeof(struct utrace_##st) == (size), #st);
SIZES(CHECK_SIZE)
#define CHECK_TYPE(name, value, st)	static_assert(name == (value), #name);
TYPES(CHECK_TYPE)
/* All the bits of a field set, and no other. */
#define TYPE_ALL	UTRACE_RECORD_INFO(7, 0, 0, 0, 0)
#define CHECK_BITS(what, value, first, bits) \
	static_assert((value) == ((1u << (bits)) - 1) << (first), what);
CHECK_BITS("type", TYPE_ALL, 0, 3)
CHECK_BITS("nargs", UTRACE_RECORD_INFO(0, 7, 0, 0, 0), 3, 3)
CHECK_BITS("flags", UTRACE_RECORD_INFO(0, 0, 15, 0, 0), 6, 4)
CHECK_BITS("units", UTRACE_RECORD_INFO(0, 0, 0, UTRACE_RECORD_MAX_BYTES, 0), 10, 12)
CHECK_BITS("nr", UTRACE_RECORD_INFO(0, 0, 0, 0, 0x3ff), 22, 10)

static const char format[] =
	"# Little endian. Every record begins with a utrace_record; it is 8 times\n"
	"# \"units\" bytes long. Lines: what: field, offset, size, type.\n"
#define BITS_LINE(name, first, bits)	"bits info: " #name " " #first " " #bits "\n"
	INFO_BITS(BITS_LINE)
#define TYPE_LINE(name, value, st)	"type " #value ": " #name " utrace_" #st "\n"
	TYPES(TYPE_LINE)
#define SIZE_LINE(st, size)		"size utrace_" #st ": " #size "\n"
	SIZES(SIZE_LINE)
#define FIELD_LINE(st, field, at, size, type) \
	"utrace_" #st ": " #field " " #at " " #size " " #type "\n"
	FIELDS(FIELD_LINE);

char *record_format(size_t *bytes)
{
	*bytes = strlen(format);
	return strdup(format);
}

/* What the piece stands for. If that is lost it is as if it could not be read. */
static void find_large(const struct record *r, struct piece *piece)
{
	const struct record_large *large = r->larges;
	uint64_t cookie = 0;

	if (piece->len == sizeof(cookie))
		memcpy(&cookie, piece->bytes, sizeof(cookie));
	while (large && large->cookie != cookie)
		large = large->next;
	piece->flags &= (uint8_t)~UTRACE_RECORD_DATA_LARGE;
	if (!large || !cookie)
		piece->flags |= UTRACE_RECORD_DATA_FAULT;
	piece->len = large && cookie ? large->len : 0;
	if (piece->len)
		piece->bytes = large->bytes;
}

static bool next_piece(const unsigned char **at, size_t *left, struct piece *piece)
{
	struct utrace_record_data data;
	size_t room;

	/* Records and what is in them are multiples of 8. */
	memcpy(&data, *at, sizeof(data));
	room = sizeof(data) + (((size_t)data.len + 7) & ~(size_t)7);
	if (room > *left)
		return false;
	*piece = (struct piece){
		.bytes = *at + sizeof(data), .len = data.len, .arg = data.arg,
		.kind = data.kind, .flags = data.flags, .index = data.index,
	};
	*at += room;
	*left -= room;
	return true;
}

bool record_next_piece(const struct record *r, struct piece *piece)
{
	const unsigned char *at = piece->bytes ? piece->rest : r->data;
	size_t left = (size_t)(r->data + r->data_bytes - at);

	if (!left || !next_piece(&at, &left, piece))
		return false;
	piece->rest = at;
	if (piece->flags & UTRACE_RECORD_DATA_LARGE)
		find_large(r, piece);
	return true;
}

static bool is_of_argument(const struct piece *piece, unsigned int kind)
{
	/* Any that an argument leads to; these two are of the call. */
	if (kind == RECORD_ANY_KIND)
		return piece->kind != UTRACE_RECORD_REGS && piece->kind != UTRACE_RECORD_COOKIE;
	return piece->kind == kind;
}

bool record_find_piece(const struct record *r, unsigned int arg, unsigned int kind, bool out,
		       struct piece *piece)
{
	*piece = (struct piece){};
	while (record_next_piece(r, piece))
		if (piece->arg == arg && is_of_argument(piece, kind) &&
		    !(piece->flags & UTRACE_RECORD_DATA_OUT) == !out)
			return true;
	return false;
}

bool record_find_string(const struct record *r, unsigned int arg, struct piece *piece)
{
	return record_find_piece(r, arg, UTRACE_RECORD_PATH, false, piece) ||
	       record_find_piece(r, arg, UTRACE_RECORD_STRING, false, piece);
}

static bool read_data(struct record *r, const unsigned char *at, size_t left)
{
	struct piece piece;

	r->data = at;
	r->data_bytes = left;
	while (left)
		if (!next_piece(&at, &left, &piece))
			return false;
	return true;
}

static bool read_call(struct record *r, const unsigned char *at, size_t bytes)
{
	struct utrace_record_call call;
	unsigned int flags, nr_args;
	size_t need = sizeof(call);

	if (bytes < need)
		return false;
	memcpy(&call, at, sizeof(call));
	flags = UTRACE_RECORD_FLAGS(call.head.info);
	nr_args = UTRACE_RECORD_NARGS(call.head.info);
	if (flags & UTRACE_RECORD_CALL_WIDE)
		need += sizeof(struct utrace_record_call_wide);
	if (nr_args > RECORD_MAX_ARGS || bytes < need + nr_args * 8)
		return false;
	at += sizeof(call);

	r->compat = flags & UTRACE_RECORD_CALL_COMPAT;
	r->unfinished = flags & UTRACE_RECORD_CALL_UNFINISHED;
	r->nr = UTRACE_RECORD_NR(call.head.info);
	r->result = call.result;
	r->duration = call.duration;
	if (flags & UTRACE_RECORD_CALL_WIDE) {
		struct utrace_record_call_wide wide;

		memcpy(&wide, at, sizeof(wide));
		r->nr = wide.nr;
		r->result = wide.result;
		r->duration = wide.duration;
		at += sizeof(wide);
	}
	r->in_progress = r->unfinished && r->result == UTRACE_RECORD_IN_PROGRESS;
	r->nr_args = nr_args;
	memcpy(r->args, at, nr_args * 8);
	at += nr_args * 8;
	if (!(flags & UTRACE_RECORD_CALL_DATA))
		return true;
	return read_data(r, at, bytes - need - nr_args * 8);
}

static bool read_value(uint64_t *value, const unsigned char *at, size_t bytes)
{
	if (bytes < sizeof(struct utrace_record) + 8)
		return false;
	memcpy(value, at + sizeof(struct utrace_record), 8);
	return true;
}

static bool read_event(struct record *r, const unsigned char *at, size_t bytes)
{
	const size_t fixed = sizeof(struct utrace_record_event);

	return read_value(&r->value, at, bytes) && read_data(r, at + fixed, bytes - fixed);
}

static bool read_large(struct record *r, const unsigned char *at, size_t bytes)
{
	struct utrace_record_large large;

	if (bytes < sizeof(large))
		return false;
	memcpy(&large, at, sizeof(large));
	if (large.len > bytes - sizeof(large))
		return false;
	r->value = large.cookie;
	r->data = at + sizeof(large);
	r->data_bytes = large.len;
	return true;
}

static bool read_stack(struct record *r, const unsigned char *at, size_t bytes, uint32_t info)
{
	struct utrace_record_stack stack;

	if (bytes < sizeof(stack))
		return false;
	memcpy(&stack, at, sizeof(stack));
	r->value = stack.cookie;
	r->stack.flags = UTRACE_RECORD_FLAGS(info);
	r->stack.top = stack.top;
	r->stack.addresses = at + sizeof(stack);
	r->stack.nr = (bytes - sizeof(stack)) / 8;
	return true;
}

static bool read_task(struct record_stream *s, const unsigned char *at, size_t bytes)
{
	struct utrace_record_task task;

	if (bytes < sizeof(task))
		return false;
	memcpy(&task, at, sizeof(task));
	s->time = task.time;
	s->tid = task.tid;
	s->pid = task.pid;
	memcpy(s->comm, task.comm, sizeof(s->comm));
	s->in_task = true;
	return true;
}

/* Return: whether @r has got something to show. */
static bool read_one(struct record_stream *s, struct record *r, const unsigned char *at,
		     size_t bytes, uint32_t info, bool *ok)
{
	r->type = UTRACE_RECORD_TYPE(info);
	r->raw = at;
	r->data = at;
	r->data_bytes = 0;
	r->larges = NULL;
	r->time = s->time;
	r->tid = s->tid;
	r->pid = s->pid;
	r->comm = s->comm;

	switch (UTRACE_RECORD_TYPE(info)) {
	case UTRACE_RECORD_CALL:
		*ok = read_call(r, at, bytes);
		return s->in_task;
	case UTRACE_RECORD_EVENT:
		r->kind = UTRACE_RECORD_NR(info);
		*ok = read_event(r, at, bytes);
		return s->in_task;
	case UTRACE_RECORD_LARGE:
		*ok = read_large(r, at, bytes);
		return s->in_task;
	case UTRACE_RECORD_STACK:
		*ok = read_stack(r, at, bytes, info);
		return s->in_task;
	case UTRACE_RECORD_LOST:
		*ok = read_value(&r->value, at, bytes);
		return true;
	case UTRACE_RECORD_TASK:
		*ok = read_task(s, at, bytes);
		return false;
	default:
		*ok = true;
		return false;
	}
}

enum record_found record_next(struct record_stream *s, struct record *r)
{
	while (s->at < s->end) {
		const unsigned char *at = s->at;
		size_t left = (size_t)(s->end - at), bytes;
		struct utrace_record head;
		bool ok = false, show = false;

		if (left >= sizeof(head)) {
			memcpy(&head, at, sizeof(head));
			bytes = UTRACE_RECORD_BYTES(head.info);
			if (bytes >= sizeof(head) && bytes <= left) {
				s->at += bytes;
				s->time += head.delta;
				show = read_one(s, r, at, bytes, head.info, &ok);
			}
		}
		if (!ok) {
			s->at = s->end;
			s->in_task = false;
			return RECORD_DAMAGED;
		}
		if (show)
			return RECORD_FOUND;
	}
	return RECORD_NONE;
}
