// SPDX-License-Identifier: GPL-2.0

static int put(struct task_struct *task)
{
	struct utrace_engine *engine;
	int err;

	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE, &ops, NULL);
	if (IS_ERR(engine))
		return PTR_ERR(engine);
	err = utrace_set_events(task, engine, UTRACE_EVENT(EXEC));
	utrace_engine_put(engine);
	return err;
}

static int put_by_scope(struct session *session, struct pid *pid)
{
	struct utrace_engine *engine __free(utrace_engine_put) =
		utrace_attach_pid(pid, UTRACE_ATTACH_CREATE, &ops, NULL);

	if (IS_ERR(engine))
		return PTR_ERR(engine);
	guard(mutex)(&session->mutex);
	if (session->closed)
		return -ESHUTDOWN;
	session->engine = no_free_ptr(engine);
	return 0;
}

static struct utrace_engine *given_on(struct pid *pid)
{
	struct utrace_engine *engine __free(utrace_engine_put) =
		utrace_attach_pid(pid, UTRACE_ATTACH_CREATE, &ops, NULL);

	if (IS_ERR(engine))
		return NULL;
	return no_free_ptr(engine);
}

static int kept(struct session *session, struct task_struct *task)
{
	struct utrace_engine *engine;

	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE, &ops, session);
	if (IS_ERR(engine)) {
		session_put(session);
		return PTR_ERR(engine);
	}
	scoped_guard(spinlock, &session->lock)
		session->engine = engine;
	return utrace_set_events(task, engine, UTRACE_EVENT(EXEC));
}

static struct utrace_engine *returned(struct task_struct *task)
{
	struct utrace_engine *engine = utrace_attach_task(task, 0, NULL, NULL);

	if (IS_ERR(engine))
		return NULL;
	return engine;
}
