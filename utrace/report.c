// SPDX-License-Identifier: GPL-2.0
/*
 * One reporting pass: what only some of them do. See report.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/printk.h>
#include "report.h"

/**
 * utrace_update_engines() - take over new engines, drop husks
 * @ut: State of the current thread, between two reports.
 */
void utrace_update_engines(struct utrace_task *ut)
{
	guard(spinlock)(&ut->lock);
	__utrace_update_engines(ut);
}

/**
 * utrace_callback_ended() - somebody waits for the end of this callback
 * @ut: State of the current thread.
 * @engine: Who was called.
 */
void utrace_callback_ended(struct utrace_task *ut, struct utrace_engine *engine)
{
	utrace_detach_finish(ut, engine);
	wake_up_all(&ut->wait);
}

/**
 * utrace_account() - a callback took a tick of the clock, or more
 * @ut: State of the current thread.
 * @engine: Who was called.
 * @ticks: How many.
 *
 * By ticks a short callback is counted too much now and then, and otherwise not
 * at all; the sum is right, and reading the clock twice would cost more than
 * the rest of the report.
 */
void utrace_account(struct utrace_task *ut, struct utrace_engine *engine, unsigned long ticks)
{
	guard(spinlock)(&ut->lock);
	engine->ticks += ticks;
	engine->worst = max(engine->worst, ticks);
	ut->told = false;
}

/**
 * utrace_abandon_callback() - the thread has died in a callback
 * @ut: State of the current thread.
 */
void utrace_abandon_callback(struct utrace_task *ut)
{
	struct utrace_engine *engine = ut->reporting;

	/* Pairs with __utrace_detach() and utrace_barrier(). */
	smp_store_mb(ut->reporting, NULL);
	utrace_callback_ended(ut, engine);
}

static void forget_what_was_asked(struct utrace_task *ut, struct utrace_engine *engine)
{
	guard(spinlock)(&ut->lock);
	WRITE_ONCE(engine->hold, engine->hold & ~UTRACE_HOLD_ASKED);
}

/**
 * utrace_begin_callback_slow() - the same for an engine that is not plain
 * @ut: State of the current thread.
 * @action: The action so far.
 * @engine: The next engine.
 * @event: What is to be reported.
 *
 * It has QUIESCE, or holds the thread, or somebody has just taken @event from it.
 *
 * Return: the action now, and UTRACE_BEGUN.
 */
u32 utrace_begin_callback_slow(struct utrace_task *ut, enum utrace_resume_action action,
			       struct utrace_engine *engine, unsigned long event)
{
	unsigned long events;

	/*
	 * Pairs with __utrace_detach(), utrace_set_events(), utrace_barrier(). It
	 * may be reporting already, and somebody may wait for that to end.
	 */
	smp_store_mb(ut->reporting, engine);
	events = READ_ONCE(engine->events);
	if (events && READ_ONCE(engine->hold))
		forget_what_was_asked(ut, engine);
	if (events & UTRACE_EVENT(QUIESCE) && event != UTRACE_EVENT(QUIESCE) &&
	    event != UTRACE_EVENT(REAP)) {
		utrace_callback_begins(ut, engine, UTRACE_EVENT(QUIESCE));
		action = utrace_finish_callback(ut, action, engine,
			engine->ops->report_quiesce(action, engine, event));
		/* As above. */
		smp_store_mb(ut->reporting, engine);
		events = READ_ONCE(engine->events);
	}
	if (events & event & utrace_events_for(engine, event)) {
		utrace_callback_begins(ut, engine, event);
		return action | UTRACE_BEGUN;
	}

	/* Pairs with __utrace_detach() and utrace_barrier(). */
	smp_store_mb(ut->reporting, NULL);
	if (utrace_callback_awaited(ut, engine))
		utrace_callback_ended(ut, engine);
	return READ_ONCE(engine->hold) ? UTRACE_STOP : action;
}

/* Until the step is made, or the engine wants something else. */
static void wish_to_step(struct utrace_task *ut, struct utrace_engine *engine,
			 enum utrace_resume_action answer)
{
	guard(spinlock)(&ut->lock);
	if (engine->state <= UTRACE_ENGINE_ATTACHED)
		engine->step = answer;
}

/* A STOP lasts until this engine says otherwise; one asked for meanwhile, longer. */
static void update_hold(struct utrace_task *ut, struct utrace_engine *engine,
			enum utrace_resume_action answer)
{
	guard(spinlock)(&ut->lock);
	if (answer == UTRACE_STOP && engine->state <= UTRACE_ENGINE_ATTACHED)
		__utrace_hold(ut, engine);
	else if (!(engine->hold & UTRACE_HOLD_ASKED))
		__utrace_unhold(ut, engine);
}

static void detach_current(struct utrace_task *ut, struct utrace_engine *engine)
{
	guard(spinlock)(&ut->lock);
	/* It is reporting, so this does not finish: utrace_callback_ended() will. */
	if (engine->state <= UTRACE_ENGINE_ATTACHED)
		__utrace_detach(ut, engine);
}

/**
 * utrace_take_answer() - an engine wants something, or holds the thread
 * @ut: State of the current thread.
 * @action: The action so far.
 * @engine: Who was called.
 * @answer: What it answered.
 *
 * Return: the action now.
 */
enum utrace_resume_action utrace_take_answer(struct utrace_task *ut,
					     enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     enum utrace_resume_action answer)
{
	if ((unsigned int)answer >= UTRACE_RESUME_MAX) {
		pr_warn_ratelimited("engine %s answered %#x, which is no resume action\n",
				    engine->ops->name, answer);
		answer = UTRACE_RESUME;
	}
	if (answer == UTRACE_STOP || READ_ONCE(engine->hold))
		update_hold(ut, engine, answer);
	if (answer != UTRACE_STOP)
		ut->wish = utrace_resume_merge(ut->wish, answer);
	if (utrace_resume_steps(answer))
		wish_to_step(ut, engine, answer);
	if (answer == UTRACE_DETACH)
		detach_current(ut, engine);
	else
		action = utrace_resume_merge(action, answer);
	return READ_ONCE(engine->hold) ? UTRACE_STOP : action;
}
