// SPDX-License-Identifier: GPL-2.0
/*
 * JCTL: a thread stops with its process, and goes on.
 *
 * Stops: before do_signal_stop(), if it is going to. Goes on: get_signal()
 * comes to dequeue_signal() next.
 */
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include "core.h"
#include "hooks.h"
#include "report.h"

/* The siglock is held, and dropped for the report. */
static void report_jctl(struct utrace_task *ut, int type)
{
	enum utrace_resume_action action;
	struct utrace_engine *engine;

	lockdep_assert_held(utrace_own_siglock());
	spin_unlock_irq(utrace_own_siglock());
	utrace_text_enter();
	action = utrace_begin_report(ut);
	utrace_report_each(ut, action, engine, UTRACE_EVENT(JCTL), report_jctl, type);
	utrace_finish_report(ut, action);
	utrace_text_leave();
	spin_lock_irq(utrace_own_siglock());
}

/* As do_signal_stop() asks itself. */
static bool will_stop(void)
{
	if (current->ptrace)
		return false;
	if (current->jobctl & JOBCTL_STOP_PENDING)
		return true;
	return current->jobctl & JOBCTL_STOP_DEQUEUED &&
	       !(current->signal->flags & SIGNAL_GROUP_EXIT) &&
	       !current->signal->group_exec_task;
}

/**
 * utrace_hook_do_signal_stop() - before do_signal_stop(): a stop of the process
 * @args: The signal if this thread begins the stop, or 0.
 *
 * The siglock is held. A SIGCONT while it is not clears what will_stop() has
 * seen, so that do_signal_stop() does not stop.
 */
void utrace_hook_do_signal_stop(unsigned long *args)
{
	struct utrace_task *ut = utrace_task_current();

	if (!ut || ut->jctl_stopped || !(READ_ONCE(ut->events) & UTRACE_EVENT(JCTL)) ||
	    !will_stop())
		return;
	ut->jctl_stopped = true;
	report_jctl(ut, CLD_STOPPED);
}

/**
 * utrace_report_continued() - the thread runs again
 * @ut: State of the current thread; its siglock is held.
 */
void utrace_report_continued(struct utrace_task *ut)
{
	ut->jctl_stopped = false;
	if (READ_ONCE(ut->events) & UTRACE_EVENT(JCTL))
		report_jctl(ut, CLD_CONTINUED);
}
