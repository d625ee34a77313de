// SPDX-License-Identifier: GPL-2.0
/*
 * JSON Lines: an object a line, as Documentation/utrace/trace.schema.json has
 * it. Integers of 64 bits are strings in decimal: what reads JSON has doubles.
 *
 * It is an interface: what is there stays, a reader skips what it does not
 * know, and another meaning is another version.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/wait.h>

#include "convert.h"
#include "tasks.h"
#include "utrace.h"

#define JSON_VERSION	1

struct json_writer {
	const struct conversion *conversion;
	struct printer printer;
	struct tasks tasks;
	struct stacks *stacks;
};

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add_ex(object, key, value,
				  JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
	add(object, key, json_object_new_string(value));
}

static void add_u64(struct json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add_string(object, key, text);
}

static void add_s64(struct json_object *object, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	add_string(object, key, text);
}

/* Takes what was printed since the last time. */
static void add_printed(struct json_object *object, const char *key, struct printer *p)
{
	add(object, key, json_object_new_string_len(p->line.s ?: "", (int)p->line.len));
	p->line.len = 0;
}

static struct json_object *new_object(const char *type)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "type", type);
	return object;
}

static void add_times(struct json_object *object, const struct json_writer *w, uint64_t time)
{
	add_u64(object, "time", time);
	add_u64(object, "realtime", time + (uint64_t)w->conversion->file->head.realtime_offset);
}

static void add_task(struct json_object *object, const struct record *r)
{
	add(object, "tid", json_object_new_int64(r->tid));
	add(object, "pid", json_object_new_int64(r->pid));
	json_add_bytes(object, "comm", r->comm, strnlen(r->comm, RECORD_COMM_BYTES));
	add(object, "cpu", json_object_new_int64(r->cpu));
}

static struct json_object *new_arg(struct json_writer *w, const struct record *r,
				   const struct syscall *call, unsigned int i)
{
	struct json_object *arg = json_object_new_object();
	struct piece s;

	if (call && (int)i < call->nr_args && *call->arg_names[i])
		add_string(arg, "name", call->arg_names[i]);
	add_u64(arg, "value", r->args[i]);
	print_arg(&w->printer, r, i);
	add_printed(arg, "text", &w->printer);
	if (convert_string(r, i, &s)) {
		json_add_bytes(arg, "string", (const char *)s.bytes, s.len);
		if (s.flags & UTRACE_RECORD_DATA_TRUNCATED)
			add(arg, "truncated", json_object_new_boolean(true));
	} else if (record_find_string(r, i, &s)) {
		add(arg, "fault", json_object_new_boolean(true));
	}
	return arg;
}

static struct json_object *new_frame(const struct stack_frame *f)
{
	struct json_object *frame = json_object_new_object();

	add_u64(frame, "address", f->address);
	if (f->path) {
		json_add_bytes(frame, "file", f->path, strlen(f->path));
		add_u64(frame, "at", f->at);
	}
	if (f->symbol) {
		json_add_bytes(frame, "symbol", f->symbol, strlen(f->symbol));
		add_u64(frame, "offset", f->offset);
	}
	return frame;
}

static void add_stack(struct json_object *object, struct json_writer *w, const struct record *r)
{
	struct json_object *frames;
	struct stack stack;

	if (!stacks_find(w->stacks, r, &stack))
		return;
	frames = json_object_new_array();
	for (size_t i = 0; i < stack.nr; i++)
		json_object_array_add(frames, new_frame(&stack.frames[i]));
	add(object, "stack", frames);
	if (stack.truncated)
		add(object, "stack_truncated", json_object_new_boolean(true));
}

static struct json_object *new_call(struct json_writer *w, const struct record *r)
{
	const struct syscall *call = syscalls_find(w->conversion->syscalls, r->compat, r->nr);
	struct json_object *object = new_object("call"), *args = json_object_new_array();
	int error = record_error(r);

	add_times(object, w, r->time > r->duration ? r->time - r->duration : 0);
	add_u64(object, "duration", r->duration);
	add_task(object, r);
	add_string(object, "abi", r->compat ? "compat" : "native");
	add_s64(object, "nr", r->nr);
	print_call_name(&w->printer.line, w->conversion->syscalls, r->compat, r->nr);
	add_printed(object, "name", &w->printer);
	for (unsigned int i = 0; i < r->nr_args; i++)
		json_object_array_add(args, new_arg(w, r, call, i));
	add(object, "args", args);
	if (r->unfinished)
		add(object, "result", NULL);
	if (r->in_progress)
		add(object, "in_progress", json_object_new_boolean(true));
	if (!r->unfinished)
		add_s64(object, "result", r->result);
	print_result(&w->printer, r);
	add_printed(object, "text", &w->printer);
	if (error) {
		add(object, "error", json_object_new_int(error));
		print_errno_name(&w->printer.line, error);
		add_printed(object, "errno", &w->printer);
	}
	add_stack(object, w, r);
	return object;
}

/* One that is of no call or event. */
static struct json_object *new_stack(struct json_writer *w, const struct record *r)
{
	struct json_object *object = new_object("stack");

	add_times(object, w, r->time);
	add_task(object, r);
	add_u64(object, "cookie", r->value);
	add_stack(object, w, r);
	return object;
}

static void add_status(struct json_object *object, struct json_writer *w, int status)
{
	if (!WIFSIGNALED(status)) {
		add(object, "exit_code", json_object_new_int(WEXITSTATUS(status)));
		return;
	}
	arg_print_signal(&w->printer.line, WTERMSIG(status));
	add_printed(object, "signal", &w->printer);
	add(object, "core_dumped", json_object_new_boolean(WCOREDUMP(status)));
}

static struct json_object *new_event(struct json_writer *w, const struct record *r)
{
	const char *name = convert_event_name(r->kind);
	struct json_object *object = new_object("event");

	add_times(object, w, r->time);
	add_task(object, r);
	add(object, "kind", json_object_new_int64(r->kind));
	if (name)
		add_string(object, "event", name);
	add_u64(object, "value", r->value);
	if (r->kind == UTRACE_RECORD_EVENT_EXIT)
		add_status(object, w, (int)r->value);
	if (r->kind == UTRACE_RECORD_EVENT_SIGNAL || r->kind == UTRACE_RECORD_EVENT_STOP) {
		arg_print_signal(&w->printer.line, (int)r->value);
		add_printed(object, "signal", &w->printer);
	}
	add_stack(object, w, r);
	return object;
}

/* Where records are missing may be before anything tells the time. */
static struct json_object *new_lost(struct json_writer *w, const struct record *r)
{
	struct json_object *object = new_object("lost");

	if (r->tid)
		add_times(object, w, r->time);
	add(object, "cpu", json_object_new_int64(r->cpu));
	add_u64(object, "count", r->value);
	return object;
}

static struct json_object *new_header(const struct trace_file *file)
{
	struct json_object *object = json_object_new_object();

	add(object, "version", json_object_new_int(JSON_VERSION));
	add_string(object, "type", "trace");
	add_string(object, "generator", "utrace " UTRACE_TOOL_VERSION);
	add_s64(object, "realtime_offset", file->head.realtime_offset);
	add(object, "cpus", json_object_new_int64(file->head.nr_cpus));
	return object;
}

static struct json_object *new_end(const struct trace_file *file)
{
	struct json_object *object = new_object("end");

	add_u64(object, "records", file->status.records);
	add_u64(object, "lost", file->status.lost);
	return object;
}

static struct json_object *new_line(struct json_writer *w, const struct record *r)
{
	switch (r->type) {
	case UTRACE_RECORD_CALL:
		return new_call(w, r);
	case UTRACE_RECORD_STACK:
		return new_stack(w, r);
	default:
		return new_event(w, r);
	}
}

static bool write_record(struct json_writer *w, const struct record *r)
{
	FILE *out = w->conversion->out;
	struct json_object *task;

	if (r->type == UTRACE_RECORD_LOST) {
		json_write(new_lost(w, r), out);
		return true;
	}
	if (!stacks_take(w->stacks, r))
		return false;
	if (!convert_has_line(r))
		return true;
	switch (tasks_note(&w->tasks, r)) {
	case TASKS_NO_MEMORY:
		return false;
	case TASKS_NEW:
		task = new_object("task");
		add_times(task, w, r->time);
		add_task(task, r);
		json_write(task, out);
		break;
	case TASKS_KNOWN:
		break;
	}
	json_write(new_line(w, r), out);
	return true;
}

bool convert_json(struct conversion *c)
{
	struct json_writer w = {
		.conversion = c, .printer.syscalls = c->syscalls, .stacks = stacks_new(),
	};
	const struct record *r;
	bool ok = w.stacks;

	c->file->with_stacks = true;
	json_write(new_header(c->file), c->out);
	while (ok && (r = trace_file_next(c->file)) && !ferror(c->out))
		ok = write_record(&w, r);
	if (!ok)
		complain("out of memory");
	else if (c->file->has_end)
		json_write(new_end(c->file), c->out);
	tasks_free(&w.tasks);
	stacks_free(w.stacks);
	print_free(&w.printer);
	return ok;
}
