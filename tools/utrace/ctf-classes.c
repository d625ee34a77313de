// SPDX-License-Identifier: GPL-2.0
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "ctf-classes.h"
#include "utrace.h"

#define NSEC_PER_SEC	1000000000ll

/**
 * struct event_key - records with the same have the same fields
 * @strings: Bit N: argument N is a string.
 * @nr: Number of the call, UNKNOWN_NR if it has no name; or kind of the event.
 */
struct event_key {
	bool is_call, compat, unfinished, is_stack, has_stack;
	unsigned char nr_args, strings;
	unsigned int nr;
};

#define UNKNOWN_NR	UTRACE_RECORD_MAX_CALLS

struct event_entry {
	struct event_key key;
	bt_event_class *class;
};

static struct event_key key_of(const struct ctf_classes *c, const struct record *r)
{
	struct event_key key;
	struct stack stack;
	struct piece s;

	/* Compared as bytes. */
	memset(&key, 0, sizeof(key));
	key.is_call = r->type == UTRACE_RECORD_CALL;
	key.is_stack = r->type == UTRACE_RECORD_STACK;
	key.has_stack = stacks_find(c->stacks, r, &stack);
	if (!key.is_call) {
		key.nr = key.is_stack ? 0 : r->kind;
		return key;
	}
	key.compat = r->compat;
	key.unfinished = r->unfinished;
	key.nr_args = (unsigned char)r->nr_args;
	key.nr = syscalls_find(c->syscalls, r->compat, r->nr) ? (unsigned int)r->nr : UNKNOWN_NR;
	for (unsigned int i = 0; i < r->nr_args; i++)
		if (convert_string(r, i, &s))
			key.strings |= 1 << i;
	return key;
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct event_key));
}

/* ---- Classes ---- */

/* How a value is to be shown; it fits in any case. */
static bool is_signed(enum arg_kind kind)
{
	return kind == ARG_INT || kind == ARG_LONG || kind == ARG_FD || kind == ARG_DIRFD ||
	       kind == ARG_SIGNAL;
}

static bool is_decimal(enum arg_kind kind)
{
	return is_signed(kind) || kind == ARG_UINT || kind == ARG_ULONG || kind == ARG_U16 ||
	       kind == ARG_ID;
}

static bt_field_class *integer_class(bt_trace_class *trace, enum arg_kind kind)
{
	bt_field_class *class = is_signed(kind) ? bt_field_class_integer_signed_create(trace) :
						  bt_field_class_integer_unsigned_create(trace);

	if (class && !is_decimal(kind))
		bt_field_class_integer_set_preferred_display_base(class,
			BT_FIELD_CLASS_INTEGER_PREFERRED_DISPLAY_BASE_HEXADECIMAL);
	return class;
}

/* Takes @class, which may be NULL. */
static bool add_member(bt_field_class *structure, const char *name, bt_field_class *class)
{
	char unique[64];
	bool ok;

	if (!class)
		return false;
	snprintf(unique, sizeof(unique), "%s", name);
	while (bt_field_class_structure_borrow_member_by_name_const(structure, unique) &&
	       strlen(unique) < sizeof(unique) - 1)
		strcat(unique, "_");
	ok = !bt_field_class_structure_append_member(structure, unique, class);
	bt_field_class_put_ref(class);
	return ok;
}

/* LTTng has addresses in its contexts by this name; there they are all that there is. */
static bool add_stack_members(bt_trace_class *trace, bt_field_class *payload)
{
	bt_field_class *address = integer_class(trace, ARG_HEX);
	bt_field_class *frame = bt_field_class_string_create(trace);
	bool ok = address && frame &&
		  add_member(payload, "callstack_user",
			     bt_field_class_array_dynamic_create(trace, address, NULL)) &&
		  add_member(payload, "callstack_user_frames",
			     bt_field_class_array_dynamic_create(trace, frame, NULL));

	bt_field_class_put_ref(address);
	bt_field_class_put_ref(frame);
	return ok;
}

/* The result first: an argument that has one of these names gets another. */
static bool add_call_members(const struct ctf_classes *c, bt_trace_class *trace,
			     bt_field_class *payload, const struct record *r,
			     const struct event_key *key)
{
	const struct syscall *call = syscalls_find(c->syscalls, r->compat, r->nr);
	bool ok = add_member(payload, "duration", integer_class(trace, ARG_ULONG));

	if (!key->unfinished)
		ok = ok && add_member(payload, "ret",
				      integer_class(trace, call && call->result == ARG_HEX ?
						    ARG_HEX : ARG_LONG));
	if (key->nr == UNKNOWN_NR)
		ok = ok && add_member(payload, "nr", integer_class(trace, ARG_LONG));
	for (unsigned int i = 0; ok && i < r->nr_args; i++) {
		bool known = call && (int)i < call->nr_args && *call->arg_names[i];
		char number[16];

		snprintf(number, sizeof(number), "arg%u", i);
		ok = add_member(payload, known ? call->arg_names[i] : number,
				key->strings >> i & 1 ? bt_field_class_string_create(trace) :
				integer_class(trace, known ? call->args[i] : ARG_HEX));
	}
	return ok;
}

static void add_name(struct text *name, const struct ctf_classes *c, const struct record *r,
		     const struct event_key *key)
{
	const char *event = convert_event_name(r->kind);

	if (key->is_stack)
		text_add_string(name, "stack");
	else if (!key->is_call && event)
		text_add_string(name, event);
	else if (!key->is_call)
		text_add(name, "event_%u", r->kind);
	else
		text_add(name, "%ssyscall_%s", r->compat ? "compat_" : "",
			 r->unfinished ? "unfinished_" : "");
	if (key->is_call && key->nr == UNKNOWN_NR)
		text_add_string(name, "unknown");
	else if (key->is_call)
		print_call_name(name, c->syscalls, r->compat, r->nr);
	text_add(name, "%c", '\0');
}

static bt_event_class *new_event_class(const struct ctf_classes *c, const struct record *r,
				       const struct event_key *key)
{
	bt_trace_class *trace = bt_stream_class_borrow_trace_class(c->stream);
	bt_field_class *payload = bt_field_class_structure_create(trace);
	bt_event_class *class = bt_event_class_create(c->stream);
	struct text name = {};
	bool ok = payload && class;

	if (ok && key->is_call)
		ok = add_call_members(c, trace, payload, r, key);
	else if (ok)
		ok = add_member(payload, "value", integer_class(trace, ARG_ULONG));
	if (key->has_stack)
		ok = ok && add_stack_members(trace, payload);
	add_name(&name, c, r, key);
	ok = ok && !bt_event_class_set_name(class, name.s) &&
	     !bt_event_class_set_payload_field_class(class, payload);
	bt_field_class_put_ref(payload);
	text_free(&name);
	if (ok)
		return class;
	bt_event_class_put_ref(class);
	return NULL;
}

const bt_event_class *ctf_event_class(struct ctf_classes *c, const struct record *r)
{
	struct event_entry **found, *entry, wanted = { .key = key_of(c, r) };

	found = tfind(&wanted, &c->events, compare_entries);
	if (found)
		return (*found)->class;
	entry = malloc(sizeof(*entry));
	if (!entry)
		return NULL;
	*entry = wanted;
	entry->class = new_event_class(c, r, &entry->key);
	if (entry->class && tsearch(entry, &c->events, compare_entries))
		return entry->class;
	bt_event_class_put_ref(entry->class);
	free(entry);
	return NULL;
}

static bool set_clock(bt_stream_class *stream, bt_self_component *self, int64_t offset)
{
	bt_clock_class *clock = bt_clock_class_create(self);
	int64_t seconds = offset / NSEC_PER_SEC, rest = offset % NSEC_PER_SEC;
	bool ok;

	if (!clock)
		return false;
	/* The part of a second is to be added. */
	if (rest < 0) {
		seconds--;
		rest += NSEC_PER_SEC;
	}
	bt_clock_class_set_frequency(clock, NSEC_PER_SEC);
	bt_clock_class_set_offset(clock, seconds, (uint64_t)rest);
	ok = !bt_clock_class_set_name(clock, "monotonic") &&
	     !bt_clock_class_set_description(clock, "CLOCK_MONOTONIC") &&
	     !bt_stream_class_set_default_clock_class(stream, clock);
	bt_clock_class_put_ref(clock);
	return ok;
}

static bool set_contexts(bt_stream_class *stream, bt_trace_class *trace)
{
	bt_field_class *packet = bt_field_class_structure_create(trace);
	bt_field_class *event = bt_field_class_structure_create(trace);
	/* These names are LTTng's. */
	bool ok = packet && event &&
		  add_member(packet, "cpu_id", integer_class(trace, ARG_UINT)) &&
		  add_member(event, "pid", integer_class(trace, ARG_INT)) &&
		  add_member(event, "tid", integer_class(trace, ARG_INT)) &&
		  add_member(event, "procname", bt_field_class_string_create(trace)) &&
		  !bt_stream_class_set_packet_context_field_class(stream, packet) &&
		  !bt_stream_class_set_event_common_context_field_class(stream, event);

	bt_field_class_put_ref(packet);
	bt_field_class_put_ref(event);
	return ok;
}

bool ctf_classes_init(struct ctf_classes *c, const struct conversion *conversion,
		      bt_self_component *self)
{
	bt_trace_class *class = bt_trace_class_create(self);
	bool ok;

	*c = (struct ctf_classes){ .syscalls = conversion->syscalls, .stacks = stacks_new() };
	if (!class || !c->stacks) {
		bt_trace_class_put_ref(class);
		return false;
	}
	c->stream = bt_stream_class_create(class);
	ok = c->stream && set_clock(c->stream, self, conversion->file->head.realtime_offset);
	if (ok) {
		bt_stream_class_set_assigns_automatic_stream_id(c->stream, BT_FALSE);
		bt_stream_class_set_supports_packets(c->stream, BT_TRUE, BT_TRUE, BT_TRUE);
		/* How many is known, and between which packets. */
		bt_stream_class_set_supports_discarded_events(c->stream, BT_TRUE, BT_FALSE);
		ok = set_contexts(c->stream, class);
	}
	c->trace = ok ? bt_trace_create(class) : NULL;
	bt_trace_class_put_ref(class);
	return c->trace &&
	       !bt_trace_set_environment_entry_string(c->trace, "domain", "kernel") &&
	       !bt_trace_set_environment_entry_string(c->trace, "tracer_name", "utrace") &&
	       !bt_trace_set_environment_entry_string(c->trace, "tracer_version",
						      UTRACE_TOOL_VERSION);
}

static void free_entry(void *p)
{
	struct event_entry *entry = p;

	bt_event_class_put_ref(entry->class);
	free(entry);
}

void ctf_classes_free(struct ctf_classes *c)
{
	tdestroy(c->events, free_entry);
	bt_trace_put_ref(c->trace);
	bt_stream_class_put_ref(c->stream);
	stacks_free(c->stacks);
	*c = (struct ctf_classes){};
}

/* ---- Values ---- */

void ctf_fill_packet(bt_packet *packet, unsigned int cpu)
{
	bt_field *context = bt_packet_borrow_context_field(packet);

	bt_field_integer_unsigned_set_value(
		bt_field_structure_borrow_member_field_by_index(context, 0), cpu);
}

static void set_integer(bt_field *field, uint64_t value, enum arg_kind kind)
{
	if (is_signed(kind))
		bt_field_integer_signed_set_value(field, kind == ARG_LONG ? (int64_t)value :
						  (int32_t)value);
	else if (kind == ARG_UINT || kind == ARG_ID)
		bt_field_integer_unsigned_set_value(field, (uint32_t)value);
	else
		bt_field_integer_unsigned_set_value(field, value);
}

/* A string of CTF ends at its first NUL. */
static bool set_string(bt_field *field, const char *bytes, size_t len)
{
	bt_field_string_clear(field);
	return !bt_field_string_append_with_length(field, bytes, strnlen(bytes, len));
}

static bool fill_call(struct ctf_classes *c, bt_field *payload, const struct record *r)
{
	const struct syscall *call = syscalls_find(c->syscalls, r->compat, r->nr);
	uint64_t at = 0;
	bool ok = true;

#define NEXT	bt_field_structure_borrow_member_field_by_index(payload, at++)
	set_integer(NEXT, r->duration, ARG_ULONG);
	if (!r->unfinished)
		set_integer(NEXT, (uint64_t)r->result, call && call->result == ARG_HEX ?
			    ARG_HEX : ARG_LONG);
	if (!call)
		set_integer(NEXT, (uint64_t)r->nr, ARG_LONG);
	for (unsigned int i = 0; ok && i < r->nr_args; i++) {
		bool known = call && (int)i < call->nr_args && *call->arg_names[i];
		struct piece s;

		if (convert_string(r, i, &s))
			ok = set_string(NEXT, (const char *)s.bytes, s.len);
		else
			set_integer(NEXT, r->args[i], known ? call->args[i] : ARG_HEX);
	}
#undef NEXT
	return ok;
}

static bool fill_stack(bt_field *addresses, bt_field *frames, const struct stack *stack)
{
	struct text line = {};
	bool ok = !bt_field_array_dynamic_set_length(addresses, stack->nr) &&
		  !bt_field_array_dynamic_set_length(frames, stack->nr);

	for (size_t i = 0; ok && i < stack->nr; i++) {
		set_integer(bt_field_array_borrow_element_field_by_index(addresses, i),
			    stack->frames[i].address, ARG_HEX);
		line.len = 0;
		print_frame(&line, &stack->frames[i]);
		ok = set_string(bt_field_array_borrow_element_field_by_index(frames, i), line.s,
				line.len);
	}
	text_free(&line);
	return ok;
}

bool ctf_fill_event(struct ctf_classes *c, bt_event *event, const struct record *r)
{
	bt_field *context = bt_event_borrow_common_context_field(event);
	bt_field *payload = bt_event_borrow_payload_field(event);
	struct stack stack;

	set_integer(bt_field_structure_borrow_member_field_by_index(context, 0), r->pid, ARG_INT);
	set_integer(bt_field_structure_borrow_member_field_by_index(context, 1), r->tid, ARG_INT);
	if (!set_string(bt_field_structure_borrow_member_field_by_index(context, 2), r->comm,
			RECORD_COMM_BYTES))
		return false;
	if (stacks_find(c->stacks, r, &stack)) {
		uint64_t nr = bt_field_class_structure_get_member_count(
			bt_field_borrow_class_const(payload));

		if (!fill_stack(bt_field_structure_borrow_member_field_by_index(payload, nr - 2),
				bt_field_structure_borrow_member_field_by_index(payload, nr - 1),
				&stack))
			return false;
	}
	if (r->type == UTRACE_RECORD_CALL)
		return fill_call(c, payload, r);
	set_integer(bt_field_structure_borrow_member_field_by_index(payload, 0), r->value,
		    ARG_ULONG);
	return true;
}
