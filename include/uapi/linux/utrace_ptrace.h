/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ptrace(2) by utrace, for programs that know nothing of it.
 *
 * A process enters once. From then on its ptrace(2), wait4(2) and waitid(2), and
 * those of all that it creates, are answered by utrace where they concern what
 * it traces: unmodified tracers share their tracees with each other, with other
 * engines of utrace and with the kernel's own ptrace, which they do not use.
 */
#ifndef _UAPI_LINUX_UTRACE_PTRACE_H
#define _UAPI_LINUX_UTRACE_PTRACE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define UTRACE_PTRACE_DEVICE		"/dev/utrace/ptrace"

/**
 * struct utrace_ptrace_enter - how to enter
 * @size: sizeof(struct utrace_ptrace_enter).
 * @flags: 0.
 */
struct utrace_ptrace_enter {
	__u32 size;
	__u32 flags;
};

#define UTRACE_PTRACE_IOC_MAGIC		0xE9

/**
 * UTRACE_PTRACE_IOC_ENTER - the calling process enters, for as long as it lives
 *
 * It grants nothing: who may trace whom is as with ptrace(2). A program that
 * gains privileges by exec leaves, if the process had not CAP_SYS_PTRACE when it
 * entered. Who has entered enters again without effect.
 *
 * Return: 0, or -EINVAL: @size or @flags; -EBUSY: the process has other threads;
 * -EFAULT; -EINTR; -ENOMEM; -EDQUOT: the user has as many engines as he may.
 */
#define UTRACE_PTRACE_IOC_ENTER		_IOW(UTRACE_PTRACE_IOC_MAGIC, 0, struct utrace_ptrace_enter)

#endif /* _UAPI_LINUX_UTRACE_PTRACE_H */
