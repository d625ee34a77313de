/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One reporting pass: begin, each engine, finish.
 *
 * What most passes do is inline, and the strongest action so far goes through
 * them by value: a pass of both ends of a system call is the hot path of all
 * that we do. The rest is in report.c.
 *
 * What keeps an engine and its module in place during a callback is @reporting:
 * who detaches an engine or waits for it takes away its events, then looks
 * whether it is reporting; the thread says that it is reporting, then looks at
 * the events.
 */
#ifndef _UTRACE_REPORT_H
#define _UTRACE_REPORT_H

#include <linux/kernel.h>
#include "core.h"
#include "trace.h"

/** UTRACE_BEGUN - with the action so far: make the callback. */
#define UTRACE_BEGUN	BIT(8)

void utrace_update_engines(struct utrace_task *ut);
u32 utrace_begin_callback_slow(struct utrace_task *ut, enum utrace_resume_action action,
			       struct utrace_engine *engine, unsigned long event);
enum utrace_resume_action utrace_take_answer(struct utrace_task *ut,
					     enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     enum utrace_resume_action answer);
void utrace_account(struct utrace_task *ut, struct utrace_engine *engine, unsigned long ticks);
void utrace_callback_ended(struct utrace_task *ut, struct utrace_engine *engine);
void utrace_abandon_callback(struct utrace_task *ut);

/**
 * utrace_begin_report() - begin a pass
 * @ut: State of the current thread.
 *
 * Return: the action of a pass in which nobody was called.
 */
static __always_inline enum utrace_resume_action utrace_begin_report(struct utrace_task *ut)
{
	/* Who saw an engine's events in ut->events sees it on the list, too. */
	smp_rmb();
	if (unlikely(READ_ONCE(ut->changed)))
		utrace_update_engines(ut);
	return UTRACE_RESUME;
}

/* A callback begins: @ut->reporting is set. */
static __always_inline void utrace_callback_begins(struct utrace_task *ut,
						   struct utrace_engine *engine,
						   unsigned long event)
{
	WRITE_ONCE(ut->reporting_since, jiffies);
	utrace_callback_map_acquire(engine, event == UTRACE_EVENT(REAP));
	trace_utrace_report(engine, event);
}

/* What of @event, and the report_quiesce() before it, could be for this engine. */
static __always_inline unsigned long utrace_events_for(const struct utrace_engine *engine,
						       unsigned long event)
{
	if (event & UTRACE_EVENT_SYSCALL && unlikely(engine->skips_call))
		return UTRACE_EVENT(QUIESCE);
	return event | UTRACE_EVENT(QUIESCE);
}

/**
 * utrace_begin_callback() - shall this engine be called?
 * @ut: State of the current thread.
 * @action: The action so far.
 * @engine: The next engine.
 * @event: What is to be reported.
 *
 * Makes the report_quiesce() that precedes the callback, if the engine wants.
 *
 * Return: true: make the callback, then utrace_finish_callback().
 */
static __always_inline bool utrace_begin_callback(struct utrace_task *ut,
						  enum utrace_resume_action *action,
						  struct utrace_engine *engine,
						  unsigned long event)
{
	unsigned long wanted = utrace_events_for(engine, event);
	unsigned long events = READ_ONCE(engine->events) & wanted;
	u32 begun;

	if (!events) {
		/* Not asked, but what it holds, holds. */
		if (unlikely(READ_ONCE(engine->hold)))
			*action = UTRACE_STOP;
		return false;
	}
	if (likely(events == event)) {
		/* Pairs with __utrace_detach(), utrace_set_events(), utrace_barrier(). */
		smp_store_mb(ut->reporting, engine);
		if (likely((READ_ONCE(engine->events) & wanted) == event &&
			   !READ_ONCE(engine->hold))) {
			utrace_callback_begins(ut, engine, event);
			return true;
		}
	}
	begun = utrace_begin_callback_slow(ut, *action, engine, event);
	*action = begun & ~UTRACE_BEGUN;
	return begun & UTRACE_BEGUN;
}

/* As utrace_begin_callback(), for ops that belong to no event. */
static inline bool utrace_begin_plain(struct utrace_task *ut, struct utrace_engine *engine)
{
	/* Pairs with __utrace_detach() and utrace_barrier(). */
	smp_store_mb(ut->reporting, engine);
	if (READ_ONCE(engine->state) == UTRACE_ENGINE_ATTACHED) {
		utrace_callback_begins(ut, engine, 0);
		return true;
	}
	utrace_abandon_callback(ut);
	return false;
}

/* Does somebody wait for this callback to end? Asked behind smp_store_mb(). */
static __always_inline bool utrace_callback_awaited(struct utrace_task *ut,
						    struct utrace_engine *engine)
{
	if (READ_ONCE(engine->state) == UTRACE_ENGINE_DETACHING)
		return true;
	/* The barrier is the one of smp_store_mb(). */
	return waitqueue_active(&ut->wait);
}

/**
 * utrace_finish_callback() - a callback has returned
 * @ut: State of the current thread.
 * @action: The action so far.
 * @engine: Who was called.
 * @answer: What it answered.
 *
 * The one place where a callback ends: it may have slept, and now others run.
 *
 * Return: the action now.
 */
static __always_inline enum utrace_resume_action
utrace_finish_callback(struct utrace_task *ut, enum utrace_resume_action action,
		       struct utrace_engine *engine, enum utrace_resume_action answer)
{
	unsigned long ticks = jiffies - ut->reporting_since;

	utrace_callback_map_release(engine);
	if (unlikely(answer != UTRACE_RESUME || READ_ONCE(engine->hold)))
		action = utrace_take_answer(ut, action, engine, answer);
	if (unlikely(ticks))
		utrace_account(ut, engine, ticks);

	/* Only the thread writes it. */
	data_race(engine->callbacks++);
	/* Pairs with __utrace_detach() and utrace_barrier(). */
	smp_store_mb(ut->reporting, NULL);
	if (unlikely(utrace_callback_awaited(ut, engine)))
		utrace_callback_ended(ut, engine);

	/* might_sleep() and cond_resched(), without their calls when there is no need. */
	__might_resched(__FILE__, __LINE__, 0);
	if (unlikely(should_resched(0)))
		cond_resched();
	return action;
}

/**
 * utrace_finish_report() - end a pass after which the thread runs on
 * @ut: State of the current thread.
 * @action: The action of the pass.
 *
 * Whoever wants the thread stopped or a report gets it before user mode.
 */
static __always_inline void utrace_finish_report(struct utrace_task *ut,
						 enum utrace_resume_action action)
{
	if (unlikely(action < UTRACE_RESUME))
		utrace_queue_report(ut, action);
}

/**
 * utrace_finish_report_in_call() - the same, in the middle of a system call
 * @ut: State of the current thread.
 * @action: The action of the pass.
 *
 * Whoever wants a step has made it when the call returns.
 */
static __always_inline void utrace_finish_report_in_call(struct utrace_task *ut,
							 enum utrace_resume_action action)
{
	if (unlikely(action < UTRACE_RESUME)) {
		utrace_queue_report(ut, action);
		utrace_step_apply(ut);
	}
}

#define utrace_report_one(ut, action, engine, event, callback, args...)			\
	do {										\
		if (utrace_begin_callback(ut, &(action), engine, event))		\
			action = utrace_finish_callback(ut, action, engine,		\
				(engine)->ops->callback(action, engine, ##args));	\
	} while (0)

/*
 * Make @callback to every engine that wants @event, oldest first. The walk
 * needs no lock: only the current thread changes the list, between reports.
 */
#define utrace_report_each(ut, action, engine, event, callback, args...)		\
	list_for_each_entry(engine, &(ut)->attached, entry)				\
		utrace_report_one(ut, action, engine, event, callback, ##args)

/* The same, newest first. */
#define utrace_report_each_reverse(ut, action, engine, event, callback, args...)	\
	list_for_each_entry_reverse(engine, &(ut)->attached, entry)			\
		utrace_report_one(ut, action, engine, event, callback, ##args)

#endif /* _UTRACE_REPORT_H */
