// SPDX-License-Identifier: GPL-2.0

static void under_spinlock(struct session *session)
{
	spin_lock(&session->lock);
	mutex_lock(&session->mutex);				/* EXPECT */
	spin_unlock(&session->lock);
}

static void without_preemption(struct session *session)
{
	preempt_disable();
	if (session->slow)
		msleep(10);					/* EXPECT */
	preempt_enable();
}

static int under_guard(struct session *session, void __user *arg)
{
	guard(spinlock_irqsave)(&session->lock);
	session->data = kzalloc(64, GFP_KERNEL | __GFP_NOWARN);	/* EXPECT */
	if (!session->data)
		return -ENOMEM;
	return copy_from_user(session->data, arg, 64) ? -EFAULT : 0;	/* EXPECT */
}

static void in_rcu_reader(struct session *session)
{
	if (session->task) {
		guard(rcu)();
		session->copy = kzalloc_obj(*session);		/* EXPECT */
	}
}

static void under_scoped_guard(struct session *session)
{
	scoped_guard(spinlock, &session->lock) {
		while (session->waiting)
			schedule();				/* EXPECT */
	}
	scoped_guard(raw_spinlock, &session->raw)
		wait_event(session->wait, session->done);	/* EXPECT */
}

static void fill(struct session *session)
{
	session->data = kvmalloc(64, GFP_KERNEL);
}

static void one_call_away(struct session *session)
{
	guard(preempt)();
	fill(session);						/* EXPECT */
}

static struct utrace_engine *attach(struct session *session, struct task_struct *task)
{
	guard(spinlock)(&session->lock);
	return utrace_attach_task(task, UTRACE_ATTACH_CREATE,	/* EXPECT */
				  &session_ops, session);
}
