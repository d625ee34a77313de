// SPDX-License-Identifier: GPL-2.0
/*
 * A tracee stops for a tracer, and goes on when none of them holds it.
 *
 * It sleeps in the callback of the link that it stops for, by
 * utrace_callback_stop(): links are told of an event one after the other, each of
 * what those before it made of it. While it sleeps anyway, others that want it
 * stopped have it so at once (PTRACE_INTERRUPT, PTRACE_ATTACH), in the same sleep.
 *
 * A stop of the process (SIGSTOP) is the kernel's own: the tracee is told of
 * as stopped, then sleeps there. Whoever resumes it takes it out, as
 * ptrace(2) does; a SIGCONT brings it into a callback, where it waits for those
 * that have not resumed it.
 */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>
#include "ptrace.h"

/**
 * pt_group_stop() - is the process of a task stopped, or stopping?
 * @task: The task.
 */
bool pt_group_stop(const struct task_struct *task)
{
	return READ_ONCE(task->signal->flags) & SIGNAL_STOP_STOPPED ||
	       READ_ONCE(task->signal->group_stop_count);
}

/**
 * pt_group_stop_signal() - by which signal?
 * @task: The task.
 */
int pt_group_stop_signal(const struct task_struct *task)
{
	return READ_ONCE(task->jobctl) & JOBCTL_STOP_SIGMASK ?: SIGSTOP;
}

/* The siglock of a task that may be another; NULL: it is released. */
static struct sighand_struct *lock_sighand(struct task_struct *task)
	__acquires(&task->sighand->siglock)
{
	struct sighand_struct *sighand;

	guard(rcu)();
	for (;;) {
		sighand = rcu_dereference(task->sighand);
		if (!sighand)
			return NULL;
		spin_lock_irq(&sighand->siglock);
		if (likely(sighand == rcu_access_pointer(task->sighand)))
			return sighand;
		spin_unlock_irq(&sighand->siglock);
	}
}

static bool in_kernels_stop(struct task_struct *task)
{
	struct sighand_struct *sighand = lock_sighand(task);
	bool stopped;

	if (!sighand)
		return false;
	/* Who passes our hook without a report, as yet without events, is stopped here. */
	stopped = task->jobctl & JOBCTL_STOPPED;
	spin_unlock_irq(&sighand->siglock);
	return stopped;
}

/**
 * pt_leave_group_stop() - a task runs though its process is stopped
 * @task: The task; need not be stopped.
 */
void pt_leave_group_stop(struct task_struct *task)
{
	struct sighand_struct *sighand;

	if (!(READ_ONCE(task->jobctl) & JOBCTL_STOPPED))
		return;
	sighand = lock_sighand(task);
	if (!sighand)
		return;
	if (task->jobctl & JOBCTL_STOPPED) {
		task->jobctl &= ~JOBCTL_STOPPED;
		wake_up_state(task, __TASK_STOPPED);
	}
	spin_unlock_irq(&sighand->siglock);
}

/**
 * pt_rejoin_group_stop() - nobody traces a task any more: it stops as its process
 * @task: The task; may run, sleep, or be about to leave a stop of ours.
 *
 * As __ptrace_unlink(). A ptracer of the kernel's has it run as he likes.
 */
void pt_rejoin_group_stop(struct task_struct *task)
{
	struct sighand_struct *sighand = lock_sighand(task);

	if (!sighand)
		return;
	if (pt_group_stop(task) && !task->ptrace && !(task->flags & PF_EXITING) &&
	    !(task->jobctl & JOBCTL_STOPPED)) {
		task->jobctl |= JOBCTL_STOP_PENDING | pt_group_stop_signal(task);
		set_tsk_thread_flag(task, TIF_SIGPENDING);
		if (!wake_up_state(task, TASK_INTERRUPTIBLE))
			kick_process(task);
	}
	spin_unlock_irq(&sighand->siglock);
}

/** pt_wake() - a tracee that is parked looks whether it is held */
void pt_wake(struct pt_tracee *tracee)
{
	wake_up_all(&tracee->wait);
}

/* Telling the tracer. */

/* Return: false: it wants no SIGCHLD of that kind. */
static bool wants_signal(struct task_struct *thread, int why)
{
	struct sighand_struct *sighand;
	const struct sigaction *sa;

	guard(rcu)();
	sighand = rcu_dereference(thread->sighand);
	if (!sighand)
		return false;
	sa = &sighand->action[SIGCHLD - 1].sa;
	return READ_ONCE(sa->sa_handler) != SIG_IGN &&
	       !((why == CLD_TRAPPED || why == CLD_STOPPED) &&
		 READ_ONCE(sa->sa_flags) & SA_NOCLDSTOP);
}

/**
 * pt_tell() - tell a tracer that there is something to wait for
 * @link: Whose. First there is, then it is told.
 * @why: CLD_*; 0: it only looks.
 * @status: Of that.
 */
void pt_tell(const struct pt_link *link, int why, int status)
{
	struct task_struct *thread = link->thread;
	kernel_siginfo_t info;

	if (why && wants_signal(thread, why)) {
		clear_siginfo(&info);
		info.si_signo = SIGCHLD;
		info.si_code = why;
		info.si_status = status;
		scoped_guard(spinlock, &link->tracer->lock)
			info.si_pid = pt_nr_for(link, link->pid);
		scoped_guard(rcu)
			info.si_uid = from_kuid_munged(task_cred_xxx(thread, user_ns),
						       task_uid(link->tracee->task));
		do_send_sig_info(SIGCHLD, &info, thread, PIDTYPE_TGID);
	}
	__wake_up_sync_key(&thread->signal->wait_chldexit, TASK_INTERRUPTIBLE,
			   link->tracee->task);
}

static struct pt_link *get_untold(struct pt_tracee *tracee)
{
	struct pt_link *link;

	guard(spinlock)(&tracee->lock);
	list_for_each_entry(link, &tracee->links, of_tracee)
		if (link->to_tell) {
			link->to_tell = false;
			refcount_inc(&link->refs);
			return link;
		}
	return NULL;
}

static void tell_all(struct pt_tracee *tracee)
{
	struct pt_link *link;

	while ((link = get_untold(tracee))) {
		/* As do_jobctl_trap(), or ptrace_stop() for anything else. */
		if (link->in_group_stop || link->code >> 8 == PTRACE_EVENT_STOP)
			pt_tell(link, CLD_STOPPED,
				READ_ONCE(tracee->task->signal->group_exit_code) & 0x7f);
		else
			pt_tell(link, CLD_TRAPPED, link->code & 0x7f);
		pt_link_put(link);
	}
}

/* The state of a link. */

static void __set_info(struct pt_link *link, const struct pt_event *event)
{
	struct task_struct *task = link->tracee->task;

	if (event->info) {
		copy_siginfo(&link->info, event->info);
		return;
	}
	clear_siginfo(&link->info);
	/* But for a stop of the process, which has its own, a SIGTRAP. */
	link->info.si_signo = event->code & 0x7f;
	link->info.si_code = event->code;
	link->info.si_pid = task_pid_nr_ns(task, task_active_pid_ns(task));
	scoped_guard(rcu)
		link->info.si_uid = from_kuid_munged(task_cred_xxx(task, user_ns), task_uid(task));
}

static void __stop(struct pt_link *link, const struct pt_event *event)
{
	lockdep_assert_held(&link->tracee->lock);
	if (list_empty(&link->of_tracee)) {
		link->signal = PT_UNCHANGED;
		return;
	}
	link->stopped = true;
	link->listening = false;
	link->in_group_stop = event->group;
	link->to_tell = true;
	/* For an interrupt any stop will do; ATTACH is a signal, which is yet to come. */
	if (link->seized || event->group)
		link->due &= ~PT_DUE_STOP;
	link->code = event->code;
	link->op = event->op;
	link->message = event->message;
	/* Not of a stop of the process, by which PTRACE_ATTACH tells that from a signal. */
	link->has_info = link->seized || !event->group;
	link->info_changed = false;
	link->signal = 0;
	__set_info(link, event);

	guard(spinlock)(&link->tracer->lock);
	link->status = link->code << 8 | 0x7f;
	if (!list_empty(&link->of_tracer))
		list_move_tail(&link->pending, &link->tracer->pending);
}

static void __unstop(struct pt_link *link)
{
	lockdep_assert_held(&link->tracee->lock);
	link->stopped = false;
	link->listening = false;
	guard(spinlock)(&link->tracer->lock);
	if (!link->exited)
		list_del_init(&link->pending);
}

/**
 * pt_asked_stop() - what PTRACE_ATTACH and PTRACE_INTERRUPT have the tracee stop for
 * @link: The link.
 * @info: Room for the signal; it is used as long as what is returned.
 */
struct pt_event pt_asked_stop(const struct pt_link *link, kernel_siginfo_t *info)
{
	const struct task_struct *task = link->tracee->task;
	struct pt_event event = { .code = SIGSTOP, .info = info };

	if (link->seized) {
		event.group = pt_group_stop(task);
		event.code = PT_EVENT_CODE(PTRACE_EVENT_STOP, event.group ?
					   pt_group_stop_signal(task) : SIGTRAP);
		event.info = NULL;
		return event;
	}
	clear_siginfo(info);
	info->si_signo = SIGSTOP;
	info->si_code = SI_USER;
	return event;
}

static void __stop_as_asked(struct pt_link *link)
{
	kernel_siginfo_t info;
	struct pt_event event = pt_asked_stop(link, &info);

	link->due &= ~PT_DUE_STOP;
	__stop(link, &event);
}

/* The process has been continued since it began to listen. */
static bool is_over(const struct pt_link *link)
{
	return link->listening && link->in_group_stop && !pt_group_stop(link->tracee->task);
}

/* In the tracee: a stop of its own. */

struct stopping {
	struct pt_link *link;
	const struct pt_event *event;
	bool begun;
};

/* Those that need not wait for their turn. Return: there were any. */
static bool __settle(struct pt_tracee *tracee, bool begun)
{
	struct pt_link *link;
	bool any = false;

	lockdep_assert_held(&tracee->lock);
	list_for_each_entry(link, &tracee->links, of_tracee)
		if (is_over(link) || (!begun && !link->stopped && link->due & PT_DUE_STOP)) {
			__stop_as_asked(link);
			any = true;
		}
	return any;
}

/* Who sends a SIGCONT wakes us first, and then says so; both under the siglock. */
static void see_continued(void)
{
	if (!pt_group_stop(current))
		return;
	guard(spinlock_irq)(&unrcu_pointer(current->sighand)->siglock);
}

/* Called with the state of a sleeper: who is told can look into it soon. */
static bool may_go_on(void *data)
{
	struct stopping *stopping = data;
	struct pt_tracee *tracee = stopping->link->tracee;
	bool tell = !stopping->begun, held;

	see_continued();
	scoped_guard(spinlock, &tracee->lock) {
		if (!stopping->begun && stopping->event)
			__stop(stopping->link, stopping->event);
		tell |= __settle(tracee, stopping->begun);
		stopping->begun = true;
		held = __pt_held(tracee);
		tracee->parked = held;
	}
	if (tell)
		tell_all(tracee);
	return !held;
}

static void unstop_all(struct pt_tracee *tracee)
{
	struct pt_link *link;

	guard(spinlock)(&tracee->lock);
	tracee->parked = false;
	list_for_each_entry(link, &tracee->links, of_tracee)
		__unstop(link);
}

/* Who looks into it has looked. */
static void drain(struct pt_tracee *tracee)
{
	/* Pairs with the lock under which pt_examine() and others see it stopped. */
	if (unlikely(READ_ONCE(tracee->busy)))
		wait_event(tracee->wait, !READ_ONCE(tracee->busy));
}

static bool park(struct pt_link *link, const struct pt_event *event, bool exits)
{
	struct stopping stopping = { .link = link, .event = event };
	struct pt_tracee *tracee = link->tracee;
	int err;

	if (exits)
		err = utrace_callback_wait(&tracee->wait, may_go_on, &stopping,
					   MAX_SCHEDULE_TIMEOUT);
	else
		err = utrace_callback_stop(&tracee->wait, may_go_on, &stopping,
					   MAX_SCHEDULE_TIMEOUT);
	if (err)
		unstop_all(tracee);
	drain(tracee);
	return !err;
}

/**
 * pt_stop() - stop for a tracer
 * @link: Its link; in a callback of its engine.
 * @event: Why.
 *
 * Return: false: the tracee is to die.
 */
bool pt_stop(struct pt_link *link, const struct pt_event *event)
{
	if (fatal_signal_pending(current))
		return false;
	return park(link, event, false);
}

/**
 * pt_stop_at_exit() - the same, for a tracee that exits
 * @link: The link.
 * @event: Why.
 */
bool pt_stop_at_exit(struct pt_link *link, const struct pt_event *event)
{
	return park(link, event, true);
}

/**
 * pt_leave_stop() - a tracee exits, wherever it was stopped
 * @link: A link of current.
 */
void pt_leave_stop(struct pt_link *link)
{
	scoped_guard(spinlock, &link->tracee->lock)
		__unstop(link);
	drain(link->tracee);
}

/**
 * pt_settle() - what is left of a stop of the process
 * @link: A link of current, which is in a callback.
 *
 * The tracee has been continued; it goes on when its tracer has resumed it, too.
 */
void pt_settle(struct pt_link *link)
{
	if (unlikely(READ_ONCE(link->stopped) || READ_ONCE(link->listening)) &&
	    !fatal_signal_pending(current))
		park(link, NULL, false);
}

/**
 * pt_stop_with_group() - the process stops, or is stopped
 * @link: The link.
 * @event: Why, current being the tracee; NULL: it is another, and may be stopped.
 *
 * Does not sleep: that is done by the kernel, at once.
 */
void pt_stop_with_group(struct pt_link *link, const struct pt_event *event)
{
	struct task_struct *task = link->tracee->task;
	struct pt_event seen = { .group = true };

	if (!event) {
		if (!in_kernels_stop(task))
			return;
		seen.code = pt_group_stop_signal(task);
		if (link->seized)
			seen.code = PT_EVENT_CODE(PTRACE_EVENT_STOP, seen.code);
		event = &seen;
	}
	scoped_guard(spinlock, &link->tracee->lock)
		if (!link->stopped)
			__stop(link, event);
	tell_all(link->tracee);
	/* Nobody has reported the stop: so its end is not, either; but this is. */
	if (event == &seen)
		pt_link_control(link, UTRACE_INTERRUPT);
}

/**
 * pt_stop_soon() - a tracer wants the tracee stopped
 * @link: Its link.
 */
void pt_stop_soon(struct pt_link *link)
{
	struct pt_tracee *tracee = link->tracee;
	bool now = false;

	scoped_guard(spinlock, &tracee->lock) {
		if (!link->stopped && (tracee->parked || link->listening)) {
			__stop_as_asked(link);
			now = true;
		} else {
			link->due |= PT_DUE_STOP;
		}
	}
	if (now) {
		tell_all(tracee);
		return;
	}
	/* Behind @due: a stop of the process that comes now does for this one. */
	if (in_kernels_stop(tracee->task))
		pt_stop_with_group(link, NULL);
	else
		pt_link_control(link, UTRACE_INTERRUPT);
}

/* By the tracer, which knows that it is stopped. */

/**
 * pt_listen() - PTRACE_LISTEN
 * @link: The link, stopped.
 *
 * Return: false: it is in no stop that one listens in.
 */
bool pt_listen(struct pt_link *link)
{
	struct pt_tracee *tracee = link->tracee;

	if (!link->seized || link->code >> 8 != PTRACE_EVENT_STOP)
		return false;
	scoped_guard(spinlock, &tracee->lock) {
		__unstop(link);
		link->listening = true;
		/* Continued meanwhile? Then that is what it hears, at once. */
		if (is_over(link) || link->due & PT_DUE_STOP)
			__stop_as_asked(link);
	}
	tell_all(tracee);
	return true;
}

/**
 * __pt_end_request() - a request does not look into the tracee any more
 * @tracee: The tracee.
 *
 * Return: true: it leaves a stop, or exits, and waits for that: pt_wake().
 */
bool __pt_end_request(struct pt_tracee *tracee)
{
	lockdep_assert_held(&tracee->lock);
	WRITE_ONCE(tracee->busy, tracee->busy - 1);
	return !tracee->busy && !tracee->parked;
}

/**
 * pt_resume() - a tracer resumes the tracee
 * @link: Its link, stopped; the tracer has it busy, until now.
 * @signal: For the tracee.
 */
void pt_resume(struct pt_link *link, int signal)
{
	struct pt_tracee *tracee = link->tracee;
	bool awaited, held, parked;

	scoped_guard(spinlock, &tracee->lock) {
		__unstop(link);
		link->signal = signal;
		awaited = __pt_end_request(tracee);
		held = __pt_held(tracee);
		parked = tracee->parked;
	}
	if (awaited || !held)
		pt_wake(tracee);
	/* If it was parked, a stop of the process is one that comes after this. */
	if (!held && !parked)
		pt_leave_group_stop(tracee->task);
}
