// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to a tracee: the callbacks of a link's engine.
 *
 * Each begins with pt_settle(): whoever was continued by a SIGCONT is still
 * stopped for a tracer that has not resumed it.
 */
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>
#include "ptrace.h"

#define ALWAYS \
	(UTRACE_EVENT_SIGNAL_ALL | UTRACE_EVENT(SIGNAL_REPORT) | UTRACE_EVENT(JCTL) |	\
	 UTRACE_EVENT(CLONE) | UTRACE_EVENT(CLONED) | UTRACE_EVENT(EXEC) |		\
	 UTRACE_EVENT(EXIT) | UTRACE_EVENT(DEATH) | UTRACE_EVENT(REAP))

/**
 * pt_events() - the events of an engine
 * @link: Its link.
 */
unsigned long pt_events(const struct pt_link *link)
{
	unsigned long events = ALWAYS;

	if (link->mode == PT_MODE_SYSCALL)
		events |= UTRACE_EVENT_SYSCALL;
	if (link->mode == PT_MODE_SYSEMU || link->options & PTRACE_O_TRACESECCOMP)
		events |= UTRACE_EVENT(SYSCALL_ENTRY);
	return events;
}

static unsigned int take_due(struct pt_link *link, unsigned int which)
{
	unsigned int due;

	if (!(READ_ONCE(link->due) & which))
		return 0;
	guard(spinlock)(&link->tracee->lock);
	due = link->due & which;
	link->due &= ~due;
	return due;
}

static bool has_option(const struct pt_link *link, unsigned long option)
{
	return READ_ONCE(link->options) & option;
}

/* An event of its own number, which is also the option's. */
static bool stop_for_event(struct pt_link *link, int event, unsigned long message)
{
	struct pt_event stop = {
		.code = PT_EVENT_CODE(event, SIGTRAP),
		.message = message,
	};

	return pt_stop(link, &stop);
}

/* In the middle of a call a step goes to its end; of one that is not made, past that. */
static enum utrace_resume_action go_on_with_call(const struct pt_link *link)
{
	return READ_ONCE(link->stepping) && READ_ONCE(link->mode) != PT_MODE_SYSEMU ?
	       UTRACE_SINGLESTEP : UTRACE_RESUME;
}

/* Where the tracee may be resumed with a signal and it is sent, not taken. */
static void send_signal(const struct pt_link *link)
{
	if (link->signal > 0)
		send_sig(link->signal, current, 1);
}

/* ---- System calls ---- */

static int syscall_code(const struct pt_link *link)
{
	return has_option(link, PTRACE_O_TRACESYSGOOD) ? SIGTRAP | 0x80 : SIGTRAP;
}

static void stop_for_vfork_done(struct pt_link *link)
{
	if (take_due(link, PT_DUE_VFORK_DONE))
		stop_for_event(link, PTRACE_EVENT_VFORK_DONE, link->vfork_child);
}

/* Return: false: the tracee is to die. */
static bool stop_for_seccomp(struct pt_link *link, struct pt_regs *regs)
{
	struct pt_event event = {
		.code = PT_EVENT_CODE(PTRACE_EVENT_SECCOMP, SIGTRAP),
		.op = PTRACE_SYSCALL_INFO_SECCOMP,
	};

	if (!pt_seccomp_traces(regs, &event.message))
		return true;
	link->told_of_seccomp = true;
	return pt_stop(link, &event);
}

static enum utrace_resume_action pt_syscall_entry(enum utrace_resume_action action,
						  struct utrace_engine *engine,
						  struct utrace_syscall *call)
{
	struct pt_link *link = engine->data;
	struct pt_event event = {
		.code = syscall_code(link),
		.message = PTRACE_EVENTMSG_SYSCALL_ENTRY,
		.op = PTRACE_SYSCALL_INFO_ENTRY,
	};
	u8 mode = READ_ONCE(link->mode);

	pt_settle(link);
	link->skip_exit = false;
	/* Reported before; the tracer has seen it. */
	if (call->resumed)
		return go_on_with_call(link);
	link->told_of_seccomp = false;
	if (mode != PT_MODE_CONT) {
		if (!pt_stop(link, &event)) {
			utrace_syscall_abort(call, -EINTR);
			return UTRACE_RESUME;
		}
		send_signal(link);
	}
	/* How it was resumed before is what counts, as with ptrace(2). */
	if (mode == PT_MODE_SYSEMU)
		utrace_syscall_abort(call, call->regs->ax);
	else if (has_option(link, PTRACE_O_TRACESECCOMP) && !stop_for_seccomp(link, call->regs))
		utrace_syscall_abort(call, -EINTR);
	return go_on_with_call(link);
}

static enum utrace_resume_action pt_syscall_exit(enum utrace_resume_action action,
						 struct utrace_engine *engine,
						 struct utrace_syscall *call)
{
	struct pt_link *link = engine->data;
	struct pt_event event = {
		.code = syscall_code(link),
		.message = PTRACE_EVENTMSG_SYSCALL_EXIT,
		.op = PTRACE_SYSCALL_INFO_EXIT,
	};

	pt_settle(link);
	stop_for_vfork_done(link);
	/* Who came in the middle of the call has seen no entry. */
	if (READ_ONCE(link->mode) == PT_MODE_SYSCALL && !link->skip_exit) {
		if (pt_stop(link, &event))
			send_signal(link);
	}
	link->skip_exit = false;
	return UTRACE_RESUME;
}

/* ---- Signals ---- */

/* Of a step, which is reported as ignored: is it this link's? */
static bool is_step(const kernel_siginfo_t *info)
{
	return info->si_signo == SIGTRAP &&
	       (info->si_code == TRAP_TRACE || info->si_code == TRAP_BRKPT);
}

/* Somebody before us has dropped it; or it is a step of somebody else. */
static bool is_dropped(const struct utrace_signal *signal)
{
	return signal->action == UTRACE_SIGNAL_IGN && !(signal->event & UTRACE_EVENT(SIGNAL_IGN));
}

static void replace_by_tracers(struct utrace_signal *signal, const struct pt_link *link)
{
	kernel_siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = link->signal;
	info.si_code = SI_USER;
	info.si_pid = task_tgid_nr_ns(link->thread, task_active_pid_ns(current));
	scoped_guard(rcu)
		info.si_uid = from_kuid_munged(current_user_ns(), task_uid(link->thread));
	utrace_signal_replace(signal, &info);
}

/* As ptrace_signal(): what the tracer makes of it. PTRACE_SETSIGINFO comes first. */
static void apply(struct pt_link *link, struct utrace_signal *signal)
{
	if (link->signal == PT_UNCHANGED) {
		link->stop_signal = signal->info.si_signo;
		return;
	}
	link->stop_signal = link->signal;
	if (!link->signal)
		utrace_signal_set_action(signal, UTRACE_SIGNAL_IGN);
	else if (link->signal != link->info.si_signo)
		replace_by_tracers(signal, link);
	else if (link->info_changed || link->signal != signal->info.si_signo)
		utrace_signal_replace(signal, &link->info);
	else if (is_dropped(signal))
		utrace_signal_set_action(signal, UTRACE_SIGNAL_DELIVER);
}

static void stop_as_asked(struct pt_link *link, struct utrace_signal *signal)
{
	kernel_siginfo_t info;
	struct pt_event event = pt_asked_stop(link, &info);

	/* Of a stop of the process that it is yet to make it is told by JCTL. */
	if (link->seized && READ_ONCE(current->jobctl) & JOBCTL_STOP_PENDING) {
		event.code = PT_EVENT_CODE(PTRACE_EVENT_STOP, SIGTRAP);
		event.group = false;
	}
	/* An event is no signal, which could be another. */
	if (pt_stop(link, &event) && link->signal > 0 && !link->seized)
		apply(link, signal);
}

/* The SIGTRAP that a tracer gets which has not asked for PTRACE_EVENT_EXEC. */
static void stop_after_exec(struct pt_link *link, struct utrace_signal *signal)
{
	struct pt_event event = { .code = SIGTRAP };
	kernel_siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = SIGTRAP;
	info.si_code = SI_USER;
	info.si_pid = task_tgid_vnr(current);
	info.si_uid = from_kuid_munged(current_user_ns(), current_uid());
	event.info = &info;
	if (pt_stop(link, &event) && link->signal > 0)
		apply(link, signal);
}

/* Between two signals: whatever is due. */
static void report_due(struct pt_link *link, struct utrace_signal *signal)
{
	stop_for_vfork_done(link);
	if (take_due(link, PT_DUE_EXEC))
		stop_after_exec(link, signal);
	if (take_due(link, PT_DUE_STOP))
		stop_as_asked(link, signal);
}

static enum utrace_resume_action pt_signal(enum utrace_resume_action action,
					   struct utrace_engine *engine,
					   struct utrace_signal *signal)
{
	struct pt_link *link = engine->data;
	struct pt_event event = { .code = signal->info.si_signo, .info = &signal->info };

	pt_settle(link);
	if (signal->event == UTRACE_EVENT(SIGNAL_REPORT)) {
		report_due(link, signal);
		return UTRACE_RESUME;
	}
	if (pt_breakpoint_of_another(link, &signal->info))
		return UTRACE_RESUME;
	if (is_dropped(signal)) {
		if (!link->stepping || !is_step(&signal->info))
			return UTRACE_RESUME;
		link->stepping = false;
	}
	if (pt_stop(link, &event))
		apply(link, signal);
	return UTRACE_RESUME;
}

static enum utrace_resume_action pt_jctl(enum utrace_resume_action action,
					 struct utrace_engine *engine, int type)
{
	struct pt_link *link = engine->data;
	struct pt_event event = { .group = true };

	pt_settle(link);
	if (type != CLD_STOPPED || fatal_signal_pending(current))
		return UTRACE_RESUME;
	/* Whoever begins the stop has just been let take the signal. */
	event.code = current->jobctl & JOBCTL_STOP_PENDING ? pt_group_stop_signal(current) :
		     link->stop_signal ?: SIGSTOP;
	if (link->seized)
		event.code = PT_EVENT_CODE(PTRACE_EVENT_STOP, event.code);
	pt_stop_with_group(link, &event);
	return UTRACE_RESUME;
}

/* ---- Life ---- */

/* As kernel_clone() chooses. Return: 0: nobody is to know. */
static int clone_event(const struct pt_link *link, unsigned long clone_flags)
{
	int event = PTRACE_EVENT_FORK;

	if (clone_flags & CLONE_UNTRACED)
		return 0;
	if (clone_flags & CLONE_VFORK)
		event = PTRACE_EVENT_VFORK;
	else if (utrace_clone_exit_signal() != SIGCHLD)
		event = PTRACE_EVENT_CLONE;
	return has_option(link, BIT(event)) ? event : 0;
}

static enum utrace_resume_action pt_clone(enum utrace_resume_action action,
					  struct utrace_engine *engine,
					  unsigned long clone_flags,
					  struct task_struct *child)
{
	struct pt_link *link = engine->data;

	link->clone_event = clone_event(link, clone_flags);
	/* Without memory it runs untraced, and its parent is told of it all the same. */
	if (link->clone_event || clone_flags & CLONE_PTRACE)
		pt_attach_child(link, child);
	return UTRACE_RESUME;
}

static enum utrace_resume_action pt_cloned(enum utrace_resume_action action,
					   struct utrace_engine *engine,
					   unsigned long clone_flags, struct pid *child)
{
	struct pt_link *link = engine->data;

	if (link->clone_event)
		stop_for_event(link, link->clone_event, pt_nr_for(link, child));
	if (!(clone_flags & CLONE_VFORK) || !has_option(link, PTRACE_O_TRACEVFORKDONE))
		return go_on_with_call(link);
	link->vfork_child = pt_nr_for(link, child);
	scoped_guard(spinlock, &link->tracee->lock)
		link->due |= PT_DUE_VFORK_DONE;
	return UTRACE_INTERRUPT;
}

/* By exec a thread takes its leader's place. Return: what it was before. */
static pid_t take_pid(struct pt_link *link)
{
	struct pid *old, *new = get_task_pid(current, PIDTYPE_PID);
	pid_t nr;

	scoped_guard(spinlock, &link->tracer->lock) {
		old = link->pid;
		link->pid = new;
	}
	nr = pt_nr_for(link, old);
	put_pid(old);
	return nr;
}

static enum utrace_resume_action pt_exec(enum utrace_resume_action action,
					 struct utrace_engine *engine,
					 const struct linux_binprm *bprm,
					 struct pt_regs *regs)
{
	struct pt_link *link = engine->data;
	pid_t old = take_pid(link);

	pt_settle(link);
	if (has_option(link, PTRACE_O_TRACEEXEC)) {
		stop_for_event(link, PTRACE_EVENT_EXEC, old);
		return go_on_with_call(link);
	}
	if (link->seized)
		return UTRACE_RESUME;
	scoped_guard(spinlock, &link->tracee->lock)
		link->due |= PT_DUE_EXEC;
	return UTRACE_INTERRUPT;
}

static enum utrace_resume_action pt_exit(enum utrace_resume_action action,
					 struct utrace_engine *engine,
					 long orig_code, long *code)
{
	struct pt_link *link = engine->data;
	struct pt_event event = {
		.code = PT_EVENT_CODE(PTRACE_EVENT_EXIT, SIGTRAP),
		.message = *code,
	};

	pt_leave_stop(link);
	if (has_option(link, PTRACE_O_TRACEEXIT))
		pt_stop_at_exit(link, &event);
	return UTRACE_RESUME;
}

/* ---- Death ---- */

/* As wait_task_zombie(). */
static int exit_status(const struct task_struct *task)
{
	if (READ_ONCE(task->signal->flags) & SIGNAL_GROUP_EXIT)
		return READ_ONCE(task->signal->group_exit_code);
	return task->exit_code;
}

/**
 * pt_ends_as_child() - is the end of a tracee that of a child of its tracer's?
 * @link: Their link.
 *
 * Then the kernel has it to wait for.
 */
bool pt_ends_as_child(const struct pt_link *link)
{
	struct task_struct *task = link->tracee->task;

	guard(rcu)();
	return thread_group_leader(task) &&
	       rcu_dereference(task->real_parent)->signal == link->tracer->signal;
}

/* As do_notify_parent(): nobody waits for what he ignores. */
static bool ignores_death(struct task_struct *thread)
{
	struct sighand_struct *sighand;
	const struct sigaction *sa;

	guard(rcu)();
	sighand = rcu_dereference(thread->sighand);
	if (!sighand)
		return true;
	sa = &sighand->action[SIGCHLD - 1].sa;
	return READ_ONCE(sa->sa_handler) == SIG_IGN || READ_ONCE(sa->sa_flags) & SA_NOCLDWAIT;
}

static int why_of(int status)
{
	if (status & 0x80)
		return CLD_DUMPED;
	return status & 0x7f ? CLD_KILLED : CLD_EXITED;
}

/* Its death can be waited for, once. */
static void publish(struct pt_link *link, const struct task_struct *task)
{
	int status = exit_status(task);

	scoped_guard(spinlock, &link->tracer->lock) {
		if (list_empty(&link->of_tracer) || (link->exited && !list_empty(&link->pending)))
			return;
		link->status = status;
		link->exited = true;
		list_add_tail(&link->pending, &link->tracer->pending);
	}
	if (ignores_death(link->thread))
		pt_link_unlink(link);
	pt_tell(link, why_of(status), status & 0x7f ?: status >> 8 & 0xff);
}

/* A link that has seen its tracee die; it is not asked for again. */
static struct pt_link *get_dead(struct pt_tracee *tracee)
{
	struct pt_link *link;

	guard(spinlock)(&tracee->lock);
	list_for_each_entry(link, &tracee->links, of_tracee)
		if (link->exited) {
			list_del_init(&link->of_tracee);
			refcount_inc(&link->refs);
			return link;
		}
	return NULL;
}

/* The process is dead: so is its leader, for whoever has seen that exit. */
static void publish_leader(struct task_struct *leader)
{
	struct pt_tracee *tracee __free(pt_tracee_put) = pt_tracee_get(leader);
	struct pt_link *link;

	while (tracee && (link = get_dead(tracee))) {
		publish(link, leader);
		pt_link_put(link);
	}
}

static void set_exited(struct pt_link *link)
{
	struct pid *pgrp = get_task_pid(current, PIDTYPE_PGID);

	getrusage(current, RUSAGE_BOTH, &link->rusage);
	scoped_guard(spinlock, &link->tracee->lock) {
		guard(spinlock)(&link->tracer->lock);
		link->pgrp = pgrp;
		link->exited = true;
		list_del_init(&link->pending);
	}
}

/*
 * A leader is dead when another thread may have taken its place already: then it
 * has the other's number, and never was.
 */
static bool is_replaced(const struct pt_link *link)
{
	return task_pid(current) != link->pid;
}

/*
 * A child of the tracer's is waited for as such. Others end here. A leader dies with
 * the last thread of its process.
 */
static enum utrace_resume_action pt_death(struct utrace_engine *engine, bool group_dead,
					  int signal)
{
	struct pt_link *link = engine->data;
	bool leader = thread_group_leader(current);

	if (pt_ends_as_child(link) || (!leader && is_replaced(link))) {
		pt_link_unlink(link);
		pt_tell(link, 0, 0);
	} else {
		set_exited(link);
		if (!leader)
			publish(link, current);
	}
	/* Pairs with itself in another thread: dead, then who else lives. */
	smp_mb();
	if (group_dead || !atomic_read(&current->signal->live))
		publish_leader(current->group_leader);
	return UTRACE_RESUME;
}

static void pt_reap(struct utrace_engine *engine, struct task_struct *task)
{
	struct pt_link *link = engine->data;

	/* Another thread of the process takes its place: it never was. */
	if (task != current && same_thread_group(task, current)) {
		if (pt_link_unlink(link))
			pt_tell(link, 0, 0);
	} else {
		publish(link, task);
	}
}

/* The engine is gone: by DETACH, by death, or an exec that its tracer may not see. */
static void pt_release(void *data)
{
	struct pt_link *link = data;

	scoped_guard(spinlock, &link->tracee->lock)
		list_del_init(&link->of_tracee);
	if (!link->exited && pt_link_unlink(link))
		pt_tell(link, 0, 0);
	pt_link_put(link);
}

/** pt_ops - the engine of a link */
const struct utrace_engine_ops pt_ops = {
	.owner = THIS_MODULE,
	.name = "ptrace",
	.report_syscall_entry = pt_syscall_entry,
	.report_syscall_exit = pt_syscall_exit,
	.report_signal = pt_signal,
	.report_jctl = pt_jctl,
	.report_clone = pt_clone,
	.report_cloned = pt_cloned,
	.report_exec = pt_exec,
	.report_exit = pt_exit,
	.report_death = pt_death,
	.report_reap = pt_reap,
	.release = pt_release,
};
