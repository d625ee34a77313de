// SPDX-License-Identifier: GPL-2.0
/*
 * SIGNAL, SIGNAL_IGN, SIGNAL_STOP, SIGNAL_TERM, SIGNAL_CORE: a signal is about
 * to have its effect. SIGNAL_REPORT, SIGNAL_HANDLER: around it.
 *
 * get_signal() takes a signal by dequeue_signal(); there we drop the siglock,
 * report, take it again, and give get_signal() what engines made of the signal:
 * as ptrace_signal() does, a few lines further on. All that follows, a ptracer
 * included, is the kernel's own. Two kinds never come there:
 *
 * Synchronous signals (faults) are taken before, by a function that cannot be
 * hooked. We take them when get_signal() begins, and hand them out. What is left
 * when a handler is set up goes back: what the program may do there, block and
 * look, the kernel only knows of what is in its queues.
 *
 * Signals that are ignored, or kill by default, have their effect in whoever
 * sends them: signal_send.c sees to it that they come here.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/tty.h>
#include <linux/uprobes.h>
#include "core.h"
#include "hooks.h"
#include "report.h"

/* The kernel has the same set for itself. */
#define SYNCHRONOUS	(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | \
			 sigmask(SIGTRAP) | sigmask(SIGFPE) | sigmask(SIGSYS))

static struct k_sigaction *own_action(int signo)
{
	return &unrcu_pointer(current->sighand)->action[signo - 1];
}

static enum utrace_signal_action natural_action(int signo)
{
	lockdep_assert_held(utrace_own_siglock());
	return utrace_signal_natural_action(signo, own_action(signo)->sa.sa_handler,
					    utrace_is_init(current));
}

/* The kernel takes the handler from the table; the program's own is put back. */
static void __swap_handler(struct utrace_task *ut, int signo, const struct k_sigaction *handler)
{
	lockdep_assert_held(utrace_own_siglock());
	ut->program_handler = *own_action(signo);
	ut->swapped_signo = signo;
	*own_action(signo) = *handler;
	/* Or the kernel would write to the table, too. */
	own_action(signo)->sa.sa_flags &= ~SA_ONESHOT;
}

static void __restore_handler(struct utrace_task *ut)
{
	lockdep_assert_held(utrace_own_siglock());
	if (ut->swapped_signo)
		*own_action(ut->swapped_signo) = ut->program_handler;
	ut->swapped_signo = 0;
}

/* In the thread: the signals that it takes next. */

static void __push(struct utrace_task *ut, const struct utrace_taken *taken)
{
	lockdep_assert_held(utrace_own_siglock());
	if (WARN_ON_ONCE(ut->nr_taken == UTRACE_MAX_TAKEN))
		return;
	ut->taken[ut->nr_taken++] = *taken;
	/* Without it get_signal() would not look. */
	set_thread_flag(TIF_SIGPENDING);
}

static int __pop(struct utrace_task *ut, unsigned int *decided, kernel_siginfo_t *info)
{
	const struct utrace_taken *first = &ut->taken[0];

	lockdep_assert_held(utrace_own_siglock());
	if (!ut->nr_taken)
		return 0;
	*decided = first->decided;
	copy_siginfo(info, &first->info);
	if (first->has_handler)
		__swap_handler(ut, info->si_signo, &first->handler);
	ut->nr_taken--;
	memmove(&ut->taken[0], &ut->taken[1], ut->nr_taken * sizeof(ut->taken[0]));
	return info->si_signo;
}

static unsigned long synchronous_pending(void)
{
	return current->pending.signal.sig[0] & ~current->blocked.sig[0] & SYNCHRONOUS;
}

/* While it steps over a uprobe the thread takes no signal, and it looks again itself. */
static bool in_uprobe(void)
{
#ifdef CONFIG_UPROBES
	return current->utask && current->utask->active_uprobe;
#else
	return false;
#endif
}

static int dequeue(sigset_t *mask, kernel_siginfo_t *info, enum pid_type *type)
{
	return utrace_body_dequeue_signal(DEQUEUE_SIGNAL_ARGUMENTS(mask, info, type));
}

static void take_synchronous(struct utrace_task *ut)
{
	struct utrace_taken taken = { };
	enum pid_type type;
	sigset_t others;

	guard(spinlock_irq)(utrace_own_siglock());
	while (synchronous_pending() && ut->nr_taken < UTRACE_MAX_TAKEN) {
		sigfillset(&others);
		others.sig[0] &= ~synchronous_pending();
		clear_siginfo(&taken.info);
		if (dequeue(&others, &taken.info, &type))
			__push(ut, &taken);
	}
	if (ut->nr_taken)
		set_thread_flag(TIF_SIGPENDING);
}

/**
 * utrace_signals_put_back() - give a thread back what we have taken for it
 * @ut: State of the current thread; of any, when the module is on its way out.
 */
void utrace_signals_put_back(struct utrace_task *ut)
{
	unsigned int i;

	for (i = 0; i < ut->nr_taken; i++)
		send_sig_info(ut->taken[i].info.si_signo, (void *)&ut->taken[i].info, ut->task);
	ut->nr_taken = 0;
}

static bool is_step_trap(int signo, int code)
{
	return signo == SIGTRAP && (code == TRAP_TRACE || code == TRAP_BRKPT);
}

/**
 * utrace_hook_force_sig_fault() - before force_sig_fault(): the step is made
 * @args: The signal, its code, the address.
 *
 * Whether the trap is of a step for engines is decided here: they may be gone
 * when it is taken. And a signal that is forced is neither ignored nor blocked
 * any more, which a program that is stepped must not notice.
 */
void utrace_hook_force_sig_fault(unsigned long *args)
{
	struct utrace_task *ut = utrace_task_current();

	if (!ut || !ut->stepping || !is_step_trap(args[0], args[1]))
		return;
	guard(spinlock_irqsave)(utrace_own_siglock());
	ut->own_trap = true;
	ut->trap_blocked = sigismember(&current->blocked, SIGTRAP);
	ut->trap_action = *own_action(SIGTRAP);
}

/* The trap is taken: to the program it never was. */
static void __forget_trap(struct utrace_task *ut)
{
	lockdep_assert_held(utrace_own_siglock());
	ut->own_trap = false;
	if (ut->trap_blocked)
		sigaddset(&current->blocked, SIGTRAP);
	if (own_action(SIGTRAP)->sa.sa_handler == SIG_DFL)
		*own_action(SIGTRAP) = ut->trap_action;
}

/* One pass or, when the thread is stopped and somebody wants to look again, more. */
static void report(struct utrace_task *ut, struct utrace_signal *signal)
{
	enum utrace_resume_action action;
	struct utrace_engine *engine;
	unsigned int asked;

	ut->wish = UTRACE_RESUME;
	for (;;) {
		asked = atomic_read(&ut->asked);
		action = utrace_begin_report(ut);
		utrace_report_each(ut, action, engine, signal->event, report_signal, signal);
		if (action != UTRACE_STOP || !utrace_stop_in_report(ut, asked))
			break;
		signal->resumed = true;
	}
	action = ut->wish;
	/* An engine that always answers INTERRUPT must not keep the thread here. */
	utrace_finish_report(ut, action == UTRACE_INTERRUPT ? UTRACE_REPORT : action);
}

/* What the engines left, as the kernel needs it. */
static unsigned int decide(const struct utrace_signal *signal)
{
	return utrace_signal_decide(signal->info.si_signo, signal->natural, signal->action);
}

/* At SIGNAL_REPORT there is no signal but by utrace_signal_replace(). */
static bool has_handler(const struct utrace_signal *signal, unsigned int decided)
{
	int signo = signal->info.si_signo;

	return signal->has_handler && decided && decided == signo && signo != SIGKILL;
}

static bool goes_nowhere(const struct utrace_signal *signal)
{
	return signal->action == UTRACE_SIGNAL_TSTP && signal->natural != UTRACE_SIGNAL_TSTP &&
	       is_current_pgrp_orphaned();
}

/*
 * As ptrace_signal() before it asks: without the flag a signal stops nobody, and a
 * SIGCONT that comes meanwhile clears it.
 */
static void __let_stop(void)
{
	lockdep_assert_held(utrace_own_siglock());
	current->jobctl |= JOBCTL_STOP_DEQUEUED;
}

/* The siglock is held, and dropped for the report. */
static unsigned int report_taken(struct utrace_task *ut, int signo, kernel_siginfo_t *info,
				 bool *held)
{
	bool own_step = ut->own_trap && is_step_trap(signo, info->si_code);
	struct utrace_signal signal = { };
	unsigned int decided;

	if (own_step)
		__forget_trap(ut);
	signal.natural = natural_action(signo);
	signal.event = utrace_signal_event_of(signal.natural);
	signal.action = own_step ? UTRACE_SIGNAL_IGN : signal.natural;
	if (!own_step && !(READ_ONCE(ut->events) & signal.event))
		return signo;
	if (own_action(signo)->sa.sa_flags & SA_IMMUTABLE)
		return signo;

	copy_siginfo(&signal.info, info);
	__let_stop();
	spin_unlock_irq(utrace_own_siglock());
	utrace_text_enter();
	if (own_step)
		utrace_step_end(ut);
	if (READ_ONCE(ut->events) & signal.event)
		report(ut, &signal);
	if (goes_nowhere(&signal))
		signal.action = UTRACE_SIGNAL_IGN;
	if (signal.hold)
		*held = !send_sig_info(signal.info.si_signo, (void *)&signal.info, current);
	utrace_text_leave();
	spin_lock_irq(utrace_own_siglock());

	decided = decide(&signal);
	if (has_handler(&signal, decided))
		__swap_handler(ut, decided, &signal.handler);
	copy_siginfo(info, &signal.info);
	return decided;
}

/* Return: what get_signal() is given, 0 for nothing. The siglock is held. */
static int give(struct utrace_task *ut, unsigned int decided, int taken, kernel_siginfo_t *info)
{
	int signo = decided & ~UTRACE_SIGNAL_BY_DEFAULT;

	if (!signo)
		return 0;
	if (decided & UTRACE_SIGNAL_BY_DEFAULT) {
		/* As when the kernel forces a signal: the process ends by it, and now. */
		if (utrace_is_init(current))
			return 0;
		own_action(signo)->sa.sa_handler = SIG_DFL;
		sigdelset(&current->blocked, signo);
	}
	if (signo != info->si_signo) {
		clear_siginfo(info);
		info->si_signo = signo;
		info->si_code = SI_KERNEL;
	}
	/* Another one than was taken may be blocked: then it waits, as after ptrace. */
	if (signo != taken && sigismember(&current->blocked, signo)) {
		__restore_handler(ut);
		spin_unlock_irq(utrace_own_siglock());
		send_sig_info(signo, (void *)info, current);
		spin_lock_irq(utrace_own_siglock());
		return 0;
	}
	return signo;
}

/* Threads of the kernel that run as a user's take signals for themselves. */
static struct utrace_task *traced_taker(void)
{
	if (current->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER))
		return NULL;
	return utrace_task_current();
}

/*
 * In place of dequeue_signal(): a signal is taken. Which parameters that has
 * depends on the kernel: the set of blocked signals, where to put the signal and
 * the queue that it comes from. The siglock is held.
 *
 * Return: the signal; 0: there is none.
 */
int utrace_hook_dequeue_signal(DEQUEUE_SIGNAL_PARAMETERS)
{
	struct utrace_task *ut = traced_taker();
	unsigned int decided;
	bool held = false;
	int taken, signo;

	/* signalfd(2) and sigtimedwait(2) come with masks of their own. */
	if (!ut || mask != &current->blocked)
		return dequeue(mask, info, type);

	__restore_handler(ut);
	if (unlikely(ut->jctl_stopped))
		utrace_report_continued(ut);
	do {
		decided = 0;
		taken = __pop(ut, &decided, info);
		if (taken)
			*type = PIDTYPE_PID;
		else
			taken = dequeue(mask, info, type);
		if (!taken || taken == SIGKILL)
			return taken;
		/* What is made up was in no queue, and goes to one if it is blocked. */
		if (decided)
			taken = 0;
		else
			decided = report_taken(ut, taken, info, &held);
		/* There is only one signal left, and get_signal() looks for it itself. */
		if (fatal_signal_pending(current))
			return 0;
		signo = give(ut, decided, taken, info);
		/*
		 * What is held comes again at once: not here, where neither a
		 * task_work nor the freezer is looked after. The thread looks for
		 * signals until there is none.
		 */
	} while (!signo && !held);
	return signo;
}

/* SIGNAL_REPORT: a signal may be made up. */
static void report_request(struct utrace_task *ut)
{
	struct utrace_signal signal = {
		.event = UTRACE_EVENT(SIGNAL_REPORT),
		.natural = UTRACE_SIGNAL_IGN,
		.action = UTRACE_SIGNAL_IGN,
	};
	struct utrace_taken made = { };

	if (!(READ_ONCE(ut->events) & UTRACE_EVENT(SIGNAL_REPORT)))
		return;
	clear_siginfo(&signal.info);
	scoped_guard(spinlock_irq, utrace_own_siglock())
		__let_stop();
	report(ut, &signal);
	if (goes_nowhere(&signal) || fatal_signal_pending(current))
		return;

	made.decided = decide(&signal);
	made.has_handler = has_handler(&signal, made.decided);
	made.handler = signal.handler;
	copy_siginfo(&made.info, &signal.info);
	guard(spinlock_irq)(utrace_own_siglock());
	if (made.decided && ut->nr_taken < UTRACE_MAX_TAKEN)
		__push(ut, &made);
}

/**
 * utrace_hook_get_signal() - before get_signal(): on the way to user mode
 * @args: struct ksignal.
 */
void utrace_hook_get_signal(unsigned long *args)
{
	struct utrace_task *ut = traced_taker();

	if (!ut)
		return;
	if (READ_ONCE(ut->interrupted)) {
		utrace_text_enter();
		WRITE_ONCE(ut->interrupted, false);
		utrace_quiesce(ut);
		report_request(ut);
		utrace_text_leave();
	}
	if (unlikely(ut->nr_taken || synchronous_pending()) && !in_uprobe() &&
	    (ut->nr_taken || ut->own_trap || READ_ONCE(ut->events) & UTRACE_EVENT_SIGNAL_ALL))
		take_synchronous(ut);
}

static void report_handler(struct utrace_task *ut, const struct ksignal *ksig)
{
	struct utrace_signal signal = {
		.event = UTRACE_EVENT(SIGNAL_HANDLER),
		.action = UTRACE_SIGNAL_DELIVER,
		.handler = ksig->ka,
	};
	enum utrace_resume_action action;
	struct utrace_engine *engine;

	copy_siginfo(&signal.info, &ksig->info);
	action = utrace_begin_report(ut);
	utrace_report_each(ut, action, engine, signal.event, report_signal, &signal);
	utrace_finish_report(ut, action);
}

/**
 * utrace_hook_signal_setup_done() - before signal_setup_done(): the frame is there
 * @args: Whether that failed, struct ksignal, whether the thread was stepping.
 */
void utrace_hook_signal_setup_done(unsigned long *args)
{
	const struct ksignal *ksig = (const struct ksignal *)args[1];
	struct utrace_task *ut = traced_taker();

	if (!ut)
		return;
	if (unlikely(ut->swapped_signo)) {
		guard(spinlock_irq)(utrace_own_siglock());
		__restore_handler(ut);
	}
	utrace_text_enter();
	if (unlikely(ut->nr_taken))
		utrace_signals_put_back(ut);
	if (unlikely(ut->step_interrupted)) {
		/* That was for us; the kernel would tell a ptracer. */
		args[2] = 0;
		ut->step_interrupted = false;
		if (READ_ONCE(ut->events) & UTRACE_EVENT(SIGNAL_HANDLER))
			utrace_step_end(ut);
		else
			utrace_queue_arm(ut);
	}
	if (!(int)args[0] && READ_ONCE(ut->events) & UTRACE_EVENT(SIGNAL_HANDLER))
		report_handler(ut, ksig);
	utrace_text_leave();
}

/**
 * utrace_signal_replace() - another signal in its place
 * @signal: The signal, or at SIGNAL_REPORT none.
 * @info: The new one; its number is 1 to _NSIG, or this does nothing but warn.
 *	Does what the program has set up for it; change that afterwards with
 *	utrace_signal_set_action(). If it is blocked it waits, as any other.
 */
void utrace_signal_replace(struct utrace_signal *signal, const kernel_siginfo_t *info)
{
	if (info->si_signo < 1 || info->si_signo > _NSIG) {
		pr_warn_ratelimited("an engine made up signal %d, which is none\n", info->si_signo);
		return;
	}
	copy_siginfo(&signal->info, info);
	signal->has_handler = false;
	guard(spinlock_irq)(utrace_own_siglock());
	signal->natural = natural_action(info->si_signo);
	signal->action = signal->natural;
}
EXPORT_SYMBOL_GPL(utrace_signal_replace);
