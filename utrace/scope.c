// SPDX-License-Identifier: GPL-2.0
/*
 * Scopes: which children of a thread get an engine of their own, before they
 * run.
 */
#include <linux/export.h>
#include <uapi/linux/sched.h>
#include "core.h"
#include "report.h"

/**
 * utrace_set_scope() - choose which children get an engine, too
 * @task: The engine's thread.
 * @engine: The engine.
 * @scope: Threads that exist already are not concerned.
 * @depth: With UTRACE_SCOPE_TREE: how many generations of processes;
 *	UTRACE_DEPTH_MAX: all. 0 is the same as UTRACE_SCOPE_PROCESS.
 *
 * The child's engine is attached before the child can run, and before
 * report_clone(). It has the ops, events, scope (one generation less for a
 * process) and stop timeout of its parent's at that moment, and data by
 * ops->inherit(). If it cannot be attached,
 * for memory or limits, ops->release() gets those back.
 *
 * Context: Any.
 * Return: 0, or
 *
 * * -EINVAL: no such @scope
 * * -ESRCH: detached, or not attached to @task
 */
int utrace_set_scope(struct task_struct *task, struct utrace_engine *engine,
		     enum utrace_scope scope, unsigned int depth)
{
	struct utrace_task *ut = engine->ut;

	if ((unsigned int)scope > UTRACE_SCOPE_TREE)
		return -EINVAL;
	if (ut->task != task)
		return -ESRCH;
	guard(spinlock)(&ut->lock);
	if (engine->state > UTRACE_ENGINE_ATTACHED || ut->reaped)
		return -ESRCH;
	WRITE_ONCE(engine->scope, scope);
	WRITE_ONCE(engine->depth, depth);
	if (scope != UTRACE_SCOPE_THREAD)
		WRITE_ONCE(ut->has_scope, true);
	return 0;
}
EXPORT_SYMBOL_GPL(utrace_set_scope);

static bool in_scope(const struct utrace_engine *engine, unsigned long clone_flags)
{
	switch (READ_ONCE(engine->scope)) {
	case UTRACE_SCOPE_PROCESS:
		return clone_flags & CLONE_THREAD;
	case UTRACE_SCOPE_TREE:
		return clone_flags & CLONE_THREAD || READ_ONCE(engine->depth);
	default:
		return false;
	}
}

static unsigned int depth_of_child(const struct utrace_engine *engine, unsigned long clone_flags)
{
	unsigned int depth = READ_ONCE(engine->depth);

	return clone_flags & CLONE_THREAD || depth == UTRACE_DEPTH_MAX ? depth : depth - 1;
}

static void inherit(const struct utrace_engine *engine, struct task_struct *child,
		    unsigned int depth)
{
	const struct utrace_engine_ops *ops = engine->ops;
	struct utrace_engine *new __free(utrace_engine_put) = NULL;
	void *data = ops->inherit ? ops->inherit((struct utrace_engine *)engine, child) :
				    engine->data;
	int err;

	if (IS_ERR(data))
		return;
	new = utrace_attach_task(child, UTRACE_ATTACH_CREATE | engine->flags, ops, data);
	if (IS_ERR(new)) {
		/* No engine has it: it is ours to let go. */
		if (ops->inherit && ops->release)
			ops->release(data);
		return;
	}
	new->stop_timeout = engine->stop_timeout;
	/* It does not run: these cannot fail, unless somebody has detached it again. */
	err = utrace_set_scope(child, new, READ_ONCE(engine->scope), depth) ?:
	      utrace_set_events(child, new, READ_ONCE(engine->events));
	WARN_ON_ONCE(err && err != -ESRCH);
}

/**
 * utrace_inherit() - give a child the engines that it is in the scope of
 * @ut: State of the current thread.
 * @child: What it has created; cannot run yet.
 */
void utrace_inherit(struct utrace_task *ut, struct task_struct *child)
{
	struct utrace_engine *engine;

	utrace_begin_report(ut);
	list_for_each_entry(engine, &ut->attached, entry) {
		/* As a callback: who detaches the engine waits for us. */
		if (!in_scope(engine, ut->clone_flags) || !utrace_begin_plain(ut, engine))
			continue;
		inherit(engine, child, depth_of_child(engine, ut->clone_flags));
		utrace_finish_callback(ut, UTRACE_RESUME, engine, UTRACE_RESUME);
	}
}
