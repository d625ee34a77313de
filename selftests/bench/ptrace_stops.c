// SPDX-License-Identifier: GPL-2.0
/*
 * ptrace_stops [-s] PID: stop a process at each system call, by ptrace, and let it
 * go on: the least that any tracer of this kind costs. -s: with the paths of
 * openat() and the data of write(), a line for each on standard output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

static void show(pid_t pid)
{
	struct __ptrace_syscall_info info;
	struct iovec here, there;
	char buf[64] = "";

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY ||
	    (info.entry.nr != SYS_openat && info.entry.nr != SYS_write))
		return;
	here = (struct iovec){ buf, sizeof(buf) - 1 };
	there = (struct iovec){ (void *)info.entry.args[1], sizeof(buf) - 1 };
	if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0)
		snprintf(buf, sizeof(buf), "%s", strerror(errno));
	printf("%s %s\n", info.entry.nr == SYS_openat ? "openat" : "write", buf);
}

int main(int argc, char **argv)
{
	int strings = argc == 3 && !strcmp(argv[1], "-s"), status;
	pid_t pid;

	if (argc != 2 && !strings)
		return 2;
	pid = atoi(argv[argc - 1]);
	if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) || ptrace(PTRACE_INTERRUPT, pid, 0, 0)) {
		perror("ptrace");
		return 1;
	}
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int sig;

		if (!WIFSTOPPED(status))
			continue;
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80)) {
			if (strings)
				show(pid);
			sig = 0;
		} else if (status >> 16) {
			/* An event, or a group stop. */
			sig = 0;
		}
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	return 0;
}
