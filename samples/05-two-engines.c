// SPDX-License-Identifier: GPL-2.0
/*
 * Lesson 5: who is called when, and what becomes of different wishes.
 *
 * Purpose
 *	Two engines on one thread tell what each of them sees of one system
 *	call. One aborts it, the other finds it aborted.
 *
 * Steps
 *	1. Say where an engine stands: ops->level. The highest is next to the
 *	   program, the lowest next to the kernel. Those of one level stand in
 *	   the order in which they were attached.
 *	2. A call goes from the program to the kernel: at its entry the highest
 *	   level is called first. A result comes back: the lowest first, as for
 *	   every other event.
 *	3. Look at @action: what the engines called before want. The strongest
 *	   wish prevails, so it is only ever told, never to be passed on.
 *	4. What becomes of the call is no action: utrace_syscall_aborted().
 *
 * What you will see
 *	# sh -c 'read x; kill -0 $$; read x' &
 *	# insmod utrace_sample_two_engines.ko pid=$!
 *	# fg				(and Enter)
 *	sh: 1: kill: Operation not permitted
 *	# dmesg | tail -n 6
 *	utrace_sample_two_engines: entry of 62: near is told RESUME, aborts it, wants REPORT
 *	utrace_sample_two_engines: entry of 62: far is told REPORT, finds it aborted
 *	utrace_sample_two_engines: exit of 62: far sees the result -1
 *	utrace_sample_two_engines: exit of 62: near sees the result -1
 *	utrace_sample_two_engines: report: far leaves
 *	utrace_sample_two_engines: report: near leaves
 *
 *	The report is the wish of one engine. Both get it, since both have
 *	QUIESCE. 62 is kill, in unistd_64.h; -1 is -EPERM.
 *
 * Clean up
 *	# rmmod utrace_sample_two_engines
 *	"Module is in use": the thread has not made that call yet.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/utrace.h>

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the thread");

static int nr = __NR_kill;
module_param(nr, int, 0444);
MODULE_PARM_DESC(nr, "number of the call to tell of (default 62, kill)");

static const char *name_of(enum utrace_resume_action action)
{
	return action == UTRACE_RESUME ? "RESUME" : action == UTRACE_REPORT ? "REPORT" : "?";
}

static enum utrace_resume_action near_entry(enum utrace_resume_action action,
					    struct utrace_engine *engine,
					    struct utrace_syscall *call)
{
	if (call->entry_nr != nr)
		return UTRACE_RESUME;
	pr_info("entry of %d: near is told %s, aborts it, wants REPORT\n", nr, name_of(action));
	utrace_syscall_abort(call, -EPERM);
	return UTRACE_REPORT;
}

static enum utrace_resume_action far_entry(enum utrace_resume_action action,
					   struct utrace_engine *engine,
					   struct utrace_syscall *call)
{
	if (call->entry_nr == nr)
		pr_info("entry of %d: far is told %s, %s\n", nr, name_of(action),
			utrace_syscall_aborted(call) ? "finds it aborted" : "lets it pass");
	return UTRACE_RESUME;
}

/* The rest is the same for both. */

static enum utrace_resume_action either_exit(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     struct utrace_syscall *call)
{
	if (call->entry_nr == nr)
		pr_info("exit of %d: %s sees the result %ld\n", nr, engine->ops->name,
			utrace_syscall_result(call));
	return UTRACE_RESUME;
}

static enum utrace_resume_action either_quiesce(enum utrace_resume_action action,
						struct utrace_engine *engine,
						unsigned long event)
{
	/* Before each of the others, too: @event says which. */
	if (event)
		return UTRACE_RESUME;
	pr_info("report: %s leaves\n", engine->ops->name);
	return UTRACE_DETACH;
}

static const struct utrace_engine_ops near_ops = {
	.owner			= THIS_MODULE,
	.name			= "near",
	.level			= 10,
	.report_quiesce		= either_quiesce,
	.report_syscall_entry	= near_entry,
	.report_syscall_exit	= either_exit,
};

static const struct utrace_engine_ops far_ops = {
	.owner			= THIS_MODULE,
	.name			= "far",
	.level			= -10,
	.report_quiesce		= either_quiesce,
	.report_syscall_entry	= far_entry,
	.report_syscall_exit	= either_exit,
};

static int attach(struct task_struct *task, const struct utrace_engine_ops *ops)
{
	struct utrace_engine *engine __free(utrace_engine_put) =
		utrace_attach_task(task, UTRACE_ATTACH_CREATE, ops, NULL);

	if (IS_ERR(engine))
		return PTR_ERR(engine);
	return utrace_set_events(task, engine, UTRACE_EVENT(QUIESCE) | UTRACE_EVENT_SYSCALL);
}

static int __init two_init(void)
{
	struct pid *target = find_get_pid(pid);
	struct task_struct *task = get_pid_task(target, PIDTYPE_PID);
	int err = -ESRCH;

	if (task) {
		/* The level decides, not that near comes first here. */
		err = attach(task, &near_ops) ?: attach(task, &far_ops);
		put_task_struct(task);
	}
	put_pid(target);
	return err;
}
module_init(two_init);

static void __exit two_exit(void)
{
}
module_exit(two_exit);

MODULE_DESCRIPTION("utrace, lesson 5: two engines");
MODULE_LICENSE("GPL");
