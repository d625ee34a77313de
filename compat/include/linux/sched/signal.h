/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _COMPAT_LINUX_SCHED_SIGNAL_H
#define _COMPAT_LINUX_SCHED_SIGNAL_H
#include_next <linux/sched/signal.h>

/*
 * For who stands in for dequeue_signal(): its first argument was the task,
 * which always is current. Delete when 6.1 goes (6.12).
 */
#ifdef UTRACE_HAVE_DEQUEUE_SIGNAL_TASK
#define DEQUEUE_SIGNAL_PARAMETERS \
	struct task_struct *task, sigset_t *mask, kernel_siginfo_t *info, enum pid_type *type
#define DEQUEUE_SIGNAL_ARGUMENTS(mask, info, type)	current, mask, info, type
#define DEQUEUE_SIGNAL_PROTOTYPE	"int(task_struct*, sigset_t*, kernel_siginfo*, pid_type*)"
#else
#define DEQUEUE_SIGNAL_PARAMETERS \
	sigset_t *mask, kernel_siginfo_t *info, enum pid_type *type
#define DEQUEUE_SIGNAL_ARGUMENTS(mask, info, type)	mask, info, type
#define DEQUEUE_SIGNAL_PROTOTYPE	"int(sigset_t*, kernel_siginfo*, pid_type*)"
#endif

#endif
