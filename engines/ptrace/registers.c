// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that look into a stopped tracee. What is the same for every tracer,
 * the kernel's code does: registers, their sets, debug registers (hw_breakpoint),
 * the thread area, the signal mask and queues.
 */
#include <linux/compat.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include "ptrace.h"

/* What has no business in a program that its tracer may not look into. */
static bool may_look(struct task_struct *task)
{
	return ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS);
}

static long peek(struct task_struct *task, unsigned long addr, unsigned long data)
{
	unsigned long word = 0;
	unsigned int size = in_compat_syscall() ? sizeof(u32) : sizeof(word);

	if (!may_look(task) || utrace_read_memory(task, addr, &word, size))
		return -EIO;
	if (in_compat_syscall())
		return put_user((u32)word, (u32 __user *)data);
	return put_user(word, (unsigned long __user *)data);
}

static long poke(struct pt_link *link, unsigned long addr, unsigned long data)
{
	struct task_struct *task = link->tracee->task;
	unsigned int size = in_compat_syscall() ? sizeof(u32) : sizeof(data);

	if (!may_look(task))
		return -EIO;
	pt_breakpoints_note(link->tracer, task, task->mm, addr, (u8 *)&data, size);
	if (utrace_write_memory(task, addr, &data, size))
		return -EIO;
	return 0;
}

static long get_siginfo(const struct pt_link *link, unsigned long data)
{
	if (!link->has_info)
		return -EINVAL;
	if (in_compat_syscall())
		return __copy_siginfo_to_user32((void __user *)data, &link->info);
	return copy_siginfo_to_user((void __user *)data, &link->info);
}

static long set_siginfo(struct pt_link *link, unsigned long data)
{
	kernel_siginfo_t info;
	int err;

	if (in_compat_syscall())
		err = copy_siginfo_from_user32(&info, (void __user *)data);
	else
		err = copy_siginfo_from_user(&info, (void __user *)data);
	if (err)
		return err;
	if (!link->has_info)
		return -EINVAL;
	copy_siginfo(&link->info, &info);
	link->info_changed = true;
	return 0;
}

static long get_message(const struct pt_link *link, unsigned long data)
{
	if (in_compat_syscall())
		return put_user((u32)link->message, (u32 __user *)data);
	return put_user(link->message, (unsigned long __user *)data);
}

static unsigned long fill_entry(struct task_struct *task, struct pt_regs *regs,
				struct ptrace_syscall_info *info)
{
	unsigned long args[6];
	int i;

	info->entry.nr = syscall_get_nr(task, regs);
	syscall_get_arguments(task, regs, args);
	for (i = 0; i < ARRAY_SIZE(args); i++)
		info->entry.args[i] = args[i];
	return offsetofend(struct ptrace_syscall_info, entry.args);
}

static unsigned long fill_exit(struct task_struct *task, struct pt_regs *regs,
			       struct ptrace_syscall_info *info)
{
	info->exit.rval = syscall_get_error(task, regs);
	info->exit.is_error = !!info->exit.rval;
	if (!info->exit.is_error)
		info->exit.rval = syscall_get_return_value(task, regs);
	return offsetofend(struct ptrace_syscall_info, exit.is_error);
}

/* As the kernel has it: other stops could be of a SIGTRAP. */
static u8 op_of(const struct pt_link *link)
{
	switch (link->code) {
	case SIGTRAP | 0x80:
	case PT_EVENT_CODE(PTRACE_EVENT_SECCOMP, SIGTRAP):
		return link->op;
	default:
		return PTRACE_SYSCALL_INFO_NONE;
	}
}

static long get_syscall_info(struct pt_link *link, unsigned long size, void __user *to)
{
	struct task_struct *task = link->tracee->task;
	struct pt_regs *regs = task_pt_regs(task);
	struct ptrace_syscall_info info = {
		.op = op_of(link),
		.arch = syscall_get_arch(task),
		.instruction_pointer = instruction_pointer(regs),
		.stack_pointer = user_stack_pointer(regs),
	};
	unsigned long filled = offsetof(struct ptrace_syscall_info, entry);

	switch (info.op) {
	case PTRACE_SYSCALL_INFO_ENTRY:
		filled = fill_entry(task, regs, &info);
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		filled = fill_exit(task, regs, &info);
		break;
	case PTRACE_SYSCALL_INFO_SECCOMP:
		/* Its number and arguments lie where those of an entry do. */
		fill_entry(task, regs, &info);
		info.seccomp.ret_data = link->message;
		filled = offsetofend(struct ptrace_syscall_info, seccomp.ret_data);
		break;
	}
	return copy_to_user(to, &info, min(size, filled)) ? -EFAULT : filled;
}

static long set_entry(struct task_struct *task, struct pt_regs *regs,
		      const struct ptrace_syscall_info *info)
{
	unsigned long args[ARRAY_SIZE(info->entry.args)];
	int i, nr = info->entry.nr;

	if (nr != info->entry.nr)
		return -ERANGE;
	for (i = 0; i < ARRAY_SIZE(args); i++) {
		args[i] = info->entry.args[i];
		if (args[i] != info->entry.args[i])
			return -ERANGE;
	}
	syscall_set_nr(task, regs, nr);
	/* Of a call that is skipped they mean nothing. */
	if (nr != -1)
		syscall_set_arguments(task, regs, args);
	return 0;
}

static long set_exit(struct task_struct *task, struct pt_regs *regs,
		     const struct ptrace_syscall_info *info)
{
	long rval = info->exit.rval;

	if (rval != info->exit.rval)
		return -ERANGE;
	if (info->exit.is_error)
		syscall_set_return_value(task, regs, rval, 0);
	else
		syscall_set_return_value(task, regs, 0, rval);
	return 0;
}

static long set_syscall_info(struct pt_link *link, unsigned long size, const void __user *from)
{
	struct task_struct *task = link->tracee->task;
	struct pt_regs *regs = task_pt_regs(task);
	struct ptrace_syscall_info info;

	if (size < sizeof(info))
		return -EINVAL;
	if (copy_from_user(&info, from, sizeof(info)))
		return -EFAULT;
	/* Between the two are flags, of which there are none. */
	if (memchr_inv(&info.op + 1, 0, offsetof(struct ptrace_syscall_info, arch) - 1))
		return -EINVAL;
	if (info.op != op_of(link))
		return -EINVAL;
	switch (info.op) {
	case PTRACE_SYSCALL_INFO_ENTRY:
	case PTRACE_SYSCALL_INFO_SECCOMP:
		return set_entry(task, regs, &info);
	case PTRACE_SYSCALL_INFO_EXIT:
		return set_exit(task, regs, &info);
	default:
		return -EINVAL;
	}
}

/* By the kernel, which does not ask there who traces the thread. */
static long let_kernel(struct task_struct *task, long request, unsigned long addr,
		       unsigned long data)
{
	if (in_compat_syscall())
		return compat_arch_ptrace(task, request, addr, data);
	return arch_ptrace(task, request, addr, data);
}

static long examine(struct pt_link *link, long request, unsigned long addr, unsigned long data)
{
	struct task_struct *task = link->tracee->task;

	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(task, addr, data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke(link, addr, data);
	case PTRACE_GETSIGINFO:
		return get_siginfo(link, data);
	case PTRACE_SETSIGINFO:
		return set_siginfo(link, data);
	case PTRACE_GETEVENTMSG:
		return get_message(link, data);
	case PTRACE_GET_SYSCALL_INFO:
		return get_syscall_info(link, addr, (void __user *)data);
	case PTRACE_SET_SYSCALL_INFO:
		return set_syscall_info(link, addr, (const void __user *)data);
	case PTRACE_PEEKUSR:
	case PTRACE_POKEUSR:
	case PTRACE_GETREGS:
	case PTRACE_SETREGS:
	case PTRACE_GETFPREGS:
	case PTRACE_SETFPREGS:
	case PTRACE_GETFPXREGS:
	case PTRACE_SETFPXREGS:
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
	case PTRACE_GET_THREAD_AREA:
	case PTRACE_SET_THREAD_AREA:
	case PTRACE_ARCH_PRCTL:
	case PTRACE_PEEKSIGINFO:
	case PTRACE_GETSIGMASK:
	case PTRACE_SETSIGMASK:
	case PTRACE_SECCOMP_GET_FILTER:
	case PTRACE_SECCOMP_GET_METADATA:
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return let_kernel(task, request, addr, data);
	default:
		return -EIO;
	}
}

/**
 * pt_examine() - a request that does not resume the tracee
 * @link: The link; stopped, and it stays so meanwhile.
 * @request: As of ptrace(2).
 * @addr: As of ptrace(2).
 * @data: As of ptrace(2).
 */
long pt_examine(struct pt_link *link, long request, unsigned long addr, unsigned long data)
{
	struct task_struct *task = link->tracee->task;
	long ret;

	/* Its registers are there. */
	if (!try_get_task_stack(task))
		return -ESRCH;
	ret = examine(link, request, addr, data);
	put_task_stack(task);
	return ret;
}
