// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "convert.h"
#include "utrace.h"

static const char help[] =
	"Usage: utrace convert --to FORMAT [-o OUT] [FILE]\n"
	"\n"
	"Writes a file of 'utrace record' in the format of other tools; FILE is\n"
	UTRACE_DEFAULT_FILE " if not given, standard input if '-'.\n"
	"\n"
	"  --to json      JSON Lines: an object for each record\n"
	"  --to perfetto  the trace event format of Chrome, for ui.perfetto.dev\n"
	"  --to ctf       the Common Trace Format 1.8, for babeltrace2 and Trace Compass:\n"
	"                 a directory\n"
	"  -o OUT         standard output if not given or '-'; for ctf, FILE.ctf\n";

static const struct {
	const char *name;
	bool (*convert)(struct conversion *conversion);
	bool is_directory;
} formats[] = {
	{ "json", convert_json, false },
	{ "perfetto", convert_perfetto, false },
	{ "ctf", convert_ctf, true },
};

struct convert_options {
	size_t format;
	const char *output, *path;
};

/* What a task opened and read is nobody else's business. */
static FILE *open_private(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !out)
		close(fd);
	return out;
}

static bool to_stream(struct conversion *c, const struct convert_options *options)
{
	bool ok, is_stdout = !options->output || !strcmp(options->output, "-");

	c->path = is_stdout ? "standard output" : options->output;
	c->out = is_stdout ? stdout : open_private(options->output);
	if (!c->out) {
		complain("%s: %s", c->path, strerror(errno));
		return false;
	}
	ok = formats[options->format].convert(c);
	if (ok && (fflush(c->out) || ferror(c->out))) {
		complain("%s: %s", c->path, strerror(errno));
		ok = false;
	}
	if (!is_stdout && fclose(c->out) && ok) {
		complain("%s: %s", c->path, strerror(errno));
		ok = false;
	}
	return ok;
}

static bool to_directory(struct conversion *c, const struct convert_options *options)
{
	char *path = NULL;
	bool ok;

	if (!options->output && asprintf(&path, "%s.ctf", options->path) < 0) {
		complain("out of memory");
		return false;
	}
	c->path = options->output ?: path;
	ok = formats[options->format].convert(c);
	free(path);
	return ok;
}

static int convert(const struct convert_options *options)
{
	struct syscalls *syscalls;
	struct trace_file file;
	struct conversion c = { .file = &file };
	int code = UTRACE_EXIT_FAILED;

	if (!trace_file_open(&file, options->path))
		return code;
	c.syscalls = syscalls = trace_file_syscalls(&file);
	if (!syscalls || !trace_file_rewind(&file))
		complain("out of memory");
	else if (formats[options->format].is_directory ? to_directory(&c, options) :
		 to_stream(&c, options))
		code = trace_file_verdict(&file, options->path);
	syscalls_free(syscalls);
	trace_file_close(&file);
	return code;
}

static bool find_format(const char *name, size_t *format)
{
	for (*format = 0; *format < ARRAY_SIZE(formats); ++*format)
		if (!strcmp(formats[*format].name, name))
			return true;
	return false;
}

int cmd_convert(int argc, char **argv)
{
	enum { OPTION_TO = 256 };
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "to", required_argument, NULL, OPTION_TO },
		{}
	};
	struct convert_options options = {
		.format = ARRAY_SIZE(formats), .path = UTRACE_DEFAULT_FILE,
	};
	int c;

	while ((c = getopt_long(argc, argv, ":ho:", long_options, NULL)) != -1) {
		switch (c) {
		case OPTION_TO:
			if (!find_format(optarg, &options.format))
				return usage_error("convert", "--to %s: not json, perfetto or ctf",
						   optarg);
			break;
		case 'o':
			options.output = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return finish_stdout(0);
		default:
			return bad_option("convert", c, argv);
		}
	}
	if (options.format == ARRAY_SIZE(formats))
		return usage_error("convert", "--to which format?");
	if (argc - optind > 1)
		return usage_error("convert", "one file at a time");
	if (argc > optind)
		options.path = argv[optind];
	if (formats[options.format].is_directory &&
	    !strcmp(options.output ?: options.path, "-"))
		return usage_error("convert", "-o: a directory to write to");
	return convert(&options);
}
