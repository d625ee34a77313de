// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "filter.h"
#include "print.h"
#include "summary.h"
#include "utrace.h"

static const char help[] =
	"Usage: utrace report [-c] [-e EXPR]... [-t|-tt|-ttt|-r] [-T] [-y] [--events] [FILE]\n"
	"\n"
	"Prints a file of 'utrace record' as text; FILE is " UTRACE_DEFAULT_FILE " if not given,\n"
	"standard input if '-'.\n"
	"\n"
	"  -c     a table of calls, time and errors per system call instead\n"
	"  -e EXPR  only what strace -e EXPR would print: trace=, status=, signal=\n"
	"  -t     time of day at which the call was entered; -tt: with microseconds;\n"
	"         -ttt: as seconds since the epoch\n"
	"  -r     time since the line before was entered\n"
	"  -T     time spent in the call\n"
	"  -y     paths of file descriptors\n"
	"  --events  also which task was created, which program was executed by whom\n"
	"\n"
	"Lines are in the order in which calls returned.\n";

struct report_options {
	bool summary, durations, paths, events;
	enum print_stamp stamp;
	struct filter filter;
	const char *path;
};

/* Whether the records are of more than one task: then lines tell whose they are. */
static bool has_several_tasks(struct trace_file *file)
{
	const struct record *r;
	uint32_t tid = 0;

	if (!trace_file_rewind(file))
		return false;
	while ((r = trace_file_next(file))) {
		if (r->type == UTRACE_RECORD_LOST)
			continue;
		if (tid && r->tid != tid)
			return true;
		tid = r->tid;
	}
	return false;
}

static bool report_lines(struct trace_file *file, const struct syscalls *syscalls,
			 const struct report_options *options)
{
	struct printer printer = {
		.out = stdout,
		.syscalls = syscalls,
		.pid = has_several_tasks(file) ? PRINT_PID_COLUMN : PRINT_PID_NONE,
		.stamp = options->stamp,
		.durations = options->durations,
		.events = options->events,
		.realtime_offset = file->head.realtime_offset,
	};
	const struct record *r;
	uint64_t lost = 0;

	file->with_stacks = true;
	printer.stacks = stacks_new();
	if (!printer.stacks || !trace_file_rewind(file))
		return false;
	if (options->paths) {
		printer.fds = fds_new(syscalls, false);
		fds_take_text(printer.fds, file->fds ?: "", file->fds_bytes);
	}
	while ((r = trace_file_next(file)) && !ferror(stdout)) {
		if (r->type == UTRACE_RECORD_LOST)
			lost += r->value;
		if (filter_wants(&options->filter, r))
			print_record(&printer, r);
		else
			print_skip(&printer, r);
	}
	/* Those after which there was no record any more that could tell. */
	if (file->has_end && file->status.lost > lost && !ferror(stdout))
		print_lost(&printer, file->status.lost - lost);
	fds_free(printer.fds);
	stacks_free(printer.stacks);
	print_free(&printer);
	return true;
}

/* As strace -c has it; 'utrace stat' tells more. */
static bool report_summary(struct trace_file *file, const struct syscalls *syscalls,
			   const struct filter *filter)
{
	struct summary summary = {};
	const struct record *r;
	uint64_t lost = 0;
	bool ok = trace_file_rewind(file);

	while (ok && (r = trace_file_next(file))) {
		if (r->type == UTRACE_RECORD_LOST)
			lost += r->value;
		if (filter_wants(filter, r))
			ok = summary_add(&summary, r);
	}
	if (ok)
		summary_print(&summary, syscalls, &(struct summary_format){}, stdout);
	if (file->has_end && file->status.lost > lost)
		lost = file->status.lost;
	if (lost)
		complain("%llu records were lost", (unsigned long long)lost);
	summary_free(&summary);
	return ok;
}

static int report(const struct report_options *options)
{
	struct syscalls *syscalls;
	struct trace_file file;
	int code;
	bool ok;

	if (!trace_file_open(&file, options->path))
		return UTRACE_EXIT_FAILED;
	syscalls = trace_file_syscalls(&file);
	if (options->summary)
		ok = syscalls && report_summary(&file, syscalls, &options->filter);
	else
		ok = syscalls && report_lines(&file, syscalls, options);
	code = finish_stdout(ok ? 0 : UTRACE_EXIT_FAILED);
	if (!ok)
		complain("out of memory");
	else if (trace_file_verdict(&file, options->path))
		code = UTRACE_EXIT_FAILED;
	syscalls_free(syscalls);
	trace_file_close(&file);
	return code;
}

int cmd_report(int argc, char **argv)
{
	enum { OPTION_EVENTS = 256 };
	static const struct option long_options[] = {
		{ "events", no_argument, NULL, OPTION_EVENTS },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	struct report_options options = { .path = UTRACE_DEFAULT_FILE };
	int c;

	while ((c = getopt_long(argc, argv, ":ce:hrtTy", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options.summary = true;
			break;
		case 'e':
			if (!filter_parse(&options.filter, optarg))
				return UTRACE_EXIT_USAGE;
			break;
		case OPTION_EVENTS:
			options.events = true;
			break;
		case 'r':
			options.stamp = PRINT_STAMP_RELATIVE;
			break;
		case 't':
			if (options.stamp < PRINT_STAMP_EPOCH)
				options.stamp++;
			break;
		case 'T':
			options.durations = true;
			break;
		case 'y':
			options.paths = true;
			break;
		case 'h':
			fputs(help, stdout);
			return finish_stdout(0);
		default:
			return bad_option("report", c, argv);
		}
	}
	if (argc - optind > 1)
		return usage_error("report", "one file at a time");
	if (argc > optind)
		options.path = argv[optind];
	c = report(&options);
	filter_free(&options.filter);
	return c;
}
