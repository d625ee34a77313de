// SPDX-License-Identifier: GPL-2.0

static void loops_inside(struct session *session)
{
	struct entry *entry;
	int i;

	scoped_guard(spinlock, &session->lock) {
		for (i = 0; i < 6; i++) {
			if (session->args[i])
				break;
		}
		while (i--)
			if (!session->args[i])
				continue;
		do {
			if (i > 3)
				break;
		} while (++i);
		list_for_each_entry(entry, &session->entries, entry)
			if (entry->idle)
				break;
		switch (session->state) {
		case RUNNING:
			session->state = STOPPED;
			break;
		default:
			break;
		}
	}
}

static void block(struct session *session)
{
	for (;;) {
		guard(spinlock)(&session->lock);
		if (!session->waiting)
			break;
		session->waiting--;
	}
}

static bool takes_one(struct session *session)
{
	const struct entry *names[] = { &first, &second };

	scoped_guard(spinlock, &session->lock) {
		if (!session->waiting)
			return false;
		session->waiting--;
	}
	for (;;) {
		scoped_guard(rcu)
			run(names[0]);
		if (!next(session))
			break;
	}
	return true;
}
