// SPDX-License-Identifier: GPL-2.0
/*
 * answer PID: hold each getppid() of a task, and let it run: what a supervisor
 * costs, without what it decides.
 *
 * answer -t THREADS: hold so many threads of a process at once, let all go, and
 * print how long that took.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/utrace_block.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH	UTRACE_BLOCK_MAX_BATCH

static struct utrace_block_event events[BATCH];
static struct utrace_block_verdict verdicts[BATCH];

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int session(void)
{
	struct utrace_block_setup setup = {
		.size = sizeof(setup), .version = UTRACE_BLOCK_VERSION,
		.events = UTRACE_BLOCK_EVENT(UTRACE_BLOCK_ENTRY),
	};
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct utrace_block_filter filter = { .insns = (uintptr_t)insns, .nr = 4 };
	int fd = open(UTRACE_BLOCK_DEVICE, O_RDWR | O_CLOEXEC);

	must(fd >= 0 && !ioctl(fd, UTRACE_BLOCK_IOC_SETUP, &setup) &&
	     !ioctl(fd, UTRACE_BLOCK_IOC_FILTER, &filter), UTRACE_BLOCK_DEVICE);
	return fd;
}

static void attach(int fd, pid_t pid, unsigned int flags)
{
	struct utrace_block_task task = { .pid = pid, .flags = flags };

	must(!ioctl(fd, UTRACE_BLOCK_IOC_ATTACH, &task), "attach");
}

static int answer(pid_t pid)
{
	struct utrace_block_exchange both = {
		.send = { .verdicts = (uintptr_t)verdicts },
		.recv = { .events = (uintptr_t)events, .nr = 1, .stride = sizeof(events[0]) },
	};
	int fd = session();

	attach(fd, pid, 0);
	do {
		must(!ioctl(fd, UTRACE_BLOCK_IOC_EXCHANGE, &both) || errno == ENOENT, "exchange");
		verdicts[0].cookie = events[0].cookie;
		both.send.nr = 1;
	} while (both.recv.nr);
	return 0;
}

static void *ask(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

static void run_threads(int nr)
{
	pthread_t *threads = calloc(nr, sizeof(*threads));
	pthread_attr_t attr;
	int i;

	raise(SIGSTOP);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	for (i = 0; i < nr; i++)
		must(!(errno = pthread_create(&threads[i], &attr, ask, NULL)), "pthread_create");
	for (i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	exit(0);
}

static unsigned int blocked(int fd)
{
	struct utrace_block_status status = { };

	must(!ioctl(fd, UTRACE_BLOCK_IOC_STATUS, &status), "status");
	return status.blocked;
}

static int hold_threads(int nr)
{
	struct utrace_block_recv recv = {
		.events = (uintptr_t)events, .nr = BATCH, .stride = sizeof(events[0]),
	};
	struct utrace_block_send send = { .verdicts = (uintptr_t)verdicts };
	double begin, all, end;
	int fd, status, done = 0;
	uint32_t i;
	pid_t pid = fork();

	if (pid == 0)
		run_threads(nr);
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "start");
	fd = session();
	attach(fd, pid, UTRACE_BLOCK_FOLLOW);
	begin = now();
	kill(pid, SIGCONT);
	while (blocked(fd) < (unsigned int)nr) {
		must(!waitpid(pid, &status, WNOHANG), "threads");
		usleep(10000);
	}
	all = now();
	while (done < nr) {
		recv.nr = BATCH;
		must(!ioctl(fd, UTRACE_BLOCK_IOC_RECV, &recv), "receive");
		for (i = 0; i < recv.nr; i++)
			verdicts[i].cookie = events[i].cookie;
		send.nr = recv.nr;
		must(!ioctl(fd, UTRACE_BLOCK_IOC_SEND, &send), "send");
		done += recv.nr;
	}
	end = now();
	must(waitpid(pid, &status, 0) == pid && status == 0, "threads");
	printf("%d threads held at once: %.3f s until all were, %.3f s to let them go\n", nr,
	       all - begin, end - all);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "-t"))
		return hold_threads(atoi(argv[2]));
	return argc == 2 ? answer(atoi(argv[1])) : 2;
}
