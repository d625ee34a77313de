// SPDX-License-Identifier: GPL-2.0
/*
 * burst N: N getppid calls in a row. With no argument, one per line of input,
 * for those who attach to it; "q" or the end of input ends it with status 0.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 0;
	char c;

	while (n-- > 0)
		syscall(SYS_getppid);
	while (argc < 2 && read(0, &c, 1) == 1 && c != 'q')
		syscall(SYS_getppid);
	return 0;
}
