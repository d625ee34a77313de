// SPDX-License-Identifier: GPL-2.0
/*
 * Purpose: a supervisor, in user space: one call of a program fails.
 *
 *	fail-open COMMAND [ARGUMENT]...
 *
 * Steps:
 *
 * 1. Open /dev/utrace/block and say what is to be asked about (SETUP: the entry
 *    of calls), and about which calls (FILTER: openat only).
 * 2. Start the command, held by a SIGSTOP, and ATTACH it with all that it will
 *    create.
 * 3. Receive an event, answer it, and so on: the third openat(2) does not
 *    happen but returns EIO, all others run. EXCHANGE sends the answer and waits
 *    for the next event.
 *
 * You will see: "fail-open cat FILE" with LC_ALL=C complains of an
 * input/output error: the first two are those of the dynamic linker.
 *
 * Clean up: nothing. When this ends, however it ends, all that is held goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/utrace_block.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

#define NR_INSNS	4

static int open_session(void)
{
	struct utrace_block_setup setup = {
		.size = sizeof(setup),
		.version = UTRACE_BLOCK_VERSION,
		.events = UTRACE_BLOCK_EVENT(UTRACE_BLOCK_ENTRY),
	};
	struct sock_filter insns[NR_INSNS] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
	};
	struct utrace_block_filter filter = { .insns = (uintptr_t)insns, .nr = NR_INSNS };
	/* Not for the command: a session is closed when nobody has it any more. */
	int fd = open(UTRACE_BLOCK_DEVICE, O_RDWR | O_CLOEXEC);

	must(fd >= 0, UTRACE_BLOCK_DEVICE);
	must(!ioctl(fd, UTRACE_BLOCK_IOC_SETUP, &setup), "setup");
	must(!ioctl(fd, UTRACE_BLOCK_IOC_FILTER, &filter), "filter");
	return fd;
}

static pid_t start(char **command)
{
	pid_t pid = fork();
	int status;

	must(pid >= 0, "fork");
	if (pid == 0) {
		raise(SIGSTOP);
		execvp(command[0], command);
		must(0, command[0]);
	}
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "start");
	return pid;
}

static void supervise(int fd)
{
	struct utrace_block_event event;
	struct utrace_block_verdict verdict;
	struct utrace_block_exchange both = {
		.send = { .verdicts = (uintptr_t)&verdict },
		.recv = { .events = (uintptr_t)&event, .nr = 1, .stride = sizeof(event) },
	};
	int calls = 0;

	for (;;) {
		/* ENOENT: whom we have answered was killed meanwhile. */
		if (ioctl(fd, UTRACE_BLOCK_IOC_EXCHANGE, &both)) {
			must(errno == ENOENT || errno == EINTR, "exchange");
			both.send.nr = 0;
			continue;
		}
		if (!both.recv.nr)
			return;
		verdict = (struct utrace_block_verdict){ .cookie = event.cookie };
		if (++calls == 3) {
			verdict.action = UTRACE_BLOCK_RESULT;
			verdict.result = -EIO;
		}
		both.send.nr = 1;
	}
}

int main(int argc, char **argv)
{
	struct utrace_block_task task = { .flags = UTRACE_BLOCK_FOLLOW };
	int fd, status;

	if (argc < 2) {
		fprintf(stderr, "Usage: %s COMMAND [ARGUMENT]...\n", argv[0]);
		return 2;
	}
	fd = open_session();
	task.pid = start(argv + 1);
	must(!ioctl(fd, UTRACE_BLOCK_IOC_ATTACH, &task), "attach");
	kill(task.pid, SIGCONT);
	supervise(fd);
	must(waitpid(task.pid, &status, 0) == task.pid, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
