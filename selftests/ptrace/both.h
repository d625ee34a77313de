/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of utrace_ptrace share: each is made twice, by the kernel's own
 * ptrace(2) and by ours, and has to pass both times.
 */
#ifndef _PTRACE_BOTH_H
#define _PTRACE_BOTH_H

#include "../session.h"

#include <elf.h>
#include <linux/ptrace.h>
#include <linux/utrace_ptrace.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

static inline int open_device(void)
{
	return open(UTRACE_PTRACE_DEVICE, O_RDWR | O_CLOEXEC);
}

static inline int enter_by(int fd)
{
	struct utrace_ptrace_enter enter = { .size = sizeof(enter) };

	return ioctl(fd, UTRACE_PTRACE_IOC_ENTER, &enter) ? -errno : 0;
}

/** enter() - from here on the test's ptrace(2) is ours */
static inline int enter(void)
{
	int fd = open_device(), err = fd < 0 ? -errno : enter_by(fd);

	if (fd >= 0)
		close(fd);
	return err;
}

/** BOTH() - a test that is made natively and by utrace */
#define BOTH(name)								\
	static void __both_##name(struct __test_metadata *_metadata);		\
	TEST(name##_natively)							\
	{									\
		__both_##name(_metadata);					\
	}									\
	TEST(name)								\
	{									\
		ASSERT_EQ(0, enter());						\
		__both_##name(_metadata);					\
	}									\
	static void __both_##name(struct __test_metadata *_metadata __attribute__((unused)))

/* ptrace(2) without libc, which has ideas of its own about PEEK and errno. */
static inline long trace(long request, pid_t pid, unsigned long addr, unsigned long data)
{
	long ret = syscall(SYS_ptrace, request, pid, addr, data);

	return ret < 0 ? -errno : ret;
}

/** status_of() - the next thing to wait for; -1: none */
static inline int status_of(pid_t pid)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, __WALL) == pid)
			return status;
		if (errno != EINTR)
			return -1;
	}
}

#define STOPPED(sig)			((sig) << 8 | 0x7f)
#define STOPPED_EVENT(event, sig)	(((event) << 8 | (sig)) << 8 | 0x7f)
#define EXITED(code)			((code) << 8)

/** run_child() - a child that stops itself when it is traced, then runs @fn */
static inline pid_t run_child(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (trace(PTRACE_TRACEME, 0, 0, 0))
		_exit(99);
	raise(SIGSTOP);
	fn();
	_exit(0);
}

/** fork_once() - a child that ends with 3 */
static inline void fork_once(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(3);
	waitpid(pid, NULL, 0);
	shared[1] = pid;
}

/** idle_child() - a child that nobody traces, and that waits for a signal */
static inline pid_t idle_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (!wait_blocked_in(pid, SYS_pause))
		abort();
	return pid;
}

static inline int end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	return status_of(pid);
}

/** message_of() - of the event that it is stopped for */
static inline unsigned long message_of(pid_t pid)
{
	unsigned long message = 0;

	trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&message);
	return message;
}

/** stopped_in_fork() - a tracee that is stopped in its fork_once(), as is the child */
static inline pid_t stopped_in_fork(struct __test_metadata *_metadata, unsigned long options,
				    pid_t *child)
{
	pid_t pid = run_child(fork_once);

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | options));
	ASSERT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_FORK, SIGTRAP), status_of(pid));
	*child = message_of(pid);
	ASSERT_EQ(STOPPED(SIGSTOP), status_of(*child));
	return pid;
}

static inline struct user_regs_struct regs_of(pid_t pid)
{
	struct user_regs_struct regs = {};

	trace(PTRACE_GETREGS, pid, 0, (unsigned long)&regs);
	return regs;
}

#endif
