// SPDX-License-Identifier: GPL-2.0

static void waits(struct task_struct *task, struct utrace_engine *engine)
{
	(void)utrace_control(task, engine, UTRACE_DETACH);
	(void)utrace_barrier(task, engine);
	kfree(engine->data);
}

static void looks(struct task_struct *task, struct utrace_engine *engine)
{
	int err = utrace_control(task, engine, UTRACE_DETACH);

	if (err == -EINPROGRESS)
		return;
	kfree(engine->data);
}

static void waits_under_guard(struct session *session, struct utrace_engine *engine)
{
	int err;

	guard(mutex)(&session->mutex);
	err = utrace_control(session->task, engine, UTRACE_DETACH);
	if (err == -EINPROGRESS)
		err = utrace_barrier(session->task, engine);
	scoped_guard(spinlock, &session->lock)
		list_del(&session->entry);
	kfree(session);
}

static void leaves_it_to_release(struct task_struct *task, struct utrace_engine *engine)
{
	(void)utrace_control(task, engine, UTRACE_DETACH);
	utrace_engine_put(engine);
}
