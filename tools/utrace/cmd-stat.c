// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "summary.h"
#include "target.h"
#include "utrace.h"

static const char help[] =
	"Usage: utrace stat [OPTION]... (-i FILE | -p PID... | [--] COMMAND [ARGUMENT]...)\n"
	"\n"
	"Counts system calls, their time and errors: of a file of 'utrace record', or of\n"
	"tasks until they end. Times are from entry to return, waiting included.\n"
	"\n"
	"  -i FILE  a file, '-': standard input; the table goes to standard output\n"
	"  -e EXPR  only the calls that strace -e EXPR would print: trace=, status=\n"
	"  -f       all threads of the process, and all children too\n"
	"  -p PID   a running thread; may be given more than once\n"
	"  -o FILE  write the table there, not to standard error; '-': standard output\n"
	"  -S SORT  time (the default), calls, errors, avg-time, min-time, max-time, name\n"
	"  --errors     how often which error, below each call\n"
	"  --histogram  how the times of each call are spread, by powers of two\n"
	"  -b SIZE  ring of each CPU: 4k to 1024m, a power of two; default 4m\n"
	"  -q       do not tell that records were lost\n"
	"  --block  lose nothing: tasks wait when a ring is full; see utrace(1)\n"
	"\n"
	"Exits with the status of the command.\n";

/* No letters: those are strace's, for other things. */
enum { OPTION_ERRORS = 256, OPTION_HISTOGRAM };

static const struct option long_options[] = {
	{ "errors", no_argument, NULL, OPTION_ERRORS },
	{ "histogram", no_argument, NULL, OPTION_HISTOGRAM },
	{}
};

/**
 * struct stat_sink - what counts while tasks run
 * @streams: Of each ring. Their order among each other does not matter here.
 */
struct stat_sink {
	struct target_sink sink;
	struct target target;
	struct summary_format format;
	struct summary summary;
	struct record_stream *streams;
};

static bool print_table(struct stat_sink *s, const struct syscalls *syscalls, uint64_t lost,
			FILE *out, const char *path)
{
	summary_print(&s->summary, syscalls, &s->format, out);
	if (lost)
		fprintf(out, "\n%llu records were lost, and are in no figure above\n",
			(unsigned long long)lost);
	if (!fflush(out) && !ferror(out))
		return true;
	complain("%s: %s", path, strerror(errno));
	return false;
}

/* ---- A file ---- */

static int stat_file(struct stat_sink *s)
{
	struct syscalls *syscalls;
	struct trace_file file;
	const struct record *r;
	int code = UTRACE_EXIT_FAILED;
	uint64_t lost = 0;
	bool ok;

	if (!trace_file_open(&file, s->target.input))
		return code;
	syscalls = trace_file_syscalls(&file);
	ok = syscalls && trace_file_rewind(&file);
	while (ok && (r = trace_file_next(&file))) {
		if (r->type == UTRACE_RECORD_LOST)
			lost += r->value;
		if (filter_wants(&s->target.filter, r))
			ok = summary_add(&s->summary, r);
	}
	if (file.has_end && file.status.lost > lost)
		lost = file.status.lost;
	if (!ok)
		complain("out of memory");
	else if (print_table(s, syscalls, lost, stdout, "standard output"))
		code = trace_file_verdict(&file, s->target.input);
	syscalls_free(syscalls);
	trace_file_close(&file);
	return code;
}

/* ---- Tasks ---- */

static bool begin(struct target_sink *sink, struct session *session)
{
	struct stat_sink *s = (struct stat_sink *)sink;

	s->streams = calloc(session->nr_cpus ?: 1, sizeof(*s->streams));
	if (!s->streams)
		complain("out of memory");
	return s->streams;
}

static bool count_stretch(struct stat_sink *s, struct record_stream *stream, uint32_t cpu)
{
	struct record r;

	for (;;) {
		switch (record_next(stream, &r)) {
		case RECORD_FOUND:
			if (!filter_wants(&s->target.filter, &r) ||
			    summary_add(&s->summary, &r))
				break;
			complain("out of memory");
			return false;
		case RECORD_DAMAGED:
			complain("ring %u: records that make no sense", cpu);
			break;
		case RECORD_NONE:
			return true;
		}
	}
}

static bool drain(struct target_sink *sink, struct session *session, bool last, int *again_ms)
{
	struct stat_sink *s = (struct stat_sink *)sink;

	(void)last;
	(void)again_ms;
	for (uint32_t cpu = 0; cpu < session->nr_cpus; cpu++) {
		const struct session_ring *ring = &session->rings[cpu];
		struct record_stream *stream = &s->streams[cpu];
		uint64_t head = session_head(ring), at = ring->tail;

		while (at != head) {
			size_t bytes;

			stream->at = session_stretch(ring, at, head, &bytes);
			stream->end = stream->at + bytes;
			if (!count_stretch(s, stream, cpu))
				return false;
			at += bytes;
		}
		if (!session_consume(session, cpu, head))
			return false;
	}
	return true;
}

static bool end(struct target_sink *sink, struct session *session)
{
	struct stat_sink *s = (struct stat_sink *)sink;
	const char *path = s->target.output ?: "standard error";
	struct utrace_record_status status;
	struct syscalls *syscalls;
	FILE *out = stderr;
	bool ok;

	if (!session_status(session, &status))
		return false;
	if (s->target.output)
		out = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (!out) {
		complain("%s: %s", path, strerror(errno));
		return false;
	}
	syscalls = trace_file_syscalls(NULL);
	if (!syscalls)
		complain("out of memory");
	ok = syscalls && print_table(s, syscalls, s->target.quiet ? 0 : status.lost, out, path);
	syscalls_free(syscalls);
	if (out != stderr && out != stdout && fclose(out) && ok) {
		complain("%s: %s", path, strerror(errno));
		ok = false;
	}
	return ok;
}

static int take_option(struct target *target, int c, char *value)
{
	struct stat_sink *s = (struct stat_sink *)
		((char *)target - offsetof(struct stat_sink, target));

	switch (c) {
	case OPTION_ERRORS:
		s->format.kinds = true;
		break;
	case OPTION_HISTOGRAM:
		s->format.histogram = true;
		break;
	case 'i':
		target->input = value;
		break;
	case 'S':
		if (!summary_sort(value, &s->format.sort))
			return usage_error(target->name, "-S %s: not a column", value);
		break;
	}
	return -1;
}

int cmd_stat(int argc, char **argv)
{
	struct stat_sink sink = {
		.sink = { .begin = begin, .drain = drain, .end = end },
		.target.own = { .letters = "i:S:", .longs = long_options, .take = take_option },
		.format.extremes = true,
	};
	int code = target_parse(&sink.target, argc, argv, help);

	if (code < 0 && sink.target.session.policy == UTRACE_RECORD_POLICY_OVERWRITE)
		return usage_error(sink.target.name, "--overwrite is for record");
	if (code < 0 && sink.target.session.stack_depth)
		return usage_error(sink.target.name, "--stack is for record and trace");
	if (code < 0)
		code = sink.target.input ? stat_file(&sink) : target_trace(&sink.target, &sink.sink);
	summary_free(&sink.summary);
	free(sink.streams);
	return code;
}
