/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What engines with a session do alike: tasks by their number, whole processes,
 * filters of user space's.
 */
#ifndef _ENGINES_ATTACH_H
#define _ENGINES_ATTACH_H

#include <linux/err.h>
#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/utrace.h>

/**
 * struct engine_attacher - how a session attaches
 * @is_attached: Does the session have this task?
 * @attach: Attach it; flags are the engine's own.
 */
struct engine_attacher {
	bool (*is_attached)(void *session, struct task_struct *task);
	int (*attach)(void *session, struct task_struct *task, u32 flags);
};

/* The thread with this ID in the caller's PID namespace, referenced; or NULL. */
static inline struct task_struct *engine_find_task(pid_t nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	put_pid(pid);
	return task;
}

/* Workers of io_uring and vhost are threads of a process, but run no code of it. */
static inline bool engine_runs_user_code(const struct task_struct *thread)
{
	return !(thread->flags & (PF_IO_WORKER | PF_USER_WORKER));
}

/*
 * The next thread of the process of @task behind @after, or of all if that is
 * NULL or gone, that is alive and not attached; referenced. NULL: no more.
 * @some gets true if one is passed that is attached.
 */
static inline struct task_struct *engine_next_thread(const struct engine_attacher *attacher,
						     void *session, struct task_struct *task,
						     const struct task_struct *after, bool *some)
{
	struct task_struct *thread;
	bool behind = !after;

	guard(rcu)();
again:
	for_each_thread(task, thread) {
		if (!behind) {
			behind = thread == after;
			continue;
		}
		if (thread->exit_state || !engine_runs_user_code(thread))
			continue;
		if (!attacher->is_attached(session, thread))
			return get_task_struct(thread);
		*some = true;
	}
	if (!behind) {
		behind = true;
		goto again;
	}
	return NULL;
}

/* Return: how many threads of the process could be attached, or an error. */
static inline int engine_attach_threads(const struct engine_attacher *attacher, void *session,
					struct task_struct *task, u32 flags, bool *some)
{
	struct task_struct *thread, *after = NULL;
	int nr = 0, err = 0;

	while (!err) {
		thread = engine_next_thread(attacher, session, task, after, some);
		if (!thread)
			break;
		if (after)
			put_task_struct(after);
		after = thread;
		err = attacher->attach(session, thread, flags);
		if (!err)
			nr++;
		/* It is dying, which may take a while. */
		if (err == -ESRCH)
			err = 0;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
	}
	if (after)
		put_task_struct(after);
	return err ?: nr;
}

static inline int engine_attach_process(const struct engine_attacher *attacher, void *session,
					struct task_struct *task, u32 flags)
{
	bool any = false, some = false;
	int nr;

	/* Threads come and go meanwhile; those that attached ones create come with them. */
	while ((nr = engine_attach_threads(attacher, session, task, flags, &some)) > 0)
		any = true;
	if (nr || any)
		return nr;
	return some ? -EEXIST : -ESRCH;
}

/**
 * engine_attach_pid() - attach a task, or its whole process, as user space asks
 * @attacher: How.
 * @session: To which session; nobody else attaches to it meanwhile, but children.
 * @nr: Thread ID in the caller's PID namespace.
 * @process: All threads that are not attached. When one cannot be, those before
 *	it are: the next time goes on from there.
 * @flags: For @attacher.
 *
 * Return: 0; -ESRCH: there is none; -EDEADLK: it is the caller's own process;
 * -EEXIST: it is attached already, or all of its threads are; or what @attacher
 * returns.
 */
static inline int engine_attach_pid(const struct engine_attacher *attacher, void *session,
				    pid_t nr, bool process, u32 flags)
{
	struct task_struct *task __free(put_task) = engine_find_task(nr);

	if (!task)
		return -ESRCH;
	if (same_thread_group(task, current))
		return -EDEADLK;
	if (process)
		return engine_attach_process(attacher, session, task, flags);
	if (attacher->is_attached(session, task))
		return -EEXIST;
	return attacher->attach(session, task, flags);
}

/**
 * engine_filter_create() - a filter of instructions in user memory
 * @insns: Pointer to struct sock_filter[@nr].
 * @nr: How many.
 *
 * Return: as utrace_syscall_filter_create().
 */
static inline struct utrace_syscall_filter *engine_filter_create(u64 insns, u32 nr)
{
	struct sock_fprog program = {
		.len = nr,
		.filter = (struct sock_filter __user *)u64_to_user_ptr(insns),
	};

	if (nr > BPF_MAXINSNS)
		return ERR_PTR(-EINVAL);
	return utrace_syscall_filter_create(&program);
}

#endif /* _ENGINES_ATTACH_H */
