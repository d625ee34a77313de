// SPDX-License-Identifier: GPL-2.0
/*
 * Lesson 2: an engine per thread, with data of its own, children included.
 *
 * Purpose
 *	Count the system calls of a thread and of all that it creates, and
 *	tell each count when its thread ends.
 *
 * Steps
 *	1. Give every engine data of its own: the last argument of attach,
 *	   engine->data in callbacks.
 *	2. Attach to a child in report_clone(): it cannot run yet, so that its
 *	   very first call is counted.
 *	3. Free the data in release(): the last reference is gone then, whoever
 *	   had it.
 *	4. Leave from outside: set a flag that the callbacks look at.
 *
 * What you will see
 *	# sh -c 'read x; ls /; ls /' &	(or any program that runs)
 *	# insmod utrace_sample_count_calls.ko pid=$!
 *	# fg				(and Enter)
 *	# dmesg | tail -n 3
 *	utrace_sample_count_calls: ls (1235) made 38 calls
 *	utrace_sample_count_calls: ls (1236) made 38 calls
 *	utrace_sample_count_calls: sh (1234) made 14 calls
 *
 * Clean up
 *	# rmmod utrace_sample_count_calls
 *	"Module is in use": somebody is still counted. Either wait, or
 *	# echo 1 >/sys/module/utrace_sample_count_calls/parameters/leave
 *	and each engine detaches itself at the next call of its thread.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/utrace.h>

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the thread to begin with");

static bool leave;
module_param(leave, bool, 0644);
MODULE_PARM_DESC(leave, "detach from each thread at its next call");

/**
 * struct counter - data of one engine
 */
struct counter {
	/** @calls: Only the thread itself counts, in its callbacks. */
	unsigned long calls;
};

static int count_task(struct task_struct *task);

static enum utrace_resume_action count_entry(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     struct utrace_syscall *call)
{
	struct counter *counter = engine->data;

	counter->calls++;
	return READ_ONCE(leave) ? UTRACE_DETACH : UTRACE_RESUME;
}

static enum utrace_resume_action count_clone(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     unsigned long clone_flags,
					     struct task_struct *child)
{
	int err = count_task(child);

	if (err)
		pr_warn("child %d is not counted: %d\n", task_pid_nr(child), err);
	return UTRACE_RESUME;
}

static enum utrace_resume_action count_exit(enum utrace_resume_action action,
					    struct utrace_engine *engine,
					    long orig_code, long *code)
{
	struct counter *counter = engine->data;

	pr_info("%s (%d) made %lu calls\n", current->comm, task_pid_nr(current),
		counter->calls);
	return UTRACE_DETACH;
}

static void count_release(void *data)
{
	kfree(data);
}

static const struct utrace_engine_ops count_ops = {
	.owner			= THIS_MODULE,
	.name			= "count_calls",
	.report_syscall_entry	= count_entry,
	.report_clone		= count_clone,
	.report_exit		= count_exit,
	.release		= count_release,
};

static int count_task(struct task_struct *task)
{
	struct counter *counter = kzalloc(sizeof(*counter), GFP_KERNEL);
	struct utrace_engine *engine;
	int err;

	if (!counter)
		return -ENOMEM;
	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE, &count_ops, counter);
	if (IS_ERR(engine)) {
		/* No engine, no release(). */
		kfree(counter);
		return PTR_ERR(engine);
	}
	/* If this fails the thread has died since, and the engine has gone with it. */
	err = utrace_set_events(task, engine, UTRACE_EVENT(SYSCALL_ENTRY) |
				UTRACE_EVENT(CLONE) | UTRACE_EVENT(EXIT));
	utrace_engine_put(engine);
	return err;
}

static int __init count_init(void)
{
	struct pid *target = find_get_pid(pid);
	struct task_struct *task = get_pid_task(target, PIDTYPE_PID);
	int err = -ESRCH;

	if (task) {
		err = count_task(task);
		put_task_struct(task);
	}
	put_pid(target);
	return err;
}
module_init(count_init);

static void __exit count_exit_module(void)
{
}
module_exit(count_exit_module);

MODULE_DESCRIPTION("utrace, lesson 2: count calls");
MODULE_LICENSE("GPL");
