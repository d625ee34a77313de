// SPDX-License-Identifier: GPL-2.0
/*
 * CLONE, CLONED, EXEC, EXIT, DEATH, REAP: the life of a thread.
 *
 * All of these but CLONED run before the kernel function that they are named after.
 */
#include <linux/binfmts.h>
#include <linux/export.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include "core.h"
#include "hooks.h"
#include "report.h"

/**
 * utrace_hook_kernel_clone() - before kernel_clone(): keep what was asked for
 * @args: struct kernel_clone_args of the caller.
 */
void utrace_hook_kernel_clone(unsigned long *args)
{
	const struct kernel_clone_args *kargs = (const void *)args[0];
	struct utrace_task *ut = utrace_task_current();

	/* Of a task that a callback creates nobody asks. */
	if (!ut || ut->reporting)
		return;
	ut->clone_flags = kargs->flags;
	ut->clone_exit_signal = kargs->exit_signal;
	ut->clone_known = true;
}

/*
 * Whoever attached the first engine in the middle of kernel_clone() was too late;
 * but what tells what the child is can be seen of it.
 */
static void guess(struct utrace_task *ut, struct task_struct *child)
{
	ut->clone_flags = 0;
	if (same_thread_group(child, current))
		ut->clone_flags |= CLONE_THREAD | CLONE_SIGHAND;
	if (child->mm == current->mm)
		ut->clone_flags |= CLONE_VM;
	if (child->vfork_done)
		ut->clone_flags |= CLONE_VFORK;
	ut->clone_exit_signal = child->exit_signal;
}

/**
 * utrace_clone_exit_signal() - in report_clone(), report_cloned(): which was asked for?
 *
 * With CLONE_PARENT the child has another, its new parent's.
 *
 * Context: A callback.
 * Return: the lowest byte of the flags of clone(2), exit_signal of clone3(2), or
 * SIGCHLD; the child's if the thread's first engine was attached in the middle of it.
 */
int utrace_clone_exit_signal(void)
{
	return utrace_task_current()->clone_exit_signal;
}
EXPORT_SYMBOL_GPL(utrace_clone_exit_signal);

static bool reports_clone(const struct utrace_task *ut, const struct task_struct *child)
{
	/* A callback that creates a task does not report it. */
	return ut && !ut->reporting &&
	       !(child->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER));
}

static void report_clone(struct utrace_task *ut, struct task_struct *child)
{
	enum utrace_resume_action action;
	struct utrace_engine *engine;

	utrace_text_enter();
	ut->child = child;
	if (READ_ONCE(ut->has_scope))
		utrace_inherit(ut, child);
	if (READ_ONCE(ut->events) & UTRACE_EVENT(CLONE)) {
		action = utrace_begin_report(ut);
		utrace_report_each(ut, action, engine, UTRACE_EVENT(CLONE),
				   report_clone, ut->clone_flags, child);
		utrace_finish_report(ut, action);
	}
	ut->child = NULL;
	utrace_text_leave();
}

static void report_cloned(struct utrace_task *ut, struct task_struct *child)
{
	enum utrace_resume_action action;
	struct utrace_engine *engine;
	/* It may be gone when it has run. */
	struct pid *pid = get_task_pid(child, PIDTYPE_PID);
	unsigned long events = READ_ONCE(ut->events);

	utrace_text_enter();
	utrace_body_wake_up_new_task(child);
	action = utrace_begin_report(ut);
	utrace_report_each(ut, action, engine, UTRACE_EVENT(CLONED),
			   report_cloned, ut->clone_flags, pid);
	utrace_finish_report_in_call(ut, action);
	utrace_syscall_want_exit(ut, events);
	put_pid(pid);
	utrace_text_leave();
}

/**
 * utrace_hook_wake_up_new_task() - CLONE: before the child can run; CLONED: after
 * @child: The child; the parent is current.
 *
 * In place of wake_up_new_task().
 */
void utrace_hook_wake_up_new_task(struct task_struct *child)
{
	struct utrace_task *ut = utrace_task_current();
	bool reports = reports_clone(ut, child);

	utrace_task_fix_mark(child);
	if (reports && !ut->clone_known)
		guess(ut, child);
	if (reports &&
	    (READ_ONCE(ut->has_scope) || READ_ONCE(ut->events) & UTRACE_EVENT(CLONE)))
		report_clone(ut, child);
	if (reports && READ_ONCE(ut->events) & UTRACE_EVENT(CLONED))
		report_cloned(ut, child);
	else
		utrace_body_wake_up_new_task(child);
	if (reports)
		ut->clone_known = false;
}

/**
 * utrace_hook_proc_exec_connector() - EXEC: the new image is set up
 * @args: The task, which is current.
 */
void utrace_hook_proc_exec_connector(unsigned long *args)
{
	struct utrace_task *ut = utrace_task_current();
	struct utrace_engine *engine;
	enum utrace_resume_action action;
	unsigned long events;

	if (!ut)
		return;
	/* begin_new_exec() has cleared the bit. */
	utrace_syscall_arm(ut);
	utrace_request_drop(ut);

	utrace_text_enter();
	/* Those that were not to see the new program. Their release may sleep only now. */
	utrace_detach_finish_all(ut);
	/* Nobody was attached when it began: who came since came to the new program. */
	if (ut->bprm && READ_ONCE(ut->events) & UTRACE_EVENT(EXEC)) {
		events = READ_ONCE(ut->events);
		action = utrace_begin_report(ut);
		utrace_report_each(ut, action, engine, UTRACE_EVENT(EXEC),
				   report_exec, ut->bprm, task_pt_regs(current));
		utrace_finish_report_in_call(ut, action);
		utrace_syscall_want_exit(ut, events);
	}
	ut->bprm = NULL;
	utrace_text_leave();
}

static void report_exit(struct utrace_task *ut, long orig_code, long *code)
{
	struct utrace_engine *engine;
	enum utrace_resume_action action;

	action = utrace_begin_report(ut);
	utrace_report_each(ut, action, engine, UTRACE_EVENT(EXIT),
			   report_exit, orig_code, code);
	if (action == UTRACE_STOP)
		utrace_stop_at_exit(ut);
}

/* wait(2) takes the status of a process that exits as a group from there. */
static void set_group_exit_code(int code)
{
	struct signal_struct *signal = current->signal;

	guard(spinlock_irq)(utrace_own_siglock());
	if (signal->flags & SIGNAL_GROUP_EXIT)
		signal->group_exit_code = code;
}

/**
 * utrace_hook_do_exit() - EXIT: everything is still there
 * @args: The exit code, which may be changed.
 */
void utrace_hook_do_exit(unsigned long *args)
{
	struct utrace_task *ut = utrace_task_current();
	long code = args[0];

	/* An oops may come here with a lock held, and again from its own exit. */
	if (!ut || in_atomic() || irqs_disabled() || current->flags & PF_EXITING)
		return;

	utrace_text_enter();
	ut->in_call = false;
	if (unlikely(ut->stepping))
		utrace_step_end(ut);
	/* An exec may have failed when it was too late to go back. */
	utrace_detach_finish_all(ut);
	if (unlikely(ut->reporting)) {
		/*
		 * The thread dies of an oops in a callback. The frames of that
		 * report will never return: do for them what is left.
		 */
		utrace_abandon_callback(ut);
		utrace_text_leave();
	}
	if (READ_ONCE(ut->events) & UTRACE_EVENT(EXIT)) {
		report_exit(ut, args[0], &code);
		if (code != (long)args[0]) {
			args[0] = code;
			set_group_exit_code(code);
		}
	}
	utrace_text_leave();
}

/**
 * utrace_hook_exit_itimers() - before exit_itimers(): the last of its process
 * @args: The task, which is current.
 *
 * do_exit() keeps to itself which thread was the last, and counts of threads
 * are out of date by the time of the death report. The last one, and no other,
 * comes by here. So does exec.
 */
void utrace_hook_exit_itimers(unsigned long *args)
{
	struct utrace_task *ut = utrace_task_current();

	if (ut && current->flags & PF_EXITING)
		ut->group_dead = true;
}

static void report_reap(struct utrace_task *ut)
{
	enum utrace_resume_action action = UTRACE_RESUME;
	struct utrace_engine *engine;

	scoped_guard(spinlock, &ut->lock) {
		/* The thread walks no more: we stand in for it. */
		__utrace_update_engines(ut);
		ut->reaped = true;
	}
	list_for_each_entry(engine, &ut->attached, entry) {
		if (!utrace_begin_callback(ut, &action, engine, UTRACE_EVENT(REAP)))
			continue;
		engine->ops->report_reap(engine, ut->task);
		utrace_finish_callback(ut, action, engine, UTRACE_RESUME);
	}
	utrace_detach_all(ut);
	utrace_task_forget(ut);
}

static void report_death(struct utrace_task *ut, int signal)
{
	struct utrace_engine *engine;
	enum utrace_resume_action action;
	bool reap;

	scoped_guard(spinlock, &ut->lock)
		WRITE_ONCE(ut->dying, true);
	action = utrace_begin_report(ut);
	list_for_each_entry(engine, &ut->attached, entry)
		if (utrace_begin_callback(ut, &action, engine, UTRACE_EVENT(DEATH)))
			action = utrace_finish_callback(ut, action, engine,
				engine->ops->report_death(engine, ut->group_dead, signal));

	scoped_guard(spinlock, &ut->lock) {
		ut->dead = true;
		reap = ut->reap_deferred;
	}
	if (reap)
		report_reap(ut);
}

/* Return: true when the death report is still to end, and goes on from there. */
static bool defer_reap(struct utrace_task *ut)
{
	guard(spinlock)(&ut->lock);
	ut->reap_deferred = !ut->dead;
	return ut->reap_deferred;
}

/**
 * utrace_hook_proc_exit_connector() - DEATH: right after exit_notify()
 * @args: The task, which is current.
 *
 * The parent may have released the thread meanwhile: hence the reference.
 */
void utrace_hook_proc_exit_connector(unsigned long *args)
{
	struct utrace_task *ut __free(utrace_task_put) = utrace_task_get(current);

	if (!ut || READ_ONCE(ut->dying))
		return;
	utrace_text_enter();
	report_death(ut, current->exit_signal);
	utrace_text_leave();
}

/**
 * utrace_hook_release_task() - REAP: the task is about to be released
 * @args: The task.
 *
 * A thread that reaps itself does so in exit_notify(), before the hook for its
 * death; a parent can be faster than that hook, too.
 */
void utrace_hook_release_task(unsigned long *args)
{
	struct task_struct *task = (struct task_struct *)args[0];
	struct utrace_task *ut __free(utrace_task_put) = utrace_task_get(task);

	if (!ut)
		return;
	utrace_text_enter();
	if (task == current && !READ_ONCE(ut->dying))
		report_death(ut, -1);
	if (!defer_reap(ut))
		report_reap(ut);
	utrace_text_leave();
}
