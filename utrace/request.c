// SPDX-License-Identifier: GPL-2.0
/*
 * REQUEST: asked for in any context, reported at the safe point.
 *
 * What finds out, in an interrupt say, that it wants something of a thread which
 * only the thread itself can do, and not there, takes a number and comes back to
 * it at the safe point. Only the thread and what interrupts it look at
 * utrace_task.request: one compare-and-exchange is all the locking there is.
 */
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/irq_work.h>
#include "core.h"
#include "report.h"

/* The last one that each CPU gave out; the number of the CPU is in the upper bits. */
static DEFINE_PER_CPU(u64, last_cookie);

void __init utrace_requests_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		per_cpu(last_cookie, cpu) = (u64)(cpu + 1) << 48;
}

/**
 * utrace_cookie() - a number that nobody else has
 *
 * For what is to be joined later; unique while this module is loaded.
 *
 * Context: Any.
 * Return: not 0.
 */
u64 utrace_cookie(void)
{
	return this_cpu_inc_return(last_cookie);
}
EXPORT_SYMBOL_GPL(utrace_cookie);

/* With a reference to the state. */
static void request_work(struct irq_work *work)
{
	struct utrace_task *ut = container_of(work, struct utrace_task, request_work);

	utrace_queue_arm(ut);
	utrace_task_put(ut);
}

void utrace_request_init(struct utrace_task *ut)
{
	init_irq_work(&ut->request_work, request_work);
}

/**
 * utrace_request() - have the current thread make report_request() callbacks
 *
 * They are made before it runs user code, once, however often this is called
 * before. If it execs or exits first, they are not made at all.
 *
 * Context: Any: process, softirq, hard interrupt, NMI and what is like one.
 * Return: the cookie that the callbacks will have; the same one to all who call
 * before these are made. 0: no engine of the thread wants REQUEST, or it exits.
 */
u64 utrace_request(void)
{
	struct utrace_task *ut = utrace_task_current();
	u64 pending = 0, cookie;

	if (!ut || utrace_is_exiting() ||
	    !(READ_ONCE(ut->events) & UTRACE_EVENT(REQUEST)))
		return 0;
	cookie = utrace_cookie();
	if (!try_cmpxchg(&ut->request, &pending, cookie))
		return pending;
	if (!in_nmi()) {
		utrace_queue_arm(ut);
		return cookie;
	}
	/* task_work_add() is not for here, before 6.12. */
	refcount_inc(&ut->refs);
	if (!irq_work_queue(&ut->request_work))
		refcount_dec(&ut->refs);
	return cookie;
}
EXPORT_SYMBOL_GPL(utrace_request);

/**
 * utrace_report_request() - make the callbacks
 * @ut: State of the current thread, at the safe point.
 */
void utrace_report_request(struct utrace_task *ut)
{
	u64 cookie = READ_ONCE(ut->request);
	enum utrace_resume_action action;
	struct utrace_engine *engine;

	action = utrace_begin_report(ut);
	utrace_report_each(ut, action, engine, UTRACE_EVENT(REQUEST), report_request, cookie);
	/* Up to here whoever asks gets the same: what was reported is still so. */
	WRITE_ONCE(ut->request, 0);
	utrace_finish_report(ut, action);
}

/**
 * utrace_request_drop() - it is too late for the callbacks
 * @ut: State of the current thread, which runs another program from here on.
 */
void utrace_request_drop(struct utrace_task *ut)
{
	WRITE_ONCE(ut->request, 0);
}
