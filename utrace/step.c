// SPDX-License-Identifier: GPL-2.0
/*
 * Stepping: one owner at a time. A ptracer of the thread, if it has one, or the
 * engines; what an engine wants is in its @step until the step is made.
 *
 * A thread that steps gets a SIGTRAP, and dies of it if nobody takes it. So
 * while one steps for engines the module stays, see @stepping.
 */
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include "core.h"
#include "hooks.h"

static enum utrace_resume_action wanted(struct utrace_task *ut)
{
	enum utrace_resume_action action = UTRACE_RESUME;
	struct utrace_engine *engine;

	guard(spinlock)(&ut->lock);
	list_for_each_entry(engine, &ut->attached, entry)
		if (engine->step)
			action = utrace_resume_merge(action, engine->step);
	list_for_each_entry(engine, &ut->attaching, entry)
		if (engine->step)
			action = utrace_resume_merge(action, engine->step);
	return action;
}

static void forget_wishes(struct utrace_task *ut)
{
	struct utrace_engine *engine;

	guard(spinlock)(&ut->lock);
	list_for_each_entry(engine, &ut->attached, entry)
		engine->step = 0;
	list_for_each_entry(engine, &ut->attaching, entry)
		engine->step = 0;
}

/**
 * utrace_may_step() - can a thread step for engines?
 * @task: The thread.
 *
 * Return: 0; -EBUSY: a ptracer traces it; -EPERM: it is an init. The kernel
 * forces the SIGTRAP, and an init would become killable by it.
 */
int utrace_may_step(struct task_struct *task)
{
	if (READ_ONCE(task->ptrace))
		return -EBUSY;
	return utrace_is_init(task) ? -EPERM : 0;
}

/* Return: true if it was stepping for us; whoever gets that lets the module go. */
bool utrace_step_taken_over(struct utrace_task *ut)
{
	return xchg(&ut->stepping, false);
}

static void stop_stepping(struct utrace_task *ut)
{
	if (!utrace_step_taken_over(ut))
		return;
	utrace_hook_user_disable_single_step(current);
	module_put(THIS_MODULE);
}

/**
 * utrace_step_apply() - set the thread to step, or not to
 * @ut: State of the current thread, on its way to user mode.
 */
void utrace_step_apply(struct utrace_task *ut)
{
	enum utrace_resume_action action = wanted(ut);

	if (action != UTRACE_RESUME && utrace_may_step(current)) {
		forget_wishes(ut);
		action = UTRACE_RESUME;
	}
	if (action == UTRACE_RESUME) {
		stop_stepping(ut);
		return;
	}
	if (!xchg(&ut->stepping, true))
		__module_get(THIS_MODULE);
	if (action == UTRACE_BLOCKSTEP && arch_has_block_step())
		user_enable_block_step(current);
	else
		user_enable_single_step(current);
}

/**
 * utrace_step_end() - the step is made, or the thread dies
 * @ut: State of the current thread.
 */
void utrace_step_end(struct utrace_task *ut)
{
	forget_wishes(ut);
	stop_stepping(ut);
}
