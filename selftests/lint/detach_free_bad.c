// SPDX-License-Identifier: GPL-2.0

static void not_looked_at(struct task_struct *task, struct utrace_engine *engine)
{
	(void)utrace_control(task, engine, UTRACE_DETACH);
	kfree(engine->data);			/* EXPECT */
}

static void not_read(struct task_struct *task, struct utrace_engine *engine)
{
	int err = utrace_control(task, engine, UTRACE_DETACH);

	kvfree(engine->data);			/* EXPECT */
	pr_debug("detached: %d\n", err);
}

static void under_guard(struct session *session, struct utrace_engine *engine)
{
	guard(mutex)(&session->mutex);
	utrace_control(session->task, engine, UTRACE_DETACH);
	kmem_cache_free(cache, session->data);	/* EXPECT */
}

static void under_scoped_guard(struct session *session, struct utrace_engine *engine)
{
	scoped_guard(mutex, &session->mutex) {
		utrace_control(session->task, engine, UTRACE_DETACH);
		list_del(&session->entry);
	}
	kfree_rcu(session, rcu);		/* EXPECT */
}
