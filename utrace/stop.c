// SPDX-License-Identifier: GPL-2.0
/*
 * Where a thread waits, and what wakes it: the last engine that lets go, or
 * SIGKILL, always.
 */
#include <linux/cgroup.h>
#include <linux/sched/signal.h>
#include "core.h"
#include "hooks.h"

/*
 * A tracing stop for ps(1), the freezer, the load average and the hung task
 * detector, but not one of ptrace: without JOBCTL_TRACED nobody there takes
 * the thread for his.
 */
#define UTRACE_STOPPED	(TASK_WAKEKILL | __TASK_TRACED)

/**
 * __utrace_hold() - an engine holds the thread
 * @ut: State of the thread.
 * @engine: The engine.
 */
void __utrace_hold(struct utrace_task *ut, struct utrace_engine *engine)
{
	lockdep_assert_held(&ut->lock);
	if (!engine->hold)
		WRITE_ONCE(ut->holders, ut->holders + 1);
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
	return !ut->holders;
}

/**
 * utrace_wake() - let a stopped thread look again whether it may run
 * @ut: State of the thread.
 */
void utrace_wake(struct utrace_task *ut)
{
	__wake_up(&ut->stopped, UTRACE_STOPPED, 0, NULL);
}

static void set_is_stopped(struct utrace_task *ut, bool is_stopped)
{
	guard(spinlock)(&ut->lock);
	ut->is_stopped = is_stopped;
}

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
	guard(spinlock_irq)(utrace_own_siglock());
	current->real_blocked = old;
	recalc_sigpending();
}

atomic_t utrace_nr_dying_stopped = ATOMIC_INIT(0);

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
			WRITE_ONCE(ut->killed, true);
			utrace_wake(ut);
		}
	}
}

static bool may_run(const struct utrace_task *ut)
{
	return !READ_ONCE(ut->holders) || fatal_signal_pending(current) ||
	       READ_ONCE(ut->killed);
}

static void wait_until_let_go(struct utrace_task *ut)
{
	DEFINE_WAIT(wait);

	for (;;) {
		/* prepare_to_wait(), for a state that only we and SIGKILL end. */
		scoped_guard(spinlock_irqsave, &ut->stopped.lock) {
			if (list_empty(&wait.entry))
				__add_wait_queue(&ut->stopped, &wait);
			set_special_state(UTRACE_STOPPED);
		}
		if (may_run(ut))
			break;
		schedule();
	}
	finish_wait(&ut->stopped, &wait);
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

	set_is_stopped(ut, true);
	/* As ptrace_stop(): a stopped task counts as frozen for its cgroup. */
	cgroup_enter_frozen();
	wait_until_let_go(ut);
	cgroup_leave_frozen(true);
	set_is_stopped(ut, false);
	restore_deadly_signals(real_blocked);
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
