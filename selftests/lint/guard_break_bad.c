// SPDX-License-Identifier: GPL-2.0

static void wait_for_all(struct session *session)
{
	for (;;) {
		scoped_guard(spinlock, &session->lock) {
			if (!session->waiting)
				break;			/* EXPECT */
			session->waiting--;
		}
		wake_one(session);
	}
}

static void skip(struct session *session)
{
	struct entry *entry;

	list_for_each_entry(entry, &session->entries, entry) {
		scoped_guard(spinlock_irqsave, &entry->lock)
			if (entry->idle)
				continue;		/* EXPECT */
		run(entry);
	}
}

static void after_inner_loop(struct session *session)
{
	int i;

	while (next(session)) {
		scoped_guard(mutex, &session->mutex) {
			for (i = 0; i < 6; i++)
				if (session->args[i])
					break;
			if (i == 6)
				break;			/* EXPECT */
		}
	}
}

/* A switch has no continue of its own. */
static void in_switch(struct session *session)
{
	do {
		scoped_guard(rcu) {
			switch (session->state) {
			case RUNNING:
				continue;		/* EXPECT */
			default:
				break;
			}
		}
	} while (next(session));
}
