// SPDX-License-Identifier: GPL-2.0
/* One of each kind, in functions that spatch 1.1.1 cannot read as they are. */

static void freed_twice(struct session *session)
{
	guard(mutex)(&session->mutex);
	kfree(session->data);
	memset(session->data, 0, 64);			/* EXPECT */
}

static void null(struct session *session, struct task_struct *task)
{
	scoped_guard(mutex, &session->mutex)
		session->task = task;
	if (!task)
		pr_info("%d\n", task->pid);		/* EXPECT */
}

static int locked_twice(struct session *session)
{
	scoped_guard(rcu) {
		mutex_lock(&session->mutex);		/* EXPECT */
		session->waiting++;
		mutex_lock(&session->mutex);
	}
	return 0;
}

static int left_locked(struct session *session)
{
	guard(rcu)();
	mutex_lock(&session->mutex);
	if (session->closed)
		return -ESHUTDOWN;			/* EXPECT */
	mutex_unlock(&session->mutex);
	return 0;
}

static void entry_is_never_null(struct session *session)
{
	struct entry *entry;

	guard(rcu)();
	list_for_each_entry(entry, &session->entries, entry) {
		if (entry == NULL)			/* EXPECT */
			return;
		run(entry);
	}
}

static void semicolon(struct session *session)
{
	scoped_guard(mutex, &session->mutex) {
		switch (session->state) {
		default:
			session->state = STOPPED;
		};					/* EXPECT */
	}
}

static int error_or_null(struct session *session)
{
	struct entry *entry = kmalloc(64, GFP_KERNEL);

	guard(mutex)(&session->mutex);
	if (IS_ERR(entry))				/* EXPECT */
		return -ENOMEM;
	return 0;
}

static struct entry *copied(struct session *session, const struct entry *from)
{
	struct entry *entry;

	guard(mutex)(&session->mutex);
	entry = kmalloc(64, GFP_KERNEL);		/* EXPECT */
	if (!entry)
		return NULL;
	memcpy(entry, from, 64);
	return entry;
}
