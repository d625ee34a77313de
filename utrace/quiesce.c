// SPDX-License-Identifier: GPL-2.0
/*
 * QUIESCE: the safe point before user mode, where a thread stops, reports on
 * request, and arms itself. Reached by task_work.
 */
#include <linux/sched/signal.h>
#include "core.h"
#include "report.h"

static bool queue(struct utrace_task *ut, unsigned int nr, struct callback_head *work,
		  enum task_work_notify_mode mode)
{
	if (test_and_set_bit(nr, &ut->queued))
		return true;
	refcount_inc(&ut->refs);
	if (!task_work_add(ut->task, work, mode))
		return true;
	/* It is past exit_task_work(). */
	clear_bit(nr, &ut->queued);
	utrace_task_put(ut);
	return false;
}

/* The work runs: whoever wants something from here on has to queue it again. */
static void dequeued(struct utrace_task *ut, unsigned int nr)
{
	clear_bit(nr, &ut->queued);
	/* Pairs with test_and_set_bit() in queue(): the wish comes before it. */
	smp_mb__after_atomic();
}

/**
 * utrace_queue_arm() - let the thread arm itself for its next system call
 * @ut: Its state.
 */
int utrace_queue_arm(struct utrace_task *ut)
{
	return queue(ut, UTRACE_WORK_REPORT, &ut->report_work, TWA_RESUME) ? 0 : -ESRCH;
}

/**
 * utrace_queue_report() - let the thread report, and stop, before user mode
 * @ut: Its state.
 * @action: UTRACE_INTERRUPT breaks an interruptible sleep.
 *
 * Return: 0, or -ESRCH when the thread will not run user code any more.
 */
int utrace_queue_report(struct utrace_task *ut, enum utrace_resume_action action)
{
	if (utrace_resume_steps(action))
		return utrace_queue_arm(ut);
	WRITE_ONCE(ut->report_wanted, true);
	if (utrace_resume_wants_report(action))
		atomic_inc(&ut->asked);
	if (action == UTRACE_INTERRUPT) {
		WRITE_ONCE(ut->interrupted, true);
		return queue(ut, UTRACE_WORK_INTERRUPT, &ut->interrupt_work, TWA_SIGNAL) ?
			0 : -ESRCH;
	}
	return utrace_queue_arm(ut);
}

/**
 * utrace_quiesce() - the safe point
 * @ut: State of the current thread, on its way to user mode.
 */
void utrace_quiesce(struct utrace_task *ut)
{
	struct utrace_engine *engine;
	enum utrace_resume_action action;

	utrace_syscall_arm(ut);
	if (READ_ONCE(ut->request))
		utrace_report_request(ut);
	if (READ_ONCE(ut->report_wanted)) {
		WRITE_ONCE(ut->report_wanted, false);
		action = utrace_begin_report(ut);
		utrace_report_each(ut, action, engine, UTRACE_EVENT(QUIESCE),
				   report_quiesce, 0);
	}
	if (READ_ONCE(ut->holders))
		utrace_stop(ut);
	utrace_step_apply(ut);
}

static void run(struct utrace_task *ut, unsigned int nr)
{
	utrace_text_enter();
	dequeued(ut, nr);
	if (!utrace_is_exiting()) {
		utrace_quiesce(ut);
		/* SIGNAL_REPORT is made in get_signal(), which some who run works are not in. */
		if (READ_ONCE(ut->interrupted))
			set_thread_flag(TIF_SIGPENDING);
	}
	utrace_task_put(ut);
	utrace_text_leave();
}

static void report_work(struct callback_head *head)
{
	run(container_of(head, struct utrace_task, report_work), UTRACE_WORK_REPORT);
}

static void interrupt_work(struct callback_head *head)
{
	run(container_of(head, struct utrace_task, interrupt_work), UTRACE_WORK_INTERRUPT);
}

void utrace_works_init(struct utrace_task *ut)
{
	init_task_work(&ut->report_work, report_work);
	init_task_work(&ut->interrupt_work, interrupt_work);
}

/**
 * utrace_cancel_works() - take back what a sleeping thread has not run yet
 * @ut: Its state; nobody queues any more, the module is on its way out.
 */
void utrace_cancel_works(struct utrace_task *ut)
{
	static const task_work_func_t fns[] = { report_work, interrupt_work };
	int i;

	/* It queues one of them. */
	irq_work_sync(&ut->request_work);
	/* At most one of each kind is queued, and only its own can be found. */
	for (i = 0; i < ARRAY_SIZE(fns); i++)
		if (task_work_cancel_func(ut->task, fns[i]))
			utrace_task_put(ut);
}
