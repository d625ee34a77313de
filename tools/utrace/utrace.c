// SPDX-License-Identifier: GPL-2.0
/*
 * utrace(1): trace system calls with the utrace modules.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "utrace.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about;
} commands[] = {
	{ "record", cmd_record,	"write the system calls of tasks to a file" },
	{ "report", cmd_report,	"print such a file as text" },
	{ "trace", cmd_trace,	"print the system calls of tasks as they happen" },
	{ "stat", cmd_stat,	"count system calls, their time and errors" },
	{ "block", cmd_block,	"hold system calls: deny, answer or delay them" },
	{ "ptrace", cmd_ptrace,	"run strace, gdb… so that they share what they trace" },
	{ "convert", cmd_convert,	"write such a file as JSON, CTF or for Perfetto" },
	{ "list", cmd_list,	"what is traced now, and by which engine" },
	{ "check", cmd_check,	"can this machine trace, and if not, why" },
};

static int help(void)
{
	printf("Usage: utrace COMMAND [OPTION]... [ARGUMENT]...\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].about);
	printf("\n'utrace COMMAND --help' tells more. 'utrace check' is a good start.\n");
	return finish_stdout(0);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name)
		return usage_error(NULL, "which command?");
	if (!strcmp(name, "-h") || !strcmp(name, "--help") || !strcmp(name, "help"))
		return help();
	if (!strcmp(name, "-V") || !strcmp(name, "--version")) {
		printf("utrace %s\n", UTRACE_TOOL_VERSION);
		return finish_stdout(0);
	}
	if (name[0] == '-')
		return usage_error(NULL, "unknown option %s", name);

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(name, commands[i].name)) {
			opterr = 0;
			return commands[i].run(argc - 1, argv + 1);
		}
	}
	return usage_error(NULL, "unknown command '%s'", name);
}
