// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utrace.h"

void complain(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* One write: several tools may share a terminal. */
	fflush(stdout);
	fprintf(stderr, "utrace: %s\n", line);
}

int usage_error(const char *command, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	complain("%s (see 'utrace %s%s--help')", line, command ?: "", command ? " " : "");
	return UTRACE_EXIT_USAGE;
}

int bad_option(const char *command, int c, char **argv)
{
	/* Long ones have no character: */
	if (optopt > UCHAR_MAX)
		return usage_error(command, "option %s %s", argv[optind - 1],
				   c == ':' ? "needs a value" : "takes no value");
	if (c == ':')
		return usage_error(command, "option -%c needs a value", optopt);
	if (optopt)
		return usage_error(command, "unknown option -%c", optopt);
	return usage_error(command, "unknown option %s", argv[optind - 1]);
}

int finish_stdout(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	complain("standard output: %s", strerror(errno));
	return UTRACE_EXIT_FAILED;
}
