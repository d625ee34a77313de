// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: what the recorder does in a task.
 *
 * A call is gathered at its entry and its return in memory of the task's own,
 * and written as one record when it has returned, or when the task dies.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include "record.h"

static unsigned long events_for(const struct record_task *rt)
{
	unsigned long events = UTRACE_EVENT_SYSCALL | UTRACE_EVENT_SIGNAL_ALL |
			       UTRACE_EVENT(CLONE) | UTRACE_EVENT(EXEC) | UTRACE_EVENT(EXIT) |
			       UTRACE_EVENT(DEATH) | UTRACE_EVENT(JCTL);

	if (!(rt->flags & UTRACE_RECORD_IGNORED_SIGNALS))
		events &= ~UTRACE_EVENT(SIGNAL_IGN);
	if (rt->stack)
		events |= UTRACE_EVENT(REQUEST);
	if (rt->clone)
		events |= UTRACE_EVENT(QUIESCE);
	return events;
}

/* In its own callback this cannot fail but when it is detached. */
static void set_own_events(const struct record_task *rt, struct utrace_engine *engine)
{
	int err = utrace_set_events(current, engine, events_for(rt));

	WARN_ON_ONCE(err && err != -ESRCH);
}

/* 0 is nobody. */
static u64 new_id(void)
{
	static atomic64_t last = ATOMIC64_INIT(0);

	return atomic64_inc_return(&last);
}

static __always_inline void gather(struct record_task *rt, struct utrace_syscall *call,
				   bool with_stack)
{
	static const struct utrace_record_call_spec unknown = { .nr_args = 6 };
	const struct utrace_record_call_spec *spec = &unknown;
	struct record_session *session = rt->session;
	int nr = utrace_syscall_nr(call);
	bool compat = in_ia32_syscall();
	u64 cookie;

	if (unlikely(record_in_call(rt))) {
		/* Reported again: it is the call that we know, or has been changed since. */
		if (call->resumed && !call->changed)
			return;
		record_call_ends(rt);
	}
	rt->nr = nr;
	rt->compat = compat;
	if ((u32)nr < session->nr_specs[compat])
		spec = &session->specs[compat][nr];
	rt->spec = spec;
	rt->nr_args = spec->nr_args;
	rt->data_bytes = 0;
	if (with_stack) {
		cookie = record_stack(rt, call->regs);
		if (cookie)
			record_capture_cookie(rt, cookie);
	}
	if (spec->nr_args)
		utrace_syscall_get_arguments(call, rt->args);
	if (spec->in)
		record_capture_in(rt, spec, call->regs);
	/* Last: what it took to gather is not the call's time. */
	rt->start = record_clock();
	record_call_begins(rt);
}

static enum utrace_resume_action record_syscall_entry(enum utrace_resume_action action,
						      struct utrace_engine *engine,
						      struct utrace_syscall *call)
{
	gather(engine->data, call, false);
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_syscall_entry_stack(enum utrace_resume_action action,
							    struct utrace_engine *engine,
							    struct utrace_syscall *call)
{
	gather(engine->data, call, true);
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_request(enum utrace_resume_action action,
						struct utrace_engine *engine, u64 cookie)
{
	record_requested_stack(engine->data, cookie);
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_syscall_exit(enum utrace_resume_action action,
						     struct utrace_engine *engine,
						     struct utrace_syscall *call)
{
	struct record_task *rt = engine->data;
	long result;

	/* We may have attached in the middle of a call that others see. */
	if (unlikely(!record_in_call(rt)))
		return UTRACE_RESUME;
	result = utrace_syscall_result(call);
	if (rt->spec->out && !IS_ERR_VALUE(rt->compat ? (int)result : result))
		record_capture_out(rt, result);
	return record_write_call(rt, result);
}

/* It, or the session, is gone; somebody else was first; it never runs user code. */
static bool need_not_attach(int err)
{
	return err == -ESRCH || err == -EEXIST || err == -EPERM;
}

static enum utrace_resume_action record_clone(enum utrace_resume_action action,
					      struct utrace_engine *engine,
					      unsigned long clone_flags,
					      struct task_struct *child)
{
	struct record_task *rt = engine->data;
	int err;

	if (rt->flags & UTRACE_RECORD_FOLLOW) {
		err = record_attach(rt->session, child, rt->flags);
		if (err && !need_not_attach(err)) {
			guard(spinlock)(&rt->session->lock);
			rt->session->attach_failed++;
		}
	}
	if (record_event_clone(rt, clone_flags, task_pid_nr(child), RECORD_OR_NOT))
		return UTRACE_RESUME;
	/* Nobody may wait here, see utrace_callback_wait(); in record_quiesce() he may. */
	rt->clone = task_pid_nr(child);
	rt->clone_flags = clone_flags;
	set_own_events(rt, engine);
	return UTRACE_REPORT;
}

/* Before anything else is reported, and before it runs user code. */
static enum utrace_resume_action record_quiesce(enum utrace_resume_action action,
						struct utrace_engine *engine,
						unsigned long event)
{
	struct record_task *rt = engine->data;

	if (!rt->clone)
		return UTRACE_RESUME;
	record_event_clone(rt, rt->clone_flags, rt->clone, RECORD_BY_POLICY);
	rt->clone = 0;
	set_own_events(rt, engine);
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_exec(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     const struct linux_binprm *bprm,
					     struct pt_regs *regs)
{
	struct record_task *rt = engine->data;

	/* A new name, and the thread ID of the leader for who was not. */
	WRITE_ONCE(rt->id, new_id());
	rt->code_pages = 0;
	record_event_exec(rt, bprm);
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_signal(enum utrace_resume_action action,
					       struct utrace_engine *engine,
					       struct utrace_signal *signal)
{
	struct record_task *rt = engine->data;

	/* Reported again after a stop: it was told. */
	if (signal->resumed)
		return UTRACE_RESUME;
	if (signal->event == UTRACE_EVENT(SIGNAL_STOP))
		rt->stop_signal = signal->info.si_signo;
	record_event_signal(rt, signal, rt->stack ? record_stack(rt, task_pt_regs(current)) : 0);
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_jctl(enum utrace_resume_action action,
					     struct utrace_engine *engine, int type)
{
	struct record_task *rt = engine->data;

	/* The first to stop took the signal, the others are told which it was. */
	if (type == CLD_STOPPED)
		record_write_event(rt, UTRACE_RECORD_EVENT_STOP,
				   current->jobctl & JOBCTL_STOP_SIGMASK ?: rt->stop_signal,
				   NULL, 0, RECORD_BY_POLICY);
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_exit(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     long orig_code, long *code)
{
	struct record_task *rt = engine->data;

	if (record_in_call(rt))
		record_write_unfinished(rt);
	record_write_event(rt, UTRACE_RECORD_EVENT_EXIT, *code, NULL, 0, RECORD_BY_POLICY);
	return UTRACE_RESUME;
}

/* The session no longer knows the task. */
static void forget(struct record_task *rt)
{
	struct record_session *session = rt->session;
	bool last;

	scoped_guard(spinlock, &session->lock) {
		if (list_empty(&rt->entry))
			return;
		list_del_init(&rt->entry);
		hash_del(&rt->by_task);
		last = !--session->attached;
	}
	if (last)
		wake_up_interruptible_poll(&session->wait, EPOLLHUP | EPOLLIN | EPOLLRDNORM);
}

static enum utrace_resume_action record_death(struct utrace_engine *engine, bool group_dead,
					      int signal)
{
	forget(engine->data);
	return UTRACE_DETACH;
}

static void record_release(void *data)
{
	struct record_task *rt = data;

	/* An exec that gains privileges detaches, and nothing is reported. */
	forget(rt);
	put_task_struct(rt->task);
	record_session_put(rt->session);
	kvfree(rt);
}

#define RECORD_OPS					\
	.owner = THIS_MODULE,				\
	.name = "record",				\
	.report_quiesce = record_quiesce,		\
	.report_syscall_exit = record_syscall_exit,	\
	.report_signal = record_signal,			\
	.report_jctl = record_jctl,			\
	.report_clone = record_clone,			\
	.report_exec = record_exec,			\
	.report_exit = record_exit,			\
	.report_death = record_death,			\
	.release = record_release

static const struct utrace_engine_ops record_ops = {
	RECORD_OPS,
	.report_syscall_entry = record_syscall_entry,
};

/* With call chains: so that the others do not even ask. */
static const struct utrace_engine_ops record_stack_ops = {
	RECORD_OPS,
	.report_syscall_entry = record_syscall_entry_stack,
	.report_request = record_request,
};

static u32 data_bytes(const struct record_session *session)
{
	/* strncpy_from_user() and the padding write whole words. */
	return ALIGN(session->data_room, 8) + 8;
}

static size_t record_task_bytes(const struct record_session *session)
{
	return struct_size_t(struct record_task, data,
			     data_bytes(session) + session->stack_depth * sizeof(u64));
}

static struct record_task *new_task(struct record_session *session, struct task_struct *task,
				    u32 flags)
{
	struct record_task *rt = kvzalloc(record_task_bytes(session), GFP_KERNEL);

	if (!rt)
		return NULL;
	rt->session = session;
	kref_get(&session->refs);
	rt->task = get_task_struct(task);
	INIT_LIST_HEAD(&rt->entry);
	rt->id = new_id();
	rt->flags = flags;
	if (session->stack_depth)
		rt->stack = (u64 *)(rt->data + data_bytes(session));
	return rt;
}

/* Return: false when the session is being closed. */
static bool add_task(struct record_session *session, struct record_task *rt)
{
	guard(spinlock)(&session->lock);
	if (session->closed)
		return false;
	list_add_tail(&rt->entry, &session->tasks);
	hash_add(session->by_task, &rt->by_task, (unsigned long)rt->task);
	session->attached++;
	session->attached_ever++;
	return true;
}

static void detach(struct record_task *rt)
{
	int err = utrace_control(rt->task, rt->engine, UTRACE_DETACH);

	/* -EINPROGRESS, -EALREADY: when its callback ends. -ESRCH: it is. */
	WARN_ON_ONCE(err == -EINVAL);
}

/**
 * record_attach() - add a task to a session
 * @session: The session.
 * @task: The task; referenced by the caller.
 * @flags: UTRACE_RECORD_FOLLOW, UTRACE_RECORD_IGNORED_SIGNALS.
 *
 * Return: 0, or -EEXIST: attached to this session; -ESRCH: dead, or the
 * session is closed; -EPERM: a kernel thread; -EDEADLK: the caller would wait
 * for it, and it for the caller; -ENOMEM.
 */
int record_attach(struct record_session *session, struct task_struct *task, u32 flags)
{
	unsigned int attach = UTRACE_ATTACH_CREATE;
	const struct utrace_engine_ops *ops = &record_ops;
	struct utrace_engine *engine __free(utrace_engine_put) = NULL;
	struct record_task *rt;
	int err = 0;

	if (session->setup.policy == UTRACE_RECORD_POLICY_BLOCK)
		attach |= UTRACE_ATTACH_CONTROLLER;
	if (session->stack_depth)
		ops = &record_stack_ops;
	rt = new_task(session, task, flags);
	if (!rt)
		return -ENOMEM;
	engine = utrace_attach_task(task, attach, ops, rt);
	if (IS_ERR(engine)) {
		record_release(rt);
		return PTR_ERR(engine);
	}
	rt->engine = engine;
	if (!add_task(session, rt)) {
		detach(rt);
		return -ESRCH;
	}
	/* From here on the session may be closed, and detach it. */
	if (session->filter)
		err = utrace_set_syscall_filter(task, engine, session->filter);
	if (!err)
		err = utrace_set_events(task, engine, events_for(rt));
	if (err) {
		/* It died just now, without a death report for us. */
		forget(rt);
		detach(rt);
	}
	return err;
}

/* One that was attached, and is not any more; its engine is referenced. */
static struct record_task *take_task(struct record_session *session)
{
	struct record_task *rt;

	guard(spinlock)(&session->lock);
	while ((rt = list_first_entry_or_null(&session->tasks, struct record_task, entry))) {
		list_del_init(&rt->entry);
		hash_del(&rt->by_task);
		session->attached--;
		/* Else it is being released, and forget() waits for the lock. */
		if (utrace_engine_get_unless_zero(rt->engine))
			break;
	}
	return rt;
}

/**
 * record_detach_all() - detach every task of a session
 * @session: The session; closed: no task is added from here on.
 */
void record_detach_all(struct record_session *session)
{
	struct record_task *rt;

	while ((rt = take_task(session))) {
		struct utrace_engine *engine = rt->engine;

		detach(rt);
		utrace_engine_put(engine);
	}
}

static void __asked(struct record_session *session, struct record_task *rt)
{
	lockdep_assert_held(&session->lock);
	rt->in_flight = session->in_flight;
	/* It may be gone. */
	if (!list_empty(&rt->entry))
		list_move_tail(&rt->entry, &session->tasks);
}

/* One that has not been asked in this round; its engine is referenced. */
static struct record_task *next_to_ask(struct record_session *session)
{
	struct record_task *rt;

	guard(spinlock)(&session->lock);
	while ((rt = list_first_entry_or_null(&session->tasks, struct record_task, entry))) {
		if (rt->in_flight == session->in_flight)
			return NULL;
		if (utrace_engine_get_unless_zero(rt->engine))
			break;
		/* It is being released: it is in no call. */
		__asked(session, rt);
	}
	return rt;
}

static void asked(struct record_session *session, struct record_task *rt)
{
	guard(spinlock)(&session->lock);
	__asked(session, rt);
}

/**
 * record_in_flight() - write the calls that tasks are in
 * @session: The session.
 *
 * Return: 0, or -ENOSPC or -EINTR: the next time it goes on from there.
 */
int record_in_flight(struct record_session *session)
{
	struct record_task *rt;
	int err = 0;

	/* Odd: a round is under way; no task begins with an odd number. */
	session->in_flight |= 1;
	while (!err && (rt = next_to_ask(session))) {
		struct utrace_engine *engine = rt->engine;

		err = record_write_in_flight(rt);
		if (!err)
			asked(session, rt);
		utrace_engine_put(engine);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
	}
	if (!err)
		session->in_flight++;
	return err;
}
