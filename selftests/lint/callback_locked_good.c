// SPDX-License-Identifier: GPL-2.0

static void after_unlock(struct utrace_task *ut, struct utrace_engine *engine)
{
	spin_lock(&ut->lock);
	ut->dying = true;
	spin_unlock(&ut->lock);
	engine->ops->report_death(engine, false, 0);
}

static void unlocked_on_both_paths(struct utrace_task *ut, struct utrace_engine *engine)
{
	spin_lock_irq(&ut->lock);
	if (ut->dead) {
		spin_unlock_irq(&ut->lock);
		return;
	}
	spin_unlock_irq(&ut->lock);
	engine->ops->report_death(engine, false, 0);
}

static void after_block(struct utrace_task *ut, struct utrace_engine *engine)
{
	if (ut->changed) {
		guard(spinlock)(&ut->lock);
		ut->changed = false;
	}
	engine->ops->report_death(engine, false, 0);
}

static void after_scoped_guard(struct utrace_task *ut, struct utrace_engine *engine)
{
	bool reap;

	scoped_guard(spinlock, &ut->lock) {
		if (ut->dead)
			return;
		reap = ut->reap_deferred;
	}
	scoped_guard(spinlock, &ut->lock)
		ut->dead = true;
	if (reap)
		report_reap(ut);
}

static void between(struct utrace_task *ut, struct utrace_engine *engine)
{
	for (;;) {
		utrace_report_one(ut, &report, engine, 0, report_quiesce);
		guard(spinlock)(&ut->lock);
		if (!ut->report_wanted)
			break;
	}
}
