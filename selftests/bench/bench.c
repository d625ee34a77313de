// SPDX-License-Identifier: GPL-2.0
/*
 * What a few system calls cost, for comparing tracers.
 *
 *	bench [-g FIFO] [-r REPETITIONS] [-d DIRECTORY] OP:N...
 *
 *	OP	getppid, open (openat and close), write64 (to /dev/null), write4096,
 *		fork (fork, exec of a static program, exit, wait), nothing
 *	-g	print the process ID, then wait for a byte from FIFO: time to
 *		attach a tracer
 *	-d	where "file" and "true-static" are
 *
 * A line per repetition, after one to warm up, which -r 0 has and prints alone:
 *
 *	OP N NANOSECONDS-PER-OPERATION OF-WHICH-ITS-OWN
 *
 * The first is by the clock, the second what this thread had the CPU for. Under
 * QEMU's -icount shift=0 a nanosecond is an instruction of the machine.
 * The calls are made by syscall(2), so that no library caches anything.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char file[256], program[256];
static char buf[64];
static int null;

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void op_getppid(long n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void op_open(long n)
{
	while (n--) {
		int fd = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY);

		if (fd < 0)
			fail(file);
		syscall(SYS_close, fd);
	}
}

static void op_write64(long n)
{
	while (n--)
		if (syscall(SYS_write, null, buf, sizeof(buf)) != sizeof(buf))
			fail("write");
}

static void op_write4096(long n)
{
	static char page[4096];

	while (n--)
		if (syscall(SYS_write, null, page, sizeof(page)) != sizeof(page))
			fail("write");
}

static void op_fork(long n)
{
	while (n--) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			execl(program, "true", (char *)NULL);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			fail(program);
	}
}

/* For a tracer to have somebody to trace. */
static void op_nothing(long n)
{
	(void)n;
}

static const struct {
	const char *name;
	void (*fn)(long n);
} ops[] = {
	{ "getppid", op_getppid }, { "open", op_open },
	{ "write64", op_write64 }, { "write4096", op_write4096 }, { "fork", op_fork },
	{ "nothing", op_nothing },
};

static void measure(const char *arg, int repetitions)
{
	void (*fn)(long n) = NULL;
	char name[32];
	unsigned int i;
	int r;
	long n;

	if (sscanf(arg, "%31[^:]:%ld", name, &n) != 2)
		exit(2);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(ops[i].name, name))
			fn = ops[i].fn;
	if (!fn)
		exit(2);
	for (r = 0; r <= repetitions; r++) {
		long long own = now(CLOCK_THREAD_CPUTIME_ID), begin = now(CLOCK_MONOTONIC), end;

		fn(n);
		end = now(CLOCK_MONOTONIC);
		own = now(CLOCK_THREAD_CPUTIME_ID) - own;
		if (r || repetitions == 0)
			printf("%s %ld %.1f %.1f\n", name, n, (double)(end - begin) / n,
			       (double)own / n);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *gate = NULL, *dir = ".";
	int repetitions = 3, c;

	while ((c = getopt(argc, argv, "g:r:d:")) != -1) {
		if (c == 'g')
			gate = optarg;
		else if (c == 'r')
			repetitions = atoi(optarg);
		else if (c == 'd')
			dir = optarg;
		else
			return 2;
	}
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(program, sizeof(program), "%s/true-static", dir);
	null = open("/dev/null", O_WRONLY);
	if (gate) {
		char byte;
		int fd;

		printf("pid %d\n", getpid());
		fflush(stdout);
		fd = open(gate, O_RDONLY);
		if (fd < 0 || read(fd, &byte, 1) < 0)
			fail(gate);
		close(fd);
	}
	for (; optind < argc; optind++)
		measure(argv[optind], repetitions);
	return 0;
}
