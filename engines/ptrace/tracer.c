// SPDX-License-Identifier: GPL-2.0
/*
 * Tracers: processes that have entered.
 *
 * Every thread has an engine, which wants next to nothing: it is inherited, says
 * when the thread is dead, and marks it for the hooks of wrap.c.
 */
#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "ptrace.h"

static DEFINE_HASHTABLE(tracers, 8);
static DEFINE_SPINLOCK(tracers_lock);

/**
 * pt_tracer_current() - has the current process entered?
 *
 * Return: its tracer, which it keeps; or NULL.
 */
struct pt_tracer *pt_tracer_current(void)
{
	struct pt_tracer *tracer;

	guard(rcu)();
	hash_for_each_possible_rcu(tracers, tracer, hash, (unsigned long)current->signal)
		if (tracer->signal == current->signal)
			return tracer;
	return NULL;
}

/**
 * pt_tracer_get_of() - has the process of a task entered?
 * @task: The task.
 *
 * Return: its tracer, referenced; or NULL.
 */
struct pt_tracer *pt_tracer_get_of(struct task_struct *task)
{
	struct pt_tracer *tracer;

	guard(spinlock)(&tracers_lock);
	hash_for_each_possible(tracers, tracer, hash, (unsigned long)task->signal)
		if (tracer->signal == task->signal) {
			refcount_inc(&tracer->refs);
			return tracer;
		}
	return NULL;
}

/** pt_tracer_put() - let a reference to a tracer go */
void pt_tracer_put(struct pt_tracer *tracer)
{
	if (!refcount_dec_and_test(&tracer->refs))
		return;
	pt_seccomp_put(tracer);
	pt_breakpoints_free(tracer);
	kfree_rcu(tracer, rcu);
}

static struct pt_tracer *create(struct task_struct *task)
{
	struct pt_tracer *tracer = kzalloc_obj(*tracer);

	if (!tracer)
		return NULL;
	refcount_set(&tracer->refs, 1);
	tracer->signal = task->signal;
	tracer->threads = 1;
	spin_lock_init(&tracer->lock);
	INIT_LIST_HEAD(&tracer->links);
	INIT_LIST_HEAD(&tracer->pending);
	INIT_LIST_HEAD(&tracer->breakpoints);
	guard(spinlock)(&tracers_lock);
	hash_add_rcu(tracers, &tracer->hash, (unsigned long)tracer->signal);
	return tracer;
}

static struct pt_link *get_first_link(struct pt_tracer *tracer, const struct task_struct *thread)
{
	struct pt_link *link;

	guard(spinlock)(&tracer->lock);
	list_for_each_entry(link, &tracer->links, of_tracer)
		if (!thread || link->thread == thread) {
			refcount_inc(&link->refs);
			return link;
		}
	return NULL;
}

/* As exit_ptrace(): all that the thread traces; NULL: any thread. */
static void let_all_go(struct pt_tracer *tracer, const struct task_struct *thread)
{
	struct pt_link *link;

	while ((link = get_first_link(tracer, thread))) {
		if (link->options & PTRACE_O_EXITKILL)
			send_sig_info(SIGKILL, SEND_SIG_PRIV, link->tracee->task);
		pt_link_detach(link, PT_UNCHANGED);
		pt_link_put(link);
	}
}

static void *tracer_inherit(struct utrace_engine *engine, struct task_struct *child)
{
	struct pt_tracer *tracer = engine->data;

	if (!same_thread_group(child, current))
		return create(child) ?: ERR_PTR(-ENOMEM);
	guard(spinlock)(&tracers_lock);
	refcount_inc(&tracer->refs);
	tracer->threads++;
	return tracer;
}

static enum utrace_resume_action tracer_death(struct utrace_engine *engine, bool group_dead,
					      int signal)
{
	let_all_go(engine->data, current);
	return UTRACE_DETACH;
}

static void tracer_release(void *data)
{
	struct pt_tracer *tracer = data;
	bool gone;

	scoped_guard(spinlock, &tracers_lock) {
		gone = !--tracer->threads;
		if (gone)
			hash_del_rcu(&tracer->hash);
	}
	/* By exec of a program that has more privileges than its tracees are let to see. */
	if (gone) {
		scoped_guard(spinlock, &tracer->lock)
			tracer->gone = true;
		let_all_go(tracer, NULL);
	}
	pt_tracer_put(tracer);
}

static const struct utrace_engine_ops tracer_ops = {
	.owner = THIS_MODULE,
	.name = "tracer",
	.inherit = tracer_inherit,
	.report_death = tracer_death,
	.release = tracer_release,
};

/**
 * pt_tracer_enter() - the current process enters
 *
 * Return: 0; -EBUSY: it has other threads; -ENOMEM; or as utrace_attach_task().
 */
int pt_tracer_enter(void)
{
	struct utrace_engine *engine __free(utrace_engine_put) = NULL;
	struct pt_tracer *tracer;
	int err;

	if (pt_tracer_current())
		return 0;
	if (!thread_group_empty(current))
		return -EBUSY;
	tracer = create(current);
	if (!tracer)
		return -ENOMEM;
	engine = utrace_attach_task(current, UTRACE_ATTACH_CREATE, &tracer_ops, tracer);
	if (IS_ERR(engine)) {
		tracer_release(tracer);
		return PTR_ERR(engine);
	}
	/* Of oneself neither can fail. */
	err = utrace_set_scope(current, engine, UTRACE_SCOPE_TREE, UTRACE_DEPTH_MAX) ?:
	      utrace_set_events(current, engine, UTRACE_EVENT(DEATH));
	WARN_ON_ONCE(err);
	return err;
}
