// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: what the recorder does in a task.
 *
 * A call is gathered at its entry, faulting as it must, in memory of the
 * task's own, and written as one record when it returns, or when the task dies.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "record.h"

static const struct utrace_engine_ops record_ops;

/* 0 is nobody. */
static u64 new_id(void)
{
	static atomic64_t last = ATOMIC64_INIT(0);

	return atomic64_inc_return(&last);
}

static void gather_string(struct record_task *rt, unsigned int arg)
{
	struct utrace_record_string *string = (void *)(rt->strings + rt->strings_bytes);
	u32 max = rt->session->setup.max_string;
	long len;

	*string = (struct utrace_record_string){ .arg = arg };
	len = strncpy_from_user((char *)(string + 1), (void __user *)rt->args[arg], max);
	if (len < 0) {
		string->flags = UTRACE_RECORD_STRING_FAULT;
		len = 0;
	} else if (len == max) {
		string->flags = UTRACE_RECORD_STRING_TRUNCATED;
		len = max - 1;
	}
	string->len = len;
	/* The room for the padding: see record_task_bytes(). */
	memset((char *)(string + 1) + len, 0, ALIGN(len, 8) - len);
	rt->strings_bytes += sizeof(*string) + ALIGN(len, 8);
}

static enum utrace_resume_action record_syscall_entry(enum utrace_resume_action action,
						      struct utrace_engine *engine,
						      struct utrace_syscall *call)
{
	static const struct utrace_record_call_spec unknown = { .nr_args = 6 };
	const struct utrace_record_call_spec *spec = &unknown;
	struct record_task *rt = engine->data;
	struct record_session *session = rt->session;
	unsigned long strings;
	unsigned int arg, n = 0;

	rt->nr = utrace_syscall_nr(call);
	rt->compat = in_ia32_syscall();
	if ((u32)rt->nr < session->nr_specs[rt->compat])
		spec = &session->specs[rt->compat][rt->nr];
	rt->nr_args = spec->nr_args;
	rt->strings_bytes = 0;
	if (spec->nr_args)
		utrace_syscall_get_arguments(call, rt->args);
	strings = spec->strings;
	if (strings)
		for_each_set_bit(arg, &strings, 6)
			if (n++ < RECORD_STRINGS)
				gather_string(rt, arg);
	/* Last: what it took to gather is not the call's time. */
	rt->start = record_clock();
	record_call_begins(rt);
	return UTRACE_RESUME;
}

/* See record_clone(). */
static void write_late_clone(struct record_task *rt)
{
	record_write_event(rt, UTRACE_RECORD_EVENT_CLONE, rt->clone, RECORD_BY_POLICY);
	rt->clone = 0;
}

static enum utrace_resume_action record_syscall_exit(enum utrace_resume_action action,
						     struct utrace_engine *engine,
						     struct utrace_syscall *call)
{
	struct record_task *rt = engine->data;

	if (unlikely(rt->clone))
		write_late_clone(rt);
	/* We may have attached in the middle of a call that others see. */
	if (likely(record_in_call(rt)))
		record_write_call(rt, true, utrace_syscall_result(call));
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_clone(enum utrace_resume_action action,
					      struct utrace_engine *engine,
					      unsigned long clone_flags,
					      struct task_struct *child)
{
	struct record_task *rt = engine->data;
	int err;

	/* Nobody may wait here, see utrace_callback_wait(). */
	if (!record_write_event(rt, UTRACE_RECORD_EVENT_CLONE, task_pid_nr(child), RECORD_OR_NOT))
		rt->clone = task_pid_nr(child);
	if (!(rt->flags & UTRACE_RECORD_FOLLOW))
		return UTRACE_RESUME;
	err = record_attach(rt->session, child, rt->flags);
	if (err == -ENOMEM) {
		guard(spinlock)(&rt->session->lock);
		rt->session->attach_failed++;
	}
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
	record_write_event(rt, UTRACE_RECORD_EVENT_EXEC, 0, RECORD_BY_POLICY);
	return UTRACE_RESUME;
}

static enum utrace_resume_action record_exit(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     long orig_code, long *code)
{
	struct record_task *rt = engine->data;

	if (rt->clone)
		write_late_clone(rt);
	if (record_in_call(rt))
		record_write_call(rt, false, 0);
	record_write_event(rt, UTRACE_RECORD_EVENT_EXIT, *code, RECORD_BY_POLICY);
	return UTRACE_RESUME;
}

/* The session no longer knows the task. Return: the caller puts rt->engine. */
static bool forget(struct record_task *rt)
{
	struct record_session *session = rt->session;
	bool last;

	scoped_guard(spinlock, &session->lock) {
		if (list_empty(&rt->entry))
			return false;
		list_del_init(&rt->entry);
		last = !--session->attached;
	}
	if (last)
		wake_up_interruptible_poll(&session->wait, EPOLLHUP | EPOLLIN | EPOLLRDNORM);
	return true;
}

static enum utrace_resume_action record_death(struct utrace_engine *engine, bool group_dead,
					      int signal)
{
	if (forget(engine->data))
		utrace_engine_put(engine);
	return UTRACE_DETACH;
}

static void record_release(void *data)
{
	struct record_task *rt = data;

	put_task_struct(rt->task);
	record_session_put(rt->session);
	kvfree(rt);
}

static const struct utrace_engine_ops record_ops = {
	.owner = THIS_MODULE,
	.name = "record",
	.report_syscall_entry = record_syscall_entry,
	.report_syscall_exit = record_syscall_exit,
	.report_clone = record_clone,
	.report_exec = record_exec,
	.report_exit = record_exit,
	.report_death = record_death,
	.release = record_release,
};

#define RECORD_EVENTS (UTRACE_EVENT_SYSCALL | UTRACE_EVENT(CLONE) | UTRACE_EVENT(EXEC) | \
		       UTRACE_EVENT(EXIT) | UTRACE_EVENT(DEATH))

static size_t record_task_bytes(const struct record_session *session)
{
	size_t string = sizeof(struct utrace_record_string) +
			ALIGN(session->setup.max_string, 8);

	return struct_size_t(struct record_task, strings, RECORD_STRINGS * string);
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
	return rt;
}

/* Return: false when the session is being closed. */
static bool add_task(struct record_session *session, struct record_task *rt)
{
	guard(spinlock)(&session->lock);
	if (session->closed)
		return false;
	list_add_tail(&rt->entry, &session->tasks);
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
 * @flags: UTRACE_RECORD_FOLLOW.
 *
 * Return: 0, or -EEXIST: attached to this session; -ESRCH: dead, or the
 * session is closed; -EPERM: a kernel thread; -EDEADLK: the caller would wait
 * for it, and it for the caller; -ENOMEM.
 */
int record_attach(struct record_session *session, struct task_struct *task, u32 flags)
{
	unsigned int attach = UTRACE_ATTACH_CREATE;
	struct utrace_engine *engine;
	struct record_task *rt;
	int err = 0;

	if (session->setup.policy == UTRACE_RECORD_POLICY_BLOCK)
		attach |= UTRACE_ATTACH_CONTROLLER;
	rt = new_task(session, task, flags);
	if (!rt)
		return -ENOMEM;
	engine = utrace_attach_task(task, attach, &record_ops, rt);
	if (IS_ERR(engine)) {
		record_release(rt);
		return PTR_ERR(engine);
	}
	rt->engine = engine;
	if (!add_task(session, rt)) {
		detach(rt);
		utrace_engine_put(engine);
		return -ESRCH;
	}
	if (session->filter)
		err = utrace_set_syscall_filter(task, engine, session->filter);
	if (!err)
		err = utrace_set_events(task, engine, RECORD_EVENTS);
	/* It died just now, without a death report for us. */
	if (err && forget(rt)) {
		detach(rt);
		utrace_engine_put(engine);
	}
	return err;
}

/**
 * record_detach_all() - detach every task of a session
 * @session: The session; closed: no task is added from here on.
 */
void record_detach_all(struct record_session *session)
{
	struct record_task *rt;

	for (;;) {
		struct utrace_engine *engine;

		scoped_guard(spinlock, &session->lock) {
			rt = list_first_entry_or_null(&session->tasks, struct record_task, entry);
			if (!rt)
				return;
			list_del_init(&rt->entry);
			session->attached--;
		}
		engine = rt->engine;
		detach(rt);
		utrace_engine_put(engine);
	}
}

/* One that has not been asked in this round; its engine is referenced. */
static struct record_task *next_to_ask(struct record_session *session)
{
	struct record_task *rt;

	guard(spinlock)(&session->lock);
	rt = list_first_entry_or_null(&session->tasks, struct record_task, entry);
	if (!rt || rt->in_flight == session->in_flight)
		return NULL;
	utrace_engine_get(rt->engine);
	return rt;
}

static void asked(struct record_session *session, struct record_task *rt)
{
	guard(spinlock)(&session->lock);
	rt->in_flight = session->in_flight;
	/* It may be gone. */
	if (!list_empty(&rt->entry))
		list_move_tail(&rt->entry, &session->tasks);
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
