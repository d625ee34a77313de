// SPDX-License-Identifier: GPL-2.0
/*
 * Where a thread waits, and what wakes it: the last engine that lets go, or
 * SIGKILL, always.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cgroup.h>
#include <linux/export.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include "core.h"
#include "hooks.h"
#include "trace.h"

/**
 * __utrace_hold() - an engine holds the thread
 * @ut: State of the thread.
 * @engine: The engine.
 */
void __utrace_hold(struct utrace_task *ut, struct utrace_engine *engine)
{
	lockdep_assert_held(&ut->lock);
	if (!engine->hold) {
		WRITE_ONCE(ut->holders, ut->holders + 1);
		engine->held_since = jiffies;
		ut->resumed_by[0] = 0;
	}
	WRITE_ONCE(engine->hold, engine->hold | UTRACE_HOLD);
}

/**
 * __utrace_unhold() - an engine lets the thread go
 * @ut: State of the thread.
 * @engine: The engine.
 *
 * Return: true when it was the last one: the caller lets go of the lock and
 * calls utrace_wake().
 */
bool __utrace_unhold(struct utrace_task *ut, struct utrace_engine *engine)
{
	lockdep_assert_held(&ut->lock);
	if (!engine->hold)
		return false;
	WRITE_ONCE(engine->hold, 0);
	WRITE_ONCE(ut->holders, ut->holders - 1);
	if (ut->holders)
		return false;
	if (ut->is_stopped)
		strscpy(ut->resumed_by, engine->ops->name, sizeof(ut->resumed_by));
	return true;
}

/**
 * utrace_wake() - let a stopped thread look again whether it may run
 * @ut: State of the thread; or it is in utrace_callback_wait().
 */
void utrace_wake(struct utrace_task *ut)
{
	__wake_up(&ut->stopped, UTRACE_STOPPED | TASK_UNINTERRUPTIBLE, 0, NULL);
}

/* What others are told. Return: whether that is news to them. */
static bool __set_stopped(struct utrace_task *ut, bool stopped)
{
	lockdep_assert_held(&ut->lock);
	if (ut->is_stopped == stopped)
		return false;
	ut->is_stopped = stopped;
	if (stopped) {
		ut->stops++;
		ut->resumed_by[0] = 0;
	} else if (!ut->resumed_by[0]) {
		strscpy(ut->resumed_by, "SIGKILL", sizeof(ut->resumed_by));
	}
	return true;
}

static void announce_stop(struct utrace_task *ut)
{
	wake_up_all(&ut->watchers);
	trace_utrace_stop(ut->task);
}

static void announce_resume(struct utrace_task *ut)
{
	wake_up_all(&ut->watchers);
	trace_utrace_resume(ut->task, ut->resumed_by);
}

/* Holds with a timeout. */

static void stop_timer(struct timer_list *timer)
{
	utrace_wake(container_of(timer, struct utrace_task, stop_timer));
}

void utrace_stop_init(struct utrace_task *ut)
{
	timer_setup(&ut->stop_timer, stop_timer, 0);
}

static void __expire(struct utrace_task *ut, struct utrace_engine *engine)
{
	unsigned long end = engine->held_since + engine->stop_timeout;

	lockdep_assert_held(&ut->lock);
	if (!engine->hold || !engine->stop_timeout)
		return;
	if (time_before(jiffies, end)) {
		if (!timer_pending(&ut->stop_timer) || time_before(end, ut->stop_timer.expires))
			mod_timer(&ut->stop_timer, end);
		return;
	}
	pr_info_ratelimited("%s[%d]: engine %s has held it for %u ms: released\n",
			    ut->task->comm, task_pid_nr(ut->task), engine->ops->name,
			    jiffies_to_msecs(engine->stop_timeout));
	if (__utrace_unhold(ut, engine))
		strscpy(ut->resumed_by, "timeout", sizeof(ut->resumed_by));
}

static void __expire_holds(struct utrace_task *ut)
{
	struct utrace_engine *engine;

	lockdep_assert_held(&ut->lock);
	list_for_each_entry(engine, &ut->attached, entry)
		__expire(ut, engine);
	list_for_each_entry(engine, &ut->attaching, entry)
		__expire(ut, engine);
}

/**
 * utrace_set_stop_timeout() - how long an engine may hold its thread
 * @task: The engine's thread.
 * @engine: The engine.
 * @ms: Milliseconds from when it began to hold it; 0: for ever.
 *
 * When they are over the engine does not hold the thread any more, as if it had
 * asked for UTRACE_RESUME.
 *
 * Context: Any.
 * Return: 0; -ESRCH: detached, or not attached to @task.
 */
int utrace_set_stop_timeout(struct task_struct *task, struct utrace_engine *engine,
			    unsigned int ms)
{
	struct utrace_task *ut = engine->ut;

	if (ut->task != task)
		return -ESRCH;
	scoped_guard(spinlock, &ut->lock) {
		if (engine->state > UTRACE_ENGINE_ATTACHED)
			return -ESRCH;
		engine->stop_timeout = msecs_to_jiffies(ms);
	}
	/* It may be stopped already: let it look. */
	utrace_wake(ut);
	return 0;
}
EXPORT_SYMBOL_GPL(utrace_set_stop_timeout);

/**
 * utrace_get_stop_status() - has the thread stopped, who let it go?
 * @engine: An engine of the thread.
 * @status: Gets the answer.
 *
 * Context: Any.
 */
void utrace_get_stop_status(struct utrace_engine *engine, struct utrace_stop_status *status)
{
	struct utrace_task *ut = engine->ut;

	guard(spinlock)(&ut->lock);
	status->stops = ut->stops;
	status->stopped = ut->is_stopped;
	strscpy(status->resumed_by, ut->resumed_by, sizeof(status->resumed_by));
}
EXPORT_SYMBOL_GPL(utrace_get_stop_status);

/**
 * utrace_stop_waitqueue() - woken when utrace_get_stop_status() changes
 * @engine: An engine of the thread; keep a reference while waiting.
 *
 * For wait_event() or poll_wait(): so a stop can be waited for through a file.
 */
wait_queue_head_t *utrace_stop_waitqueue(struct utrace_engine *engine)
{
	return &engine->ut->watchers;
}
EXPORT_SYMBOL_GPL(utrace_stop_waitqueue);

/*
 * A signal that would kill by default does so in the sender, as a SIGKILL for
 * every thread, unless the thread is ptraced or has it in @real_blocked. A
 * stopped thread takes signals when it runs again.
 */
static sigset_t block_deadly_signals(void)
{
	sigset_t old;

	guard(spinlock_irq)(utrace_own_siglock());
	old = current->real_blocked;
	sigfillset(&current->real_blocked);
	sigdelsetmask(&current->real_blocked, sigmask(SIGKILL) | sigmask(SIGSTOP));
	return old;
}

static void restore_deadly_signals(sigset_t old)
{
	bool pending = test_thread_flag(TIF_SIGPENDING);

	guard(spinlock_irq)(utrace_own_siglock());
	current->real_blocked = old;
	recalc_sigpending();
	/*
	 * The signal may have gone to another thread, or been taken back by a SIGCONT.
	 * But it has interrupted a call, which may be returning -ERESTARTSYS: that
	 * becomes a call again, or an -EINTR, on the way of a signal only.
	 */
	if (pending)
		set_thread_flag(TIF_SIGPENDING);
}

atomic_t utrace_nr_dying_stopped = ATOMIC_INIT(0);

/*
 * Of an init the kernel may drop it for good: sent from inside, it is none. It
 * does not for one that exits; and what it does not drop the thread can see.
 */
static bool may_ignore_sigkill(const struct task_struct *thread)
{
	return utrace_is_init(thread) && !(thread->signal->flags & SIGNAL_GROUP_EXIT) &&
	       !(thread->flags & PF_EXITING);
}

/**
 * utrace_hook_send_signal_locked() - before send_signal_locked(): a SIGKILL
 * @args: The signal, its siginfo, the task, and whether it is for the process.
 *
 * Since 5.17 the kernel drops every signal for a process that exits as a group
 * already, SIGKILL too. A thread that is stopped at EXIT would never know.
 * Called only while there is one; the siglock is held.
 */
void utrace_hook_send_signal_locked(unsigned long *args)
{
	struct task_struct *task = (struct task_struct *)args[2];
	struct task_struct *thread;

	if ((int)args[0] != SIGKILL)
		return;
	guard(rcu)();
	for_each_thread(task, thread) {
		struct utrace_task *ut __free(utrace_task_put) = utrace_task_get(thread);

		if (ut) {
			if (!may_ignore_sigkill(thread))
				WRITE_ONCE(ut->killed, true);
			utrace_wake(ut);
		}
	}
}

static bool may_run(const struct utrace_task *ut)
{
	return !ut->holders || fatal_signal_pending(current) || READ_ONCE(ut->killed);
}

/*
 * Decided and said at once: whoever holds a thread that is said to be stopped
 * takes it that it stays so, and does nothing else to stop it.
 *
 * Return: whether others are told anything else than before.
 */
static bool settle(struct utrace_task *ut, bool *stays)
{
	guard(spinlock)(&ut->lock);
	__expire_holds(ut);
	*stays = !may_run(ut);
	if (!*stays)
		__set_current_state(TASK_RUNNING);
	return __set_stopped(ut, *stays);
}

/* Return: whether it has stopped at all. */
static bool wait_until_let_go(struct utrace_task *ut)
{
	bool stays, news;
	DEFINE_WAIT(wait);

	for (;;) {
		/* prepare_to_wait(), for a state that only we and SIGKILL end. */
		scoped_guard(spinlock_irqsave, &ut->stopped.lock) {
			if (list_empty(&wait.entry))
				__add_wait_queue(&ut->stopped, &wait);
			set_special_state(UTRACE_STOPPED);
		}
		/* Who lets go of us from here on wakes us to look again. */
		news = settle(ut, &stays);
		if (!stays)
			break;
		/* The state is set: everybody can see it. */
		if (news)
			announce_stop(ut);
		schedule();
	}
	finish_wait(&ut->stopped, &wait);
	timer_delete_sync(&ut->stop_timer);
	return news;
}

/**
 * utrace_stop() - stay until no engine holds the thread, or SIGKILL
 * @ut: State of the current thread.
 *
 * Only where user space could be: nothing held, and the freezer must not wait
 * for anybody who waits for us. So not with a child that cannot run yet
 * (CLONE), nor when dead.
 */
void utrace_stop(struct utrace_task *ut)
{
	sigset_t real_blocked = block_deadly_signals();
	bool stopped;

	/* As ptrace_stop(): a stopped task counts as frozen for its cgroup. */
	cgroup_enter_frozen();
	stopped = wait_until_let_go(ut);
	cgroup_leave_frozen(true);
	if (stopped)
		announce_resume(ut);
	restore_deadly_signals(real_blocked);
}

/**
 * utrace_stop_in_report() - the same, in the middle of a report
 * @ut: State of the current thread.
 * @asked: @ut->asked when the pass began in which somebody wanted it stopped.
 *
 * Return: true to report again: somebody asked for that, and SIGKILL did not.
 */
bool utrace_stop_in_report(struct utrace_task *ut, unsigned int asked)
{
	utrace_stop(ut);
	/*
	 * Nobody is left: one that was frozen here may go on when the module is on its
	 * way out, and what is queued now would outlive that.
	 */
	if (!READ_ONCE(ut->events))
		ut->wish = UTRACE_RESUME;
	return !fatal_signal_pending(current) && atomic_read(&ut->asked) != asked;
}

/**
 * utrace_stop_at_exit() - the same, for a thread that is in do_exit()
 * @ut: State of the current thread.
 */
void utrace_stop_at_exit(struct utrace_task *ut)
{
	atomic_inc(&utrace_nr_dying_stopped);
	/* Pairs with redirect(): who sends SIGKILL now comes by our hook. */
	smp_mb__after_atomic();
	utrace_stop(ut);
	atomic_dec(&utrace_nr_dying_stopped);
}

/*
 * By somebody: threads that exit or exec end with their process do not count.
 *
 * Who sends SIGKILL wakes us first, by our hook, and lets go of the siglock when
 * the signal is there. So a thread that goes on because of it makes no more
 * calls, and one whose SIGKILL the kernel has dropped, being init, waits on.
 */
static bool is_killed(struct utrace_task *ut)
{
	const struct signal_struct *signal = current->signal;

	guard(spinlock_irq)(utrace_own_siglock());
	return ut->killed || (signal->flags & SIGNAL_GROUP_EXIT &&
			      (signal->group_exit_code & 0x7f) == SIGKILL);
}

/* The queue may be one whose users wake other states: this one is ours. */
static int wake_stopped(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	return default_wake_function(entry, UTRACE_STOPPED, flags, key);
}

static int wait_in_callback(struct utrace_task *ut, wait_queue_head_t *queue,
			    bool (*done)(void *data), void *data,
			    bool (*is_dying)(struct utrace_task *ut),
			    unsigned int state, unsigned long timeout)
{
	unsigned long end = jiffies + timeout;
	bool timed = timeout != MAX_SCHEDULE_TIMEOUT;
	/* By the timer, and by SIGKILL where the state alone does not see to that. */
	bool woken_by_us = timed || !(state & TASK_WAKEKILL);
	DEFINE_WAIT_FUNC(answer, wake_stopped);
	DEFINE_WAIT_FUNC(other, wake_stopped);
	bool is_done;

	add_wait_queue(queue, &answer);
	if (woken_by_us)
		add_wait_queue(&ut->stopped, &other);
	cgroup_enter_frozen();
	if (timed)
		mod_timer(&ut->stop_timer, end);
	for (;;) {
		/* Unsafe to lockdep only, for which the callback is a lock. */
		set_special_state(state | __TASK_FREEZABLE_UNSAFE);
		is_done = done(data);
		if (is_done || is_dying(ut) || (timed && time_after_eq(jiffies, end)))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	if (timed)
		timer_delete_sync(&ut->stop_timer);
	cgroup_leave_frozen(true);
	if (woken_by_us)
		remove_wait_queue(&ut->stopped, &other);
	remove_wait_queue(queue, &answer);
	if (is_done)
		return 0;
	return is_dying(ut) ? -EINTR : -ETIME;
}

/**
 * utrace_callback_wait() - in a callback: wait for another process, dying or not
 * @queue: Woken when @done may have changed its mind.
 * @done: What is waited for; called with no lock held, does not sleep.
 * @data: Its argument.
 * @timeout: In jiffies; MAX_SCHEDULE_TIMEOUT: for ever.
 *
 * For what cannot be done after the callback, or in a callback in which a
 * thread does not stop; a thread that exits can wait, too. Meanwhile it shows
 * as a tracing stop and counts as frozen, and neither for the load average nor
 * as hung. Not in report_clone(), where the freezer would wait for a child that
 * cannot run yet.
 *
 * Context: A callback; sleeps.
 * Return: 0; -ETIME; -EINTR: somebody has sent the process a SIGKILL.
 */
int utrace_callback_wait(wait_queue_head_t *queue, bool (*done)(void *data), void *data,
			 unsigned long timeout)
{
	struct utrace_task *ut = utrace_task_current();
	int err;

	atomic_inc(&utrace_nr_dying_stopped);
	/* Pairs with redirect(): who sends SIGKILL now comes by our hook. */
	smp_mb__after_atomic();
	/* A SIGKILL that is pending would not let it sleep, and may be one of exit or exec. */
	err = wait_in_callback(ut, queue, done, data, is_killed, __TASK_TRACED, timeout);
	atomic_dec(&utrace_nr_dying_stopped);
	return err;
}
EXPORT_SYMBOL_GPL(utrace_callback_wait);

static bool is_dying(struct utrace_task *ut)
{
	return fatal_signal_pending(current);
}

/**
 * utrace_callback_stop() - in a callback: stay until somebody decides
 * @queue: As for utrace_callback_wait().
 * @done: As for utrace_callback_wait().
 * @data: As for utrace_callback_wait().
 * @timeout: As for utrace_callback_wait().
 *
 * The same for a thread that runs. Signals, deadly ones too, are taken when it
 * goes on; it goes on when it is to die: by SIGKILL, or because its process exits
 * or execs. So not at EXIT, where it may be dying already. @done is asked again when
 * the process is continued by SIGCONT, too. Who is told meanwhile to have the thread
 * step answers so, or the system call that it is in the middle of is no step.
 *
 * UTRACE_STOP stops a thread when all engines have had their report. This stops
 * it between two of them: the next is told what has become of the event.
 *
 * Context: A callback; sleeps.
 * Return: 0; -ETIME; -EINTR: the thread is to die.
 */
int utrace_callback_stop(wait_queue_head_t *queue, bool (*done)(void *data), void *data,
			 unsigned long timeout)
{
	struct utrace_task *ut = utrace_task_current();
	sigset_t real_blocked = block_deadly_signals();
	int err;

	/* A stop is none of the callback's time: not for the watchdog, nor in the list. */
	scoped_guard(spinlock, &ut->lock)
		ut->told = true;
	/* In the state in which prepare_signal() looks for those that a SIGCONT is for. */
	err = wait_in_callback(ut, queue, done, data, is_dying, UTRACE_STOPPED | __TASK_STOPPED,
			       timeout);
	WRITE_ONCE(ut->reporting_since, jiffies);
	scoped_guard(spinlock, &ut->lock)
		ut->told = false;
	restore_deadly_signals(real_blocked);
	return err;
}
EXPORT_SYMBOL_GPL(utrace_callback_stop);
