// SPDX-License-Identifier: GPL-2.0
/* A chain of functions with frame pointers, and a call of libc, which has none. */
#include <signal.h>
#include <unistd.h>

#define noinline	__attribute__((noinline, noclone))
#define no_tail()	__asm__ volatile("" ::: "memory")

static noinline void inner(void)
{
	getppid();
	no_tail();
}

static noinline void middle(void)
{
	inner();
	no_tail();
}

noinline void outer(void)
{
	middle();
	no_tail();
}

static noinline void recurse(int n)
{
	if (n)
		recurse(n - 1);
	else
		getpgrp();
	no_tail();
}

static noinline void die(void)
{
	*(volatile int *)(long)getuid() = 0;
	no_tail();
}

int main(void)
{
	outer();
	recurse(300);
	/* Root has number 0. */
	die();
	return 0;
}
