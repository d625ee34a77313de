// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "tasks.h"

/* Return: the index of @tid, or of where it belongs. */
static size_t find(const struct tasks *t, uint32_t tid)
{
	size_t low = 0, high = t->nr;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (t->list[middle].tid < tid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum tasks_news tasks_note(struct tasks *t, const struct record *r)
{
	size_t at = find(t, r->tid);
	struct task *task = &t->list[at];

	if (at < t->nr && task->tid == r->tid) {
		if (task->pid == r->pid && !memcmp(task->comm, r->comm, sizeof(task->comm)))
			return TASKS_KNOWN;
	} else {
		if (t->nr == t->room) {
			size_t room = t->room ? 2 * t->room : 64;
			struct task *list = realloc(t->list, room * sizeof(*list));

			if (!list)
				return TASKS_NO_MEMORY;
			t->list = list;
			t->room = room;
		}
		task = &t->list[at];
		memmove(task + 1, task, (t->nr++ - at) * sizeof(*task));
	}
	*task = (struct task){ .tid = r->tid, .pid = r->pid };
	memcpy(task->comm, r->comm, sizeof(task->comm));
	return TASKS_NEW;
}

void tasks_free(struct tasks *t)
{
	free(t->list);
	*t = (struct tasks){};
}
