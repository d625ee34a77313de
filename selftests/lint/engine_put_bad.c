// SPDX-License-Identifier: GPL-2.0

static void dropped(struct task_struct *task)
{
	utrace_attach_task(task, UTRACE_ATTACH_CREATE, &ops, NULL);	/* EXPECT */
}

static int lost_on_error(struct task_struct *task)
{
	struct utrace_engine *engine;
	int err;

	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE, &ops, NULL);
	if (IS_ERR(engine))
		return PTR_ERR(engine);
	err = utrace_set_events(task, engine, UTRACE_EVENT(EXEC));
	if (err)
		return err;						/* EXPECT */
	utrace_engine_put(engine);
	return 0;
}

static int lost_under_guard(struct session *session, struct pid *pid)
{
	struct utrace_engine *engine = utrace_attach_pid(pid, UTRACE_ATTACH_CREATE, &ops, NULL);

	if (IS_ERR(engine))
		return PTR_ERR(engine);
	guard(mutex)(&session->mutex);
	if (session->closed)
		return -ESHUTDOWN;					/* EXPECT */
	session->engine = engine;
	return 0;
}

static bool lost_under_scoped_guard(struct session *session, struct task_struct *task)
{
	struct utrace_engine *engine = utrace_attach_task(task, 0, NULL, NULL);

	if (IS_ERR(engine))
		return false;
	scoped_guard(spinlock, &session->lock) {
		if (session->closed)
			return false;					/* EXPECT */
	}
	utrace_engine_put(engine);
	return true;
}

static struct utrace_engine *put_twice(struct pid *pid)
{
	struct utrace_engine *engine __free(utrace_engine_put) =
		utrace_attach_pid(pid, UTRACE_ATTACH_CREATE, &ops, NULL);

	if (IS_ERR(engine))
		return NULL;
	if (utrace_set_events(task, engine, UTRACE_EVENT(EXEC))) {
		utrace_engine_put(engine);				/* EXPECT */
		return NULL;
	}
	return engine;							/* EXPECT */
}
