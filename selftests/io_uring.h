/* SPDX-License-Identifier: GPL-2.0 */
/* A tracee with a worker of io_uring. After session.h. */
#ifndef _SELFTESTS_IO_URING_H
#define _SELFTESTS_IO_URING_H

#include <dirent.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <sys/mman.h>

/*
 * A read from an empty pipe that an io_uring worker makes, a thread of the
 * process that never returns to user mode.
 */
static inline void read_by_io_uring(void)
{
	struct io_uring_params params = { };
	int ring = syscall(SYS_io_uring_setup, 1, &params), fds[2];
	struct io_uring_sqe *sqe;
	char *sq;

	if (ring < 0 || pipe(fds)) {
		shared[1] = errno;
		return;
	}
	sq = mmap(NULL, params.sq_off.array + 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		  IORING_OFF_SQ_RING);
	sqe = mmap(NULL, sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	*sqe = (struct io_uring_sqe){ .opcode = IORING_OP_READ, .flags = IOSQE_ASYNC, .fd = fds[0],
				      .addr = (uintptr_t)&shared[8], .len = 1 };
	*(unsigned int *)(sq + params.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(sq + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1)
		shared[1] = errno;
	for (;;)
		pause();
}

/* Its thread ID once it is there, or 0. */
static inline pid_t io_uring_worker(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	pid_t worker = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !worker && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.16s/comm", pid, entry->d_name);
		if (file_has(path, "iou-wrk-"))
			worker = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return worker;
}

#endif /* _SELFTESTS_IO_URING_H */
