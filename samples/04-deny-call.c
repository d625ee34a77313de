// SPDX-License-Identifier: GPL-2.0
/*
 * Lesson 4: decide about a system call before it is made.
 *
 * Purpose
 *	Fail one system call of a process and its children with an errno of
 *	your choice, as if the kernel had refused it: what does the program do
 *	when its disk is full?
 *
 * Steps
 *	1. Look at the call in report_syscall_entry(): utrace_syscall_nr() is
 *	   what it is now. An engine that was called before may have changed it.
 *	2. Abort it: utrace_syscall_abort() with the result. The kernel never
 *	   sees the call, whatever other engines say; its exit is reported.
 *	3. Hold for children too: utrace_set_scope(), or the program evades by
 *	   a fork. Without ops->inherit() they share engine->data.
 *
 * What you will see
 *	# sh -c 'while read x; do mkdir /tmp/new; done' &
 *	# insmod utrace_sample_deny_call.ko pid=$! nr=83 errno=28
 *	# fg				(and Enter)
 *	mkdir: cannot create directory '/tmp/new': No space left on device
 *	# dmesg | tail -n 1
 *	utrace_sample_deny_call: mkdir (1235) is denied call 83
 *
 *	83 is mkdir, in unistd_64.h; 28 is ENOSPC, in errno-base.h.
 *
 * Clean up
 *	# echo 1 >/sys/module/utrace_sample_deny_call/parameters/leave
 *	# rmmod utrace_sample_deny_call
 *	Each engine detaches itself at the next call of its thread. "Module is
 *	in use": one of them has made none yet.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compat.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/utrace.h>

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the thread to begin with");

static int nr = -1;
module_param(nr, int, 0444);
MODULE_PARM_DESC(nr, "number of the call that fails");

static int error = EPERM;
module_param_named(errno, error, int, 0444);
MODULE_PARM_DESC(errno, "what it fails with (default 1, EPERM)");

static bool leave;
module_param(leave, bool, 0644);
MODULE_PARM_DESC(leave, "detach from each thread at its next call");

static enum utrace_resume_action deny_entry(enum utrace_resume_action action,
					    struct utrace_engine *engine,
					    struct utrace_syscall *call)
{
	if (READ_ONCE(leave))
		return UTRACE_DETACH;
	/* The calls of a 32-bit program have other numbers. */
	if (in_compat_syscall() || utrace_syscall_nr(call) != nr)
		return UTRACE_RESUME;

	pr_info_ratelimited("%s (%d) is denied call %d\n", current->comm,
			    task_pid_nr(current), nr);
	utrace_syscall_abort(call, -error);
	return UTRACE_RESUME;
}

static const struct utrace_engine_ops deny_ops = {
	.owner			= THIS_MODULE,
	.name			= "deny_call",
	.report_syscall_entry	= deny_entry,
};

static int deny_task(struct task_struct *task)
{
	struct utrace_engine *engine __free(utrace_engine_put) =
		utrace_attach_task(task, UTRACE_ATTACH_CREATE, &deny_ops, NULL);
	int err;

	if (IS_ERR(engine))
		return PTR_ERR(engine);
	/* First the scope: a child of a thread that runs has it, or never will. */
	err = utrace_set_scope(task, engine, UTRACE_SCOPE_TREE, UTRACE_DEPTH_MAX);
	if (!err)
		err = utrace_set_events(task, engine, UTRACE_EVENT(SYSCALL_ENTRY));
	return err;
}

static int __init deny_init(void)
{
	struct task_struct *task;
	struct pid *target;
	int err = -ESRCH;

	if (nr < 0 || error <= 0 || error > MAX_ERRNO)
		return -EINVAL;
	target = find_get_pid(pid);
	task = get_pid_task(target, PIDTYPE_PID);
	if (task) {
		err = deny_task(task);
		put_task_struct(task);
	}
	put_pid(target);
	return err;
}
module_init(deny_init);

static void __exit deny_exit(void)
{
}
module_exit(deny_exit);

MODULE_DESCRIPTION("utrace, lesson 4: deny a call");
MODULE_LICENSE("GPL");
