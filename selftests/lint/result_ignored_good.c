// SPDX-License-Identifier: GPL-2.0

static int returns(struct task_struct *task, struct utrace_engine *engine)
{
	return utrace_control(task, engine, UTRACE_DETACH);
}

static void asserts(struct session *session, struct utrace_engine *engine)
{
	int err;

	guard(mutex)(&session->mutex);
	err = utrace_control(session->task, engine, UTRACE_DETACH);
	WARN_ON_ONCE(err == -EINVAL);
}

static void asks(struct session *session, struct utrace_engine *engine)
{
	scoped_guard(mutex, &session->mutex)
		if (utrace_control(session->task, engine, UTRACE_DETACH) == -EINPROGRESS)
			wait_for(session);
}

static int keeps(struct session *session, struct utrace_engine *engine)
{
	int err = utrace_set_events(session->task, engine, UTRACE_EVENT(EXEC));

	if (session->verbose)
		pr_info("events are set\n");
	return err;
}
