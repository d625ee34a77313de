// SPDX-License-Identifier: GPL-2.0

static void under_spinlock(struct utrace_task *ut, struct utrace_engine *engine)
{
	spin_lock(&ut->lock);
	engine->ops->report_quiesce(UTRACE_RESUME, engine, 0);		/* EXPECT */
	spin_unlock(&ut->lock);
}

static void in_rcu_reader(struct utrace_task *ut)
{
	struct utrace_engine *engine;

	rcu_read_lock();
	list_for_each_entry_rcu(engine, &ut->attached, entry)
		finish(engine, engine->ops->report_death(engine, false, 0));	/* EXPECT */
	rcu_read_unlock();
}

static int unlocked_on_one_path(struct utrace_task *ut, struct utrace_engine *engine)
{
	unsigned long flags;

	spin_lock_irqsave(&ut->lock, flags);
	if (ut->dead) {
		spin_unlock_irqrestore(&ut->lock, flags);
		return -ESRCH;
	}
	engine->ops->report_reap(engine, ut->task);			/* EXPECT */
	spin_unlock_irqrestore(&ut->lock, flags);
	return 0;
}

static int under_guard(struct utrace_task *ut, struct utrace_engine *engine)
{
	guard(spinlock)(&ut->lock);
	if (ut->dead)
		return -ESRCH;
	return engine->ops->report_quiesce(UTRACE_RESUME, engine, 0);	/* EXPECT */
}

static void under_guard_of_block(struct utrace_task *ut, struct utrace_engine *engine)
{
	if (ut->changed) {
		guard(mutex)(&ut->mutex);
		ut->changed = false;
		utrace_report_one(ut, &report, engine, 0, report_quiesce);	/* EXPECT */
	}
}

static void under_scoped_guard(struct utrace_task *ut)
{
	struct utrace_engine *engine;
	struct utrace_report report;

	scoped_guard(spinlock, &ut->lock) {
		ut->dying = true;
		utrace_report_each(ut, &report, engine, 0, report_quiesce);	/* EXPECT */
	}
}

static void under_scoped_guard_without_braces(struct utrace_task *ut)
{
	scoped_guard(rcu)
		if (ut->dead)
			report_reap(ut);				/* EXPECT */
}
