// SPDX-License-Identifier: GPL-2.0
/*
 * notify [-s] COMMAND [ARGUMENT]...: let seccomp notify us of each getppid, openat,
 * close, write and execve of COMMAND, and let it go on. -s: with the paths of
 * openat() and the data of write(), a line for each on standard error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LISTENER	100

#define NOTIFY(nr)						\
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),		\
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	NOTIFY(SYS_getppid), NOTIFY(SYS_openat), NOTIFY(SYS_close), NOTIFY(SYS_write),
	NOTIFY(SYS_execve),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void run(char **argv)
{
	struct sock_fprog prog = { sizeof(filter) / sizeof(*filter), filter };
	int fd;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	if (fd < 0 || dup3(fd, LISTENER, O_CLOEXEC) < 0)
		_exit(127);
	/* Now it can be taken from us. */
	raise(SIGSTOP);
	execvp(argv[0], argv);
	_exit(127);
}

static void show(const struct seccomp_notif *n)
{
	char buf[64] = "";
	struct iovec here = { buf, sizeof(buf) - 1 };
	struct iovec there = { (void *)n->data.args[1], sizeof(buf) - 1 };

	if (n->data.nr != SYS_openat && n->data.nr != SYS_write)
		return;
	if (process_vm_readv(n->pid, &here, 1, &there, 1, 0) < 0)
		snprintf(buf, sizeof(buf), "%s", strerror(errno));
	fprintf(stderr, "%s %s\n", n->data.nr == SYS_openat ? "openat" : "write", buf);
}

/* Before Linux 6.11 SECCOMP_IOCTL_NOTIF_RECV does not return when nobody is left. */
static void on_child(int sig)
{
	(void)sig;
	_exit(0);
}

int main(int argc, char **argv)
{
	struct sigaction ended = { .sa_handler = on_child, .sa_flags = SA_NOCLDSTOP };
	int strings = argc > 1 && !strcmp(argv[1], "-s"), fd;
	pid_t pid;

	if (argc < 2 + strings)
		return 2;
	pid = fork();
	if (pid == 0)
		run(argv + 1 + strings);
	waitpid(pid, NULL, WUNTRACED);
	fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), LISTENER, 0);
	if (fd < 0) {
		perror("seccomp");
		return 1;
	}
	sigaction(SIGCHLD, &ended, NULL);
	kill(pid, SIGCONT);
	for (;;) {
		struct seccomp_notif n = { 0 };
		struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n))
			continue;
		if (strings)
			show(&n);
		answer.id = n.id;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}
