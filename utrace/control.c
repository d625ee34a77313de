// SPDX-License-Identifier: GPL-2.0
/*
 * utrace_control(): what an engine wants of a thread outside of a callback.
 */
#include <linux/export.h>
#include "core.h"

static int control_detach(struct utrace_task *ut, struct utrace_engine *engine)
{
	bool detached, steps;

	scoped_guard(spinlock, &ut->lock) {
		if (engine->state > UTRACE_ENGINE_ATTACHED)
			return -ESRCH;
		if (ut->dying && !ut->dead && engine->events & UTRACE_EVENT(DEATH))
			return -EALREADY;
		steps = engine->step;
		detached = __utrace_detach(ut, engine);
	}
	if (steps)
		utrace_queue_arm(ut);
	utrace_wake(ut);
	if (detached)
		utrace_engine_put(engine);
	return detached || ut->task == current ? 0 : -EINPROGRESS;
}

static int control_stop(struct utrace_task *ut, struct utrace_engine *engine)
{
	bool stopped;

	scoped_guard(spinlock, &ut->lock) {
		if (engine->state > UTRACE_ENGINE_ATTACHED || ut->dying)
			return -ESRCH;
		__utrace_hold(ut, engine);
		WRITE_ONCE(engine->hold, engine->hold | UTRACE_HOLD_ASKED);
		stopped = ut->is_stopped;
	}
	/* A thread that others have stopped has no timer for this hold. */
	if (READ_ONCE(engine->stop_timeout))
		utrace_wake(ut);
	if (stopped)
		return 0;
	return utrace_queue_report(ut, UTRACE_STOP) ?: -EINPROGRESS;
}

static int control_run(struct utrace_task *ut, struct utrace_engine *engine,
		       enum utrace_resume_action action)
{
	int err = 0;
	bool wake, stepped;

	scoped_guard(spinlock, &ut->lock) {
		if (engine->state > UTRACE_ENGINE_ATTACHED || ut->dying)
			return -ESRCH;
		stepped = engine->step;
		engine->step = utrace_resume_steps(action) ? action : 0;
		wake = __utrace_unhold(ut, engine);
	}
	/* First the wish, then the wake-up: the thread looks when it wakes. */
	if (utrace_resume_wants_report(action) || utrace_resume_steps(action))
		err = utrace_queue_report(ut, action);
	else if (stepped)
		err = utrace_queue_arm(ut);
	if (wake)
		utrace_wake(ut);
	return err;
}

static unsigned long reports_by(enum utrace_resume_action action)
{
	return UTRACE_EVENT(QUIESCE) |
	       (action == UTRACE_INTERRUPT ? UTRACE_EVENT(SIGNAL_REPORT) : 0);
}

/**
 * utrace_control() - stop, resume, interrupt, or leave a thread
 * @task: The engine's thread.
 * @engine: The engine.
 * @action: What to do.
 *
 * UTRACE_STOP: hold the thread at the next point where it may stop. Does not
 * break a system call that sleeps; INTERRUPT does. If the engine has QUIESCE,
 * its report_quiesce() is called first and must answer UTRACE_STOP to keep the
 * hold. Lasts until this engine resumes the thread, in a callback or here.
 *
 * UTRACE_RESUME: this engine no longer holds the thread.
 *
 * UTRACE_REPORT: the same, and report_quiesce(0) comes before the thread runs
 * user code. A thread that other engines hold reports when they let go.
 *
 * UTRACE_INTERRUPT: the same, and an interruptible sleep is broken as if by a
 * signal that is ignored: most system calls are restarted unseen.
 *
 * UTRACE_SINGLESTEP, UTRACE_BLOCKSTEP: this engine no longer holds the thread,
 * and it steps when it next runs user code; not while a ptracer traces it.
 *
 * UTRACE_DETACH: no callback will be made, and the thread is not held.
 *
 * Context: Process context; does not sleep, but in ops->release() if the
 * attachment has the last reference.
 * Return: 0, or
 *
 * * -EINPROGRESS: STOP: not stopped yet. DETACH: a callback is running; the
 *   engine is detached when it returns, utrace_barrier() waits for that.
 * * -EALREADY: DETACH: report_death() is running or about to, and is made;
 *   report_reap() also, if asked for
 * * -ESRCH: detached or not attached to @task; not DETACH: the thread is dead
 * * -EINVAL: no such @action; REPORT or INTERRUPT without QUIESCE (INTERRUPT:
 *   or SIGNAL_REPORT)
 * * -EBUSY: SINGLESTEP, BLOCKSTEP: a ptracer traces the thread, stepping is his
 * * -EPERM: SINGLESTEP, BLOCKSTEP: an init process, which the trap could kill
 */
int utrace_control(struct task_struct *task, struct utrace_engine *engine,
		   enum utrace_resume_action action)
{
	struct utrace_task *ut = engine->ut;
	int err;

	if ((unsigned int)action >= UTRACE_RESUME_MAX)
		return -EINVAL;
	if (ut->task != task)
		return -ESRCH;

	switch (action) {
	case UTRACE_STOP:
		return control_stop(ut, engine);
	case UTRACE_DETACH:
		return control_detach(ut, engine);
	case UTRACE_INTERRUPT:
	case UTRACE_REPORT:
		/* A detached engine has no events either: that is -ESRCH. */
		if (READ_ONCE(engine->state) <= UTRACE_ENGINE_ATTACHED &&
		    !(READ_ONCE(engine->events) & reports_by(action)))
			return -EINVAL;
		return control_run(ut, engine, action);
	case UTRACE_SINGLESTEP:
	case UTRACE_BLOCKSTEP:
		err = READ_ONCE(engine->state) <= UTRACE_ENGINE_ATTACHED ?
			utrace_may_step(task) : 0;
		return err ?: control_run(ut, engine, action);
	default:
		return control_run(ut, engine, action);
	}
}
EXPORT_SYMBOL_GPL(utrace_control);
