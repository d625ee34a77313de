// SPDX-License-Identifier: GPL-2.0
/*
 * Run a tracer so that its ptrace(2) is utrace's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/utrace_ptrace.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "utrace.h"

static const char help[] =
	"Usage: utrace ptrace [--] TRACER [ARGUMENT]...\n"
	"\n"
	"Runs a tracer, strace or gdb say, that shares what it traces: with other tracers\n"
	"run like this, with utrace's own commands, and with one that is not.\n"
	"\n"
	"  utrace ptrace -- strace -f -p 1234\n"
	"  utrace ptrace -- gdb -p 1234\n";

static bool enter(void)
{
	struct utrace_ptrace_enter enter = { .size = sizeof(enter) };
	int fd = open(UTRACE_PTRACE_DEVICE, O_RDWR | O_CLOEXEC);
	bool ok = fd >= 0 && !ioctl(fd, UTRACE_PTRACE_IOC_ENTER, &enter);

	if (!ok)
		complain("%s: %s%s", UTRACE_PTRACE_DEVICE, strerror(errno),
			 fd < 0 && errno == ENOENT ? ": run 'modprobe utrace_ptrace'" : "");
	if (fd >= 0)
		close(fd);
	return ok;
}

int cmd_ptrace(int argc, char **argv)
{
	char **command = argv + 1;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(help, stdout);
		return finish_stdout(0);
	}
	if (*command && !strcmp(*command, "--"))
		command++;
	else if (*command && **command == '-')
		return usage_error("ptrace", "unknown option %s", *command);
	if (!*command)
		return usage_error("ptrace", "which tracer?");
	if (!enter())
		return UTRACE_EXIT_FAILED;
	execvp(*command, command);
	complain("%s: %s", *command, strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
