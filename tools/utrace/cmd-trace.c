// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "merge.h"
#include "print.h"
#include "syscalls.h"
#include "target.h"
#include "utrace.h"

/*
 * The rings of two CPUs cannot be read at one instant: what is older than this
 * is in its ring for sure when we look, and can be printed in its place.
 */
#define HOLD_BACK_NSEC		10000000ull
#define NSEC_PER_MSEC		1000000ull

static const char help[] =
	"Usage: utrace trace [-f] [-e EXPR]... [-o FILE] (-p PID... | [--] COMMAND [ARGUMENT]...)\n"
	"\n"
	"Prints the system calls of tasks as they happen.\n"
	"\n"
	"  -e EXPR  only what strace -e EXPR would print: trace=, status=, signal=\n"
	"  -f       all threads of the process, and all children too\n"
	"  -o FILE  print there, not on standard error; '-': standard output\n"
	"  -p PID   a running thread; may be given more than once\n"
	"  -b SIZE  ring of each CPU: 4k to 1024m, a power of two; default 4m\n"
	"  -s SIZE  bytes kept of a string or buffer, paths excepted: 0 to 16384; default 32\n"
	"  --ignored-signals  show also signals that are ignored\n"
	"  --stack[=DEPTH]  where in the program each call is made: by frame pointers, up to\n"
	"           DEPTH functions, 1 to 1024; default 127\n"
	"  -y       paths of file descriptors\n"
	"  --events  also which task was created, which program was executed by whom\n"
	"  -q       do not tell that records were lost at the end\n"
	"  --block  lose nothing: tasks wait when a ring is full; see utrace(1)\n"
	"\n"
	"Exits with the status of the command.\n";

/**
 * struct live_ring - a ring that is read while it is written
 * @read: Position of the end of the stretch that @source has.
 * @head: Where to stop this time; the kernel may be further.
 */
struct live_ring {
	struct merge_source source;
	const struct session_ring *ring;
	uint64_t read, head;
};

struct trace_sink {
	struct target_sink sink;
	const struct target *target;
	struct syscalls *syscalls;
	struct printer printer;
	struct merge merge;
	struct live_ring *rings;
	uint32_t first_tid;
	uint64_t lost;
};

static bool next_stretch(struct merge_source *source)
{
	struct live_ring *l = (struct live_ring *)source;
	size_t bytes;

	if (l->read == l->head)
		return false;
	source->stream.at = session_stretch(l->ring, l->read, l->head, &bytes);
	source->stream.end = source->stream.at + bytes;
	l->read += bytes;
	return true;
}

static void tell_damage(struct merge_source *source)
{
	complain("ring %u: records that make no sense", source->cpu);
}

static bool open_output(struct trace_sink *t)
{
	const char *path = t->target->output;

	if (!path) {
		t->printer.out = stderr;
	} else if (!strcmp(path, "-")) {
		t->printer.out = stdout;
	} else {
		t->printer.out = fopen(path, "we");
		if (!t->printer.out)
			complain("%s: %s", path, strerror(errno));
	}
	return t->printer.out;
}

static void begin_paths(struct trace_sink *t)
{
	t->printer.fds = fds_new(t->syscalls, true);
	fds_take_text(t->printer.fds, t->target->fds, t->target->fds_bytes);
}

static bool begin(struct target_sink *sink, struct session *session)
{
	struct trace_sink *t = (struct trace_sink *)sink;

	if (!open_output(t))
		return false;
	t->syscalls = trace_file_syscalls(NULL);
	t->rings = calloc(session->nr_cpus ?: 1, sizeof(*t->rings));
	if (!t->syscalls || !t->rings) {
		complain("out of memory");
		return false;
	}
	t->printer.syscalls = t->syscalls;
	t->printer.events = t->target->events;
	if (t->target->paths)
		begin_paths(t);
	if (t->target->session.stack_depth) {
		t->printer.stacks = stacks_new();
		if (!t->printer.stacks) {
			complain("out of memory");
			return false;
		}
	}
	if (t->target->follow && t->target->output)
		t->printer.pid = PRINT_PID_COLUMN;
	for (uint32_t cpu = 0; cpu < session->nr_cpus; cpu++) {
		t->rings[cpu] = (struct live_ring){
			.source = { .more = next_stretch, .damaged = tell_damage, .cpu = cpu },
			.ring = &session->rings[cpu],
			.read = session->rings[cpu].tail,
			.head = session->rings[cpu].tail,
		};
	}
	return true;
}

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* On a terminal, lines tell whose they are from the second task on. */
static void note_task(struct trace_sink *t, const struct record *r)
{
	if (r->type == UTRACE_RECORD_LOST) {
		t->lost += r->value;
		return;
	}
	if (!t->first_tid)
		t->first_tid = r->tid;
	if (t->printer.pid == PRINT_PID_NONE && r->tid != t->first_tid)
		t->printer.pid = t->target->output ? PRINT_PID_COLUMN : PRINT_PID_BRACKETS;
}

/* Whether a ring is too full to let anything wait in it. */
static bool read_heads(struct trace_sink *t, struct session *session)
{
	bool full = false;

	for (uint32_t cpu = 0; cpu < session->nr_cpus; cpu++) {
		struct live_ring *l = &t->rings[cpu];

		l->head = session_head(l->ring);
		full = full || l->head - l->ring->tail > l->ring->data_bytes / 2;
	}
	return full;
}

static bool consume_printed(struct trace_sink *t, struct session *session)
{
	for (uint32_t cpu = 0; cpu < session->nr_cpus; cpu++) {
		struct live_ring *l = &t->rings[cpu];
		uint64_t tail = l->read;

		if (l->source.waiting)
			tail = l->read - (uint64_t)(l->source.stream.end - l->source.next.raw);
		if (!session_consume(session, cpu, tail))
			return false;
	}
	return true;
}

static bool drain(struct target_sink *sink, struct session *session, bool last, int *again_ms)
{
	struct trace_sink *t = (struct trace_sink *)sink;
	/* The time before the heads: what is older must be there. */
	uint64_t now = monotonic(), safe = now - HOLD_BACK_NSEC;
	const struct record *r;

	if (read_heads(t, session) || last)
		safe = UINT64_MAX;
	for (uint32_t cpu = 0; cpu < session->nr_cpus; cpu++) {
		if (!merge_add(&t->merge, &t->rings[cpu].source)) {
			complain("out of memory");
			return false;
		}
	}
	while ((r = merge_first(&t->merge)) && r->time <= safe) {
		note_task(t, r);
		if (filter_wants(&t->target->filter, r))
			print_record(&t->printer, r);
		else
			print_skip(&t->printer, r);
		merge_take(&t->merge);
	}
	if (fflush(t->printer.out)) {
		complain("%s: %s", t->target->output ?: "standard error", strerror(errno));
		return false;
	}
	/* In as many as it takes for all that is held back now to be old enough. */
	if (r)
		*again_ms = (int)(HOLD_BACK_NSEC / NSEC_PER_MSEC);
	return consume_printed(t, session);
}

static bool end(struct target_sink *sink, struct session *session)
{
	struct trace_sink *t = (struct trace_sink *)sink;
	struct utrace_record_status status;

	if (!session_status(session, &status))
		return false;
	if (status.lost > t->lost)
		print_lost(&t->printer, status.lost - t->lost);
	if (status.lost && !t->target->quiet)
		complain("%llu records were lost: see option -b", (unsigned long long)status.lost);
	if (!fflush(t->printer.out) && !ferror(t->printer.out))
		return true;
	complain("%s: %s", t->target->output ?: "standard error", strerror(errno));
	return false;
}

enum { OPTION_EVENTS = 256 };

static int take_option(struct target *target, int c, char *value)
{
	(void)value;
	target->paths |= c == 'y';
	target->events |= c == OPTION_EVENTS;
	return -1;
}

int cmd_trace(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "events", no_argument, NULL, OPTION_EVENTS },
		{}
	};
	struct target target = {
		.session = { .watermark = 1 },
		.own = { .letters = "y", .longs = long_options, .take = take_option },
	};
	struct trace_sink sink = {
		.sink = { .begin = begin, .drain = drain, .end = end },
		.target = &target,
	};
	int code = target_parse(&target, argc, argv, help);

	if (code >= 0)
		return code;
	if (target.session.policy == UTRACE_RECORD_POLICY_OVERWRITE)
		return usage_error(target.name, "--overwrite is for record");
	/* The terminal shows the trace: there it can be interrupted. */
	target.interruptible = !target.output;
	code = target_trace(&target, &sink.sink);
	fds_free(sink.printer.fds);
	stacks_free(sink.printer.stacks);
	print_free(&sink.printer);
	merge_free(&sink.merge);
	syscalls_free(sink.syscalls);
	free(sink.rings);
	return code;
}
