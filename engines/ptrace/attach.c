// SPDX-License-Identifier: GPL-2.0
/*
 * How a link begins: ATTACH, SEIZE, TRACEME, and what a tracee creates.
 */
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include "../attach.h"
#include "ptrace.h"

/* Did it come while others have the tracee stopped where a call begins? */
static bool comes_in_a_call(struct pt_tracee *tracee)
{
	struct pt_link *link;

	guard(spinlock)(&tracee->lock);
	list_for_each_entry(link, &tracee->links, of_tracee)
		if (link->stopped && (link->op == PTRACE_SYSCALL_INFO_ENTRY ||
				      link->op == PTRACE_SYSCALL_INFO_SECCOMP))
			return true;
	return false;
}

/* As ptrace(2) has it, where there is one errno for all that may not be. */
static int errno_of(int err)
{
	switch (err) {
	case -EINTR:
		return -ERESTARTNOINTR;
	case -ENOMEM:
		return err;
	default:
		return -EPERM;
	}
}

/* The tracer may have let it go before there was an engine that he could detach. */
static bool is_let_go(struct pt_link *link)
{
	guard(spinlock)(&link->tracee->lock);
	return list_empty(&link->of_tracee);
}

/*
 * The exec that the engine had to wait for may have been the tracee's own: then it
 * has its leader's number since, and nobody was there to be told of it.
 */
static void renew_pid(struct pt_link *link)
{
	struct task_struct *task = link->tracee->task;
	struct pid *pid;

	scoped_guard(spinlock, &link->tracer->lock) {
		pid = get_task_pid(task, PIDTYPE_PID);
		/* Pairs with de_thread(): a leader is dead, then gets the number of who execs. */
		smp_rmb();
		if (!READ_ONCE(task->exit_state))
			swap(link->pid, pid);
	}
	put_pid(pid);
}

/* The lists have a reference, the engine gets one, the caller keeps his. */
static int attach(struct pt_link *link)
{
	unsigned int flags = UTRACE_ATTACH_CREATE | UTRACE_ATTACH_UNSAFE_EXEC;
	struct utrace_engine *engine;
	int err;

	if (link->controlled)
		flags |= UTRACE_ATTACH_CONTROLLER;
	link->skip_exit = comes_in_a_call(link->tracee);
	err = pt_link_add(link);
	if (err)
		return err;
	refcount_inc(&link->refs);
	engine = utrace_attach_task(link->tracee->task, flags, &pt_ops, link);
	if (IS_ERR(engine)) {
		pt_link_put(link);
		err = PTR_ERR(engine);
	} else {
		err = utrace_set_events(link->tracee->task, engine, pt_events(link));
		utrace_engine_put(engine);
	}
	if (!err) {
		renew_pid(link);
		err = is_let_go(link) ? -ESRCH : 0;
	}
	if (err)
		pt_link_detach(link, 0);
	return err;
}

static int attach_to(struct pt_tracer *tracer, struct task_struct *thread,
		     struct task_struct *task, bool seize, unsigned long options, bool controlled)
{
	struct pt_tracee *tracee __free(pt_tracee_put) = pt_tracee_get_or_create(task);
	struct pt_link *link __free(pt_link_put) = NULL;
	int err;

	if (!tracee)
		return -ENOMEM;
	link = pt_link_create(tracee, tracer, thread);
	if (!link)
		return -ENOMEM;
	link->seized = seize;
	link->options = options;
	link->controlled = controlled;
	err = attach(link);
	if (err)
		return err;
	/* Not seized, it stops; one that is stopped already, in any case. */
	if (thread == current) {
		if (!seize)
			pt_stop_soon(link);
		else
			pt_stop_with_group(link, NULL);
	}
	return 0;
}

/**
 * pt_attach() - PTRACE_ATTACH, PTRACE_SEIZE
 * @tracer: The current process.
 * @seize: Which one.
 * @nr: Whom.
 * @addr: As of ptrace(2).
 * @options: SEIZE: PTRACE_O_*.
 */
long pt_attach(struct pt_tracer *tracer, bool seize, pid_t nr, unsigned long addr,
	       unsigned long options)
{
	struct task_struct *task __free(put_task) = engine_find_task(nr);
	int err;

	if (!task)
		return -ESRCH;
	if (seize) {
		if (addr || options & ~(unsigned long)PTRACE_O_MASK)
			return -EIO;
		err = pt_check_options(tracer, options);
		if (err)
			return err;
	}
	if (same_thread_group(task, current))
		return -EPERM;
	err = attach_to(tracer, current, task, seize, seize ? options : 0, true);
	return err ? errno_of(err) : 0;
}

static struct task_struct *get_real_parent(void)
{
	guard(rcu)();
	return get_task_struct(rcu_dereference(current->real_parent));
}

/**
 * pt_traceme() - PTRACE_TRACEME
 * @ret: What it returns.
 *
 * Return: false: the parent has not entered: the kernel's own.
 */
bool pt_traceme(long *ret)
{
	struct task_struct *parent __free(put_task) = get_real_parent();
	struct pt_tracer *tracer __free(pt_tracer_put) = pt_tracer_get_of(parent);
	int err;

	if (!tracer)
		return false;
	err = security_ptrace_traceme(parent) ?:
	      attach_to(tracer, parent, current, false, 0, false);
	/* A parent that dies does not trace, and that is no error. */
	*ret = err == -ESRCH ? 0 : err ? errno_of(err) : 0;
	return true;
}

/**
 * pt_attach_child() - a tracee has created another
 * @parent: A link of the tracee, which is current.
 * @child: What it has created; does not run yet.
 *
 * Return: 0; or -errno: it runs untraced.
 */
int pt_attach_child(const struct pt_link *parent, struct task_struct *child)
{
	struct pt_tracee *tracee __free(pt_tracee_put) = pt_tracee_get_or_create(child);
	struct pt_link *link __free(pt_link_put) = NULL;
	int err;

	if (!tracee)
		return -ENOMEM;
	link = pt_link_create(tracee, parent->tracer, parent->thread);
	if (!link)
		return -ENOMEM;
	link->seized = parent->seized;
	link->options = parent->options;
	link->controlled = parent->controlled;
	link->due = PT_DUE_STOP;
	err = attach(link);
	return err ?: pt_link_control(link, UTRACE_INTERRUPT);
}
