/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tasks of a trace, to be introduced once before they are referred to.
 */
#ifndef UTRACE_TOOL_TASKS_H
#define UTRACE_TOOL_TASKS_H

#include "record.h"

struct task {
	uint32_t tid, pid;
	char comm[RECORD_COMM_BYTES];
};

/** struct tasks - sorted by thread ID */
struct tasks {
	struct task *list;
	size_t nr, room;
};

enum tasks_news { TASKS_KNOWN, TASKS_NEW, TASKS_NO_MEMORY };

/** tasks_note() - is the task of this record a new one, or does it have a new name? */
enum tasks_news tasks_note(struct tasks *tasks, const struct record *record);
void tasks_free(struct tasks *tasks);

#endif
