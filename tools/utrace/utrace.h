/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every command of utrace(1) shares: how it is called, how it complains.
 */
#ifndef UTRACE_TOOL_H
#define UTRACE_TOOL_H

#define UTRACE_TOOL_VERSION	"0.1"
#define UTRACE_DEFAULT_FILE	"utrace.data"

/* Exit codes; record and trace leave with that of the traced command. */
#define UTRACE_EXIT_FAILED	1
#define UTRACE_EXIT_USAGE	2

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

/*
 * Commands get their own name as argv[0] and return the exit code.
 */
int cmd_record(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_block(int argc, char **argv);
int cmd_ptrace(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_check(int argc, char **argv);

/** complain() - one line on stderr, with the name of the tool before it */
__attribute__((format(printf, 1, 2)))
void complain(const char *format, ...);

/** usage_error() - complain, point to the help, return UTRACE_EXIT_USAGE */
__attribute__((format(printf, 2, 3)))
int usage_error(const char *command, const char *format, ...);

/**
 * bad_option() - the usage error for what getopt_long() did not like
 * @c: What it returned: ':' or '?'.
 * @argv: What it was working on.
 */
int bad_option(const char *command, int c, char **argv);

/** finish_stdout() - what was printed has arrived, or it is an error */
int finish_stdout(int code);

#endif
