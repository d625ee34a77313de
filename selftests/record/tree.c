// SPDX-License-Identifier: GPL-2.0
/*
 * A process with a child of fork, one of vfork, a grandchild and a thread, each
 * of which says who it is by its very first system call: getsid(1001), 1002,
 * 1003, 1004. With "wait" as argument they do so when a line comes, so that
 * someone can attach before: the threads are there already.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first instruction of the child is its first call: no libc in between. */
static pid_t child_says(long nr, long who)
{
	long ret;

	__asm__ volatile("mov %[nr], %%rax\n\t"
			 "syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[who], %%rdi\n\t"
			 "mov %[getsid], %%eax\n\t"
			 "syscall\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "=&a" (ret)
			 : [nr] "r" (nr), [who] "r" (who),
			   [getsid] "i" (SYS_getsid), [exit] "i" (SYS_exit_group)
			 : "rdi", "rcx", "r11", "memory");
	return ret;
}

static int gate[2];

static void *thread(void *arg)
{
	char c;

	if (arg && read(gate[0], &c, 1) != 1)
		return NULL;
	syscall(SYS_getsid, 1004);
	return NULL;
}

int main(int argc, char **argv)
{
	int waits = argc > 1 && !strcmp(argv[1], "wait");
	pthread_t t;
	pid_t pid;
	char c;

	if (pipe(gate))
		return 1;
	pthread_create(&t, NULL, thread, waits ? gate : NULL);
	if (waits && (read(0, &c, 1) != 1 || write(gate[1], &c, 1) != 1))
		return 1;
	pthread_join(t, NULL);
	waitpid(child_says(SYS_fork, 1001), NULL, 0);
	waitpid(child_says(SYS_vfork, 1002), NULL, 0);
	pid = fork();
	if (pid == 0) {
		waitpid(child_says(SYS_fork, 1003), NULL, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return 0;
}
