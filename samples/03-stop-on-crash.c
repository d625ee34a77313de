// SPDX-License-Identifier: GPL-2.0
/*
 * Lesson 3: stop a thread, and let it go again.
 *
 * Purpose
 *	Hold a process, or one that it has started, when it is about to die of
 *	a signal, with its memory and its files, until somebody has looked.
 *
 * Steps
 *	1. Follow the children: utrace_set_scope() gives each an engine with the
 *	   same events, before its first instruction.
 *	2. Choose signals by what they are going to do: SIGNAL_TERM and
 *	   SIGNAL_CORE end the process. One that has a handler is neither.
 *	3. Answer UTRACE_STOP: the thread stays there, with the effect still to
 *	   come. SIGKILL ends it all the same.
 *	4. Let it go from outside: find the engine by its ops, utrace_control().
 *
 * What you will see
 *	# sh -c 'read x; sleep 100' &
 *	# insmod utrace_sample_stop_on_crash.ko pid=$!
 *	# fg				(Enter, then from elsewhere:)
 *	# pkill -SEGV -x sleep
 *	# dmesg | tail -n 1
 *	utrace_sample_stop_on_crash: sleep (1235) is held: signal 11, ip 0x7f5c6dd0e6e7
 *	# cat /proc/1235/maps
 *	# echo 1235 >/sys/module/utrace_sample_stop_on_crash/parameters/let_go
 *	and it dies of the signal.
 *
 * Clean up
 *	# echo 0 >/sys/module/utrace_sample_stop_on_crash/parameters/let_go
 *	# rmmod utrace_sample_stop_on_crash
 *	0: all are let go, and no longer followed. "Module is in use": a child
 *	was just being made; once more.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/utrace.h>

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the thread to begin with");

static enum utrace_resume_action crash_signal(enum utrace_resume_action action,
					      struct utrace_engine *engine,
					      struct utrace_signal *signal)
{
	/* Reported again, because somebody else wants to look: we have. */
	if (signal->resumed)
		return UTRACE_RESUME;
	pr_info("%s (%d) is held: signal %d, ip %#lx\n", current->comm, task_pid_nr(current),
		signal->info.si_signo, instruction_pointer(task_pt_regs(current)));
	return UTRACE_STOP;
}

static const struct utrace_engine_ops crash_ops = {
	.owner		= THIS_MODULE,
	.name		= "stop_on_crash",
	.report_signal	= crash_signal,
};

static int crash_task(struct task_struct *task)
{
	struct utrace_engine *engine __free(utrace_engine_put) =
		utrace_attach_task(task, UTRACE_ATTACH_CREATE, &crash_ops, NULL);
	int err;

	if (IS_ERR(engine))
		return PTR_ERR(engine);
	err = utrace_set_scope(task, engine, UTRACE_SCOPE_TREE, UTRACE_DEPTH_MAX);
	if (!err)
		err = utrace_set_events(task, engine,
					UTRACE_EVENT(SIGNAL_TERM) | UTRACE_EVENT(SIGNAL_CORE));
	return err;
}

/* The one thing that is done from outside: RESUME, or DETACH, which resumes too. */
static int control(struct task_struct *task, enum utrace_resume_action action)
{
	struct utrace_engine *engine __free(utrace_engine_put) =
		utrace_attach_task(task, UTRACE_ATTACH_MATCH_OPS, &crash_ops, NULL);
	int err;

	if (IS_ERR(engine))
		return PTR_ERR(engine);
	err = utrace_control(task, engine, action);
	/* Its callback is running; the engine goes when that returns. */
	return err == -EINPROGRESS ? 0 : err;
}

/* Whom we do not trace has no such engine: that is no error here. */
static void leave_all(void)
{
	struct task_struct *process, *task;

	guard(rcu)();
	for_each_process_thread(process, task)
		if (control(task, UTRACE_DETACH) == 0)
			pr_info("%s (%d) is left\n", task->comm, task_pid_nr(task));
}

/* 0 stands for all, when letting go; there is no thread 0 to begin with. */
static int with_thread(int tid, int (*fn)(struct task_struct *task))
{
	struct pid *target = find_get_pid(tid);
	struct task_struct *task = get_pid_task(target, PIDTYPE_PID);
	int err = -ESRCH;

	if (task) {
		err = fn(task);
		put_task_struct(task);
	}
	put_pid(target);
	return err;
}

static int let_go_task(struct task_struct *task)
{
	return control(task, UTRACE_RESUME);
}

static int let_go(const char *text, const struct kernel_param *kp)
{
	int tid, err = kstrtoint(text, 0, &tid);

	if (err)
		return err;
	if (tid)
		return with_thread(tid, let_go_task);
	leave_all();
	return 0;
}

static const struct kernel_param_ops let_go_ops = { .set = let_go };
module_param_cb(let_go, &let_go_ops, NULL, 0200);
MODULE_PARM_DESC(let_go, "a held thread that may go on to die; 0: all, and leave");

static int __init crash_init(void)
{
	return with_thread(pid, crash_task);
}
module_init(crash_init);

static void __exit crash_exit(void)
{
}
module_exit(crash_exit);

MODULE_DESCRIPTION("utrace, lesson 3: stop on crash");
MODULE_LICENSE("GPL");
