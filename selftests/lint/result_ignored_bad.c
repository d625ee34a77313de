// SPDX-License-Identifier: GPL-2.0

static void ignores(struct task_struct *task, struct utrace_engine *engine)
{
	utrace_control(task, engine, UTRACE_DETACH);			/* EXPECT */
}

static void ignores_aloud(struct task_struct *task, struct utrace_engine *engine)
{
	(void)utrace_set_events(task, engine, UTRACE_EVENT(EXEC));	/* EXPECT */
}

static void under_guard(struct session *session, struct utrace_engine *engine)
{
	guard(mutex)(&session->mutex);
	if (engine)
		utrace_barrier(session->task, engine);			/* EXPECT */
}

static int never_read(struct session *session, struct utrace_engine *engine)
{
	int err;

	scoped_guard(spinlock, &session->lock)
		err = utrace_control(session->task, engine, UTRACE_DETACH);	/* EXPECT */
	return 0;
}
