// SPDX-License-Identifier: GPL-2.0
/*
 * empty [-f|-F] PID: keep an engine attached whose callbacks of system call entry
 * and exit do nothing: what being traced costs, without what a tracer does.
 * -f: behind a filter that wants no call, by its number; -F: by its arguments.
 */
#include "../test_utrace.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct sock_filter by_number[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9999, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static const struct sock_filter by_argument[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x12345678, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static int filter(int fd, const struct sock_filter *insns)
{
	struct test_utrace_filter filter = { .id = 1, .nr = 4, .insns = (uintptr_t)insns };
	struct test_utrace_engine events = { .id = 1, .arg = TEST_BITS_SYSCALL };

	if (ioctl(fd, TEST_UTRACE_IOC_SET_FILTER, &filter))
		return -1;
	return ioctl(fd, TEST_UTRACE_IOC_SET_EVENTS, &events);
}

int main(int argc, char **argv)
{
	struct test_utrace_attach req = {
		.id = 1, .events = TEST_BITS_SYSCALL, .flags = TEST_UTRACE_EMPTY,
	};
	int fd = open(TEST_UTRACE_DEVICE, O_RDWR);
	const struct sock_filter *insns = NULL;

	if (argc == 3)
		insns = argv[1][1] == 'f' ? by_number : by_argument;
	else if (argc != 2)
		return 2;
	req.pid = atoi(argv[argc - 1]);
	if (insns)
		req.events = 0;
	if (fd < 0 || ioctl(fd, TEST_UTRACE_IOC_ATTACH, &req) < 0 || (insns && filter(fd, insns))) {
		perror(TEST_UTRACE_DEVICE);
		return 1;
	}
	for (;;)
		pause();
}
