// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/utrace/tasks: who traces whom.
 */
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/string_helpers.h>
#include "core.h"

static struct proc_dir_entry *dir;

static const char * const event_names[_UTRACE_NEVENTS] = {
	[_UTRACE_EVENT_QUIESCE]		= "QUIESCE",
	[_UTRACE_EVENT_REAP]		= "REAP",
	[_UTRACE_EVENT_CLONE]		= "CLONE",
	[_UTRACE_EVENT_EXEC]		= "EXEC",
	[_UTRACE_EVENT_EXIT]		= "EXIT",
	[_UTRACE_EVENT_DEATH]		= "DEATH",
	[_UTRACE_EVENT_SYSCALL_ENTRY]	= "SYSCALL_ENTRY",
	[_UTRACE_EVENT_SYSCALL_EXIT]	= "SYSCALL_EXIT",
	[_UTRACE_EVENT_SIGNAL]		= "SIGNAL",
	[_UTRACE_EVENT_SIGNAL_IGN]	= "SIGNAL_IGN",
	[_UTRACE_EVENT_SIGNAL_STOP]	= "SIGNAL_STOP",
	[_UTRACE_EVENT_SIGNAL_TERM]	= "SIGNAL_TERM",
	[_UTRACE_EVENT_SIGNAL_CORE]	= "SIGNAL_CORE",
	[_UTRACE_EVENT_SIGNAL_REPORT]	= "SIGNAL_REPORT",
	[_UTRACE_EVENT_SIGNAL_HANDLER]	= "SIGNAL_HANDLER",
	[_UTRACE_EVENT_JCTL]		= "JCTL",
	[_UTRACE_EVENT_REQUEST]		= "REQUEST",
	[_UTRACE_EVENT_CLONED]		= "CLONED",
};

static void show_events(struct seq_file *m, unsigned long events)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < _UTRACE_NEVENTS; i++) {
		if (!(events & BIT(i)))
			continue;
		seq_printf(m, "%s%s", comma, event_names[i]);
		comma = ",";
	}
	if (!events)
		seq_putc(m, '-');
}

/* What the engine does to the thread, and what the thread makes of it. */
static const char *state(const struct utrace_task *ut, const struct utrace_engine *engine)
{
	if (engine->state == UTRACE_ENGINE_DETACHING)
		return "detaching";
	if (engine->hold)
		return ut->is_stopped ? "stopped" : "stopping";
	return ut->dying ? "dead" : "running";
}

static void show_engine(struct seq_file *m, const struct utrace_task *ut,
			const struct utrace_engine *engine)
{
	char comm[TASK_COMM_LEN];

	if (engine->state == UTRACE_ENGINE_DETACHED)
		return;
	/* Not get_task_comm(): it takes a lock, before 6.13. A torn name does no harm. */
	strscpy(comm, ut->task->comm, sizeof(comm));
	seq_printf(m, "%d %d ", task_pid_vnr(ut->task), task_tgid_vnr(ut->task));
	seq_escape(m, comm[0] ? comm : "?", " \t\n\\");
	seq_printf(m, " %s ", engine->ops->name);
	show_events(m, engine->events);
	seq_printf(m, " %s %d %lu %u %u\n", state(ut, engine), engine->ops->level,
		   engine->callbacks, jiffies_to_msecs(engine->ticks),
		   jiffies_to_msecs(engine->worst));
}

static void show_task(struct seq_file *m, struct utrace_task *ut)
{
	struct utrace_engine *engine;

	guard(spinlock)(&ut->lock);
	list_for_each_entry(engine, &ut->attached, entry)
		show_engine(m, ut, engine);
	list_for_each_entry(engine, &ut->attaching, entry)
		show_engine(m, ut, engine);
}

/* A position is a bucket, after one for the header. */
static void *tasks_start(struct seq_file *m, loff_t *pos)
{
	return *pos <= UTRACE_TASK_BUCKETS ? pos : NULL;
}

static void *tasks_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return tasks_start(m, pos);
}

static void tasks_stop(struct seq_file *m, void *v)
{
}

static int tasks_show(struct seq_file *m, void *v)
{
	loff_t pos = *(loff_t *)v;

	if (pos == 0)
		seq_puts(m, "# TID PID COMM ENGINE EVENTS STATE LEVEL CALLBACKS MS WORST\n");
	else
		utrace_tasks_show(m, pos - 1, show_task);
	return 0;
}

static const struct seq_operations tasks_ops = {
	.start = tasks_start,
	.next = tasks_next,
	.stop = tasks_stop,
	.show = tasks_show,
};

int __init utrace_list_init(void)
{
	dir = proc_mkdir("utrace", NULL);
	if (dir && proc_create_seq("tasks", 0400, dir, &tasks_ops))
		return 0;
	proc_remove(dir);
	return -ENOMEM;
}

void utrace_list_exit(void)
{
	proc_remove(dir);
}
