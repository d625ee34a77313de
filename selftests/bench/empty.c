// SPDX-License-Identifier: GPL-2.0
/*
 * empty PID: keep an engine attached whose callbacks of system call entry and
 * exit do nothing: what being traced costs, without what a tracer does.
 */
#include "../test_utrace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct test_utrace_attach req = {
		.id = 1, .events = TEST_BITS_SYSCALL, .flags = TEST_UTRACE_EMPTY,
	};
	int fd = open(TEST_UTRACE_DEVICE, O_RDWR);

	if (argc != 2)
		return 2;
	req.pid = atoi(argv[1]);
	if (fd < 0 || ioctl(fd, TEST_UTRACE_IOC_ATTACH, &req) < 0) {
		perror(TEST_UTRACE_DEVICE);
		return 1;
	}
	for (;;)
		pause();
}
