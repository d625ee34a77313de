// SPDX-License-Identifier: GPL-2.0
/*
 * TracerPid in /proc/PID/status, by which people and debuggers see that a thread is
 * traced. The kernel writes that of its own ptrace; where it says 0 we put ours.
 *
 * Who reads may be anybody, and sleep in the kernel's function: the module does not
 * go before he has left.
 */
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/wait_bit.h>
#include "ptrace.h"

#define NOBODY	"\nTracerPid:\t0\n"

int pt_body_proc_pid_status(struct seq_file *m, struct pid_namespace *ns, struct pid *pid,
			    struct task_struct *task);
struct pt_tracee *pt_status_enter(struct task_struct *task);
int pt_status(struct seq_file *m, struct pid_namespace *ns, struct pid *pid,
	      struct task_struct *task, struct pt_tracee *tracee);

static atomic_t readers;
static bool was_read;

/**
 * pt_status_enter() - the status of a thread is about to be shown
 * @task: The thread.
 *
 * Return: NULL: by the kernel alone; or what pt_status() is to be given.
 */
struct pt_tracee *pt_status_enter(struct task_struct *task)
{
	struct pt_tracee *tracee = pt_tracee_get(task);

	if (!tracee)
		return NULL;
	WRITE_ONCE(was_read, true);
	atomic_inc(&readers);
	return tracee;
}

static pid_t first_tracer(struct pt_tracee *tracee, struct pid_namespace *ns)
{
	struct pt_link *link;

	guard(spinlock)(&tracee->lock);
	link = list_first_entry_or_null(&tracee->links, struct pt_link, of_tracee);
	return link ? task_pid_nr_ns(link->thread, ns) : 0;
}

/* In what a single_open() file has of its text; too little room, and it is made again. */
static void name_tracer(struct seq_file *m, pid_t nr)
{
	char number[12], *at;
	size_t length, rest;

	if (seq_has_overflowed(m))
		return;
	at = strnstr(m->buf, NOBODY, m->count);
	if (!at)
		return;
	at += strlen(NOBODY) - strlen("0\n");
	length = scnprintf(number, sizeof(number), "%d", nr);
	if (m->count + length - 1 >= m->size) {
		m->count = m->size;
		return;
	}
	rest = m->buf + m->count - (at + 1);
	memmove(at + length, at + 1, rest);
	memcpy(at, number, length);
	m->count += length - 1;
}

/**
 * pt_status() - in place of proc_pid_status(), for a tracee
 * @m: As of that.
 * @ns: As of that.
 * @pid: As of that.
 * @task: As of that.
 * @tracee: By pt_status_enter().
 */
int pt_status(struct seq_file *m, struct pid_namespace *ns, struct pid *pid,
	      struct task_struct *task, struct pt_tracee *tracee)
{
	int ret = pt_body_proc_pid_status(m, ns, pid, task);
	pid_t nr = first_tracer(tracee, ns);

	if (nr)
		name_tracer(m, nr);
	pt_tracee_put(tracee);
	if (atomic_dec_and_test(&readers))
		wake_up_var(&readers);
	return ret;
}

/** pt_status_exit() - wait for readers; nobody comes any more */
void pt_status_exit(void)
{
	if (!READ_ONCE(was_read))
		return;
	wait_var_event(&readers, !atomic_read(&readers));
	/* The last one may have been stopped on his way out. */
	synchronize_rcu_tasks();
}
