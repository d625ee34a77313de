// SPDX-License-Identifier: GPL-2.0
/*
 * The trace event format of Chrome, which Perfetto imports: an object with the
 * array "traceEvents". A call is a complete event ("X") of its thread, anything
 * else an instant ("i"). Times are CLOCK_MONOTONIC in microseconds.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "convert.h"
#include "stacks.h"
#include "tasks.h"
#include "utrace.h"

struct perfetto_writer {
	const struct conversion *conversion;
	struct printer printer;
	struct tasks tasks;
	struct stacks *stacks;
	bool any;
	/** @lost_before: Lost before there was a time. */
	uint64_t lost_before;
};

static void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

/* A number as JSON has it, in which no nanosecond gets lost. */
static void add_microseconds(struct json_object *object, const char *key, uint64_t nsec)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", nsec / 1000, (unsigned int)(nsec % 1000));
	json_object_object_add(object, key, json_object_new_double_s((double)nsec / 1e3, text));
}

static void add_printed(struct json_object *object, const char *key, struct printer *p)
{
	json_object_object_add(object, key,
			       json_object_new_string_len(p->line.s ?: "", (int)p->line.len));
	p->line.len = 0;
}

static struct json_object *new_event(const char *phase, const char *name, const struct record *r)
{
	struct json_object *event = json_object_new_object();

	add_string(event, "ph", phase);
	if (name)
		add_string(event, "name", name);
	json_object_object_add(event, "pid", json_object_new_int64(r->pid));
	json_object_object_add(event, "tid", json_object_new_int64(r->tid));
	return event;
}

static void write_event(struct perfetto_writer *w, struct json_object *event)
{
	fputs(w->any ? "," : "", w->conversion->out);
	w->any = true;
	json_write(event, w->conversion->out);
}

static void write_name(struct perfetto_writer *w, const char *what, const struct record *r)
{
	struct json_object *event = new_event("M", what, r), *args = json_object_new_object();
	size_t len = strnlen(r->comm, RECORD_COMM_BYTES);

	json_add_bytes(args, "name", r->comm, len);
	/* The importer wants a name, whatever there is in it. */
	if (!json_object_object_get_ex(args, "name", NULL)) {
		text_add_quoted(&w->printer.line, r->comm, len);
		add_printed(args, "name", &w->printer);
	}
	json_object_object_add(event, "args", args);
	write_event(w, event);
}

/* As text: what its importer knows of chains is for samples. */
static void add_stack(struct json_object *args, struct perfetto_writer *w, const struct record *r)
{
	struct json_object *frames;
	struct stack stack;

	if (!stacks_find(w->stacks, r, &stack))
		return;
	frames = json_object_new_array();
	for (size_t i = 0; i < stack.nr; i++) {
		struct text *line = &w->printer.line;

		print_frame(line, &stack.frames[i]);
		json_object_array_add(frames, json_object_new_string_len(line->s, (int)line->len));
		line->len = 0;
	}
	if (stack.truncated)
		json_object_array_add(frames, json_object_new_string("..."));
	json_object_object_add(args, "stack", frames);
}

static void write_call(struct perfetto_writer *w, const struct record *r)
{
	const struct syscall *call = syscalls_find(w->conversion->syscalls, r->compat, r->nr);
	struct json_object *event = new_event("X", NULL, r), *args = json_object_new_object();
	/* Apart: there are arguments named "cpu". */
	struct json_object *arguments = json_object_new_object();

	print_call_name(&w->printer.line, w->conversion->syscalls, r->compat, r->nr);
	add_printed(event, "name", &w->printer);
	add_string(event, "cat", r->compat ? "syscall,compat" : "syscall");
	add_microseconds(event, "ts", r->time > r->duration ? r->time - r->duration : 0);
	add_microseconds(event, "dur", r->duration);
	for (unsigned int i = 0; i < r->nr_args; i++) {
		bool has_name = call && (int)i < call->nr_args && *call->arg_names[i];
		char number[16];

		snprintf(number, sizeof(number), "arg%u", i);
		print_arg(&w->printer, r, i);
		add_printed(arguments, has_name ? call->arg_names[i] : number, &w->printer);
	}
	json_object_object_add(args, "arguments", arguments);
	print_result(&w->printer, r);
	add_printed(args, "result", &w->printer);
	json_object_object_add(args, "cpu", json_object_new_int64(r->cpu));
	add_stack(args, w, r);
	json_object_object_add(event, "args", args);
	write_event(w, event);
}

static void write_instant(struct perfetto_writer *w, const struct record *r, const char *name,
			  const char *scope)
{
	struct json_object *event = new_event("i", name, r), *args = json_object_new_object();
	char value[24];

	add_string(event, "cat", "event");
	add_string(event, "s", scope);
	add_microseconds(event, "ts", r->time);
	snprintf(value, sizeof(value), "%" PRIu64, r->value);
	add_string(args, "value", value);
	json_object_object_add(args, "cpu", json_object_new_int64(r->cpu));
	add_stack(args, w, r);
	json_object_object_add(event, "args", args);
	write_event(w, event);
}

static void write_lost(struct perfetto_writer *w, const struct record *r, uint64_t count)
{
	struct record lost = *r;

	lost.value = count;
	write_instant(w, &lost, "records lost", "g");
}

static bool write_record(struct perfetto_writer *w, const struct record *r)
{
	if (r->type == UTRACE_RECORD_LOST) {
		if (r->tid)
			write_lost(w, r, r->value);
		else
			w->lost_before += r->value;
		return true;
	}
	if (w->lost_before)
		write_lost(w, r, w->lost_before);
	w->lost_before = 0;
	if (!stacks_take(w->stacks, r))
		return false;
	if (!convert_has_line(r))
		return true;
	switch (tasks_note(&w->tasks, r)) {
	case TASKS_NO_MEMORY:
		return false;
	case TASKS_NEW:
		if (r->tid == r->pid)
			write_name(w, "process_name", r);
		write_name(w, "thread_name", r);
		break;
	case TASKS_KNOWN:
		break;
	}
	if (r->type == UTRACE_RECORD_CALL)
		write_call(w, r);
	else if (r->type == UTRACE_RECORD_STACK)
		write_instant(w, r, "stack", "t");
	else
		write_instant(w, r, convert_event_name(r->kind) ?: "event", "t");
	return true;
}

bool convert_perfetto(struct conversion *c)
{
	struct perfetto_writer w = {
		.conversion = c, .printer.syscalls = c->syscalls, .stacks = stacks_new(),
	};
	const struct record *r;
	bool ok = w.stacks;

	c->file->with_stacks = true;
	fprintf(c->out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"generator\":\"utrace %s\","
		"\"clock\":\"monotonic\",\"realtime_offset\":\"%" PRId64 "\"},\"traceEvents\":[\n",
		UTRACE_TOOL_VERSION, (int64_t)c->file->head.realtime_offset);
	while (ok && (r = trace_file_next(c->file)) && !ferror(c->out))
		ok = write_record(&w, r);
	fputs("]}\n", c->out);
	if (!ok)
		complain("out of memory");
	tasks_free(&w.tasks);
	stacks_free(w.stacks);
	print_free(&w.printer);
	return ok;
}
