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

static const char help[] =
	"Usage: utrace record [-f] [-o FILE] (-p PID... | [--] COMMAND [ARGUMENT]...)\n"
	"\n"
	"Writes the system calls of tasks to a file for 'utrace report'.\n"
	"\n"
	"  -f       all threads of the process, and all children too\n"
	"  -o FILE  default " UTRACE_DEFAULT_FILE "; '-': standard output\n"
	"  -p PID   a running thread; may be given more than once\n"
	"  -b SIZE  ring of each CPU: 4k to 1024m, a power of two; default 4m\n"
	"  -s SIZE  longest string that is kept: 1 to 4096, the default\n"
	"  -q       no line about what was recorded at the end\n"
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
	const struct target *target;
	struct trace_writer writer;
	unsigned int nr_snapshots;
};

static bool begin(struct target_sink *sink, struct session *session)
{
	struct record_sink *r = (struct record_sink *)sink;

	return writer_open(&r->writer, r->target->output) &&
	       writer_begin(&r->writer, session->nr_cpus);
}

static bool drain_ring(struct trace_writer *writer, struct session *session, uint32_t cpu)
{
	const struct session_ring *ring = &session->rings[cpu];
	uint64_t head = session_head(ring), at = ring->tail;

	while (at != head) {
		size_t bytes;
		const unsigned char *data = session_stretch(ring, at, head, &bytes);

		if (!writer_data(writer, cpu, data, bytes))
			return false;
		at += bytes;
	}
	return session_consume(session, cpu, head);
}

static bool is_flight_recorder(const struct record_sink *r)
{
	return r->target->session.policy == UTRACE_RECORD_POLICY_OVERWRITE;
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

		ok = !bytes || writer_data(writer, cpu, data, bytes);
	}
	free(copy);
	return ok;
}

static bool drain(struct target_sink *sink, struct session *session, bool last, int *again_ms)
{
	struct record_sink *r = (struct record_sink *)sink;

	(void)again_ms;
	if (is_flight_recorder(r))
		return !last || write_snapshot(&r->writer, session);
	for (uint32_t cpu = 0; cpu < session->nr_cpus; cpu++)
		if (!drain_ring(&r->writer, session, cpu))
			return false;
	return true;
}

static bool finish(const struct record_sink *r, struct trace_writer *writer,
		   struct session *session)
{
	struct utrace_record_status status;
	char more[64] = "";

	if (!session_status(session, &status) || !writer_end(writer, &status))
		return false;
	if (r->target->quiet)
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

	if (!strcmp(r->target->output, "-")) {
		complain("no snapshot: standard output gets the last one only");
		return true;
	}
	snprintf(path, sizeof(path), "%s.%u", r->target->output, ++r->nr_snapshots);
	if (session_in_flight(session) == SESSION_FAILED)
		return false;
	if (writer_open(&writer, path) &&
	    !(writer_begin(&writer, session->nr_cpus) && write_snapshot(&writer, session) &&
	      finish(r, &writer, session)))
		close(writer.fd);
	return true;
}

int cmd_record(int argc, char **argv)
{
	struct target target = {};
	struct record_sink sink = {
		.sink = { .begin = begin, .drain = drain, .end = end },
		.target = &target,
	};
	int code = target_parse(&target, argc, argv, help);

	if (code >= 0)
		return code;
	if (!target.output)
		target.output = UTRACE_DEFAULT_FILE;
	if (is_flight_recorder(&sink))
		sink.sink.snapshot = snapshot;
	return target_trace(&target, &sink.sink);
}
