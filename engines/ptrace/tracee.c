// SPDX-License-Identifier: GPL-2.0
/*
 * Tracees, and their links with tracers.
 */
#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "ptrace.h"

static DEFINE_HASHTABLE(tracees, 8);
static DEFINE_SPINLOCK(tracees_lock);
atomic_t pt_nr_tracees;

/**
 * pt_tracee_get() - does anybody trace a task?
 * @task: The task.
 *
 * Return: the tracee, referenced; or NULL.
 */
struct pt_tracee *pt_tracee_get(struct task_struct *task)
{
	struct pt_tracee *tracee;

	guard(rcu)();
	hash_for_each_possible_rcu(tracees, tracee, hash, (unsigned long)task)
		if (tracee->task == task && refcount_inc_not_zero(&tracee->refs))
			return tracee;
	return NULL;
}

static struct pt_tracee *find_or_add(struct task_struct *task, struct pt_tracee *new)
{
	struct pt_tracee *old;

	guard(spinlock)(&tracees_lock);
	old = pt_tracee_get(task);
	if (!old) {
		hash_add_rcu(tracees, &new->hash, (unsigned long)task);
		atomic_inc(&pt_nr_tracees);
	}
	return old;
}

/**
 * pt_tracee_get_or_create() - the same, for who is going to trace it
 * @task: The task.
 *
 * Return: the tracee, referenced; NULL: no memory.
 */
struct pt_tracee *pt_tracee_get_or_create(struct task_struct *task)
{
	struct pt_tracee *new, *old = pt_tracee_get(task);

	if (old)
		return old;
	new = kzalloc_obj(*new);
	if (!new)
		return NULL;
	refcount_set(&new->refs, 1);
	new->task = get_task_struct(task);
	init_waitqueue_head(&new->wait);
	spin_lock_init(&new->lock);
	INIT_LIST_HEAD(&new->links);
	old = find_or_add(task, new);
	if (!old)
		return new;
	put_task_struct(new->task);
	kfree(new);
	return old;
}

/** pt_tracee_put() - let a reference to a tracee go */
void pt_tracee_put(struct pt_tracee *tracee)
{
	if (!refcount_dec_and_test(&tracee->refs))
		return;
	scoped_guard(spinlock, &tracees_lock)
		hash_del_rcu(&tracee->hash);
	atomic_dec(&pt_nr_tracees);
	put_task_struct(tracee->task);
	kfree_rcu(tracee, rcu);
}

/**
 * pt_link_create() - a tracer is going to trace a tracee
 * @tracee: Keeps it, whatever comes of this.
 * @tracer: Referenced.
 * @thread: The thread that does.
 *
 * Return: the link, on no list; NULL: no memory.
 */
struct pt_link *pt_link_create(struct pt_tracee *tracee, struct pt_tracer *tracer,
			       struct task_struct *thread)
{
	struct pt_link *link = kzalloc_obj(*link);

	if (!link)
		return NULL;
	refcount_set(&link->refs, 1);
	refcount_inc(&tracee->refs);
	link->tracee = tracee;
	refcount_inc(&tracer->refs);
	link->tracer = tracer;
	link->thread = get_task_struct(thread);
	link->pid = get_task_pid(tracee->task, PIDTYPE_PID);
	INIT_LIST_HEAD(&link->of_tracer);
	INIT_LIST_HEAD(&link->of_tracee);
	INIT_LIST_HEAD(&link->pending);
	return link;
}

/** pt_link_put() - let a reference to a link go */
void pt_link_put(struct pt_link *link)
{
	if (!refcount_dec_and_test(&link->refs))
		return;
	put_pid(link->pid);
	put_pid(link->pgrp);
	put_task_struct(link->thread);
	pt_tracer_put(link->tracer);
	pt_tracee_put(link->tracee);
	kfree(link);
}

/**
 * pt_link_find() - the link of the current thread with a tracee
 * @tracer: Its tracer.
 * @nr: The tracee, in its PID namespace.
 *
 * Return: the link, referenced; or NULL.
 */
struct pt_link *pt_link_find(struct pt_tracer *tracer, pid_t nr)
{
	struct pt_link *link;
	struct pid *pid;

	guard(rcu)();
	pid = find_vpid(nr);
	if (!pid)
		return NULL;
	guard(spinlock)(&tracer->lock);
	list_for_each_entry(link, &tracer->links, of_tracer)
		if (link->pid == pid && link->thread == current && !link->exited) {
			refcount_inc(&link->refs);
			return link;
		}
	return NULL;
}

/**
 * pt_get_task_with() - does the current thread trace who has this memory?
 * @tracer: Its tracer.
 * @mm: The memory.
 *
 * Return: a tracee that has it, referenced; or NULL.
 */
struct task_struct *pt_get_task_with(struct pt_tracer *tracer, const struct mm_struct *mm)
{
	struct pt_link *link;

	guard(spinlock)(&tracer->lock);
	list_for_each_entry(link, &tracer->links, of_tracer)
		if (link->thread == current && READ_ONCE(link->tracee->task->mm) == mm)
			return get_task_struct(link->tracee->task);
	return NULL;
}

/**
 * pt_nr_for() - the number of a task, as a tracer knows it
 * @link: A link of the tracer.
 * @pid: The task.
 */
pid_t pt_nr_for(const struct pt_link *link, struct pid *pid)
{
	guard(rcu)();
	return pid_nr_ns(pid, task_active_pid_ns(link->thread) ?: &init_pid_ns);
}

static bool __is_linked(const struct pt_tracee *tracee, const struct pt_tracer *tracer)
{
	struct pt_link *link;

	lockdep_assert_held(&tracee->lock);
	list_for_each_entry(link, &tracee->links, of_tracee)
		if (link->tracer == tracer)
			return true;
	return false;
}

/**
 * pt_link_add() - put a link on the lists of both
 * @link: The link; they have a reference from here on.
 *
 * Return: 0; -EPERM: the tracer traces it already; -ESRCH: the tracer dies, or is
 * another program.
 */
int pt_link_add(struct pt_link *link)
{
	struct pt_tracee *tracee = link->tracee;
	struct pt_tracer *tracer = link->tracer;

	guard(spinlock)(&tracee->lock);
	if (__is_linked(tracee, tracer))
		return -EPERM;
	guard(spinlock)(&tracer->lock);
	/* If it is not yet, let_all_go() is still to come, and finds us. */
	if (link->thread->flags & PF_EXITING || tracer->gone)
		return -ESRCH;
	list_add_tail(&link->of_tracee, &tracee->links);
	list_add_tail(&link->of_tracer, &tracer->links);
	refcount_inc(&link->refs);
	return 0;
}

/**
 * __pt_link_unlink() - there is nothing to wait for any more
 * @link: The link.
 *
 * Return: false: it was so before; true: the tracer's reference is the caller's.
 */
bool __pt_link_unlink(struct pt_link *link)
{
	lockdep_assert_held(&link->tracer->lock);
	if (list_empty(&link->of_tracer))
		return false;
	list_del_init(&link->of_tracer);
	list_del_init(&link->pending);
	return true;
}

/**
 * pt_link_unlink() - the same, and let the tracer's reference go
 * @link: The link.
 *
 * Return: false: it was so before.
 */
bool pt_link_unlink(struct pt_link *link)
{
	bool linked;

	scoped_guard(spinlock, &link->tracer->lock)
		linked = __pt_link_unlink(link);
	if (linked)
		pt_link_put(link);
	return linked;
}

/*
 * The engine of a link, referenced; an error when it is detached, which an exec
 * does, too.
 */
static struct utrace_engine *engine_of(struct pt_link *link)
{
	return utrace_attach_task(link->tracee->task,
				  UTRACE_ATTACH_MATCH_OPS | UTRACE_ATTACH_MATCH_DATA,
				  &pt_ops, link);
}

/**
 * pt_link_control() - utrace_control() for a link
 * @link: The link.
 * @action: What to do.
 */
int pt_link_control(struct pt_link *link, enum utrace_resume_action action)
{
	struct utrace_engine *engine __free(utrace_engine_put) = engine_of(link);

	if (IS_ERR(engine))
		return -ESRCH;
	return utrace_control(link->tracee->task, engine, action);
}

/**
 * pt_link_set_events() - have the events that the link needs
 * @link: The link.
 *
 * Return: 0; -ESRCH: it is detached.
 */
int pt_link_set_events(struct pt_link *link)
{
	struct utrace_engine *engine __free(utrace_engine_put) = engine_of(link);
	int err;

	if (IS_ERR(engine))
		return -ESRCH;
	err = utrace_set_events(link->tracee->task, engine, pt_events(link));
	/* The callback that runs is the stop. */
	return err == -EINPROGRESS ? 0 : err;
}

/**
 * __pt_held() - does a tracer keep the tracee from running?
 * @tracee: The tracee.
 */
bool __pt_held(struct pt_tracee *tracee)
{
	struct pt_link *link;

	lockdep_assert_held(&tracee->lock);
	list_for_each_entry(link, &tracee->links, of_tracee)
		if (link->stopped || link->listening)
			return true;
	return false;
}

/* As the exit_code of a ptracer's tracee: there until it has been waited for. */
static int __signal_left(struct pt_link *link)
{
	lockdep_assert_held(&link->tracee->lock);
	guard(spinlock)(&link->tracer->lock);
	return list_empty(&link->pending) ? 0 : PT_UNCHANGED;
}

/**
 * pt_link_detach() - the tracer does not trace it any more
 * @link: The link.
 * @signal: For the tracee, if it is stopped; PT_UNCHANGED: the tracer goes, and
 *	what he has not waited for he has not seen.
 */
void pt_link_detach(struct pt_link *link, int signal)
{
	struct pt_tracee *tracee = link->tracee;
	bool others, last;
	int err;

	scoped_guard(spinlock, &tracee->lock) {
		/* If not, it may still be on its way from a stop, with the signal of that. */
		if (link->stopped)
			link->signal = signal == PT_UNCHANGED ? __signal_left(link) : signal;
		link->stopped = false;
		link->listening = false;
		link->due = 0;
		list_del_init(&link->of_tracee);
		last = list_empty(&tracee->links);
		others = !last && !__pt_held(tracee) && !tracee->parked;
	}
	pt_link_unlink(link);
	err = pt_link_control(link, UTRACE_DETACH);
	/* -ESRCH: it is dead; -EINPROGRESS: when it leaves the stop; -EALREADY. */
	WARN_ON_ONCE(err == -EINVAL);
	/* Before it goes on: who nobody traces any more is stopped with its process. */
	if (last)
		pt_rejoin_group_stop(tracee->task);
	pt_wake(tracee);
	if (others)
		pt_leave_group_stop(tracee->task);
}
