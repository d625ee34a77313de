// SPDX-License-Identifier: GPL-2.0

static void after_unlock(struct session *session)
{
	spin_lock(&session->lock);
	session->waiting++;
	spin_unlock(&session->lock);
	mutex_lock(&session->mutex);
	session->waiting--;
	mutex_unlock(&session->mutex);
}

static void may_sleep_with_a_mutex(struct session *session)
{
	guard(mutex)(&session->mutex);
	session->data = kzalloc(64, GFP_KERNEL);
	msleep(10);
}

static int after_block(struct session *session, void __user *arg)
{
	if (session->data) {
		guard(spinlock)(&session->lock);
		session->waiting++;
	}
	return copy_from_user(session->data, arg, 64) ? -EFAULT : 0;
}

static void atomic(struct session *session)
{
	guard(spinlock)(&session->lock);
	session->data = kmalloc(64, GFP_ATOMIC);
	session->copy = kzalloc_obj(*session, GFP_ATOMIC);
}

static void after_scoped_guard(struct session *session)
{
	scoped_guard(spinlock, &session->lock) {
		if (!session->waiting)
			return;
		session->waiting--;
	}
	schedule();
}

static bool is_traced(struct session *session, struct task_struct *task)
{
	struct utrace_engine *engine;

	guard(spinlock)(&session->lock);
	engine = utrace_attach_task(task, UTRACE_ATTACH_MATCH_OPS, &session_ops, NULL);
	if (IS_ERR(engine))
		return false;
	utrace_engine_put(engine);
	return true;
}
