// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
	"Exits with the status of the command.\n";

struct record_sink {
	struct target_sink sink;
	const struct target *target;
	struct trace_writer writer;
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

static bool drain(struct target_sink *sink, struct session *session, bool last, int *again_ms)
{
	struct record_sink *r = (struct record_sink *)sink;

	(void)last;
	(void)again_ms;
	for (uint32_t cpu = 0; cpu < session->nr_cpus; cpu++)
		if (!drain_ring(&r->writer, session, cpu))
			return false;
	return true;
}

static bool end(struct target_sink *sink, struct session *session)
{
	struct record_sink *r = (struct record_sink *)sink;
	struct utrace_record_status status;

	if (!session_status(session, &status) || !writer_end(&r->writer, &status))
		return false;
	if (!r->target->quiet)
		complain("%s: %" PRIu64 " records, %" PRIu64 " lost, %" PRIu64 " bytes",
			 r->writer.path, (uint64_t)status.records, (uint64_t)status.lost,
			 r->writer.bytes);
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
	return target_trace(&target, &sink.sink);
}
