// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/wait.h>

#include "data.h"
#include "print.h"
#include "utrace.h"

#define RESULT_COLUMN	40
#define MAX_ERRNO	4095
#define NSEC_PER_SEC	1000000000ull
#define NSEC_PER_USEC	1000ull

/*
 * The kernel's own, which the C library has no names for. Those that are @about
 * something are how a call is restarted: user space never gets to see them. The
 * others do get out, of drivers and bpf(2).
 */
static const struct {
	int error;
	const char *name, *about;
} kernel_errors[] = {
	{ 512, "ERESTARTSYS", "To be restarted if SA_RESTART is set" },
	{ 513, "ERESTARTNOINTR", "To be restarted" },
	{ 514, "ERESTARTNOHAND", "To be restarted if no handler" },
	{ 515, "ENOIOCTLCMD", NULL },
	{ 516, "ERESTART_RESTARTBLOCK", "Interrupted by signal" },
	{ 517, "EPROBE_DEFER", NULL },
	{ 518, "EOPENSTALE", NULL },
	{ 519, "ENOPARAM", NULL },
	{ 521, "EBADHANDLE", NULL },
	{ 522, "ENOTSYNC", NULL },
	{ 523, "EBADCOOKIE", NULL },
	{ 524, "ENOTSUPP", NULL },
	{ 525, "ETOOSMALL", NULL },
	{ 526, "ESERVERFAULT", NULL },
	{ 527, "EBADTYPE", NULL },
	{ 528, "EJUKEBOX", NULL },
	{ 529, "EIOCBQUEUED", NULL },
	{ 530, "ERECALLCONFLICT", NULL },
	{ 531, "ENOGRACE", NULL },
};

void print_call_name(struct text *text, const struct syscalls *syscalls, bool compat, int64_t nr)
{
	const struct syscall *call = syscalls_find(syscalls, compat, nr);

	if (call)
		text_add_string(text, call->name);
	else
		text_add(text, "syscall_%#" PRIx64, compat ? (uint64_t)(uint32_t)nr : (uint64_t)nr);
}

int record_error(const struct record *r)
{
	int64_t result = r->compat ? (int32_t)r->result : r->result;

	return !r->unfinished && result < 0 && result >= -MAX_ERRNO ? (int)-result : 0;
}

static void add_clock(struct printer *p, time_t seconds)
{
	struct tm tm;

	if (!p->clock[0] || p->clock_of != seconds) {
		p->clock_of = seconds;
		if (!localtime_r(&seconds, &tm) ||
		    !strftime(p->clock, sizeof(p->clock), "%T", &tm))
			strcpy(p->clock, "??:??:??");
	}
	text_add_string(&p->line, p->clock);
}

static void add_stamp(struct printer *p, uint64_t time)
{
	uint64_t real = time + (uint64_t)p->realtime_offset;
	time_t seconds = (time_t)(real / NSEC_PER_SEC);
	unsigned int usec = (unsigned int)(real % NSEC_PER_SEC / NSEC_PER_USEC);
	uint64_t since;

	switch (p->stamp) {
	case PRINT_STAMP_NONE:
		break;
	case PRINT_STAMP_SECONDS:
		add_clock(p, seconds);
		text_add_string(&p->line, " ");
		break;
	case PRINT_STAMP_MICROSECONDS:
		add_clock(p, seconds);
		text_add(&p->line, ".%06u ", usec);
		break;
	case PRINT_STAMP_EPOCH:
		text_add(&p->line, "%lld.%06u ", (long long)seconds, usec);
		break;
	case PRINT_STAMP_RELATIVE:
		/* Lines are in the order of returns: a call may have begun before. */
		since = p->any && time > p->last_stamp ? time - p->last_stamp : 0;
		text_add(&p->line, "%6llu.%06u ", (unsigned long long)(since / NSEC_PER_SEC),
			 (unsigned int)(since % NSEC_PER_SEC / NSEC_PER_USEC));
		break;
	}
	p->last_stamp = time;
	p->any = true;
}

static void begin_line(struct printer *p, const struct record *r, uint64_t time)
{
	p->line.len = 0;
	if (p->pid == PRINT_PID_COLUMN)
		text_add(&p->line, "%-5u ", r->tid);
	else if (p->pid == PRINT_PID_BRACKETS)
		text_add(&p->line, "[pid %5u] ", r->tid);
	add_stamp(p, time);
}

static void end_line(struct printer *p)
{
	text_add_string(&p->line, "\n");
	fwrite(p->line.s, 1, p->line.len, p->out);
}

void print_frame(struct text *line, const struct stack_frame *f)
{
	if (f->path) {
		text_add_escaped(line, f->path, strlen(f->path));
		text_add_string(line, "(");
	}
	if (f->symbol) {
		text_add_escaped(line, f->symbol, strlen(f->symbol));
		text_add(line, "+0x%" PRIx64, f->offset);
	}
	if (f->path)
		text_add_string(line, ") ");
	text_add(line, "[0x%" PRIx64 "]", f->path ? f->at : f->address);
}

static void print_stack(struct printer *p, const struct record *r)
{
	struct stack stack;

	if (!p->stacks || !stacks_find(p->stacks, r, &stack))
		return;
	for (size_t i = 0; i < stack.nr; i++) {
		p->line.len = 0;
		text_add_string(&p->line, " > ");
		print_frame(&p->line, &stack.frames[i]);
		end_line(p);
	}
	if (stack.truncated)
		fputs(" > ...\n", p->out);
}

static void add_arg(struct printer *p, const struct record *r, const struct syscall *call,
		    unsigned int i, enum arg_kind kind)
{
	if (print_data(&p->line, r, call, i))
		return;
	arg_print(&p->line, kind, arg_value(kind, r->args, r->nr_args, i, r->compat), r->compat);
	if (p->fds && (kind == ARG_FD || kind == ARG_DIRFD))
		fds_print(p->fds, &p->line, r, (int)r->args[i]);
}

static const struct arg_row *row_of(const struct record *r, const struct syscall *call)
{
	return call && call->row ? arg_row_for(call->row, r->args, r->nr_args) : NULL;
}

static enum arg_kind kind_of(const struct record *r, const struct syscall *call,
			     const struct arg_row *row, unsigned int i)
{
	struct piece s;

	if (record_find_string(r, i, &s) && s.flags & UTRACE_RECORD_DATA_FAULT)
		return ARG_POINTER;
	if (row && row->kinds[i])
		return row->kinds[i];
	return call && (int)i < call->nr_args ? call->args[i] : ARG_HEX;
}

void print_arg(struct printer *p, const struct record *r, unsigned int i)
{
	const struct syscall *call = syscalls_find(p->syscalls, r->compat, r->nr);

	add_arg(p, r, call, i, kind_of(r, call, row_of(r, call), i));
}

static void add_args(struct printer *p, const struct record *r, const struct syscall *call)
{
	const struct arg_row *row = row_of(r, call);
	unsigned int nr = r->nr_args;
	const char *between = "";

	if (call && call->nr_args >= 0 && (unsigned int)call->nr_args < nr)
		nr = (unsigned int)call->nr_args;
	if (row && row->nr < nr)
		nr = row->nr;
	for (unsigned int i = 0; i < nr; i++) {
		enum arg_kind kind = kind_of(r, call, row, i);

		if (arg_ends_list(kind, r->args, i))
			break;
		if (kind == ARG_SKIP)
			continue;
		text_add_string(&p->line, between);
		between = ", ";
		add_arg(p, r, call, i, kind);
	}
}

/*
 * clone() is told by names: which of its arguments count is in its flags, and
 * their order is another one on i386.
 */
static void add_clone_args(struct printer *p, const struct record *r, const struct syscall *call)
{
	const unsigned int tls = r->compat ? 3 : 4, child_tid = r->compat ? 4 : 3;

	text_add_string(&p->line, "child_stack=");
	add_arg(p, r, call, 1, ARG_POINTER);
	text_add_string(&p->line, ", flags=");
	add_arg(p, r, call, 0, ARG_CLONE);
	if (r->args[0] & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
		text_add_string(&p->line, ", parent_tid=");
		add_arg(p, r, call, 2, ARG_POINTER);
	}
	if (r->args[0] & CLONE_SETTLS) {
		text_add_string(&p->line, ", tls=");
		add_arg(p, r, call, tls, ARG_HEX);
	}
	if (r->args[0] & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
		text_add_string(&p->line, ", child_tidptr=");
		add_arg(p, r, call, child_tid, ARG_POINTER);
	}
}

/* Return: NULL if there is none. @restarts: what is to happen, or NULL. */
static const char *error_name(int error, const char **restarts)
{
	*restarts = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(kernel_errors); i++) {
		if (kernel_errors[i].error != error)
			continue;
		*restarts = kernel_errors[i].about;
		return kernel_errors[i].name;
	}
	return strerrorname_np(error);
}

static void add_error(struct text *line, int error)
{
	const char *restarts, *name = error_name(error, &restarts);
	const char *about = strerrordesc_np(error);

	if (restarts)
		text_add(line, "? %s (%s)", name, restarts);
	else if (name && about)
		text_add(line, "-1 %s (%s)", name, about);
	else if (name)
		text_add(line, "-1 %s (Unknown error %d)", name, error);
	else
		text_add(line, "-1 (errno %d)", error);
}

void print_errno_name(struct text *text, int error)
{
	const char *restarts, *name = error_name(error, &restarts);

	if (name)
		text_add_string(text, name);
	else
		text_add(text, "errno_%d", error);
}

static bool returns_fd(const struct syscall *call, const struct record *r)
{
	return call->result == ARG_FD ||
	       (call->result == ARG_FCNTL_RESULT &&
		(r->args[1] == F_DUPFD || r->args[1] == F_DUPFD_CLOEXEC));
}

void print_result(struct printer *p, const struct record *r)
{
	const struct syscall *call = syscalls_find(p->syscalls, r->compat, r->nr);
	int error = record_error(r);

	if (r->unfinished)
		text_add_string(&p->line, "?");
	else if (error)
		add_error(&p->line, error);
	else
		arg_print_result(&p->line, call ? call->result : ARG_LONG, (uint64_t)r->result,
				 r->compat, r->args);
	if (p->fds && !r->unfinished && !error && call && returns_fd(call, r))
		fds_print(p->fds, &p->line, r, (int)r->result);
	if (!r->unfinished && !error)
		print_result_data(&p->line, r, call);
}

static void print_call(struct printer *p, const struct record *r)
{
	const struct syscall *call = syscalls_find(p->syscalls, r->compat, r->nr);

	begin_line(p, r, r->time > r->duration ? r->time - r->duration : 0);
	print_call_name(&p->line, p->syscalls, r->compat, r->nr);
	text_add_string(&p->line, "(");
	if (call && !strcmp(call->name, "clone") && r->nr_args == 5)
		add_clone_args(p, r, call);
	else
		add_args(p, r, call);
	if (r->in_progress) {
		text_add_string(&p->line, " <unfinished ...>");
		end_line(p);
		print_stack(p, r);
		return;
	}
	/* What it takes is from before it, what it returns from after. */
	if (p->fds)
		fds_apply(p->fds, r);
	text_add_string(&p->line, ") ");
	text_pad(&p->line, RESULT_COLUMN);
	text_add_string(&p->line, "= ");
	print_result(p, r);
	if (p->durations && !r->unfinished)
		text_add(&p->line, " <%llu.%06llu>",
			 (unsigned long long)(r->duration / NSEC_PER_SEC),
			 (unsigned long long)(r->duration % NSEC_PER_SEC / NSEC_PER_USEC));
	end_line(p);
	print_stack(p, r);
}

static void print_exit(struct printer *p, const struct record *r)
{
	int status = (int)r->value;

	begin_line(p, r, r->time);
	if (WIFSIGNALED(status)) {
		text_add_string(&p->line, "+++ killed by ");
		arg_print_signal(&p->line, WTERMSIG(status));
		text_add(&p->line, "%s +++", WCOREDUMP(status) ? " (core dumped)" : "");
	} else {
		text_add(&p->line, "+++ exited with %d +++", WEXITSTATUS(status));
	}
	end_line(p);
}

static void print_signal(struct printer *p, const struct record *r)
{
	begin_line(p, r, r->time);
	text_add_string(&p->line, "--- ");
	print_signal_event(&p->line, r);
	text_add_string(&p->line, " ---");
	end_line(p);
	print_stack(p, r);
}

static void print_stop(struct printer *p, const struct record *r)
{
	begin_line(p, r, r->time);
	text_add_string(&p->line, "--- stopped by ");
	arg_print_signal(&p->line, (int)r->value);
	text_add_string(&p->line, " ---");
	end_line(p);
}

static void print_clone(struct printer *p, const struct record *r)
{
	begin_line(p, r, r->time);
	text_add(&p->line, "--- clone {tid=%u", (unsigned int)r->value);
	print_clone_details(&p->line, r);
	text_add_string(&p->line, "} ---");
	end_line(p);
}

static void print_exec(struct printer *p, const struct record *r)
{
	begin_line(p, r, r->time);
	text_add_string(&p->line, "--- exec {");
	print_exec_details(&p->line, r);
	text_add_string(&p->line, "} ---");
	end_line(p);
}

static void print_event(struct printer *p, const struct record *r)
{
	switch (r->kind) {
	case UTRACE_RECORD_EVENT_EXIT:
		print_exit(p, r);
		break;
	case UTRACE_RECORD_EVENT_SIGNAL:
		print_signal(p, r);
		break;
	case UTRACE_RECORD_EVENT_STOP:
		print_stop(p, r);
		break;
	case UTRACE_RECORD_EVENT_CLONE:
		if (p->events)
			print_clone(p, r);
		break;
	case UTRACE_RECORD_EVENT_EXEC:
		if (p->events)
			print_exec(p, r);
		break;
	default:
		break;
	}
}

void print_lost(struct printer *p, uint64_t count)
{
	fprintf(p->out, "<... %" PRIu64 " record%s lost ...>\n", count, count == 1 ? "" : "s");
}

/* Of no call or event: something in the kernel wanted to know. */
static void print_requested(struct printer *p, const struct record *r)
{
	if (!p->stacks || !(r->stack.flags & UTRACE_RECORD_STACK_REQUESTED))
		return;
	begin_line(p, r, r->time);
	text_add(&p->line, "--- stack %" PRIu64 " ---", r->value);
	end_line(p);
	print_stack(p, r);
}

static void take(struct printer *p, const struct record *r)
{
	if (p->stacks)
		stacks_take(p->stacks, r);
}

void print_record(struct printer *p, const struct record *r)
{
	take(p, r);
	switch (r->type) {
	case UTRACE_RECORD_CALL:
		print_call(p, r);
		break;
	case UTRACE_RECORD_LOST:
		if (p->fds)
			fds_apply(p->fds, r);
		print_lost(p, r->value);
		break;
	case UTRACE_RECORD_EVENT:
		if (p->fds)
			fds_apply(p->fds, r);
		print_event(p, r);
		break;
	case UTRACE_RECORD_STACK:
		print_requested(p, r);
		break;
	default:
		break;
	}
}

void print_skip(struct printer *p, const struct record *r)
{
	take(p, r);
	if (p->fds)
		fds_apply(p->fds, r);
}

void print_free(struct printer *p)
{
	text_free(&p->line);
}
