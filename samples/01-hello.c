// SPDX-License-Identifier: GPL-2.0
/*
 * Lesson 1: attach an engine to a thread and be told what it does.
 *
 * Purpose
 *	The smallest engine that does something: it writes the first system
 *	calls of a running thread to the kernel log, then leaves.
 *
 * Steps
 *	1. Say which callbacks there are: struct utrace_engine_ops.
 *	2. Attach: utrace_attach_pid() gives an engine that wants nothing yet.
 *	3. Say what it wants: utrace_set_events().
 *	4. Be called, in the thread's own context, where one may sleep.
 *	5. Leave: a callback answers UTRACE_DETACH.
 *
 * What you will see
 *	# sh -c 'while sleep 1; do :; done' &
 *	# insmod utrace_sample_hello.ko pid=$!
 *	# dmesg | tail -n 6
 *	utrace_sample_hello: hello sh (1234)
 *	utrace_sample_hello: 1234 makes call 56
 *	utrace_sample_hello: 1234 makes call 61
 *	...
 *	utrace_sample_hello: that will do, good-bye sh
 *	The numbers are those of unistd_64.h: 56 is clone, 61 is wait4. If the
 *	thread ends before that, it says "1234 exits with status 0".
 *
 * Clean up
 *	# rmmod utrace_sample_hello
 *	"Module is in use" means that the engine is still attached.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/utrace.h>

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the thread to say hello to");

static unsigned int limit = 5;
module_param(limit, uint, 0444);
MODULE_PARM_DESC(limit, "how many system calls to tell of");

/* Only the thread itself counts, in its callbacks: no lock is needed. */
static unsigned int calls;

static enum utrace_resume_action hello_entry(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     struct utrace_syscall *call)
{
	if (calls++ < limit) {
		pr_info("%d makes call %d\n", task_pid_nr(current), utrace_syscall_nr(call));
		return UTRACE_RESUME;
	}
	pr_info("that will do, good-bye %s\n", current->comm);
	return UTRACE_DETACH;
}

static enum utrace_resume_action hello_exit(enum utrace_resume_action action,
					    struct utrace_engine *engine,
					    long orig_code, long *code)
{
	pr_info("%d exits with status %ld\n", task_pid_nr(current), orig_code >> 8);
	return UTRACE_RESUME;
}

static const struct utrace_engine_ops hello_ops = {
	/* Nobody can unload us while the engine is attached. */
	.owner			= THIS_MODULE,
	.name			= "hello",
	.report_syscall_entry	= hello_entry,
	.report_exit		= hello_exit,
};

static int hello_attach(struct pid *target, struct task_struct *task)
{
	struct utrace_engine *engine;
	int err;

	engine = utrace_attach_pid(target, UTRACE_ATTACH_CREATE, &hello_ops, NULL);
	if (IS_ERR(engine))
		return PTR_ERR(engine);

	pr_info("hello %s (%d)\n", task->comm, pid);
	/* If this fails the thread has died since, and the engine has gone with it. */
	err = utrace_set_events(task, engine,
				UTRACE_EVENT(SYSCALL_ENTRY) | UTRACE_EVENT(EXIT));
	/* Our own reference. The attachment keeps the engine. */
	utrace_engine_put(engine);
	return err;
}

static int __init hello_init(void)
{
	struct pid *target = find_get_pid(pid);
	struct task_struct *task = get_pid_task(target, PIDTYPE_PID);
	int err = -ESRCH;

	if (task) {
		err = hello_attach(target, task);
		put_task_struct(task);
	}
	put_pid(target);
	return err;
}
module_init(hello_init);

/* Being unloaded means that the engine has gone: there is nothing to do. */
static void __exit hello_exit_module(void)
{
}
module_exit(hello_exit_module);

MODULE_DESCRIPTION("utrace, lesson 1: hello");
MODULE_LICENSE("GPL");
