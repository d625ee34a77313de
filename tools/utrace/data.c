// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "args.h"
#include "data.h"
#include "message.h"
#include "structs.h"
#include "utrace.h"

static uint64_t u64_of(const struct piece *p)
{
	struct memory m = { .bytes = p->bytes, .len = p->len };

	return memory_get(&m, 0, 8);
}

/* ---- Vectors of strings ---- */

static bool print_strings(struct text *t, const struct record *r, const struct piece *head)
{
	struct piece p = *head;
	uint64_t left = u64_of(head);

	if (!left && head->flags & UTRACE_RECORD_DATA_FAULT)
		return false;
	text_add_string(t, "[");
	for (uint64_t i = 0; i < left && record_next_piece(r, &p); i++) {
		if (i)
			text_add_string(t, ", ");
		if (p.flags & UTRACE_RECORD_DATA_FAULT)
			arg_print(t, ARG_POINTER, u64_of(&p), false);
		else
			print_quoted_piece(t, &p);
	}
	if (head->flags & UTRACE_RECORD_DATA_FAULT)
		text_add(t, ", ... /* %#llx */", (unsigned long long)(r->args[head->arg] +
			 left * (r->compat ? 4 : 8)));
	else if (head->flags & UTRACE_RECORD_DATA_TRUNCATED)
		text_add_string(t, left ? ", ..." : "...");
	text_add_string(t, "]");
	return true;
}

static bool print_count(struct text *t, const struct record *r, const struct piece *p,
			const char *one, const char *many)
{
	uint64_t n = u64_of(p);
	bool fault = p->flags & UTRACE_RECORD_DATA_FAULT;

	if (!n && fault)
		return false;
	text_add(t, "%#llx /* %llu %s%s */", (unsigned long long)r->args[p->arg],
		 (unsigned long long)n, n == 1 ? one : many, fault ? ", unterminated" : "");
	return true;
}

/* ---- Objects ---- */

static bool print_object(struct text *t, const struct record *r,
			 const struct struct_format *format, const struct piece *p)
{
	struct memory m = { .bytes = p->bytes, .compat = r->compat, .record = r, .arg = p->arg };
	size_t from = t->len;

	if (!format)
		return false;
	m.len = struct_size(format, r->compat, p->len);
	if (m.len > p->len || !m.len)
		return false;
	if (format->print(t, &m))
		return true;
	t->len = from;
	return false;
}

static bool print_array(struct text *t, const struct record *r,
			const struct struct_format *format, const struct piece *p)
{
	struct piece one = *p;
	size_t size, from = t->len;

	if (!format)
		return false;
	size = struct_size(format, r->compat, 0);
	if (!size)
		return false;
	text_add_string(t, "[");
	for (size_t at = 0; at + size <= p->len; at += size) {
		if (at)
			text_add_string(t, ", ");
		one.bytes = p->bytes + at;
		one.len = size;
		if (!print_object(t, r, format, &one)) {
			t->len = from;
			return false;
		}
	}
	if (p->flags & UTRACE_RECORD_DATA_TRUNCATED)
		text_add_string(t, p->len ? ", ..." : "...");
	text_add_string(t, "]");
	return true;
}

/* The kernel writes no more of an address than there was room for. */
static bool print_address(struct text *t, const struct record *r, const struct piece *p)
{
	struct piece room;
	size_t len = p->len;

	if (p->flags & UTRACE_RECORD_DATA_OUT && p->arg + 1u < RECORD_MAX_ARGS &&
	    record_find_piece(r, p->arg + 1u, UTRACE_RECORD_STRUCT, false, &room) &&
	    room.len == 4) {
		struct memory m = { .bytes = room.bytes, .len = room.len };

		if (memory_get(&m, 0, 4) < len)
			len = (size_t)memory_get(&m, 0, 4);
	}
	return print_sockaddr(t, p->bytes, len);
}

static bool is_call(const struct syscall *call, const char *name)
{
	return call && !strcmp(call->name, name);
}

static bool print_piece(struct text *t, const struct record *r, const struct syscall *call,
			const struct struct_format *format, const struct piece *p)
{
	struct piece array;

	/* Vectors have more to tell. */
	if (p->flags & UTRACE_RECORD_DATA_FAULT && p->kind != UTRACE_RECORD_STRINGS &&
	    p->kind != UTRACE_RECORD_POINTERS && p->kind != UTRACE_RECORD_ENTRIES)
		return false;
	switch (p->kind) {
	case UTRACE_RECORD_BUFFER:
		/* Of a vector that was captured before. */
		if (record_find_piece(r, p->arg, UTRACE_RECORD_IOVEC, false, &array))
			return print_iovec(t, r, &array, p->flags & UTRACE_RECORD_DATA_OUT);
		/* Asked how long it is. */
		if (call && strstr(call->name, "xattr") && p->arg + 1u < r->nr_args &&
		    !r->args[p->arg + 1])
			return false;
		/* What it returns counts the NUL. */
		if (is_call(call, "getcwd")) {
			struct piece path = *p;

			path.len = strnlen((const char *)p->bytes, p->len);
			print_quoted_piece(t, &path);
			return true;
		}
		if (is_call(call, "getrandom")) {
			text_add_hex(t, (const char *)p->bytes, p->len);
			if (p->flags & UTRACE_RECORD_DATA_TRUNCATED)
				text_add_string(t, "...");
			return true;
		}
		/* fall through */
	case UTRACE_RECORD_PATH:
	case UTRACE_RECORD_STRING:
		print_quoted_piece(t, p);
		return true;
	case UTRACE_RECORD_STRUCT:
		return print_object(t, r, format, p);
	case UTRACE_RECORD_ARRAY:
		return print_array(t, r, format, p);
	case UTRACE_RECORD_SOCKADDR:
		return print_address(t, r, p);
	case UTRACE_RECORD_STRINGS:
		return print_strings(t, r, p);
	case UTRACE_RECORD_POINTERS:
		return print_count(t, r, p, "var", "vars");
	case UTRACE_RECORD_ENTRIES:
		return print_count(t, r, p, "entry", "entries");
	case UTRACE_RECORD_IOVEC:
		return print_iovec(t, r, p, p->flags & UTRACE_RECORD_DATA_OUT);
	case UTRACE_RECORD_MSGHDR:
		return print_msghdr(t, r, p);
	default:
		return false;
	}
}

/* ---- Both ways ---- */

/* What was asked for is in the place of the argument; what came of it elsewhere. */
static bool shows_in_first(const struct piece *in, const struct syscall *call)
{
	return in->kind == UTRACE_RECORD_ARRAY || is_call(call, "select") ||
	       is_call(call, "_newselect") || is_call(call, "pselect6") ||
	       is_call(call, "pselect6_time64") || is_call(call, "ppoll") ||
	       is_call(call, "ppoll_time64");
}

/* "[128 => 16]"; of an offset "[0] => [16]" */
static bool print_change(struct text *t, const struct piece *in, const struct piece *out)
{
	struct memory before = { .bytes = in->bytes, .len = in->len };
	struct memory after = { .bytes = out->bytes, .len = out->len };
	long long a, b;

	if (in->kind != UTRACE_RECORD_STRUCT || in->len != out->len || in->len > 8)
		return false;
	a = (long long)memory_get(&before, 0, in->len);
	b = (long long)memory_get(&after, 0, in->len);
	if (a == b)
		return false;
	text_add(t, in->len == 4 ? "[%lld => %lld]" : "[%lld] => [%lld]", a, b);
	return true;
}

bool print_data(struct text *t, const struct record *r, const struct syscall *call,
		unsigned int arg)
{
	const struct struct_format *format = call && (int)arg < call->nr_args ?
					     call->structs[arg] : NULL;
	struct piece in, out;
	bool has_in, has_out;

	if (!r->data_bytes)
		return false;
	has_in = record_find_piece(r, arg, RECORD_ANY_KIND, false, &in);
	has_out = record_find_piece(r, arg, RECORD_ANY_KIND, true, &out);
	if (has_in && has_out && shows_in_first(&in, call))
		has_out = false;
	/* What a number changes to; a request may be of something else. */
	if (has_in && has_out && !is_call(call, "ioctl") && print_change(t, &in, &out))
		return true;
	if (has_out && print_piece(t, r, call, format, &out))
		return true;
	return has_in && print_piece(t, r, call, format, &in);
}

/* ---- Behind the result ---- */

static const char *print_ready_fds(struct text *t, const struct record *r, const char *between)
{
	struct piece p;

	if (!record_find_piece(r, 0, UTRACE_RECORD_ARRAY, true, &p))
		return between;
	text_add(t, "%s[", between);
	between = "";
	for (size_t at = 0; at + 8 <= p.len; at += 8) {
		struct memory m = { .bytes = p.bytes + at, .len = 8 };
		unsigned int events = (unsigned int)memory_get(&m, 6, 2);

		if (!events)
			continue;
		text_add(t, "%s{fd=%d", between, (int)memory_get(&m, 0, 4));
		print_poll_events(t, "revents", events);
		text_add_string(t, "}");
		between = ", ";
	}
	text_add_string(t, "]");
	return ", ";
}

static const char *print_ready_sets(struct text *t, const struct record *r, const char *between)
{
	static const char *const names[] = { "in", "out", "except" };
	struct piece p;

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		struct memory m = { .record = r };

		if (!record_find_piece(r, i + 1, UTRACE_RECORD_STRUCT, true, &p))
			continue;
		m.bytes = p.bytes;
		m.len = p.len;
		/* None of this kind. */
		for (size_t at = 0; at < p.len; at++) {
			if (!p.bytes[at])
				continue;
			text_add(t, "%s%s ", between, names[i]);
			print_fd_set(t, &m);
			between = ", ";
			break;
		}
	}
	return between;
}

static const char *print_time_left(struct text *t, const struct record *r,
				   const struct syscall *call, unsigned int arg,
				   const char *between)
{
	struct piece p;

	if (!record_find_piece(r, arg, UTRACE_RECORD_STRUCT, true, &p))
		return between;
	text_add(t, "%sleft ", between);
	print_object(t, r, call->structs[arg], &p);
	return ", ";
}

void print_result_data(struct text *t, const struct record *r, const struct syscall *call)
{
	bool polls = is_call(call, "poll") || is_call(call, "ppoll") ||
		     is_call(call, "ppoll_time64");
	bool selects = is_call(call, "select") || is_call(call, "_newselect") ||
		       is_call(call, "pselect6") || is_call(call, "pselect6_time64");
	const char *between = " (";

	if (!polls && !selects)
		return;
	if (!r->result) {
		text_add_string(t, " (Timeout)");
		return;
	}
	if (polls)
		between = print_ready_fds(t, r, between);
	else
		between = print_ready_sets(t, r, between);
	if (!is_call(call, "poll"))
		between = print_time_left(t, r, call, polls ? 2 : 4, between);
	if (*between == ',')
		text_add_string(t, ")");
}

void print_signal_event(struct text *t, const struct record *r)
{
	struct piece p;

	arg_print_signal(t, (int)r->value);
	if (record_find_piece(r, 0, UTRACE_RECORD_SIGINFO, false, &p)) {
		struct memory m = { .bytes = p.bytes, .len = p.len };

		text_add_string(t, " ");
		print_siginfo(t, &m);
	}
}

void print_clone_details(struct text *t, const struct record *r)
{
	struct piece p;

	if (!record_find_piece(r, 0, UTRACE_RECORD_CLONE_FLAGS, false, &p))
		return;
	text_add_string(t, ", flags=");
	constants_print(t, SET_clone3, u64_of(&p));
}

void print_exec_details(struct text *t, const struct record *r)
{
	static const char *const names[] = { "uid", "euid", "gid", "egid" };
	const char *between = "";
	struct piece p;

	if (record_find_string(r, 0, &p) && !(p.flags & UTRACE_RECORD_DATA_FAULT)) {
		text_add_string(t, "file=");
		print_quoted_piece(t, &p);
		between = ", ";
	}
	if (record_find_piece(r, 0, UTRACE_RECORD_CREDS, false, &p)) {
		struct memory m = { .bytes = p.bytes, .len = p.len };

		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			text_add(t, "%s%s=%u", between, names[i],
				 (unsigned int)memory_get(&m, 4 * i, 4));
			between = ", ";
		}
	}
}
