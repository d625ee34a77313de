// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "target.h"
#include "utrace.h"

#define PROGRESS_MSEC	1000

static const char help[] =
	"Usage: utrace record [-f] [-e EXPR]... [-o FILE] (-p PID... | [--] COMMAND [ARGUMENT]...)\n"
	"\n"
	"Writes the system calls of tasks to a file for 'utrace report'.\n"
	"\n"
	"  -e EXPR  only the calls that strace -e EXPR would print, like trace=%file\n"
	"  -f       all threads of the process, and all children too\n"
	"  -o FILE  default " UTRACE_DEFAULT_FILE "; '-': standard output\n"
	"  -p PID   a running thread; may be given more than once\n"
	"  -b SIZE  ring of each CPU: 4k to 1024m, a power of two; default 4m\n"
	"  -s SIZE  bytes kept of a string or buffer, paths excepted: 0 to 16384; default 32\n"
	"  --ignored-signals  show also signals that are ignored\n"
	"  --stack[=DEPTH]  where in the program each call is made: by frame pointers, up to\n"
	"           DEPTH functions, 1 to 1024; default 127\n"
	"  -z[LEVEL] compress by zstd, while there is time for it: 1 to 19, default 1\n"
	"  -q       neither progress nor a line about what was recorded at the end\n"
	"\n"
	"When a ring is full:\n"
	"  --discard           records are lost, and counted: the default\n"
	"  --overwrite         the oldest records are; SIGUSR2 writes what there is to\n"
	"                      FILE.1, FILE.2..., the end to FILE\n"
	"  --block             nothing is lost: the task waits\n"
	"  --block-timeout MS  as --block, but lose records while we read none for MS\n"
	"\n"
	"Exits with the status of the command.\n";

struct record_sink {
	struct target_sink sink;
	struct target target;
	struct trace_writer writer;
	unsigned int nr_snapshots;
	int level;
	/** @progress: A line of it is on the terminal. */
	bool progress;
};

static bool is_flight_recorder(const struct record_sink *r)
{
	return r->target.session.policy == UTRACE_RECORD_POLICY_OVERWRITE;
}

static bool begin(struct target_sink *sink, struct session *session)
{
	struct record_sink *r = (struct record_sink *)sink;

	if (!writer_open(&r->writer, r->target.output, r->level) ||
	    !writer_begin(&r->writer, session->nr_cpus))
		return false;
	/* What was open then says nothing of the end, without what was between. */
	if (is_flight_recorder(r))
		return true;
	return writer_fds(&r->writer, r->target.fds, r->target.fds_bytes);
}

static bool drain_ring(struct record_sink *r, struct session *session, uint32_t cpu, bool last)
{
	const struct session_ring *ring = &session->rings[cpu];
	uint64_t head = session_head(ring), at = ring->tail;
	/*
	 * Tasks are faster than we are: rather a larger file than lost records.
	 * Not if they wait for us.
	 */
	bool hurry = !last && head - at > ring->data_bytes / 4 * 3 &&
		     r->target.session.policy != UTRACE_RECORD_POLICY_BLOCK;

	while (at != head) {
		size_t bytes;
		const unsigned char *data = session_stretch(ring, at, head, &bytes);

		if (!writer_data(&r->writer, cpu, data, bytes, !hurry))
			return false;
		at += bytes;
	}
	return session_consume(session, cpu, head);
}

static bool write_snapshot(struct trace_writer *writer, struct session *session)
{
	unsigned char *copy = malloc(session->ring_bytes);
	bool ok = copy;

	if (!copy)
		complain("out of memory");
	for (uint32_t cpu = 0; ok && cpu < session->nr_cpus; cpu++) {
		size_t bytes = 0;
		const unsigned char *data = session_snapshot(&session->rings[cpu], copy, &bytes);

		ok = !bytes || writer_data(writer, cpu, data, bytes, true);
	}
	free(copy);
	return ok;
}

/* Over itself; the last line, or a complaint, begins on a line of its own. */
static void tell_progress(struct record_sink *r, const struct utrace_record_status *status)
{
	fprintf(stderr, "\r%" PRIu64 " records, %" PRIu64 " lost, %" PRIu64 " bytes",
		(uint64_t)status->records, (uint64_t)status->lost, r->writer.bytes);
	fflush(stderr);
	r->progress = true;
}

static void end_progress(struct record_sink *r)
{
	if (r->progress)
		fputc('\n', stderr);
	r->progress = false;
}

static bool drain(struct target_sink *sink, struct session *session, bool last, int *again_ms)
{
	struct record_sink *r = (struct record_sink *)sink;
	struct utrace_record_status status;

	(void)again_ms;
	if (is_flight_recorder(r))
		return !last || write_snapshot(&r->writer, session);
	for (uint32_t cpu = 0; cpu < session->nr_cpus; cpu++) {
		if (!drain_ring(r, session, cpu, last)) {
			end_progress(r);
			return false;
		}
	}
	if (last)
		end_progress(r);
	else if (sink->tick_ms && session_status(session, &status))
		tell_progress(r, &status);
	return true;
}

static bool finish(const struct record_sink *r, struct trace_writer *writer,
		   struct session *session)
{
	struct utrace_record_status status;
	char more[64] = "";

	if (!session_status(session, &status) || !writer_end(writer, &status))
		return false;
	if (r->target.quiet)
		return true;
	if (is_flight_recorder(r))
		snprintf(more, sizeof(more), ", %" PRIu64 " overwritten",
			 (uint64_t)status.overwritten);
	else if (status.blocked)
		snprintf(more, sizeof(more), ", blocked %" PRIu64 " times, %.3f s",
			 (uint64_t)status.blocked, (double)status.blocked_ns / 1e9);
	complain("%s: %" PRIu64 " records, %" PRIu64 " lost, %" PRIu64 " bytes%s", writer->path,
		 (uint64_t)status.records, (uint64_t)status.lost, writer->bytes, more);
	return true;
}

static bool end(struct target_sink *sink, struct session *session)
{
	struct record_sink *r = (struct record_sink *)sink;

	return finish(r, &r->writer, session);
}

/* A file of its own. That it cannot be written is no reason to stop recording. */
static bool snapshot(struct target_sink *sink, struct session *session)
{
	struct record_sink *r = (struct record_sink *)sink;
	struct trace_writer writer;
	char path[PATH_MAX];

	if (!strcmp(r->target.output, "-")) {
		complain("no snapshot: standard output gets the last one only");
		return true;
	}
	snprintf(path, sizeof(path), "%s.%u", r->target.output, ++r->nr_snapshots);
	if (session_in_flight(session) == SESSION_FAILED)
		return false;
	if (writer_open(&writer, path, r->level) &&
	    !(writer_begin(&writer, session->nr_cpus) && write_snapshot(&writer, session) &&
	      finish(r, &writer, session)))
		writer_abandon(&writer);
	return true;
}

static int take_option(struct target *target, int c, char *value)
{
	struct record_sink *r = (struct record_sink *)
		((char *)target - offsetof(struct record_sink, target));
	char *last;
	long level = value ? strtol(value, &last, 10) : PACK_DEFAULT_LEVEL;

	(void)c;
	if (value && (last == value || *last || level < 1 || level > PACK_MAX_LEVEL))
		return usage_error(target->name, "-z%s: not from 1 to %d", value, PACK_MAX_LEVEL);
	r->level = (int)level;
	return -1;
}

int cmd_record(int argc, char **argv)
{
	struct record_sink sink = {
		.sink = { .begin = begin, .drain = drain, .end = end },
		.target.own = { .letters = "z::", .take = take_option },
	};
	int code = target_parse(&sink.target, argc, argv, help);

	if (code >= 0)
		return code;
	if (sink.target.filter.not_status || sink.target.filter.not_signals)
		return usage_error("record", "-e status= and signal= are for report and trace");
	if (!sink.target.output)
		sink.target.output = UTRACE_DEFAULT_FILE;
	if (is_flight_recorder(&sink))
		sink.sink.snapshot = snapshot;
	/* With a command, the terminal is the command's. */
	if (!sink.target.command && !sink.target.quiet && isatty(STDERR_FILENO))
		sink.sink.tick_ms = PROGRESS_MSEC;
	return target_trace(&sink.target, &sink.sink);
}
