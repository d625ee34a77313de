// SPDX-License-Identifier: GPL-2.0
/*
 * A signal is sent: what would have its effect there.
 *
 * A signal that is ignored is dropped by whoever sends it, and one that kills by
 * default kills there; unless the thread has it in @real_blocked, a set that
 * only sigtimedwait(2) uses otherwise. We lend it to that set while it is sent,
 * under the siglock of the process: so nothing of it is to be seen, and nothing
 * is left behind.
 */
#include <linux/sched/signal.h>
#include "core.h"
#include "hooks.h"

/* How many threads want to know of ignored and of deadly signals. */
atomic_t utrace_nr_want_ignored = ATOMIC_INIT(0);
atomic_t utrace_nr_want_deadly = ATOMIC_INIT(0);

/**
 * utrace_signal_events_changed() - keep count of who wants what
 * @old: What a thread's engines wanted.
 * @events: What they want now.
 */
void utrace_signal_events_changed(unsigned long old, unsigned long events)
{
	unsigned long gone = old & ~events, come = events & ~old;

	if (come & UTRACE_EVENT(SIGNAL_IGN))
		atomic_inc(&utrace_nr_want_ignored);
	if (gone & UTRACE_EVENT(SIGNAL_IGN))
		atomic_dec(&utrace_nr_want_ignored);
	if (come & UTRACE_EVENT(SIGNAL_TERM))
		atomic_inc(&utrace_nr_want_deadly);
	if (gone & UTRACE_EVENT(SIGNAL_TERM))
		atomic_dec(&utrace_nr_want_deadly);
}

static bool wants(struct task_struct *task, unsigned long event)
{
	struct utrace_task *ut __free(utrace_task_put) = utrace_task_get(task);

	return ut && READ_ONCE(ut->events) & event;
}

/**
 * utrace_hook_prepare_signal() - in place of prepare_signal(): is it ignored?
 * @sig: The signal.
 * @task: The one that it is sent to; its siglock is held.
 * @force: From the kernel.
 *
 * Return: true to go on and queue it.
 */
bool utrace_hook_prepare_signal(int sig, struct task_struct *task, bool force)
{
	bool queue;

	/* What an init ignores would kill it if it were queued. */
	if (sig_kernel_only(sig) || utrace_is_init(task) || sigismember(&task->real_blocked, sig) ||
	    !wants(task, UTRACE_EVENT(SIGNAL_IGN)))
		return utrace_body_prepare_signal(sig, task, force);
	sigaddset(&task->real_blocked, sig);
	queue = utrace_body_prepare_signal(sig, task, force);
	sigdelset(&task->real_blocked, sig);
	return queue;
}

static bool kills(int sig, struct task_struct *task)
{
	struct sighand_struct *sighand = rcu_dereference_protected(task->sighand, true);
	__sighandler_t handler = sighand->action[sig - 1].sa.sa_handler;

	return sig != SIGKILL &&
	       utrace_signal_natural_action(sig, handler, false) == UTRACE_SIGNAL_TERM;
}

static void lend(struct task_struct *thread, int sig)
{
	struct utrace_task *ut __free(utrace_task_put) = utrace_task_get(thread);

	if (!ut || !(READ_ONCE(ut->events) & UTRACE_EVENT(SIGNAL_TERM)) ||
	    sigismember(&thread->real_blocked, sig))
		return;
	sigaddset(&thread->real_blocked, sig);
	ut->lent = true;
}

static void take_back(struct task_struct *thread, int sig)
{
	struct utrace_task *ut __free(utrace_task_put) = utrace_task_get(thread);

	if (!ut || !ut->lent)
		return;
	ut->lent = false;
	sigdelset(&thread->real_blocked, sig);
}

/**
 * utrace_hook_complete_signal() - in place of complete_signal(): does it kill?
 * @sig: The signal, which is queued.
 * @task: The one that it was sent to; its siglock is held.
 * @type: To the thread (PIDTYPE_PID) or to its process.
 */
void utrace_hook_complete_signal(int sig, struct task_struct *task, enum pid_type type)
{
	struct task_struct *thread;

	if (!kills(sig, task)) {
		utrace_body_complete_signal(sig, task, type);
		return;
	}
	guard(rcu)();
	for_each_thread(task, thread)
		lend(thread, sig);
	utrace_body_complete_signal(sig, task, type);
	for_each_thread(task, thread)
		take_back(thread, sig);
}
